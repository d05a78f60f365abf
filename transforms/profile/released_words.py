"""Names and titles of columns and labels are released too: nobody in the files may be called so.

A pivoted table has people for columns, and a hierarchy file may be made from the data. Codes in names are
refused before the run; whose names they are, pass 1 tells.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl
import pyarrow as pa

from tokumei.schemas.errors import RequirementError
from tokumei.transforms.detect.name_set import NameSet, NameSign
from tokumei.transforms.detect.shadow import shadow
from tokumei.transforms.planning.name_columns import labels_of
from tokumei.transforms.planning.plan import Plan, TablePlan


def refuse_people_in_words(plan: Plan, names: NameSet) -> None:
    """Check what is told of every table beside its cells, but for columns with ``source_values_allowed``.

    A label that many others stand beside may equal a name by chance (平八新田), so of labels only those count
    of which a name is more than a word (`NameSign`), or of which decoys are rarer than names.

    Raises:
        RequirementError: verification.name_in_label, telling the column by its place.
    """
    for of_table, table in plan.tables.items():
        told = [(0, [("title", [table.table.title or ""]), ("link", [table.table.person_link or ""])])]
        told += [
            (place, [*_words(table, name)])
            for place, (name, column) in enumerate(table.table.columns.items(), start=1)
            if column.source_values_allowed is None
        ]
        for place, what in (
            (place, what) for place, of in told for what, words in of if _named(names, words)
        ):
            raise RequirementError(
                "verification.name_in_label",
                where=f"tables.{of_table}" + (f".columns, number {place} of them" if place else ""),
                what=f"its {what}, released with the data, holds the name of somebody in the files",
                fix="write it otherwise; where columns are people, turn the table so that each has a record",
            )


def _words(table: TablePlan, name: str) -> Iterator[tuple[str, list[str]]]:
    column = table.table.columns[name]
    for what, text in (("name", name), ("title", column.title), ("released_as", column.released_as)):
        if text and (column.released or what == "title"):
            yield what, [text]
    yield "labels", list(labels_of([step.model_dump(mode="json") for step in column.treat]))
    for hierarchy in table.chains[name].hierarchies:
        rows = hierarchy.rows
        if rows is not None:
            yield "hierarchy", sorted({label for labels in rows.values() for label in labels})


def _named(names: NameSet, words: list[str]) -> bool:
    if not words:
        return False
    hits = names.find(shadow(pa.array(words, pa.string())))
    told = hits.evidence >= NameSign.LIKELY
    if (told & (hits.evidence >= NameSign.SURE) & ~hits.decoy).any():
        return True
    likely = pl.Series(hits.owner[told & ~hits.decoy]).n_unique()
    return likely > pl.Series(hits.owner[told & hits.decoy]).n_unique() * max(2.0, names.a_decoy)
