"""The audit of narrowing, beside the definition written out class by class."""

import numpy as np
import pytest

from tokumei.transforms.hierarchies.ladders import Ladder
from tokumei.transforms.recode.assignment import Assignment
from tokumei.transforms.recode.downcoding import Narrowed, narrowed


def tree(values, *groups):
    """A ladder of the values, of each way to put them together, and of ``*``."""
    levels = [tuple(range(len(values))), *groups, (0,) * len(values)]
    codes = tuple(np.array(level, np.int32) for level in levels)
    labels = tuple(tuple(f"{i}.{c}" for c in range(max(level) + 1)) for i, level in enumerate(levels))
    return Ladder(
        values=tuple(values),
        codes=codes,
        labels=labels,
        leaves=tuple(np.bincount(c) for c in codes),
        domain_size=len(values),
        titles=tuple(map(str, levels)),
    )


class Tuples:
    """A histogram of one row a person, as far as the audit asks."""

    def __init__(self, codes, records):
        self.codes, self.records = np.array(codes, np.int32).T, np.array(records)

    def __len__(self):
        return len(self.records)

    def people_in(self, mask):
        return int(self.records[mask].sum())


def defined(assignment, ladders, tuples):
    """Whom the definition narrows: values under finer labels of classes alike in all other columns go."""
    classes = {}
    for t in np.flatnonzero(assignment.of_tuple >= 0):
        node = assignment.nodes[assignment.of_tuple[t]]
        label = tuple(
            frozenset(np.flatnonzero(la.codes[level] == la.codes[level][v]).tolist())
            for la, level, v in zip(ladders, node, tuples.codes[:, t], strict=True)
        )
        classes.setdefault(label, []).append(t)
    some, one = set(), set()
    for label, held in classes.items():
        for i, own in enumerate(label):
            below = [
                other[i]
                for other in classes
                if other[i] < own and all(other[j] == label[j] for j in range(len(label)) if j != i)
            ]
            gone = frozenset().union(*below)
            truly = not any(int(tuples.codes[i, t]) in gone for t in held)
            if gone and own - gone and truly:
                some |= set(held)
                one |= set(held) if len(own - gone) == 1 else set()
    return Narrowed(*(int(tuples.records[sorted(s)].sum()) if s else 0 for s in (some, one)))


CITY = tree(["新宿", "港", "青ヶ島", "御蔵島", "小笠原"], (0, 0, 1, 1, 1))
AGE = tree(["20", "21", "30", "31"], (0, 0, 1, 1))


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
