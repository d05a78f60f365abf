"""A source column of a batch, as the search of released cells asks for it: normalized no more than needed."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.transforms.detect.shadow import spelled
from tokumei.transforms.detect.text_array import Factors
from tokumei.transforms.leaks.beginnings import Keys, SeenLetters, beginnings
from tokumei.transforms.leaks.labels import RowNumbers
from tokumei.transforms.leaks.values import plain_texts, sought
from tokumei.transforms.values.text import utf8

_LONG = 4_096  # bytes; longer values (pictures, whole documents) are not looked for
_OF_DIGITS = np.isin(np.arange(256), list(b"0123456789 ()+.-"))  # by byte
_FEW = 64  # of texts the first ones tell


class SoughtColumn:
    """The values of a column, one for each released record."""

    def __init__(
        self, source: pa.Array, order: pa.Array, released: pa.Array | None, most: int | None
    ) -> None:
        """Take a column.

        Args:
            source: its values.
            order: their rows, one for each released record.
            released: what its own treatment left, if that may be a part of the value.
            most: only values that fewer records have are looked for; None: all.
        """
        self._source, self._order, self._released, self._most = source, order, released, most
        self._all: pl.Series | None = None
        self._keys: dict[Factors, Keys] = {}

    def values(self, rows: RowNumbers) -> pl.Series:
        """Return the values to look for: not those that the column's own treatment left as they were.

        An address that had nothing but the municipality is no more than what is released.
        """
        if self._all is None and self._most is None and 2 * len(rows) <= len(self._order):
            return self._normalized(rows)
        return self.everybody().gather(pl.Series(rows))

    def everybody(self) -> pl.Series:
        """Return the values of all records."""
        if self._all is None:
            self._all = self._normalized(np.arange(len(self._order)))
        return self._all

    @cached_property
    def digits(self) -> bool:
        """Whether no value has anything but digits, and what stands between them."""
        if not pa.types.is_string(self._source.type):
            return bool(pa.types.is_integer(self._source.type))
        return _all_digits(self._source.slice(0, _FEW)) and _all_digits(self._source)

    def _beginnings(self, seen: SeenLetters) -> Keys:
        if seen.factors not in self._keys:
            self._keys[seen.factors] = beginnings(self._source, seen.factors)[self._order.to_numpy()]
        return self._keys[seen.factors]

    def beginning(self, seen: SeenLetters) -> RowNumbers:
        """Return the records whose value may be some cell, as far as its first letters tell."""
        return np.flatnonzero(seen.first[self._beginnings(seen)])

    def near(self, seen: SeenLetters, rows: RowNumbers) -> RowNumbers:
        """Return the records, of some, whose value may stand in a cell, as far as its first letters tell."""
        if self._numeric:
            return rows[seen.digits[beginnings(self.written(rows), None)]]
        return rows[seen.inside[self._beginnings(seen)[rows]]]

    @cached_property
    def _numeric(self) -> bool:
        labels = self._source.dictionary if isinstance(self._source, pa.DictionaryArray) else None
        of_labels = labels is not None and pa.types.is_string(labels.type) and _all_digits(labels)
        return self.digits or of_labels

    def written(self, rows: RowNumbers) -> pa.Array:
        """Return the values of some records as they are written; null where they are too long."""
        source = self._source.take(self._order.take(pa.array(rows)))
        if pa.types.is_string(source.type) and (pc.max(pc.binary_length(source)).as_py() or 0) > _LONG:
            source = pc.if_else(pc.less_equal(pc.binary_length(source), _LONG), source, None)
        return source

    def _normalized(self, rows: RowNumbers) -> pl.Series:
        texts = plain_texts(self.written(rows), spelled).plain
        if self._released is not None:
            texts = texts.set(texts == plain_texts(self._released.take(pa.array(rows)), spelled).plain, None)
        texts = sought(texts)
        if self._most is not None:
            bearers = pl.DataFrame({"text": texts}).select(pl.len().over("text")).to_series()
            texts = pl.select(pl.when(bearers < self._most).then(texts)).to_series()
        return texts


def _all_digits(texts: pa.Array) -> bool:
    """Whether no text has anything but digits, and what stands between them."""
    bytes_ = utf8(texts.drop_null())
    of = bytes_.data[: int(bytes_.lengths.sum())]
    if not len(of) or (of.min() >= ord("0") and of.max() <= ord("9")):
        return True
    return of.max() <= ord("9") and bool(_OF_DIGITS[of].all())
