"""Speed of reading before and after a change: two checkouts take turns over the same files.

Run: ``python tests/benchmarks/reading.py --before ../before``; a worktree of any older commit will do. Each line is
the least processor time of some turns, with all columns of residents and with one; the last column is after ÷ before.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parents[2]
TURNS = 3
READ = """
import sys, time
from tokumei.schemas.source import Source
from tokumei.transforms.formats.reader import read_header, read_split
from tokumei.transforms.formats.splits import plan_splits
from tokumei.transforms.storage.places import open_store
path, kind, encoding, few = sys.argv[1:5]
options = {} if kind == "parquet" else {"encoding": encoding}
source, store = Source(path=path, format=kind, **options), open_store(path)
names = read_header(source, store.stat(path), store).names
columns = {n: "date" if n == "生年月日" else "string" for n in (names[:1] if few == "1" else names)}
splits = list(plan_splits("t", source, store.stat(path), store))
found = []
for _ in range(3):
    start = time.process_time()
    rows = sum(b.batch.num_rows for s in splits for b in read_split(s, source, columns, store, declared=names))
    found.append(time.process_time() - start)
print(min(found), rows)
"""


def measure(checkout, *arguments):
    """Return the processor seconds of a checkout for reading a file once, and the records that it found."""
    command = [sys.executable, "-c", READ, *map(str, arguments)]
    done = subprocess.run(command, cwd=checkout, check=True, capture_output=True, text=True)
    seconds, rows = done.stdout.split()
    return float(seconds), int(rows)


def files(rows, folder):
    """Make the files that are read; yield what each is called, and how it is read."""
    tokumei = Path(sys.executable).with_name("tokumei")

    def residents(name, *options):
        made = [tokumei, "synthesize", "residents", "--rows", rows, "--output", f"{folder}/{name}", *options]
        subprocess.run([str(part) for part in made], check=True, stdout=subprocess.DEVNULL)
        return Path(folder, name, f"residents.{'parquet' if 'parquet' in options else 'csv'}")

    plain = residents("csv", "--format", "csv", "--encoding", "utf-8")
    quoted = plain.with_name("quoted.csv")
    lines = plain.read_text(encoding="utf-8").splitlines()
    quoted.write_text(
        "".join('"' + line.replace(",", '","') + '"\n' for line in lines if '"' not in line), encoding="utf-8"
    )
    yield "CSV", plain, "csv", "utf-8"
    yield "CSV, every cell quoted", quoted, "csv", "utf-8"
    yield "CSV in CP932", residents("cp932", "--format", "csv", "--encoding", "cp932"), "csv", "cp932"
    yield "Parquet", residents("parquet", "--format", "parquet"), "parquet", "-"


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--before", type=Path, required=True, help="a checkout of the older version")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for what, path, kind, encoding in files(args.rows, folder):
            for few in (0, 1):
                turns = [
                    (
                        measure(args.before, path, kind, encoding, few),
                        measure(HERE, path, kind, encoding, few),
                    )
                    for _ in range(TURNS)
                ]
                assert len({rows for turn in turns for _, rows in turn}) == 1
                before, after = (min(turn[i][0] for turn in turns) for i in (0, 1))
                name = f"{what}, {'one column' if few else 'all columns'}"
                print(f"{name:<36} {before:>7.3f} s {after:>7.3f} s {after / before:>6.2f}", flush=True)


if __name__ == "__main__":
    main()
