"""Parts of a histogram: dealt by tuple, and exchanged by class so that every class is whole in one place.

A part is a `Histogram` again; what is counted of disjoint parts adds up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import polars as pl

from tokumei.transforms.counting.contingency import Contingency
from tokumei.transforms.counting.histogram import PACKED, Histogram, Ints
from tokumei.transforms.counting.people import PeoplePerKey
from tokumei.transforms.hierarchies.ladders import Ladder
from tokumei.transforms.recode.count import Histograms, TableCount
from tokumei.transforms.recode.lattice import Lattice
from tokumei.transforms.recode.objectives.base import Node, NodeCount

_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # Knuth's multiplicative hashing: neighbours go apart


def place_of(keys: Ints, places: int) -> Ints:
    """Return the place of each packed key, from 0 to ``places`` - 1; the same on every worker."""
    spread = (keys.astype(np.uint64) * _SPREAD) >> np.uint64(32)
    return (spread % np.uint64(places)).astype(np.int64)


def deal_tuples(counted: Histograms, shards: int) -> Iterator[tuple[int, Histograms]]:
    """Deal the tuples of all tables to shards; there is a first one even if there are no tuples."""
    dealt: dict[int, Histograms] = {0: {}}
    for name, table in counted.items():
        tuples = _deal(table.tuples, shards)
        sensitive = {column: _deal(found, shards) for column, found in table.sensitive.items()}
        for shard, part in tuples.items():
            inside = {column: parts[shard] for column, parts in sensitive.items()}
            dealt.setdefault(shard, {})[name] = TableCount(part, inside)
    yield from dealt.items()


def _deal(counted: PeoplePerKey, shards: int) -> dict[int, PeoplePerKey]:
    def parts(frame: pl.DataFrame) -> dict[int, pl.DataFrame]:
        places = pl.Series("#place", place_of(frame[PACKED].to_numpy(), shards))
        by_place = frame.with_columns(places).partition_by("#place", as_dict=True, include_key=False)
        return {int(place): part for (place,), part in by_place.items()}

    pairs = {} if counted.pairs is None else parts(counted.pairs)
    return {
        shard: PeoplePerKey(counted.keys, counted.cap, part, pairs.get(shard))
        for shard, part in parts(counted.counts).items()
    }


def split(histogram: Histogram, places: int) -> Iterator[tuple[int, Histogram]]:
    """Part some classes by their keys."""
    of_class = place_of(histogram.keys, places)
    for place in np.unique(of_class):
        yield int(place), histogram.only(of_class == place)


def join(parts: Sequence[Histogram]) -> Histogram:
    """Add up parts over the same codes."""
    starts = np.cumsum([0, *(len(part) for part in parts)])
    keys, of_tuple = np.unique(np.concatenate([part.keys for part in parts]), return_inverse=True)
    first = parts[0]
    side_by_side = Histogram(
        keys=np.concatenate([part.keys for part in parts]),
        sizes=first.sizes,
        records=np.concatenate([part.records for part in parts]),
        total_people=first.total_people,
        sensitive={
            name: _side_by_side([part.sensitive[name] for part in parts], starts) for name in first.sensitive
        },
        nulls=first.nulls,
    )
    return side_by_side.regroup(keys, first.sizes, first.nulls, of_tuple)


def _side_by_side(tables: Sequence[Contingency], starts: Ints) -> Contingency:
    return Contingency(
        tuples=np.concatenate([t.tuples + start for t, start in zip(tables, starts, strict=False)]),
        values=np.concatenate([t.values for t in tables]),
        counts=np.concatenate([t.counts for t in tables]),
        size=tables[0].size,
    )


def whole(ladders: Sequence[Ladder], histogram: Histogram) -> Histogram:
    """Return the histogram as one class: its records, and its people by sensitive value."""
    top = tuple(ladder.levels - 1 for ladder in ladders)
    return Lattice(ladders, histogram, ()).classes(top)[0]


def add_counts(parts: Sequence[Mapping[tuple[str, Node], NodeCount]]) -> dict[tuple[str, Node], NodeCount]:
    """Add up the counts of disjoint classes, by table and node."""
    total: dict[tuple[str, Node], NodeCount] = {}
    for part in parts:
        for key, count in part.items():
            total[key] = _add(total[key], count) if key in total else count
    return total


def _add(a: NodeCount, b: NodeCount) -> NodeCount:
    return NodeCount(
        node=a.node,
        classes=a.classes + b.classes,
        squares=a.squares + b.squares,
        kept=a.kept + b.kept,
        kept_squares=a.kept_squares + b.kept_squares,
        suppressed_records=a.suppressed_records + b.suppressed_records,
        suppressed_people=a.suppressed_people + b.suppressed_people,
        doomed_records=a.doomed_records + b.doomed_records,
        doomed_people=a.doomed_people + b.doomed_people,
        gone=tuple(x + y for x, y in zip(a.gone, b.gone, strict=True)),
        doomed=tuple(x + y for x, y in zip(a.doomed, b.doomed, strict=True)),
        resolved=a.resolved,
    )
