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


class Unpictured(NamedTuple):
    """A column without a picture, and why."""

    card: Card
    why: str


class TablePictures(NamedTuple):
    """The pictures of a table, and its columns that have none."""

    table: TableReport
    pictures: tuple[Pictured, ...]
    without: tuple[Unpictured, ...]


def view(report: Report) -> tuple[TablePictures, ...]:
    """Return every column that does not stay as it was: its pictures, or why it has none."""
    return tuple(
        TablePictures(
            table,
            tuple(
                Pictured(card, *side_by_side(card.column.before, card.column.after))
                for card in cards
                if card.fate != "そのまま" and _drawn(card)
            ),
            tuple(
                Unpictured(card, _why(card)) for card in cards if card.fate != "そのまま" and not _drawn(card)
            ),
        )
        for table, cards in cards_of(report)
    )


def _drawn(card: Card) -> bool:
    return any(picture is not None and picture.bars for picture in (card.column.before, card.column.after))


def _why(card: Card) -> str:
    if not card.column.released:
        return "全て削除したため、加工後の値はない。元の値は示さない。"
    pictures = card.column.after, card.column.before
    return next((p.note for p in pictures if p is not None and p.note), "値のあるレコードがない。")
