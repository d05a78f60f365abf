"""Codes and contacts in one released column, in every spelling that `detect` reads: counted, without a value.

A cell that is nothing but a number may as well be an order number: such cells are judged by the column as a
whole (`verdict`). What stands in other text stands by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from threading import Lock

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.transforms.detect.checked import is_whole, numbers_inside, whole_numbers
from tokumei.transforms.detect.contacts import TELEPHONE, any_contact, contacts, without_uuids
from tokumei.transforms.detect.filled import PERHAPS_READ_OUT, as_digits, with_gaps
from tokumei.transforms.detect.lookalikes import with_digits, without_zero
from tokumei.transforms.detect.shadow import KANJI_DIGITS, numbered, shadow, spelled
from tokumei.transforms.detect.text_array import CharacterKind
from tokumei.transforms.detect.worded import with_word, worded
from tokumei.transforms.leaks.found import Found
from tokumei.transforms.leaks.written import WrittenColumn
from tokumei.transforms.values.code_formats import LICENCE, MY_NUMBER
from tokumei.transforms.values.phones import phone_area
from tokumei.transforms.values.text import strings

_DIGIT = rf"[\d{''.join(KANJI_DIGITS)}]"
# What a cell must have to be read at all: some digits, a sign of an address, or something wrapped.
_PERHAPS = (
    rf"{_DIGIT}(?:\D|[^\p{{L}}\p{{N}}]{{2,6}})?{_DIGIT}|\p{{No}}\W?\p{{No}}|[@＠/／\\]|[(（\[［{{｛<＜【]\s?[AaＡａ]|[WwＷｗ]\W?[WwＷｗ]|[%&]"
    r"|[0-9A-Za-z+/_-]{12}|[<＜]{2}|[A-Za-z][._．＿][A-Za-z0-9]|[~★☆◎●■◆＊*¥￥]|アット|あっと|ｱｯﾄ"
    r"|(?i:LINE|INSTA|TWITTER|FACEBOOK|TIKTOK|KAKAO|WECHAT|DISCORD|TELEGRAM|WHATSAPP|SKYPE|THREADS)"
    r"|ライン|らいん|ﾗｲﾝ|ｲﾝｽﾀ|ＬＩＮＥ|[イい][ンん][スす][タた]|アカウント|ｱｶｳﾝﾄ"
    rf"|{PERHAPS_READ_OUT}"
)
# In cells of letters and digits alone stands no contact.
_NO_CONTACT = r"^[0-9A-Z]*$"
_TELEPHONES = r"^0[0-9]{9,10}$"
_LONG = r"^[0-9]{10,11}$"
# Codes that are told by their form alone, where most codes of a column have it; their first letters are few.
FORMED = {"residence card number": r"^[A-Z]{2}[0-9]{8}[A-Z]{2}$", "passport number": r"^[MNT][A-Z][0-9]{7}$"}
_LIKE = r"^[A-Z]{1,3}[0-9]{5,9}[A-Z]{0,3}$"
# Mobile telephones without their last digits, which one of 10,000 people has: 090-1234-****.
CUT_MOBILE = "telephone number without its last digits"
_CUT = r"^\(?[0-9]{3}\)?[ -]?[0-9]{4}[ -]?(?:[*●○■□#?_X×・.]{1,4}|-)$"
_CUT_MOBILES = r"^\(?0[5-9]0\)?[ -]?[1-9]"
_FEW, _SHORT = 256, 8192  # labels, and characters of them in all, that are remembered
_Count = Callable[[pl.Series], dict[str, Found]]
_NOTHING = Found(0, 0, 0)
_ONE_BY_ONE = Lock()  # threads that begin together would else each read the same labels
_LEAST = 10**9  # an integer below has fewer digits than any number that is looked for in integers
_MOST = 2.0**62
_SHORTEST = 12  # digits of an identification code with a check digit
# What a shadow has in which a number or a contact stands.
_ANY_KIND = CharacterKind.DIGIT | CharacterKind.LATIN | CharacterKind.NUMERAL | CharacterKind.SIGN
_TEN = r"[0-9](?:[^0-9]{0,4}[0-9]){9}"  # of a telephone number; others have more
_TWELVE = r"\d(?:\D{0,3}\d){11}"
_MOBILE = r"^([5-9]0[1-9][0-9]{7})$"


def numbers_in(values: pa.Array, written: WrittenColumn | None = None) -> dict[str, Found]:
    """Count the codes and contacts in one batch of a column, by name of their kind.

    Args:
        values: texts (dictionary-encoded or not) or numbers; equal cells are counted once.
        written: the same with their shadows, where another search needs them too.

    Returns:
        By kind: ``compared`` cells that are a number of the format or a code with one, of them ``chance``
        that pass its check, and how many would pass if they were none (``expected``); and ``sure`` cells of
        other text that hold one. Kinds not met are left out.
    """
    if not len(values):
        return {}
    if written is not None and (written.read.places is None or len(written.read.cells) > _FEW):
        read = written.read
        rows = pl.Series(np.flatnonzero(written.cells_have(_ANY_KIND)))
        rows = rows.filter(read.cells.gather(rows).str.contains(_PERHAPS))
        if read.places is None and len(written.texts) < len(read.cells):
            rows = rows.filter(read.cells.gather(rows).is_first_distinct())
        return _numbers_of(read.written.gather(rows))
    return _of_distinct(_numbers_in, _distinct(values))


def _of_distinct(count: _Count, cells: pl.Series) -> dict[str, Found]:
    """Count in distinct cells; few short ones are labels, which every chunk of a column has: read once."""
    if len(cells) <= _FEW and sum(map(len, few := cells.drop_nulls().to_list())) <= _SHORT:
        with _ONE_BY_ONE:
            return dict(_in_labels(count, tuple(sorted(few))))
    return count(cells)


@lru_cache(maxsize=256)
def _in_labels(count: _Count, labels: tuple[str, ...]) -> dict[str, Found]:
    return count(pl.Series(labels, dtype=pl.String))


def _numbers_in(cells: pl.Series) -> dict[str, Found]:
    return _numbers_of(shadow(strings(cells.filter(cells.str.contains(_PERHAPS)).to_arrow())))


def _numbers_of(shadows: pl.Series) -> dict[str, Found]:
    if not len(shadows):
        return {}
    texts = with_digits(numbered(as_digits(shadows)))
    long = texts.str.contains(_TEN)
    texts = texts.clone().scatter(long.arg_true(), with_gaps(texts.filter(long), "")) if long.any() else texts
    whole = is_whole(texts)
    text = texts.filter(~whole)
    found: dict[str, Found] = {}
    inside = without_uuids(texts.filter(long & ~whole))
    for counts in (whole_numbers(texts.filter(whole)), numbers_inside(inside)):
        for kind, n in counts.items():
            found[kind.name] = found.get(kind.name, _NOTHING) + Found(
                n.compared, n.passing, n.sure, 0, n.by_chance
            )
    phones = _telephones(texts)
    phones = phones._replace(sure=int(without_zero(shadows).sum()))
    if phones.chance or phones.sure:
        found[TELEPHONE] = phones
    found |= _formed(text) | _cut_mobiles(text)
    reached = text.filter(text.str.contains(any_contact()))
    reached = reached.filter(~reached.str.contains(_NO_CONTACT))
    for looks, some in ((worded, with_word(text)), (contacts, reached)):
        for look in looks() if len(some) else ():
            if holding := int(look.holding(some).sum()):
                found[look.name] = found.get(look.name, _NOTHING) + Found(0, 0, holding)
    return found


def codes_in(values: pa.Array) -> dict[str, Found]:
    """Count the cells of a source column that are an identification code with a check digit, by its name.

    Args:
        values: texts or numbers of the source; equal cells are counted once.
    """
    return {} if _short(values) else _of_distinct(_codes_in, _distinct(values))


def _codes_in(cells: pl.Series) -> dict[str, Found]:
    texts = spelled(strings(cells.filter(cells.str.contains(_TWELVE)).to_arrow())).str.strip_chars()
    counts = whole_numbers(texts.filter(is_whole(texts)))
    return {
        kind.name: Found(n.compared, n.passing, 0, 0, n.by_chance)
        for kind, n in counts.items()
        if kind in {MY_NUMBER, LICENCE}
    }


def _telephones(texts: pl.Series) -> Found:
    """Count cells that are a telephone number without gaps, among all numbers as long."""
    numbers = texts.filter(texts.str.contains(_LONG))
    valid = strings(numbers.filter(numbers.str.contains(_TELEPHONES)).to_arrow())
    return Found(len(numbers), len(valid) - phone_area(valid).null_count, 0)


def _formed(texts: pl.Series) -> dict[str, Found]:
    """Count cells that have the form of a code with letters, among all cells that are letters and digits."""
    like = texts.filter(texts.str.contains(_LIKE))
    met = {kind: int(like.str.contains(form).sum()) for kind, form in FORMED.items()} if len(like) else {}
    return {kind: Found(len(like), n, 0) for kind, n in met.items() if n}


def _cut_mobiles(texts: pl.Series) -> dict[str, Found]:
    """Count cells that are a mobile telephone whose last digits are hidden, among all cells as long."""
    like = texts.filter(texts.str.contains(_CUT))
    met = int(like.str.contains(_CUT_MOBILES).sum())
    return {CUT_MOBILE: Found(len(like), met, 0)} if met else {}


def _short(values: pa.Array) -> bool:
    """Whether no text is as long as a code."""
    texts = values.dictionary if isinstance(values, pa.DictionaryArray) else values
    if not (pa.types.is_string(texts.type) or pa.types.is_large_string(texts.type)):
        return False
    return (pc.max(pc.binary_length(texts)).as_py() or 0) < _SHORTEST


def whole_numbers_of(values: pa.Array) -> pa.Array:
    """Return decimal numbers without a fraction as integers, null for others; any other column as it is."""
    if not pa.types.is_floating(values.type):
        return values
    fits = pc.and_(pc.equal(values, pc.floor(values)), pc.less(pc.abs(values), _MOST))
    return pc.if_else(fits, values, None).cast(pa.int64())


def _distinct(values: pa.Array) -> pl.Series:
    values = whole_numbers_of(values)
    if pa.types.is_integer(values.type):
        texts = pl.Series(values.filter(pc.greater_equal(values, _LEAST)).cast(pa.string()), dtype=pl.String)
        return texts.unique().str.replace(_MOBILE, "0$1")  # a number has lost its first 0
    if isinstance(values, pa.DictionaryArray):
        return pl.Series(values.dictionary.cast(pa.string()), dtype=pl.String)
    return pl.Series(values, dtype=pl.String).unique().drop_nulls()
