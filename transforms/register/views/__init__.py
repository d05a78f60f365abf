"""What readers see of a register book: a module a view, all made from the book alone.

The page and the CSV file show the cells of a 単票 in the words of the entry's regime; JSON and Avro hold the
entries themselves. The same book gives the same bytes. What makes a view is imported once a book is written:
no record waits for it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tokumei.schemas.register import Book


def _json(book: Book) -> bytes:
    from tokumei.transforms.register.views.json import entries_json

    return entries_json(book)


def _avro(book: Book) -> bytes:
    from tokumei.transforms.register.views.avro import entries_avro

    return entries_avro(book)


def _csv(book: Book) -> bytes:
    from tokumei.transforms.register.views.csv import entries_csv

    return entries_csv(book)


def _page(book: Book, up: str = "../") -> bytes:
    from tokumei.transforms.register.views.page import entries_page

    return entries_page(book, up=up)


# In the order in which they are written.
VIEWS: dict[str, Callable[[Book], bytes]] = {
    "entries.json": _json,
    "entries.avro": _avro,
    "entries.csv": _csv,
    "index.html": _page,
}
# Of a book that stands in a folder below another's.
VIEWS_BELOW: dict[str, Callable[[Book], bytes]] = {**VIEWS, "index.html": partial(_page, up="../../")}
