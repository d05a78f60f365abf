"""Benchmark of the kernel of histories alone: loss, people kept, seconds and memory on real purchases and claims.

Run with ``tests`` on PYTHONPATH: ``python tests/benchmarks/histories_kernel.py --claims receipt.csv --purchases
onlineretail.parquet --people 1000000``. Claims: tests/data/anonypy; purchases: UCI Online Retail, as Parquet
of texts. Each case runs in a process of its own. Memory is the peak above what loading the case took.
"""

import argparse
import multiprocessing
import resource
import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
from support.trees_of_labels import lines_of, one_fact, tree_of

from tokumei.transforms.histories.measures import unicity
from tokumei.transforms.histories.problem import Bucket, Lines
from tokumei.transforms.histories.protect import protect

BUCKETS, NODES = 64, 2000


def purchases(path):
    """Return the lines of customers, cancellations left out."""
    sold = ~pl.col("InvoiceNo").str.starts_with("C") & pl.col("CustomerID").is_not_null()
    table = pl.read_parquet(path).filter(sold & (pl.col("CustomerID") != ""))
    day = pl.col("InvoiceDate").str.slice(0, 10).str.to_date()
    return table.select(
        person="CustomerID",
        item="StockCode",
        country="Country",
        day=day.dt.strftime("%Y-%m-%d"),
        week=day.dt.strftime("%G-W%V"),
        # A week belongs to the month and the quarter of its Thursday.
        week_month=(day.dt.truncate("1w") + pl.duration(days=3)).dt.strftime("%Y-%m"),
        week_quarter=_quarter(day.dt.truncate("1w") + pl.duration(days=3)),
        month=day.dt.strftime("%Y-%m"),
        quarter=_quarter(day),
        year=day.dt.strftime("%Y"),
    )


def _quarter(day):
    return day.dt.strftime("%YQ") + day.dt.quarter().cast(pl.String)


def case(table, *labels):
    """Return (problem, buckets) of one tree, its levels given as expressions, finest first."""
    columns = table.select(**{str(i): label for i, label in enumerate(labels)})
    leaf, group = tree_of(*(columns[name].to_numpy().astype(str) for name in columns.columns))
    bucket = lines_of(table["person"].to_numpy(), leaf)
    return one_fact(group), lambda: [bucket]


def items(path):
    """Purchases by item: code, its first three characters, two, one."""
    code = pl.col("item")
    return case(purchases(path), code, *(code.str.slice(0, n) for n in (3, 2, 1)))


def items_by_month(path):
    """Purchases by item and month: the time becomes coarser first."""
    code = pl.col("item")
    times = [code + "|" + pl.col(time) for time in ("month", "quarter", "year")]
    return case(purchases(path), *times, code, *(code.str.slice(0, n) for n in (3, 2, 1)))


def countries_by_day(path):
    """Purchases by country and day: day, week, month, quarter, ever."""
    place = pl.col("country")
    times = [place + "|" + pl.col(time) for time in ("day", "week", "week_month", "week_quarter")]
    return case(purchases(path), *times, place)


def diseases_by_month(path):
    """Claims by disease and month."""
    table = pl.read_csv(path, infer_schema_length=0).rename({"iid": "person"})
    month, disease = pl.col("treatment_ym"), pl.col("icd10")
    year, quarter = month.str.slice(0, 4), (month.str.slice(5).cast(int) - 1) // 3
    return case(table, disease + month, disease + year + "Q" + quarter.cast(str), disease + year, disease)


def invented(people, folder):
    """Return people with ten purchases each of 2,000 items, in files of 64 buckets."""
    rng = np.random.default_rng(1)
    popular = 1 / np.arange(1, NODES + 1) ** 0.8
    kinds = rng.permutation(NODES) % 200
    _, group = tree_of(np.arange(NODES), kinds, kinds % 20)
    for i in range(BUCKETS):
        lines = people * 10 // BUCKETS
        person, item = (
            rng.integers(0, people // BUCKETS, lines),
            rng.choice(NODES, lines, p=popular / popular.sum()),
        )
        both = np.unique(person.astype(np.int64) * NODES + item)
        np.save(folder / f"{i}.npy", np.stack(np.divmod(both, NODES)).astype(np.int32))

    def buckets():
        for i in range(BUCKETS):
            person, *leaves = np.load(folder / f"{i}.npy")
            lines = Lines(person=person, leaves=np.array(leaves), fixed={})
            yield Bucket(people=people // BUCKETS, lines=(lines,))

    return one_fact(group), buckets


def peak():
    """Return the most memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def run(name, make, *args, granularity="cut", measured=True):
    """Carry out a case and print what came of it."""
    problem, buckets = make(*args)
    problem = replace(problem, granularity=granularity)
    before, wall, cpu = peak(), time.perf_counter(), time.process_time()
    done = protect(problem, buckets)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    taken, memory = done.taken, peak() - before
    kept = 1 - taken.people_lost / taken.people
    print(
        f"{name} ({granularity}): {taken.occurrences:,} occurrences, loss {taken.loss:.4f}, deleted "
        f"{sum(taken.deleted):,}, people kept {kept:.3%}, {taken.facts} facts, {taken.method}, {wall:.1f} s "
        f"({cpu:.1f} s of processor), {memory} MB",
        flush=True,
    )
    if measured:
        for when, protection in (("before", None), ("after", done)):
            cpu = time.process_time()
            told = unicity(problem, buckets, protection)
            pairs = "not counted" if told.pairs is None else f"{told.pairs.people_of_one:,}"
            known = ", ".join(f"{alone:.1%}" for alone, _ in told.known)
            print(
                f"  {when}: singled out by a fact {told.facts.people_of_one:,}, a pair {pairs}, all facts "
                f"{told.unique:,} of {told.people:,}; by 1 to 5 facts drawn: {known}; "
                f"{time.process_time() - cpu:.1f} s of processor, {peak() - before} MB",
                flush=True,
            )


def main():
    """Run the cases asked for."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--claims", type=Path)
    asked.add_argument("--purchases", type=Path)
    asked.add_argument("--people", type=int, default=0)
    options = asked.parse_args()
    folder = Path(tempfile.mkdtemp())
    cases = []
    if options.purchases:
        for make in (items, items_by_month, countries_by_day):
            cases.append(((make.__name__, make, options.purchases), {}))
        cases.append((("items", items, options.purchases), {"granularity": "level", "measured": False}))
    if options.claims:
        cases.append((("diseases_by_month", diseases_by_month, options.claims), {}))
    if options.people:
        cases.append((("invented", invented, options.people, folder), {}))
    try:
        for args, how in cases:
            process = multiprocessing.get_context("fork").Process(target=run, args=args, kwargs=how)
            process.start()
            process.join()
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
