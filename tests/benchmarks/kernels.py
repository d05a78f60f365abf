"""Benchmark of parts alone, in processor seconds of this process: reading, and pseudonyms.

Run: ``python tests/benchmarks/kernels.py --rows 1000000``. Each line is the best of five turns; the ratio is to
the line above it.
"""

import argparse
import hmac
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.splits import Split
from schemas.table import Source
from transforms.keyed import RunKey, pseudonyms
from transforms.read.reader import read_split
from transforms.store import open_store

TURNS = 5


def best(work):
    """Return the least processor seconds of some turns."""
    found = []
    for _ in range(TURNS):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return min(found)


def show(what, rows, seconds, beside=None):
    """Print one line."""
    ratio = "" if beside is None else f"{seconds / beside:>8.2f}"
    print(
        f"{what:<44} {seconds / rows * 1e9:>8.0f} ns/row {rows / seconds:>14,.0f} rows/s {ratio}", flush=True
    )


def main():
    """Measure reading against pyarrow, and pseudonyms against HMAC value by value."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        tokumei = Path(sys.executable).with_name("tokumei")
        made = [tokumei, "synthesize", "residents", "--rows", rows, "--format", "parquet", "--output", folder]
        subprocess.run([str(part) for part in made], check=True, stdout=subprocess.DEVNULL)
        measure_parts(f"{folder}/residents.parquet", rows)


def measure_parts(path, rows):
    """Measure both on one file."""
    file = pq.ParquetFile(path)
    columns = {f.name: "date" if pa.types.is_date(f.type) else "string" for f in file.schema_arrow}
    source, store = Source(path=path, format="parquet"), open_store(path)
    split = Split("residents", store.stat(path), 0, file.num_row_groups, "all")
    codes = file.read(columns=["宛名番号"]).column(0).combine_chunks()
    key = RunKey.draw().derive("benchmark")

    def plain_reading():
        for _ in pq.ParquetFile(path).iter_batches(batch_size=131_072, use_threads=False):
            pass

    def reading():
        for _ in read_split(split, source, columns, store, declared=list(columns)):
            pass

    def value_by_value():
        pa.array([hmac.digest(key, code.encode(), "sha256").hex()[:32] for code in codes.to_pylist()])

    plain = best(plain_reading)
    show("12 columns read by pyarrow", rows, plain)
    show("12 columns read, checked and converted", rows, best(reading), plain)
    slow = best(value_by_value)
    show("pseudonyms by HMAC-SHA256, value by value", rows, slow)
    show("pseudonyms by AES-CMAC, whole column", rows, best(lambda: pseudonyms(codes, key)), slow)


if __name__ == "__main__":
    main()
