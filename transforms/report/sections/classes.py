"""加工後のグループの例: ten classes of each table as they are released, labels and people alone.

They stand in the internal report only. The distribution of one column at a time is in the public report too;
which of their combinations are small is for those who have the data, and for the officer.
"""

from __future__ import annotations

from typing import NamedTuple

from tokumei.schemas.report import Report
from tokumei.schemas.report_classes import ExampleClass

NOTHING = "準識別子とした項目がないため、グループはない。"


class TableExamples(NamedTuple):
    """The examples of a table, under the titles of its quasi-identifiers."""

    title: str
    columns: tuple[str, ...]
    examples: tuple[ExampleClass, ...]


def view(report: Report) -> tuple[TableExamples, ...]:
    """Return the tables that have classes."""
    found = []
    for table in report.tables:
        examples = tuple(example for example in report.classes if example.table == table.name)
        if examples:
            columns = tuple(label.title for label in examples[0].labels)
            found.append(TableExamples(table.title, columns, examples))
    return tuple(found)
