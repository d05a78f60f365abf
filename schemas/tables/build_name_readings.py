"""Regenerate `name_readings.csv` and `name_kanji.csv` from the names of mecab-ipadic.

Usage: ``python -m tokumei.schemas.tables.build_name_readings Noun.name.csv``, the file of mecab-ipadic 2.7.0
in EUC-JP. A reading stands in the tables if SudachiDict has it too, which leaves the foreign
names out; names in kanji are those of SudachiDict.
"""

from __future__ import annotations

import argparse
import csv
import importlib
import re
from collections.abc import Mapping
from pathlib import Path

_KINDS = {"姓": "surname", "名": "given"}
_KANJI = re.compile("[一-龥々ヶノ]+")
Names = frozenset[tuple[str, str, str]]  # kind, as it is written, as it is read


def _of_sudachi() -> Names:
    sudachipy = importlib.import_module("sudachipy")
    found = set()
    for word in sudachipy.Dictionary(dict="core").entries():
        _, _, name, kind, *_ = word.part_of_speech()
        if name == "人名" and kind in _KINDS:
            found.add((_KINDS[kind], word.surface(), word.reading_form()))
    return frozenset(found)


def _of_ipadic(names: Path) -> Names:
    with names.open(encoding="euc-jp", newline="") as file:
        return frozenset((_KINDS[row[7]], row[0], row[11]) for row in csv.reader(file) if row[7] in _KINDS)


def build_name_readings(known: Names, listed: Names) -> dict[str, list[str]]:
    """Return surnames and given names as they are read, in katakana, in order."""
    both = {(kind, reading) for kind, _, reading in known} & {(kind, reading) for kind, _, reading in listed}
    return {kind: sorted(reading for of, reading in both if of == kind) for kind in _KINDS.values()}


def build_name_kanji(known: Names, readings: Mapping[str, list[str]]) -> Mapping[tuple[str, str], list[str]]:
    """Return (kind, reading) → the names in kanji that SudachiDict reads so, in order."""
    found: dict[tuple[str, str], list[str]] = {}
    for kind, written, reading in sorted(known):
        if _KANJI.fullmatch(written) and reading in readings[kind]:
            found.setdefault((kind, reading), []).append(written)
    return dict(sorted(found.items()))


def main(argv: list[str] | None = None) -> None:
    """Write the tables beside this module, or where ``--output`` says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", type=Path)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent, metavar="FOLDER")
    options = parser.parse_args(argv)
    known, listed = _of_sudachi(), _of_ipadic(options.names)
    readings = build_name_readings(known, listed)
    kanji = build_name_kanji(known, readings)
    for name, head, rows in (
        ("name_readings.csv", ["kind", "readings"], [(k, " ".join(r)) for k, r in readings.items()]),
        ("name_kanji.csv", ["kind", "reading", "written"], [(*k, " ".join(r)) for k, r in kanji.items()]),
    ):
        with (options.output / name).open("w", encoding="utf-8", newline="") as file:
            out = csv.writer(file, lineterminator="\n")
            out.writerow(head)
            out.writerows(rows)


if __name__ == "__main__":
    main()
