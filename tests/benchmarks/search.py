"""Benchmark of the search alone: nodes checked, seconds and peak memory of one lattice on one worker.

Run: ``make bench-search`` or ``PYTHONPATH=tests python tests/benchmarks/search.py [CASE …]``. Each case runs in a process of its
own. Seconds are of the search, after imports and with the histogram in memory; the peak is of the whole process,
imports and the making of the histogram included.
"""

import argparse
import functools
import math
import os
import resource
import subprocess
import sys
import time

import numpy as np
from support import adult

from tokumei.schemas.hierarchies import FileHierarchy
from tokumei.transforms.counting.histogram import Histogram, pack
from tokumei.transforms.hierarchies.ladders import build_ladder
from tokumei.transforms.hierarchies.rows import HierarchyRows
from tokumei.transforms.recode.lattice import Lattice
from tokumei.transforms.recode.models.k_anonymity import KAnonymity
from tokumei.transforms.recode.objectives import OBJECTIVES
from tokumei.transforms.recode.search import affordable_checks, counter, find_optimum

# values of each quasi-identifier, and how many of them each level joins (then *)
PEOPLE = [
    (100, (5, 10, 20)),
    (2, ()),
    (47, (6,)),
    (60, (5, 15)),
    (16, (4,)),
    (14, (5,)),
    (12, (3, 6)),
    (7, (2,)),
]
PEOPLE.append((9, (3,)))
DEEP = [(60, (2, 4, 8, 16, 32)), (32, (2, 4, 8, 16)), (32, (2, 4, 8, 16)), (16, (2, 4, 8)), (16, (2, 4, 8))]
DEEP += [(16, (2, 4, 8)), (8, (2, 4)), (9, (3,)), (4, (2,))]


def adult_case(names, k, limit, times=1):
    """Adult, every row ``times`` times."""
    return [adult.ladder(n) for n in names], adult.histogram(names, times=times), k, limit


def synthetic(tuples, columns, k, limit):
    """As many distinct tuples; values and records a tuple are Zipf-like, the seed is fixed."""
    rng = np.random.default_rng(7)
    ladders = []
    for size, joins in columns:
        rows = {f"{i:03}": (*(f"{n}:{i // n}" for n in joins), "*") for i in range(size)}
        ladders.append(
            build_ladder(list(rows), FileHierarchy(kind="file", path="x.csv"), HierarchyRows(rows))
        )
    sizes = tuple(size for size, _ in columns)
    shares = [1 / np.arange(1, size + 1) ** 0.7 for size in sizes]
    keys = np.empty(0, np.int64)
    while len(keys) < tuples:
        codes = [
            rng.choice(size, tuples // 2, p=rng.permutation(share) / share.sum()).astype(np.int32)
            for size, share in zip(sizes, shares, strict=True)
        ]
        keys = np.union1d(keys, pack(codes, sizes))
    keys = np.sort(rng.permutation(keys)[:tuples])
    records = np.minimum(rng.zipf(2.0, tuples), 1000)
    return (
        ladders,
        Histogram(
            keys=keys, sizes=sizes, records=records, total_people=int(records.sum()), nulls=(-1,) * len(sizes)
        ),
        k,
        limit,
    )


CASES = {
    **{
        f"adult {len(names)}, limit {label}": functools.partial(adult_case, names, 5, limit)
        for names in (adult.EIGHT, adult.NINE)
        for label, limit in (("0", 0.0), ("4 %", 0.04), ("100 %", 1.0))
    },
    "adult 9 x100, k 5": functools.partial(adult_case, adult.NINE, 5, 0.04, 100),
    "adult 9 x100, k 500": functools.partial(adult_case, adult.NINE, 500, 0.04, 100),
    "10^6 tuples": functools.partial(synthetic, 10**6, PEOPLE, 5, 0.04),
    "10^7 tuples": functools.partial(synthetic, 10**7, PEOPLE, 5, 0.04),
    "10^6 nodes, 10^5 tuples": functools.partial(synthetic, 10**5, DEEP, 5, 0.04),
}


def run(name):
    """Search one case and print its line."""
    ladders, histogram, k, limit = CASES[name]()
    models = (KAnonymity(k),)
    allowed = math.floor(limit * histogram.total_people + 1e-9)
    start, cpu = time.perf_counter(), time.process_time()
    lattice = Lattice(ladders, histogram, models)
    objective = OBJECTIVES["loss"](ladders, histogram.marginals(), [1.0] * len(ladders))
    checks = affordable_checks(len(histogram))
    choice = find_optimum(objective, models, counter(lattice, objective, allowed), allowed, max_checks=checks)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"| {name} | {len(histogram):,} | {choice.lattice_nodes:,} | {choice.nodes_checked:,} | {seconds:.2f}"
        f" | {cpu:.2f} | {peak:,.0f} | {choice.cost:.6f} {'proven' if choice.proven else f'gap {choice.gap:.4f}'} |",
        flush=True,
    )


def main():
    """Run the cases named, or all, each in a fresh process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", choices=[*CASES, []], default=[])
    parser.add_argument("--alone", action="store_true", help="run one case in this process")
    args = parser.parse_args()
    if args.alone:
        run(args.cases[0])
        return
    print("load average", *(f"{n:.1f}" for n in os.getloadavg()))
    print(
        "| case | tuples | lattice | checked | wall s | CPU s | peak MiB | loss |\n|---|---|---|---|---|---|---|---|",
        flush=True,
    )
    for name in args.cases or CASES:
        subprocess.run([sys.executable, __file__, "--alone", name], check=True)


if __name__ == "__main__":
    main()
