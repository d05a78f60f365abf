"""Signatures (明細の突合): whoever knows the lines of a person finds the pseudonym under which they stand.

This is how the attack samples S1 to S6 of the Japanese contest go (PWS Cup 2016 to 2018, on purchases): the
attacker has the whole file, and joins its lines with the released ones by a few columns, day and quantity,
or article and price. Here the lines of a person, or with pseudonyms per period of each of their periods, are
compared with all histories of the release. Whose lines agree most is taken for the person: by the cosine of
counts, so that a line counts the more, the fewer have it. It succeeds if every one of the person's pseudonyms
was found.

The attacker knows the method. Of what was coarsened or blanked the label is known, so that without anything
drawn at random a person escapes only among others with the very same lines. What was moved at random (noise,
swaps, shifted days) is known as it was, and joined as it is: an attacker who compares by nearness is that of
`linkage`. Lines that are not released are spared the attacker.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from tokumei.schemas.attacks import Signature
from tokumei.transforms.attacks.likeness import (
    HOW_OFTEN,
    ITEM,
    UNIT,
    WHOSE,
    Likeness,
    Recognized,
    merge_lines,
    most_alike,
)
from tokumei.transforms.attacks.targets import Marks, as_known, combination_of, drawn, searched_in
from tokumei.transforms.decisions.decision import Decision
from tokumei.transforms.engine.chunks import Chunk
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.planning.persons import persons_of
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.planning.units import units_of

_SIDE = "side"
_KNOWN, _RELEASED, _SOURCE = range(3)  # what is known of released lines, these, and all as they were


class _Found(NamedTuple):
    """How many people were found, expected; of how many all histories are among ten, or one is most alike."""

    right: float
    among_ten: int
    single: int


def signatures(
    plan: TablePlan, attack: Signature, chunk: Chunk[Decision], released: tuple[pa.RecordBatch, pa.Array]
) -> pl.DataFrame:
    """Count the lines of a chunk's people, as they are known, as they are released, and as they were.

    Args:
        plan: of the table.
        attack: as declared.
        chunk: its records as they were read, bound to the decisions.
        released: its records as they are released, and which of those that were read each is.
    """
    (batch, order), key = released, chunk.work.key
    who = {WHOSE: persons_of(plan, chunk)[:, 0], UNIT: units_of(plan, chunk).hashes}
    rows = order.to_numpy()
    known = as_known(plan, attack.knows, chunk, released)
    kept = {name: values[rows] for name, values in who.items()}
    sides = ((_KNOWN, known, kept), (_RELEASED, batch, kept), (_SOURCE, chunk.batch, who))
    parts = [
        pl.DataFrame(of | {ITEM: combination_of(records, attack.knows, key)}).with_columns(
            pl.lit(side, pl.Int8).alias(_SIDE), pl.lit(1, pl.Int64).alias(HOW_OFTEN)
        )
        for side, records, of in sides
    ]
    return merge_lines(parts)


def match(attack: Signature, key: RunKey, found: pl.DataFrame) -> Recognized:
    """Look for some people, drawn by the key, among the histories of all who are not held out.

    Args:
        attack: as declared.
        key: of the run.
        found: lines of all chunks.
    """
    known, released, source = (found.filter(pl.col(_SIDE) == side) for side in (_KNOWN, _RELEASED, _SOURCE))
    marks = known[WHOSE].unique().sort().to_numpy()
    targets, absent = drawn(marks, key, attack.targets, attack.held_out)

    def look(sought: Marks, owners: Marks, lines: pl.DataFrame, among: pl.DataFrame) -> _Found:
        people = pl.DataFrame({WHOSE: sought, "owner": owners, "place": np.arange(len(sought))})
        units = lines.select(WHOSE, UNIT).unique().join(people, on=WHOSE).sort("place", UNIT)
        alike = most_alike(
            lines,
            UNIT,
            units[UNIT].to_numpy(),
            units["owner"].to_numpy(),
            searched_in(among, key, attack.held_out),
        )
        return _of_people(units["place"].to_numpy(), len(sought), alike)

    own = look(targets, targets, known, released)
    return Recognized(
        people=len(targets),
        found=own.right,
        among_ten=own.among_ten,
        swapped=look(targets, np.roll(targets, -1), known, released).right,
        unreleased=look(targets, targets, source, source).right,
        absent=len(absent),
        named=look(absent, absent, known, released).single,
    )


def _of_people(places: npt.NDArray[np.int64], people: int, alike: Likeness) -> _Found:
    """Return the people of whom every history was found.

    Args:
        places: shape (n,), whose history each is, from 0.
        people: how many there are.
        alike: what was found, history by history.
    """
    right, ten, single = np.ones(people), np.ones(people, bool), np.ones(people, bool)
    np.multiply.at(right, places, alike.right)
    np.logical_and.at(ten, places, alike.among_ten)
    np.logical_and.at(single, places, alike.single)
    return _Found(float(right.sum()), int(ten.sum()), int(single.sum()))
