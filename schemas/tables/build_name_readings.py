"""Regenerate `name_readings.csv` from the names of mecab-ipadic.

Usage: ``python -m tokumei.schemas.tables.build_name_readings Noun.name.csv``, the file of mecab-ipadic 2.7.0
in EUC-JP. A reading stands in the table if SudachiDict has it too: both together leave the foreign names out.
"""

from __future__ import annotations

import argparse
import csv
import importlib
from pathlib import Path


def build_name_readings(names: Path) -> dict[str, list[str]]:
    """Return surnames and given names as they are read, in katakana, in order."""
    sudachipy = importlib.import_module("sudachipy")
    kinds = {"姓": "surname", "名": "given"}
    known: set[tuple[str, str]] = set()
    for word in sudachipy.Dictionary(dict="core").entries():
        _, _, name, kind, *_ = word.part_of_speech()
        if name == "人名" and kind in kinds:
            known.add((kinds[kind], word.reading_form()))
    with names.open(encoding="euc-jp", newline="") as file:
        listed = {(kinds[row[7]], row[11]) for row in csv.reader(file) if row[7] in kinds}
    return {kind: sorted(reading for of, reading in listed & known if of == kind) for kind in kinds.values()}


def main(argv: list[str] | None = None) -> None:
    """Write the table beside this module, or where ``--output`` says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", type=Path)
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("name_readings.csv"))
    options = parser.parse_args(argv)
    with options.output.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["kind", "readings"])
        out.writerows((kind, " ".join(found)) for kind, found in build_name_readings(options.names).items())


if __name__ == "__main__":
    main()
