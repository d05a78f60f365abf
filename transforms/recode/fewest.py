"""Fewest cells blanked: exactly where the residual is small, else how many are needed at least (セル削除).

Whom a full-domain recoding leaves over is kept with some labels blanked to ``*``. To blank fewest cells is
NP-hard (Meyerson & Williams 2004). Two ways are tried beside the rounds of `tokumei.transforms.recode.cells`:

- Few blanks first: of all sets of as many columns the one by which most records can be released, again and
  again, then the sets of one column more.
- Where few are left over: which classes there are, and in which of them each of the leftovers is, as an
  integer program, solved by HiGHS. Leftovers with the same labels stay together. A class is what some of them
  agree in, with all else blanked; one that agrees in more is another class, with fewer blanks.

At least are needed, for each of the leftovers, as many as must be blanked until k records agree in the rest.

Deterministic: the program is limited by its size and by nodes, never by time; of answers that blank as few
cells it is asked for the one whose cells tell least. All counts are made anew from what is released.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tokumei.transforms.counting.contingency import group
from tokumei.transforms.counting.histogram import Codes, Ints, Mask, pack, radices
from tokumei.transforms.decisions.recoder import SUPPRESSED
from tokumei.transforms.recode.assignment import Assignment, count_assignment, holds
from tokumei.transforms.recode.lattice import Lattice
from tokumei.transforms.recode.objectives.base import Objective
from tokumei.transforms.recode.ranking import TIE

_WORK = 20_000_000  # leftovers × sets of columns looked at for the bound
_PLACES = 3_000  # leftovers × classes that they could be in, up to which the program is solved
_NODES = 2_000
_Blank = tuple[int, ...]  # places of columns among those that the first node does not blank


@dataclass(frozen=True)
class BlankedCells:
    """How many cells a release blanks in whom its first node leaves over, and how many are needed at least.

    Cells of suppressed records count as blanked; cells that the first node blanks do not. Where the two are
    equal no release blanks fewer, as long as leftovers with the same labels stay together.
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

    blank: _Blank
    members: Ints


def fewest_cells(
    lattice: Lattice, objective: Objective, optimum: Assignment, rounds: Assignment
) -> tuple[Assignment, BlankedCells | None]:
    """Return the release that blanks fewest cells beside the same first node, as far as it is found.

    Args:
        lattice: ladders, histogram and models.
        objective: the release costs no more by it than the one of rounds.
        optimum: full-domain; the release suppresses no more people.
        rounds: a release of the way ``cells``.

    Returns:
        The release, which may be that of rounds, and its cells; None where other things are asked of classes
        than how many people they hold, for then nothing but rounds is tried.
    """
    h, models = lattice.histogram, lattice.models
    least = max((model.least_people for model in models), default=0)
    if not all(model.least_people for model in models) or any(model.full_domain_only for model in models):
        return rounds, None
    if (rounds.of_tuple == 0).all() or tuple(rounds.nodes[0].tolist()) == lattice.top:
        return rounds, BlankedCells(0, 0)
    left = _leftovers(lattice, rounds)
    needed = int(_needed(left, least) @ left.records)
    best, cells = rounds, _cells(lattice, rounds, left)
    if h.pair_rows is not None:
        return best, BlankedCells(cells, needed)
    most = objective.value(count_assignment(rounds, lattice.ladders, h))
    most += TIE * max(1.0, abs(most))
    people = h.people_in(~optimum.released)
    exact = _exact(left, least)
    if exact is not None:
        numbers = [len(left.columns if blank is None else blank) for blank in exact]
        needed = int(np.array(numbers) @ left.records)
    for blanks in (exact, _few_first(left, least)):
        found = None if blanks is None else _assigned(lattice, rounds, left, blanks)
        if (
            found is not None
            and (fewer := _cells(lattice, found, left)) < cells
            and objective.value(count_assignment(found, lattice.ladders, h)) <= most
            and h.people_in(~found.released) <= people
            and holds(found, lattice.ladders, h, models)
        ):
            best, cells = found, fewer
    return best, BlankedCells(cells, needed)


def _leftovers(lattice: Lattice, assignment: Assignment) -> _Leftovers:
    node, h = assignment.nodes[0].tolist(), lattice.histogram
    left: Mask = assignment.of_tuple != 0
    columns = tuple(i for i, (level, top) in enumerate(zip(node, lattice.top, strict=True)) if level < top)
    codes = [lattice.ladders[i].codes[node[i]][h.codes[i, left]] for i in columns]
    sizes = [len(lattice.ladders[i].labels[node[i]]) for i in columns]
    packed = pack(codes, sizes)
    _, first, of_tuple = np.unique(packed, return_index=True, return_inverse=True)
    distinct = np.array([column[first] for column in codes], np.int32)
    told = [
        1 - lattice.ladders[i].leaves[node[i]][column] / lattice.ladders[i].domain_size
        for i, column in zip(columns, distinct, strict=True)
    ]
    return _Leftovers(
        columns=columns,
        codes=distinct,
        shares=np.array(told),
        records=np.bincount(of_tuple, weights=h.records[left], minlength=len(first)).astype(np.int64),
        of_tuple=of_tuple,
        left=left,
    )


