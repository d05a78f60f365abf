"""What happened, as lines: the events of one body, a line for each thing that a figure may count."""

from __future__ import annotations

import datetime as dt
from functools import cache

import polars as pl

from tokumei.schemas.figures import ELIGIBLE, INELIGIBLE
from tokumei.schemas.transitions import lines

# The part of a figure that an event belongs to, and the number that it adds, by the fields of what it says.
_PARTS = {"proposal_received": "under", "terminated": "ground", "inquiry_received": "by"}
_NUMBERS = {"fee_paid": "amount", "product_created": "people", "opinion_asked": "third_parties"}
_CONDITIONS = ("published", "disclosable", "unhindered")
_SPLIT = ("call_opened", "screened_unfit")  # events of several lines
_REASONS = pl.Struct({"reasons": pl.List(pl.Struct({"test": pl.Int64}))})
_FILES = pl.Struct({"files": pl.List(pl.String)})
NO_FILE = "-"  # stands for the file of a proposal that names none (yet)
_LINE = ("kind", "day", "subject", "file", "part", "number")
ELIGIBLE_NOW = pl.all_horizontal(
    *(pl.col("payload").str.json_path_match(f"$.{name}.holds") == "true" for name in _CONDITIONS)
)  # all three conditions were found to hold (法60条3項)


def happened(events: pl.DataFrame, until: dt.date) -> pl.DataFrame:
    """Return the lines of one body.

    A call that opens has a line for each of its files, a notice of what does not fit one for each reason; all
    other events have one. A judgement of a file is told by how it went.

    Args:
        events: as `tokumei.transforms.figures.columns.ledger_columns` returns them.
        until: the last day that counts.

    Returns:
        kind, day (Japanese), subject, file, part (null where none), number; in the order of the ledger. The
        file of a case is the last that its events name; it is null in lines about no file.
    """
    plain = events.with_row_index("place").with_columns(
        pl.when(pl.col("kind").is_in(["file_judged", "file_erased"]))
        .then(pl.col("subject"))
        .when(pl.col("kind").is_in(_of_cases()))
        .then(pl.col("file").drop_nulls().last().over("subject").fill_null(NO_FILE))
        .otherwise(pl.col("file"))
        .alias("file"),
        pl.lit(None, pl.String).alias("part"),
        pl.lit(None, pl.Int64).alias("number"),
    )
    said = [*_said(plain, _PARTS, "part", pl.String), *_said(plain, _NUMBERS, "number", pl.Int64)]
    judged = plain.filter(pl.col("kind") == "file_judged").with_columns(
        pl.when(ELIGIBLE_NOW).then(pl.lit(ELIGIBLE)).otherwise(pl.lit(INELIGIBLE)).alias("kind")
    )
    told = ["file_judged", *_PARTS, *_NUMBERS, *_SPLIT]
    parts = [
        plain.filter(~pl.col("kind").is_in(told)),
        *said,
        judged.with_columns(pl.col("kind").str.split(" ").list.last().alias("part")),
        _opened(plain),
        _reasons(plain),
    ]
    found = pl.concat([part.select("place", *_LINE) for part in parts])
    return found.filter(pl.col("day") <= until).sort("place", "file", "part").drop("place")


@cache
def _of_cases() -> list[str]:
    return sorted({line["event"] for line in lines() if line["of"] == "case"})


def _said(
    plain: pl.DataFrame, fields: dict[str, str], column: str, kind: type[pl.DataType]
) -> list[pl.DataFrame]:
    return [
        plain.filter(pl.col("kind") == event).with_columns(
            pl.col("payload").str.json_path_match(f"$.{field}").cast(kind).alias(column)
        )
        for event, field in fields.items()
    ]


def _opened(plain: pl.DataFrame) -> pl.DataFrame:
    """Return a line for each file of each call that opened."""
    announced = plain.filter(pl.col("kind") == "call_announced").select(
        "subject", pl.col("payload").str.json_decode(_FILES).struct.field("files").alias("file")
    )
    opened = plain.filter(pl.col("kind") == "call_opened").drop("file")
    return opened.join(announced, on="subject").explode("file")


def _reasons(plain: pl.DataFrame) -> pl.DataFrame:
    """Return a line for each test that a proposal did not pass, each once."""
    tests = pl.col("payload").str.json_decode(_REASONS).struct.field("reasons")
    return (
        plain.filter(pl.col("kind") == "screened_unfit")
        .with_columns(
            tests.list.eval(pl.element().struct.field("test")).list.unique().list.sort().alias("part")
        )
        .explode("part")
        .with_columns(pl.col("part").cast(pl.String))
    )
