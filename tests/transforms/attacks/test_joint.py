"""Two releases of Adult side by side, to the numbers of an independent count; and the untreated file."""

import numpy as np
import pytest
from support import adult

from tokumei.transforms.attacks.joint import HeldValues, join_classes

K = 5


def release(node):
    """Class of each record at a node, and which records are released."""
    codes = adult.codes(adult.ROWS)
    labels = [adult.ladder(n).codes[level][codes[n]] for n, level in zip(adult.EIGHT, node, strict=True)]
    _, classes = np.unique(np.stack(labels), axis=1, return_inverse=True)
    return classes.ravel(), np.bincount(classes.ravel())[classes.ravel()] >= K


def joined(first, second):
    (one, here), (other, there) = first, second
    both = here & there
    pairs, people = np.unique(np.stack([one[both], other[both]]), axis=1, return_counts=True)
    values = adult.codes(adult.ROWS)["occupation"].astype(np.int64)
    held = tuple(
        HeldValues(*np.unique(np.stack([classes[kept], values[kept]]), axis=1))
        for classes, kept in ((one, here), (other, there))
    )
    return join_classes(*pairs, people, K, held)


@pytest.mark.parametrize(
    ("first", "second", "people", "few", "alone", "told"),
    [
        ([0, 0, 1, 1, 2, 2, 2, 0], [0, 3, 0, 0, 2, 1, 1, 1], 28441, 4943, 1606, 13),
        ([0, 0, 1, 1, 2, 2, 2, 0], [1, 0, 1, 0, 3, 2, 2, 0], 29057, 931, 123, 9),
        ([1, 0, 1, 1, 2, 2, 2, 0], [0, 1, 1, 2, 3, 2, 2, 0], 29735, 462, 43, 0),
    ],
)
def test_adult(first, second, people, few, alone, told):
    found = joined(release(first), release(second))
    assert (found.people, found.few, found.alone, found.told) == (people, few, alone, told)


def test_the_same_release_twice_tells_nothing():
    twice = release([0, 0, 1, 1, 2, 2, 2, 0])
    found = joined(twice, twice)
    assert (found.few, found.alone, found.told) == (0, 0, 0)


def test_untreated_beside_anything_is_broken():
    untreated = np.arange(len(adult.ROWS)), np.ones(len(adult.ROWS), bool)
    found = joined(untreated, release([0, 0, 1, 1, 2, 2, 2, 0]))
    assert found.alone == found.people == found.told
