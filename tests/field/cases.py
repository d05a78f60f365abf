"""`make field CASES=FOLDER`: files as people hand them over, each with its policy, and what must become of it.

Each folder in FOLDER is a case: `policy.yaml` and the files beside it. A copy is run, in one process and one
after the other. What came out is compared with `expected.yaml`, where the case is listed; a case that is not
listed is run and shown. Exits 1 if any listed case ends otherwise.

    python tests/field/cases.py FOLDER [--only ID ...] [--verbose]
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import io
import json
import os
import re
import shutil
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import yaml

from tokumei.pipelines.cli import main as tokumei

EXPECTED = Path(__file__).with_name("expected.yaml")
SHOWN = 6  # different values of a column
COLUMNS = 12


@dataclass
class Ended:
    """What became of a case.

    Attributes:
        status: exit status of the command; -1 if it ended with a traceback.
        said: what it printed, stderr first.
        columns: table.column → released value → rows; no value is an empty text.
    """

    status: int
    said: str
    columns: Mapping[str, Counter[str]] = field(default_factory=dict)

    def line(self) -> str:
        """The first line that it printed."""
        return next(iter(self.said.splitlines()), "")

    def released(self) -> Iterator[str]:
        """One line for each released column."""
        for name, values in self.columns.items():
            most = [f"{value or '(blank)'} ×{n}" for value, n in values.most_common(SHOWN)]
            more = f" and {len(values) - SHOWN} more" if len(values) > SHOWN else ""
            yield f"{name} = {', '.join(most)}{more}"


def main(argv: list[str] | None = None) -> int:
    """Run the cases of a folder and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="+", metavar="ID", default=())
    parser.add_argument("--expected", type=Path, default=EXPECTED)
    parser.add_argument(
        "--verbose", action="store_true", help="show messages and released values of all cases"
    )
    args = parser.parse_args(argv)
    expected = yaml.safe_load(args.expected.read_text(encoding="utf-8"))
    cases = sorted(path.parent for path in args.folder.resolve().glob("*/policy.yaml"))
    tally: Counter[str] = Counter()
    for case in cases:
        if args.only and case.name not in args.only:
            continue
        spec = expected.get(case.name)
        ended = run(case)
        wrong = differences(ended, spec["ends"]) if spec else []
        if spec and spec.get("check") and run(case, "check").status != ended.status:
            wrong.append("`tokumei check` ends with the same exit status")
        verdict = "not listed" if spec is None else "DIFFERS" if wrong else "as expected"
        tally[verdict] += 1
        print(f"{case.name:5} {verdict:11} exit {ended.status}  {ended.line()}", flush=True)
        if wrong or args.verbose or spec is None:
            show(ended)
        for text in wrong:
            print(f"      expected: {text}")
    print(", ".join(f"{n} {verdict}" for verdict, n in sorted(tally.items())) or "no case found")
    missing = [i for i in args.only if not (args.folder / i / "policy.yaml").exists()]
    if missing:
        print(f"no such case: {', '.join(missing)}")
    return int(bool(tally["DIFFERS"] or missing or not tally))


def show(ended: Ended) -> None:
    """Print what a case printed and released, indented."""
    for text in (*ended.said.splitlines()[1:], *islice(ended.released(), COLUMNS)):
        print(f"      {text}")


def run(case: Path, job: str = "anonymize") -> Ended:
    """Run a copy of a case, in its own folder, and read what it released."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "case"
        shutil.copytree(case, folder)
        extra = ["--output", "out"] if job == "anonymize" else []
        out, err = io.StringIO(), io.StringIO()
        with contextlib.chdir(folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                status = tokumei([job, "policy.yaml", *extra])
            except BaseException:  # the command promises to end without one
                status = -1
                traceback.print_exc()
        said = (err.getvalue() + out.getvalue()).replace(str(folder) + os.sep, "")
        return Ended(status, said, released_of(folder / "out"))


def released_of(out: Path) -> dict[str, Counter[str]]:
    """Count the released values of every column, as text."""
    columns: dict[str, Counter[str]] = {}
    for manifest in sorted(out.glob("releases/*/manifest.json")):
        for name, table in json.loads(manifest.read_text(encoding="utf-8"))["tables"].items():
            for part in table["files"]:
                header, rows = read_part(manifest.parent / part["path"])
                for i, column in enumerate(header):
                    columns.setdefault(f"{name}.{column}", Counter()).update(row[i] for row in rows)
    return columns


def read_part(path: Path) -> tuple[list[str], list[list[str]]]:
    """Read a part of a release as texts."""
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        rows = [["" if v is None else str(v) for v in row.values()] for row in table.to_pylist()]
        return table.column_names, rows
    with path.open(encoding="utf-8-sig", newline="") as lines:
        header, *rows = csv.reader(lines)
    return header, rows


def differences(ended: Ended, allowed: list[dict[str, Any]]) -> list[str]:
    """Return, for each end that is allowed, how this one differs; nothing if one of them fits."""
    found = [unlike(ended, one) for one in allowed]
    return [] if any(not f for f in found) else ["; ".join(f) for f in found]


def unlike(ended: Ended, end: Mapping[str, Any]) -> list[str]:
    """Return what an end asks for and this one has not.

    Keys of an end: `exit`; `says`, `silent`: texts that are printed, or are not; `released`: column → value →
    rows, all of the column's values; `like`: column → pattern that each of its values matches whole; `alike`:
    columns that hold the same values.
    """
    found = []
    if ended.status != end["exit"]:
        found.append(f"exit {end['exit']}")
    found += [f"says {text}" for text in end.get("says", ()) if text not in ended.said]
    found += [f"does not say {text}" for text in end.get("silent", ()) if text in ended.said]
    for column, values in end.get("released", {}).items():
        wanted = Counter({str(value): n for value, n in values.items()})
        if ended.columns.get(column) != wanted:
            found.append(f"{column} = {', '.join(f'{v} ×{n}' for v, n in wanted.items())}")
    for column, pattern in end.get("like", {}).items():
        if not all(re.fullmatch(pattern, value) for value in ended.columns.get(column, {"": 0})):
            found.append(f"{column} is like {pattern}")
    if len({frozenset(ended.columns.get(c, ())) for c in end.get("alike", ())}) > 1:
        found.append(f"{' and '.join(end['alike'])} hold the same values")
    return found


if __name__ == "__main__":
    sys.exit(main())
