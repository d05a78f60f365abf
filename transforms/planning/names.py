"""Names, titles and labels are published too: no code, contact or person may stand in them.

A pivoted table, with people for columns, has some. Titles of deleted columns stand in report and register.
Names of the people of the files are sought after pass 1 (`profile/released_words`), those of anybody here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

import pyarrow as pa

from tokumei.schemas.column import Column
from tokumei.schemas.column_names import roles_of
from tokumei.schemas.errors import PolicyError
from tokumei.schemas.table import Table
from tokumei.schemas.tables import column_words, impersonal_words
from tokumei.transforms.detect.as_named import are_full_names
from tokumei.transforms.detect.names import kinds_of
from tokumei.transforms.detect.shadow import spelled
from tokumei.transforms.planning.name_columns import labels_of

# Kanji, with a space or without, as names of people are written; what ends in these is a town or a station.
_PERHAPS_PERSON = re.compile(
    r"[一-龥々ヶ]{1,4}[ ・][一-龥々ぁ-ゖァ-ヶー]{1,5}|[一-龥々ヶ]{2,4}[一-龥々ぁ-ゖァ-ヶー]{2,4}"
    r"|[ァ-ヶー]{2,6}[ ・][ァ-ヶー]{2,6}"
)
_OF_PERSON = "the name of a person"
_TITLE = re.compile(" ?(?:様|さん|さま|氏|殿|先生)$")
_PLACE = re.compile("[東西南北上中下市区町村郡郷通条浜原沢山川島田野駅橋]$")


def refuse_codes_in_names(tables: Mapping[str, Table]) -> None:
    """Check what is published of columns beside their cells, but for those with ``codes_allowed``.

    Raises:
        PolicyError: column.code_in_name, telling the column by its place.
    """
    for of_table, table in tables.items():
        told = [
            (place, what, text)
            for place, (name, column) in enumerate(table.columns.items(), start=1)
            if column.codes_allowed is None
            for what, text in _published(name, column)
        ]
        told = [
            (place, what, text)
            for place, what, text in [(0, "title", table.title or ""), *told]
            if _perhaps(text)
        ]
        for (place, what, _), kind in zip(told, kinds_of([text for _, _, text in told]), strict=True):
            if kind is not None:
                raise PolicyError(
                    "column.code_in_name",
                    where=f"tables.{of_table}" + (f".columns, number {place} of them" if place else ""),
                    what=f"its {what}, which is released with the data, holds: {kind}",
                    fix="rename it; where columns are people, turn the table so that each has a record",
                )


def refuse_people_in_names(tables: Mapping[str, Table]) -> None:
    """Check that no column is called like a person, but for those with ``source_values_allowed``.

    Raises:
        PolicyError: column.person_in_name, telling the column by its place.
    """
    for of_table, table in tables.items():
        told = [
            (place, what, text)
            for place, (name, column) in enumerate(table.columns.items(), start=1)
            if column.source_values_allowed is None
            for what, text in (("name", name if column.released else None), ("title", column.title))
            if text and _perhaps_person(text)
        ]
        if not told:
            continue
        found = _are_people([text for _, _, text in told])
        for place, what, _ in (row for row, person in zip(told, found, strict=True) if person):
            raise PolicyError(
                "column.person_in_name",
                where=f"tables.{of_table}.columns, number {place} of them",
                what=f"its {what}, which report and register tell, reads like {_OF_PERSON}",
                fix="rename it; where columns are people, turn the table so that each has a record; if it is"
                " nobody, say so there with source_values_allowed: {because: …}",
            )


def telling_names(names: Sequence[str]) -> dict[int, str]:
    """Return which names of columns tell of somebody, by their place from 1 on, and what they are.

    Args:
        names: of columns, which nobody has looked at yet.
    """
    people = [i for i, name in enumerate(names) if _perhaps_person(name)]
    found = _are_people([names[i] for i in people])
    told = {i + 1: _OF_PERSON for i, person in zip(people, found, strict=True) if person}
    coded = [i for i, name in enumerate(names) if _perhaps(name)]
    kinds = kinds_of([names[i] for i in coded])
    return told | {i + 1: kind for i, kind in zip(coded, kinds, strict=True) if kind is not None}


def _are_people(texts: Sequence[str]) -> list[bool]:
    plain = [_TITLE.sub("", text.strip()) for text in texts]
    return are_full_names(spelled(pa.array(plain, pa.string()))).to_list()


def _published(name: str, column: Column) -> Iterator[tuple[str, str]]:
    """Yield what is published of a column beside its cells: names, title and what replaces values."""
    if column.released:
        yield "name", name
    if column.title:
        yield "title", column.title
    if column.released_as:
        yield "released_as", column.released_as
    stated = [step.model_dump(mode="json", exclude_defaults=True) for step in column.treat]
    yield from (("label", label) for label in labels_of(stated))


def _perhaps(text: str) -> bool:
    """Whether a name may hold something: few names have two digits, or signs of an address."""
    return sum(map(str.isnumeric, text)) > 1 or not {"@", "＠", "/", "／", "\\", "%"}.isdisjoint(text)


def _perhaps_person(text: str) -> bool:
    """Whether a name is written like that of a person, and no word of names of columns is in it."""
    plain = _TITLE.sub("", unicodedata.normalize("NFKC", text).strip())
    if _PERHAPS_PERSON.fullmatch(plain) is None or _PLACE.search(plain) or roles_of(text):
        return False
    return not any(word in plain for word in _words())


@cache
def _words() -> frozenset[str]:
    """The words of names of columns that are in Japanese, of two letters and more."""
    words = {row.word for row in column_words()} | {row.word for row in impersonal_words()}
    return frozenset(word for word in words if len(word) > 1 and not word.isascii())
