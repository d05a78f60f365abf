"""The privacy models in words: plain digits, and the whole of what a model asks."""

import math

import pytest

from tokumei.transforms.recode.figures import amount
from tokumei.transforms.recode.models.likeness import BetaLikeness
from tokumei.transforms.recode.models.population import DeltaPresence


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (20_000, "20,000"),
        (12_345, "12,345"),
        (5e-05, "0.00005"),
        (0.123456, "0.1235"),
        (5, "5"),
        (999.96, "1000"),
        (0.0, "0"),
        (math.inf, "∞"),
    ],
)
def test_what_a_class_reaches_is_written_in_plain_digits(value, text):
    assert amount(value) == text


def test_parameters_are_written_as_in_a_policy():
    assert DeltaPresence(0.0, 0.00005).wording == "delta_presence 0 to 0.00005"
    assert BetaLikeness("x", 2e4, (), enhanced=False).wording == "beta_likeness (basic) beta=20000 of x"


def test_the_enhanced_likeness_tells_its_second_limit():
    enhanced, basic = (BetaLikeness("x", 2.0, (), enhanced=kind) for kind in (True, False))
    assert enhanced.title == "β-類似性（強化）"
    assert "2倍を超えて増えず" in enhanced.meaning("病名") and "−ln" in enhanced.meaning("病名")
    assert basic.title == "β-類似性（基本）" and basic.meaning("病名").endswith("2倍を超えて増えない。")
