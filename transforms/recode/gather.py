"""Regions gathered by regret: those go first who thereby pay least more than they must.

What nobody can be told for less is known of every tuple (`cheapest`). In the first round tuples are willing
to pay just that, in each further round a little more. At every node the willing are grouped by its labels;
groups that pass every model are regions, at cheap nodes first. So few are spent as company on whom others
would cost less, and the rare are not left to one another.

Those left at the end join the last regions, the dearest ones, at ``*``: 1, 2, 4, … of them until they pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tokumei.transforms.counting.histogram import Histogram, Ints, Mask
from tokumei.transforms.recode.assignment import label_tables
from tokumei.transforms.recode.boxes import Boxes, Visit
from tokumei.transforms.recode.lattice import Lattice
from tokumei.transforms.recode.models import Monotone, PrivacyModel
from tokumei.transforms.recode.objectives.base import Node

# What is paid more than needed, round by round, in shares of what generalizing whom it must costs at least.
_MORE = (0.0, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1.2, 1.6, 2.0, 3.0, 4.0, 6.0, 10.0)


@dataclass(frozen=True)
class Regions:
    """``of_tuple``: the region of each tuple, or -1; ``nodes``: of each region, shape (regions, columns)."""

    of_tuple: Ints
    nodes: npt.NDArray[np.int32]


def of_each(models: Sequence[PrivacyModel]) -> tuple[PrivacyModel, ...]:
    """Return models that every region can be asked by itself."""
    return tuple(asked for model in models if (asked := model.of_each()) is not None)


def failing_parts(models: Sequence[PrivacyModel], whole: Histogram, part: Ints, parts: int) -> Mask:
    """Return which parts of a histogram fail a model; ``part`` is that of each tuple."""
    histogram = whole.regroup(np.arange(parts), (parts,), (-1,), part)
    failing: npt.NDArray[np.bool_] = np.zeros(parts, dtype=bool)
    for model in models:
        failing |= model.failing(histogram)
    return failing


def counted_alone(models: Sequence[PrivacyModel], histogram: Histogram) -> bool:
    """Whether how many records a class holds is all that the models ask of it."""
    return histogram.pair_rows is None and all(model.least_people for model in models)


def gather_regions(lattice: Lattice, boxes: Boxes, least: Ints) -> Regions | None:
    """Return regions of all tuples of some boxes; None if these cannot even pass as one.

    No two regions carry the same labels, whatever texts a hierarchy repeats.

    Args:
        lattice: ladders, histogram and models.
        boxes: of the tuples that are to be released.
        least: what the cheapest labels of each cost (`cheapest`).
    """
    gathering = _Gathering(lattice, boxes)
    gathering.visit(least)
    return gathering.regions()


class _Gathering:
    """Those left, and the regions so far."""

    def __init__(self, lattice: Lattice, boxes: Boxes) -> None:
        self._lattice, self._boxes, self._models = lattice, boxes, of_each(lattice.models)
        self._places, self._part = boxes.places, boxes.histogram
        self._counted = counted_alone(self._models, self._part)
        self._joinable = all(model.monotone is Monotone.RECORDS for model in self._models)
        self._tables, _ = label_tables(lattice.ladders)
        self._taken = dict[tuple[int, ...], int]()
        self._of_tuple, self._nodes = np.full(len(lattice.histogram), -1), list[Node]()
        self._stays: Mask = np.ones(len(self._places), dtype=bool)

    def visit(self, least: Ints) -> None:
        """Let them go, round by round."""
        dearest = self._boxes.price(self._boxes.top)
        for limit in (*(least + more for more in self._rounds(least)), dearest):
            limits = np.where(self._stays, np.minimum(limit, dearest), -1)
            for visit in self._boxes.walk(limits, all_count=False):
                # Of a box that is not cut it is not known whether they are willing to pay so much.
                if visit.low == visit.high or limit is dearest:
                    limits[self._leave(visit)] = -1

    def _rounds(self, least: Ints) -> list[int]:
        """Return what is paid more than needed."""
        needed = least - self._boxes.price(self._boxes.bottom)
        records = self._part.records[needed > 0]
        unit = float(needed[needed > 0] @ records) / max(int(records.sum()), 1)
        return [int(more * unit) for more in _MORE]

    def _leave(self, visit: Visit) -> Ints:
        """Make regions of the groups that pass; return who is in them, by their place."""
        groups = int(visit.group.max()) + 1
        member = np.empty(groups, dtype=np.int64)
        member[visit.group[::-1]] = visit.places[::-1]
        region = np.full(groups, -1)
        passing = self._passing(visit, groups)
        labels = zip(
            *(table[level, values].tolist() for table, level, values in
              zip(self._tables, visit.high, self._part.codes[:, member], strict=True)),
            strict=True,
        )  # fmt: skip
        for i, label in enumerate(labels):
            if passing[i]:
                number = self._taken.setdefault(label, len(self._nodes))
                if number == len(self._nodes):
                    self._nodes.append(visit.high)
                elif not (self._joinable and self._nodes[number] == visit.high):
                    continue
                region[i] = number
        leaving = region[visit.group] >= 0
        places = visit.places[leaving]
        self._of_tuple[self._places[places]] = region[visit.group[leaving]]
        self._stays[places] = False
        return places

    def _passing(self, visit: Visit, groups: int) -> Mask:
        if self._counted:
            return np.ones(groups, dtype=bool)
        chosen = np.zeros(len(self._places), dtype=bool)
        chosen[visit.places] = True
        part = visit.group[np.argsort(visit.places)]
        return ~failing_parts(self._models, self._part.only(chosen), part, groups)

    def regions(self) -> Regions | None:
        """Return the regions, with those left in the last ones."""
        left = self._places[self._stays]
        if not len(left):
            return Regions(self._of_tuple, np.array(self._nodes, dtype=np.int32))
        top = self._lattice.top
        anywhere = tuple(table.item(level, 0) for table, level in zip(self._tables, top, strict=True))
        last = sorted(
            range(len(self._nodes)), key=lambda n: (n == self._taken.get(anywhere), n), reverse=True
        )
        joined = int(anywhere in self._taken)
        while True:
            together = np.isin(self._of_tuple, last[:joined])
            together[left] = True
            part = self._lattice.histogram.only(together)
            if not failing_parts(self._models, part, np.zeros(len(part), np.int64), 1).any():
                break
            if joined == len(last):
                return None
            joined = min(max(2 * joined, 1), len(last))
        self._of_tuple[together] = len(self._nodes)
        used, of_tuple = np.unique(self._of_tuple, return_inverse=True)
        nodes = np.array([*self._nodes, top], dtype=np.int32)[used[used >= 0]]
        return Regions(of_tuple - int((used < 0).any()), nodes)
