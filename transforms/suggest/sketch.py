"""What one bounded pass keeps of a table: samples of the distinct values of each column, that merge.

Of each column are kept the values whose hashes are the lowest (bottom-k, Cohen & Kaplan 2007: a uniform
sample of the distinct values, wherever in the file they stand), each with its exact number of cells. Since
the hash is the same everywhere, samples of two columns are comparable: of a value that both could have kept,
both know whether they have it. For fewer of them, the lowest again, it is kept whether each other column has
one value beside them or several, by the least and the greatest hash there: so X → Y is seen without a table
of pairs. Any pieces of the file, in any order, merge to the same; but of a batch no more than 16,384 rows
are compared for a column, so that what stands beside values of very many records is seen by some of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.schemas.treatment_base import ColumnType
from tokumei.transforms.counting.keyed import joint_keys, keyed_hashes
from tokumei.transforms.formats.convert import convert
from tokumei.transforms.values.cells import as_text, without_dictionary

KEPT = 4096  # distinct values of a column
TYPES: tuple[ColumnType, ...] = ("integer", "number", "date", "month", "datetime")

_BESIDE = 1024  # of which it is kept what stands beside them
_LEAST_BESIDE = 32
_CELLS = 1 << 23  # of all tables of what stands beside
_ROWS = 1 << 14  # of a batch that are compared with one another, for a column
_LONGEST = 512  # characters of a value
_TRIED = 16
_ERA = r"(?:令和?|平成?|昭和?|大正?|明治?|[MTSHRmtshr])\s*[0-9元〇-九十]"
_YEAR = r"(?:西暦)?(?:[0-9]{4}|[二一][〇九][〇-九]{2})\s*[./年-]"
# What texts of a type look like: to read what does not takes far longer than to look.
_LOOKS: Mapping[ColumnType, str] = {
    "integer": r"[0-9]",
    "number": r"[0-9]",
    "date": rf"^\s*(?:{_ERA}|{_YEAR}|[0-9]{{8}}\s*$)",
    "month": rf"^\s*(?:{_ERA}|{_YEAR}\s*[0-9〇-九十]{{1,3}}\s*月?\s*$|[0-9]{{6}}\s*$)",
    "datetime": rf"^\s*(?:{_ERA}|{_YEAR}).*[:時]|^\s*(?:[0-9]{{12}}|[0-9]{{14}})\s*$",
}
_KEY = b"tokumei: samples"  # no secret: what it hashes never leaves the process

Hashes = npt.NDArray[np.uint64]
Counts = npt.NDArray[np.int64]
Shares = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class ColumnSketch:
    """A column, as far as its sample knows it. It holds source values, and so stays in the process.

    Attributes:
        cells: that have a value.
        fits: cells that can be read as a type.
        hashes: of the values kept, ascending; counts: cells that have each; texts: the values, cut.
    """

    cells: int
    fits: Mapping[ColumnType, int]
    hashes: Hashes
    counts: Counts
    texts: pa.StringArray

    @property
    def distinct(self) -> int:
        """How many values there are: exact up to `KEPT`, then within 2 % or so."""
        n = len(self.hashes)
        return n if n < KEPT else round((n - 1) / (float(self.hashes[-1]) / 2.0**64))

    @property
    def all_kept(self) -> bool:
        """Whether the sample is all values there are."""
        return len(self.hashes) < KEPT


@dataclass(frozen=True, kw_only=True)
class Beside:
    """What stands beside some values of a column, in every column of the table.

    Attributes:
        hashes: of the values, ascending.
        low, high: least and greatest hash in each column, shape (values, columns); where there is no value,
            low is above high. ``low`` is less by one than the hash.
    """

    hashes: Hashes
    low: Hashes
    high: Hashes


@dataclass(frozen=True, kw_only=True)
class TableSketch:
    """A table: its columns, what stands beside their values, and a sample of its rows.

    Attributes:
        rows: readable records.
        broken: records that could not be read.
        columns: by name, in the order of the file; beside: the same, of all with values.
        sample: rows, whose "values" are their places in the file.
        compared: `determined` of the columns that were asked for; a wide table has millions of pairs.
    """

    rows: int
    broken: int
    columns: Mapping[str, ColumnSketch]
    beside: Mapping[str, Beside]
    sample: Beside
    compared: dict[str, tuple[Counts, Shares]] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Where each column stands."""
        return {name: i for i, name in enumerate(self.columns)}

    def determined(self, column: str) -> tuple[Counts, Shares]:
        """Return what stands beside the values of a column that several records have, in each column.

        Returns:
            Of how many of them there is a value beside, and of which share of those only one; by column.
        """
        if column not in self.compared:
            beside, sketch = self.beside[column], self.columns[column]
            several = np.isin(beside.hashes, sketch.hashes[sketch.counts > 1])
            low, high = beside.low[several], beside.high[several]
            some = high > 0
            held = some.sum(axis=0)
            single = (some & (low + np.uint64(1) == high)).sum(axis=0)
            self.compared[column] = held, single / np.maximum(held, 1)
        return self.compared[column]


