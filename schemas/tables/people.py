"""How names of people are written and read: tables of family names and given names."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from tokumei.schemas.tables import read_rows


@cache
def name_readings() -> tuple[frozenset[str], frozenset[str]]:
    """Return how Japanese surnames are read, and how given names are, in katakana."""
    surnames, given_names = (frozenset(row["readings"].split()) for row in read_rows("name_readings.csv"))
    return surnames, given_names


@cache
def name_kanji() -> tuple[Mapping[str, tuple[str, ...]], Mapping[str, tuple[str, ...]]]:
    """Return surnames in kanji → how they are read, in katakana, and given names as well."""
    found: dict[str, dict[str, tuple[str, ...]]] = {"surname": {}, "given": {}}
    for row in read_rows("name_kanji.csv"):
        of_kind = found[row["kind"]]
        for written in row["written"].split():
            of_kind[written] = (*of_kind.get(written, ()), row["reading"])
    return MappingProxyType(found["surname"]), MappingProxyType(found["given"])
