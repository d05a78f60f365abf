"""Regenerate `readings.csv` and `town_areas.csv` from Japan Post's KEN_ALL.

Usage: ``python -m tokumei.schemas.tables.build_spellings KEN_ALL.zip``
"""

from __future__ import annotations

import argparse
import csv
import io
import itertools
import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from tokumei.schemas.tables import Municipality, fold_place_name, municipalities

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_CODE, _PREFECTURE_KANA, _CITY_KANA, _TOWN = 0, 3, 4, 8
_NO_AREA = re.compile(r"以下に掲載がない場合|一円$|の次に|[、（）〜～「」0-9０-９]")
_AREA = 2  # characters of an area's name that are kept: enough to tell it from a text about another place


def read_lines(path: Path) -> list[list[str]]:
    """Return the lines of a KEN_ALL archive (CP932)."""
    with zipfile.ZipFile(path) as archive:
        return list(csv.reader(io.StringIO(archive.read(archive.namelist()[0]).decode("cp932"))))


def build_readings(lines: Iterable[list[str]], table: Iterable[Municipality]) -> list[tuple[str, str, str]]:
    """Return ``(code, prefecture, name)`` in kana; a designated city has what its wards begin with."""
    lines = list(lines)
    kana = {line[_CODE]: (line[_PREFECTURE_KANA], line[_CITY_KANA]) for line in lines}
    rows = []
    for place in table:
        if place.code in kana:
            rows.append((place.code, *kana[place.code]))
            continue
        wards = [kana[w.code] for w in table if w.code in kana and w.full.startswith(place.full)]
        begin = _common([name for _, name in wards])
        rows.append((place.code, wards[0][0], begin[: begin.rindex("ｼ") + 1]))
    return rows


def _common(names: list[str]) -> str:
    """Return what all names begin with."""
    same = (first if len({first, *others}) == 1 else "" for first, *others in zip(*names, strict=False))
    return "".join(itertools.takewhile(bool, same))


def build_areas(lines: Iterable[list[str]], table: Iterable[Municipality]) -> Mapping[str, list[str]]:
    """Return code → how the names of its areas (大字, 町名) begin, for towns and villages named alone."""
    wanted = {place.code for place in table if place.name_alone and place.name[-1] in "町村"}
    areas: dict[str, set[str]] = {code: set() for code in sorted(wanted)}
    for line in lines:
        town = fold_place_name(re.sub(r"（.*", "", line[_TOWN]))
        if line[_CODE] in areas and town and not _NO_AREA.search(town):
            areas[line[_CODE]].add(town[:_AREA])
    return {code: sorted(begins) for code, begins in areas.items() if begins}


def main(argv: list[str] | None = None) -> None:
    """Read a KEN_ALL archive and write the tables beside this module, or where ``--output`` says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive", type=Path, help="ken_all.zip from Japan Post (half-width kana edition)")
    parser.add_argument("--output", type=Path, default=Path(__file__).parent)
    options = parser.parse_args(argv)
    lines = read_lines(options.archive)
    _write(
        options.output / "readings.csv",
        ("code", "prefecture", "name"),
        build_readings(lines, municipalities()),
    )
    areas = build_areas(lines, municipalities()).items()
    _write(options.output / "town_areas.csv", ("code", "areas"), [(code, " ".join(a)) for code, a in areas])


def _write(path: Path, header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


if __name__ == "__main__":
    main()
