"""Models combined, over eight quasi-identifiers with occupation sensitive (ARX: TestAnonymizationCombinations).

Where ARX publishes the monotonic and the plain entropy of one case, both are searched.
"""

import pytest
from support import adult

from tokumei.transforms.recode.models.diversity import RecursiveDiversity
from tokumei.transforms.recode.models.k_anonymity import KAnonymity
from tokumei.transforms.recode.models.population import DeltaPresence

MONO, BITS = "entropy mono", "entropy"
K5, RECURSIVE = KAnonymity(5), RecursiveDiversity(adult.SENSITIVE, 5, 4.0)
PRESENCE = DeltaPresence(0.05, 0.15)


class PresenceOfTheFile(DeltaPresence):
    """δ-presence as ARX checks it next to a smallest class size: not of classes without anyone of the file.

    ARX tests the size first, and a class of nobody fails it before δ is looked at; alone, δ is asked of such
    classes too, and so it is here (Nergiz et al. 2007: of every class of the population).
    """

    def failing(self, classes):
        return super().failing(classes) & (classes.records > 0)


AS_ARX = PresenceOfTheFile(0.05, 0.15)
T = adult.hierarchical(0.2)
# limit, models, metric, cost, node, suppressed records
WHOLE = [
    (0.0, [K5], MONO, 324620.5269918692, "1,1,1,1,3,2,2,1", 0),
    (0.05, [K5], BITS, 180132.40848244698, "0,0,1,1,2,2,2,0", 889),
    (0.0, [RECURSIVE], MONO, 324620.5269918692, "1,1,1,1,3,2,2,1", 0),
    (0.05, [RECURSIVE], MONO, 198181.4042332967, "1,0,1,1,2,2,2,0", 1253),
    (0.05, [RECURSIVE], BITS, 209764.96161974416, "1,0,1,1,2,2,2,0", 1253),
    (0.0, [T], MONO, 398400.0741806447, "0,4,1,1,3,2,2,1", 0),
    (0.0, [T, K5], MONO, 398400.0741806447, "0,4,1,1,3,2,2,1", 0),
    (0.05, [T], MONO, 367390.5779876774, "1,4,0,0,3,1,2,1", 1384),
    (0.05, [T], BITS, 374778.01889889664, "1,4,0,0,3,1,2,1", 1384),
]
SUBSET = [
    (0.0, [K5, AS_ARX], MONO, 35461.300017243804, "0,2,1,2,3,2,2,1", 0),
    (0.05, [K5, AS_ARX], MONO, 25247.843728345997, "1,0,1,2,2,2,2,1", 104),
    (0.05, [K5, AS_ARX], BITS, 25949.0068665567, "1,0,1,2,2,2,2,1", 104),
    (0.0, [T, PRESENCE], MONO, 42481.619746031596, "1,4,1,1,3,2,2,1", 0),
    (0.0, [T, PRESENCE, K5], MONO, 42481.619746031596, "1,4,1,1,3,2,2,1", 0),
    (0.05, [T, PRESENCE], MONO, 40089.9423426752, "1,4,0,1,3,2,2,1", None),
    (0.05, [T, PRESENCE], BITS, 40282.23779327559, "1,4,0,1,3,2,2,1", None),
    (0.0, [RECURSIVE, AS_ARX], MONO, 39177.7411830619, "1,4,1,1,2,2,2,1", 0),
    (0.05, [RECURSIVE, AS_ARX], MONO, 28551.7222913157, "1,0,1,2,3,2,2,1", 66),
    (0.05, [RECURSIVE, AS_ARX], BITS, 28759.669970588497, "1,0,1,2,3,2,2,1", 66),
]


@pytest.mark.parametrize(("limit", "models", "metric", "cost", "node", "suppressed"), WHOLE)
def test_the_whole_file(limit, models, metric, cost, node, suppressed):
    asked = adult.Problem(adult.EIGHT, adult.histogram(), models, metric, limit)
    asked.check(cost, adult.node_of(node), suppressed)


@pytest.mark.parametrize(("limit", "models", "metric", "cost", "node", "suppressed"), SUBSET)
def test_the_subset(limit, models, metric, cost, node, suppressed):
    asked = adult.Problem(adult.EIGHT, adult.histogram(file="subset"), models, metric, limit)
    asked.check(cost, adult.node_of(node), suppressed)


def test_the_hierarchical_distance_of_the_optimum():
    asked = adult.Problem(adult.EIGHT, adult.histogram(), [T], MONO, 0.0)
    classes, _ = asked.lattice.classes((0, 4, 1, 1, 3, 2, 2, 1))
    assert asked.models[0].reached(classes) == pytest.approx(0.19978, abs=5e-6)


@pytest.mark.parametrize("models", [[K5], [RECURSIVE]], ids=["k", "recursive"])
def test_presence_is_asked_of_every_class_of_the_population(models):
    """The nodes that ARX takes hold classes whose share is 0, below the 0.05 that was asked for."""
    on = adult.histogram(file="subset")
    for _, published, metric, cost, node, _ in SUBSET:
        if published == [*models, AS_ARX]:
            asked = adult.Problem(adult.EIGHT, on, [*models, PRESENCE], metric, 0.05)
            reached, count = asked.at(adult.node_of(node))
            assert reached == pytest.approx(cost, rel=adult.RELATIVE)
            assert (count.suppressed_people > len(adult.SUBSET)) == (node != "1,4,1,1,2,2,2,1")


@pytest.mark.parametrize(("file", "table"), [("all", WHOLE), ("subset", SUBSET)])
def test_k_besides_changes_nothing(file, table):
    """ARX publishes the cases with t for k = 5 too: the optimum without k passes it, so it stays the optimum."""
    cases = [case for case in table if case[0] == 0.05 and T in case[1]]
    assert len(cases) == 2
    for limit, models, metric, cost, node, suppressed in cases:
        on = adult.histogram(file=file)
        asked = adult.Problem(adult.EIGHT, on, [*models, K5], metric, limit)
        reached, count = asked.at(adult.node_of(node))
        assert reached == pytest.approx(cost, rel=adult.RELATIVE)
        assert count.suppressed_people <= asked.allowed
        assert suppressed is None or count.suppressed_records == suppressed
