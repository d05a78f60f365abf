"""Whether values look like what the name of their column says; a whole cell, not something inside it.

It refutes an answer, and raises nothing by itself: a column called 在留カード whose reason says that it holds
days is not believed where its cells read AB12345678CD. Forms are those of 施行規則2条～4条 and of daily use.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

import polars as pl
import pyarrow as pa

from tokumei.schemas.column_names import Role
from tokumei.schemas.tables import KATAKANA
from tokumei.schemas.tables.people import name_readings
from tokumei.transforms.detect.contacts import contacts
from tokumei.transforms.detect.shadow import number_shadow

_KANJI, _KANA = r"[\p{Han}々ヶ]", r"[\p{Hiragana}\p{Katakana}-]"
_PLACE = r"[都道府県市区町村郡]$"
_BODY = (
    r"^(?:[ACGTUN]{12,}[0-9]*|(?:0X)?(?:[0-9A-F]{2}[ :-]?){16,}|[A-Z0-9+/_-]{40,}={0,2}"
    r"|[A-Z]{0,6}[0-9A-F]{32,}|[\[(]? ?-?[0-9]+\.[0-9]+(?:[,; ]+-?[0-9]+\.[0-9]+)+ ?[\])]?)$"
)
# By role, and by kind where there are several.
_FORMS: Mapping[tuple[Role, str | None], str] = {
    (Role.CODE, "my_number"): r"^(?:[0-9][ -]?){12}$",
    (Role.CODE, "residence"): r"^(?:[0-9][ -]?){11}$",
    (Role.CODE, "pension"): r"^[0-9]{4}[ -]?[0-9]{6}$",
    (Role.CODE, "licence"): r"^第?(?:[0-9][ -]?){12}号?$",
    (Role.CODE, "passport"): r"^[A-Z]{2} ?[0-9]{7}$",
    (Role.CODE, "residence_card"): r"^[A-Z]{2} ?[0-9]{8} ?[A-Z]{2}$",
    (Role.CODE, "employment"): r"^[0-9]{4}[ -]?[0-9]{6}[ -]?[0-9]$",
    (Role.CODE, "insurance"): r"^.{0,8}?[0-9][0-9 ・.-]{3,}$",
    (Role.BIOMETRICS, None): _BODY,
    (
        Role.NAME,
        None,
    ): rf"^(?:{_KANJI}{{1,4}}[ ・](?:{_KANJI}|{_KANA}){{1,5}}|[A-Z][A-Z'-]+,? [A-Z][A-Z'-]+)$",
    (Role.KANA, None): rf"^{_KANA}{{2,8}} {_KANA}{{2,8}}$",
    (
        Role.ADDRESS,
        None,
    ): r"丁目|番地|[0-9]番|[0-9]号|[0-9] ?- ?[0-9]|\P{ASCII}[0-9]+$|^[0-9]+[ ,].+(?:ST|RD|AVE)",
    (Role.IDENTIFIER, "bank"): r"^\D{0,8}[0-9]{7,8}$",
    (Role.IDENTIFIER, "card"): r"^(?:[0-9][ -]?){14,16}$",
    (
        Role.IDENTIFIER,
        "device",
    ): r"^(?:[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}|[0-9]{14,16}|[0-9A-F]{16,})$",
    (Role.BIRTH, "date"): r"^(?:18|19|20)[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[2-9]|[12][0-9]|3[01])",
}
_PERSON = re.compile("[姓独両共森] ?[名単両共]|姓|名")  # by the letters of `words`
_FULL = re.compile("[姓独両森] ?[名単共桜]|名 [姓独両]")  # a surname and a given name
_CONTACTS = frozenset({Role.CONTACT, Role.IDENTIFIER})


def looks_as_named(role: Role, kind: str | None, cells: pl.Series) -> pl.Series:
    """Return which texts look like what a name says; nothing looks like what has no form of its own.

    Args:
        role: what the name says, as `roles_of` gives it.
        kind: and which of its kind.
        cells: texts without null.
    """
    texts = number_shadow(pa.array(cells.to_list(), pa.string()))
    form = _FORMS.get((role, kind))
    found = texts.str.contains(form) if form is not None else texts.is_null()
    if role in {Role.NAME, Role.ADDRESS}:
        found &= ~texts.str.contains(_PLACE)
    if role in {Role.NAME, Role.KANA}:
        found |= pl.Series(_named_people(texts) if role == Role.NAME else [_is_kana_name(t) for t in cells])
    if role in _CONTACTS:
        for look in contacts():
            found |= look.holding(texts)
    return found


def are_full_names(texts: pl.Series) -> pl.Series:
    """Return which texts are a surname and a given name, as the dictionary reads them, or apart in kana.

    Args:
        texts: shadows without null.
    """
    texts = texts.str.replace_all(r"[\s・･]+", " ")
    read = _letters_of(texts)
    surnames, given = name_readings()
    halves = (text.translate(KATAKANA).replace("-", "ー").split(" ") for text in texts)
    return pl.Series(
        _FULL.fullmatch(letters) is not None or (len(half) == 2 and half[0] in surnames and half[1] in given)
        for letters, half in zip(read, halves, strict=True)
    ).cast(pl.Boolean)


def _named_people(texts: pl.Series) -> list[bool]:
    """Return which texts are a surname, a given name or both, as the dictionary reads them."""
    return [_PERSON.fullmatch(letters) is not None for letters in _letters_of(texts)]


def _letters_of(texts: pl.Series) -> list[str]:
    """Return how the words of each text are read, a letter a word (`letters`)."""
    from tokumei.transforms.detect.words import words_of  # its dictionary is loaded here

    return words_of(texts.to_list()).letters.split("\n")[: len(texts)]


def _is_kana_name(text: str) -> bool:
    """Return whether a reading of a surname stands before one of a given name."""
    kana = unicodedata.normalize("NFKC", text).translate(KATAKANA).replace(" ", "")
    surnames, given = name_readings()
    return any(kana[:end] in surnames and kana[end:] in given for end in range(1, len(kana)))
