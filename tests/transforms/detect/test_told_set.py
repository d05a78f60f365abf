"""Addresses that have one number only (番地) are told from numbers of anything else."""

import polars as pl
import pyarrow as pa
import pytest

from tokumei.transforms.detect.shadow import shadow, spelled
from tokumei.transforms.detect.told_set import ToldSet

HOMES = [
    f"東京都青梅市{town}{number}番地" for town, number in (("中山", 1234), ("大字下", 201), ("新町", 88))
]
TOLD = ToldSet.of(spelled(pa.array(HOMES)), [], bytes(range(32)))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("隣家（中山1234番地）より苦情", True),
        ("青梅市中山１２３４番地の方", True),
        ("大字下201番地に訪問", True),
        ("東京都 青梅市 中山 1234番", True),
        ("中山12345番地", False),
        ("中山234番地", False),
        ("下中1234番", False),
        ("新町88番地", False),  # two digits are met by chance
        ("中山で1234円", False),
        ("整理番号1234番", False),
    ],
)
def test_one_number_behind_a_town(text, told):
    assert (len(TOLD.find_homes(shadow(pa.array([text]))).texts) == 1) == told


def test_how_many_are_kept():
    assert TOLD.size == 2
    assert len(TOLD.find_homes(pl.Series([None], dtype=pl.String)).texts) == 0
