"""Names that are written in one piece: where the given name begins, and how names in kanji may be read.

By tables of family names and given names; what neither table has is left alone. For whole columns of shadows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import cache
from itertools import product

import polars as pl
import pyarrow as pa

from tokumei.schemas.tables import KATAKANA
from tokumei.schemas.tables.people import name_kanji, name_readings
from tokumei.transforms.detect.shadow import spelled

_KANJI, _KANA = r"^[\p{Han}々ヶノ]{2,8}$", r"^[\p{Hiragana}\p{Katakana}-]{4,14}$"
_MIXED = r"^([\p{Han}々ヶノ]{1,4})([\p{Hiragana}\p{Katakana}-]{2,6})$"  # 佐藤さくら
_CUTS_OF_KANJI, _CUTS_OF_KANA = (2, 1, 3, 4), (4, 3, 5, 2, 6)  # letters of a family name, what is usual first
_TWO_WORDS = r"^([^\s・=]+)[\s・=]+([^\s・=]+)$"
_MOST_READINGS = 4  # of either name; 日 and 月 alone have more
_HIRAGANA, _KATAKANA = ([*map(chr, codes)] for codes in (KATAKANA, KATAKANA.values()))


def name_parts(shadows: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return the family name and the given name of full names; null where they cannot be told.

    Two words are both; of a name in one piece, the tables tell where the given name begins.
    """
    stripped = shadows.str.strip_chars()
    family, given = stripped.str.extract(_TWO_WORDS, 1), stripped.str.extract(_TWO_WORDS, 2)
    rows = (family.is_null() & stripped.is_not_null()).arg_true()
    if not len(rows):
        return family, given
    heads, tails = _parts_of_one(stripped.gather(rows))
    return family.scatter(rows, heads), given.scatter(rows, tails)


def _parts_of_one(names: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return the parts of names in one piece."""
    heads, tails = names.str.extract(_MIXED, 1), names.str.extract(_MIXED, 2)
    mixed = _is_known(heads, _kanji()[0]) & _is_known(in_katakana(tails), _kana()[1])
    family, given = (pl.select(pl.when(mixed).then(part)).to_series() for part in (heads, tails))
    for pattern, cuts, known in ((_KANJI, _CUTS_OF_KANJI, _kanji), (_KANA, _CUTS_OF_KANA, _kana)):
        rows = names.str.contains(pattern).arg_true()
        if not len(rows):
            continue
        whole = names.gather(rows)
        folded = in_katakana(whole) if known is _kana else whole
        one, other = (pl.Series([None] * len(rows), dtype=pl.String) for _ in range(2))
        for cut in cuts:
            heads, tails = folded.str.slice(0, cut), folded.str.slice(cut)
            fits = one.is_null() & _is_known(heads, known()[0]) & _is_known(tails, known()[1])
            one = pl.select(pl.when(fits).then(whole.str.slice(0, cut)).otherwise(one)).to_series()
            other = pl.select(pl.when(fits).then(whole.str.slice(cut)).otherwise(other)).to_series()
        family, given = family.scatter(rows, one), given.scatter(rows, other)
    return family, given


def are_two_names(one: pl.Series, other: pl.Series) -> pl.Series:
    """Return where two words in kanji are full names each, and not a family name and a given name.

    Args:
        one: the first words.
        other: the second words.
    """
    whole = ~_is_known(one, _kanji()[0]) & ~_is_known(other, _kanji()[1])
    for words in (one, other):
        rows = whole.arg_true()
        if len(rows):
            whole = whole.scatter(rows, name_parts(words.gather(rows))[0].is_not_null())
    return whole


def are_given(names: pl.Series) -> pl.Series:
    """Return which words are given names in kanji."""
    return _is_known(names, _kanji()[1])


def readings_of(family: pl.Series, given: pl.Series) -> Iterator[tuple[pl.Series, pl.Series]]:
    """Yield how names in kanji may be read, in katakana; null where a table does not have them.

    Args:
        family: shadows of family names.
        given: and of given names, in the same order.
    """
    one, other = read_in_kana(family, of_given=False), read_in_kana(given, of_given=True)
    for (i, surname), (j, first) in product(enumerate(one), enumerate(other)):
        if i + j < _MOST_READINGS and (surname.is_not_null() & first.is_not_null()).any():
            yield surname, first


def read_in_kana(names: pl.Series, *, of_given: bool) -> list[pl.Series]:
    """Return how family names, or given names, in kanji may be read: first, second, … reading of each.

    Args:
        names: shadows.
        of_given: whether they are given names.
    """
    return _looked_up(names.str.strip_chars(), _readings()[of_given])


def in_katakana(shadows: pl.Series) -> pl.Series:
    """Return texts with katakana for hiragana."""
    return shadows.str.replace_many(_HIRAGANA, _KATAKANA)


def in_hiragana(shadows: pl.Series) -> pl.Series:
    """Return texts with hiragana for katakana."""
    return shadows.str.replace_many(_KATAKANA, _HIRAGANA)


def _is_known(names: pl.Series, known: Collection[str]) -> pl.Series:
    """Return which texts are known; the same few names are borne by many."""
    some = [name for name in names.unique().drop_nulls() if name in known]
    return names.is_in(pl.Series(some, dtype=pl.String).implode()).fill_null(value=False)


def _looked_up(names: pl.Series, known: Mapping[str, tuple[str, ...]]) -> list[pl.Series]:
    """Return the first, second, … reading of each name; the same few names are borne by many."""
    distinct = names.unique().drop_nulls()
    read = [known.get(name, ()) for name in distinct]
    orders = [f"{i}" for i in range(_MOST_READINGS)]
    columns = {of: [r[i] if len(r) > i else None for r in read] for i, of in enumerate(orders)}
    frame = pl.DataFrame({"name": distinct, **columns}, schema_overrides=dict.fromkeys(orders, pl.String))
    found = pl.DataFrame({"name": names}).join(frame, on="name", how="left", maintain_order="left")
    return [found[of] for of in orders]


@cache
def _readings() -> tuple[Mapping[str, tuple[str, ...]], Mapping[str, tuple[str, ...]]]:
    """Return family names and given names with their readings, as shadows write them."""
    one, other = map(_spelled, name_kanji())
    return one, other


@cache
def _kanji() -> tuple[Collection[str], Collection[str]]:
    one, other = (frozenset(names) for names in _readings())
    return one, other


@cache
def _kana() -> tuple[Collection[str], Collection[str]]:
    one, other = (frozenset(name.replace("ー", "-") for name in names) for names in name_readings())
    return one, other


def _spelled(names: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
    """Return names as shadows write them; variants that are one there have the readings of all."""
    found: dict[str, dict[str, None]] = {}
    for name, read in zip(spelled(pa.array([*names])), names.values(), strict=True):
        found.setdefault(name, {}).update(dict.fromkeys(read))
    return {name: tuple(read) for name, read in found.items()}
