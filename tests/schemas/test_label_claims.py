"""What a label says by 以上, 超, 以下, 未満 must hold for all numbers that it stands for."""

import pytest

from tokumei.schemas.label_claims import is_true_of


@pytest.mark.parametrize(
    "label, lower, upper",
    [
        ("90歳以上", 90, None),
        ("90歳超", 91, None),
        ("1,000万円以上", 10_000_000, None),
        ("1000万円以上", 1000, None),  # the column counts in 万円
        ("1万以上", 10_000, None),
        ("80m2以上", 80, None),
        ("20m²未満", None, 20),
        ("２０歳代以下", None, 30),
        ("300以上600未満", 300, 600),
        ("300万円以上600万円未満", 3_000_000, 6_000_000),
        ("29歳以下", None, 30),
        ("高齢", 65, None),
        ("65歳～", 65, None),
        ("九十歳以上", 60, None),  # kanji are not read
        ("0.5以上", 0.5, None),
    ],
)
def test_true_labels(label, lower, upper):
    assert is_true_of(label, lower, upper)


@pytest.mark.parametrize(
    "label, lower, upper",
    [
        ("90歳以上", 60, None),
        ("９０歳以上", 89.5, None),
        ("90歳超", 90, None),
        ("1,000万円以上", 900, None),
        ("20m2未満", None, 30),
        ("20歳代以下", None, 40),
        ("300以上500未満", 300, 600),
        ("5歳以下", 5, None),
        ("5歳以上", None, 5),
    ],
)
def test_false_labels(label, lower, upper):
    assert not is_true_of(label, lower, upper)


def test_a_bound_that_is_included():
    assert is_true_of("5歳以下", None, 5, upper_included=True)
    assert is_true_of("6歳未満", None, 5, upper_included=True)
    assert not is_true_of("5歳未満", None, 5, upper_included=True)
    assert not is_true_of("4歳以下", None, 5, upper_included=True)
