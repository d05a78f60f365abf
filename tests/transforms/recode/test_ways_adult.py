"""The ways of recoding on Adult (nine quasi-identifiers, k=5, at most 4 % suppressed): what each loses."""

import csv
from pathlib import Path

import numpy as np
import pytest

from tokumei.schemas.hierarchies import FileHierarchy
from tokumei.transforms.counting.histogram import Histogram, pack
from tokumei.transforms.hierarchies.files import read_hierarchy_file
from tokumei.transforms.hierarchies.ladders import build_ladder
from tokumei.transforms.recode import ways
from tokumei.transforms.recode.assignment import count_assignment, full_domain, released_classes
from tokumei.transforms.recode.downcoding import Narrowed, narrowed
from tokumei.transforms.recode.lattice import Lattice, failing_classes
from tokumei.transforms.recode.models.k_anonymity import KAnonymity
from tokumei.transforms.recode.objectives import OBJECTIVES
from tokumei.transforms.recode.search import find_optimum
from tokumei.transforms.recode.undetermined import undetermined

ADULT = Path(__file__).parents[2] / "data" / "arx_adult"
LIMIT = 1206  # 4 % of 30,162


@pytest.fixture(scope="module")
def adult():
    with (ADULT / "adult.csv").open(encoding="utf-8", newline="") as stream:
        head, *rows = csv.reader(stream, delimiter=";")
    codes, ladders = [], []
    for i, name in enumerate(head):
        spec = FileHierarchy(kind="file", path=f"adult_hierarchy_{name}.csv")
        values, code = np.unique([row[i] for row in rows], return_inverse=True)
        codes.append(code.astype(np.int32))
        ladders.append(build_ladder(values.tolist(), spec, read_hierarchy_file(spec, str(ADULT), "adult")))
    sizes = tuple(len(ladder.values) for ladder in ladders)
    keys, records = np.unique(pack(codes, sizes), return_counts=True)
    return Lattice(
        ladders, Histogram(keys=keys, sizes=sizes, records=records, total_people=len(rows)), (KAnonymity(5),)
    )


@pytest.mark.parametrize(
    ("metric", "costs"),  # of the optimum, and measured for the others, which are greedy
    [
        ("loss", (0.266110819, 0.162376920, 0.049320)),
        ("entropy", (264_971.582558, 219_715.238990)),
        ("precision", (0.377466619, 0.226589381)),
    ],
)
def test_every_further_way_loses_less_than_the_full_domain_optimum(adult, metric, costs):
    lattice = adult
    marginals = lattice.histogram.marginals()
    objective = OBJECTIVES[metric](lattice.ladders, marginals, [1.0] * 9)
    choice = find_optimum(objective, lattice.models, lattice.count, LIMIT)
    classes, of_tuple = lattice.classes(choice.node)
    optimum = full_domain(choice.node, failing_classes(lattice.models, classes)[0][of_tuple])
    found = {
        "full_domain": ways.Way(optimum),
        **ways.work_out(lattice, objective, optimum, "cells", compared=False),
    }
    if metric == "loss":
        found |= ways.work_out(lattice, objective, optimum, "multidimensional", compared=False)
    counts = {
        name: count_assignment(w.assignment, lattice.ladders, lattice.histogram) for name, w in found.items()
    }
    # Whom a reader who knows the way can narrow, told in schemas/README.md.
    told = {"full_domain": Narrowed(0, 0), "cells": Narrowed(919, 0), "multidimensional": Narrowed(3440, 0)}
    for name, way in found.items() if metric == "loss" else ():
        assert narrowed(way.assignment, lattice.ladders, lattice.histogram) == told[name]
        if name != "full_domain":  # and what it costs to leave nobody
            mixed = undetermined(lattice, way.assignment, b"seed")
            assert narrowed(mixed, lattice.ladders, lattice.histogram) == Narrowed(0, 0)
            assert released_classes(mixed, lattice.ladders, lattice.histogram)[0].people.min() >= 5
            losses = [
                objective.value(count_assignment(a, lattice.ladders, lattice.histogram))
                for a in (way.assignment, mixed)
            ]
            assert losses[0] < losses[1] < 1.035 * losses[0]
    rows = ways.compare(counts, objective, objective, {}, {})
    assert rows[0].cost == pytest.approx(costs[0], rel=1e-8)
    assert all(row.cost <= cost * 1.001 < costs[0] for row, cost in zip(rows[1:], costs[1:], strict=True))
    assert all(row.suppressed_people <= 37 for row in rows[1:])
    assert not any(row.suppressed_people for row in rows[2:])
    for way in found.values():
        seen, _ = released_classes(way.assignment, lattice.ladders, lattice.histogram)
        assert seen.people.min() >= 5
        assert int(seen.records.sum()) == int(lattice.histogram.records[way.assignment.released].sum())
