"""A column of texts, grouped and looked at once: the same as text by text, on random and on nasty texts."""

import random
import unicodedata

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from tokumei.transforms.detect.shadow import KANJI_DIGITS, letters_alone
from tokumei.transforms.detect.text_array import CharacterKind
from tokumei.transforms.leaks.numbers import numbers_in
from tokumei.transforms.leaks.values import as_compared, read_cells
from tokumei.transforms.leaks.written import WrittenColumn

PIECES = [
    *"山a９Ａー-・ 一十①Ⅳ㊀\0か\u3099é😀々〇.@",
    "+81 90-1234-5678",
    "090-1234-5678",
    "JPN",
    "&#49;",
    "",
]
WHOLE = [None, "", "佐藤 太郎", "窓口で説明した", "123456789018", "taro@example.jp", "記号12番号345", "①②③"]
NUMBERED = [
    "個人番号 1234-5678-9018",
    "一二三四五六七八九〇一八",
    "LINE ID: taro_99",
    "品川 330 さ 12-34",
    "☎0312345678",
]


def cells_of(seed):
    """Return texts put together at random; of some columns most repeat."""
    draw = random.Random(seed)
    made = ["".join(draw.choices([*PIECES, *NUMBERED], k=draw.randint(0, 6))) for _ in range(200)]
    kept = made if seed % 2 else made[:12]
    return [
        draw.choice([*kept, *WHOLE, *NUMBERED]) if draw.random() < 0.4 else draw.choice(kept)
        for _ in range(300)
    ]


def kinds_of(char):
    """Return what a character of a shadow is, in Python's own words."""
    letter = char.isalnum() and char != "\0"
    return {
        CharacterKind.DIGIT: char in "0123456789",
        CharacterKind.LATIN: letter and "LATIN" in unicodedata.name(char, "") and ord(char) < 0x250,
        CharacterKind.NUMERAL: char in KANJI_DIGITS,
        CharacterKind.SIGN: not letter,
    }


@pytest.mark.parametrize("seed", range(12))
def test_texts_are_what_they_are_one_by_one(seed):
    values = pa.array(cells_of(seed), pa.string())
    for column in (values, values.dictionary_encode()):
        read = read_cells(column)
        written = WrittenColumn.of(read, None, None)
        compared, plain = written.compared, as_compared(read)
        assert compared.written.equals(plain.written) and compared.plain.equals(plain.plain)
        assert compared.plain.equals(letters_alone(compared.written))
        texts = written.texts.to_list()
        assert len(set(texts)) == len(texts)
        assert [None if row < 0 else texts[row] for row in written.rows] == compared.written.to_list()
        assert written.records.tolist() == [compared.written.to_list().count(text) for text in texts]
        for text, has in zip(texts, written.seen.has, strict=True):
            for kind in CharacterKind:
                some = any(kinds_of(char)[kind] for char in text)
                assert (
                    (some <= bool(has & kind))
                    if kind == CharacterKind.NUMERAL
                    else (some == bool(has & kind))
                )


@pytest.mark.parametrize("seed", range(12))
def test_people_who_bear_a_text(seed):
    cells, draw = cells_of(seed), np.random.default_rng(seed)
    people = pl.Series([f"P{n}" for n in draw.integers(0, 40, len(cells))])
    written = WrittenColumn.of(read_cells(pa.array(cells, pa.string())), None, people)
    rows, bearers = written.rows.tolist(), written.bearers
    for text in range(len(written.texts)):
        assert bearers[text] == len({person for row, person in zip(rows, people, strict=True) if row == text})


@pytest.mark.parametrize("seed", range(12))
def test_numbers_are_those_that_are_found_without_a_look_before(seed):
    cells = [cell for cell in cells_of(seed + 100) if cell is None or "\0" not in cell]
    values = pa.array(cells, pa.string())
    found = numbers_in(values, WrittenColumn.of(read_cells(values), None, None))
    assert found and found == numbers_in(values)
