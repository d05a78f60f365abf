"""項目ごとの加工前と加工後: the distribution of each column that was changed, before and after.

Bars are plain HTML and SVG, without a plotting library, so that text stays text (searchable, read aloud,
wrapped, escaped by the one template engine).
"""

from __future__ import annotations

from typing import NamedTuple

from tokumei.schemas.report import Report, TableReport
from tokumei.transforms.report.sections.bars import Side, side_by_side
from tokumei.transforms.report.sections.base import Card, cards_of


class Pictured(NamedTuple):
    """A column with its pictures."""

    card: Card
    before: Side
    after: Side
    scales_differ: bool


class TablePictures(NamedTuple):
    """The pictures of a table."""

    table: TableReport
    pictures: tuple[Pictured, ...]


def view(report: Report) -> tuple[TablePictures, ...]:
    """Return the pictures of every column that does not stay as it was."""
    return tuple(
        TablePictures(
            table,
            tuple(
                Pictured(card, *side_by_side(card.column.before, card.column.after))
                for card in cards
                if card.fate != "そのまま"
            ),
        )
        for table, cards in cards_of(report)
    )
