"""A histogram cut into pieces in one pass, however many there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from tokumei.transforms.counting.contingency import Contingency
from tokumei.transforms.counting.histogram import Histogram, Ints


def divide(whole: Histogram, piece: Ints, pieces: int) -> Iterator[tuple[Ints, Histogram]]:
    """Yield, for each piece, the places of its tuples and its histogram.

    Args:
        whole: without a population.
        piece: shape (u,), the piece of each tuple; none is empty.
        pieces: their number.
    """
    order, edges = _by_piece(piece, pieces)
    place = np.empty(len(piece), dtype=np.int64)
    place[order] = np.arange(len(piece)) - edges[piece[order]]
    rows, persons, pair_edges = whole.pair_rows, whole.pair_persons, np.zeros(pieces + 1, dtype=np.int64)
    if rows is not None and persons is not None:
        pair_order, pair_edges = _by_piece(piece[rows], pieces)
        rows, persons = place[rows[pair_order]], persons[pair_order]
    tables = {name: _tables(table, piece, place, pieces) for name, table in whole.sensitive.items()}
    for i in range(pieces):
        inside = order[edges[i] : edges[i + 1]]
        pairs = slice(pair_edges[i], pair_edges[i + 1])
        sensitive: Mapping[str, Contingency] = {name: next(cut) for name, cut in tables.items()}
        yield (
            inside,
            Histogram(
                keys=whole.keys[inside],
                sizes=whole.sizes,
                records=whole.records[inside],
                total_people=whole.total_people,
                pair_rows=None if rows is None else rows[pairs],
                pair_persons=None if persons is None else persons[pairs],
                sensitive=sensitive,
                population=None,
                nulls=whole.nulls,
            ),
        )


def _tables(table: Contingency, piece: Ints, place: Ints, pieces: int) -> Iterator[Contingency]:
    order, edges = _by_piece(piece[table.tuples], pieces)
    for i in range(pieces):
        inside = order[edges[i] : edges[i + 1]]
        yield Contingency(
            tuples=place[table.tuples[inside]],
            values=table.values[inside],
            counts=table.counts[inside],
            size=table.size,
            persons=None if table.persons is None else table.persons[inside],
        )


def _by_piece(piece: Ints, pieces: int) -> tuple[Ints, Ints]:
    """Return the order that brings pieces together, keeping the order inside, and where each begins."""
    order = np.argsort(piece, kind="stable")
    return order, np.searchsorted(piece[order], np.arange(pieces + 1))
