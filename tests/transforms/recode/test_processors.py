"""The same releases on every processor: complete results, bit by bit, under the kernels of several of them."""

import hashlib
import os
import platform
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import zip_longest

import numpy as np
import pytest
from support import adult

from tokumei.schemas.hierarchies import FileHierarchy
from tokumei.transforms.counting.contingency import Contingency
from tokumei.transforms.counting.histogram import Histogram, pack
from tokumei.transforms.hierarchies.ladders import build_ladder
from tokumei.transforms.hierarchies.rows import HierarchyRows
from tokumei.transforms.recode.assignment import count_assignment, full_domain
from tokumei.transforms.recode.lattice import Lattice
from tokumei.transforms.recode.models.diversity import EntropyDiversity
from tokumei.transforms.recode.models.k_anonymity import KAnonymity
from tokumei.transforms.recode.objectives import OBJECTIVES
from tokumei.transforms.recode.search import Search, find_optimum
from tokumei.transforms.recode.unavoidable import unavoidable_loss
from tokumei.transforms.recode.ways import work_out
from tokumei.transforms.risk.population import dankar_choice
from tokumei.transforms.risk.sizes import ClassSizes

ON_X86 = platform.machine().lower() in {"x86_64", "amd64"}
# Kernels of OpenBLAS, each with the feature that it needs; every processor of the last ten years runs two.
KERNELS = {
    "Nehalem": "SSE42",
    "Haswell": "AVX2",
    "Zen": "AVX2",
    "SkylakeX": "AVX512_SKX",
}


def features():
    """Return what NumPy knows of this processor, and the features that it has several versions for."""
    umath = np._core._multiarray_umath
    return umath.__cpu_features__, umath.__cpu_dispatch__


def processors():
    """Return the environment of each processor that this one can pose as, by name."""
    has, dispatched = features()
    found = {
        f"OpenBLAS {kernel}": {"OPENBLAS_CORETYPE": kernel} for kernel, need in KERNELS.items() if has[need]
    }
    there = [name for name in dispatched if has.get(name)]
    found["NumPy without its versions"] = {"NPY_DISABLE_CPU_FEATURES": " ".join(there)}
    wide = [name for name in there if "512" in name or name == "X86_V4"]
    if wide and wide != there:
        found["NumPy without AVX-512"] = {"NPY_DISABLE_CPU_FEATURES": " ".join(wide)}
    found["C library without FMA"] = {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4,-AVX512F"}
    return found


def released(environment):
    """Return what this file prints in a process of its own."""
    shared = {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run(
        [sys.executable, __file__],
        env={**os.environ, **shared, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.splitlines()


@pytest.mark.skipif(not ON_X86, reason="the kernels are those of x86-64")
def test_every_way_and_the_search_give_the_same_on_every_processor():
    environments = processors()
    assert len(environments) >= 3
    with ThreadPoolExecutor(2) as pool:
        found = dict(zip(environments, pool.map(released, environments.values()), strict=True))
    first, *others = found
    differ = {
        other: [(one, two) for one, two in zip_longest(found[first], found[other]) if one != two]
        for other in others
    }
    assert not any(differ.values()), {name: lines[:3] for name, lines in differ.items() if lines}


def problems():
    """Yield Adult, and random histograms over ladders with many equal gains."""

    for name, names in {"adult": adult.NINE, "adult of five": adult.NINE[:5]}.items():
        yield name, Lattice([adult.ladder(n) for n in names], adult.histogram(names), (KAnonymity(5),)), 1206
    for seed in range(3):
        rng = np.random.default_rng(seed)
        columns = [(12, (2, 6)), (9, (3,)), (8, (2, 4)), (10, (5,))]
        ladders = []
        for size, joins in columns:
            rows = {f"{i:03}": (*(f"{n}:{i // n}" for n in joins), "*") for i in range(size)}
            ladders.append(
                build_ladder(list(rows), FileHierarchy(kind="file", path="x.csv"), HierarchyRows(rows))
            )
        sizes = tuple(size for size, _ in columns)
        drawn = [np.minimum(rng.zipf(1.5, 600) - 1, size - 1).astype(np.int32) for size in sizes]
        keys, place = np.unique(pack(drawn, sizes), return_inverse=True)
        values = rng.integers(0, 5, 600)
        cells, people = np.unique(place * 5 + values, return_counts=True)
        sensitive = {"s": Contingency(tuples=cells // 5, values=cells % 5, counts=people, size=5)}
        records = np.bincount(place)
        histogram = Histogram(
            keys=keys,
            sizes=sizes,
            records=records,
            total_people=600,
            sensitive=sensitive,
            nulls=(-1,) * len(sizes),
        )
        models = (KAnonymity(3), EntropyDiversity("s", 1.5)) if seed % 2 else (KAnonymity(3),)
        yield f"random {seed}", Lattice(ladders, histogram, models), 80


def main():
    """Print every figure and choice of every problem, a line each."""

    for name, lattice, allowed in problems():
        marginals = lattice.histogram.marginals()
        weights = [1.0 + (name == "random 2") * (i % 3) for i in range(len(lattice.ladders))]
        for metric in ("precision", "loss") if "adult" in name else OBJECTIVES:
            objective = OBJECTIVES[metric](lattice.ladders, marginals, weights)
            choice = find_optimum(objective, lattice.models, lattice.count, allowed)
            print(name, metric, choice.node, choice.cost.hex(), choice.nodes_checked, choice.gap)
            if "adult" not in name:
                search = Search(objective, lattice.models, allowed)
                while nodes := search.propose(7):  # as shards do, many at once
                    print(nodes)
                    for node in nodes:
                        search.learn(lattice.count(node))
            optimum = full_domain(choice.node, lattice.failing(choice.node))
            if "adult" not in name:
                # Fewest cells are proven by a solver, which takes seconds where classes alone are counted.
                compared = metric != "average_class_size"
                ways = work_out(lattice, objective, optimum, "full_domain", compared=compared)
            elif name == "adult of five" and metric == "loss":
                ways = work_out(lattice, objective, optimum, "local", compared=False)
                print(name, unavoidable_loss(lattice, objective, 0.1))
            else:
                ways = {}
            for way, found in ways.items():
                count = count_assignment(found.assignment, lattice.ladders, lattice.histogram)
                cost = float(objective.value(count)).hex()
                made = [found.assignment.nodes.tolist(), found.assignment.of_tuple.tolist()]
                digest = hashlib.sha256(repr(made).encode()).hexdigest()
                print(name, metric, way, cost, found.rounds, found.regions, digest)
        for fraction in (0.05, 0.3):
            estimator, uniques = dankar_choice(ClassSizes.of(lattice.histogram.people), fraction)
            print(name, estimator, f"{uniques:.6g}")


if __name__ == "__main__":
    main()
