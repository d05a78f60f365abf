"""ℓ-diversity, t-closeness and β-likeness on occupation, over the other eight columns of Adult.

ARX: TestAnonymizationEntropyLDiversity, …TCloseness, …OrderedDistanceTCloseness, …BLikeness.
"""

import numpy as np
import pytest
from support import adult

from tokumei.transforms.recode.lattice import failing_classes
from tokumei.transforms.recode.models.diversity import DistinctDiversity, EntropyDiversity, RecursiveDiversity
from tokumei.transforms.recode.models.k_anonymity import KAnonymity
from tokumei.transforms.recode.ranking import InfeasibleError

MONO, BITS, LOSS, DM = "entropy mono", "entropy", "loss", "DM*"
K5, K100 = KAnonymity(5), KAnonymity(100)
# limit, models, metric, cost, node, suppressed records
DIVERSITY = [
    (0.04, [EntropyDiversity(adult.SENSITIVE, 5)], BITS, 228878.2039109517, "1,0,1,1,2,2,2,1", 753),
    (0.0, [EntropyDiversity(adult.SENSITIVE, 5)], BITS, 324620.5269918692, "1,1,1,1,3,2,2,1", 0),
]
CLOSENESS = [
    (0.04, [adult.equal(0.2), K5], DM, 3.11880088e8, "1,4,1,0,3,2,2,1", None),
    (0.04, [adult.equal(0.2), K100], DM, 3.11880088e8, "1,4,1,0,3,2,2,1", None),
    (0.0, [adult.equal(0.2), K5], DM, 4.56853172e8, "1,4,1,1,3,2,2,1", 0),
    (0.0, [adult.equal(0.2), K100], DM, 4.56853172e8, "1,4,1,1,3,2,2,1", 0),
    (0.04, [adult.hierarchical(0.2), K5], MONO, 377622.78458729305, "1,4,0,0,3,2,2,1", 1088),
    (0.04, [adult.hierarchical(0.2), K100], MONO, 390765.61326019815, "1,4,1,0,3,1,2,1", 469),
    (0.0, [adult.hierarchical(0.2), K5], MONO, 398400.0741806447, "0,4,1,1,3,2,2,1", 0),
    (0.0, [adult.hierarchical(0.2), K100], MONO, 398400.0741806447, "0,4,1,1,3,2,2,1", 0),
    (0.04, [adult.ordered(0.2), K5], DM, 2712340, "0,0,1,1,2,2,2,0", None),
    (0.04, [adult.ordered(0.2), K100], DM, 1.9937246e7, "1,0,1,2,3,2,2,1", None),
    (0.0, [adult.ordered(0.1), K5], DM, 9.786802e7, "1,1,1,2,3,2,2,1", 0),
    (0.0, [adult.ordered(0.2), K100], DM, 1.6231213e8, "1,4,1,1,1,2,2,1", 0),
    (0.04, [adult.ordered(0.05), K5], DM, 2.01413138e8, "1,4,1,0,3,2,2,0", None),
]
LIKENESS = [
    (0.5, [adult.beta(3, enhanced=False)], LOSS, 0.34883856157237925, "0,3,0,0,2,0,1,0", 8314),
    (0.0, [adult.beta(2, enhanced=True)], LOSS, 0.759176305345683, "1,4,1,1,3,2,2,0", 0),
    (1.0, [adult.beta(1, enhanced=False)], LOSS, 0.6081345989904172, "1,4,0,1,3,0,2,0", 6628),
    (1.0, [adult.beta(10, enhanced=True)], LOSS, 0.3419039849540606, "0,3,0,0,3,1,2,0", 3308),
    (0.4, [adult.beta(5, enhanced=False)], LOSS, 0.23350465152356303, "0,2,0,0,2,0,1,0", 4836),
]


@pytest.mark.parametrize(
    ("limit", "models", "metric", "cost", "node", "suppressed"), DIVERSITY + CLOSENESS + LIKENESS
)
def test_the_optimum(limit, models, metric, cost, node, suppressed):
    asked = adult.Problem(adult.EIGHT, adult.histogram(), models, metric, limit)
    asked.check(cost, adult.node_of(node), suppressed)


@pytest.mark.parametrize(
    "model",
    [
        DistinctDiversity(adult.SENSITIVE, 100),
        EntropyDiversity(adult.SENSITIVE, 100),
        RecursiveDiversity(adult.SENSITIVE, 100, 4.0),
    ],
    ids=lambda model: type(model).__name__,
)
def test_more_values_than_there_are(model):
    with pytest.raises(InfeasibleError) as error:
        adult.Problem(adult.EIGHT, adult.histogram(), [model], BITS, 0.0).optimum()
    assert error.value.closest.suppressed_people == len(adult.ROWS)


# model, node, largest distance (None: not published), share of records in violating classes
DISTANCES = [
    (adult.equal(0.2), "1,4,1,0,3,2,2,1", 0.2580, 0.0281),
    (adult.equal(0.2), "1,4,1,1,3,2,2,1", 0.1315, 0.0),
    (adult.ordered(0.2), "0,0,1,1,2,2,2,0", None, 0.0394),
    (adult.ordered(0.2), "1,0,1,2,3,2,2,1", None, 0.0205),
    (adult.ordered(0.1), "1,1,1,2,3,2,2,1", 0.0728, 0.0),
    (adult.ordered(0.2), "1,4,1,1,1,2,2,1", 0.1593, 0.0),
    (adult.ordered(0.05), "1,4,1,0,3,2,2,0", None, 0.0371),
]


@pytest.mark.parametrize(("model", "node", "largest", "violating"), DISTANCES)
def test_distances_and_violations(model, node, largest, violating):
    k = K100 if node == "1,0,1,2,3,2,2,1" else K5
    asked = adult.Problem(adult.EIGHT, adult.histogram(), [model, k], DM, 1.0)
    classes, _ = asked.lattice.classes(adult.node_of(node))
    failing, _ = failing_classes(asked.models, classes)
    assert classes.records[failing].sum() / len(adult.ROWS) == pytest.approx(violating, abs=5.1e-5)
    if largest is not None:
        assert asked.models[0].reached(classes) == pytest.approx(largest, abs=5.1e-5)


def test_the_least_diverse_class_of_the_strict_optimum():
    model = EntropyDiversity(adult.SENSITIVE, 5)
    asked = adult.Problem(adult.EIGHT, adult.histogram(), [model], BITS, 0.0)
    classes, _ = asked.lattice.classes((1, 1, 1, 1, 3, 2, 2, 1))
    assert model.reached(classes) == pytest.approx(5.655, abs=5e-4)


def test_an_entropy_of_exactly_log_5_passes():
    """Classes of 5 and 10, five values evenly: log 5 by rounding is less for one, and ARX lets both pass."""
    model = EntropyDiversity(adult.SENSITIVE, 5)
    asked = adult.Problem(adult.EIGHT, adult.histogram(), [model], BITS, 0.04)
    classes, _ = asked.lattice.classes((1, 0, 1, 1, 2, 2, 2, 1))
    exactly = np.isclose(model.measure(classes), 5, rtol=1e-9)
    assert sorted(classes.records[exactly]) == [5, 10] and not model.failing(classes)[exactly].any()
