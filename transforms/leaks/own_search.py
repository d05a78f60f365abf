"""The search of a released column of texts for source values: a record's own, and others' as whole cells."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from tokumei.transforms.detect.shadow import spelled
from tokumei.transforms.detect.text_array import CharacterKind
from tokumei.transforms.leaks.found import Found
from tokumei.transforms.leaks.labels import Cells, RowNumbers
from tokumei.transforms.leaks.sought_column import SoughtColumn
from tokumei.transforms.leaks.values import (
    contained,
    long_enough,
    numbers_among,
    other_values,
    own_values,
    plain_texts,
    sought,
)
from tokumei.transforms.leaks.written import WrittenColumn
from tokumei.transforms.values.cells import as_text, without_dictionary

_NUMERIC = r"[0-9]{6}"  # of cells in which numbers may stand that are looked for


class OwnSearch:
    """A released column of a batch, and the source columns that are looked for in it.

    Most of these stand in none of its cells. That is seen by the beginnings of their values (`beginnings`):
    only values that may stand somewhere are normalized, and only if one of them really stands in its
    record's cell, or is a number that is the cell of another, all are counted.
    """

    def __init__(self, written: WrittenColumn, wanted: Mapping[str, SoughtColumn], shared: int) -> None:
        """Take a column.

        Args:
            written: its texts.
            wanted: source columns by name.
            shared: how many people, by their source values, make a label.
        """
        self._written, self._wanted, self._shared = written, wanted, shared
        self._cells = written.compared
        groups = Cells.of(self._cells.plain)
        self._rows = {name: groups.but_labels(source.values, shared) for name, source in wanted.items()}

    def own(self) -> dict[str, Found]:
        """Count by source column the records whose cell, if it is no label, contains their own value."""
        asked = {
            name: rows[self._numeric[rows]] if self._wanted[name].digits else rows
            for name, rows in self._rows.items()
        }
        near = {name: self._wanted[name].near(self._written.seen, rows) for name, rows in asked.items()}
        met = self._met(near)
        return {
            name: own_values(
                self._wanted[name].values(rows), self._cells.rows(rows), self._shared, len(self._rows[name])
            )
            if name in met
            else Found(len(self._rows[name]), 0, 0)
            for name, rows in asked.items()
        }

    def others(self, name: str) -> Found | None:
        """Count the records whose whole cell, if it is no label, is another's value; None of no record."""
        source, rows, plain = self._wanted[name], self._rows[name], self._cells.plain
        if source.digits or not len(rows):
            return None
        near = source.beginning(self._written.seen)
        values = source.values(near) if len(near) else plain.clear()
        longest = values.str.len_bytes().max() or 0
        if not plain.filter(plain.str.len_bytes() <= longest).is_in(values.implode()).any():
            return Found(int(self._long[rows].sum()), 0, 0)
        whole = sought(plain.gather(pl.Series(rows)))
        return other_values(source.values(rows), whole, self._shared, source.everybody())

    def _met(self, near: Mapping[str, RowNumbers]) -> set[str]:
        """Return the source columns of which a value may stand in its own cell, or be a number as some cell.

        Args:
            near: by source column, the records whose values to look for: all in one go.
        """
        texts = [as_text(without_dictionary(self._wanted[name].written(rows))) for name, rows in near.items()]
        values = plain_texts(pa.concat_arrays([pa.array([], pa.string()), *texts]), spelled).plain
        values = sought(values)
        cells = self._cells.plain.gather(pl.Series(np.concatenate([_NO_ROWS, *near.values()])))
        met = contained(values, cells) | values.is_in(self._numbers.implode())
        where = met.fill_null(value=False).arg_true().to_numpy()
        names = [*near]
        ends = np.cumsum([len(rows) for rows in near.values()])
        return {names[i] for i in np.unique(np.searchsorted(ends, where, side="right"))}

    @cached_property
    def _long(self) -> npt.NDArray[np.bool_]:
        return long_enough(self._cells.plain).fill_null(value=False).to_numpy()

    @cached_property
    def _numeric(self) -> npt.NDArray[np.bool_]:
        found = self._written.rows_have(CharacterKind.DIGIT)
        rows = np.flatnonzero(found)
        found[rows] = self._cells.plain.gather(pl.Series(rows)).str.contains(_NUMERIC).to_numpy()
        return found

    @cached_property
    def _numbers(self) -> pl.Series:
        return numbers_among(self._cells.plain).unique()


_NO_ROWS = np.empty(0, dtype=np.int64)
