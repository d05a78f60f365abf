"""Benchmark: what each stage costs for a million residents: processor seconds, bytes read, shuffled and written.

Run: ``make bench-stages`` (ROWS), or ``python tests/benchmarks/stages.py --rows 1000000``. The job's own kernels,
called one after another in one thread, so that a busy machine changes little: processor time of the process.
"Shuffled at most" is what crosses a network where every chunk is a bundle of its own; where a worker has many, it
merges them before. Stages that are done once, whatever the file, are not divided. People are counted only where
ascending codes do not prove one row a person, pass 2 is needed only where pass 1 could not count the classes.
These are the coefficients of the cost model in deploy/README.md.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import measure
import pyarrow as pa
from apache_beam.coders import registry

from tokumei.transforms.counting.headcount import Headcount, count_bucket, deal_people
from tokumei.transforms.counting.keyed import person_hashes
from tokumei.transforms.engine.chunks import NOTHING_LEFT_OUT, Work
from tokumei.transforms.engine.combine import MergeAll
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.formats.splits import plan_splits
from tokumei.transforms.histories.recount import CountedFacts
from tokumei.transforms.planning import reading as records
from tokumei.transforms.planning.prepare import make_plan
from tokumei.transforms.profile.fit import fit
from tokumei.transforms.profile.profile import Profile, merge_profiles, profile_chunk
from tokumei.transforms.recode.choose import choose
from tokumei.transforms.recode.chosen import Chosen
from tokumei.transforms.recode.count import Histograms, count_chunk, merge_histograms
from tokumei.transforms.release.anonymize import anonymize_chunk
from tokumei.transforms.release.parts import encode_chunk, write_part
from tokumei.transforms.release.publish import publish
from tokumei.transforms.release.verify import verify
from tokumei.transforms.release.written import Written, merge_written, written_of
from tokumei.transforms.report.account import build_report
from tokumei.transforms.report.documents import documents_of
from tokumei.transforms.storage.places import open_store

HERE = Path(__file__).parent
TABLE, PERSON = "residents", "宛名番号"


@dataclass
class Cost:
    """Of one stage, over the whole file."""

    cpu: float = 0.0
    read: int = 0
    shuffled: int = 0
    written: int = 0
    once: bool = False


COSTS = defaultdict(Cost)


def moved():
    """Return the bytes that this process has read and written so far."""
    fields = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(fields["rchar"]), int(fields["wchar"])


@contextmanager
def stage(name, *, once=False):
    """Charge what is done inside to a stage."""
    cost, begun, (read, written) = COSTS[name], time.process_time(), moved()
    yield cost
    cost.cpu += time.process_time() - begun
    after = moved()
    cost.read, cost.written, cost.once = cost.read + after[0] - read, cost.written + after[1] - written, once


def shuffled(name, value, kind):
    """Charge an element's encoded size to a stage."""
    COSTS[name].shuffled += len(registry.get_coder(kind).encode(value))


def chunks(name, table, works, columns):
    """Read splits, charging a stage."""
    reader = records._ReadChunk({table.name: (table, columns)}, "benchmark")
    for work in works:
        found = reader.process(work)
        while True:
            with stage(name):
                chunk = next(found, None)
            if chunk is None:
                break
            yield chunk


def merged(name, merge, parts):
    """Merge as the engine does, charging a stage."""
    fn = MergeAll(merge)
    held = fn.create_accumulator()
    for part in parts:
        with stage(name):
            held = fn.add_input(held, part)
    with stage(name):
        return fn.extract_output(held)


