"""entries.csv: the entries in force for spreadsheets, in the words of the page."""

from __future__ import annotations

import csv
import io

from tokumei.schemas.register import Book
from tokumei.transforms.pages.environment import moment
from tokumei.transforms.register.sheets import COLUMNS, all_cells, volume_of, withdrawals_of
from tokumei.transforms.values.formulas import inert

_HEAD = ("帳簿", "番号", "版", "作成", "更新", "リリース")


def entries_csv(book: Book) -> bytes:
    """Return the entries in force as CSV for spreadsheets: a line a file, in the words of the page.

    UTF-8 with BOM, without which a Japanese Excel takes it for CP932; CRLF; every cell quoted and `inert`.
    A cell that the regime does not have is empty; one that it has, but says nothing, is 「―」.
    """
    out = io.StringIO(newline="")
    table = csv.writer(out, quoting=csv.QUOTE_ALL)
    table.writerow([*_HEAD, *COLUMNS, "取下げ"])
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
        table.writerow(map(inert, (*head, *cells, "\n".join(withdrawals_of(entry)) or "―")))
    return out.getvalue().encode("utf-8-sig")
