"""Reduce Japanese telephone numbers to the area code (市外局番) or the service prefix."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa

from tokumei.schemas.tables import area_codes
from tokumei.transforms.values.text import Utf8, code_column, spread, strings, utf8

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

# What stands between the groups of a number, after NFKC and with one kind of hyphen.
_WRITTEN = r"^\(?0[0-9]*(?:[-.\s()]{1,3}[0-9]+)*$"
_GAPS = r"[-.\s()]+"
_FROM_ABROAD = r"^(?:00|010)[-.\s]*81"
_HOME = r"^\+[-.\s]*81[-.\s]*(?:\(0\)|0)?[-.\s]*(\(?)[-.\s]*"
# What people write before a number, and behind it.
_BEFORE = (
    r"(?i)^(?:(?:tel(?:ephone)?|phone|mobile|fax|電話(?:番号)?|携帯(?:電話)?(?:番号)?|連絡先|自宅|勤務先|会社|"
    r"直通|代表|本人|☎|☏|📞|📱)[\s.:;/・]*)+"
)
_BEHIND = (
    r"(?i)(?:[\s(\[{,、・-]*(?:大?代表?|直通?|呼出?|自宅|携帯|勤務先|会社|本人|fax兼用|tel|"
    r"(?:内線?|ext(?:ension)?)[\s.:-]*(?:番号)?[\s.:-]*[0-9]{1,6})[\s)\]}]*)+$"
)
_DECIMALS = r"^([1-9][0-9]{8,9})\.0$"  # of a number that a program read as a decimal one
_ZERO_LOST = r"^([1-9][0-9]{8,9})$"
_PLUS_LOST = r"^(81[1-9][0-9]{8,9})$"
_FIRST_GROUP = r"^\(?([0-9]+)"
_MOBILE = ("050", "060", "070", "080", "090")  # 11 digits, the fourth not 0
_SERVICES = {"0120": 10, "0570": 10, "0800": 11}
_LONGEST_CODE = 5
_LONGEST_WRITTEN = 16  # bytes of a number read by its shape
_BLOCK = 1 << 15  # numbers read together; small enough to stay in the processor's cache
_UNREAD = -2
_DIGITS_LOST = (9, 10, 11, 12)  # digits alone that may have lost a zero or a plus
_DIGITS_ABROAD = 12  # more than these may have 0081 before them
_DECIDING = 6  # digits that decide the area code, the leading 0 counted


def phone_area(values: pa.StringArray) -> pa.DictionaryArray:
    """Return the area code of landline numbers and the service prefix of others.

    Args:
        values: domestic numbers with hyphens of any kind, parentheses, points, spaces or nothing between the
            groups, or with ``+81`` or ``0081``; full-width forms too. TEL and the like may stand before, 代表
            and an extension (内線) behind. Nine or ten digits alone that begin with no 0, and are a number
            with it, have lost it in a spreadsheet; 11 or 12 that begin with 81 have lost their +.

    Returns:
        ``03``, ``045``, ``0463`` … for geographic numbers: the first group when it is an area code, else, as
        in a number without separators or with an area code of old days, the area code that the digits have
        in the numbering plan (`schemas.tables.area_codes`). ``050``, ``060``, ``070``, ``080``, ``090``,
        ``0120``, ``0570`` and ``0800`` for service numbers. Null for everything else, such as numbers of a
        wrong length, two numbers, exponents (3.12E+08) and numbers abroad.
    """
    texts = strings(values)
    text = utf8(texts)
    index = np.where(text.lengths == 0, -1, _UNREAD)
    for length in np.flatnonzero(np.bincount(np.minimum(text.lengths, _LONGEST_WRITTEN + 1))):
        if 0 < length <= _LONGEST_WRITTEN:
            rows = np.flatnonzero(text.lengths == length)
            for first in range(0, len(rows), _BLOCK):
                block = rows[first : first + _BLOCK]
                numbers = text.rows(block)
                index[block] = _by_shape(np.stack([numbers.column(i) for i in range(length)]))
    rest = np.flatnonzero(index == _UNREAD)
    if len(rest):
        index[rest] = _by_pattern(texts.take(pa.array(rest)))
    return spread(_plan().names, index)


def _by_shape(cells: NDArray[np.uint8]) -> Ints:
    """Read numbers of one length that have nothing but digits and hyphens, shape by shape.

    Args:
        cells: their bytes, shape (length, numbers).

    Returns:
        Indices into the plan's names, -1 for none, `_UNREAD` where something else stands in the number.
    """
    hyphens = cells == ord("-")
    plain = (hyphens | (cells - np.uint8(ord("0")) < 10)).all(axis=0)
    found = np.full(len(plain), _UNREAD, dtype=np.int64)
    shape = np.zeros(len(plain), dtype=np.uint16)
    for place, gap in enumerate(hyphens):
        shape |= gap.astype(np.uint16) << np.uint16(place)
    for which in np.flatnonzero(np.bincount(shape[plain], minlength=1)):
        rows = np.flatnonzero(plain & (shape == which))
        gaps = hyphens[:, rows[0]]
        digits = np.flatnonzero(~gaps)
        if len(digits) > _DIGITS_ABROAD:
            continue
        found[rows] = -1
        # A digit of a written number is as good as any other, but the first.
        if re.match(_WRITTEN, "".join("-" if gap else "0" for gap in gaps)) is None:
            continue
        if not gaps.any() and len(gaps) in _DIGITS_LOST:
            found[rows[cells[0, rows] != ord("0")]] = _UNREAD
        rows = rows[cells[0, rows] == ord("0")]
        head = np.zeros(len(rows), dtype=np.int32)
        for place in digits[:_DECIDING]:
            head = head * 10 + (cells[place, rows] - np.uint8(ord("0")))
        group = np.flatnonzero(gaps)[0] if gaps.any() else len(gaps)
        found[rows] = _prefixes(head, np.array(len(digits)), np.array(group))
    return found


def _by_pattern(texts: pa.StringArray) -> Ints:
    """Read numbers in any notation; the same answer as `_by_shape` where both can read."""
    numbers = code_column(texts).str.replace(_BEFORE, "").str.replace(_BEHIND, "")
    numbers = numbers.str.replace(_DECIMALS, "$1").str.replace(_ZERO_LOST, "0$1")
    numbers = (
        numbers.str.replace(_PLUS_LOST, "+$1").str.replace(_FROM_ABROAD, "+81").str.replace(_HOME, "${1}0")
    )
    valid = numbers.str.contains(_WRITTEN)
    digits = _bytes(numbers.str.replace_all(_GAPS, "").set(~valid, None))
    group = _bytes(numbers.str.extract(_FIRST_GROUP))
    head = np.zeros(len(texts), dtype=np.int64)
    for place in range(_DECIDING):
        head = head * 10 + (digits.column(place).astype(np.int64) - ord("0"))
    return _prefixes(head, digits.lengths, group.lengths)


def _bytes(column: pl.Series) -> Utf8:
    return utf8(strings(column.to_arrow()))


class _Plan(NamedTuple):
    """The numbering plan as dense tables over leading digits read as a number.

    ``prefix`` and ``length`` are indexed by the six leading digits and give an index into ``names``, -1 for
    none, and the length a whole number must have. ``codes`` is indexed by the digits of an area code after a
    1, which keeps leading zeros apart.
    """

    names: pa.Array
    prefix: Ints
    length: Ints
    codes: Ints


@cache
def _plan() -> _Plan:
    mobile = {f"{name}{digit}": name for name in _MOBILE for digit in range(1, 10)}
    entries = [
        *((head, code, 10) for head, code in area_codes().items()),
        *((head, name, 11) for head, name in mobile.items()),
        *((name, name, length) for name, length in _SERVICES.items()),
    ]
    names = sorted({name for _, name, _ in entries})
    heads = 10 ** (_DECIDING - 1)  # the first digit is 0
    prefix = np.full(heads, -1, dtype=np.int32)
    lengths = np.zeros(heads, dtype=np.int32)
    for head, name, length in entries:
        size = 10 ** (_DECIDING - len(head))
        block = slice(int(head) * size, (int(head) + 1) * size)
        prefix[block], lengths[block] = names.index(name), length
    codes = np.full(2 * 10**_LONGEST_CODE, -1, dtype=np.int32)
    for code in set(area_codes().values()):
        codes[int("1" + code)] = names.index(code)
    return _Plan(pa.array(names, type=pa.string()), prefix, lengths, codes)


def _prefixes(head: NDArray[np.integer], digits: Ints, group: Ints) -> Ints:
    """Return the index of each number's prefix among the plan's names, -1 for none.

    Args:
        head: the leading six digits read as a number; meaningless where there are fewer.
        digits: how many digits the number has; 0 where it is none.
        group: how many of them stand before the first separator.
    """
    plan = _plan()
    head = np.where(digits >= 10, head, 0)
    by_digits = np.where(digits == plan.length[head], plan.prefix[head], -1)
    size = np.where((digits == 10) & (group <= _LONGEST_CODE), group, 0)
    by_group = plan.codes[10**size + head // 10 ** (_DECIDING - size)]
    return np.where(by_group >= 0, by_group, by_digits)
