"""Names of people of the files inside the sentences of a released column: anybody's, of any table."""

from __future__ import annotations

import polars as pl

from tokumei.transforms.detect.name_set import SHORTEST_NAME, NameHits, NameSet
from tokumei.transforms.leaks.found import Found

_CELL, _PERSON, _SURE = "cell", "person", "sure"


def names_in(names: NameSet, cells: pl.Series, people: pl.Series | None, shared: int) -> Found:
    """Count the records whose cell holds the name of somebody of the files.

    Labels (山田太郎商店) are not counted, which here are cells that ``shared`` people bear.

    Args:
        names: to be looked for.
        cells: shadows, one a record.
        people: whose record each is; None where a record is a person.
        shared: how many people make a label.

    Returns:
        ``sure``: records with a name. ``chance``: different cells with what may be a name or a word, and
        ``expected`` of them by chance.
    """
    distinct = cells.unique().drop_nulls()
    distinct = distinct.filter(distinct.str.len_chars() >= SHORTEST_NAME)
    hits = names.find(distinct)
    if not len(hits.owner):
        return Found(len(cells), 0, 0, 0, hits.by_chance)
    held = _by_cell(distinct, hits)
    frame = pl.DataFrame({_CELL: cells, _PERSON: cells if people is None else people})
    bearers = pl.len() if people is None else pl.col(_PERSON).n_unique()
    counts = (
        frame.lazy()
        .join(held.lazy(), on=_CELL)
        .group_by(_CELL)
        .agg(pl.col(_SURE).first(), pl.len().alias("records"), bearers.alias("bearers"))
        .filter(pl.col("bearers") < shared)
        .collect()
    )
    sure = int(counts.filter(_SURE)["records"].sum())
    return Found(len(cells), int((~counts[_SURE]).sum()), sure, 0, hits.by_chance)


def _by_cell(distinct: pl.Series, hits: NameHits) -> pl.DataFrame:
    """Return the cells that hold a name, and whether one of them is sure."""
    found = pl.DataFrame({"owner": hits.owner, _SURE: hits.sure}).group_by("owner").agg(pl.col(_SURE).any())
    return pl.DataFrame({_CELL: distinct.gather(found["owner"]), _SURE: found[_SURE]})
