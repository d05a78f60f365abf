"""Published values that are not matched, each by name with the reason.

A value leaves this table when its model is built; `test_what_is_not_built_has_no_model` reminds of that.
"""

import pytest

from tokumei.schemas import privacy_models
from tokumei.transforms.recode.models.base import MODEL_CLASSES
from tokumei.transforms.recode.objectives import OBJECTIVES

NOT_BUILT = "no such model here"
# what → (source, why)
UNMATCHED = {
    "entropy-ℓ, Grassberger": ("TestAnonymizationEntropyLDiversity, ℓ = 5 and 3 at 4 and 5 %", NOT_BUILT),
    "population uniqueness": ("TestAnonymizationRiskBased, Dankar, Pitman, Zayatz, SNB", NOT_BUILT),
    "k-map, estimated": ("TestAnonymizationKMap, zero-truncated Poisson, k = 3 and 1000", NOT_BUILT),
    "differential privacy": ("TestAnonymizationDifferentialPrivacy, ε = 2", NOT_BUILT),
    "profitability": ("TestAnonymizationProfitability, six cases", NOT_BUILT),
    "loss by rank": (
        "TestRiskMetrics, its node is used, its cost is not published",
        "no such aggregate here",
    ),
    "gs-factor 0.1": (
        "TestAnonymizationKAnonymity, 100 %, k = 5",
        "only 0.5 is offered; reproduced by adult.MildLoss",
    ),
    "entropy, monotonic; DM*": (
        "most of D2",
        "not offered: they ignore what suppression costs; reproduced by adult.MonotonicEntropy and …Discernibility",
    ),
    "average risk 0.01: 314637.846": (
        "TestAnonymizationRiskBased",
        "another order among classes of one size; same node, same 608 records (test_oracle_risk)",
    ),
    "sample uniqueness 0.01: 0.16069527": (
        "TestAnonymizationRiskBased",
        "another order among classes of one size; same node (test_oracle_risk)",
    ),
    "k = 5 or recursive (4,5) with (0.05, 0.15)-presence": (
        "TestAnonymizationCombinations",
        "ARX forgets δ on classes of nobody in the file once a class size is asked (test_oracle_combinations)",
    ),
    "pycanon, recursive (c,ℓ)": ("D6", "it divides the rarest value's count by the most frequent ones'"),
    "pycanon, its own files": (
        "D6",
        "not copied, their licences are not stated; Adult instead (test_oracle_pycanon)",
    ),
    "TestUtilityMetrics2": ("13 pairs", "recorded with an older hierarchy of native-country"),
    "cup, FARS, ATUS, IHIS": ("D2, last lines", "the data is not published with ARX"),
    "local recoding of ARX": ("its tests", "only hash codes of outputs are stored"),
}


@pytest.mark.parametrize(
    "word", ["Grassberger", "PopulationUniqueness", "Estimated", "DifferentialPrivacy", "Profitability"]
)
def test_what_is_not_built_has_no_model(word):
    names = [model.__name__ for model in MODEL_CLASSES.values()]
    assert not [name for name in (*names, *dir(privacy_models)) if word in name]


def test_what_is_offered_is_in_the_tables():
    assert set(OBJECTIVES) == {
        *("loss", "precision", "entropy", "normalized_entropy", "discernibility", "average_class_size")
    }
    assert all(where and why for where, why in UNMATCHED.values())
