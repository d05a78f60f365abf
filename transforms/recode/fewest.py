"""Fewest cells blanked: exactly where the residual is small, else how many are needed at least (セル削除).

Whom a full-domain recoding leaves over is kept with some labels blanked to ``*``. Leftovers with the same
labels stay together. To blank fewest cells is NP-hard (Meyerson & Williams 2004). A class of the release is
what some of the leftovers agree in, with all else blanked; of k people at least. Which classes there are, and
in which of them each of the leftovers is, is an integer program (HiGHS solves it). An own bound holds for any
number of leftovers: nobody needs fewer cells blanked than until k records agree in the rest. Other models and
people with several records can only ask for more.

Deterministic: the program is limited by its size and by nodes, never by time, and its answer is taken only
where it blanks fewer cells than the rounds of `tokumei.transforms.recode.local`, for no higher cost.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tokumei.transforms.counting.contingency import group
from tokumei.transforms.counting.histogram import Codes, Ints, Mask, pack, radices
from tokumei.transforms.decisions.recoder import SUPPRESSED
from tokumei.transforms.recode.assignment import Assignment, count_assignment, holds
from tokumei.transforms.recode.lattice import Lattice
from tokumei.transforms.recode.objectives.base import Objective

_WORK = 20_000_000  # leftovers × sets of columns looked at for the bound
_PLACES = 3_000  # leftovers × classes that they could be in, up to which the program is solved
_NODES = 2_000
_TIE = 1e-12


@dataclass(frozen=True)
class Blanked:
    """How many cells a release blanks in whom its first node leaves over, and how many are needed at least.

    Cells of suppressed records count as blanked; cells that the first node blanks do not.
    """

    cells: int
    least: int


@dataclass(frozen=True, kw_only=True)
class _Leftovers:
    """Records that differ in their labels at the first node of a release.

    Attributes:
        columns: those that the node does not blank.
        codes: shape (columns, n), labels.
        shares: shape (columns, n), how much of its column each label still tells, from 0 to 1.
        records: shape (n,).
        of_tuple: shape (u,), of the histogram's tuples that are left over.
        left: shape of the histogram, which tuples these are.
    """

    columns: tuple[int, ...]
    codes: Codes
    shares: npt.NDArray[np.float64]
    records: Ints
    of_tuple: Ints
    left: Mask


@dataclass(frozen=True)
class _Class:
    """Who could be released together: the columns to blank, and the leftovers that agree in the others."""

    blank: tuple[int, ...]
    members: Ints


def blanked_cells(lattice: Lattice, assignment: Assignment) -> Blanked:
    """Count what a release of the way ``cells`` blanks."""
    return _count(lattice, assignment, _leftovers(lattice, assignment))


def fewest_cells(lattice: Lattice, objective: Objective, greedy: Assignment) -> Assignment:
    """Return the release that blanks fewest cells beside the same first node; if none is found, the same.

    Args:
        lattice: ladders, histogram and models.
        objective: what the release must not cost more by.
        greedy: a release of the way ``cells``.
    """
    h, models = lattice.histogram, lattice.models
    if h.pair_rows is not None or not all(model.least_people for model in models):
        return greedy
    left = _leftovers(lattice, greedy)
    least = max(model.least_people for model in models)
    classes = _classes(left, least)
    if not classes:
        return greedy
    chosen = _solve(left, classes, least)
    if chosen is None:
        return greedy
    found = _assigned(lattice, greedy, left, classes, chosen)
    before, after = (_count(lattice, assignment, left) for assignment in (greedy, found))
    costs = [objective.value(count_assignment(a, lattice.ladders, h)) for a in (greedy, found)]
    people = [h.people_in(~a.released) for a in (greedy, found)]
    better = after.cells < before.cells and costs[1] <= costs[0] + _TIE * max(1.0, abs(costs[0]))
    if better and people[1] <= people[0] and holds(found, lattice.ladders, h, models):
        return found
    return greedy


def _leftovers(lattice: Lattice, assignment: Assignment) -> _Leftovers:
    node, h = assignment.nodes[0].tolist(), lattice.histogram
    left: Mask = (assignment.of_tuple != 0) & (h.records > 0)
    columns = tuple(i for i, (level, top) in enumerate(zip(node, lattice.top, strict=True)) if level < top)
    codes = [lattice.ladders[i].codes[node[i]][h.codes[i, left]] for i in columns]
    sizes = [len(lattice.ladders[i].labels[node[i]]) for i in columns]
    packed = pack(codes, sizes) if columns else np.zeros(int(left.sum()), np.int64)
    _, first, of_tuple = np.unique(packed, return_index=True, return_inverse=True)
    distinct = np.array([column[first] for column in codes], np.int32).reshape(len(columns), -1)
    told = [
        1 - lattice.ladders[i].leaves[node[i]][column] / lattice.ladders[i].domain_size
        for i, column in zip(columns, distinct, strict=True)
    ]
    return _Leftovers(
        columns=columns,
        codes=distinct,
        shares=np.array(told).reshape(distinct.shape),
        records=np.bincount(of_tuple, weights=h.records[left], minlength=len(first)).astype(np.int64),
        of_tuple=of_tuple,
        left=left,
    )


def _count(lattice: Lattice, assignment: Assignment, left: _Leftovers) -> Blanked:
    columns = list(left.columns)
    top = np.array(lattice.top)[columns]
    at = assignment.of_tuple[left.left]
    blank = np.where(at == SUPPRESSED, len(columns), (assignment.nodes[at][:, columns] == top).sum(axis=1))
    least = max((model.least_people for model in lattice.models), default=1)
    return Blanked(
        int((blank * lattice.histogram.records[left.left]).sum()), int(_needed(left, least) @ left.records)
    )


def _agreeing(left: _Leftovers, least: int) -> Iterator[tuple[tuple[int, ...], Ints, Mask]]:
    """Yield sets of columns, few first: who agrees in all others, and which of these are so many records."""
    sizes = [int(column.max(initial=0)) + 1 for column in left.codes]
    for number in range(1, len(sizes) + 1):
        for blank in itertools.combinations(range(len(sizes)), number):
            rest = [i for i in range(len(sizes)) if i not in blank]
            if rest:
                own = [sizes[i] for i in rest]
                _, alike = group(pack(left.codes[rest], own), radices(own)[1])
            else:
                alike = np.zeros(len(left.records), np.int64)
            yield blank, alike, np.bincount(alike, weights=left.records) >= least


def _needed(left: _Leftovers, least: int) -> Ints:
    """Return how many columns of each of the leftovers must be blanked at least."""
    needed = np.full(len(left.records), len(left.columns))
    open_ = np.ones(len(left.records), dtype=bool)
    for looked, (blank, alike, enough) in enumerate(_agreeing(left, least)):
        if not open_.any():
            break
        if looked * len(open_) > _WORK:
            needed[open_] = len(blank)  # all sets of fewer columns were looked at
            break
        found = open_ & enough[alike]
        needed[found] = len(blank)
        open_ &= ~found
    return needed


def _classes(left: _Leftovers, least: int) -> list[_Class]:
    """Return every class that may be of use; none if there are too many."""
    if len(left.records) << len(left.columns) > _WORK:
        return []
    classes, places = list[_Class](), 0
    for blank, alike, enough in _agreeing(left, least):
        order = np.argsort(alike, kind="stable")
        for members in np.split(order, np.flatnonzero(np.diff(alike[order])) + 1):
            values = left.codes[list(blank)][:, members]
            # Members that agree in a blanked column as well are a class with fewer blanks.
            if enough[alike[members[0]]] and (values.min(axis=1) < values.max(axis=1)).all():
                classes.append(_Class(blank, members))
                places += len(members)
                if places > _PLACES:
                    return []
    return classes


def _solve(left: _Leftovers, classes: Sequence[_Class], least: int) -> Ints | None:
    """Return each one's class, -1 of those suppressed; None if the limit of nodes does not suffice.

    Binary: whether one of the leftovers is in a class, by class and member; then whether there is the class.
    """
    import scipy.optimize  # half a second, which few runs need
    import scipy.sparse

    members = np.concatenate([c.members for c in classes])
    of_class = np.repeat(np.arange(len(classes)), [len(c.members) for c in classes])
    saved = np.array([len(left.columns) - len(c.blank) for c in classes])
    places, n = len(members), len(left.records)
    records = left.records[members]
    at = np.arange(places)
    ones = np.ones(places)
    placed = scipy.sparse.coo_array((ones, (members, at)), (n, places + len(classes)))
    there = scipy.sparse.coo_array(
        (np.concatenate([ones, -ones]), (np.tile(at, 2), np.concatenate([at, places + of_class]))),
        (places, places + len(classes)),
    )
    held = scipy.sparse.coo_array(
        (
            np.concatenate([records, np.full(len(classes), -least)]),
            (
                np.concatenate([of_class, np.arange(len(classes))]),
                np.concatenate([at, places + np.arange(len(classes))]),
            ),
        ),
        (len(classes), places + len(classes)),
    )
    told = np.concatenate([left.shares[list(c.blank)][:, c.members].sum(axis=0) for c in classes])
    # Of as many cells those that tell least: all of them together are less than one cell.
    lost = records * told / (left.records.sum() * len(left.columns) + 1)
    answer = scipy.optimize.milp(
        np.concatenate([lost - records * saved[of_class], np.zeros(len(classes))]),
        integrality=np.ones(places + len(classes)),
        bounds=(0, 1),
        constraints=[(placed, -np.inf, 1), (there, -np.inf, 0), (held, 0, np.inf)],
        options={"node_limit": _NODES, "mip_rel_gap": 0},
    )
    if answer.status != 0:
        return None
    chosen = np.full(n, -1)
    taken = np.flatnonzero(answer.x[:places] > 0.5)
    chosen[members[taken]] = of_class[taken]
    return chosen


def _assigned(
    lattice: Lattice, greedy: Assignment, left: _Leftovers, classes: Sequence[_Class], chosen: Ints
) -> Assignment:
    """Return the release: a node for each set of blanked columns, few first."""
    blanks = sorted({classes[c].blank for c in chosen if c >= 0}, key=lambda blank: (len(blank), blank))
    nodes = [greedy.nodes[0].copy()]
    for blank in blanks:
        nodes.append(greedy.nodes[0].copy())
        for i in blank:
            nodes[-1][left.columns[i]] = lattice.top[left.columns[i]]
    number = {blank: i + 1 for i, blank in enumerate(blanks)}
    of_leftover = np.array([number[classes[c].blank] if c >= 0 else SUPPRESSED for c in chosen], np.int32)
    of_tuple = np.where(greedy.of_tuple == 0, 0, SUPPRESSED).astype(np.int32)
    of_tuple[left.left] = of_leftover[left.of_tuple]
    return Assignment(np.array(nodes, np.int32), of_tuple)
