"""The audit of narrowing, beside the definition written out class by class."""

import numpy as np
import pytest
from support.narrowing import AGE, CITY, defined

from tokumei.transforms.recode.assignment import Assignment
from tokumei.transforms.recode.downcoding import Narrowed, narrowed


class Tuples:
    """A histogram of one row a person, as far as the audit asks."""

    def __init__(self, codes, records):
        self.codes, self.records = np.array(codes, np.int32).T, np.array(records)

    def __len__(self):
        return len(self.records)

    def people_in(self, mask):
        return int(self.records[mask].sum())


def test_stars_that_can_be_islands_alone():
    """B16c: ``*`` beside 港区 and 新宿区 is one of the islands; of two people it is one island."""
    tuples = Tuples([(0, 0), (0, 1), (0, 2), (0, 3), (2, 1), (2, 4)], [9, 9, 3, 2, 9, 1])
    assignment = Assignment(np.array([[0, 0], [0, 2]], np.int32), np.array([0, 0, 1, 1, 0, -1], np.int32))
    assert narrowed(assignment, [AGE, CITY], tuples) == Narrowed(5, 0)
    four = Assignment(np.array([[0, 0], [0, 2], [0, 1]], np.int32), np.array([0, 1, 2, 2, 0, -1], np.int32))
    assert narrowed(four, [AGE, CITY], tuples) == defined(four, [AGE, CITY], tuples) == Narrowed(9, 9)


def test_at_one_level_nobody_is_narrowed():
    tuples = Tuples([(0, 0), (1, 1), (2, 2)], [5, 5, 5])
    assert (
        narrowed(Assignment(np.array([[1, 1]], np.int32), np.zeros(3, np.int32)), [AGE, CITY], tuples)
        == Narrowed()
    )


@pytest.mark.parametrize("seed", range(60))
def test_as_defined(seed):
    rng = np.random.default_rng(seed)
    everything = [(a, c) for a in range(4) for c in range(5)]
    some = [everything[i] for i in sorted(rng.choice(20, rng.integers(2, 20), replace=False))]
    nodes = np.array([(rng.integers(3), rng.integers(3)) for _ in range(4)], np.int32)
    assignment = Assignment(nodes, rng.integers(-1, 4, len(some)).astype(np.int32))
    if not assignment.released.any():
        return
    tuples = Tuples(some, rng.integers(1, 9, len(some)))
    assert narrowed(assignment, [AGE, CITY], tuples) == defined(assignment, [AGE, CITY], tuples)
