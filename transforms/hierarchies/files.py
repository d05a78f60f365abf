"""Hierarchy files: ``value;level1;level2;…;*``, one line a value, checked before any data is read."""

from __future__ import annotations

import codecs
import csv
import io
from pathlib import PurePosixPath

from tokumei.schemas.errors import PolicyError
from tokumei.schemas.hierarchies import FileHierarchy
from tokumei.transforms.hierarchies.rows import HierarchyRows
from tokumei.transforms.hierarchies.steps import ANY
from tokumei.transforms.storage.policy_folder import read_beside
from tokumei.transforms.values.encodings import decoded

_Lines = dict[str, int]  # value → number of its line


def read_hierarchy_file(spec: FileHierarchy, base: str, where: str, level: int = 0) -> HierarchyRows:
    """Read the lines into value → labels; the last level is made ``*``.

    Lines without any text, and empty fields at the end of lines, which spreadsheets write, are left out. The
    line of the empty value holds the labels of missing values.

    Args:
        spec: the hierarchy as declared.
        base: the folder of the policy, a path or a gs:// URI.
        where: the place in the policy, for messages; they hold no value of the file, but may name a label.
        level: the level that will be used, or 0; it must be there, and not be ``*``.

    Raises:
        PolicyError: missing file, ragged lines, two lines of a value that differ, levels that do not nest, or
            too few.
        InputError: Cloud Storage cannot be reached.
    """
    name = PurePosixPath(spec.path).name
    try:
        raw = read_beside(base, spec.path)
        text = decoded(raw.removeprefix(codecs.BOM_UTF8) if spec.encoding == "utf-8" else raw, spec.encoding)
    except PolicyError as error:
        raise _refuse(where, name, error.what, error.fix) from None
    except UnicodeDecodeError:
        raise _refuse(where, name, f"is not {spec.encoding}", "correct encoding:") from None
    rows, lines = _parse(text, spec.delimiter, where, name)
    if any(r[-1] != ANY for r in rows.values()):
        rows = HierarchyRows({value: (*levels, ANY) for value, levels in rows.items()})
    rows.other = spec.other
    _check_nesting(rows, lines, where, name)
    depth = rows.depth - 1
    if level > depth:
        raise PolicyError(
            "hierarchy.level",
            where=f"{where}.level ({name})",
            what=f"the hierarchy has {depth} level(s) between the value and *",
            fix=f"use a level from 1 to {depth}" if depth else "to remove every value, use method: delete",
        )
    return rows


def _parse(text: str, delimiter: str, where: str, name: str) -> tuple[HierarchyRows, _Lines]:
    rows, lines = HierarchyRows(), _Lines()
    width = 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for fields in reader:
            row = _without_tail(fields)
            if not row:
                continue
            width = width or max(len(row), 2)
            wrong = None
            if len(row) != width:
                wrong = (
                    f"{len(row)} field(s), expected {width}",
                    "give every line a value and the same levels; the hierarchy's delimiter"
                    f" is {delimiter!r}",
                )
            elif not all(row[1:]):
                wrong = ("one of its levels is empty", "give every level a label")
            elif rows.get(row[0], tuple(row[1:])) != tuple(row[1:]):
                wrong = (
                    f"its value stands twice with other levels, first on line {lines[row[0]]}",
                    "remove one of the lines",
                )
            if wrong:
                raise _refuse(where, name, *wrong, line=reader.line_num)
            rows[row[0]] = tuple(row[1:])
            lines.setdefault(row[0], reader.line_num)
    except csv.Error:
        raise _refuse(
            where, name, "is not delimited text", "correct its quotes, or delimiter:", line=reader.line_num
        ) from None
    if not rows:
        raise _refuse(where, name, "is empty", "give one line a value")
    return rows, lines


def _without_tail(fields: list[str]) -> list[str]:
    """Return a line without the empty fields at its end."""
    size = len(fields)
    while size and not fields[size - 1].strip():
        size -= 1
    return fields[:size]


def _check_nesting(rows: HierarchyRows, lines: _Lines, where: str, name: str) -> None:
    for level in range(1, rows.depth):
        for value, label, before, here in rows.torn(level):
            raise _refuse(
                where,
                name,
                f"levels {level} and {level + 1} do not nest: one label has two parents,"
                f" 「{before}」 above and 「{here}」 here: 「{label}」",
                "give every label exactly one parent",
                line=lines[value],
            )


def _refuse(where: str, name: str, what: str, fix: str, line: int = 0) -> PolicyError:
    at = f"{name}:{line}" if line else name
    return PolicyError("hierarchy.file", where=f"{where} ({at})", what=what, fix=fix)
