"""The privacy models in words: plain digits, and the whole of what a model asks."""

import math

import pytest

from tokumei.transforms.recode.models import BetaLikeness, DeltaPresence
from tokumei.transforms.recode.wording import amount, meaning_of, name_of


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
    assert name_of(DeltaPresence(0.0, 0.00005)) == "delta_presence 0 to 0.00005"
    assert name_of(BetaLikeness("x", 2e4, (), enhanced=False)) == "beta_likeness (basic) beta=20000 of x"


def test_the_enhanced_likeness_tells_its_second_bound():
    kinds = {kind: meaning_of(BetaLikeness("x", 2.0, (), enhanced=kind), "病名") for kind in (True, False)}
    assert (
        kinds[True][0] == "β-類似性（強化）"
        and "2倍を超えて増えず" in kinds[True][1]
        and "−ln" in kinds[True][1]
    )
    assert kinds[False][0] == "β-類似性（基本）" and kinds[False][1].endswith("2倍を超えて増えない。")
