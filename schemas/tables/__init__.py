"""Public reference tables of Japan as package data: municipalities, prefectures, eras, area codes.

Every table is a small UTF-8 file beside this module; `README.md` there names sources and licences.
The loaders read each file once per process and return immutable values. No Beam, no network.
"""

from __future__ import annotations

import csv
import datetime
import unicodedata
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# Hiragana → katakana, by code point, as `str.translate` takes it.
KATAKANA = MappingProxyType({code: code + 0x60 for code in range(ord("ぁ"), ord("ゖ") + 1)})


class Municipality(NamedTuple):
    """One municipality, ward of a designated city, or designated city as a whole.

    Attributes:
        code: five-digit local-government code (JIS X 0402), without check digit.
        prefecture: 都道府県, for example ``神奈川県``.
        county: the part people leave out: 郡, or the island in 三宅島三宅村; empty for cities and wards.
        name: the rest, for example ``大井町``, ``横浜市青葉区`` or ``横浜市``.
        county_alone: ``county + name`` points to this place when no prefecture is written.
        name_alone: ``name`` points to this place when neither prefecture nor county is written.
    """

    code: str
    prefecture: str
    county: str
    name: str
    county_alone: bool
    name_alone: bool

    @property
    def local(self) -> str:
        """Return the name below the prefecture, as KEN_ALL writes it."""
        return self.county + self.name

    @property
    def full(self) -> str:
        """Return prefecture and name together: ``神奈川県足柄上郡大井町``."""
        return self.prefecture + self.county + self.name


class FormerMunicipality(NamedTuple):
    """One municipality that is no more.

    Attributes:
        prefecture: 都道府県.
        name: without its county: ``富谷町``.
        year: of the change.
        today: what it belongs to, below the prefecture: ``富谷市``.
    """

    prefecture: str
    name: str
    year: str
    today: str


class ColumnWord(NamedTuple):
    """One word in names of columns.

    Attributes:
        part: what it does there; ``README.md`` beside the table tells what each means.
        role, kind: what the column holds by it; empty for words that only stand beside such.
        word: in one spelling; kana, width, case and separators do not matter.
    """

    part: str
    role: str
    kind: str
    word: str


class ImpersonalWord(NamedTuple):
    """One word in names of columns that is about no person.

    Attributes:
        holds: what the column holds by it: time, quantity, item, observable, place, key, position, category;
            empty of a word that only gives a title.
        title: in Japanese, for who reads the policy.
        word: without separators; case and width do not matter.
    """

    holds: str
    title: str
    word: str


class Era(NamedTuple):
    """One 元号 and the civil days that may be written with it.

    Attributes:
        name: ``昭和``.
        letter: ``S``.
        short: ``昭``.
        first_year: Gregorian year of 元年.
        first_day: first day accepted.
        last_day: last day accepted; `datetime.date.max` for the present era.
    """

    name: str
    letter: str
    short: str
    first_year: int
    first_day: datetime.date
    last_day: datetime.date


def read_rows(name: str) -> Iterator[dict[str, str]]:
    """Return the rows of a table by the names of its columns."""
    text = resources.files(__name__).joinpath(name).read_text(encoding="utf-8")
    return csv.DictReader(text.splitlines())


@cache
def municipalities() -> tuple[Municipality, ...]:
    """Return all municipalities in code order.

    Returns:
        Municipalities and wards as in KEN_ALL, plus the 20 designated cities (政令指定都市) as a whole.
        Source: Japan Post KEN_ALL, see README.md.
    """
    return tuple(
        Municipality(
            row["code"],
            row["prefecture"],
            row["county"],
            row["name"],
            row["county_alone"] == "1",
            row["name_alone"] == "1",
        )
        for row in read_rows("municipalities.csv")
    )


@cache
def former_municipalities() -> tuple[FormerMunicipality, ...]:
    """Return municipalities that were renamed, made a city or merged, and what they are today.

    Each name stood once in its prefecture, whatever its county; names that stood twice are left out.
    """
    return tuple(FormerMunicipality(**row) for row in read_rows("former_municipalities.csv"))


@cache
def readings() -> tuple[tuple[str, str], ...]:
    """Return prefecture and name of each municipality in half-width kana, in code order."""
    return tuple((row["prefecture"], row["name"]) for row in read_rows("readings.csv"))


@cache
def town_areas() -> Mapping[str, tuple[str, ...]]:
    """Return code → how the names of its areas begin, folded, for towns and villages with a unique name."""
    return MappingProxyType({row["code"]: tuple(row["areas"].split()) for row in read_rows("town_areas.csv")})


@cache
def regions() -> Mapping[str, str]:
    """Return prefecture → region (地方) for the 47 prefectures, in code order."""
    return MappingProxyType({row["prefecture"]: row["region"] for row in read_rows("prefectures.csv")})


@cache
def address_hierarchy() -> tuple[tuple[str, str, str], ...]:
    """Return ``(city, prefecture, region)`` for every municipality, in code order.

    Returns:
        Rows such as ``("神奈川県伊勢原市", "神奈川県", "関東")``; the first element is exactly what
        `tokumei.transforms.values.addresses.generalize_addresses` writes at city level, and is unique.
    """
    return tuple((m.full, m.prefecture, regions()[m.prefecture]) for m in municipalities())


