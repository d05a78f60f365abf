"""Addresses and birth dates of people of the files inside the sentences of a released column: anybody's."""

from __future__ import annotations

import polars as pl

from tokumei.transforms.detect.told_set import ToldSet
from tokumei.transforms.leaks.found import Found, LeakSearch

_CELL, _PERSON, _BEARERS = "cell", "person", "bearers"


def addresses_and_births(
    told: ToldSet | None, column: str, cells: pl.Series, people: pl.Series | None, shared: int
) -> dict[LeakSearch, Found]:
    """Count the cells that tell somebody's address, or that somebody was born on a day.

    Args:
        told: what is looked for; None where nothing is known.
        column: the released column.
        cells: shadows, one a record.
        people: whose record each is; None where a record is a person.
        shared: how many people make a label, which is not counted.

    Returns:
        By ``address`` different cells with an address, and how many would hold one by chance, by as many
        decoys; by ``born`` different cells with a birth date.
    """
    if told is None:
        return {}
    distinct = cells.unique().drop_nulls()
    homes, births = told.find_homes(distinct), told.find_births(distinct)
    few = _few_bear(distinct.gather(pl.concat([homes.texts, births]).unique()), cells, people, shared)
    lived, born = (int(distinct.gather(rows).is_in(few.implode()).sum()) for rows in (homes.texts, births))
    expected = homes.decoys * told.a_decoy + homes.looked * told.homes.error
    return {
        LeakSearch("address", column, ""): Found(len(distinct), lived, 0, 0, expected),
        LeakSearch("born", column, ""): Found(len(distinct), 0, born),
    }


def _few_bear(met: pl.Series, cells: pl.Series, people: pl.Series | None, shared: int) -> pl.Series:
    """Return the cells, of some, that fewer people bear than make a label."""
    if not len(met):
        return met
    frame = pl.DataFrame({_CELL: cells, _PERSON: cells if people is None else people})
    bearers = pl.len() if people is None else pl.col(_PERSON).n_unique()
    counted = frame.filter(pl.col(_CELL).is_in(met.implode())).group_by(_CELL).agg(bearers.alias(_BEARERS))
    return counted.filter(pl.col(_BEARERS) < shared)[_CELL]
