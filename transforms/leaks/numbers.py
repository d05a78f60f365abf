"""Numbers that are codes, wherever they stand in a released text column, in digits of any width.

A cell that is nothing but a number (``123456789018``, ``1234-5678-9018``) may as well be an order number, of
which one in ten passes a check digit by chance: such cells, and codes with a number in them
(``A-123456789018``), are counted, and judged by the column as a whole. A number inside other text stands by
itself. Numbers in longer numbers, and beside Latin letters, are parts of other codes (``CS021313000114``,
UUIDs).

Formats without a published check digit (旅券, 在留カード, 基礎年金番号, 住民票コード, 被保険者番号 …) are
known by the word before them.
"""

from __future__ import annotations

import re

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.transforms.leaks.found import Found
from tokumei.transforms.values.check_digits import Digits
from tokumei.transforms.values.code_formats import CARD, INSURER, LICENCE, MY_NUMBER, Format
from tokumei.transforms.values.text import plain_column

WORDED = "number named as a code"
_FORMATS = (MY_NUMBER, LICENCE, CARD)

_GAP = "[ .・-]"
# 12 to 19 digits, or in groups: 4-4-4, 4-4-4-4, 4-6-4, 4-6-5.
_GROUPED = (
    rf"[0-9]{{4}}{_GAP}[0-9]{{4}}{_GAP}[0-9]{{4}}(?:{_GAP}[0-9]{{4}}(?:{_GAP}?[0-9]{{1,3}})?)?"
    rf"|[0-9]{{4}}{_GAP}[0-9]{{6}}{_GAP}[0-9]{{4,5}}|[0-9]{{12,19}}"
)
_SHAPED = rf"(?:^|[^0-9A-Z])(?:{_GROUPED})(?:[^0-9A-Z]|$)"
_SHAPE = re.compile(rf"(?<![0-9A-Z])(?<![0-9][.-])(?:{_GROUPED})(?![0-9A-Z])(?![.-][0-9])")
_WHOLE = rf"^(?:{_GROUPED}|[0-9]{{8}})$"
_SEVEN_DIGITS = r"\d(?:\D?\d){6}"  # in any script: what normalization will turn into digits
_NUMBER = r"(?:番号|記号|コード|NO|#)"
_NAMES = (
    r"基礎年金|運転免許|免許証|免許情報記録|旅券|パスポート|PASSPORT|在留カード|特別永住者証明書|被保険者|"
    r"保険証|保険者|組合員|加入者|雇用保険|介護保険"
)
_CODE_WORDS = (
    rf"(?:個人番号|マイナンバー|MY ?NUMBER|住民票コード|(?:{_NAMES})[^0-9A-Z]{{0,6}}{_NUMBER})"
    r"[^0-9A-Z]{0,4}(?:NO[^0-9A-Z]{0,2})?[A-Z]{0,2}[0-9](?:[ .-]?[0-9]){6}"
    r"|(?:旅券|パスポート|PASSPORT)[^0-9A-Z]{0,6}[A-Z]{2}[0-9]{7}(?:[^0-9A-Z]|$)"
    r"|(?:在留カード|特別永住者証明書)[^0-9A-Z]{0,6}[A-Z]{2}[0-9]{8}[A-Z]{2}(?:[^0-9A-Z]|$)"
).replace("ー", "-")  # as plain texts write it
_UUID = r"[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}"
_CODE = r"^[0-9A-Z._/#-]+$"  # no sentence
_NOTHING = Found(0, 0, 0)
_LEAST = 10**11  # an integer below has fewer digits than any of the formats that are looked for in integers


def numbers_in(values: pa.Array) -> dict[str, Found]:
    """Count the numbers in one batch of a released column that fit a format, by name of the format.

    Args:
        values: texts (dictionary-encoded or not) or integers; equal cells are counted once.

    Returns:
        By format: ``compared`` cells that are a number of the format or a code with one, of them ``chance``
        that pass its check digit; and ``sure`` cells of other text that hold one that passes. Formats not met
        are left out.
    """
    if pa.types.is_integer(values.type):
        values = values.filter(pc.greater_equal(values, _LEAST)).cast(pa.string())
    if not len(values):
        return {}
    cells = _distinct(values)
    cells = cells.filter(cells.str.contains(_SEVEN_DIGITS))
    if not len(cells):
        return {}
    texts = plain_column(cells.to_arrow().cast(pa.string())).str.to_uppercase().str.replace_all(_UUID, "#")
    whole = texts.str.contains(_WHOLE)
    found = _whole(texts.filter(whole).str.replace_all(_GAP, ""))
    text = texts.filter(~whole)
    shaped = text.filter(text.str.contains(_SHAPED))
    code = shaped.str.contains(_CODE)
    for name, (fitting, passing) in _inside(shaped.filter(code).to_list()).items():
        found[name] = found.get(name, _NOTHING) + Found(fitting, passing, 0)
    for name, (_, passing) in _inside(shaped.filter(~code).to_list()).items():
        found[name] = found.get(name, _NOTHING) + Found(0, 0, passing)
    if named := int(text.str.contains(_CODE_WORDS).sum()):
        found[WORDED] = Found(0, 0, named)
    return found


def _distinct(values: pa.Array) -> pl.Series:
    if isinstance(values, pa.DictionaryArray):
        return pl.Series(values.dictionary.cast(pa.string()), dtype=pl.String)
    return pl.Series(values, dtype=pl.String).unique().drop_nulls()


def _whole(numbers: pl.Series) -> dict[str, Found]:
    """Count numbers that stand alone; texts of digits."""
    found: dict[str, Found] = {}
    for width, digits in _by_width(numbers):
        for kind in (*_FORMATS, INSURER):
            if width not in kind.widths:
                continue
            fits = kind.fits(digits)
            # Insurers' numbers are short: what matters is whether the column is one of such numbers.
            compared = len(digits) if kind is INSURER else int(fits.sum())
            count = Found(compared, int((fits & kind.passes(digits)).sum()), 0)
            if compared:
                found[kind.name] = found.get(kind.name, _NOTHING) + count
    return found


def _inside(texts: list[str]) -> dict[str, tuple[int, int]]:
    """Count the texts that hold a number which fits, and those with one which passes, by format."""
    runs = [(i, re.sub(_GAP, "", run)) for i, text in enumerate(texts) for run in _SHAPE.findall(text)]
    owners = np.array([i for i, _ in runs], dtype=np.int64)
    numbers = pl.Series([run for _, run in runs], dtype=pl.String)
    widths = numbers.str.len_bytes().to_numpy()
    holding: dict[str, tuple[set[int], set[int]]] = {}
    for width, digits in _by_width(numbers):
        of_width = owners[widths == width]
        for kind in _FORMATS:
            if width in kind.widths:
                fits = kind.fits(digits)
                fitting, passing = holding.setdefault(kind.name, (set(), set()))
                fitting.update(of_width[fits].tolist())
                passing.update(of_width[fits & kind.passes(digits)].tolist())
    return {name: (len(a), len(b)) for name, (a, b) in holding.items() if a}


def _by_width(numbers: pl.Series) -> list[tuple[int, Digits]]:
    widths = numbers.str.len_bytes()
    return [(width, _matrix(numbers.filter(widths == width), width)) for width in widths.unique()]


def _matrix(numbers: pl.Series, width: int) -> Digits:
    digits: Digits = np.frombuffer("".join(numbers).encode("ascii"), dtype=np.uint8).reshape(-1, width)
    return digits - ord("0")


NUMBER_FORMATS: tuple[Format, ...] = (*_FORMATS, INSURER)
