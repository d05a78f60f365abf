"""Homogeneity and inference against oracles: Adult, and counting person by person."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import adult

from tokumei.transforms.attacks.classes import attack_classes


def entries(classes, values):
    """(class, value, people) of rows, numbered without gaps."""
    _, classes = np.unique(classes, return_inverse=True)
    _, values = np.unique(values, return_inverse=True)
    pairs, people = np.unique(np.stack([classes, values]), axis=1, return_counts=True)
    return pairs[0].astype(np.int64), pairs[1].astype(np.int64), people.astype(np.int64)


def released(node, sensitive, k=5):
    """Class and sensitive value of each record of Adult that a full-domain recoding releases."""
    names = [name for name in adult.HEAD if name != sensitive]
    codes = adult.codes(adult.ROWS)
    labels = [adult.ladder(n).codes[level][codes[n]] for n, level in zip(names, node, strict=True)]
    _, classes = np.unique(np.stack(labels), axis=1, return_inverse=True)
    classes = classes.ravel()
    keep = np.bincount(classes)[classes] >= k
    return classes[keep], codes[sensitive][keep]


@pytest.mark.parametrize(
    ("node", "sensitive", "kept", "classes", "homogeneous", "majority", "held_out"),
    [
        ([0, 3, 0, 1, 1, 1, 1, 2], "salary-class", 29338, 299, 2447, 0.8068, 0.8014),
        ([1, 0, 1, 1, 3, 2, 2, 0], "salary-class", 29256, 1046, 6500, 0.8256, 0.8157),
        ([0, 0, 1, 1, 2, 2, 2, 0], "occupation", 29273, 647, 0, 0.2951, 0.2605),
        ([1, 1, 1, 1, 3, 2, 2, 1], "occupation", 30162, 30, 0, 0.1915, 0.1910),
    ],
)
def test_adult(node, sensitive, kept, classes, homogeneous, majority, held_out):
    found_classes, values = released(node, sensitive)
    found = attack_classes(*entries(found_classes, values))
    assert (found.people, len(np.unique(found_classes))) == (kept, classes)
    assert found.homogeneous * found.people == pytest.approx(homogeneous)
    assert (round(found.majority, 4), round(found.held_out, 4)) == (majority, held_out)


@pytest.mark.parametrize(("sensitive", "frequent"), [("salary-class", 0.7511), ("occupation", 0.1339)])
def test_adult_without_classes(sensitive, frequent):
    values = adult.codes(adult.ROWS)[sensitive]
    found = attack_classes(*entries(np.zeros(len(values)), values))
    assert round(found.frequent, 4) == frequent == round(found.majority, 4)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=2, max_size=40))
def test_is_what_counting_person_by_person_gives(rows):
    classes, values = (np.array(column) for column in zip(*rows, strict=True))
    found = attack_classes(*entries(classes, values))
    held_out = homogeneous = 0.0
    for i, (group, value) in enumerate(rows):
        others = np.delete(values, i)
        mates = others[np.delete(classes, i) == group]
        counts = np.bincount(mates if len(mates) else others, minlength=4)
        held_out += (counts[value] == counts.max()) / np.count_nonzero(counts == counts.max())
        homogeneous += all(v == value for v in mates)
    assert found.held_out == pytest.approx(held_out / len(rows))
    assert found.homogeneous == pytest.approx(homogeneous / len(rows))


def test_untreated_is_broken_and_shuffled_is_at_chance():
    draw = np.random.default_rng(1)
    values = draw.choice(4, size=20_000, p=[0.4, 0.3, 0.2, 0.1])
    untreated = attack_classes(*entries(np.arange(len(values)), values))
    assert (untreated.homogeneous, untreated.majority) == (1.0, 1.0)
    grouped = attack_classes(*entries(draw.integers(0, 400, len(values)), values))
    assert grouped.frequent < grouped.majority == pytest.approx(grouped.dealt.rate, abs=grouped.dealt.error)
    pairs = attack_classes(*entries(np.repeat(np.arange(10_000), 2), values))
    assert pairs.homogeneous == pytest.approx(pairs.by_chance, abs=0.01)


@pytest.mark.parametrize(
    ("people", "size", "kinds"), [(3_000, 10, 9), (3_000, 300, 9), (500, 5, 2), (60, 60, 3)]
)
def test_what_tells_nothing_gains_nothing(people, size, kinds):
    draw = np.random.default_rng(people + size)
    classes = np.arange(people) // size
    gains = []
    for _ in range(20):
        values = draw.integers(0, kinds, people)
        found = attack_classes(*entries(classes, values))
        once = [
            np.mean([np.bincount(dealt[classes == c]).max() for c in np.unique(classes)]) / size
            for dealt in (draw.permutation(values) for _ in range(20))
        ]
        assert found.dealt.rate == pytest.approx(np.mean(once), abs=found.dealt.error + 1e-9)
        gains.append(found.majority - found.dealt.rate)
    assert abs(np.mean(gains)) <= found.dealt.error / 20**0.5 * 2 + 1e-9
    assert sum(abs(gain) > found.dealt.error + 1e-9 for gain in gains) <= 4


def test_a_class_of_two_values_in_halves_is_a_gain_though_nobody_is_guessed_from_the_others():
    values = np.concatenate([np.tile([v, v + 1], 5) for v in range(0, 18, 2)])
    found = attack_classes(*entries(np.arange(len(values)) // 10, values))
    assert (found.majority, found.held_out) == (0.5, 0.0)
    assert found.dealt.rate + found.dealt.error < 0.35


def test_the_control_is_the_same_however_classes_and_values_are_numbered():
    draw = np.random.default_rng(3)
    classes, values = draw.integers(0, 30, 500), draw.integers(0, 7, 500) ** 2 % 5
    one = attack_classes(*entries(classes, values))
    assert attack_classes(*entries(29 - classes, (values + 2) % 5)).dealt == one.dealt
