"""What other tables delete of the same people, inside the sentences of a released column.

A value begins somewhere in the sentence: every three letters are looked up together with the person, and only
where somebody's value begins so, stretches as long as the values are hashed and looked up themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from tokumei.transforms.counting.keyed import joint_keys
from tokumei.transforms.counting.person_values import Theirs, factors_of, value_keys
from tokumei.transforms.detect.text_array import Letters, stretches, three_letters
from tokumei.transforms.leaks.values import Texts, in_longer_digits

NUMBER_INSIDE = r"[0-9]{5}"
_SURE_DIGITS = 9
_FEW = 6  # letters, under which a value in the midst of letters of its own kind is a word by chance
_KINDS = ("[A-Z]", "[ァ-ヺ]", "[ぁ-ゖ]")
_APART = r"[\W_]{0,3}"
_Rows = npt.NDArray[np.int64]


class Inside(NamedTuple):
    """What was met inside the cells of a column.

    Attributes:
        sure: records with a value of their person.
        chance: records with a short number of their person, and nothing else.
        looked: stretches that were looked up.
    """

    sure: int
    chance: int
    looked: int


class _Met(NamedTuple):
    rows: _Rows
    texts: pl.Series
    looked: int


def values_inside(theirs: Theirs, cells: Texts, rows: _Rows) -> Inside:
    """Count the records whose cell holds a value of their person inside.

    Numbers stand there whole, or have nine digits and more; short words of one script stand in no longer
    word of it.

    Args:
        theirs: what is sought.
        cells: one a record.
        rows: the records to look at.
    """
    sure, perhaps, looked = set[int](), set[int](), 0
    asked = theirs._replace(persons=theirs.persons[rows])
    for met in _met(asked, cells.plain.gather(pl.Series(rows))):
        looked += met.looked
        at = rows[met.rows]
        written = cells.written.gather(pl.Series(at))
        for row, value, cell in zip(at.tolist(), met.texts, written, strict=True):
            if value.isascii() and value.isdigit() and len(value) < _SURE_DIGITS:
                if _stands_whole(value, cell):
                    perhaps.add(row)
            elif not _in_a_word(value, cell):
                sure.add(row)
    return Inside(len(sure), len(perhaps - sure), looked)


def _met(theirs: Theirs, plain: pl.Series) -> Iterator[_Met]:
    """Yield stretches that are a value of the person of their record, by stretches of the column."""
    factors, values = factors_of(theirs.key), theirs.values
    for begin, text in stretches(plain):
        codes = text.codes
        ends = np.append(text.begins[1:], len(codes)) - 1  # each text has one character more behind it
        owner = np.repeat(np.arange(len(ends)), np.diff(np.append(text.begins, len(codes))))[:-2]
        threes = three_letters(codes[:-2], codes[1:-1], codes[2:], factors)
        at = np.flatnonzero(values.begins.holds(joint_keys(theirs.persons[begin + owner], threes)))
        for length in sorted(values.lengths) if len(at) else ():
            fits = at[at + length <= ends[owner[at]]]
            yield from _of_length(theirs, text, fits, begin + owner[fits], length)


def _of_length(theirs: Theirs, text: Letters, at: _Rows, rows: _Rows, length: int) -> Iterator[_Met]:
    if not len(at):
        return
    letters = text.codes[at[:, None] + np.arange(length)].astype(np.uint32)
    joined = letters.tobytes().decode("utf-32-le", "surrogatepass")
    texts = pl.Series([joined[i : i + length] for i in range(0, len(joined), length)], dtype=pl.String)
    held = theirs.values.whole.holds(value_keys(theirs.persons[rows], texts, theirs.key))
    yield _Met(rows[held], texts.filter(pl.Series(held)), len(at))


def _stands_whole(value: str, cell: str) -> bool:
    """Whether a number stands in a cell with no other digits beside it, but for zeros before it."""
    zeros = max((len(found) for found in re.findall("0+", cell)), default=0)
    return any(not in_longer_digits("0" * n + value, cell) for n in range(zeros + 1))


def _in_a_word(value: str, cell: str) -> bool:
    """Whether a short value of letters of one kind stands only in the midst of letters of that kind."""
    kind = next((k for k in _KINDS if len(value) < _FEW and re.fullmatch(f"{k}+", value)), None)
    if kind is None:
        return False
    apart = _APART.join(map(re.escape, value))
    return re.search(f"(?<!{kind}){apart}(?!{kind})", cell) is None
