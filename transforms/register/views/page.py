"""index.html: the entries in force as a page, one 単票 a file."""

from __future__ import annotations

import itertools
from typing import NamedTuple

from tokumei.schemas.register import Book, RegisterEntry, body_folder
from tokumei.transforms.pages.environment import html
from tokumei.transforms.register.sheets import REGISTER_TITLE, Cell, cells_of, volume_of, withdrawals_of


class Sheet(NamedTuple):
    """The 単票 of one file."""

    entry: RegisterEntry
    cells: tuple[Cell, ...]
    withdrawals: tuple[str, ...]


class Volume(NamedTuple):
    """One part of the book: the register, the book under an ordinance (法75条5項), or a company's record."""

    title: str
    basis: str
    sheets: tuple[Sheet, ...]


class Other(NamedTuple):
    """The book of another body in a folder below."""

    body: str
    folder: str


def entries_page(book: Book, up: str = "../") -> bytes:
    """Return the entries in force as a readable page, one 単票 a file, and the ways to what belongs to them.

    Args:
        book: of the body.
        up: the way from the page to the folder of the output, where the releases are.
    """

    def title_of(entry: RegisterEntry) -> str:
        return volume_of(entry)[0]

    volumes = [
        Volume(*volume_of(entries[-1]), tuple(Sheet(e, cells_of(e), withdrawals_of(e)) for e in entries))
        for entries in (
            list(group) for _, group in itertools.groupby(sorted(book.current, key=title_of), key=title_of)
        )
    ]
    empty = Volume(*(volume_of(book.entries[-1]) if book.entries else (REGISTER_TITLE, "")), ())
    return (
        html()
        .get_template("register/page.html.j2")
        .render(
            body="".join(book.bodies),
            volumes=volumes or [empty],
            up=up,
            others=[Other(body, body_folder(body)) for body in book.others],
        )
        .encode()
    )
