"""不要な項目・そのままの項目: columns deleted as unneeded, and columns kept, each with its reason."""

from __future__ import annotations

from typing import NamedTuple

from tokumei.schemas.report import Report, TableReport
from tokumei.transforms.report.sections.base import Card, cards_of

# fate → heading, and what is said where no column has it
_FATES = {
    "不要のため削除": (
        "提供先に不要なため削除した項目",
        "提供先に不要なことを理由に削除した項目はない。",
    ),
    "そのまま": ("元の値のままとした項目", "元の値のままとした項目はない。"),
}


class Fate(NamedTuple):
    """One fate with its columns; ``nothing`` is said where it has none."""

    heading: str
    nothing: str
    columns: tuple[tuple[TableReport, Card], ...]


def view(report: Report) -> tuple[Fate, ...]:
    """Return the two fates whose reasons the policy must give."""
    return tuple(
        Fate(
            heading,
            nothing,
            tuple((table, card) for table, cards in cards_of(report) for card in cards if card.fate == fate),
        )
        for fate, (heading, nothing) in _FATES.items()
    )
