"""A cut of which nothing can be concluded: nobody is narrowed, every class holds, and equal keys give equal cuts."""

import numpy as np
import pytest
from support.narrowing import AGE, CITY, defined

from tokumei.transforms.counting.contingency import Contingency
from tokumei.transforms.counting.histogram import Histogram, pack
from tokumei.transforms.recode.assignment import Assignment, holds, released_classes
from tokumei.transforms.recode.downcoding import Narrowed
from tokumei.transforms.recode.lattice import Lattice
from tokumei.transforms.recode.minimality import told_by_values
from tokumei.transforms.recode.models.diversity import DistinctDiversity
from tokumei.transforms.recode.models.k_anonymity import KAnonymity
from tokumei.transforms.recode.undetermined import undetermined

K = 3


def lattice_of(codes, records, *models, sensitive=None):
    keys = pack(np.array(codes, np.int32).T, (4, 5))
    order = np.argsort(keys)
    histogram = Histogram(
        keys=keys[order],
        sizes=(4, 5),
        records=np.array(records)[order],
        total_people=int(np.sum(records)),
        sensitive=sensitive or {},
    )
    return Lattice((AGE, CITY), histogram, (KAnonymity(K), *models))


def drawn(seed):
    """A release at levels of their own: the first of some nodes at which a class has three people."""
    rng = np.random.default_rng(seed)
    everything = [(a, c) for a in range(4) for c in range(5)]
    some = [everything[i] for i in sorted(rng.choice(20, rng.integers(4, 20), replace=False))]
    lattice = lattice_of(some, rng.integers(1, 5, len(some)))
    nodes = [[0, 0], *rng.permutation([(0, 1), (1, 0), (0, 2), (2, 0)]).tolist(), [2, 2]]
    of_tuple = np.full(len(some), -1, np.int32)
    for number, node in enumerate(nodes):
        if (of_tuple >= 0).all():
            break
        left = np.where(of_tuple < 0, 0, -1).astype(np.int32)
        classes, of_class = released_classes(Assignment(np.array([node], np.int32), left), *whole(lattice))
        kept = (of_class >= 0) & (classes.people[of_class] >= K)
        of_tuple[kept] = number
    return lattice, Assignment(np.array(nodes, np.int32), of_tuple)


def whole(lattice):
    return lattice.ladders, lattice.histogram


@pytest.mark.parametrize("seed", range(40))
def test_nobody_is_narrowed_and_every_class_holds(seed):
    lattice, usual = drawn(seed)
    if not holds(usual, *whole(lattice), lattice.models) or not usual.released.any():
        return
    found = undetermined(lattice, usual, b"key" * 9)
    assert defined(found, *whole(lattice)) == Narrowed(0, 0)
    assert holds(found, *whole(lattice), lattice.models)
    assert (found.released == usual.released).all()
    finer = usual.nodes[usual.of_tuple[usual.released]]
    assert (found.nodes[found.of_tuple[found.released]] >= finer).all(), "nobody goes to a finer label"
    again = undetermined(lattice, usual, b"key" * 9)
    assert (again.nodes[again.of_tuple] == found.nodes[found.of_tuple]).all()


def test_the_key_decides():
    tuples = [(a, c) for c in range(5) for a in range(2)]
    lattice = lattice_of(tuples, [4, 4, 4, 4, 1, 1, 1, 1, 1, 1])
    order = [0, 0, 1, 1, 1, 0, 0, 1, 1, 1]  # by age, then by city
    usual = Assignment(np.array([[1, 0], [1, 2]], np.int32), np.array(order, np.int32))
    assert defined(usual, *whole(lattice)).people == 6
    cuts = {tuple(undetermined(lattice, usual, bytes([i]) * 32).of_tuple.tolist()) for i in range(20)}
    assert len(cuts) > 1


def six_men(values_of_men):
    """Men and women of one age; the illness of the women differs, and that of the men is given."""
    pairs = [(0, v) for v in values_of_men] + [(1, v) for v in (0, 1, 2, 3)]
    tuples, values = np.array(pairs).T
    illness = Contingency(tuples=tuples, values=values, counts=np.ones(len(pairs), np.int64), size=4)
    people = [len(values_of_men), 4]
    return lattice_of(
        [(0, 0), (2, 0)], people, DistinctDiversity("illness", 2), sensitive={"illness": illness}
    )


def test_a_level_that_illnesses_forbade_tells_of_six_men():
    lattice = six_men([0] * 6)
    assert lattice.count((2, 0)).suppressed_people == 0
    assert told_by_values(lattice, (2, 0), 0) == 6
    assert told_by_values(six_men([0, 0, 0, 1, 1, 1]), (2, 0), 0) == 0, "the finer level would have held"
    assert told_by_values(six_men([0, 0]), (2, 0), 0) == 0, "two are too few anyway, and tell nothing"
