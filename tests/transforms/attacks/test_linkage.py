"""The linkage kernel against comparing every pair in plain Python; chunks may be cut anyhow."""

from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokumei.transforms.attacks import linkage
from tokumei.transforms.attacks.linkage import Aim, KnownColumn, count_same, merge_shots, shoot

LABELS = ["a", "b", "c", "*", None]
WEIGHTS = (4.0, 2.0, 1.0)


def aim_of(known, weights=WEIGHTS):
    """Targets who know one label a column; the marks are their places."""
    columns = []
    for i, weight in enumerate(weights):
        pairs = [(t, row[i]) for t, row in enumerate(known) if row[i] not in {"*", None}]
        columns.append(
            KnownColumn(
                name=str(i),
                weight=weight,
                targets=np.array([t for t, _ in pairs], np.int32),
                labels=pa.array([label for _, label in pairs], pa.string()),
            )
        )
    marks = np.arange(len(known), dtype=np.uint64)
    return Aim(marks=marks, combinations=marks * np.uint64(7), columns=tuple(columns))


def batch_of(rows):
    columns = [pa.array([row[i] for row in rows], pa.string()) for i in range(3)]
    return pa.RecordBatch.from_arrays(columns, names=["0", "1", "2"])


def shots(aim, rows, marks):
    marks = np.array(marks, np.uint64)
    same, own = count_same(aim, marks * np.uint64(7), marks)
    return shoot(aim, batch_of(rows), marks, same=same, own_same=own)


def score(known, row, weights=WEIGHTS):
    total = Fraction(0)
    for label, there, weight in zip(known, row, weights, strict=True):
        if there in {"*", None}:
            total += 1
        elif there == label:
            total += Fraction(weight)
    return total


ROW = st.tuples(*[st.sampled_from(LABELS)] * 3)


@given(st.lists(ROW, min_size=1, max_size=6), st.lists(ROW, min_size=1, max_size=30), st.integers(1, 5))
def test_is_what_comparing_every_pair_gives(known, rows, chunks):
    marks = [i % (len(known) + 2) for i in range(len(rows))]  # some are nobody's, some have several
    aim, cuts = aim_of(known), np.array_split(np.arange(len(rows)), chunks)
    parts = [shots(aim, [rows[i] for i in cut], [marks[i] for i in cut]) for cut in cuts]
    found, whole = merge_shots(parts), shots(aim, rows, marks)
    for name in ("best", "ties", "own", "own_ties", "other", "other_ties", "same", "own_same"):
        assert getattr(found, name).tolist() == getattr(whole, name).tolist(), name
    for t, values in enumerate(known):
        scores = [score(values, row) for row in rows]
        assert found.ties[t] == scores.count(max(scores))
        for name, whose in (("own", t), ("other", (t + 1) % len(known))):
            theirs = [s for s, mark in zip(scores, marks, strict=True) if mark == whose]
            assert (getattr(found, name)[t] >= 0) == bool(theirs)
            if theirs:
                reached = getattr(found, name)[t] == found.best[t]
                assert reached == (max(theirs) == max(scores))
                assert getattr(found, f"{name}_ties")[t] == theirs.count(max(theirs))


def test_blocks_of_targets_and_records_change_nothing(monkeypatch):
    draw = np.random.default_rng(3)
    rows = [tuple(LABELS[i] for i in draw.integers(0, 5, 3)) for _ in range(500)]
    aim = aim_of(rows[:40])
    whole = shots(aim, rows, range(500))
    monkeypatch.setattr(linkage, "_CELLS", 8)
    monkeypatch.setattr(linkage, "_BLOCK", 7)
    cut = shots(aim, rows, range(500))
    assert all(np.array_equal(getattr(cut, name), value) for name, value in vars(whole).items())


def test_nobody_to_look_for_and_nobody_to_find():
    rows = [("a", "b", "c")] * 3
    nobody, somebody = shots(aim_of([]), rows, range(3)), shots(aim_of(rows[:1]), [], [])
    assert all(len(value) == 0 for value in vars(nobody).values())
    assert (somebody.best.tolist(), somebody.own.tolist(), somebody.same.tolist()) == ([-1], [-1], [0])


def test_near_numbers():
    """The nearest record wins where released numbers are moved."""
    truth = np.array([10.0, 20.0, 30.0])
    column = KnownColumn(
        name="0",
        weight=3.0,
        targets=np.empty(0, np.int32),
        labels=pa.array([], pa.string()),
        numbers=truth,
        span=30.0,
    )
    marks = np.arange(3, dtype=np.uint64)
    nobody = np.zeros(3, np.int64)
    released = pa.RecordBatch.from_arrays([pa.array([12.0, 19.0, 38.0])], names=["0"])
    aim = Aim(marks=marks, combinations=marks, columns=(column,))
    found = shoot(aim, released, marks, same=nobody, own_same=nobody)
    assert (found.own == found.best).tolist() == [True, True, True]
    assert found.ties.tolist() == [1, 1, 1]


@pytest.mark.parametrize("shuffled", [False, True])
def test_untreated_is_broken_and_shuffled_is_at_chance(shuffled):
    draw = np.random.default_rng(5)
    rows = [tuple(f"{v}" for v in draw.integers(0, 40, 3)) for _ in range(3000)]
    aim = aim_of(rows[:300], weights=(40.0, 40.0, 40.0))
    marks = draw.permutation(3000) if shuffled else np.arange(3000)
    found = shots(aim, rows, marks)
    hits = np.where(found.own == found.best, found.own_ties / found.ties, 0).mean()
    assert hits < 0.02 if shuffled else hits > 0.95
