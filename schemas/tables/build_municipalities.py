"""Regenerate `municipalities.csv` from Japan Post's KEN_ALL.

Usage: ``python -m tokumei.schemas.tables.build_municipalities KEN_ALL.zip``
"""

from __future__ import annotations

import argparse
import csv
import io
import re
import zipfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from tokumei.schemas.tables import Municipality, fold_place_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

_CODE, _PREFECTURE, _CITY, _TOWN = 0, 6, 7, 8
_COUNTY = re.compile(r"(.+?郡|.+?島)(.+[町村])")
_WARD = re.compile(r"(.+市)(.+区)")


def read_ken_all(path: Path) -> list[tuple[str, str, str, str]]:
    """Return ``(code, prefecture, city, town)`` of every line of a KEN_ALL archive (CP932)."""
    with zipfile.ZipFile(path) as archive:
        text = archive.read(archive.namelist()[0]).decode("cp932")
    rows = csv.reader(io.StringIO(text))
    return [(row[_CODE], row[_PREFECTURE], row[_CITY], row[_TOWN]) for row in rows]


def build_municipalities(lines: Iterable[tuple[str, str, str, str]]) -> list[Municipality]:
    """Return the municipality table.

    Args:
        lines: ``(code, prefecture, city, town)`` as given by `read_ken_all`. A town written over several
            lines needs no joining here: only the beginning of its name matters.

    Returns:
        Municipalities in code order, designated cities included. A name may stand alone, without its
        prefecture, only when no other municipality or ward has it after folding variant spellings. A
        town or village without its county must besides differ from the beginning of every town name of
        other municipalities: 栄町 is one municipality, but a district of many cities.

    Raises:
        ValueError: two municipalities of one prefecture fold to the same name, so that the variant table
            would mix them up.
    """
    cities: dict[tuple[str, str, str], None] = {}
    towns: dict[tuple[str, str], None] = {}
    for code, prefecture, city, town in lines:
        cities[code, prefecture, city] = None
        towns[code, fold_place_name(town)] = None
    places = sorted({*cities, *_designated(cities)})
    _check_distinct([prefecture + fold_place_name(city) for _, prefecture, city in places])

    bearers: Counter[str] = Counter()
    for _, _, city in places:
        county, name = _split(city)
        ward = _WARD.fullmatch(name)
        bearers.update({fold_place_name(form) for form in (county + name, name, ward[2] if ward else name)})
    districts = _districts(bearers, towns)

    def municipality(code: str, prefecture: str, city: str) -> Municipality:
        county, name = _split(city)
        key = fold_place_name(name)
        elsewhere = districts.get(key, set()) - {code} if name[-1] in "町村" else set()
        return Municipality(
            code,
            prefecture,
            county,
            name,
            county_alone=bearers[fold_place_name(city)] == 1 and (bool(county) or not elsewhere),
            name_alone=bearers[key] == 1 and not elsewhere,
        )

    return [municipality(*place) for place in places]


def _designated(cities: Collection[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Return the cities that have wards; their code is that of the ward block, ending in 0."""
    first: dict[tuple[str, str], str] = {}
    for code, prefecture, city in sorted(cities):
        ward = _WARD.fullmatch(city)
        if ward:
            first.setdefault((prefecture, ward[1]), code)
    return [(f"{int(code) // 10 * 10:05d}", *key) for key, code in first.items()]


def _split(city: str) -> tuple[str, str]:
    county = _COUNTY.fullmatch(city)
    return (county[1], county[2]) if county else ("", city)


def _districts(names: Collection[str], towns: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """Return for each name the codes of the municipalities having a town that begins with it."""
    found: dict[str, set[str]] = {}
    for code, town in towns:
        for end in range(1, len(town) + 1):
            if town[:end] in names:
                found.setdefault(town[:end], set()).add(code)
    return found


def _check_distinct(keys: list[str]) -> None:
    twice = [key for key, count in Counter(keys).items() if count > 1]
    if twice:
        raise ValueError(f"these municipalities fold to the same spelling: {twice}")


def write_municipalities(table: Iterable[Municipality], path: Path) -> None:
    """Write the table as UTF-8 CSV with LF line ends, one municipality a line."""
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(Municipality._fields)
        out.writerows([*row[:4], int(row.county_alone), int(row.name_alone)] for row in table)


def main(argv: list[str] | None = None) -> None:
    """Read a KEN_ALL archive and write the table beside this module, or where ``--output`` says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive", type=Path, help="ken_all.zip from Japan Post (half-width kana edition)")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("municipalities.csv"))
    options = parser.parse_args(argv)
    write_municipalities(build_municipalities(read_ken_all(options.archive)), options.output)


if __name__ == "__main__":
    main()
