"""The least loss of any release, against all releases of tiny tables, tried one by one."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tokumei.schemas.hierarchies import FileHierarchy
from tokumei.transforms.counting.histogram import Histogram, pack
from tokumei.transforms.hierarchies.ladders import build_ladder
from tokumei.transforms.hierarchies.rows import HierarchyRows
from tokumei.transforms.recode.lattice import Lattice
from tokumei.transforms.recode.models.k_anonymity import KAnonymity
from tokumei.transforms.recode.models.risk import AverageRisk
from tokumei.transforms.recode.objectives import OBJECTIVES
from tokumei.transforms.recode.unavoidable import unavoidable_loss

FILE = FileHierarchy(kind="file", path="tiny.csv")


def ladder_of(lines, values):
    return build_ladder(values, FILE, HierarchyRows({line[0]: tuple(line[1:]) for line in lines}))


PAIRS = ladder_of([(v, f"{v[0]}?", "*") for v in ("a1", "a2", "b1", "b2")], ["a1", "a2", "b1", "b2"])
NAMED = ladder_of([("x", "x", "*"), ("y", "x", "*"), ("z", "z", "*")], list("xyz"))
# Called z again above another label, which costs more than z's own.
BACK = ladder_of([("x", "w", "z", "*"), ("y", "w", "z", "*"), ("z", "z", "z", "*")], list("xyz"))
CROSSED = ladder_of([("x", "x", "*"), ("y", "x", "*"), ("z", "y", "*")], list("xyz"))


def lattice_of(rows, ladders, k):
    sizes = tuple(len(ladder.values) for ladder in ladders)
    codes = [np.array(column, np.int32) for column in zip(*rows, strict=True)]
    keys, records = np.unique(pack(codes, sizes), return_counts=True)
    histogram = Histogram(
        keys=keys,
        sizes=sizes,
        records=records.astype(np.int64),
        total_people=len(rows),
        nulls=(-1,) * len(sizes),
    )
    return Lattice(ladders, histogram, (KAnonymity(k),))


def best_loss(rows, ladders, k, weights):
    """Try every node for every record, and to suppress it."""
    nodes = [*itertools.product(*(range(ladder.levels) for ladder in ladders)), None]
    options = []
    for row in rows:
        at = []
        for node in nodes:
            if node is None:
                at.append((None, [1.0] * len(ladders)))
                continue
            codes = [int(la.codes[n][v]) for la, n, v in zip(ladders, node, row, strict=True)]
            texts = tuple(la.labels[n][c] for la, n, c in zip(ladders, node, codes, strict=True))
            shares = [
                (la.leaves[n][c] - 1) / (la.domain_size - 1)
                for la, n, c in zip(ladders, node, codes, strict=True)
            ]
            at.append((texts, shares))
        options.append(at)
    best = 1.0
    for release in itertools.product(*options):
        classes = [texts for texts, _ in release if texts is not None]
        if all(classes.count(texts) >= k for texts in set(classes)):
            lost = np.mean([shares for _, shares in release], axis=0)
            best = min(best, float(np.prod((1 + lost) ** weights)) - 1)
    return best


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), min_size=2, max_size=4),
    st.integers(2, 3),
    st.sampled_from([1.0, 3.0]),
    st.floats(1.0, 2.0),
    st.sampled_from([NAMED, BACK]),
)
def test_no_release_loses_less(rows, k, weight, worse, named):
    ladders = [PAIRS, named]
    lattice = lattice_of(rows, ladders, k)
    objective = OBJECTIVES["loss"](ladders, lattice.histogram.marginals(), [weight, 1.0])
    best = best_loss(rows, ladders, k, objective.weights)
    told = unavoidable_loss(lattice, objective, min(best * worse, 1.0))
    assert 0 <= told <= best + 1e-12


def test_the_bound_is_told_where_it_can_be():
    """Two of a pair are told together for a third of one column; texts that cross levels, or no k, tell nothing."""
    rows = [(0, 2), (1, 2), (2, 2), (3, 2)]
    for ladder, model, expected in [(NAMED, KAnonymity(2), True), (CROSSED, KAnonymity(2), False),
                                    (BACK, KAnonymity(2), True), (NAMED, AverageRisk(0.5), False)]:  # fmt: skip
        lattice = lattice_of(rows, [PAIRS, ladder], 2)
        lattice = Lattice(lattice.ladders, lattice.histogram, (model,))
        objective = OBJECTIVES["loss"](lattice.ladders, lattice.histogram.marginals(), [1.0, 1.0])
        told = unavoidable_loss(lattice, objective, (4 / 3) ** 0.5 - 1)
        assert (told is not None) == expected
        if expected:
            assert 0.12 < told <= (4 / 3) ** 0.5 - 1 < 0.155
