"""Bounds on risk, and the risk of Adult itself (ARX: TestAnonymizationRiskBased, TestRiskMetrics).

A bound suppresses the smallest classes; among classes of one size the models here go by code, ARX by place in
the file (entropy) or by the loss of the class, then place (loss). So the node and the number of suppressed
records are ARX's, and the costs are too once the same number of classes is dropped in ARX's order.
"""

from dataclasses import replace

import numpy as np
import pytest
from support import adult

from tokumei.schemas.hierarchies import FileHierarchy
from tokumei.transforms.counting.histogram import Histogram, pack
from tokumei.transforms.hierarchies.ladders import build_ladder
from tokumei.transforms.hierarchies.rows import HierarchyRows
from tokumei.transforms.recode.lattice import Lattice
from tokumei.transforms.recode.models.k_anonymity import KAnonymity
from tokumei.transforms.recode.models.risk import AverageRisk, SampleUniqueness


def at_arx_order(asked, node, by_loss):
    """Return the cost of a node if ties are broken as ARX breaks them."""
    classes, of_tuple = asked.lattice.classes(node)
    columns = adult.codes(adult.ROWS)
    packed = pack([columns[n] for n in adult.NINE], asked.lattice.histogram.sizes)
    _, first_row = np.unique(packed, return_index=True)
    representative = np.full(len(classes), len(adult.ROWS))
    np.minimum.at(representative, of_tuple, first_row)
    loss = np.zeros(len(classes))
    if by_loss:
        for column, la, level in zip(classes.codes, asked.lattice.ladders, node, strict=True):
            loss += np.log1p(classes.records * la.leaves[level][column] / la.domain_size)
        loss = np.round(loss, 12)
    order = np.lexsort((representative, loss, classes.people))
    (model,) = asked.models
    gone = order[: int(model.failing(classes).sum())]
    count = asked.lattice.count(node)
    suppressed = tuple(
        np.bincount(column[gone], weights=classes.records[gone], minlength=size).astype(np.int64)
        for column, size in zip(classes.codes, classes.sizes, strict=True)
    )
    assert classes.records[gone].sum() == count.suppressed_records
    return asked.objective.value(replace(count, gone=suppressed))


def test_average_risk():
    """ARX's 314637.846 is its own tie order; by code it is 314684.227 at the same node, with the same 608."""
    node = (1, 0, 1, 1, 3, 2, 2, 1, 1)
    asked = adult.Problem(adult.NINE, adult.histogram(adult.NINE), [AverageRisk(0.01)], "entropy", 0.04)
    reached, count = asked.at(node)
    assert (count.suppressed_records, count.suppressed_people) == (608, 608)
    assert reached == pytest.approx(314684.2271306303, rel=adult.RELATIVE)
    assert at_arx_order(asked, node, by_loss=False) == pytest.approx(314637.8461904862, rel=adult.RELATIVE)


def test_sample_uniqueness():
    """ARX's 0.1607 drops the classes of least loss first; by code it is 0.1604 at the same node."""
    node = (0, 3, 0, 0, 1, 1, 1, 1, 0)
    asked = adult.Problem(adult.NINE, adult.histogram(adult.NINE), [SampleUniqueness(0.01)], "loss", 0.04)
    reached, count = asked.at(node)
    assert count.suppressed_records == 1059
    assert reached == pytest.approx(0.16043897556, rel=adult.RELATIVE)
    assert at_arx_order(asked, node, by_loss=True) == pytest.approx(0.1606952725863784, rel=adult.RELATIVE)


@pytest.mark.parametrize(
    ("model", "metric", "node"),
    [
        (AverageRisk(0.01), "entropy", (1, 0, 1, 1, 3, 2, 2, 1, 1)),
        (SampleUniqueness(0.01), "loss", (0, 3, 0, 0, 1, 1, 1, 1, 0)),
    ],
)
def test_no_neighbour_is_better(model, metric, node):
    """The whole search agrees, but visits two thirds of the lattice for the average risk: here its neighbours."""
    asked = adult.Problem(adult.NINE, adult.histogram(adult.NINE), [model], metric, 0.04)
    best, _ = asked.at(node)
    for i, level in enumerate(node):
        for other in {max(level - 1, 0), min(level + 1, asked.lattice.top[i])} - {level}:
            cost, count = asked.at((*node[:i], other, *node[i + 1 :]))
            assert cost > best or count.suppressed_people > asked.allowed


def test_the_optimum_of_sample_uniqueness():
    asked = adult.Problem(adult.NINE, adult.histogram(adult.NINE), [SampleUniqueness(0.01)], "loss", 0.04)
    choice = asked.optimum()
    assert choice.proven and choice.node == (0, 3, 0, 0, 1, 1, 1, 1, 0)


def test_the_raw_file():
    on = adult.histogram(adult.NINE)
    assert [adult.ladder(name).levels for name in adult.NINE] == [2, 5, 2, 3, 4, 3, 3, 3, 2]
    assert (len(on), int((on.people == 1).sum()), int(on.records.sum())) == (19502, 15512, 30162)
    assert AverageRisk(1.0).reached(on) == 0.6465751607983555
    assert SampleUniqueness(1.0).reached(on) == 0.5142895033485844
    assert 1 / KAnonymity(2).reached(on) == 1.0


def test_after_2_anonymity():
    """ARX aggregates loss by rank there; its node is the one with 58 classes, the smallest of two."""
    asked = adult.Problem(adult.NINE, adult.histogram(adult.NINE), [KAnonymity(2)], "loss", 0.0)
    classes, _ = asked.lattice.classes((0, 4, 1, 2, 1, 2, 2, 1, 0))
    assert AverageRisk(1.0).reached(classes) == 0.001922949406538028
    assert 1 / KAnonymity(2).reached(classes) == 0.5


def test_a_table_of_seven():
    """ARX's example: k = 2, its loss aggregated by rank, leaves three classes of seven rows."""
    age, sex, zipcode = zip(
        *[(34, "male", 81667), (45, "female", 81675), (66, "male", 81925), (70, "female", 81931)],
        *[(34, "female", 81931), (70, "male", 81931), (45, "male", 81931)],
        strict=True,
    )
    rows = [
        {str(v): ("<50" if v < 50 else ">=50", "*") for v in range(1, 101)},
        {"male": ("*",), "female": ("*",)},
        {str(v): (*(f"{v:05}"[: 5 - n] + "*" * n for n in range(1, 5)), "*") for v in range(80000, 90000)},
    ]
    spec = FileHierarchy(kind="file", path="test.csv")
    texts = [[str(v) for v in column] for column in (age, sex, zipcode)]
    ladders = [build_ladder(sorted(set(t)), spec, HierarchyRows(r)) for t, r in zip(texts, rows, strict=True)]
    codes = [
        np.array([la.values.index(v) for v in t], np.int32) for la, t in zip(ladders, texts, strict=True)
    ]
    sizes = tuple(len(la.values) for la in ladders)
    keys, records = np.unique(pack(codes, sizes), return_counts=True)
    on = Histogram(keys=keys, sizes=sizes, records=records, total_people=7, nulls=(-1, -1, -1))
    assert AverageRisk(1.0).reached(on) == 1.0
    classes, _ = Lattice(ladders, on, [KAnonymity(2)]).classes((1, 1, 2))
    assert sorted(classes.people) == [2, 2, 3]
    assert AverageRisk(1.0).reached(classes) == 0.42857142857142855
    assert 1 / KAnonymity(2).reached(classes) == 0.5
