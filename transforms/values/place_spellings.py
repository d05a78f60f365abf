"""What an address may begin with: every spelling of every place, in kanji and in kana.

Targets are numbers: the municipalities, then the prefectures, then the towns and villages that are named
alone, without prefecture and county (their own numbers, because more is asked of them), then the former
municipalities.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from tokumei.schemas.tables import (
    Municipality,
    fold_place_name,
    fold_place_names,
    former_municipalities,
    is_invisible,
    municipalities,
    readings,
    regions,
    variant_groups,
)
from tokumei.transforms.values.place_automaton import NOWHERE, PlaceAutomaton, build_automaton

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_ONE_BY_ONE = Lock()  # threads that begin together would else each build the same automaton
_KANA = re.compile("[\u3040-\u30ff]").search
_VOICED = "\u3099"  # the mark that turns カ into ガ
_MARKS = "\u3099\u309a\u309b\u309c"
_SMALL = dict(zip("ァィゥェォッャュョヮヵヶ", "アイウエオツヤユヨワカケ", strict=True))
# Vanished places with county and name of a present one in another prefecture.
_TWINS = ("那賀郡那賀町",)  # 和歌山県, until 2005; 徳島県, since 2005
_COMPATIBLE = (range(0x80), range(0xA0, 0x100), range(0x2000, 0x3400), range(0xF900, 0xFB00))
_WIDE = (range(0xFE00, 0x10000), range(0x2F800, 0x2FA20), range(0xE0000, 0xE01F0))


class Places(NamedTuple):
    """What targets are called.

    Attributes:
        cities: by target, the municipality; null for prefectures.
        prefectures: by target, the prefecture.
        first_prefecture, first_alone, first_former: the first target of each kind.
        lengths: by target from ``first_alone`` to ``first_former``, characters of its folded name.
        codes: and its code.
    """

    cities: pa.Array
    prefectures: pa.Array
    first_prefecture: int
    first_alone: int
    first_former: int
    lengths: tuple[int, ...]
    codes: tuple[str, ...]


@cache
def places() -> Places:
    """Return what targets are called."""
    table, prefectures, alone = municipalities(), list(regions()), _alone()
    present = {place.prefecture + place.local: place for place in table}
    today = [present[former.prefecture + former.today] for former in former_municipalities()]
    all_places = [*alone, *today]
    return Places(
        pa.array([p.full for p in table] + [None] * len(prefectures) + [p.full for p in all_places]),
        pa.array([p.prefecture for p in table] + prefectures + [p.prefecture for p in all_places]),
        len(table),
        len(table) + len(prefectures),
        len(table) + len(prefectures) + len(alone),
        tuple(len(fold_place_name(p.name)) for p in alone),
        tuple(p.code for p in alone),
    )


def kanji_automaton() -> PlaceAutomaton:
    """Return the automaton of the places as they are written, in all variants of characters."""
    with _ONE_BY_ONE:
        return _kanji_automaton()


@cache
def _kanji_automaton() -> PlaceAutomaton:
    variants = (ord(char) for group in variant_groups() for char in group)
    characters = (*variants, *(code for block in (*_COMPATIBLE, *_WIDE) for code in block))
    keys = {form: target for key, target in _spellings().items() for form in _decomposed(key)}
    return build_automaton(keys, characters, _fold_kanji)


@cache
def kana_automaton() -> PlaceAutomaton:
    """Return the automaton of prefecture and municipality in kana of any kind, voicing marks left out."""
    table = municipalities()
    number = {name: index for index, name in enumerate(regions(), start=len(table))}
    keys: dict[str, int] = {}
    for target, (place, reading) in enumerate(zip(table, readings(), strict=True)):
        prefecture, name = (_fold_text(part) for part in reading)
        for key in {prefecture + name, prefecture + name.rpartition("クン")[2] if place.county else ""}:
            keys[key] = target if keys.get(key, target) == target else number[place.prefecture]
        keys[prefecture] = number[place.prefecture]
    keys.pop("", None)
    kana = (
        range(0x3040, 0x3100),
        range(0xFF61, 0xFFA0),
        range(0x80),
        range(0x2000, 0x2070),
        range(0x3000, 0x3004),
    )
    return build_automaton(
        keys, (code for block in kana for code in block), lambda chars: map(_fold_kana, chars)
    )


@cache
def _alone() -> tuple[Municipality, ...]:
    """Return the towns and villages that may be named alone: none that has had a namesake anywhere."""
    vanished = {fold_place_name(former.name) for former in former_municipalities()}
    return tuple(
        place
        for place in municipalities()
        if place.name_alone and place.name[-1] in "町村" and fold_place_name(place.name) not in vanished
    )


def _spellings() -> Mapping[str, int]:
    """Return folded key → target for everything an address may begin with."""
    table, formers = municipalities(), former_municipalities()
    number = {name: index for index, name in enumerate(regions(), start=len(table))}
    alone = {place.code: target for target, place in enumerate(_alone(), start=len(table) + len(number))}
    # None of them begins with what would compose with the one before it: parts can be folded apart.
    names = fold_place_names(place.name for place in table)
    locals_ = fold_place_names(place.local for place in table)
    prefectures = dict(zip(number, fold_place_names(number), strict=True))
    keys: dict[str, int] = {}
    for target, (place, name, local) in enumerate(zip(table, names, locals_, strict=True)):
        # A name that may not stand alone is entered as "nowhere", so that no shorter one matches instead.
        small = place.name[-1] in "町村"
        keys[name] = (
            (alone.get(place.code, NOWHERE) if small else target)
            if place.name_alone
            else keys.get(name, NOWHERE)
        )
        if place.county:
            known = place.county_alone and place.local not in _TWINS
            keys[local] = target if known else keys.get(local, NOWHERE)
    of_old = zip(formers, fold_place_names(former.name for former in formers), strict=True)
    for target, (former, name) in enumerate(of_old, start=len(table) + len(number) + len(alone)):
        keys[prefectures[former.prefecture] + name] = target
        if former.name[-1] == "市":
            keys.setdefault(name, target)
    # 東京千代田区, 千葉市川市: without 都, 府 or 県.
    for prefixes in ({p: f[:-1] for p, f in prefectures.items() if p != "北海道"}, prefectures):
        for target, (place, name) in enumerate(zip(table, names, strict=True)):
            if place.prefecture in prefixes:
                key = prefixes[place.prefecture] + name
                twice = key in keys and keys[key] < len(table)
                keys[key] = number[place.prefecture] if twice else target
        for target, (place, local) in enumerate(zip(table, locals_, strict=True)):
            if place.prefecture in prefixes:
                keys[prefixes[place.prefecture] + local] = target
    keys.update({prefectures[name]: target for name, target in number.items()})
    return keys


def _decomposed(key: str) -> Iterator[str]:
    """Yield a key and, where it has voiced kana, the key with separate voicing marks.

    Half-width kana and NFD text write ガ and プ as two characters. ケ stands for が and ガ too.
    """
    yield key
    if _KANA(key) is None:  # as most
        return
    split = "".join(
        unicodedata.normalize("NFD", char) if "\u3040" <= char <= "\u30ff" else char for char in key
    )
    if split != key:
        yield split
    if "ケ" in key:
        yield split.replace("ケ", "カ" + _VOICED)
        yield split.replace("ケ", "か" + _VOICED)


def _fold_kanji(chars: Sequence[str]) -> list[str | None]:
    """Return NFKC and variant folding of characters, one by one."""
    folded = fold_place_names(chars)
    return [
        "" if is_invisible(char) else form if len(form) == 1 else None
        for char, form in zip(chars, folded, strict=True)
    ]


def _fold_kana(char: str) -> str | None:
    plain = unicodedata.normalize("NFKC", char)
    if char in "ﾞﾟ" or plain in _MARKS or is_invisible(char) or not plain.strip(_MARKS + " "):
        return ""
    base = unicodedata.normalize("NFD", plain)[0]
    base = chr(ord(base) + 0x60) if "ぁ" <= base <= "ゖ" else base
    return _SMALL.get(base, base)


def _fold_text(text: str) -> str:
    return "".join(_fold_kana(char) or "" for char in text)