def sketch_batch(batch: pa.RecordBatch, place: str, numbers: Counts, broken: int) -> TableSketch:
    """Sketch some rows.

    Args:
        batch: texts, or typed values.
        place: of the stretch that they are from.
        numbers: of the rows in it.
        broken: records of the stretch beside them that could not be read.
    """
    names, columns = batch.schema.names, {}
    hashes = np.zeros((batch.num_rows, len(names)), np.uint64)
    for i, (name, values) in enumerate(zip(names, batch.columns, strict=True)):
        columns[name], hashes[:, i] = _sketch_column(values)
    most = kept_beside(len(names))
    where = keyed_hashes(pa.array([place]), _KEY).view(np.uint64)[0, 0]
    rows = joint_keys(np.full(batch.num_rows, where), numbers)
    return TableSketch(
        rows=batch.num_rows,
        broken=broken,
        columns=columns,
        beside={name: _beside(hashes[:, i], hashes, most) for i, name in enumerate(names)},
        sample=_beside(rows, hashes, most),
    )


def kept_beside(columns: int) -> int:
    """Return beside how many values of a column is looked: fewer in wide tables, which have more pairs."""
    return max(_LEAST_BESIDE, min(_BESIDE, _CELLS // (columns * columns + 1)))


def merge_sketches(parts: Sequence[TableSketch]) -> TableSketch:
    """Merge sketches of any parts of one table, in any order."""
    names = list(parts[0].columns)
    most = kept_beside(len(names))
    return TableSketch(
        rows=sum(p.rows for p in parts),
        broken=sum(p.broken for p in parts),
        columns={name: _merge_columns([p.columns[name] for p in parts]) for name in names},
        beside={name: _merge_beside([p.beside[name] for p in parts], most) for name in names},
        sample=_merge_beside([p.sample for p in parts], most),
    )


def _sketch_column(values: pa.Array) -> tuple[ColumnSketch, Hashes]:
    """Return the sketch of a column, and the hash of every cell: 0 where there is no value."""
    kind = values.type.value_type if pa.types.is_dictionary(values.type) else values.type
    if not pa.types.is_string(kind):
        values = as_text(without_dictionary(values))
    coded = values if pa.types.is_dictionary(values.type) else pc.dictionary_encode(values)
    codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    texts = coded.dictionary.cast(pa.string())
    found = np.maximum(keyed_hashes(texts, _KEY).view(np.uint64)[:, 0], 1)
    counts = np.bincount(codes + 1, minlength=len(texts) + 1)[1:]
    hashes = np.append(found, np.uint64(0))[codes]
    held = np.flatnonzero(counts)  # a dictionary may hold what no cell has
    lowest = held[_lowest(found[held], KEPT)]
    column = ColumnSketch(
        cells=int(counts.sum()),
        fits=_fits(texts.take(pa.array(held)), counts[held]),
        hashes=found[lowest],
        counts=counts[lowest],
        texts=pc.utf8_slice_codeunits(texts.take(pa.array(lowest)), 0, _LONGEST),
    )
    return column, hashes


def _lowest(hashes: Hashes, most: int) -> npt.NDArray[np.intp]:
    """Return the places of the lowest hashes, ascending."""
    if len(hashes) > most:
        places = np.argpartition(hashes, most)[:most]
        return places[np.argsort(hashes[places])]
    return np.argsort(hashes)


def _fits(texts: pa.StringArray, counts: Counts) -> dict[ColumnType, int]:
    """Count the cells that can be read as each type; a type that most of a few cannot be is not tried."""
    found: dict[ColumnType, int] = {}
    if not len(texts):
        return found
    few = texts.take(pa.array(np.unique(np.linspace(0, len(texts) - 1, _TRIED).astype(int))))
    looks = pl.Series(few, dtype=pl.String).str.normalize("NFKC")
    for kind in TYPES:
        if kind == "number" and found.get("integer") == counts.sum():
            found[kind] = found["integer"]  # which is read as a number too
        elif looks.str.contains(_LOOKS[kind]).mean() >= 0.5 and _read(few, kind).sum() * 2 >= len(few):  # type: ignore[operator]
            found[kind] = int(counts[_read(texts, kind)].sum())
    return found


def _read(texts: pa.StringArray, kind: ColumnType) -> npt.NDArray[np.bool_]:
    """Return which texts can be read as a type."""
    valid: npt.NDArray[np.bool_] = (
        convert(texts, kind, ("",)).values.is_valid().to_numpy(zero_copy_only=False)
    )
    return valid


def _beside(own: Hashes, hashes: Hashes, most: int) -> Beside:
    rows = np.flatnonzero(own)
    low = np.unique(own[rows]) if len(rows) <= _ROWS else _few_lowest(own[rows], most)
    if len(low) > most:
        rows = rows[own[rows] <= low[most - 1]]
    rows = rows[:: -(-len(rows) // _ROWS) or 1]
    return _grouped(own[rows], hashes[rows] - np.uint64(1), hashes[rows], most)


def _few_lowest(hashes: Hashes, most: int) -> Hashes:
    """Return the lowest distinct hashes, at least so many if there are; without sorting all."""
    size = most * 2
    while size < len(hashes):
        low = np.unique(np.partition(hashes, size)[:size])
        if len(low) > most:
            return low
        size *= 8
    return np.unique(hashes)


def _grouped(own: Hashes, low: Hashes, high: Hashes, most: int) -> Beside:
    if not len(own):
        return Beside(hashes=own, low=low, high=high)
    order = np.argsort(own, kind="stable")
    own = own[order]
    starts = np.flatnonzero(np.append(True, own[1:] != own[:-1]))
    end = starts[most] if len(starts) > most else len(own)
    starts, order = starts[:most], order[:end]
    return Beside(
        hashes=own[starts],
        low=np.minimum.reduceat(low[order], starts, axis=0),
        high=np.maximum.reduceat(high[order], starts, axis=0),
    )


def _merge_beside(parts: Sequence[Beside], most: int) -> Beside:
    return _grouped(
        np.concatenate([p.hashes for p in parts]),
        np.concatenate([p.low for p in parts]),
        np.concatenate([p.high for p in parts]),
        most,
    )


def _merge_columns(parts: Sequence[ColumnSketch]) -> ColumnSketch:
    every = np.concatenate([p.hashes for p in parts])
    hashes, first, places = np.unique(every, return_index=True, return_inverse=True)
    counts = np.bincount(places, weights=np.concatenate([p.counts for p in parts])).astype(np.int64)
    texts = pa.concat_arrays([p.texts for p in parts]).take(pa.array(first[:KEPT]))
    return ColumnSketch(
        cells=sum(p.cells for p in parts),
        fits={kind: n for kind in TYPES if (n := sum(p.fits.get(kind, 0) for p in parts))},
        hashes=hashes[:KEPT],
        counts=counts[:KEPT],
        texts=texts,
    )