def run(folder):
    """Do the whole job, stage by stage."""
    plan, files = make_plan(str(folder / "policy.yaml"), str(folder / "out"), None)
    table, key = plan.tables[TABLE], RunKey.draw()
    source, store = table.table.source, open_store(plan.output)
    with stage("planning splits"):
        splits = [s for f in files for s in plan_splits(TABLE, source, f.file, store)]

    def profiles():
        works = [Work(split, key, NOTHING_LEFT_OUT) for split in splits]
        for chunk in chunks("pass 1: reading", table, works, table.profile_types()):
            with stage("pass 1: profile"):
                part = profile_chunk(table, chunk)
            shuffled("pass 1: profile", part, Profile)
            yield part

    profile = merged("pass 1: merging", partial(merge_profiles, plan.tables), profiles())
    with stage("fitting criteria 1 to 4", once=True):
        fitted = fit(plan, profile, {}, key)
    people(table, splits, key)

    def histograms():
        works = [Work(split, key, fitted[TABLE]) for split in splits]
        for chunk in chunks("pass 2: reading", table, works, table.count_types()):
            with stage("pass 2: counting classes"):
                part = count_chunk(table, chunk)
            shuffled("pass 2: counting classes", part, Histograms)
            yield part

    histogram = merged("pass 2: merging", merge_histograms, histograms())
    with stage("search", once=True):
        chosen = choose(plan, fitted, histogram, key)
    COSTS["search"].shuffled = len(registry.get_coder(Chosen).encode(chosen))

    def summaries():
        works = [Work(split, key, chosen.decisions[TABLE]) for split in splits]
        for chunk in chunks("pass 3: reading", table, works, table.output_types()):
            with stage("pass 3: criteria 1 to 5"):
                done = anonymize_chunk(table, chunk, people=False)
            with stage("pass 3: encoding, recount, leak search"):
                released = encode_chunk(plan, table, done)
            with stage("pass 3: writing"):
                write_part(plan, released.part)
            part = merge_written([written_of(made.summary) for made in (released, released.part)])
            shuffled("pass 3: merging", part, Written)
            yield part

    written = merged("pass 3: merging", merge_written, summaries())
    with stage("verification, documents, register", once=True):
        total = verify(
            plan, chosen, written, Headcount(), facts=CountedFacts(), totals={}, fingerprint=key.fingerprint
        )
        report = build_report(plan, chosen, written, {}, total, facts=CountedFacts(), joined=(), totals={})
    with stage("checksums of the parts, manifest"):
        publish(plan, report, written, partial(documents_of, plan.policy, report))
    return len(splits), len(written[TABLE].parts)


def people(table, splits, key):
    """Count people by keyed hashes, as where ascending codes prove nothing."""
    buckets = defaultdict(list)
    works = [Work(split, key, NOTHING_LEFT_OUT) for split in splits]
    for chunk in chunks("people: reading", table, works, table.types(PERSON)):
        with stage("people: hashing"):
            codes = chunk.batch.column(PERSON)
            codes = codes.cast(pa.string()) if pa.types.is_dictionary(codes.type) else codes
            dealt = list(deal_people(TABLE, (TABLE,), person_hashes(codes, key), key.fingerprint))
        for bucket, batch in dealt:
            shuffled("people: hashing", batch, type(batch))
            buckets[bucket].append(batch)
    for batches in buckets.values():
        with stage("people: counting"):
            count_bucket(batches)


def main():
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        tokumei = Path(sys.executable).with_name("tokumei")
        made = [tokumei, "synthesize", TABLE, "--rows", rows, "--format", "parquet", "--output", folder]
        subprocess.run([str(part) for part in made], check=True, stdout=subprocess.DEVNULL)
        (folder / "policy.yaml").write_text((HERE / "residents.yaml").read_text())
        size = (folder / f"{TABLE}.parquet").stat().st_size
        print(measure.machine())
        splits, parts = run(folder)
    print(f"\n{rows:,} residents, {size / rows:.0f} bytes each as Parquet, {splits} splits, {parts} parts")
    print("\n| a million residents | CPU s | read MB | shuffled at most MB | written MB |")
    print("| --- | --- | --- | --- | --- |")
    always = [c for name, c in COSTS.items() if not c.once and not name.startswith(("people", "pass 2"))]
    every = (sum(getattr(c, what) for c in always) for what in ("cpu", "read", "shuffled", "written"))
    cpu, *moved_by_all = (n / rows for n in every)
    for name, cost in COSTS.items():
        share = 1 if cost.once else 1e6 / rows
        cells = (f"{n * share / 1e6:,.2f}" if n else "" for n in (cost.read, cost.shuffled, cost.written))
        print(f"| {name}{' (once)' if cost.once else ''} | {cost.cpu * share:.2f} | {' | '.join(cells)} |")
    total = " | ".join(f"{n:,.1f}" for n in moved_by_all)  # bytes a row are megabytes a million
    print(f"| all but people, pass 2, and what is done once | {cpu * 1e6:.2f} | {total} |")


if __name__ == "__main__":
    main()
