"""Multidimensional recoding over the hierarchies: regions that each go as fine as their own people allow.

After Mondrian (LeFevre, DeWitt & Ramakrishnan, ICDE 2006), with the levels of the hierarchies in place of
medians, so that labels are those of the ladders. A region is a set of tuples that share one label tuple at
one node: a class of the release. It is specialised by one column, one level down: its tuples part by their
finer labels. Parts that fail a model are held back together at the region's own labels; where they fail even
together, the smallest passing parts join them (1, 2, 4, … of them) until they pass. A column whose parts
cannot be made to pass is not specialised. Among the columns that can be, the one with the largest gain is
(the first of equal ones), until no region has any. A column in which a region has one finer label only
goes down at once, because the class stays the same.

Exact: every part is asked every model before it is made, with the whole file's shares. No two regions ever
carry the same labels, whatever texts a hierarchy repeats: a part whose labels are taken is held back. So the
regions are the classes that readers see, and nobody is suppressed to form them.

Greedy: nothing is proven optimal. It is tried from one region of all tuples at ``*``, and from the classes
of the full-domain optimum (whom that suppresses form one more region at ``*``, if they pass). The cheaper
outcome is taken, or the optimum as it is where neither costs less.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tokumei.transforms.counting.histogram import Codes, Histogram, Ints, Mask
from tokumei.transforms.decisions.recoder import SUPPRESSED
from tokumei.transforms.recode.assignment import Assignment, count_assignment, holds, label_tables
from tokumei.transforms.recode.gains import Gains
from tokumei.transforms.recode.lattice import Lattice
from tokumei.transforms.recode.models import PrivacyModel
from tokumei.transforms.recode.objectives.base import Node, Objective
from tokumei.transforms.recode.pieces import divide
from tokumei.transforms.values.steady import significant

MAX_DIVIDED = 2_000_000


class _Region(NamedTuple):
    """Tuples of one class.

    ``tuples``: their places in the whole histogram. ``codes``: their values, shape (columns, n).
    ``label``: the label numbers that readers see of it.
    """

    tuples: Ints
    codes: Codes
    histogram: Histogram
    node: Node
    label: tuple[int, ...]


@dataclass(frozen=True)
class _Split:
    """``part``: of each tuple; part 0 is held back, if ``held_back``, and all others go one level down."""

    column: int
    part: Ints
    parts: int
    held_back: bool


def multidimensional(lattice: Lattice, objective: Objective, start: Assignment) -> tuple[Assignment, int]:
    """Return the regions as an assignment, and how many they are.

    Args:
        lattice: ladders, models and a histogram of at most `MAX_DIVIDED` tuples.
        objective: the policy's, over the same ladders and histogram.
        start: the full-domain optimum.
    """
    nobody = np.zeros(len(lattice.histogram), dtype=bool)
    found = []
    for regions, settled in ((_together(lattice, ~nobody), nobody), _classes(lattice, start)):
        if regions or settled.any():
            partition = _Partition(lattice, objective, regions, settled)
            partition.refine()
            refined = partition.assignment()
            # What every region keeps may break for all together: who stands in several is one person.
            if holds(refined, lattice.ladders, lattice.histogram, lattice.models):
                found.append(refined)
    counts = [count_assignment(a, lattice.ladders, lattice.histogram) for a in [*found, start]]
    costs = [significant(objective.value(count)) for count in counts]
    best = costs.index(min(costs))
    return [*found, start][best], counts[best].kept


def _region(
    lattice: Lattice, tables: Sequence[Codes], tuples: Ints, histogram: Histogram, node: Node
) -> _Region:
    codes = lattice.histogram.codes[:, tuples]
    values = codes[:, 0].tolist()
    label = tuple(table.item(level, c) for table, level, c in zip(tables, node, values, strict=True))
    return _Region(tuples, codes, histogram, node, label)


def _together(lattice: Lattice, chosen: Mask) -> list[_Region]:
    """Return the chosen tuples as one region at the top, if it passes every model."""
    if not chosen.any():
        return []
    part = lattice.histogram.only(chosen)
    if _failing(_alone(lattice.models), _as_parts(part, np.zeros(len(part), np.int64), 1)).any():
        return []
    tables, _ = label_tables(lattice.ladders)
    return [_region(lattice, tables, np.flatnonzero(chosen), part, lattice.top)]


def _classes(lattice: Lattice, start: Assignment) -> tuple[list[_Region], Mask]:
    """Return the released classes of a full-domain assignment, and its suppressed ones as one region.

    Of classes at the bottom, which cannot be refined, only the tuples are told. Nothing is returned where a
    class passes only together with larger ones, whose parts could not then be as small.
    """
    node: Node = tuple(start.nodes[0].tolist())
    places = np.flatnonzero(start.released)
    tables, _ = label_tables(lattice.ladders)
    released = lattice.histogram.only(start.released)
    maps = [ladder.codes[level] for ladder, level in zip(lattice.ladders, node, strict=True)]
    sizes = [len(ladder.labels[level]) for ladder, level in zip(lattice.ladders, node, strict=True)]
    classes, of_tuple = released.coarsen(maps, sizes, [-1] * len(node))
    if _failing(_alone(lattice.models), classes).any():
        return [], np.zeros_like(start.released)
    suppressed = _together(lattice, ~start.released)
    if not any(node):
        return suppressed, start.released
    regions = [
        _region(lattice, tables, places[inside], histogram, node)
        for inside, histogram in divide(released, of_tuple, len(classes))
    ]
    return suppressed + regions, np.zeros_like(start.released)


def _alone(models: Sequence[PrivacyModel]) -> tuple[PrivacyModel, ...]:
    """Return models that every region can be asked by itself."""
    return tuple(asked for model in models if (asked := model.of_each()) is not None)


def _as_parts(histogram: Histogram, part: Ints, parts: int) -> Histogram:
    return histogram.regroup(np.arange(parts), (parts,), (-1,), part)


def _failing(models: Sequence[PrivacyModel], parts: Histogram) -> Mask:
    failing: npt.NDArray[np.bool_] = np.zeros(len(parts), dtype=bool)
    for model in models:
        failing |= model.failing(parts)
    return failing


class _Partition:
    """Regions, and which labels they carry; ``settled`` tuples are in classes at the bottom already."""

    def __init__(
        self, lattice: Lattice, objective: Objective, regions: Sequence[_Region], settled: Mask
    ) -> None:
        self.ladders, self.models, self.size = lattice.ladders, _alone(lattice.models), len(lattice.histogram)
        self.smallest = max(model.least_people for model in self.models)
        self.gains = Gains(objective)
        self.tables, _ = label_tables(lattice.ladders)
        self._value_of = [
            [np.unique(codes, return_index=True)[1] for codes in ladder.codes] for ladder in lattice.ladders
        ]  # one value of each label
        self.open, self.done = list(regions), list[tuple[Node, Ints]]()
        self._taken = {region.label for region in regions}
        self._settle(np.flatnonzero(settled), lattice.histogram.codes[:, settled])

    def assignment(self) -> Assignment:
        """Return the node of every tuple; the node of most tuples comes first."""
        at, of_region = np.unique([node for node, _ in self.done], axis=0, return_inverse=True)
        of_region = of_region.ravel()
        tuples = np.bincount(of_region, weights=[len(tuples) for _, tuples in self.done])
        order = np.argsort(-tuples, kind="stable")
        of_tuple = np.full(self.size, SUPPRESSED, dtype=np.int32)
        number = np.argsort(order)[of_region]
        for (_, tuples), node in zip(self.done, number.tolist(), strict=True):
            of_tuple[tuples] = node
        return Assignment(at[order].astype(np.int32), of_tuple)

    def refine(self) -> None:
        """Specialise until no region can be."""
        while self.open:
            region = self._sink(self.open.pop())
            split = self._best(region)
            if split is None:
                self.done.append((region.node, region.tuples))
            else:
                self.open.extend(self._apart(region, split))

    def _sink(self, region: _Region) -> _Region:
        """Go down in every column in which all tuples still share one label, unless it is taken."""
        label, node = region.label, list(region.node)
        self._taken.discard(label)
        alone = len(region.tuples) == 1
        for i, value in enumerate(region.codes[:, 0].tolist()):
            while node[i]:
                finer = self.ladders[i].codes[node[i] - 1]
                if not (alone or (finer[region.codes[i]] == finer[value]).all()):
                    break
                below = (*label[:i], self.tables[i].item(node[i] - 1, value), *label[i + 1 :])
                if below in self._taken:
                    break
                label, node[i] = below, node[i] - 1
        self._taken.add(label)
        return region._replace(node=tuple(node), label=label)

    def _best(self, region: _Region) -> _Split | None:
        """Return the split that gains most; columns are tried in the order of what they could gain."""
        records = region.histogram.records
        if len(records) == 1 or records.sum() < 2 * self.smallest:
            return None
        options = []
        for i, level in enumerate(region.node):
            if level:
                finer = self.ladders[i].codes[level - 1][region.codes[i]]
                sizes = np.bincount(finer, weights=records).astype(np.int64)
                if (sizes >= self.smallest).any():
                    options.append((i, finer, sizes))
        if len(options) == 1:  # nothing to choose from
            return self._split(region, *options[0][:2])
        bounded = [
            (-self.gains.at_most(i, region.node[i], region.codes[i][0], sizes), i, finer)
            for i, finer, sizes in options
        ]
        best, gained = None, -math.inf
        for bound, i, finer in sorted(bounded, key=lambda option: option[:2]):
            if -bound < gained:
                break
            split = self._split(region, i, finer)
            if split is None:
                continue
            values = np.zeros(split.parts, dtype=np.int64)
            values[split.part] = region.codes[i]
            gain = self.gains.of(
                i,
                region.node[i],
                values=values,
                sizes=np.bincount(split.part, weights=records).astype(np.int64),
                held_back=split.held_back,
            )
            if gain > gained or (gain == gained and best is not None and i < best.column):
                best, gained = split, gain
        return best

    def _split(self, region: _Region, column: int, finer: Codes) -> _Split | None:
        """Part a region by the finer labels of a column; None unless two parts pass every model."""
        there = np.bincount(finer) > 0
        labels, part = np.flatnonzero(there), (np.cumsum(there) - 1)[finer]
        parts = _as_parts(region.histogram, part, len(labels))
        failing = _failing(self.models, parts)
        self._hold_taken(region, column, labels, failing)
        passing = np.flatnonzero(~failing)
        if failing.any():
            passing = passing[np.argsort(parts.records[passing], kind="stable")]
            joined = 0
            while _failing(self.models, _merged(parts, failing)).any():
                more = max(joined, 1)
                failing[passing[joined : joined + more]] = True
                joined += more
                if joined >= len(passing):
                    return None
        held_back = bool(failing.any())
        apart = int((~failing).sum())
        if apart + held_back < 2:
            return None
        number = np.where(failing, 0, np.cumsum(~failing) - (not held_back))
        return _Split(column, number[part], apart + held_back, held_back)

    def _hold_taken(self, region: _Region, column: int, labels: Ints, failing: Mask) -> None:
        """Mark parts whose labels are taken; one with the region's own labels joins what is held back."""
        own, level = region.label, region.node[column]
        texts = self.tables[column][level - 1, self._value_of[column][level - 1]]
        same = -1
        for i in np.flatnonzero(~failing).tolist():
            text = int(texts[labels[i]])
            if text == own[column]:
                same = i
            elif (*own[:column], text, *own[column + 1 :]) in self._taken:
                failing[i] = True
        if same >= 0 and failing.any():
            failing[same] = True

    def _apart(self, region: _Region, split: _Split) -> Iterator[_Region]:
        i, level, own = split.column, region.node[split.column] - 1, region.label
        down = (*region.node[:i], level, *region.node[i + 1 :])
        self._taken.discard(own)
        if not any(down):  # most parts are never looked at again in a file of many people
            back = split.part < split.held_back
            self._settle(region.tuples[~back], region.codes[:, ~back])
            if split.held_back:
                self._taken.add(own)
                yield region._replace(
                    tuples=region.tuples[back],
                    codes=region.codes[:, back],
                    histogram=region.histogram.only(back),
                )
            return
        for number, (inside, histogram) in enumerate(divide(region.histogram, split.part, split.parts)):
            codes, node, label = region.codes[:, inside], region.node, own
            if number or not split.held_back:
                node, label = down, (*own[:i], self.tables[i].item(level, codes[i, 0]), *own[i + 1 :])
            self._taken.add(label)
            yield _Region(region.tuples[inside], codes, histogram, node, label)

    def _settle(self, tuples: Ints, codes: Codes) -> None:
        """Leave tuples in their classes at the bottom."""
        if len(tuples):
            self.done.append(((0,) * len(codes), tuples))
            labels = (table[0, values].tolist() for table, values in zip(self.tables, codes, strict=True))
            self._taken.update(zip(*labels, strict=True))


def _merged(parts: Histogram, chosen: Mask) -> Histogram:
    some = parts.only(chosen)
    return _as_parts(some, np.zeros(len(some), np.int64), 1)
