"""What values may stand in cells, by their first letters: none that stands in one is ever left out."""

import random
import unicodedata

import numpy as np
import polars as pl
import pyarrow as pa

from tokumei.transforms.detect.shadow import spelled
from tokumei.transforms.detect.text_array import folded_letters
from tokumei.transforms.leaks.beginnings import ANY_FACTORS, SeenLetters, beginnings
from tokumei.transforms.leaks.values import contained, plain_texts, sought

PARTS = "佐藤髙澤ガカﾞｶが゛ﾊﾟＡaＺ09１81+＋-ー－ 　・、〇㈱㍿々〆é\u0301\u3099\u200b\u0000𠮷①゜ﾟ"
NUMBERS = "0123456789 ()+.-81081"


def drawn(letters, most, draw):
    return "".join(draw.choice(letters) for _ in range(draw.randrange(most)))


def seen_in(cells):
    seen = SeenLetters(ANY_FACTORS)
    seen.look(cells.written)
    return seen


def test_no_value_that_stands_in_a_cell_is_left_out():
    draw = random.Random(5)
    values = [drawn(PARTS, 12, draw) for _ in range(20_000)]
    cells = [drawn(PARTS, 4, draw) + draw.choice(values[:400]) + drawn(PARTS, 4, draw) for _ in values]
    cells[::7] = values[::7]
    plain = plain_texts(pa.array(cells))
    source = sought(plain_texts(pa.array(values), spelled).plain)
    seen, keys = seen_in(plain), beginnings(pa.array(values), ANY_FACTORS)
    held = contained(source, plain.plain).fill_null(value=False).to_numpy()
    whole = source.is_in(plain.plain.implode()).fill_null(value=False).to_numpy()
    assert held.sum() > 1_000
    assert seen.inside[keys][held].all()
    assert seen.first[keys][whole].all()


def test_no_number_that_stands_in_a_cell_is_left_out():
    draw = random.Random(6)
    values = [drawn(NUMBERS, 16, draw) for _ in range(20_000)]
    cells = [f"{drawn(PARTS, 4, draw)}{value}{drawn(PARTS, 4, draw)}" for value in values]
    plain = plain_texts(pa.array(cells))
    source = sought(plain_texts(pa.array(values), spelled).plain)
    held = contained(source, plain.plain).fill_null(value=False).to_numpy()
    assert held.sum() > 5_000
    assert seen_in(plain).digits[beginnings(pa.array(values), None)][held].all()


def test_most_others_are_left_out():
    values = pa.array(["佐藤 太郎", "鈴木 花子", "林　一", None, "李", "ガ行 太郎"])
    seen = seen_in(plain_texts(pa.array(["担当は鈴木花子", None, "林一さん"])))
    assert seen.inside[beginnings(values, ANY_FACTORS)].tolist() == [False, True, False, False, False, False]
    assert seen.inside[beginnings(values.dictionary_encode(), ANY_FACTORS)].sum() == 1
    assert len(beginnings(pa.array([], pa.string()), ANY_FACTORS)) == 0
    assert not seen.inside[beginnings(pa.array([None, None], pa.string()), ANY_FACTORS)].any()
    numbers = seen_in(plain_texts(pa.array(["番号1234567", "99 88 77"])))
    known = numbers.digits[beginnings(pa.array(["234567", "123-456", "998877", "765432"]), None)]
    assert known.tolist() == [True, True, True, False]


def test_what_is_a_letter_here_is_one_where_plain_texts_are_made():
    every = [chr(c) for c in np.flatnonzero(folded_letters()) if c > 1]
    kept = pl.Series(every).str.contains(r"[\p{L}\p{N}]")
    assert [unicodedata.name(c) for c, letter in zip(every, kept, strict=True) if not letter] == []
