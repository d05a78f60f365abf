"""Who came, left and stayed since earlier releases of other levels, person by person.

The levels of the earlier release are applied to today's records. Then whoever is known by the class that they
had there is the same person, in whatever class they are today. A recipient sees who came by the class of
today, who left by the class of then, and whom both releases have by both classes: each of these is nobody or
k people, and those of both also by column, whose value is another one and whose is the same (`changes`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from tokumei.transforms.counting.keyed import joint_keys
from tokumei.transforms.counting.people import PERSON
from tokumei.transforms.earlier.changes import (
    InClasses,
    Keys,
    Past,
    PeopleGroups,
    any_few,
    few,
    group_people,
    merge_standing,
    people_of_few,
)
from tokumei.transforms.earlier.together import NOW

PAIR, CLASS, VALUE_OF = "pair ", "class ", "value of "  # begin names of columns, of a recoding or a column


@dataclass(frozen=True)
class Elsewhere:
    """How a release differs from all earlier ones of certain other levels.

    Attributes:
        classes: of today, of then or of both, that show fewer than k people.
        people: the most who are shown so, once in a class, over all these releases.
    """

    classes: int
    people: int


def tell_elsewhere(rows: pl.DataFrame, i: int, past: Past, k: int) -> Elsewhere:
    """Compare what is released with all earlier releases of other levels.

    Args:
        rows: a row a record: `PERSON`, `NOW`, the class that was shown then by the number of the recoding,
            the keys of its class (`CLASS`) and of the person in it (`PAIR`) there, and of the values.
        i: number of the recoding.
        past: who stood in its classes.
        k: fewer people than this must not be shown.
    """
    pairs, now, then = (rows[name].to_numpy() for name in (f"{PAIR}{i}", NOW, str(i)))
    values = {
        name.removeprefix(VALUE_OF): rows[name].to_numpy()
        for name in rows.columns
        if name.startswith(VALUE_OF)
    }
    lines = np.ones(len(pairs), np.int64)
    standing = merge_standing([InClasses(rows[f"{CLASS}{i}"].to_numpy(), pairs, values, lines)])
    place = np.searchsorted(standing.pairs, pairs)

    def by(classes: Keys, who: Keys) -> PeopleGroups:
        """Group people by other classes, each once in each."""
        first = np.unique(joint_keys(who, classes.view(np.int64)), return_index=True)[1]
        chosen = place[first]
        again = {name: keys[chosen] for name, keys in standing.values.items()}
        found = InClasses(classes[first], standing.pairs[chosen], again, standing.lines[chosen])
        return group_people(found, past)

    (came, *_), (_, left, *_) = (
        groups.changed(groups.present)
        for groups in (by(now, rows[PERSON].to_numpy()), group_people(standing, past))
    )
    beside = by(joint_keys(now, then.view(np.int64)), pairs)
    both = beside.changed(beside.present)[3:]
    shown = few(came, k), few(left, k), any_few(both, k)
    classes = sum(int(mask.any(axis=1).sum()) for mask in shown)
    people = beside.shown(beside.present, both, k) + people_of_few(came, k) + people_of_few(left, k)
    return Elsewhere(classes, int(people.max(initial=0)))


def members(rows: pl.DataFrame, i: int, past: Past) -> pl.Expr:
    """Return the class of then of each row; null for who was in none of these releases."""
    there = pl.Series(past.people.numbers_of(rows[f"{PAIR}{i}"].to_numpy()) > 0)
    return pl.when(there).then(pl.col(str(i)))
