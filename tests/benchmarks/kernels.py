"""Benchmark of parts alone, in processor seconds of this process: reading, and pseudonyms.

Run: ``python tests/benchmarks/kernels.py --rows 1000000``. Each line is the best of five turns; the ratio is to
the line above it.
"""

import argparse
import hmac
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from peers import by_copy

from tokumei.schemas.column import Column
from tokumei.schemas.source import Source
from tokumei.schemas.splits import Split, Stretch
from tokumei.transforms.counting.keyed import pseudonyms
from tokumei.transforms.criteria import Context
from tokumei.transforms.criteria.chain import Chain
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.formats.reader import read_split
from tokumei.transforms.formats.splits import plan_splits
from tokumei.transforms.storage.places import open_store

TURNS = 5
KEY = RunKey(bytes(32))


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
        synthesize(rows, folder, "--format", "parquet")
        measure_parts(f"{folder}/residents.parquet", rows)
        synthesize(rows, f"{folder}/csv", "--format", "csv", "--encoding", "cp932")
        measure_text(f"{folder}/csv/residents.csv", rows, pq.read_schema(f"{folder}/residents.parquet").names)
        measure_hierarchy(folder, rows)


def measure_hierarchy(folder, rows, items=92_000, batch=65_536):
    """Measure the recoding of sales by a long item hierarchy against looking each batch up in its lines."""
    lines = [(f"{i:08d}", f"小分類{i // 40}", f"大分類{i // 4_000}", "*") for i in range(items)]
    Path(folder, "items.csv").write_text("".join(";".join(line) + "\n" for line in lines))
    hierarchy = {"kind": "file", "path": "items.csv"}
    treat = [{"criterion": 4, "method": "recode", "level": 1, "hierarchy": hierarchy}]
    column = Column.model_validate_json(json.dumps({"treat": treat}))
    chain = Chain("item", column, Context(5, None), folder, "tables.sales.columns.item")
    fitted, key = chain.fit(None, KEY), KEY
    # A few items make most of the sales.
    codes = (items * np.random.default_rng(7).random(rows) ** 4).astype(np.int64)
    sales = pa.array([lines[code][0] for code in codes]).dictionary_encode().cast(pa.string())
    batches = [sales.slice(i, batch) for i in range(0, rows, batch)]
    names, labels = (pa.array(part) for part in list(zip(*lines, strict=True))[:2])

    def looking():
        for part in batches:
            labels.take(pc.index_in(part, value_set=names))

    def recoding():
        for part in batches:
            chain.apply(fitted, part, key)

    looked = best(looking)
    show("items: looked up with pyarrow", rows, looked)
    show("items: recoded by a hierarchy file", rows, best(recoding), looked)


def synthesize(rows, folder, *options):
    """Make a file of residents."""
    tokumei = Path(sys.executable).with_name("tokumei")
    made = [tokumei, "synthesize", "residents", "--rows", rows, "--output", folder, *options]
    subprocess.run([str(part) for part in made], check=True, stdout=subprocess.DEVNULL)


def measure_text(path, rows, names):
    """Measure reading of CSV in CP932 against what copies it to Parquet with pyarrow."""
    source, store = Source(path=path, format="csv", encoding="cp932"), open_store(path)
    columns = {name: "date" if name == "生年月日" else "string" for name in names}
    splits = list(plan_splits("residents", source, store.stat(path), store))

    def copying():
        by_copy.main(path, f"{path}.parquet", "cp932")

    def reading():
        for split in splits:
            for _ in read_split(split, source, columns, store, declared=names):
                pass

    copied = best(copying)
    show("CSV in CP932 copied to Parquet by pyarrow", rows, copied)
    show("CSV in CP932 read, checked and converted", rows, best(reading), copied)


def measure_parts(path, rows):
    """Measure both on one file of Parquet."""
    file = pq.ParquetFile(path)
    columns = {f.name: "date" if pa.types.is_date(f.type) else "string" for f in file.schema_arrow}
    source, store = Source(path=path, format="parquet"), open_store(path)
    split = Split("residents", (Stretch(store.stat(path), 0, file.num_row_groups),), "all")
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
