"""Measures on the very batches that are written, as a reader works them out; what mended them is not reused.

A part tells what its lines come to, by person and window. Where all lines of a person are together, that
becomes facts beside their other facts.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from tokumei.schemas.histories import Fact
from tokumei.schemas.measures import ENDS
from tokumei.transforms.counting.keyed import keyed_hashes
from tokumei.transforms.values.cells import as_text

# What is hashed stands in the release for everybody to read, so the hash needs no secret.
_PUBLIC = bytes(16)
TOLD_PERSON, TOLD_FACT, TOLD_PERIOD = "#person", "#fact", "#period"
_WHEN, _WHICH, _MUCH = "when", "which", "much"
_ODD = np.uint64(0x9E3779B97F4A7C15)  # makes one number of a person's hash and a period, another for each
_PREFIXES = {"day": 10, "month": 7, "year": 4}  # of 2024-05-01 10:00


def unit_columns(persons: npt.NDArray[np.uint64]) -> list[pl.Series]:
    """Return whose facts those of each row are, and the period of the pseudonym; see `written_facts`."""
    units = persons[:, 0] ^ (persons[:, 2] * _ODD if persons.shape[1] > 2 else np.uint64(0))
    return [pl.Series(TOLD_PERSON, units), pl.Series(TOLD_PERIOD, persons[:, 2:].sum(axis=1))]


def hash_facts(kind: str, told: pl.DataFrame) -> pl.DataFrame:
    """Return the distinct (person, fact): a hash of what stands beside the person, and of the kind."""
    told = told.unique()
    distinct = told.drop(TOLD_PERSON).unique()
    texts = distinct.select(pl.struct(pl.lit(kind).alias("kind"), pl.all()).struct.json_encode()).to_series()
    hashes = keyed_hashes(texts.to_arrow().cast(pa.string()), _PUBLIC).view(np.uint64)[:, 0]
    distinct = distinct.with_columns(pl.Series(TOLD_FACT, hashes))
    on = [name for name in distinct.columns if name != TOLD_FACT]
    return told.join(distinct, on=on, nulls_equal=True).select(TOLD_PERSON, TOLD_FACT)


def written_windows(fact: Fact, released: pa.RecordBatch, persons: npt.NDArray[np.uint64]) -> pl.DataFrame:
    """Return what the lines of a batch add to a measure: by person, window and item."""
    which: pl.Series | pl.Expr = pl.lit(None, pl.String).alias(_WHICH)
    much: pl.Series | pl.Expr = pl.lit(1, pl.Int64).alias(_MUCH)
    if (item := fact.receipt or (fact.column if fact.measure == "distinct" else None)) is not None:
        which = pl.Series(_WHICH, as_text(released.column(item))).cast(pl.String)
    elif fact.column is not None:
        much = _hundredths(pl.Series(_MUCH, released.column(fact.column)))
    frame = pl.DataFrame([*unit_columns(persons), _windows(fact, released)]).with_columns(which, much)
    return _added(fact, frame)


def _windows(fact: Fact, released: pa.RecordBatch) -> pl.Series:
    """Return the window of each line, read from the text that stands there."""
    texts = pl.Series(_WHEN, as_text(released.column(fact.time or ""))).cast(pl.String)
    if fact.per == "week":
        return texts.str.head(10).str.to_date("%Y-%m-%d").dt.truncate("1w").cast(pl.String)
    if fact.per == "quarter":
        quarter = (texts.str.slice(5, 2).cast(pl.Int64) + 2) // 3
        return texts.str.head(4) + "-Q" + quarter.cast(pl.String)
    return texts.str.head(_PREFIXES[fact.per or ""])


def _hundredths(values: pl.Series) -> pl.Series:
    if values.dtype.is_float():
        return (values * 100).round(mode="half_to_even").clip(-(2**43), 2**43).cast(pl.Int64)
    return values.cast(pl.Int64).clip(-(2**43), 2**43) * 100


def _added(fact: Fact, frame: pl.DataFrame) -> pl.DataFrame:
    much = pl.col(_MUCH).max() if fact.measure == "largest" else pl.col(_MUCH).sum()
    return frame.group_by(TOLD_PERSON, TOLD_PERIOD, _WHEN, _WHICH).agg(much)


def to_bytes(frame: pl.DataFrame) -> bytes:
    """Return a frame as Arrow IPC."""
    sink = io.BytesIO()
    frame.write_ipc(sink, compression="lz4")
    return sink.getvalue()


def measured_facts(kind: str, fact: Fact, parts: Sequence[bytes]) -> pl.DataFrame:
    """Return the distinct (person, fact) of a measure, from all that parts told of some people."""
    frame = _added(fact, pl.concat([pl.read_ipc(io.BytesIO(part)) for part in parts]))
    person = [TOLD_PERSON, TOLD_PERIOD]
    if fact.measure in ENDS:
        timed = frame.filter(pl.col(_WHEN).is_not_null())
        end = pl.col(_WHEN).min() if fact.measure == "first" else pl.col(_WHEN).max()
        return hash_facts(kind, timed.group_by(person).agg(end))
    windows = frame.group_by(*person, _WHEN)
    if fact.measure in {"receipts", "distinct"}:
        reached, units = windows.agg(pl.col(_WHICH).drop_nulls().n_unique().cast(pl.Int64).alias(_MUCH)), 1
    elif fact.measure == "largest":
        reached, units = windows.agg(pl.col(_MUCH).max()).drop_nulls(_MUCH), 100
    else:
        reached, units = windows.agg(pl.col(_MUCH).sum()), 1 if fact.measure == "lines" else 100
    # How many edges it reaches is its band; edges are compared as the decimals that they are written as.
    edges = [math.ceil(Fraction(str(edge)) * units) for edge in fact.edges]
    band = pl.sum_horizontal([(pl.col(_MUCH) >= edge).cast(pl.Int64) for edge in edges])
    return hash_facts(kind, reached.select(*person, _WHEN, band.alias("band")))
