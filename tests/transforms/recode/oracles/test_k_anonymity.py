"""k-anonymity over the nine quasi-identifiers of Adult (ARX: TestAnonymizationKAnonymity and its heuristics)."""

import pytest
from support import adult

from tokumei.transforms.recode.models.k_anonymity import KAnonymity

MONO, BITS, LOSS, MILD = "entropy mono", "entropy", "loss", "loss, gs-factor 0.1"
# limit, k, metric, cost, node, suppressed records, classes
OPTIMA = [
    (0.04, 5, MONO, 255559.85455731067, "1,0,1,1,3,2,2,0,1", 906, 1498),
    (0.04, 100, MONO, 379417.3460570988, "1,1,1,1,3,2,2,1,1", 866, 90),
    (0.0, 5, MONO, 407289.5388925293, "1,2,1,1,3,2,2,1,1", 0, 48),
    (0.0, 100, MONO, 453196.8932458743, "0,4,1,1,3,2,2,1,1", 0, 12),
    (1.0, 5, LOSS, 0.22041192847984292, "0,3,0,0,2,1,1,1,0", 2553, None),
    (0.04, 5, LOSS, 0.26611081915757495, "0,3,0,1,1,1,1,2,0", 1178, None),
    (1.0, 5, MILD, 0.09257312971977383, "0,3,0,0,0,0,0,0,0", 11182, None),
]
# What ARX's heuristic searches find: the cost at their node is ours too, and our optimum is no worse.
FOUND = [
    (0.04, 100, BITS, 400196.319223464, "1,1,1,1,2,2,2,2,1", 985),
    (0.04, 100, BITS, 413894.76146080694, "1,3,1,2,3,2,2,0,1", 857),
    (0.04, 100, BITS, 383803.4034066361, "1,1,1,1,3,2,2,1,1", 866),
    (1.0, 100, BITS, 377248.23689620313, "0,1,1,1,2,2,2,2,0", 4364),
    (1.0, 100, BITS, 372601.7108854912, "1,1,1,2,3,2,2,0,1", 2575),
    (1.0, 100, BITS, 359649.67365904135, "1,0,1,1,3,2,2,2,0", 3419),
]


def problem(limit, k, metric):
    return adult.Problem(adult.NINE, adult.histogram(adult.NINE), [KAnonymity(k)], metric, limit)


@pytest.mark.parametrize(("limit", "k", "metric", "cost", "node", "suppressed", "classes"), OPTIMA)
def test_the_optimum(limit, k, metric, cost, node, suppressed, classes):
    node = adult.node_of(node)
    choice = problem(limit, k, metric).check(cost, node, suppressed)
    assert choice.node == node
    assert choice.lattice_nodes == 12960
    if classes:
        assert choice.count.classes == classes


@pytest.mark.parametrize(("limit", "k", "metric", "cost", "node", "suppressed"), FOUND)
def test_a_heuristic_is_no_better(limit, k, metric, cost, node, suppressed):
    asked = problem(limit, k, metric)
    reached, count = asked.at(adult.node_of(node))
    assert reached == pytest.approx(cost, rel=adult.RELATIVE)
    assert count.suppressed_records == suppressed


@pytest.mark.parametrize("limit", [0.04, 1.0])
def test_the_optimum_is_no_worse_than_the_heuristics(limit):
    choice = problem(limit, 100, BITS).optimum()
    assert choice.proven
    best = min(cost for within, _, _, cost, _, _ in FOUND if within == limit)
    assert choice.cost <= best * (1 + adult.RELATIVE)
