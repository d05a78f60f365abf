"""Coarsen Japanese addresses to municipality or prefecture (住所 → ○○県△△市).

規則62条 (private sector: 34条) 1号 and the guideline's first example replace an address by 「○○県△△市」. The
address is read from its beginning by a character automaton over the municipality table. What that does not
understand is read again without what may stand before an address, as a former name, and as kana. A wrong
place is worse than a blank.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Literal

import numpy as np
import polars as pl
import pyarrow as pa

from tokumei.schemas.tables import place_folding, town_areas
from tokumei.transforms.values.place_automaton import NOWHERE
from tokumei.transforms.values.place_spellings import kana_automaton, kanji_automaton, places
from tokumei.transforms.values.text import plain_column, spread, strings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

_SPACE = r"[\s\p{Cf}]"
_POSTAL = r"(?i)^(?:〒|郵便番号|[\s(\[「【<:.])*[0-9]{3}[-\s]?[0-9]{4}[\s)\]」】>,、:.]*"
_COUNTRY = r"(?i)^[\s(\[「【<・,、.:]*(?:日本国|日本|japan)[\s)\]」】>・,、.:]*"
_LABEL = r"^[\s(\[「【<・,、.:〒]*(?:(?:現?住所|所在地)[\s)\]」】>・,、.:]*)?"
_PREFECTURE = r"^(京都府|.{2,3}?[都道府県縣])"
_COUNTY = r"^(?:[^0-9市区町村都道府県郡]{1,5}|[東西南北]村山|余市|高市|小県|山県|郡上)郡"
_KANA = r"^[\s\p{Cf}]*[\p{Katakana}\p{Hiragana}]"


def generalize_addresses(values: pa.StringArray, level: Literal["city", "prefecture"]) -> pa.StringArray:
    """Replace addresses by their municipality or their prefecture.

    Args:
        values: addresses; any string type, dictionary-encoded included.
        level: ``city`` writes prefecture, county and municipality, with the ward in designated cities;
            ``prefecture`` writes the prefecture alone.

    Returns:
        Names in the spelling of the municipality table, null where the address is null or not understood.

        * The longest name at the beginning of the address counts. Nothing is searched further inside. Postal
          code, country and brackets before it are passed over, and a prefecture that stands there twice.
        * The county (郡) may be left out after the prefecture, when the rest is unique there; and the last
          character of the prefecture before a municipality of it (東京千代田区).
        * The prefecture may be left out when the name is unique in Japan, wards counted too; a town or
          village without its county must besides not be a district of another municipality, nor have had a
          namesake, and be followed by one of its own areas. 府中市, 中央区 and 栄町 alone are null, and so
          are 鹿嶋市 and 鹿島市, which are variants of each other.
        * A former municipality is the one that it has become (`former_municipalities`), after its prefecture.
        * In kana the prefecture must be there.
        * A designated city without a known ward gives the city. A prefecture followed by nothing known is
          null at city level and the prefecture at prefecture level.
    """
    texts = strings(values)
    target = kanji_automaton().find(texts)
    names = places()
    _check_alone(texts, target)
    unread = np.flatnonzero((target == NOWHERE) | _only_prefecture(target))
    if len(unread):
        target[unread] = _again(texts.take(pa.array(unread)), target[unread])
    return spread(names.cities if level == "city" else names.prefectures, target)


def _only_prefecture(target: Ints) -> NDArray[np.bool_]:
    names = places()
    found: NDArray[np.bool_] = (target >= names.first_prefecture) & (target < names.first_alone)
    return found


def _again(texts: pa.StringArray, target: Ints) -> Ints:
    """Read addresses again of which nothing, or the prefecture alone, was understood."""
    found = target.copy()
    plain = plain_column(texts)
    nowhere = np.flatnonzero(found == NOWHERE)
    if len(nowhere):
        begun = plain.gather(pl.Series(nowhere))
        stripped = begun.str.replace(_COUNTRY, "").str.replace(_POSTAL, "")
        stripped = stripped.str.replace(_COUNTRY, "").str.replace(_LABEL, "")
        plain = plain.scatter(nowhere, stripped)
        found[nowhere] = _find(stripped)
    known = np.flatnonzero(_only_prefecture(found))
    if len(known):
        found[known] = _after_prefecture(plain.gather(pl.Series(known)), found[known])
    kana = np.flatnonzero((found == NOWHERE) & plain.str.contains(_KANA).fill_null(value=False).to_numpy())
    if len(kana):
        found[kana] = kana_automaton().find(_strings(plain.gather(pl.Series(kana))))
    return found


def _after_prefecture(texts: pl.Series, target: Ints) -> Ints:
    """Read what follows a prefecture: itself again, or a former municipality behind its county."""
    names = places()
    compact = texts.str.replace_all(_SPACE, "")
    rest = compact.str.replace(_PREFECTURE, "")
    again = _find(rest)
    same = (again != NOWHERE) & ~_only_prefecture(again)
    same &= (names.prefectures.take(pa.array(np.maximum(again, 0)))).to_numpy(zero_copy_only=False) == (
        names.prefectures.take(pa.array(target)).to_numpy(zero_copy_only=False)
    )
    twice = rest.str.contains(_PREFECTURE).to_numpy()
    prefecture = pl.Series(names.prefectures.take(pa.array(target)))
    without = prefecture + rest.str.strip_prefix(prefecture).str.replace(_COUNTY, "")
    former = kanji_automaton().find(_strings(without))
    found = np.where(same & twice, again, target)
    return np.where(former >= names.first_former, former, found)


def _find(texts: pl.Series) -> Ints:
    plain = _strings(texts)
    target = kanji_automaton().find(plain)
    _check_alone(plain, target)
    return target


def _check_alone(texts: pa.StringArray, target: Ints) -> None:
    """Take towns and villages named alone for nowhere, unless one of their areas follows; in place."""
    names = places()
    rows = np.flatnonzero((target >= names.first_alone) & (target < names.first_former))
    if not len(rows):
        return
    which = target[rows] - names.first_alone
    old, new = place_folding()
    folded = plain_column(texts.take(pa.array(rows))).str.replace_all(_SPACE, "").str.replace_many(old, new)
    frame = pl.DataFrame({"text": folded, "size": np.array(names.lengths)[which], "place": which})
    begin = pl.col("text").str.slice(pl.col("size")).str.replace("^大?字", "").str.head(2)
    # An area of one character is followed by a number.
    begin = begin.str.replace("[0-9-]$", "")
    known = frame.select("place", area=begin).join(_areas(), on=["place", "area"], how="left")["known"]
    target[rows[known.is_null().to_numpy()]] = NOWHERE


@cache
def _areas() -> pl.DataFrame:
    areas = town_areas()
    rows = [(place, area, True) for place, code in enumerate(places().codes) for area in areas.get(code, ())]
    return pl.DataFrame(
        rows, schema={"place": pl.Int64, "area": pl.String, "known": pl.Boolean}, orient="row"
    )


def _strings(texts: pl.Series) -> pa.StringArray:
    return strings(texts.to_arrow())
