"""entries.csv: the entries in force for spreadsheets, in the words of the page."""

from __future__ import annotations

from collections.abc import Iterator

from tokumei.schemas.register import Book
from tokumei.transforms.pages.environment import moment
from tokumei.transforms.pages.spreadsheet import spreadsheet
from tokumei.transforms.register.sheets import COLUMNS, all_cells, volume_of, withdrawals_of
from tokumei.transforms.values.formulas import inert

_HEAD = ("帳簿", "番号", "版", "作成", "更新", "リリース")


def entries_csv(book: Book) -> bytes:
    """Return the entries in force for spreadsheets: a line a file, in the words of the page, cells `inert`.

    A cell that the regime does not have is empty; one that it has, but says nothing, is 「―」.
    """
    return spreadsheet([*_HEAD, *COLUMNS, "取下げ"], _rows(book))


def _rows(book: Book) -> Iterator[Iterator[str]]:
    for entry in book.current:
        head = (
            volume_of(entry)[0],
            f"{entry.number}",
            f"{entry.version}",
            moment(entry.created_at),
            moment(entry.updated_at),
            entry.release_id or "―",
        )
        cells = ("" if cell is None else cell.text for cell in all_cells(entry))
        yield map(inert, (*head, *cells, "\n".join(withdrawals_of(entry)) or "―"))
