"""Planted cases of a record's own values, in the forms in which the leak search would find them."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from functools import cache

import polars as pl

from tokumei.schemas.tables import eras
from tokumei.transforms.detect.written_otherwise import romaji, sounds
from tokumei.transforms.redaction.draws import Draws
from tokumei.transforms.redaction.own_columns import OwnColumn
from tokumei.transforms.redaction.planted_kinds import (
    MAIL,
    NAMES,
    UPPER,
    PlantedKind,
    a_day,
    made_up_place,
    mail_address,
    mobile,
    people_of_faker,
    unheard_of,
)
from tokumei.transforms.redaction.spellings import GROUPED, PLAIN, Spelling

_KANJI = str.maketrans("0123456789", "〇一二三四五六七八九")


def own_kinds(column: OwnColumn) -> Iterator[PlantedKind]:
    """Yield the kinds of the values of a column, as its name tells."""
    if column.born:
        yield PlantedKind("本人の値（生年月日）", _born, spellings=_BORN)
    elif column.places:
        yield PlantedKind("本人の値（住所）", made_up_place, spellings=PLAIN)
    elif column.names:
        yield PlantedKind("本人の値（氏名など）", unheard_of, spellings=NAMES)
        yield PlantedKind("本人の値（氏名のローマ字）", _kana, spellings=_LATIN)
        yield PlantedKind("本人の値（電話）", mobile, spellings=_SPOKEN)
        yield PlantedKind("本人の値（メール）", mail_address, spellings=_MAIL)
    else:
        yield PlantedKind(
            "本人の値（そのほか）", lambda d: f"{d.letters(2, UPPER)}-{d.digits(6)}", spellings=PLAIN
        )


def _kana(draws: Draws) -> str:
    """Return a name in katakana that is long enough in Latin letters to be told from chance."""
    family, given = ([kana for kana in names if len(kana) > 2] for names in _romaji())
    return f"{draws.of(family)} {draws.of(given)}"


@cache
def _romaji() -> tuple[dict[str, str], dict[str, str]]:
    """Return how family names and given names in katakana are written in Latin letters, if rightly."""
    family, given = ({kana: latin for _, kana, latin in names} for names in people_of_faker())
    return _well_spelt(family), _well_spelt(given)


def _well_spelt(names: dict[str, str]) -> dict[str, str]:
    said = pl.Series([latin.upper() for latin in names.values()])
    same = sounds(romaji(pl.Series([*names]))) == sounds(said)
    return {kana: latin for (kana, latin), well in zip(names.items(), same, strict=True) if well}


def _in_latin(form: str) -> Spelling:
    def put(name: str) -> str:
        family, given = (names[part] for names, part in zip(_romaji(), name.split(), strict=True))
        return form.format(
            family=family, given=given, FAMILY=family.upper(), low=family.lower(), lown=given.lower()
        )

    return put


def _born(draws: Draws) -> str:
    return datetime.date(*a_day(draws)).isoformat()


def _dated(form: str) -> Spelling:
    def put(day: str) -> str:
        date = datetime.date.fromisoformat(day)
        era = next(e for e in sorted(eras(), key=lambda e: e.first_day, reverse=True) if e.first_day <= date)
        year = date.year - era.first_year + 1
        return form.format(date=date, era=era, of=year)

    return put


_LATIN: dict[str, Spelling] = {
    "as said": _in_latin("{given} {family}"),
    "in capitals": _in_latin("{FAMILY}, {given}"),
    "account": _in_latin("{low}.{lown}542"),
    "underscore": _in_latin("{lown}_{low}"),
    "closed up": _in_latin("{low}{lown}"),
    "mail": _in_latin("{low}.{lown}42 at example dot jp"),
}
_SPOKEN: dict[str, Spelling] = {
    **{
        name: GROUPED[name]
        for name in ("as written", "full width", "kanji", "long vowels", "dots", "brackets")
    },
    "particles": lambda text: text.replace("-", "の"),
    "particles and kanji": lambda text: text.replace("-", "の").translate(_KANJI),
}
_MAIL = {
    name: MAIL[name] for name in ("as written", "full width", "upper case", "at in brackets", "at and dot")
}
_BORN: dict[str, Spelling] = {
    "as written": str,
    "slashes": _dated("{date:%Y/%m/%d}"),
    "in Japanese": _dated("{date.year}年{date.month}月{date.day}日"),
    "era": _dated("{era.name}{of}年{date.month}月{date.day}日"),
    "letter of era": _dated("{era.letter}{of}.{date.month}.{date.day}"),
    "eight digits": _dated("{date:%Y%m%d}"),
    "in English": _dated("{date:%b} {date.day}, {date.year}"),
    "full width": PLAIN["full width"],
}
