"""What other tables delete of the same people, as whole cells of a released column."""

from __future__ import annotations

import polars as pl

from tokumei.transforms.counting.person_values import Theirs, person_values
from tokumei.transforms.leaks.found import Found, LeakSearch

_BY_CHANCE = 1e-4  # share of short numbers that equal another number of the same person
_CELL, _PERSON = "cell", "person"


def theirs_in(theirs: Theirs | None, column: str, plain: pl.Series, shared: int) -> dict[LeakSearch, Found]:
    """Count the records whose whole cell is a value of their person that another table deletes.

    Cells that records of ``shared`` people of the batch bear are labels, and not counted.

    Args:
        theirs: what is sought; None: nothing.
        column: the released column.
        plain: its cells, letters and digits, one a record.
        shared: how many people make a label.
    """
    if theirs is None:
        return {}
    rows, hashes, short = person_values(theirs.persons, plain, theirs.key)
    held = theirs.values.holds(hashes)
    if held.any():
        bearers = (
            pl.DataFrame({_CELL: plain.gather(pl.Series(rows)), _PERSON: theirs.persons[rows]})
            .select(pl.col(_PERSON).n_unique().over(_CELL))
            .to_series()
            .to_numpy()
        )
        held &= bearers < shared
    exact = theirs.values.bits is None
    sure = int((held & ~short).sum()) if exact else 0
    expected = len(rows) * theirs.values.error + int(short.sum()) * _BY_CHANCE
    found = Found(len(rows), int(held.sum()) - sure, sure, 0, expected)
    return {LeakSearch("theirs", column, ""): found} if len(rows) else {}
