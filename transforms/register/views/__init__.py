"""What readers see of a register book: a module a view, all made from the book alone.

The page and the CSV file show the cells of a 単票 in the words of the entry's regime; JSON and Avro hold the
entries themselves. The same book gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tokumei.schemas.register import Book
from tokumei.transforms.register.views.avro import entries_avro
from tokumei.transforms.register.views.csv import entries_csv
from tokumei.transforms.register.views.json import entries_json
from tokumei.transforms.register.views.page import entries_page

# In the order in which they are written.
VIEWS: dict[str, Callable[[Book], bytes]] = {
    "entries.json": entries_json,
    "entries.avro": entries_avro,
    "entries.csv": entries_csv,
    "index.html": entries_page,
}
# Of a book that stands in a folder below another's.
VIEWS_BELOW: dict[str, Callable[[Book], bytes]] = {**VIEWS, "index.html": partial(entries_page, up="../../")}
