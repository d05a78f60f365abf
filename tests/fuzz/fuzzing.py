"""Mutates good inputs, gives each to the real reader, and counts how they end.

An input may be taken, or be refused by an error of ours; anything else is a failure: another exception, a
message that shows a value, more time or memory than a limit, or the death of the process.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml
from fuzz.seeds import KINDS, MARK, NESTED, SEEDS, TOKENS, avro_file
from support.deal import EVERYTHING, Deal

from tokumei.schemas.date_formats import FORMATS_OF, DateReading
from tokumei.schemas.errors import InputError, PolicyError
from tokumei.schemas.hierarchies import FileHierarchy
from tokumei.schemas.policy_file import read_policy_file
from tokumei.schemas.source import Source
from tokumei.schemas.splits import SourceFile
from tokumei.transforms.formats.avro_container import read_frame, walk
from tokumei.transforms.formats.columns import refuse_other_columns
from tokumei.transforms.formats.reader import read_header, read_split
from tokumei.transforms.formats.splits import plan_splits
from tokumei.transforms.hierarchies.files import read_hierarchy_file
from tokumei.transforms.hierarchies.ladders import build_ladder
from tokumei.transforms.planning.plan_tables import plan_tables

SECONDS = 10  # of the processor for one input; one takes 2 GiB
WAITING = 120  # seconds for an input that waits instead; the machine may be busy
MEMORY = 256 << 20  # more than this at once is a failure
# A page of Parquet says how large it is unpacked, in 31 bits, and pyarrow believes it.
MEMORY_OF_PARQUET = 2200 << 20
SHARES = {
    "csv": 30,
    "jsonl": 25,
    "avro": 20,
    "parquet": 12,
    "fixed": 12,
    "xlsx": 12,
    "hierarchy": 20,
    "policy": 6,
}
TESTS = Path(__file__).parents[1]
# What a source of delimited text may declare beside what the seeds do.
OPTIONS = [
    {"escape": "\\"},
    {"skip_initial_space": True},
    {"escape": "\\", "skip_initial_space": True},
    {"skip_rows": 1},
    {"blank_records": "keep"},
    {"null_values": ("", "-", "true")},
]
CHUNK = 2000  # inputs a process
# Errors whose message names columns: of the file, hence perhaps a mutation that has put a value there.
NAMES = {"input.columns", "input.type"}


class TimeoutExceeded(BaseException):
    """An input took too long."""


class Memory:
    """A store of one file."""

    def __init__(self, data: bytes) -> None:
        self._data, self.file = data, SourceFile("fuzzed", len(data), "1")

    def stat(self, uri: str) -> SourceFile:
        return self.file

    def open_input(self, file: SourceFile) -> io.BytesIO:
        return io.BytesIO(self._data)


def read_records(data: bytes, options: dict, rng: random.Random) -> None:
    """Do what a run does with a file: header, plan, every split."""
    options = {"format": "csv", **options}
    columns, declared = dict(KINDS), list(KINDS)
    if options.pop("nested", False):
        declared += NESTED
        columns |= {"dec": "number", "enum": "string"} if rng.random() < 0.5 else {}
    if rng.random() < 0.3:
        columns = {name: rng.choice([*KINDS.values(), "text"]) for name in columns if rng.random() < 0.6}
    dates = {
        name: DateReading(rng.choice([None, *sorted(FORMATS_OF[kind])]), rng.random() < 0.5)
        for name, kind in columns.items()
        if kind in FORMATS_OF and rng.random() < 0.3
    }
    source, store = Source(path="fuzzed", **options), Memory(data)
    header = read_header(source, store.file, store)
    if header.names is not None:
        refuse_other_columns(header.names, declared, "fuzzed")
    for split in plan_splits("t", source, store.file, store, rng.choice([40, 700, 32 << 20])):
        for batch in read_split(split, source, columns, store, declared=declared, dates=dates):
            batch.batch.validate(full=True)
            assert batch.records == batch.batch.num_rows + len(batch.rejects) + batch.blank


def read_as(kind: str, scratch: Path, data: bytes, options: dict, rng: random.Random) -> None:
    """Give an input to the reader of its kind."""
    if kind == "policy":
        path = scratch / "policy.yaml"
        path.write_bytes(data)
        (scratch / "h.csv").write_text("a;b;*\n")
        plan_tables(read_policy_file(path), str(scratch))
    elif kind == "hierarchy":
        (scratch / "fuzzed.csv").write_bytes(data)
        spec = FileHierarchy(kind="file", path="fuzzed.csv", **options)
        rows = read_hierarchy_file(spec, str(scratch), "fuzzed")
        build_ladder([*rows, None], spec, rows)
    else:
        read_records(data, {**({} if kind == "csv" else {"format": kind}), **options}, rng)


def mutated(kind: str, index: int, seed: int) -> tuple[bytes, dict, random.Random]:
    """Return input ``index``: always the same one."""
    rng = random.Random(f"{seed}/{kind}/{index}")
    if kind in {"policy", "avro", "xlsx"} and index % 2:
        return *structured(kind, rng), rng
    data, options = rng.choice(SEEDS[kind])
    packed = data.startswith(b"\x1f\x8b") and rng.random() < 0.5
    work = bytearray(gzip.decompress(data) if packed else data)
    if kind in {"csv", "hierarchy"} and rng.random() < 0.1:
        options = {**options, "encoding": rng.choice(["utf-8", "cp932", "euc_jp"])}
    elif kind == "csv" and rng.random() < 0.05:
        options = {**options, "encoding": "utf-16"}
    if kind == "csv" and rng.random() < 0.3:
        options = {**options, **rng.choice(OPTIONS)}
    for _ in range(rng.choice([1, 1, 1, 2, 3, 5, 10])):
        _mutate(work, kind, rng)
    return (gzip.compress(work, 1) if packed else bytes(work)), options, rng


def structured(kind: str, rng: random.Random) -> tuple[bytes, dict]:
    """Mutate what is inside a frame that stays right: the tree of a policy, the schema or a block of Avro."""
    if kind == "policy":
        tree = yaml.safe_load(rng.choice(SEEDS["policy"])[0])
        for _ in range(rng.choice([1, 1, 2, 5])):
            _mutate_tree(tree, rng)
        return json.dumps(tree, ensure_ascii=rng.random() < 0.5, default=str).encode(
            "utf-8", "surrogatepass"
        ), {}
    if kind == "xlsx":
        return rezipped(rng)
    data, options = rng.choice(SEEDS["avro"])
    source = io.BytesIO(data)
    frame = read_frame(source)
    parts = [
        (b.records, source.getvalue()[b.body :][: b.packed])
        for b in walk(source, frame, frame.size, len(source.getvalue()))
    ]
    schema, codec, blocks = frame.schema, frame.codec, [[n, bytearray(body)] for n, body in parts]
    if rng.random() < 0.6:
        _mutate_tree(schema, rng)
    for block in blocks:
        if rng.random() < 0.4:
            _mutate(block[1], "avro", rng)
        if rng.random() < 0.1:
            block[0] = rng.choice([0, -1, 1 << 40, (1 << 62) - 1, block[0] + 1])
    return avro_file(schema, codec, frame.sync, [(n, bytes(body)) for n, body in blocks]), options


def rezipped(rng: random.Random) -> tuple[bytes, dict]:
    """Mutate some parts of a workbook, in a zip that stays right."""
    data, options = rng.choice(SEEDS["xlsx"])
    sink = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as parts, zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as out:
        for name in parts.namelist():
            part = bytearray(parts.read(name))
            if rng.random() < (0.7 if "sheet1" in name or "sheet0" in name else 0.2):
                _mutate(part, "xlsx", rng)
            if rng.random() > 0.02:
                out.writestr(name, bytes(part))
    return sink.getvalue(), options


_LEAVES = [None, True, 0, -1, 5, 10**18, 1.5, "", "x", "*", "null", "string", "array", "record", "R", "date", "\ud800", "a\0b",
           [], {}, [[]], {"type": "array", "items": "null"}, {"type": "fixed", "name": "F", "size": 1 << 60},
           {"type": "bytes", "logicalType": "decimal", "precision": 40, "scale": 1 << 40}, "../../etc/passwd", "=1+1"]  # fmt: skip


def _mutate_tree(tree: object, rng: random.Random) -> None:
    """Replace, remove, double or wrap one node."""
    places = list(_places(tree))
    node, key = rng.choice(places)
    match rng.randrange(6):
        case 0:
            del node[key]
        case 1 if isinstance(node, dict):
            node[str(rng.choice(_LEAVES))] = node[key]
        case 1:
            node.append(node[key])
        case 2:
            other, its = rng.choice(places)
            node[key] = json.loads(json.dumps(other[its], default=str))
        case 3:
            for _ in range(rng.choice([1, 5, 60])):
                node[key] = rng.choice([[node[key]], {"type": node[key]}, {"a": node[key]}])
        case _:
            node[key] = rng.choice(_LEAVES)


def _places(tree: object) -> Iterator[tuple]:
    for key, inner in list(tree.items() if isinstance(tree, dict) else enumerate(tree)):
        yield tree, key
        if isinstance(inner, dict | list):
            yield from _places(inner)


def _mutate(work: bytearray, kind: str, rng: random.Random) -> None:
    at = rng.randrange(len(work) + 1)
    size = min(rng.choice([1, 1, 2, 4, 16, 100]), len(work) - at)
    token = rng.choice(TOKENS[kind])
    match rng.randrange(9):
        case 0 if size:
            work[at] ^= 1 << rng.randrange(8)
        case 1 if size:
            work[at] = rng.choice([0, 1, 0x7F, 0x80, 0xFF, 0x22, 0x0A])
        case 2:
            del work[at : at + size]
        case 3:
            work[at:at] = work[at : at + size] * rng.choice([1, 2, 40])
        case 4 | 5:
            work[at:at] = token
        case 6:
            work[at : at + len(token)] = token
        case 7:
            if rng.random() < 0.3:
                del work[at:]
            other = rng.choice(SEEDS[kind])[0]
            begin = rng.randrange(len(other))
            work[at:at] = other[begin : begin + rng.choice([4, 40, 400])]
        case _:
            work[at : at + size] = rng.randbytes(size)


def attempt(kind: str, scratch: Path, data: bytes, options: dict, rng: random.Random) -> str:
    """Read one input; return how it ended, beginning with ``!`` where it must not end so."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    signal.setitimer(signal.ITIMER_REAL, WAITING)
    try:
        read_as(kind, scratch, data, options, rng)
        ended = "taken"
    except (PolicyError, InputError) as error:
        ended = f"exit {error.status}: {error.code}"
        labels = "two parents" in str(error)  # labels of a hierarchy are named; they are no values
        if kind != "policy" and error.code not in NAMES and MARK in str(error) and not labels:
            ended = f"! a value is shown: {error.code}"
    except TimeoutExceeded:
        ended = "! too slow"
    except BaseException as error:
        places = [f"{Path(f.filename).name}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)]
        ended = f"! {type(error).__name__} at {' > '.join(places[-3:])}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) << 10
    allowed = MEMORY_OF_PARQUET if kind == "parquet" else MEMORY
    return ended if grown < allowed else f"! {grown >> 20} MiB of memory"


def be_told() -> None:
    """Raise `TimeoutExceeded` in this process when the time for an input is over."""
    for told in (signal.SIGPROF, signal.SIGALRM):
        signal.signal(told, _expired)


def _expired(*_: object) -> None:
    raise TimeoutExceeded


def run_chunk(kind: str, first: int, end: int, seed: int, at: Path) -> None:
    """Read the inputs from ``first`` to ``end`` and print how they ended; ``at`` says which one is being read."""
    be_told()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    counts: Counter[str] = Counter()
    examples: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder, at.open("wb", buffering=0) as mark:
        warnings.simplefilter("error")
        for index in range(first, end):
            mark.seek(0)
            mark.write(b"%20d" % index)
            if str(index) == os.environ.get("TOKUMEI_FUZZ_DIE_AT"):  # so that it can be tested
                os.abort()
            ended = attempt(kind, Path(folder), *mutated(kind, index, seed))
            counts[ended] += 1
            if ended.startswith("!"):
                examples.setdefault(ended, index)
    print(json.dumps([counts, examples]))


def watch_chunk(kind: str, first: int, end: int, seed: int) -> tuple[Counter[str], dict[str, str]]:
    """Have the inputs read in a process of its own; where it dies, go on behind the input that killed it."""
    counts: Counter[str] = Counter()
    failures: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder) / "at"
        while first < end:
            job = [sys.executable, "-m", "fuzz.fuzzing", "--chunk", kind, str(first), str(end), str(at)]
            done = subprocess.run(
                [*job, "--seed", str(seed)],
                check=False,
                capture_output=True,
                text=True,
                timeout=3000,
                cwd=TESTS,
            )
            if done.returncode == 0:
                found, examples = json.loads(done.stdout)
                counts += Counter(found)
                failures |= {f"{kind} {index}": ended for ended, index in examples.items()}
                break
            if done.returncode > 0:  # not the reader's doing
                raise RuntimeError(done.stderr)
            killed = int(at.read_bytes()) if at.exists() else first
            counts["! the process died"] += 1
            failures[f"{kind} {killed}"] = f"! the process died ({done.returncode}): {done.stderr[-300:]}"
            if killed > first:  # what came before it has not been told
                more, failed = watch_chunk(kind, first, killed, seed)
                counts, failures = counts + more, failures | failed
            first = killed + 1
    return counts, failures


