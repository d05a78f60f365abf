"""Large histograms of which each class must hold so many people: counted in blocks that no class crosses.

The tuples are put in order once, by the coarsest labels below ``*`` of a few columns. Tuples whose labels a
node still tells apart are in different classes of it. So a node is counted group by group: in little memory,
on several processors, and where it is only asked whether more than some people are in failing classes, no
further than until they are. Groups of few people come first, because there most classes fail.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tokumei.transforms.counting.histogram import (
    MAX_TUPLES,
    Codes,
    Histogram,
    Ints,
    Mask,
    joint_sums,
    margins,
    pack,
    radices,
    unpack,
)
from tokumei.transforms.hierarchies.ladders import Ladder
from tokumei.transforms.recode.objectives.base import Node, NodeCount
from tokumei.transforms.values.steady import squares

_CELL = 1 << 13  # tuples a cell, on average at least
_MOST_CELLS = 1 << 10
_BATCH = 1 << 16  # tuples counted in one go, if a group is not larger
_DENSE = 8  # up to so many possible classes a tuple, counting by position beats sorting
_ALWAYS_DENSE = 1 << 16
Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.number]


@dataclass(frozen=True, kw_only=True)
class _Layout:
    """How classes of one node are numbered within a group: by the sum of a number for each run of columns.

    Attributes:
        places: per run of columns, what each joint code adds to the number.
        span: numbers a group.
        least: records of a class that passes.
    """

    places: Sequence[Ints]
    span: int
    least: int


@dataclass(frozen=True, kw_only=True)
class _Tally:
    """What some whole classes add up to.

    Attributes:
        records: of each class.
        joint: per run of columns, records of the failing classes by joint code.
        failing: their sum.
    """

    records: Ints
    joint: Sequence[Numbers]
    failing: int


class Blocks:
    """The tuples of a histogram whose records are people, ready to count any node.

    Args:
        ladders: one a quasi-identifier.
        histogram: without population; what it tells of sensitive values is not looked at.
    """

    def __init__(self, ladders: Sequence[Ladder], histogram: Histogram) -> None:
        self._ladders, self._sizes = tuple(ladders), histogram.sizes
        self._total = histogram.total_people
        self._parting = _parting(ladders, len(histogram))
        sizes = [len(ladders[i].labels[level]) for i, level in self._parting.items()]
        weights = dict(zip(self._parting, radices(sizes)[0].tolist(), strict=True))
        cell = np.zeros(len(histogram), np.uint16)
        for run, codes in histogram.runs:
            maps = [
                ladders[i].upward(0, self._parting[i])
                if i in self._parting
                else np.zeros(max(self._sizes[i], 1), np.int32)
                for i in range(run.start, run.stop)
            ]
            adds = joint_sums(maps, [weights.get(i, 0) for i in range(run.start, run.stop)])
            cell += adds.astype(np.uint16).take(codes)
        order = np.argsort(cell, kind="stable")
        cells, tuples = np.unique(cell, return_counts=True)
        self._bounds = np.concatenate([[0], np.cumsum(tuples)])
        self._labels = unpack(cells.astype(np.int64), sizes)
        self._runs = [(run, codes.take(order)) for run, codes in histogram.runs]
        self._records = histogram.records.take(order).astype(
            np.min_scalar_type(histogram.records.max(initial=0))
        )
        self._people = np.add.reduceat(self._records, self._bounds[:-1], dtype=np.int64)
        self._inner = {i: _within(ladders[i], level) for i, level in self._parting.items()}

    def count(self, node: Node, least: int, enough: int | None) -> NodeCount:
        """Count a node.

        Args:
            node: the node.
            least: records of a class that passes.
            enough: where more people are in failing classes, nothing but that is told; None: all is.
        """
        layout, batches = self._layout(node, least), self._batches(node)
        told: list[int] = []

        def tally(groups: list[Ints]) -> _Tally | None:
            if enough is not None and sum(told) > enough:
                return None
            found = self._tally(layout, groups)
            told.append(found.failing)
            return found

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            tallies = [found for found in pool.map(tally, batches) if found is not None]
        if enough is not None and sum(told) > enough:
            return ruled_out(node, self._total)
        return self._sum_up(node, least, tallies)

    def _layout(self, node: Node, least: int) -> _Layout:
        maps, sizes = [], []
        for i, (ladder, level) in enumerate(zip(self._ladders, node, strict=True)):
            if i not in self._parting:
                maps.append(ladder.upward(0, level))
                sizes.append(len(ladder.labels[level]))
            elif level <= self._parting[i]:
                maps.append(self._inner[i][level])
                sizes.append(int(self._inner[i][level].max()) + 1)
            else:  # the label is the group's
                maps.append(np.zeros_like(self._inner[i][0]))
                sizes.append(1)
        weights, span = radices(sizes)
        places = [joint_sums(maps[run], weights[run].tolist()) for run, _ in self._runs]
        return _Layout(places=places, span=span, least=least)

    def _batches(self, node: Node) -> list[list[Ints]]:
        """Return the cells of each group, in batches of so many tuples."""
        labels, sizes = [], []
        for (i, at), here in zip(self._parting.items(), self._labels, strict=True):
            level = max(at, node[i])
            labels.append(self._ladders[i].upward(at, level)[here])
            sizes.append(len(self._ladders[i].labels[level]))
        groups = np.unique(pack(labels, sizes), return_inverse=True)[1] if labels else np.zeros(1, np.int64)
        people = np.bincount(groups, weights=self._people)
        tuples = np.bincount(groups, weights=np.diff(self._bounds))
        batches: list[list[Ints]] = []
        held = 0.0
        for group in np.argsort(people, kind="stable").tolist():
            if not batches or held + tuples[group] > _BATCH:
                batches.append([])
                held = 0.0
            batches[-1].append(np.flatnonzero(groups == group))
            held += tuples[group]
        return batches

    def _tally(self, layout: _Layout, groups: list[Ints]) -> _Tally:
        cells = np.concatenate(groups)
        pieces = _pieces(self._bounds, cells)
        group_of_cell = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
        numbers = np.repeat(group_of_cell * layout.span, np.diff(self._bounds)[cells])
        for (_, codes), places in zip(self._runs, layout.places, strict=True):
            if places.any():
                numbers += places.take(_gathered(codes, pieces))
        records = _gathered(self._records, pieces).astype(np.float64)
        classes, failing = _classes(numbers, records, len(groups) * layout.span, layout.least)
        lost = np.flatnonzero(failing)
        weights = records.take(lost)
        joint = [
            np.bincount(_gathered(codes, pieces).take(lost), weights, minlength=len(places))
            for (_, codes), places in zip(self._runs, layout.places, strict=True)
        ]
        return _Tally(records=classes.astype(np.int64), joint=joint, failing=int(weights.sum()))

    def _sum_up(self, node: Node, least: int, tallies: Sequence[_Tally]) -> NodeCount:
        records = np.concatenate([tally.records for tally in tallies])
        kept = records[records >= least]
        suppressed = sum(tally.failing for tally in tallies)
        doomed: list[Ints] = []
        for i, (run, _) in reversed(list(enumerate(self._runs))):
            doomed += margins(np.sum([tally.joint[i] for tally in tallies], axis=0), self._sizes[run])
        return NodeCount(
            node=node,
            classes=len(records),
            squares=squares(records),
            kept=len(kept),
            kept_squares=squares(kept),
            suppressed_records=suppressed,
            suppressed_people=suppressed,
            doomed_records=suppressed,
            doomed_people=suppressed,
            gone=tuple(
                ladder.lift(values, 0, level)
                for ladder, values, level in zip(self._ladders, doomed, node, strict=True)
            ),
            doomed=tuple(doomed),
            resolved=(0,) * len(node),
        )


def ruled_out(node: Node, everybody: int) -> NodeCount:
    """Return what is told of a node where too many people are in failing classes: as if all were."""
    return NodeCount(
        node=node,
        classes=0,
        squares=0,
        kept=0,
        kept_squares=0,
        suppressed_records=everybody,
        suppressed_people=everybody,
        doomed_records=everybody,
        doomed_people=everybody,
        gone=(),
        doomed=(),
        resolved=node,
    )


def _parting(ladders: Sequence[Ladder], tuples: int) -> dict[int, int]:
    """Return the columns whose labels part the tuples, and the level of these labels: few labels first."""
    most = min(max(tuples // _CELL, 1), _MOST_CELLS)
    coarsest = [max(ladder.levels - 2, 0) for ladder in ladders]
    labels = [len(ladder.labels[level]) for ladder, level in zip(ladders, coarsest, strict=True)]
    chosen: dict[int, int] = {}
    cells, numbers = 1, radices([len(ladder.labels[0]) for ladder in ladders])[1]
    for i in sorted(range(len(ladders)), key=lambda i: (labels[i], i)):
        within = int(_within(ladders[i], coarsest[i])[0].max(initial=0)) + 1
        most_numbers = numbers * labels[i] * within // max(len(ladders[i].labels[0]), 1)
        if labels[i] > 1 and cells * labels[i] <= most and most_numbers <= MAX_TUPLES:
            chosen[i] = coarsest[i]
            cells, numbers = cells * labels[i], most_numbers
    return chosen


def _within(ladder: Ladder, level: int) -> list[Codes]:
    """Return, per level up to one, each value's number there among the labels under its label of that one."""
    numbers = []
    for finer in range(level + 1):
        above = ladder.upward(finer, level)
        order = np.argsort(above, kind="stable")
        begins = np.searchsorted(above[order], np.arange(len(ladder.labels[level])))
        number = np.empty(len(above), np.int32)
        number[order] = np.arange(len(above)) - begins[above[order]]
        numbers.append(number[ladder.upward(0, finer)])
    return numbers


