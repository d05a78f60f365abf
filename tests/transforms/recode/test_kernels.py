"""The counting kernels under the search, each against the obvious slow way."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import brute
from support.problems import kernel_inputs, problems

from tokumei.transforms.counting import contingency
from tokumei.transforms.counting.contingency import group
from tokumei.transforms.recode.lattice import Lattice
from tokumei.transforms.recode.models.k_anonymity import matching_people


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.integers(0, 10**6), min_size=0, max_size=60),
    st.integers(0, 10**12),
    st.sampled_from([1, 1, 10**6]),
    st.sampled_from([(1 << 19, 1 << 26), (4, 1 << 26), (4, 16), (64, 64)]),
)
def test_group_is_unique(values, spare, stretch, limits):
    """By position, by leading digits first, and sorted: all ways of grouping."""
    keys = np.array(values, dtype=np.int64) * stretch
    possible = int(keys.max(initial=0)) + 1 + spare
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(contingency, "_MIN_DENSE", limits[0])
        patch.setattr(contingency, "_MAX_DENSE", limits[1])
        distinct, place = group(keys, possible)
    expected, inverse = np.unique(keys, return_inverse=True)
    assert distinct.tolist() == expected.tolist() and place.tolist() == inverse.tolist()


@pytest.mark.parametrize(
    ("keys", "possible", "steps"),
    [
        ([3, 1, 3], 8, 1),  # by position
        ([3, 1, 3], 60, 2),  # one leading digit: by position twice
        ([50, 0, 10, 20, 0], 60, 1),  # too many leading digits: sorted
    ],
)
def test_group_takes_every_branch(keys, possible, steps, monkeypatch):
    calls, plain = [], contingency._by_position
    monkeypatch.setattr(contingency, "_by_position", lambda *a: calls.append(1) or plain(*a))
    for name, limit in (("_DENSE", 1), ("_MIN_DENSE", 8), ("_MAX_DENSE", 8)):
        monkeypatch.setattr(contingency, name, limit)
    distinct, place = group(np.array(keys), possible)
    assert distinct[place].tolist() == keys and len(calls) == steps


@given(st.data())
def test_matching_people_against_every_pair(data):
    columns = data.draw(st.integers(1, 4))
    cell = st.integers(0, 2)  # 2 is null where the column has nulls
    classes = data.draw(st.lists(st.tuples(*[cell] * columns), min_size=1, max_size=15, unique=True))
    nulls = data.draw(st.lists(st.sampled_from([2, -1]), min_size=columns, max_size=columns))
    people = data.draw(st.lists(st.integers(0, 9), min_size=len(classes), max_size=len(classes)))
    found = matching_people(np.array(classes, np.int32).T, nulls, np.array(people))
    for cls, total in zip(classes, found, strict=True):
        assert total == sum(
            n
            for other, n in zip(classes, people, strict=True)
            if all(x == y or n_ in (x, y) for x, y, n_ in zip(cls, other, nulls, strict=True))
        )


@pytest.mark.parametrize("kind", ["equal", "ordered", "hierarchical"])
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_closeness_is_the_earth_movers_distance(kind, data):
    """Computed from the values present; here over all values of the domain, present or not."""
    problem = data.draw(problems([(kind, st.just(0.1))]))
    ladders, histogram, models = kernel_inputs(problem)
    lattice = Lattice(ladders, histogram, models)
    q = brute.shares(problem, range(len(problem.rows)))
    for node in problem.nodes():
        classes, _ = lattice.classes(node)
        measured = models[0].measure(classes)
        outcome = brute.count(problem, node)
        for column, distance in zip(classes.codes.T, measured, strict=True):
            cls = tuple(la.labels[n][c] for la, n, c in zip(ladders, node, column, strict=True))
            p = brute.shares(problem, outcome.classes[cls])
            assert distance == pytest.approx(brute.distance(problem, kind, p, q), abs=1e-12)


def test_distances_of_li_et_al():
    """Li et al. 2007, section 4: salaries 3k–11k; {3k,4k,5k} is .375 off, {6k,8k,11k} .167."""
    salaries = [f"{n:02}" for n in range(3, 12)]
    problem = brute.Problem(
        [{"v": ("*",)}], [("v",)] * 9, sensitive=salaries, groups=dict.fromkeys(salaries, ("*",))
    )
    q = dict.fromkeys(salaries, 1 / 9)
    low, spread = dict.fromkeys(salaries[:3], 1 / 3), dict.fromkeys(["06", "08", "11"], 1 / 3)
    assert brute.distance(problem, "ordered", low, q) == pytest.approx(0.375)
    assert brute.distance(problem, "ordered", spread, q) == pytest.approx(0.1667, abs=1e-4)
    for p in (low, spread):
        problem.models = [("ordered", 0.1)]
        _, histogram, (model,) = kernel_inputs(
            brute.Problem(
                [dict.fromkeys("ab", ("*",))],
                [("a",) if s in p else ("b",) for s in salaries],
                sensitive=salaries,
                models=problem.models,
                groups=problem.groups,
            )
        )
        assert model.measure(histogram)[0] == pytest.approx(brute.distance(problem, "ordered", p, q))
