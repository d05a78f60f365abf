"""entries.avro: the entries in force, by the schema of schemas/register_entry.avsc."""

from __future__ import annotations

import hashlib
import io
import json
from functools import cache
from importlib import resources
from typing import Any

import fastavro

from tokumei.schemas.register import Book


def entries_avro(book: Book) -> bytes:
    """Return the entries in force as an Avro file."""
    out = io.BytesIO()
    entries = [entry.model_dump() for entry in book.current]
    marker = hashlib.sha256(book.model_dump_json().encode()).digest()[:16]
    fastavro.writer(out, avro_schema(), entries, codec="deflate", sync_marker=marker)
    return out.getvalue()


@cache
def avro_schema() -> Any:
    """Return the Avro schema of an entry."""
    text = resources.files("tokumei.schemas").joinpath("register_entry.avsc").read_text(encoding="utf-8")
    return fastavro.parse_schema(json.loads(text))
