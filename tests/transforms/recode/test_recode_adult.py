"""Published results on the Adult data: ARX's own tests, and formulas checked against them.

TestAnonymizationKAnonymity.java (optimum of the loss metric) and TestUtilityMetrics.java (class sizes) of
github.com/arx-deidentifier/arx; ARX rounds intermediate sums, so its losses agree to nine digits.
"""

import csv
import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from schemas.hierarchies import FileHierarchy
from transforms.profile.people import count_people
from transforms.recode.histogram import PACKED, histogram_of, pack
from transforms.recode.ladders import build_ladder, read_hierarchy_file
from transforms.recode.search import Search, find_optimum

ADULT = Path(__file__).parents[2] / "data" / "arx_adult"


@pytest.fixture(scope="module")
def adult():
    """Columns by name, and a ladder of each."""
    with (ADULT / "adult.csv").open(encoding="utf-8", newline="") as stream:
        head, *rows = csv.reader(stream, delimiter=";")
    columns, ladders = {}, {}
    for i, name in enumerate(head):
        spec = FileHierarchy(kind="file", path=f"adult_hierarchy_{name}.csv")
        values = sorted({row[i] for row in rows})
        place = {value: number for number, value in enumerate(values)}
        columns[name] = np.array([place[row[i]] for row in rows], dtype=np.int32)
        ladders[name] = build_ladder(values, spec, read_hierarchy_file(spec, ADULT, "adult"))
    return columns, ladders


def inputs(adult, names):
    columns, ladders = adult
    sizes = [len(ladders[n].values) for n in names]
    packed = pl.DataFrame({PACKED: pack([columns[n] for n in names], sizes)})
    return [ladders[n] for n in names], histogram_of(count_people(packed, persons=None, cap=0), sizes, None)


def test_the_raw_table(adult):
    ladders, histogram = inputs(adult, list(adult[0]))
    assert [ladder.levels for ladder in ladders] == [2, 5, 2, 3, 4, 3, 3, 3, 2]
    assert int(histogram.records.sum()) == 30162
    assert len(histogram.records) == 19502 and int((histogram.records == 1).sum()) == 15512


@pytest.mark.parametrize(
    ("limit", "loss", "node", "suppressed"),
    [
        (0.04, 0.26611081915757495, (0, 3, 0, 1, 1, 1, 1, 2, 0), 1178),
        (1.0, 0.22041192847984292, (0, 3, 0, 0, 2, 1, 1, 1, 0), 2553),
    ],
)
def test_the_optimum_of_k_5(adult, limit, loss, node, suppressed):
    choice = find_optimum(*inputs(adult, list(adult[0])), 5, limit)
    assert choice.loss == pytest.approx(loss, abs=1e-9)
    assert (choice.node, choice.suppressed_records, choice.suppressed_people) == (
        node,
        suppressed,
        suppressed,
    )
    assert choice.lattice_nodes == 12960 and choice.nodes_checked < 900


def test_the_loss_is_the_published_formula(adult):
    """Per column (Σ share − N/|dom|)/(N − N/|dom|), suppressed records with share 1; Π(v+1)^(1/n) − 1."""
    names, node = list(adult[0]), (0, 3, 0, 1, 1, 1, 1, 2, 0)
    columns, ladders = adult
    choice = find_optimum(*inputs(adult, names), 5, 0.04)
    labels = [
        [ladders[n].labels[level][code] for code in ladders[n].codes[level][columns[n]]]
        for n, level in zip(names, node, strict=True)
    ]
    rows = list(zip(*labels, strict=True))
    counts = {}
    for row in rows:
        counts[row] = counts.get(row, 0) + 1
    gone = [counts[row] < 5 for row in rows]
    total, size = 1.0, len(rows)
    for name, level, texts, measured in zip(names, node, labels, choice.column_loss, strict=True):
        with (ADULT / f"adult_hierarchy_{name}.csv").open(encoding="utf-8", newline="") as stream:
            lines = [line for line in csv.reader(stream, delimiter=";") if line]
        leaves = [line[level] for line in lines]
        share = {text: leaves.count(text) / len(lines) for text in set(leaves)}
        shares = math.fsum(1.0 if g else share[text] for text, g in zip(texts, gone, strict=True))
        loss = (shares - size / len(lines)) / (size - size / len(lines))
        assert measured == pytest.approx(loss, abs=1e-12)
        total *= (loss + 1) ** (1 / len(names))
    assert choice.loss == pytest.approx(total - 1, abs=1e-12)


@pytest.mark.parametrize(
    ("node", "average_class", "discernibility"),
    [
        ((0, 0, 0, 0, 0, 0, 0, 0), 29.113899613899616, 485542),
        ((0, 3, 1, 0, 0, 1, 1, 0), 53.38407079646018, None),
        ((0, 3, 1, 0, 3, 2, 1, 1), 363.3975903614458, None),
        ((1, 1, 1, 1, 3, 2, 2, 1), 1005.4, None),
        ((0, 4, 1, 1, 2, 0, 1, 1), None, 91157482),
        ((1, 3, 1, 2, 3, 2, 2, 1), None, 367709850),
        ((1, 4, 1, 2, 3, 2, 2, 1), 30162, 909746244),
    ],
)
def test_class_sizes_of_eight_quasi_identifiers(adult, node, average_class, discernibility):
    search = Search(*inputs(adult, [n for n in adult[0] if n != "occupation"]), 5)
    classes, small, _ = search.suppressed(node)
    if average_class:
        assert 30162 / (int((~small).sum()) + bool(small.any())) == pytest.approx(average_class, rel=1e-12)
    if discernibility:
        assert int((classes.records**2).sum()) == discernibility
