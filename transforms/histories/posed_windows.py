"""Measures as they are posed: first as what is deleted, window by window; then as what stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from tokumei.schemas.histories import Fact
from tokumei.transforms.counting.histogram import Codes, Ints
from tokumei.transforms.histories.lines import PeopleLines
from tokumei.transforms.histories.problem import FactGroup, FactKind, Lines
from tokumei.transforms.histories.windows import Windows, no_windows
from tokumei.transforms.planning.histories import HistoryPlan


@dataclass(frozen=True, kw_only=True)
class PosedWindows:
    """A table of which measures may be known: its lines are the windows of people.

    Attributes:
        name: of the table.
        kinds: the places of the measures among the facts.
        measures: these.
        leaves: of each, the codes that occur, ascending, where windows may be deleted; None where they stand.
    """

    name: str
    kinds: tuple[int, ...]
    measures: tuple[Fact, ...]
    leaves: tuple[Ints, ...] | None

    def of_bucket(self, people: PeopleLines) -> Windows:
        """Return the windows of the people of a bucket."""
        return people.windows.get(self.name, no_windows(len(self.measures)))

    def lines_of(self, windows: Windows, person: Codes) -> Lines:
        """Return windows as lines of people, who are numbered."""
        codes = windows.codes(self.measures)
        if self.leaves is None:
            none = np.empty((0, len(person)), np.int32)
            return Lines(person=person, leaves=none, fixed=dict(zip(self.kinds, codes, strict=True)))
        leaves = [
            np.where(code < 0, -1, np.searchsorted(leaf, code))
            for leaf, code in zip(self.leaves, codes, strict=True)
        ]
        return Lines(person=person, leaves=np.stack(leaves).astype(np.int32), fixed={})

    def groups(self, table: int) -> list[FactGroup]:
        """Return a group for each measure that may be deleted."""
        return [
            FactGroup(
                table=table,
                chain=np.arange(len(leaf), dtype=np.int32)[None, :],
                covered=np.ones(len(leaf), np.int64),
                domain=max(len(leaf), 1),
            )
            for leaf in self.leaves or ()
        ]

    def kind(self, place: int, table: int, first: int) -> FactKind:
        """Return the kind of the fact at a place; the groups of the table begin at ``first``."""
        if self.leaves is None:
            return FactKind(table=table, groups=(), seen=(), fixed=True, delete="cell")
        group = first + self.kinds.index(place)
        return FactKind(table=table, groups=(group,), seen=(None,), fixed=False, delete="line")


def pose_windows(
    history: HistoryPlan, reading: Callable[[], Iterable[PeopleLines]], *, deletable: bool
) -> tuple[PosedWindows, ...]:
    """Return the tables with measures.

    Args:
        history: the declaration.
        reading: yields the lines of its people, bucket by bucket.
        deletable: whether windows may be deleted; else they are read no further.
    """
    bare = [
        PosedWindows(name=name, kinds=kinds, measures=history.measures(name), leaves=None)
        for name, kinds in history.windows.items()
    ]
    if not deletable:
        return tuple(bare)
    leaves = {table.name: [np.empty(0, np.int64) for _ in table.kinds] for table in bare}
    for people in reading():
        for table in bare:
            codes = table.of_bucket(people).codes(table.measures)
            leaves[table.name] = [
                np.union1d(known, code[code >= 0])
                for known, code in zip(leaves[table.name], codes, strict=True)
            ]
    return tuple(
        PosedWindows(name=t.name, kinds=t.kinds, measures=t.measures, leaves=tuple(leaves[t.name]))
        for t in bare
    )
