"""Which facts go, so that no set that breaks the promise is left: person by person, or everywhere.

Both choose greedily what is in most of the sets for what it costs, a vertex cover; ties go to what fewest
people hold, then by the run's key.
"""

from __future__ import annotations

import hashlib

import numpy as np

from tokumei.transforms.histories.held import Held
from tokumei.transforms.histories.sets import pairs_of, triple_cells, triples_of
from tokumei.transforms.histories.vocabulary import Flags, Ints

_FINE = 1 << 20


class TooDearError(Exception):
    """More would be deleted than is worth it."""


def ranks(people: Ints, facts: Ints, seed: bytes) -> Ints:
    """Return the order in which equally good facts are deleted: fewest people first, then by the seed."""
    drawn = np.frombuffer(hashlib.shake_256(seed).digest(8 * (int(facts.max(initial=-1)) + 1)), "<u8")[facts]
    out = np.empty(len(people), np.int64)
    out[np.lexsort((facts, drawn, people))] = np.arange(len(people))
    return out


def bad_sets(
    holds: Held, bad_pairs: Flags | None, bad_triples: Flags | None, leading: Flags | None
) -> list[Ints]:
    """Return positions in `holds` of the bad sets that people hold: (size, n) for pairs and for triples.

    Args:
        holds: the facts of people.
        bad_pairs: by two facts; None where none is bad.
        bad_triples: by the cells of triples; None where none is bad.
        leading: by two facts, whether they are the lower two of a bad triple.
    """
    out = []
    if bad_pairs is not None:
        found = [sets[:, bad_pairs[holds.fact[sets[0]], holds.fact[sets[1]]]] for sets in pairs_of(holds)]
        out.append(np.concatenate([np.zeros((2, 0), np.int64), *found], axis=1))
    if bad_triples is not None:
        found = [sets[:, bad_triples[triple_cells(holds.fact[sets])]] for sets in triples_of(holds, leading)]
        out.append(np.concatenate([np.zeros((3, 0), np.int64), *found], axis=1))
    return out


def cover_of_people(
    holds: Held, sets: list[Ints], rank: Ints, deletable: Flags, most: float
) -> tuple[Flags, Ints]:
    """Return which positions of `holds` break all sets if deleted, and whose sets cannot be broken.

    Each round takes one fact of each person: the one in most of the sets that are left. What it costs the
        person does
    not count: where people choose alike, fewer other pairs become rare.

    Raises:
        TooDearError: more than `most` lines are concerned.
    """
    gone = np.zeros(len(holds.fact), bool)
    width = len(rank) + 1
    prefer = width - 1 - rank[holds.fact]
    can = deletable[holds.fact]
    while any(some.shape[1] for some in sets):
        degree = np.zeros(len(gone), np.int64)
        for some in sets:
            degree += np.bincount(some.reshape(-1), minlength=len(gone))
        rows = np.flatnonzero((degree > 0) & can)
        if not len(rows):
            return gone, np.unique(np.concatenate([holds.person[some[0]] for some in sets]))
        score = degree[rows] * width + prefer[rows]
        starts = np.flatnonzero(np.diff(holds.person[rows], prepend=-1))
        best = np.repeat(np.maximum.reduceat(score, starts), np.diff(np.append(starts, len(rows))))
        gone[rows[score == best]] = True
        if holds.lines[gone].sum() > most:
            raise TooDearError
        sets = [some[:, ~gone[some].any(axis=0)] for some in sets]
    return gone, np.zeros(0, np.int64)


def cover_everywhere(sets: list[Ints], cost: Ints, rank: Ints, deletable: Flags, most: float) -> Flags:
    """Return the facts that break all sets, as far as these can be broken, if deleted everywhere.

    Args:
        sets: the bad sets.
        cost: what a fact's deletion loses, at least 1.
        rank: who goes first of equals, see `ranks`.
        deletable: facts that can be deleted.
        most: the greatest cost that is of use.

    Raises:
        TooDearError: it costs more.
    """
    gone = np.zeros(len(cost), bool)
    degree = np.zeros(len(cost), np.int64)
    sets = [some[:, deletable[some].any(axis=0)] for some in sets]
    for some in sets:
        degree += np.bincount(some.reshape(-1), minlength=len(cost))
    orders = [[np.argsort(side, kind="stable") for side in some] for some in sets]
    bounds = [
        [
            np.searchsorted(side[order], np.arange(len(cost) + 1))
            for side, order in zip(some, there, strict=True)
        ]
        for some, there in zip(sets, orders, strict=True)
    ]
    left = [np.ones(some.shape[1], bool) for some in sets]
    width = len(cost) + 1
    prefer = width - 1 - rank
    while True:
        score = np.where(deletable & (degree > 0), degree * _FINE // cost * width + prefer, -1)
        if score.max(initial=-1) < 0:
            return gone
        fact = int(score.argmax())
        gone[fact] = True
        if cost[gone].sum() > most:
            raise TooDearError
        for some, there, ends, open_ in zip(sets, orders, bounds, left, strict=True):
            mine = np.concatenate(
                [order[end[fact] : end[fact + 1]] for order, end in zip(there, ends, strict=True)]
            )
            mine = mine[open_[mine]]
            open_[mine] = False
            degree -= np.bincount(some[:, mine].reshape(-1), minlength=len(cost))
