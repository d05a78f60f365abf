"""Records that are none, found among parsed ones: those without any value, and those that repeat the header.

Whether a record is one is decided over all columns of the file, and so is the same in every pass, whatever
columns it reads. That costs next to nothing where it cannot be so: a first byte of a cell that was read
anyway shows for nearly every record that it has a value, and is no column name.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.transforms.formats.batches import Numbers
from tokumei.transforms.formats.no_value import LIKE, SPACES, blank_cells, first_bytes, first_of_none

_BLANK, _NAME = 1, 2


class Odd(NamedTuple):
    """Rows that are no records: without a value, and equal to the header."""

    blank: Numbers
    names: Numbers


NONE = Odd(np.empty(0, np.int64), np.empty(0, np.int64))


def as_name(text: str | None) -> str:
    """Return a text as names are compared: by NFKC, without spaces around it."""
    return unicodedata.normalize("NFKC", (text or "").replace("\ufeff", "")).strip()


def odd_rows(
    cells: Mapping[str, pa.Array],
    names: Sequence[str],
    null_values: Sequence[str],
    whole: Callable[[Numbers], pa.Table],
) -> Odd:
    """Find the rows that are no records.

    Args:
        cells: some columns of the file, at least one, with null for null texts; texts that repeat may be
            encoded by a dictionary.
        names: the names of all its columns, in its order.
        null_values: texts that are no values.
        whole: reads some rows again, with all columns.
    """
    blank, like = _suspects(cells, null_values)
    rows = np.union1d(blank, like)
    if not len(rows):
        return NONE
    table = whole(rows)
    without, named = np.ones(len(rows), bool), np.ones(len(rows), bool)
    for name, column in zip(names, table.columns, strict=True):
        texts = column.combine_chunks()
        without &= blank_cells(texts, null_values)
        at = np.flatnonzero(named)
        named[at] = [as_name(text) == as_name(name) for text in texts.take(pa.array(at)).to_pylist()]
    return Odd(rows[without], rows[named & ~without])


def _suspects(cells: Mapping[str, pa.Array], null_values: Sequence[str]) -> tuple[Numbers, Numbers]:
    """Return the rows of which the cells at hand can be those of a record that is none."""
    left = None
    for name, column in sorted(cells.items(), key=lambda cell: cell[1].null_count):
        may = _may_be(name, null_values).take(first_bytes(column))
        left = may if left is None else left & may
        if not left.any():
            return NONE
    if left is None:
        return NONE
    blank, like = np.flatnonzero(left & _BLANK), np.flatnonzero(left & _NAME)
    for name, column in cells.items():
        blank = blank[blank_cells(column.take(pa.array(blank)), null_values)]
        found = pc.utf8_normalize(column.take(pa.array(like)).cast(pa.string()), form="NFKC")
        like = like[np.flatnonzero(pc.match_substring(found, as_name(name)).fill_null(False))]
    return blank, like


def _may_be(name: str, null_values: Sequence[str]) -> npt.NDArray[np.uint8]:
    """Return, by the first byte of a cell, whether it can be blank, and whether it can be the name."""
    wanted = as_name(name)
    table = np.zeros(256, np.uint8)
    table[first_of_none(null_values)] |= _BLANK
    table[
        [
            *SPACES,
            *LIKE,
            *(form[:1].encode()[0] for form in (wanted, unicodedata.normalize("NFD", wanted)) if form),
        ]
    ] |= _NAME
    table[0] = _BLANK | (_NAME if not wanted else 0)
    return table
