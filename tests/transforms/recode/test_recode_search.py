"""The search against brute force: every node counted in plain Python over small random tables."""

import itertools
import math
from collections import defaultdict

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kernels import hashes_of

from schemas.hierarchies import FileHierarchy
from transforms.profile.people import count_people, merge_people
from transforms.recode.histogram import PACKED, histogram_of, pack, people_in, radices
from transforms.recode.ladders import build_ladder
from transforms.recode.search import InfeasibleError, Search, find_optimum

FILE = FileHierarchy(kind="file", path="random.csv")


@st.composite
def hierarchies(draw):
    """A random nested hierarchy of 1 to 5 values and 1 to 4 levels above them."""
    size = draw(st.integers(1, 5))
    groups = list(range(size))
    columns = []
    for level in range(draw(st.integers(0, 2))):
        into = draw(st.lists(st.integers(0, 2), min_size=5, max_size=5))
        groups = [into[g] for g in groups]
        columns.append([f"L{level}-{g}" for g in groups])
    return {f"v{i}": (*(c[i] for c in columns), "*") for i in range(size)}


@st.composite
def tables(draw):
    files = draw(st.lists(hierarchies(), min_size=1, max_size=4))
    value = st.tuples(*(st.sampled_from([*file, *([None] if draw(st.booleans()) else [])]) for file in files))
    rows = draw(st.lists(value, min_size=1, max_size=14))
    persons = draw(
        st.one_of(st.none(), st.lists(st.sampled_from("abcdef"), min_size=len(rows), max_size=len(rows)))
    )
    k = draw(st.integers(2, 4))
    limit = draw(st.sampled_from([0.0, 0.1, 0.25, 0.34, 0.5, 0.75, 1.0]))
    return files, rows, persons, k, limit


def inputs(files, rows, persons, k):
    """Ladders and histogram, as pass 1 and 2 make them, the latter from two chunks."""
    ladders, codes = [], []
    for i, file in enumerate(files):
        domain = sorted({row[i] for row in rows}, key=lambda v: (v is None, v))
        ladders.append(build_ladder(domain, FILE, file))
        codes.append(np.array([domain.index(row[i]) for row in rows], dtype=np.int32))
    sizes = [len(ladder.values) for ladder in ladders]
    packed, hashes = pack(codes, sizes), hashes_of(persons)
    half = len(rows) // 2
    parts = [
        count_people(
            pl.DataFrame({PACKED: packed[piece]}), persons=None if hashes is None else hashes[piece], cap=k
        )
        for piece in (slice(half), slice(half, None))
    ]
    people = None if persons is None else len(set(persons))
    return ladders, histogram_of(merge_people(parts), sizes, people)


def label(file, value, level):
    path = (value, *file[value]) if value is not None else (None,) * len(next(iter(file.values()))) + ("*",)
    return path[level]


def brute_force(files, rows, persons, k, limit):
    """(rank, node, loss, suppressed records, suppressed people) of every feasible node, best first."""
    depths = [len(next(iter(file.values()))) + 1 for file in files]
    who = persons or list(range(len(rows)))
    found = []
    for node in itertools.product(*map(range, depths)):
        owners = defaultdict(set)
        classes = [tuple(label(f, v, n) for f, v, n in zip(files, row, node, strict=True)) for row in rows]
        for cls, person in zip(classes, who, strict=True):
            owners[cls].add(person)
        gone = [len(owners[cls]) < k for cls in classes]
        hit = {person for person, g in zip(who, gone, strict=True) if g}
        if len(hit) > math.floor(limit * len(set(who)) + 1e-9):
            continue
        loss = 1.0
        for i, (file, level) in enumerate(zip(files, node, strict=True)):
            size = len(file)
            if size > 1:
                leaves = defaultdict(int)
                for value in file:
                    leaves[label(file, value, level)] += 1
                shares = sum(
                    1 if g else max(leaves[label(file, row[i], level)], 1) / size
                    for row, g in zip(rows, gone, strict=True)
                )
                floor = len(rows) / size
                loss *= ((shares - floor) / (len(rows) - floor) + 1) ** (1 / len(files))
        loss -= 1
        found.append(((round(loss, 12), sum(gone), sum(node), node), node, loss, sum(gone), len(hit)))
    return sorted(found)


