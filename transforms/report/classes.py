"""Examples of the classes of a release: labels and counts, of k people or more."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from tokumei.schemas.report_classes import ExampleClass, ExampleLabel
from tokumei.transforms.counting.people import PEOPLE
from tokumei.transforms.planning.plan import Plan, TablePlan
from tokumei.transforms.release.recount import WrittenClasses
from tokumei.transforms.release.written import TableWritten

EXAMPLES = 10


def example_classes(plan: Plan, written: Mapping[str, TableWritten]) -> tuple[ExampleClass, ...]:
    """Return ten classes of each table that has quasi-identifiers; the same for the same release."""
    return tuple(
        example
        for name, table in plan.tables.items()
        if (classes := written[name].recount.classes) is not None
        for example in _examples(table, classes)
    )


def _examples(table: TablePlan, classes: WrittenClasses) -> list[ExampleClass]:
    """Return ten classes, from the smallest to the largest."""
    names = list(classes.labels.keys)
    people = classes.labels.people().filter(pl.col(PEOPLE) >= table.k).sort(PEOPLE, *names)
    places = np.unique(np.linspace(0, people.height - 1, EXAMPLES).round().astype(int)) if len(people) else ()
    columns = table.table.columns
    return [
        ExampleClass(
            table=table.name,
            title=table.table.title or table.name,
            labels=tuple(
                ExampleLabel(title=columns[name].title or name, label=row[key])
                for key, name in zip(names, table.quasi_identifiers, strict=True)
            ),
            people=row[PEOPLE],
            capped=classes.labels.cap is not None and row[PEOPLE] >= classes.labels.cap,
        )
        for row in (people.row(int(place), named=True) for place in places)
    ]
