"""The lattice over people with several tuples each, who are left out as a whole or not at all.

Where a table is searched alone, only the records of failing classes are suppressed. Over joined tables that
is
not enough: who is left out of one class is left out of all tables, and so of all other classes, which may
then fail too. So a node is counted until nothing changes. Generalizing further never leaves out more people
because of models that are monotone in records, as classes only merge; so the search may conclude from that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from tokumei.transforms.counting.contingency import Contingency
from tokumei.transforms.counting.histogram import Histogram, Ints
from tokumei.transforms.counting.lookup import among
from tokumei.transforms.recode.lattice import Lattice, failing_classes
from tokumei.transforms.recode.models import Monotone, PrivacyModel
from tokumei.transforms.recode.objectives.base import Node, NodeCount
from tokumei.transforms.values.steady import squares

_People = npt.NDArray[np.uint64]


class PeopleLattice(Lattice):
    """Counts nodes of a histogram that tells all people of every tuple apart; see `Lattice`."""

    def left_out(self, node: Node) -> _People:
        """Return the people who are left out at a node, ascending."""
        return _short(self.classes(node)[0], self.models)

    def _counted(self, node: Node, enough: int | None) -> NodeCount:
        """Count a node wholly; people of failing classes lose all of their tuples."""
        classes, of_tuple = self.classes(node)
        short = _short(classes, self.models)
        strict = [model for model in self.models if model.monotone is Monotone.RECORDS]
        doomed = short if len(strict) == len(self.models) else _short(classes, strict)
        lost, lost_doomed = self._tuples_of(short), self._tuples_of(doomed)
        kept = classes.records - np.bincount(of_tuple, weights=lost.records, minlength=len(classes)).astype(
            np.int64
        )
        return NodeCount(
            node=node,
            classes=len(classes),
            squares=squares(classes.records),
            kept=int((kept > 0).sum()),
            kept_squares=squares(kept[kept > 0]),
            suppressed_records=int(lost.records.sum()),
            suppressed_people=len(short),
            doomed_records=int(lost_doomed.records.sum()),
            doomed_people=len(doomed),
            gone=tuple(
                ladder.lift(values, 0, level)
                for ladder, values, level in zip(self.ladders, lost.marginals(), node, strict=True)
            ),
            doomed=tuple(lost_doomed.marginals()),
            resolved=self.bottom,
        )

    def _tuples_of(self, people: _People) -> Histogram:
        """Return the histogram of all tuples of some people."""
        rows, persons = _pairs(self.histogram)
        theirs = np.bincount(rows[among(people, persons)], minlength=len(self.histogram))
        return replace(self.histogram, records=theirs.astype(np.int64))


def without_people(classes: Histogram, people: _People) -> Histogram:
    """Return the classes without some people; one that nobody is left in has no records."""
    rows, persons = _pairs(classes)
    left = ~among(people, persons)
    return replace(
        classes,
        records=np.bincount(rows[left], minlength=len(classes)).astype(np.int64),
        pair_rows=rows[left],
        pair_persons=persons[left],
        sensitive={name: _without(table, people) for name, table in classes.sensitive.items()},
    )


def _without(table: Contingency, people: _People) -> Contingency:
    if table.persons is None:
        raise TypeError("people are told apart")
    left = ~among(people, table.persons)
    return replace(
        table,
        tuples=table.tuples[left],
        values=table.values[left],
        counts=table.counts[left],
        persons=table.persons[left],
    )


def _short(classes: Histogram, models: Sequence[PrivacyModel]) -> _People:
    """Return whom failing classes take with them, until no class fails."""
    out: _People = np.empty(0, np.uint64)
    while (failing := failing_classes(models, classes)[0]).any():
        rows, persons = _pairs(classes)
        out = np.union1d(out, persons[failing[rows]])
        classes = without_people(classes, out)
        classes = classes.only(classes.records > 0)
    return out


def _pairs(classes: Histogram) -> tuple[Ints, _People]:
    if classes.pair_rows is None or classes.pair_persons is None:
        raise TypeError("people are told apart")
    return classes.pair_rows, classes.pair_persons