def _pieces(bounds: Ints, cells: Ints) -> list[slice]:
    """Return where the tuples of some cells are, neighbours as one."""
    ends = np.flatnonzero(np.diff(cells, append=-1) != 1)
    begins = np.concatenate([[0], ends[:-1] + 1])
    return [slice(bounds[a], bounds[b + 1]) for a, b in zip(cells[begins], cells[ends], strict=True)]


def _gathered(column: npt.NDArray[np.integer], pieces: Sequence[slice]) -> npt.NDArray[np.integer]:
    return column[pieces[0]] if len(pieces) == 1 else np.concatenate([column[piece] for piece in pieces])


def _classes(numbers: Ints, records: Floats, possible: int, least: int) -> tuple[Numbers, Mask]:
    """Return the records of each class, and which tuples lie in classes of fewer than ``least``."""
    if possible <= max(_DENSE * len(numbers), _ALWAYS_DENSE):
        sums = np.bincount(numbers, records, minlength=possible)
        return sums[sums > 0], (sums < least).take(numbers)
    order = np.argsort(numbers)
    ascending = numbers.take(order)
    begins = np.concatenate([[0], np.flatnonzero(ascending[1:] != ascending[:-1]) + 1])
    sums = np.add.reduceat(records.take(order), begins)
    failing = np.empty(len(numbers), bool)
    failing[order] = np.repeat(sums < least, np.diff(begins, append=len(numbers)))
    return sums, failing
