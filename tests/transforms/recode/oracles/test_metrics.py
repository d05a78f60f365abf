"""Metrics of single nodes: k = 5 over eight quasi-identifiers of Adult (ARX: TestUtilityMetrics, its current data).

ARX's TestUtilityMetrics2 was recorded with an older hierarchy of native-country; see `unmatched`.
"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import adult

from tokumei.transforms.hierarchies.ladders import Ladder
from tokumei.transforms.recode.models.k_anonymity import KAnonymity
from tokumei.transforms.recode.objectives.by_column import Entropy, NormalizedEntropy

# average class size: N ÷ (kept classes, and one more if anything is suppressed)
AECS = [
    ("0,0,0,0,0,0,0,0", 29.113899613899616),
    ("0,1,1,0,0,0,0,0", 30.683621566632755),
    ("0,0,0,0,2,1,2,0", 30.344064386317907),
    ("0,3,1,0,0,1,1,0", 53.38407079646018),
    ("0,1,1,2,1,0,0,1", 63.76744186046512),
    ("1,2,1,2,0,2,0,1", 93.96261682242991),
    ("0,4,1,0,1,0,0,1", 97.6116504854369),
    ("1,3,0,2,2,0,2,0", 150.81),
    ("1,4,1,0,2,0,1,0", 160.43617021276594),
    ("0,3,1,0,3,2,1,1", 363.3975903614458),
    ("1,1,0,2,3,2,2,1", 520.0344827586207),
    ("0,3,1,2,3,1,2,1", 837.8333333333334),
    ("1,1,1,1,3,2,2,1", 1005.4),
    ("1,4,1,0,3,1,2,1", 1040.0689655172414),
    ("1,2,1,1,3,2,2,1", 1885.125),
    ("1,4,1,2,3,1,2,1", 6032.4),
    ("1,4,1,1,3,2,2,0", 7540.5),
    ("1,4,1,2,3,2,2,1", 30162),
]
# discernibility: Σ over kept classes of |E|², and N for each suppressed record
DM = [
    ("0,0,0,0,0,0,0,0", 463536157),
    ("0,3,1,1,1,2,0,0", 34129719),
    ("1,0,0,2,2,2,1,0", 47522592),
    ("1,4,1,0,0,1,2,0", 51345939),
    ("1,2,0,2,2,1,0,0", 54541529),
    ("1,4,1,1,0,1,1,0", 58151821),
    ("1,2,0,2,0,1,1,0", 60686640),
    ("1,2,1,1,3,1,1,1", 75054871),
    ("1,1,0,1,3,0,1,0", 77668128),
    ("1,2,0,0,1,1,0,1", 81138574),
    ("0,0,1,0,3,2,0,0", 110335369),
    ("0,0,1,0,3,0,0,0", 175909370),
    ("1,4,1,0,3,1,2,0", 184929052),
    ("0,4,1,2,3,2,1,1", 389594580),
    ("0,4,0,2,3,2,2,1", 392187826),
    ("1,4,1,2,3,1,2,0", 520820000),
    ("1,4,0,2,3,2,2,1", 681392160),
    ("1,4,1,2,3,2,2,1", 909746244),
]
# its monotonic variant: Σ|E|² over all classes
DM_STAR = [
    ("0,0,0,0,0,0,0,0", 485542),
    ("1,1,0,1,0,2,0,0", 4426432),
    ("1,0,1,1,3,2,2,0", 8461812),
    ("0,1,1,0,2,2,0,1", 8651570),
    ("1,1,1,2,2,0,0,0", 17040684),
    ("0,3,1,1,0,0,2,1", 21394404),
    ("1,4,0,0,0,0,1,1", 33004132),
    ("1,4,0,1,0,0,0,1", 35514078),
    ("0,3,0,2,2,0,2,0", 44390778),
    ("0,4,1,1,2,0,1,1", 91157482),
    ("1,4,1,1,2,2,0,0", 96950278),
    ("0,4,1,1,1,2,2,1", 101990664),
    ("1,3,1,0,3,0,2,1", 118940424),
    ("1,4,1,2,2,2,1,0", 215306610),
    ("1,4,1,1,3,2,0,1", 260892746),
    ("1,3,1,2,3,2,2,1", 367709850),
    ("1,4,1,2,3,2,2,0", 569573780),
    ("1,4,1,2,3,2,2,1", 909746244),
]
ENTROPY = [("0,0,0,0,0,0,0,0", 268778.22471939825), ("0,1,0,1,0,2,1,1", 199996.96695661292)]


def cost(node, metric):
    on = adult.histogram()
    return adult.Problem(adult.EIGHT, on, [KAnonymity(5)], metric, 1.0).at(adult.node_of(node))


def test_every_published_pair_is_here():
    assert len(AECS) == len(DM) == len(DM_STAR) == 18


@pytest.mark.parametrize(("node", "value"), AECS)
def test_average_class_size(node, value):
    assert cost(node, "average_class_size")[0] == pytest.approx(value, rel=1e-14)


@pytest.mark.parametrize(("node", "value"), DM)
def test_discernibility(node, value):
    assert cost(node, "discernibility")[0] == value


@pytest.mark.parametrize(("node", "value"), DM_STAR)
def test_monotonic_discernibility(node, value):
    reached, count = cost(node, "DM*")
    assert reached == count.squares == value


@pytest.mark.parametrize(("node", "value"), ENTROPY)
def test_entropy(node, value):
    assert cost(node, "entropy")[0] == pytest.approx(value, rel=adult.RELATIVE)


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=12), st.randoms(use_true_random=False))
@pytest.mark.parametrize("metric", [Entropy, NormalizedEntropy])
def test_labels_that_are_only_renamed_lose_no_bit(metric, counts, random):
    """Sums of the same terms in another order differ in the last digit; one below 0 was no number to be told."""
    size = len(counts)
    renamed = np.array(random.sample(range(size), size), np.int32)
    values = tuple(f"{i:02}" for i in range(size))
    ladder = replace(
        Ladder.flat(values),
        codes=(np.arange(size, dtype=np.int32), renamed),
        labels=(values, values),
        leaves=(np.ones(size, np.int64),) * 2,
        titles=("一般化なし", "別名"),
    )
    assert metric([ladder], [np.array(counts)], [1.0]).floors((0,), (1,)).tolist() == [0.0, 0.0]
