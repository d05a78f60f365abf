"""Codes of anybody in the files: found wherever they stand and however they are grouped, told from chance."""

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from tokumei.transforms.detect.code_set import CodeSet
from tokumei.transforms.leaks.people import codes_of_people
from tokumei.transforms.leaks.values import read_cells
from tokumei.transforms.leaks.verdict import is_leak
from tokumei.transforms.leaks.written import WrittenColumn

KEY = bytes(range(32))
DRAW = np.random.default_rng(7)
CODES = [f"M{n:07d}" for n in DRAW.choice(10**7, 500, replace=False)]
LONG = [f"{n:011d}" for n in DRAW.integers(0, 10**11, 500)]
SET = CodeSet.of(pl.Series([*CODES, *LONG, None, "山田", "12345", "20260401"]), KEY)


def leaks(cells, codes=SET, people=None):
    written = WrittenColumn.of(read_cells(pa.array(cells, pa.string())), None, people)
    return any(is_leak(*found) for found in codes_of_people(codes, "note", written, 10).items())


@pytest.mark.parametrize("code", [CODES[3], LONG[3]])
@pytest.mark.parametrize(
    "form",
    [
        "{}",
        "会員番号は{}です",
        "（{}）",
        "{}様の紹介",
        "No.{}",
        "紹介者：{}、電話済み",
        "{}\u3000へ転送",
        "id={}",
        "前任 {} から",
    ],
)
def test_a_code_of_somebody(code, form):
    assert leaks([form.format(code), "窓口対応"])


@pytest.mark.parametrize(
    "write",
    [
        str.lower,
        lambda c: c.translate({ord(a): ord(a) + 0xFEE0 for a in c}),
        lambda c: f"{c[0]}-{c[1:4]}-{c[4:]}",
        lambda c: f"{c[:4]}－{c[4:]}",
        "\u200b".join,
        lambda c: "".join(f"&#{ord(a)};" for a in c),
        lambda c: "".join(f"%{ord(a):02X}" for a in c),
        lambda c: f"{c[0]}ー{c[1:]}",
    ],
)
def test_spellings_of_a_code(write):
    assert leaks([f"紹介者 {write(CODES[5])} 様"])


@pytest.mark.parametrize(
    "cells",
    [
        ["M123", "M1234567890", "X0000001", "12345", "20260401", "窓口 03-3580-1111", None],
        [f"M{n:07d}" for n in range(0, 10**7, 9_973)],  # 1,000 others of the same kind: a few by chance
        [f"{CODES[0]}9", f"9{CODES[0]}", f"A{CODES[0]}", CODES[0][1:]],
        [CODES[0]] * 10,  # what ten people bear is a label
        [f"受付{n:011d}" for n in DRAW.integers(0, 10**11, 500)],
    ],
)
def test_other_codes(cells):
    assert not leaks(cells)


def test_ten_records_of_one_person_are_no_label():
    assert leaks([CODES[0]] * 10, people=pl.Series(["p"] * 10))


def test_codes_that_fill_their_numbers_tell_nothing():
    serial = CodeSet.of(pl.Series([f"C{n:05d}" for n in range(100_000)]), KEY)
    assert not leaks([f"C{n:05d}" for n in range(300)], serial)


def test_parts_merge_in_any_order_and_hashes_need_the_key():
    names = pl.Series(CODES)
    whole = CodeSet.of(names, KEY)
    pieces = [CodeSet.of(names[i : i + 50], KEY) for i in range(0, 500, 50)]
    merged = CodeSet.merged(pieces[::-1])
    assert np.array_equal(merged.codes.known, whole.codes.known) and merged.shapes == whole.shapes == {
        "M9999999"
    }
    assert not np.isin(whole.codes.known, CodeSet.of(names, KEY[::-1]).codes.known).any()
    assert CodeSet.merged([]) is None
