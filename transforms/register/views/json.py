"""entries.json: the entries in force."""

from __future__ import annotations

import json

from tokumei.schemas.register import Book


def entries_json(book: Book) -> bytes:
    """Return the entries in force as a JSON array."""
    entries = [entry.model_dump(mode="json") for entry in book.current]
    return (json.dumps(entries, ensure_ascii=False, indent=2) + "\n").encode()
