"""Hierarchies from columns of another table, read as the records of a run are, before any data is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath

from tokumei.schemas.errors import InputError, PolicyError
from tokumei.schemas.hierarchy_base import TableHierarchy
from tokumei.schemas.splits import SourceFile
from tokumei.transforms.formats.batches import ReadBatch
from tokumei.transforms.formats.reader import read_header, read_split
from tokumei.transforms.formats.splits import plan_splits
from tokumei.transforms.hierarchies.rows import HierarchyRows
from tokumei.transforms.hierarchies.steps import ANY
from tokumei.transforms.storage.places import open_store
from tokumei.transforms.storage.policy_folder import files_beside

_Row = tuple[str | None, ...]


def read_hierarchy_table(spec: TableHierarchy, base: str, where: str) -> HierarchyRows:
    """Read the columns of all files of the table into value → labels; a last level ``*`` is added.

    Args:
        spec: the hierarchy as declared.
        base: the folder of the policy, a path or a gs:// URI.
        where: the place in the policy, for messages; they hold columns and counts, no value and no label.

    Raises:
        PolicyError: no file, missing columns, blank cells, values with several labels, or labels with several
            parents.
        InputError: a file cannot be read as declared.
    """
    at = f"{where} ({PurePosixPath(spec.source.path).name})"
    found: Counter[_Row] = Counter()
    unread: Counter[str] = Counter()
    for file in _files(spec, base, where):
        try:
            for batch in _batches(spec, file, at):
                unread.update(reject.told for reject in batch.rejects)
                columns = (batch.batch.column(name).to_pylist() for name in spec.columns)
                found.update(zip(*columns, strict=True))
        except InputError as error:
            raise InputError(
                error.code, where=f"{where}.hierarchy.source ({error.where})", what=error.what, fix=error.fix
            ) from None
    if unread:
        told = ", ".join(f"{reason} × {count}" for reason, count in sorted(unread.items()))
        raise _refuse(
            at, f"{unread.total()} of its records cannot be read: {told}", "correct the file, or source"
        )
    if not found:
        raise _refuse(at, "the table has no record", "give it one a value")
    rows = _by_value(spec, found, at)
    rows.other, rows.names = spec.other, spec.columns[1:]
    for level, (fine, coarse) in enumerate(zip(rows.names, rows.names[1:], strict=False), 1):
        if torn := {label for _, label, _, _ in rows.torn(level)}:
            raise _refuse(
                at,
                f"{fine} and {coarse} do not nest: {len(torn)} of the labels of {fine} stand under several"
                f" of {coarse}",
                "give every label exactly one parent, leave out a column, or order them from fine to coarse",
            )
    return rows


def _files(spec: TableHierarchy, base: str, where: str) -> list[SourceFile]:
    try:
        return files_beside(base, spec.source.path)
    except PolicyError as error:
        raise PolicyError(
            "hierarchy.table",
            where=f"{where}.hierarchy.source.path ({error.where})",
            what=error.what,
            fix=error.fix,
        ) from None


def _batches(spec: TableHierarchy, file: SourceFile, at: str) -> Iterator[ReadBatch]:
    store = open_store(file.uri)
    names = read_header(spec.source, file, store).names
    if names is None and spec.source.header_line:
        return  # an empty file
    # Other columns are not named in messages: where a header is missing they would be values.
    missing = [] if names is None else [name for name in spec.columns if name not in names]
    if missing:
        raise _refuse(
            at,
            f"the table lacks columns: {', '.join(missing)}",
            "correct the names, the delimiter or the encoding under source",
        )
    for split in plan_splits(at, spec.source, file, store):
        yield from read_split(
            split,
            spec.source,
            dict.fromkeys(spec.columns, "string"),
            store,
            declared=spec.columns if names is None else names,
        )


def _by_value(spec: TableHierarchy, found: Counter[_Row], at: str) -> HierarchyRows:
    """Return the levels of each value; refuse cells without a value, and values with several labels."""
    rows, several = HierarchyRows(), set()
    blank = dict.fromkeys(spec.columns, 0)
    for row, count in found.items():
        for name, cell in zip(spec.columns, row, strict=True):
            blank[name] += count * (cell is None)
        value, *labels = map(str, row)
        levels = (*labels, ANY)
        if rows.setdefault(value, levels) != levels:
            several.add(value)
    if any(blank.values()):
        told = ", ".join(f"{name} × {count}" for name, count in blank.items() if count)
        raise _refuse(
            at,
            f"records have a blank cell: {told}",
            "fill it, remove the record, or correct null_values under source",
        )
    if several:
        raise _refuse(
            at,
            f"{len(several)} values of {spec.columns[0]} have several labels in"
            f" {', '.join(spec.columns[1:])}",
            "give every value one label, or leave out the column in which it has several",
        )
    return rows


def _refuse(at: str, what: str, fix: str) -> PolicyError:
    return PolicyError("hierarchy.table", where=at, what=what, fix=fix)