@settings(max_examples=300)
@given(tables())
def test_the_optimum_is_that_of_brute_force(table):
    files, rows, persons, k, limit = table
    ladders, histogram = inputs(files, rows, persons, k)
    expected = brute_force(*table)
    if not expected:
        with pytest.raises(InfeasibleError) as error:
            find_optimum(ladders, histogram, k, limit)
        # only too few people make every node infeasible, and then nobody can stay
        assert error.value.fewest_people == len(set(persons or range(len(rows)))) < k
        assert error.value.node == tuple(ladder.levels - 1 for ladder in ladders)
        return
    choice = find_optimum(ladders, histogram, k, limit)
    _, node, loss, records, people = expected[0]
    assert choice.loss == pytest.approx(loss, abs=1e-12)
    assert (choice.node, choice.suppressed_records, choice.suppressed_people) == (node, records, people)
    assert choice.lattice_nodes == math.prod(ladder.levels for ladder in ladders)
    assert math.prod((v + 1) ** (1 / len(files)) for v in choice.column_loss) - 1 == pytest.approx(
        loss, abs=1e-12
    )


@given(tables())
def test_suppression_only_shrinks_with_generalization(table):
    """What predictive tagging and the bounds rest on."""
    files, rows, persons, k, _ = table
    search = Search(*inputs(files, rows, persons, k), k)
    gone, people, losses = {}, {}, {}
    for node in itertools.product(*map(range, search.shape)):
        classes, small, people[node] = search.suppressed(node)
        gone[node] = small[classes.of_tuple]
        levels = search.level_losses(np.flatnonzero(gone[node]))
        losses[node] = (
            math.prod((column[n] + 1) ** (1 / len(node)) for column, n in zip(levels, node, strict=True)) - 1
        )
        assert people[node] == people_in(search.histogram, classes, small)
        assert losses[node] >= search.bounds()[node] - 1e-12
        assert 0 <= losses[node] <= 1 + 1e-12
    for node, marked in gone.items():
        for i in range(len(node)):
            above = (*node[:i], node[i] + 1, *node[i + 1 :])
            if above in gone:
                assert not (gone[above] & ~marked).any() and people[above] <= people[node]


def test_of_equal_losses_the_one_that_suppresses_less_wins():
    """Suppressing everybody costs as much as * for everybody; only the latter can be released."""
    rows = [(f"v{i}",) for i in range(4)]
    table = [{f"v{i}": ("*",) for i in range(4)}], rows, None, 4, 1.0
    choice = find_optimum(*inputs(*table[:4]), 4, 1.0)
    assert (choice.node, choice.loss, choice.suppressed_records) == ((1,), 1.0, 0)


def test_a_symmetric_table_takes_the_first_of_equal_nodes():
    files = [{"a": ("g", "*"), "b": ("g", "*"), "c": ("h", "*"), "d": ("h", "*")}] * 2
    rows = [(x, y) for x in "abcd" for y in "abcd"]
    choice = find_optimum(*inputs(files, rows, None, 2), 2, 0.0)
    assert choice.node == brute_force(files, rows, None, 2, 0.0)[0][1] == (0, 1)


@pytest.mark.parametrize("persons", [None, list("aabbcc")])
def test_the_limit_is_a_share_of_people_to_the_last_one(persons):
    """Of three people (or six records) a third may go, but not one more."""
    files = [dict.fromkeys("xyz", ("*",))]
    rows = [("x",)] * 2 + [("y",)] * 2 + [("z",)] * 2
    k = 2 if persons else 3
    assert find_optimum(*inputs(files, rows, persons, k), k, 1.0).node == (1,)
    lone = [("x",)] * 4 + [("y",)] * 2
    who = ["a", "b", "a", "b", "c", "c"] if persons else None
    for limit, node in ((1 / 3, (0,)), (0.33, (1,))):
        assert find_optimum(*inputs([files[0]], lone, who, k), k, limit).node == node


@given(st.lists(st.integers(1, 9), min_size=1, max_size=5), st.data())
def test_packing_is_reversible(sizes, data):
    weights, total = radices(sizes)
    rows = data.draw(st.lists(st.tuples(*(st.integers(0, s - 1) for s in sizes)), min_size=1, max_size=20))
    packed = pack([np.array(c, np.int32) for c in zip(*rows, strict=True)], sizes)
    assert packed.min() >= 0 and packed.max() < total == math.prod(sizes)
    assert [tuple(int(p // w % s) for w, s in zip(weights, sizes, strict=True)) for p in packed] == rows


def test_sparse_and_dense_classes_agree():
    """Many possible classes are sorted, few are counted by position; the answer is the same."""
    rng = np.random.default_rng(5)
    rows = [tuple(f"v{v}" for v in row) for row in rng.integers(0, 9, (60, 4))]
    files = [{f"v{i}": (f"g{i // 3}", "*") for i in range(9)}] * 4
    search = Search(*inputs(files, rows, None, 3), 3)
    for node in itertools.product(range(3), repeat=4):
        labels = [tuple(label(f, v, n) for f, v, n in zip(files, row, node, strict=True)) for row in rows]
        classes = search.classes(node)
        assert sorted(classes.records) == sorted(labels.count(c) for c in set(labels))
