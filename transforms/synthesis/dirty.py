"""Dirty rows: one record written in a way that a careful reader must reject."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from tokumei.schemas.formats import SOURCE_FORMATS
from tokumei.transforms.synthesis.table import Table

# ASCII in every encoding, and in no generated value: its place marks where the bad bytes go.
_MARK = "@@@@"
# 0x81 cannot stand before a space in UTF-8, CP932 or EUC-JP; 0xFF would be a character in Python's CP932.
_UNDECODABLE = b"\x81 "
_NO_DATE, _NO_NUMBER = "2024-02-30", "不明"


@dataclass(frozen=True)
class Dirt:
    """A way to spoil a row: the kind named in the sidecar and, for values, the column."""

    kind: str
    column: str = ""


def dirt_kinds(table: Table, text_format: str) -> list[Dirt]:
    """Return the ways a row of this table can be spoiled in a text format."""
    delimited = SOURCE_FORMATS[text_format].delimiter is not None
    ragged = [Dirt("missing_field"), Dirt("extra_field")] if delimited else [Dirt("broken_json")]
    values = [Dirt("bad_date", table.date)]
    if table.number is not None:
        values.append(Dirt("bad_number", table.number))
    return [*ragged, Dirt("undecodable_bytes"), *values]


def spoiled(row: pl.DataFrame, dirt: Dirt, render: Callable[[pl.DataFrame], bytes]) -> bytes:
    """Write one row spoiled.

    Args:
        row: a frame of one row.
        dirt: how to spoil it.
        render: writes a frame as the bytes of the output format.

    Returns:
        The bytes of one line.
    """
    last = row.columns[-1]
    match dirt.kind:
        case "missing_field":
            return render(row.drop(last))
        case "extra_field":
            return render(row.with_columns(pl.lit("余分").alias("余分")))
        case "broken_json":
            return render(row).replace(b"}", b"")
        case "undecodable_bytes":
            marked = row.with_columns(pl.lit(_MARK).alias(last))
            return render(marked).replace(_MARK.encode(), _UNDECODABLE)
        case "bad_date":
            return render(row.with_columns(pl.lit(_NO_DATE).alias(dirt.column)))
        case _:
            return render(row.with_columns(pl.lit(_NO_NUMBER).alias(dirt.column)))
