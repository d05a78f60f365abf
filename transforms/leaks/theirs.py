"""What other tables delete of the same people, in a released column: as whole cells, and inside sentences."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from tokumei.transforms.counting.person_values import (
    LongEnough,
    Theirs,
    begin_keys,
    person_values,
    value_keys,
)
from tokumei.transforms.leaks.found import Found, LeakSearch
from tokumei.transforms.leaks.theirs_inside import NUMBER_INSIDE, values_inside
from tokumei.transforms.leaks.values import Texts

_BY_CHANCE = 1e-4  # share of short numbers that equal another number of the same person
_OTHER_THAN_DIGITS = "[^0-9]"
_CELL, _PERSON = "cell", "person"


def theirs_in(theirs: Theirs | None, column: str, cells: Texts, shared: int) -> dict[LeakSearch, Found]:
    """Count the records whose cell is, or holds, a value of their person that another table deletes.

    Cells that records of ``shared`` people of the batch bear are labels, and not counted.

    Args:
        theirs: what is sought; None: nothing.
        column: the released column.
        cells: its cells, one a record.
        shared: how many people make a label.
    """
    if theirs is None:
        return {}
    plain = cells.plain
    compared, short = person_values(plain)
    if not len(compared.rows):
        return {}
    labels = _labels(plain, theirs, shared)
    held = _held(theirs, compared) & ~labels[compared.rows]
    rest = ~labels & plain.str.contains(_OTHER_THAN_DIGITS).fill_null(value=False).to_numpy()
    rest[compared.rows[held]] = False
    inside = values_inside(theirs, cells, np.flatnonzero(rest))
    exact = theirs.values.whole.bits is None
    sure = int((held & ~short).sum()) + inside.sure if exact else 0
    numbers = int(short.sum()) + int(plain.str.contains(NUMBER_INSIDE).fill_null(value=False).sum())
    expected = (len(compared.rows) + inside.looked) * theirs.values.whole.error + numbers * _BY_CHANCE
    met = int(held.sum()) + inside.sure + inside.chance
    return {LeakSearch("theirs", column, ""): Found(len(compared.rows), met - sure, sure, 0, expected)}


def _held(theirs: Theirs, compared: LongEnough) -> npt.NDArray[np.bool_]:
    """Return which texts are a value of their person; only where they begin as one are they hashed."""
    persons = theirs.persons[compared.rows]
    held = theirs.values.begins.holds(begin_keys(persons, compared.texts, theirs.key))
    rows = np.flatnonzero(held)
    texts = compared.texts.gather(pl.Series(rows))
    held[rows] = theirs.values.whole.holds(value_keys(persons[rows], texts, theirs.key))
    return held


def _labels(plain: pl.Series, theirs: Theirs, shared: int) -> npt.NDArray[np.bool_]:
    """Return which records have a cell that so many people of the batch bear."""
    frame = pl.DataFrame({_CELL: plain, _PERSON: theirs.persons})
    often = frame.group_by(_CELL).len().filter(pl.col("len") >= shared)[_CELL]
    if not len(often):
        return np.zeros(len(plain), dtype=bool)
    bearers = frame.filter(pl.col(_CELL).is_in(often.implode())).unique().group_by(_CELL).len()
    labels = bearers.filter(pl.col("len") >= shared)[_CELL]
    return plain.is_in(labels.implode()).fill_null(value=False).to_numpy()
