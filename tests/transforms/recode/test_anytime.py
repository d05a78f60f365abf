"""The search of large lattices: what it says of the optimum is true, and it ends in seconds."""

import itertools
import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.helpers import policy_of
from support.lattices import histogram_of, ladder_of, lattices

from tokumei.transforms.recode import choose as choose_module
from tokumei.transforms.recode import search as search_module
from tokumei.transforms.recode.anytime import BUDGET, AnytimeSearch
from tokumei.transforms.recode.lattice import Lattice
from tokumei.transforms.recode.models.k_anonymity import KAnonymity
from tokumei.transforms.recode.objectives import OBJECTIVES
from tokumei.transforms.recode.ranking import InfeasibleError
from tokumei.transforms.recode.search import conclude, find_optimum


@settings(max_examples=200)
@given(lattices())
def test_floors_of_nodes_are_those_of_the_lattice(drawn):
    lattice, objective, _ = drawn
    floors = objective.floors(lattice.bottom, lattice.top)
    for node in itertools.product(*map(range, objective.shape)):
        assert objective.floor(node) == pytest.approx(floors[node], rel=1e-12)
        for i, level in enumerate(node):
            if level:
                assert objective.floor((*node[:i], level - 1, *node[i + 1 :])) <= objective.floor(node)


@settings(max_examples=400)
@given(lattices(), st.sampled_from([1, 5, 20, BUDGET]))
def test_what_is_said_of_the_optimum_is_true(drawn, budget):
    lattice, objective, allowed = drawn
    try:
        optimum = find_optimum(objective, lattice.models, lattice.count, allowed)
    except InfeasibleError:
        with pytest.raises(InfeasibleError):
            run(AnytimeSearch(objective, lattice.models, allowed, budget), lattice)
        return
    search = AnytimeSearch(objective, lattice.models, allowed, budget)
    try:
        choice = run(search, lattice)
    except InfeasibleError:  # nothing was found, and nothing is said of the optimum that is false
        assert search.bound <= optimum.cost + 1e-9 and search.checked <= budget
        top = lattice.count(lattice.top)
        assert budget < 20 or top.suppressed_people > allowed
        return
    again = lattice.count(choice.node)
    assert again.suppressed_people <= allowed and objective.value(again) == choice.cost
    near = 1e-9 * max(1.0, optimum.cost)
    assert choice.cost - choice.gap - near <= optimum.cost <= choice.cost + near
    assert choice.nodes_checked == search.checked <= budget
    assert choice.proven == (choice.gap == 0)
    assert choice.lattice_nodes == math.prod(objective.shape)


def run(search, lattice):
    while nodes := search.propose(7):
        for node in nodes:
            search.learn(lattice.count(node))
    return conclude(search, lattice.count)


@settings(max_examples=100)
@given(lattices(), st.integers(1, 12))
def test_an_exact_search_that_is_stopped_says_how_far_it_may_be_off(drawn, checks):
    lattice, objective, allowed = drawn
    try:
        optimum = find_optimum(objective, lattice.models, lattice.count, allowed)
        stopped = find_optimum(objective, lattice.models, lattice.count, allowed, max_checks=checks)
    except InfeasibleError:
        return
    assert stopped.nodes_checked <= checks
    near = 1e-9 * max(1.0, optimum.cost)
    assert stopped.cost - stopped.gap - near <= optimum.cost <= stopped.cost + near
    assert optimum.proven and (optimum.nodes_checked > checks or stopped.proven)


def test_stopped_early_it_is_not_proven_and_at_length_it_is():
    lattice, objective = synthetic(8, 4_000)
    allowed = 40
    short = find_optimum(objective, lattice.models, lattice.count, allowed, max_checks=15)
    long = find_optimum(objective, lattice.models, lattice.count, allowed)
    assert not short.proven and short.gap > 0 and long.proven and long.gap == 0
    assert short.cost - short.gap <= long.cost <= short.cost


SHAPES = [(60, (5, 20)), (2, ()), (24, (4, 8)), (12, (2, 6)), (4, (2,)), (8, (2, 4)), (3, ()), (8, (2, 4))]


def synthetic(columns, rows, k=5):
    """Skewed columns of 2 to 60 values with 2 to 4 levels."""
    rng = np.random.default_rng(11)
    sizes, ladders, codes = [], [], []
    for i in range(columns):
        size, widths = SHAPES[i % len(SHAPES)]
        codes.append((size * rng.random(rows) ** 2.5).astype(np.int32))
        sizes.append(size)
        ladders.append(ladder_of(size, widths))
    histogram = histogram_of(codes, sizes)
    return Lattice(ladders, histogram, [KAnonymity(k)]), OBJECTIVES["loss"](
        ladders, histogram.marginals(), [1.0] * columns
    )


def test_a_lattice_too_large_for_an_array_is_searched_in_seconds(monkeypatch):
    lattice, objective = synthetic(8, 4_000)
    exact = find_optimum(objective, lattice.models, lattice.count, 40)
    monkeypatch.setattr(search_module, "MAX_NODES", 100)
    asked = []
    choice = find_optimum(
        objective, lattice.models, lattice.count, 40, watch=lambda known: asked.append(known.checked)
    )
    assert asked == list(range(1, choice.nodes_checked + 1))
    assert choice.cost - choice.gap <= exact.cost <= choice.cost <= exact.cost * 1.05
    again = find_optimum(objective, lattice.models, lattice.count, 40)  # no clock, no chance
    assert (again.node, again.cost, again.gap) == (choice.node, choice.cost, choice.gap)


def test_billions_of_nodes_are_searched_in_seconds_with_a_gap_that_says_something():
    lattice, objective = synthetic(19, 5_000)
    assert math.prod(objective.shape) > 4 * 10**9 > search_module.MAX_NODES
    start = time.process_time()
    choice = find_optimum(objective, lattice.models, lattice.count, 50)
    assert time.process_time() - start < 60
    assert choice.nodes_checked <= BUDGET and choice.count.suppressed_people <= 50
    assert 0 < choice.gap < 0.6 * choice.cost


def test_the_report_says_what_is_not_proven(tmp_path, monkeypatch, run):
    """End to end with every lattice called large, and a budget too small to prove anything."""
    monkeypatch.setattr(search_module, "MAX_NODES", 1)
    monkeypatch.setattr(choose_module, "affordable_checks", lambda _: 4)
    rows = "".join(f"{20 + i * 7 % 60},{'男女'[i % 2]},{i % 9}\n" for i in range(300))
    step = {"method": "generalize", "criterion": 5}
    columns = {
        "age": {
            "type": "integer",
            "treat": [{**step, "hierarchy": {"kind": "intervals", "widths": [5, 10, 20]}}],
        },
        "sex": {"treat": [{**step, "hierarchy": {"kind": "suppress"}}]},
        "area": {
            "type": "integer",
            "treat": [{**step, "hierarchy": {"kind": "intervals", "widths": [2, 4]}}],
        },
    }
    outcome = run(policy_of(columns, k=3), {"data.csv": "age,sex,area\n" + rows})
    assert outcome.status == 0, outcome.err
    recoding = outcome.report["tables"][0]["recoding"]
    assert not recoding["proven"] and recoding["gap"] > 0 and recoding["nodes_checked"] == 4
    page = (outcome.release / "report.html").read_text()
    assert (
        "調べた中で損失が最も小さいもの" in page
        and f"差は{math.ceil(recoding['gap'] * 1000) / 10:.1f}%以下" in page
        and "小さいものがないことを確かめた" not in page
    )
