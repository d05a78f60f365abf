"""The entries of a body's register book (個人情報ファイル簿) as lines of a list, by stable keys."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from tokumei.schemas.register import RegisterEntry
from tokumei.transforms.figures.views.dataset import ListCell
from tokumei.transforms.register.books import REGISTER
from tokumei.transforms.register.sheets import COLUMNS, all_cells, withdrawals_of
from tokumei.transforms.storage.base import Store
from tokumei.transforms.storage.ledger import Ledger

# The cells of a 単票, as `COLUMNS` captions them.
ENTRY_KEYS = (
    *(
        "name",
        "body_name",
        "department",
        "purpose",
        "record_items",
        "record_scope",
        "collection",
        "sensitive",
    ),
    *("recipients", "request_office", "special_procedure", "kind", "manual_subset", "ordinance_sensitive"),
    *("call_for_proposals", "proposal_office", "third_party_opinion", "product", "product_office"),
    *("product_period", "how_provided", "small_file_ordinance", "remarks"),
)
ENTRY_CAPTIONS = {**dict(zip(ENTRY_KEYS, COLUMNS, strict=True)), "withdrawn": "取下げ"}


class BodyEntries(NamedTuple):
    """What a register book says of a body: entries in force as lines, and releases that were withdrawn."""

    lines: tuple[dict[str, ListCell], ...]
    withdrawn: frozenset[str]


def register_lines(store: Store, folders: tuple[str, ...], body: str, until: dt.date) -> BodyEntries:
    """Return the entries of a body that are in force and were there on a day, by number.

    Args:
        store: where the register is.
        folders: where the body's book may be: its own folder, or that of the register.
        body: its name.
        until: the day.

    Raises:
        InputError: a book.json is damaged.
    """
    books = [Ledger(REGISTER, store, folder).read() for folder in folders]
    lines = tuple(
        _line(entry)
        for book in books
        for entry in book.current
        if entry.body == body and entry.created_at[:10] <= f"{until}"
    )
    gone = (end for book in books for entry in book.entries if entry.body == body for end in entry.withdrawn)
    return BodyEntries(lines, frozenset(end.release_id for end in gone if end.at[:10] <= f"{until}"))


def _line(entry: RegisterEntry) -> dict[str, ListCell]:
    cells = (None if cell is None else cell.text for cell in all_cells(entry))
    withdrawn = "\n".join(withdrawals_of(entry)) or None
    return {
        "key": entry.entry_id,
        **dict(zip(ENTRY_KEYS, cells, strict=True)),
        "withdrawn": withdrawn,
    }