def _cells(lattice: Lattice, assignment: Assignment, left: _Leftovers) -> int:
    """Count what a release blanks of the leftovers."""
    columns = list(left.columns)
    at = assignment.of_tuple[left.left]
    blank = (assignment.nodes[at][:, columns] == np.array(lattice.top)[columns]).sum(axis=1)
    blank[at == SUPPRESSED] = len(columns)
    return int(blank @ lattice.histogram.records[left.left])


def _sets(columns: int) -> Iterator[_Blank]:
    """Yield all sets of columns, few columns first."""
    for number in range(1, columns + 1):
        yield from itertools.combinations(range(columns), number)


def _alike(left: _Leftovers, blank: _Blank, some: Ints) -> Ints:
    """Return, of some leftovers, who agrees in all columns that are not blanked: a number each."""
    rest = [i for i in range(len(left.columns)) if i not in blank]
    if not rest:
        return np.zeros(len(some), np.int64)
    codes = left.codes[rest][:, some]
    sizes = [int(column.max(initial=0)) + 1 for column in codes]
    return group(pack(codes, sizes), radices(sizes)[1])[1]


def _passing(left: _Leftovers, blank: _Blank, some: Ints, least: int) -> Mask:
    """Return which of some leftovers agree with enough others of them in all that is not blanked."""
    alike = _alike(left, blank, some)
    enough: Mask = (np.bincount(alike, weights=left.records[some]) >= least)[alike]
    return enough


def _needed(left: _Leftovers, least: int) -> Ints:
    """Return how many columns of each of the leftovers must be blanked at least."""
    everyone = np.arange(len(left.records))
    needed = np.full(len(everyone), len(left.columns))
    open_ = np.ones(len(everyone), dtype=bool)
    for looked, blank in enumerate(_sets(len(left.columns))):
        if looked * len(everyone) > _WORK:
            needed[open_] = len(blank)  # all sets of fewer columns were looked at
            break
        found = open_ & _passing(left, blank, everyone, least)
        needed[found] = len(blank)
        open_ &= ~found
        if not open_.any():
            break
    return needed


def _few_first(left: _Leftovers, least: int) -> list[_Blank | None] | None:
    """Return what is blanked of each of the leftovers (None: suppressed); None if they are too many."""
    blanks: list[_Blank | None] = [None] * len(left.records)
    if len(blanks) << len(left.columns) > _WORK:
        return None
    some = np.arange(len(blanks))
    for number in range(1, len(left.columns) + 1):
        options: Collection[_Blank] = list(itertools.combinations(range(len(left.columns)), number))
        while options:
            passing = {blank: _passing(left, blank, some, least) for blank in options}
            saved = {blank: int(left.records[some[mask]].sum()) for blank, mask in passing.items()}
            most = max(options, key=lambda blank: (saved[blank], [-i for i in blank]))
            for one in some[passing[most]].tolist():
                blanks[one] = most
            some = some[~passing[most]]
            options = [
                blank for blank in options if saved[blank] and blank != most
            ]  # fewer left save no more
    return blanks


def _exact(left: _Leftovers, least: int) -> list[_Blank | None] | None:
    """Return the same with fewest cells blanked; None if that is too much to find out."""
    classes = _classes(left, least)
    chosen = None if classes is None else _solve(left, classes, least)
    return (
        None
        if classes is None or chosen is None
        else [classes[c].blank if c >= 0 else None for c in chosen.tolist()]
    )


def _classes(left: _Leftovers, least: int) -> list[_Class] | None:
    """Return every class that may be of use; None if there are too many."""
    if len(left.records) << len(left.columns) > _WORK:
        return None
    classes, places = list[_Class](), 0
    everyone = np.arange(len(left.records))
    for blank in _sets(len(left.columns)):
        alike = _alike(left, blank, everyone)
        enough = np.bincount(alike, weights=left.records) >= least
        order = np.argsort(alike, kind="stable")
        for members in np.split(order, np.flatnonzero(np.diff(alike[order])) + 1):
            values = left.codes[list(blank)][:, members]
            if enough[alike[members[0]]] and (values.min(axis=1) < values.max(axis=1)).all():
                classes.append(_Class(blank, members))
                places += len(members)
                if places > _PLACES:
                    return None
    return classes


def _solve(left: _Leftovers, classes: Sequence[_Class], least: int) -> Ints | None:
    """Return each one's class, -1 of those suppressed; None if the limit of nodes does not suffice.

    Binary: whether one of the leftovers is in a class, by class and member; then whether there is the class.
    """
    if not classes:
        return np.full(len(left.records), -1)
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
    lattice: Lattice, rounds: Assignment, left: _Leftovers, blanks: Sequence[_Blank | None]
) -> Assignment:
    """Return the release: a node for each set of blanked columns, few first."""
    sets = sorted({blank for blank in blanks if blank is not None}, key=lambda blank: (len(blank), blank))
    nodes = np.repeat(rounds.nodes[:1], len(sets) + 1, axis=0)
    for node, blank in zip(nodes[1:], sets, strict=True):
        columns = [left.columns[i] for i in blank]
        node[columns] = np.array(lattice.top, np.int32)[columns]
    number = {blank: i + 1 for i, blank in enumerate(sets)}
    of_leftover = np.array([SUPPRESSED if blank is None else number[blank] for blank in blanks], np.int32)
    of_tuple = np.where(rounds.of_tuple == 0, 0, SUPPRESSED).astype(np.int32)
    of_tuple[left.left] = of_leftover[left.of_tuple]
    return Assignment(nodes, of_tuple)
