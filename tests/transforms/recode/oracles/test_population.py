"""δ-presence and k-map against all of Adult, for its subset of 3,016; and drawn research subsets.

ARX: TestAnonymizationDPresence, TestAnonymizationKMap, TestAnonymizationSubset.
"""

import pytest
from support import adult

from tokumei.transforms.recode.models.diversity import RecursiveDiversity
from tokumei.transforms.recode.models.k_anonymity import KAnonymity
from tokumei.transforms.recode.models.population import DeltaPresence, KMap

MONO, BITS, AECS = "entropy mono", "entropy", "average_class_size"
# δ, limit, metric, cost, node, suppressed records
PRESENCE = [
    ((0, 0.2), 0.0, AECS, 52.0, "1,4,1,1,0,2,2,0", 0),
    ((0, 0.2), 0.0, MONO, 30238.2081484441, "0,1,1,2,3,2,2,0", 0),
    ((0, 0.2), 0.0, BITS, 30238.2081484441, "0,1,1,2,3,2,2,0", 0),
    ((0, 0.2), 0.05, AECS, 8.02127659574468, "0,0,1,2,1,2,2,1", 114),
    ((0, 0.2), 0.05, MONO, 19804.2887675027, "1,0,1,1,2,2,2,0", 114),
    ((0, 0.2), 0.05, BITS, 20747.362350403302, "1,0,1,1,2,2,2,0", 114),
    ((0.05, 0.15), 0.0, AECS, 150.8, "0,4,0,1,3,2,2,1", 0),
    ((0.05, 0.15), 0.0, MONO, 37223.2491248282, "1,4,1,1,1,2,2,1", 0),
    ((0.05, 0.15), 0.0, BITS, 37223.2491248282, "1,4,1,1,1,2,2,1", 0),
    ((0.05, 0.15), 0.05, AECS, 97.29032258064517, "1,4,1,1,0,2,2,1", 14),
    ((0.05, 0.15), 0.05, MONO, 33649.9118226187, "1,4,1,1,0,2,2,1", 14),
    ((0.05, 0.15), 0.05, BITS, 33660.3063277646, "1,4,1,1,0,2,2,1", 14),
]
# k, limit, metric, cost, node, suppressed records
MAPS = [
    (5, 0.0, AECS, 45.014925373134325, "1,0,1,2,3,2,2,1", 0),
    (3, 0.0, MONO, 23387.494246375998, "0,0,1,2,3,2,2,0", 0),
    (5, 0.0, BITS, 28551.7222913157, "1,0,1,2,3,2,2,1", 0),
    (2, 0.0, MONO, 23108.1673304724, "1,0,1,1,3,2,2,0", 0),
    (10, 0.0, BITS, 30238.2081484441, "0,1,1,2,3,2,2,0", 0),
    (20, 0.05, AECS, 11.424242424242424, "1,0,1,1,3,2,1,0", None),
    (10, 0.05, AECS, 7.215311004784689, "0,0,1,1,3,2,1,0", None),
    (7, 0.05, MONO, 17075.7181747451, "0,0,1,1,2,2,2,0", None),
    (5, 0.05, MONO, 17053.8743069776, "0,0,1,0,2,2,2,1", None),
    (3, 0.05, BITS, 15121.633326877098, "0,0,1,1,1,2,1,0", 150),
]
# rows drawn, distinct rows, models, cost of the monotonic entropy, node
DRAWN = [
    (10_000, 6315, [KAnonymity(5)], 70774.7774633781, "0,4,1,1,2,2,2,0"),
    (20_000, 12620, [KAnonymity(5), adult.hierarchical(0.2)], 178437.4164900378, "1,4,1,1,3,2,2,1"),
    (30_000, 19015, [adult.hierarchical(0.2)], 250816.4033099704, "0,4,1,1,3,2,2,1"),
    (9_000, 5681, [RecursiveDiversity(adult.SENSITIVE, 5, 4.0)], 65996.221545847, "1,2,1,1,3,2,2,1"),
]


@pytest.mark.parametrize(("delta", "limit", "metric", "cost", "node", "suppressed"), PRESENCE)
def test_presence(delta, limit, metric, cost, node, suppressed):
    on = adult.histogram(file="subset")
    asked = adult.Problem(adult.EIGHT, on, [DeltaPresence(*delta)], metric, limit)
    asked.check(cost, adult.node_of(node), suppressed)


def test_the_largest_presence_of_the_strict_optimum():
    on = adult.histogram(file="subset")
    asked = adult.Problem(adult.EIGHT, on, [DeltaPresence(0, 0.2)], AECS, 0.0)
    classes, _ = asked.lattice.classes((1, 4, 1, 1, 0, 2, 2, 0))
    assert asked.models[0].reached(classes) == 0.1875


@pytest.mark.parametrize(("k", "limit", "metric", "cost", "node", "suppressed"), MAPS)
def test_map(k, limit, metric, cost, node, suppressed):
    asked = adult.Problem(adult.EIGHT, adult.histogram(file="subset"), [KMap(k)], metric, limit)
    asked.check(cost, adult.node_of(node), suppressed)


@pytest.mark.parametrize(("drawn", "rows", "models", "cost", "node"), DRAWN)
def test_drawn_subsets(drawn, rows, models, cost, node):
    on = adult.histogram(file=drawn)
    assert on.total_people == rows
    adult.Problem(adult.EIGHT, on, models, MONO, 0.0).check(cost, adult.node_of(node), 0)
