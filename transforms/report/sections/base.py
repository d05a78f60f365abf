"""What a section of report.html is, and what several sections show of a column."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tokumei.schemas.report import ColumnReport, Report, TableReport


def _as_it_is(report: Report) -> None:
    """Prepare nothing: the template prints the report itself."""


def _always(report: Report) -> bool:
    """Whatever the report tells."""
    return True


class Section(NamedTuple):
    """A section, in the order of the contents.

    Attributes:
        name: its anchor on the page, and its template: ``pages/templates/report/<name>.html.j2``.
        title: its heading, also in the contents.
        view: report → what the template finds as ``view``, beside ``report``, ``law`` and ``several``
            (whether the release has several tables).
        below: anchors and titles of its parts that the contents list.
        shown: report → whether the page has it.
        nothing: what is said where its view is empty: in a line of 該当のない事項, instead of a section.
    """

    name: str
    title: str
    view: Callable[[Report], object] = _as_it_is
    below: tuple[tuple[str, str], ...] = ()
    nothing: str = ""
    shown: Callable[[Report], bool] = _always


class Card(NamedTuple):
    """A column; ``fate`` says in a word what became of it, ``anchor`` is where its pictures are."""

    anchor: str
    column: ColumnReport
    fate: str


class TableCards(NamedTuple):
    """The columns of a table."""

    table: TableReport
    cards: tuple[Card, ...]


def cards_of(report: Report) -> tuple[TableCards, ...]:
    """Return the columns of each table, in the order of the policy."""
    return tuple(
        TableCards(
            table,
            tuple(Card(f"t{i}c{j}", column, fate_of(column)) for j, column in enumerate(table.columns, 1)),
        )
        for i, table in enumerate(report.tables, 1)
    )


def fate_of(column: ColumnReport) -> str:
    """Return what became of a column: 加工, 削除, 不要のため削除 or そのまま."""
    if not column.released:
        return "不要のため削除" if column.because else "削除"
    return "加工" if column.steps else "そのまま"