def cut(inputs: int, seed: int, deal: Deal) -> list[tuple[str, int, int, int]]:
    """Return the chunks of a share of so many inputs: kind, first, end and seed of each."""
    total, work = sum(SHARES.values()), []
    for kind, share in SHARES.items():
        last = -(-inputs * share // total)
        work += [(kind, first, min(first + CHUNK, last), seed) for first in range(0, last, CHUNK)]
    return deal.hand(work)


def campaign(
    work: list[tuple[str, int, int, int]], workers: int
) -> tuple[dict[str, Counter[str]], dict[str, str]]:
    """Read chunks of inputs; return the outcomes by kind, and an example of every failure."""
    outcomes: dict[str, Counter[str]] = {kind: Counter() for kind in SHARES}
    failures: dict[str, str] = {}
    with ThreadPoolExecutor(workers) as pool:
        for (kind, *_), (counts, failed) in zip(
            work, pool.map(lambda job: watch_chunk(*job), work), strict=True
        ):
            outcomes[kind] += counts
            failures |= failed
    return outcomes, failures


def main() -> int:
    """Run a campaign and print its counts; the exit status says whether every input ended as it may."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--deal", type=Deal.parse, default=EVERYTHING, help="share of the inputs, as 2/4")
    parser.add_argument("--show", nargs=2, metavar=("KIND", "INDEX"), help="write one input to stdout")
    parser.add_argument("--chunk", nargs=4, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.chunk:
        kind, first, end, at = args.chunk
        run_chunk(kind, int(first), int(end), args.seed, Path(at))
        return 0
    if args.show:
        sys.stdout.buffer.write(mutated(args.show[0], int(args.show[1]), args.seed)[0])
        return 0
    begun = time.monotonic()
    work = cut(args.inputs, args.seed, args.deal)
    outcomes, failures = campaign(work, os.cpu_count() or 1)
    for kind, counts in outcomes.items():
        print(f"{kind}: {counts.total():,} inputs")
        for ended, count in sorted(counts.items()):
            print(f"  {count:7,} {ended}")
    for place, ended in failures.items():
        print(f"FAILED {place}: {ended}")
    seconds = time.monotonic() - begun
    total = sum(counts.total() for counts in outcomes.values())
    print(f"{total:,} inputs in {seconds:.0f} s, seed {args.seed}: {len(failures)} kinds of failure")
    return 1 if failures or total < sum(end - first for _, first, end, _ in work) else 0


if __name__ == "__main__":
    raise SystemExit(main())