@cache
def eras() -> tuple[Era, ...]:
    """Return the eras from 明治 to 令和, oldest first.

    The days are those of 太政官布告第337号 (1872; the Gregorian calendar starts on 明治6年1月1日), the
    edicts of 1912-07-30 and 1926-12-25, 昭和64年政令第1号 and 平成31年政令第143号. Both edicts rename a
    day already begun, so that day belongs to both eras. 明治1–5年 is lunisolar and not accepted.
    """
    return tuple(
        Era(
            row["name"],
            row["letter"],
            row["short"],
            int(row["first_year"]),
            datetime.date.fromisoformat(row["first_day"]),
            datetime.date.fromisoformat(row["last_day"]) if row["last_day"] else datetime.date.max,
        )
        for row in read_rows("eras.csv")
    )


@cache
def area_codes() -> Mapping[str, str]:
    """Return the leading digits of a landline number → its 市外局番.

    Returns:
        A prefix-free mapping, for example ``"0463" → "0463"`` and ``"0429…" → "04"``; every geographic
        number begins with exactly one key. Source: see README.md.
    """
    return MappingProxyType({row["prefix"]: row["area_code"] for row in read_rows("area_codes.csv")})


@cache
def variant_groups() -> tuple[str, ...]:
    """Return groups of characters that are spellings of one another in names of places and people.

    Returns:
        Strings such as ``"ケヶヵがガ箇个"``; every group's first character stands for the group.
    """
    text = resources.files(__name__).joinpath("variants.txt").read_text(encoding="utf-8")
    return tuple(text.split())


@cache
def place_folding() -> tuple[list[str], list[str]]:
    """Return variant characters of names of places, and beside each the one that stands for its group."""
    return [chr(code) for code in _folding()], list(_folding().values())


@cache
def kanji_variants() -> tuple[list[str], list[str]]:
    """Return old forms (旧字体) and variants (異体字) of kanji, and beside each what stands for it."""
    kanji = [group for group in variant_groups() if group[0] >= "\u4e00"]
    pairs = [(other, group[0]) for group in kanji for other in group[1:]]
    return [other for other, _ in pairs], [first for _, first in pairs]


@cache
def code_words() -> Mapping[str, tuple[str, ...]]:
    """Return the words before numbers of a person, by kind of number; the short ones of daily use too."""
    rows = list(read_rows("code_words.csv"))
    kinds = dict.fromkeys(row["kind"] for row in rows)
    return MappingProxyType({kind: tuple(r["word"] for r in rows if r["kind"] == kind) for kind in kinds})


@cache
def sentence_words() -> Mapping[str, str]:
    """Return word → what it says of the name beside it: ``honorific``, ``company_after`` …; see README.md."""
    return MappingProxyType({row["word"]: row["kind"] for row in read_rows("sentence_words.csv")})


@cache
def column_words() -> tuple[ColumnWord, ...]:
    """Return the words of which names of columns are made; those of ``code_words`` are not repeated."""
    return tuple(ColumnWord(**row) for row in read_rows("column_words.csv"))


@cache
def impersonal_words() -> tuple[ImpersonalWord, ...]:
    """Return the words of names of columns that are about no person, with their titles."""
    return tuple(ImpersonalWord(**row) for row in read_rows("impersonal_words.csv"))


@cache
def plate_offices() -> tuple[str, ...]:
    """Return the places that stand on number plates (地域名表示)."""
    return tuple(resources.files(__name__).joinpath("plate_offices.txt").read_text(encoding="utf-8").split())


@cache
def _folding() -> dict[int, str]:
    return {ord(other): group[0] for group in variant_groups() for other in group[1:]}


class _Folded(dict[int, str | None]):
    """By code point, what a character is folded to (None: it is invisible), worked out when asked for."""

    def __missing__(self, code: int) -> str | None:
        char = _folding().get(code, chr(code))
        self[code] = found = None if is_invisible(char) else char
        return found


_folded = _Folded()
_BETWEEN = "\ue000"  # of private use: composes with nothing, and stands for nothing


def is_invisible(char: str) -> bool:
    """Return whether a character carries no meaning in a place name: space, control, variation selector."""
    return unicodedata.category(char) in {"Zs", "Zl", "Zp", "Cc", "Cf"} or (
        "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"
    )


def fold_place_name(text: str) -> str:
    """Return the form in which two spellings of one place name are equal.

    Args:
        text: a place name or address in any spelling.

    Returns:
        The text after NFKC, without spaces and variation selectors, each character replaced by the first
        of its variant group. For comparison only, never for output.
    """
    return unicodedata.normalize("NFKC", text).translate(_folded)


def fold_place_names(texts: Iterable[str]) -> list[str]:
    """Return what `fold_place_name` makes of each of many texts, sooner; none may hold U+E000."""
    return fold_place_name(_BETWEEN.join(texts)).split(_BETWEEN)
