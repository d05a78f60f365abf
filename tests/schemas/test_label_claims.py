"""What a label says of its bounds, and whether it is true: no sensible label is refused, no false one passes."""

import pytest

from tokumei.schemas.label_claims import is_true_of


@pytest.mark.parametrize(
    ("label", "lower", "upper"),
    [
        ("90歳以上", 90, None),
        ("９０歳以上", 90, None),
        ("65歳～", 65, None),
        ("1,000万円超", 10_000_001, None),
        ("1,000万円超", 1_001, None),
        ("3千円以上", 3_000, None),
        ("2,000万円以上（上位1%以下）", 20_000_000, None),
        ("-5以上", -5, None),
        ("△5℃以上", -5, None),
        ("マイナス5度以上", -5, None),
        ("50%以上", 0.5, None),
        ("5割以上", 0.5, None),
        ("1時間以上", 60, None),
        ("90歳以上100歳未満", 90, 100),
        ("20m2以上40m2未満", 20, 40),
        ("20㎡以上", 20, None),
        ("50m³超", 60, None),
        ("20-29歳以下", 20, 30),
        ("0円以上300万円未満", None, 3_000_000),
        ("0以上10未満", None, 10),
        ("80m2以上", 80, None),
        ("20m²未満", None, 20),
    ],
)
def test_labels_that_are_true_of_their_range(label, lower, upper):
    assert is_true_of(label, lower, upper)


@pytest.mark.parametrize(
    ("label", "at"),
    [
        ("20歳代以下", 29),
        ("5歳以下", 5),
        ("1km以下", 1_000),
        ("1週間未満", 6),
        ("1年以下", 12),
        ("-5以下", -5),
        ("100万円以下（1件以上の赤字を含む）", 1_000_000),
    ],
)
def test_labels_that_are_true_up_to_their_bound(label, at):
    assert is_true_of(label, None, at, upper_included=True)


@pytest.mark.parametrize(
    ("label", "lower", "upper"),
    [
        ("90歳以上", 60, None),
        ("（90歳以上）", 60, None),
        ("1000万円超", 1_000, None),
        ("-5以上", -10, None),
        ("5歳以上", None, 10),
        ("5割以上", 0.3, None),
        ("1km以下", None, 5_000),
        ("65歳以上75歳未満", 65, 80),
        ("40m2以上", 20, None),
        ("2km2以上", 1, None),
        ("20歳代以下", None, 40),
    ],
)
def test_labels_that_are_false(label, lower, upper):
    assert not is_true_of(label, lower, upper)
