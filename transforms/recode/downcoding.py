"""Whether a reader who knows the method can narrow a released class: an audit, column by column (downcoding).

A method that leaves records at different levels leaves a record at a coarse label only where no finer one
was to be had. Who sees that other classes, equal in all other columns, bear finer labels below that one,
concludes that the values below those are not in the coarse class: they would have been released there. What
is left of the label may be a single value (A. Cohen, Attacks on Deidentification's Defenses, USENIX Security
2022). At one level for everybody nothing is below anything, and nobody is narrowed.

The audit knows the truth, and counts the classes of which the conclusion is right for every record. It looks
at one column at a time; what follows from several at once is not counted. What follows from a sensitive value
is counted at one level for everybody: see `minimality`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from tokumei.transforms.counting.histogram import Histogram, Ints, Mask, pack
from tokumei.transforms.hierarchies.ladders import Ladder
from tokumei.transforms.recode.assignment import Assignment

MOST_CLASSES = 200_000


@dataclass(frozen=True)
class Narrowed:
    """Whom a reader who knows the method can narrow.

    Attributes:
        people: in classes of which some values of a label are excluded.
        to_one: of these, people of whom a single value of the file is left.
        by_values: people in finer classes that were not released because of their sensitive values alone;
            None where that is not counted.
    """

    people: int = 0
    to_one: int = 0
    by_values: int | None = None


@dataclass(frozen=True, kw_only=True)
class NarrowedClass:
    """A class of which values of one column are excluded.

    Attributes:
        column: its place among the quasi-identifiers.
        tuples: of the class, by their place in the histogram.
        finer: the same of each class that bears a label directly below, and is equal in all other columns.
        left: how many values of the label are under none of these.
    """

    column: int
    tuples: Ints
    finer: tuple[Ints, ...]
    left: int


@dataclass
class _Labels:
    """Labels of one column, as stretches of values in the order of the hierarchy, and whose they are."""

    starts: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    classes: list[int] = field(default_factory=list)


def narrowed(assignment: Assignment, ladders: Sequence[Ladder], histogram: Histogram) -> Narrowed | None:
    """Audit a release.

    Args:
        assignment: the node of every tuple.
        ladders: of the quasi-identifiers.
        histogram: the tuples.

    Returns:
        Whom it lets narrow; None where it has more than `MOST_CLASSES` classes.
    """
    found = narrowed_classes(assignment, ladders, histogram)
    if found is None:
        return None
    some, one = np.zeros(len(histogram), bool), np.zeros(len(histogram), bool)
    for each in found:
        some[each.tuples] = True
        one[each.tuples] |= each.left == 1
    return Narrowed(histogram.people_in(some), histogram.people_in(one))


def narrowed_classes(
    assignment: Assignment, ladders: Sequence[Ladder], histogram: Histogram
) -> Iterator[NarrowedClass] | None:
    """Return the classes that `narrowed` counts, once for each column; None where there are too many."""
    rows = np.flatnonzero(assignment.released & (histogram.records > 0))
    levels = assignment.nodes[assignment.of_tuple[rows]].astype(np.int64)
    if (levels == levels[:1]).all():
        return iter(())
    values = histogram.codes[:, rows].astype(np.int64)
    columns = [_stretches(ladder, levels[:, i], values[i]) for i, ladder in enumerate(ladders)]
    labels = [np.unique(start << 32 | size, return_inverse=True)[1] for _, start, size in columns]
    of_row, first = _grouped(labels)
    return None if len(first) > MOST_CLASSES else _narrowed_classes(rows, columns, labels, of_row, first)


def _narrowed_classes(
    rows: Ints, columns: Sequence[tuple[Ints, Ints, Ints]], labels: Sequence[Ints], of_row: Ints, first: Ints
) -> Iterator[NarrowedClass]:
    order = np.argsort(of_row, kind="stable")
    bounds = np.searchsorted(of_row[order], np.arange(len(first) + 1))

    def held(c: int) -> Ints:
        return order[bounds[c] : bounds[c + 1]]

    for i, (place, start, size) in enumerate(columns):
        for group in _alike([label[first] for j, label in enumerate(labels) if j != i], len(first)):
            for c, below in _below(group, start[first], size[first]).items():
                left = int(size[first[c]]) - sum(below.sizes)
                if left > 0 and not _inside(place[held(c)], below).any():
                    finer = tuple(rows[held(other)] for other in below.classes)
                    yield NarrowedClass(column=i, tuples=rows[held(c)], finer=finer, left=left)


def _stretches(ladder: Ladder, levels: Ints, codes: Ints) -> tuple[Ints, Ints, Ints]:
    """Return each tuple's value, and the begin and size of its label, in an order that keeps labels whole."""
    order = np.lexsort(ladder.codes)  # the coarsest level counts most
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    start, size = np.empty(len(codes), np.int64), np.empty(len(codes), np.int64)
    for level in np.unique(levels).tolist():
        of_label = ladder.codes[level]
        begins = np.full(len(ladder.labels[level]), len(order), np.int64)
        np.minimum.at(begins, of_label, place)
        sizes = np.bincount(of_label, minlength=len(begins))
        there = levels == level
        label = of_label[codes[there]]
        start[there], size[there] = begins[label], sizes[label]
    return place[codes], start, size


def _grouped(labels: Sequence[Ints]) -> tuple[Ints, Ints]:
    """Return the number of each row's combination of labels, and a row of each combination."""
    sizes = [int(label.max()) + 1 for label in labels]
    keys = pack([label.astype(np.int32) for label in labels], sizes)
    _, first, of_row = np.unique(keys, return_index=True, return_inverse=True)
    return of_row, first


def _alike(others: Sequence[Ints], classes: int) -> list[Ints]:
    """Return the groups of classes that are equal in all other columns, of two or more."""
    group = _grouped(others)[0] if others else np.zeros(classes, np.int64)
    order = np.argsort(group, kind="stable")
    pieces = np.split(order, np.flatnonzero(np.diff(group[order])) + 1)
    return [piece for piece in pieces if len(piece) > 1]


def _below(group: Ints, start: Ints, size: Ints) -> dict[int, _Labels]:
    """Return, by class, the labels directly below its own that other classes of the group bear."""
    found: dict[int, _Labels] = {}
    open_: list[tuple[int, int]] = []  # (class, end of its label), each within the one before
    for c in group[np.lexsort((-size[group], start[group]))].tolist():
        begin, end = int(start[c]), int(start[c] + size[c])
        while open_ and open_[-1][1] <= begin:
            open_.pop()
        if open_:
            below = found.setdefault(open_[-1][0], _Labels())
            below.starts.append(begin)
            below.sizes.append(end - begin)
            below.classes.append(c)
        open_.append((c, end))
    return found


def _inside(places: Ints, below: _Labels) -> Mask:
    """Return which values lie in any of some stretches, which ascend."""
    at = np.searchsorted(below.starts, places, side="right") - 1
    ends = np.array(below.starts) + np.array(below.sizes)
    inside: Mask = (at >= 0) & (places < ends[np.maximum(at, 0)])
    return inside
