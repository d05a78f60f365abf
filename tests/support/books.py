"""Bodies, erasures and old books, for tests of the register."""

from __future__ import annotations

import json

from tokumei.schemas.register_ends import Erasure
from tokumei.transforms.register.books import books

CITY, SCHOOLS, WATER = "みなと市長", "みなと市教育委員会", "みなと市上下水道事業管理者"
GONE = Erasure(at="2027-04-01T09:00:00+09:00", because="事務の廃止", people=None)
SMALL = Erasure(at="2027-04-01T09:00:00+09:00", because="転出による減少", people=999)
D = "経済局商業振興課"


def states(store, directory="reg"):
    """Every version in the books: (number, version, status, release, department)."""
    return [
        (e.number, e.version, e.status, e.release_id, e.department)
        for book in books(store, directory)
        for e in sorted(book.entries, key=lambda e: (e.number, e.version))
    ]


def format_1(*entries):
    """A book as it was written before files were entered and erased: one for all bodies, without new items."""
    book, numbers = [], {}
    for entry in entries:
        numbers[entry.body] = numbers.get(entry.body, 0) + 1
        fields = entry.model_copy(update={"number": numbers[entry.body], "version": 1}).model_dump(
            mode="json"
        )
        book.append(
            {
                k: v
                for k, v in fields.items()
                if k not in {"third_party_opinion", "small_file_ordinance", "erased"}
            }
        )
    return json.dumps({"format": "tokumei-register-1", "entries": book}).encode()
