"""The search against brute force: every node counted in plain Python over small random tables."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import brute
from support.problems import BOUNDS, POPULATION, SENSITIVE, K, kernel_inputs, problems

from tokumei.transforms.counting.histogram import pack, radices, unpack
from tokumei.transforms.recode import lattice as lattice_module
from tokumei.transforms.recode.lattice import Lattice, failing_classes
from tokumei.transforms.recode.models.k_anonymity import KAnonymity
from tokumei.transforms.recode.objectives import OBJECTIVES
from tokumei.transforms.recode.ranking import InfeasibleError
from tokumei.transforms.recode.search import Search, find_optimum

METRICS = list(OBJECTIVES)


def solve(problem, metric):
    ladders, histogram, models = kernel_inputs(problem)
    objective = OBJECTIVES[metric](ladders, histogram.marginals(), problem.weight)
    lattice = Lattice(ladders, histogram, models)
    allowed = math.floor(problem.limit * histogram.total_people + 1e-9)
    return lattice, find_optimum(objective, models, lattice.count, allowed), objective


def check(problem, metric):
    """Assert that search and brute force agree; return the choice, or None if there is none."""
    expected = brute.optimum(problem, metric)
    if expected is None:
        with pytest.raises(InfeasibleError) as error:
            solve(problem, metric)
        closest = error.value.closest
        outcome = brute.count(problem, closest.node)
        people = outcome.people if outcome.possible else len(set(problem.who)) + 1
        assert closest.suppressed_people == people > problem.limit * len(set(problem.who))
        return None
    _, choice, _ = solve(problem, metric)
    cost, outcome = expected
    assert choice.proven
    assert choice.cost == pytest.approx(cost, rel=1e-10, abs=1e-12)
    assert (choice.node, choice.count.suppressed_records, choice.count.suppressed_people) == (
        outcome.node,
        outcome.records,
        outcome.people,
    )
    assert choice.lattice_nodes == len(list(problem.nodes())) >= choice.nodes_checked
    return choice


@settings(max_examples=300, deadline=None)
@given(problems([K[0]]), st.sampled_from(METRICS))
def test_the_optimum_of_k_anonymity(problem, metric):
    if check(problem, metric) is None and problem.limit < 1:
        # only too few people make every node infeasible, and then nobody can stay
        assert len(set(problem.who)) < problem.models[0][1]


@pytest.mark.parametrize("kind", [*K[1:], *POPULATION, *SENSITIVE, *BOUNDS], ids=lambda kind: kind[0])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_the_optimum_of_every_model(kind, data):
    check(data.draw(problems([kind])), data.draw(st.sampled_from(METRICS)))


@settings(max_examples=300, deadline=None)
@given(problems(), st.sampled_from(METRICS))
def test_the_optimum_of_models_combined(problem, metric):
    check(problem, metric)


@settings(max_examples=150, deadline=None)
@given(problems())
def test_every_node_is_counted_as_brute_force_counts_it(problem):
    ladders, histogram, models = kernel_inputs(problem)
    lattice = Lattice(ladders, histogram, models)
    objectives = [kind(ladders, histogram.marginals(), problem.weight) for kind in OBJECTIVES.values()]
    for node in problem.nodes():
        count, outcome = lattice.count(node), brute.count(problem, node)
        assert count.suppressed_records == outcome.records and count.classes == len(outcome.classes)
        assert count.suppressed_people == (outcome.people if outcome.possible else histogram.total_people + 1)
        for objective in objectives:
            expected = brute.cost(problem, outcome, objective.name)
            assert objective.value(count) == pytest.approx(expected, rel=1e-10, abs=1e-10)


@settings(deadline=None)
@given(problems())
def test_bounds_bound(problem):
    """What pruning rests on: floors, bounds below and above a counted node, and what monotone means."""
    ladders, histogram, models = kernel_inputs(problem)
    lattice = Lattice(ladders, histogram, models)
    counts = {node: lattice.count(node) for node in problem.nodes()}
    for kind in OBJECTIVES.values():
        objective = kind(ladders, histogram.marginals(), problem.weight)
        costs = {node: objective.value(count) for node, count in counts.items()}
        floors = objective.floors((0,) * len(ladders), lattice.top)
        for node, count in counts.items():
            below, above = objective.below(count), objective.above(count)
            assert costs[node] >= floors[node] - 1e-9
            for other, cost in costs.items():
                if all(a <= b for a, b in zip(other, node, strict=True)):
                    assert cost >= below[other] - 1e-9
                    assert counts[other].doomed_people >= count.doomed_people
                elif all(a >= b for a, b in zip(other, node, strict=True)):
                    assert cost >= above - 1e-9


@settings(max_examples=100, deadline=None)
@given(problems(), st.sampled_from(METRICS), st.integers(1, 3))
def test_roll_up_changes_nothing(problem, metric, views):
    """Counting from the classes of a finer node that was counted before, few of them kept or many."""
    ladders, histogram, models = kernel_inputs(problem)
    plain = Lattice(ladders, histogram, models)
    objective = OBJECTIVES[metric](ladders, histogram.marginals(), problem.weight)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lattice_module, "_ROLL_UP", 0)
        patch.setattr(lattice_module, "_VIEWS", views)
        rolled = Lattice(ladders, histogram, models)
        for node in problem.nodes():
            ours, theirs = rolled.count(node), plain.count(node)
            for name in ("classes", "squares", "kept", "kept_squares", "suppressed_records"):
                assert getattr(ours, name) == getattr(theirs, name)
            assert (ours.suppressed_people, ours.doomed_people) == (
                theirs.suppressed_people,
                theirs.doomed_people,
            )
            assert all((a == b).all() for a, b in zip(ours.gone, theirs.gone, strict=True))
        try:
            expected = solve(problem, metric)[1]
        except InfeasibleError:
            return
        allowed = math.floor(problem.limit * histogram.total_people + 1e-9)
        again = find_optimum(objective, models, Lattice(ladders, histogram, models).count, allowed)
        assert (again.node, again.cost) == (expected.node, expected.cost)


@settings(max_examples=60, deadline=None)
@given(problems(), st.sampled_from(METRICS), st.integers(2, 5))
def test_counting_several_nodes_at_once_finds_the_same(problem, metric, batch):
    """What many workers do: the answer does not depend on the order of visits."""
    ladders, histogram, models = kernel_inputs(problem)
    lattice = Lattice(ladders, histogram, models)
    objective = OBJECTIVES[metric](ladders, histogram.marginals(), problem.weight)
    search = Search(objective, models, math.floor(problem.limit * histogram.total_people + 1e-9))
    while nodes := search.propose(batch):
        assert len(set(nodes)) == len(nodes) <= batch
        for node in reversed(nodes):
            search.learn(lattice.count(node))
    expected = brute.optimum(problem, metric)
    assert (search.best is None) == (expected is None)
    if expected:
        assert search.best.node == expected[1].node


@settings(max_examples=100, deadline=None)
@given(problems(columns=3))
def test_failing_classes_are_those_of_brute_force(problem):
    ladders, histogram, models = kernel_inputs(problem)
    lattice = Lattice(ladders, histogram, models)
    for node in problem.nodes():
        classes, of_tuple = lattice.classes(node)
        failing, doomed = failing_classes(models, classes)
        assert not (doomed & ~failing).any()
        outcome = brute.count(problem, node)
        ours = {tuple(la.labels[n][c] for la, n, c in zip(ladders, node, column, strict=True)): bool(f)
                for column, f, r in zip(classes.codes.T, failing, classes.records, strict=True) if r}  # fmt: skip
        assert ours == {cls: outcome.gone[rows[0]] for cls, rows in outcome.classes.items()}
        assert len(of_tuple) == len(histogram)


def test_of_equal_losses_the_one_that_suppresses_less_wins():
    """Suppressing everybody costs as much as * for everybody; only the latter can be released."""
    files = [{f"v{i}": ("*",) for i in range(4)}]
    problem = brute.Problem(files, [(f"v{i}",) for i in range(4)], sensitive=["s"] * 4, limit=1.0)
    problem.models, problem.groups = [("k", 4)], {"s": ("*",)}
    _, choice, _ = solve(problem, "loss")
    assert (choice.node, choice.cost, choice.count.suppressed_records) == ((1,), 1.0, 0)


def test_a_symmetric_table_takes_the_first_of_equal_nodes():
    files = [{"a": ("g", "*"), "b": ("g", "*"), "c": ("h", "*"), "d": ("h", "*")}] * 2
    rows = [(x, y) for x in "abcd" for y in "abcd"]
    problem = brute.Problem(files, rows, sensitive=["s"] * 16, models=[("k", 2)], groups={"s": ("*",)})
    for metric in METRICS:
        assert check(problem, metric).node == (0, 1)


@pytest.mark.parametrize("persons", [None, list("aabbcc")])
def test_the_limit_is_a_share_of_people_to_the_last_one(persons):
    """Of three people (or six records) a third may go, but not one more."""
    files, k = [dict.fromkeys("xyz", ("*",))], 2 if persons else 3
    common = {"sensitive": ["s"] * 6, "models": [("k", k)], "groups": {"s": ("*",)}}
    rows = [("x",)] * 2 + [("y",)] * 2 + [("z",)] * 2
    everywhere = brute.Problem(files, rows, persons=persons, limit=1.0, **common)
    assert solve(everywhere, "loss")[1].node == (1,)
    lone = [("x",)] * 4 + [("y",)] * 2
    who = ["a", "b", "a", "b", "c", "c"] if persons else None
    for limit, node in ((1 / 3, (0,)), (0.33, (1,))):
        assert solve(brute.Problem(files, lone, persons=who, limit=limit, **common), "loss")[1].node == node


@given(st.lists(st.integers(1, 9), min_size=1, max_size=5), st.data())
def test_packing_is_reversible(sizes, data):
    weights, total = radices(sizes)
    rows = data.draw(st.lists(st.tuples(*(st.integers(0, s - 1) for s in sizes)), min_size=1, max_size=20))
    packed = pack([np.array(c, np.int32) for c in zip(*rows, strict=True)], sizes)
    assert packed.min() >= 0 and packed.max() < total == math.prod(sizes)
    assert [tuple(column) for column in unpack(packed, sizes).T.tolist()] == rows
    assert [tuple(int(p // w % s) for w, s in zip(weights, sizes, strict=True)) for p in packed] == rows


def test_sparse_and_dense_classes_agree():
    """Many possible classes are sorted, few are counted by position; the answer is the same."""
    rng = np.random.default_rng(5)
    rows = [tuple(f"v{v}" for v in row) for row in rng.integers(0, 9, (60, 4))]
    files = [{f"v{i}": (f"g{i // 3}", "*") for i in range(9)}] * 4
    problem = brute.Problem(files, rows, sensitive=["s"] * 60, models=[("k", 3)], groups={"s": ("*",)})
    ladders, histogram, _ = kernel_inputs(problem)
    lattice = Lattice(ladders, histogram, [KAnonymity(3)])
    for node in itertools.product(range(3), repeat=4):
        labels = [problem.labels(row, node) for row in rows]
        assert sorted(lattice.classes(node)[0].records) == sorted(labels.count(c) for c in set(labels))
