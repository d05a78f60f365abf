"""Who came into a class and who left it since each earlier release of the same levels.

A person in a class is a key, and a person in a class with a certain record is a token: who stays with another
record has left and come. A history is the set of earlier releases in which a token stood.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tokumei.transforms.counting.keyed import joint_keys

Keys = npt.NDArray[np.uint64]
Counts = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
_BLOCK = 1 << 14  # groups whose histories are added up at once


@dataclass(frozen=True)
class InClasses:
    """People in classes of one day, a row a person in a class; adds up over chunks.

    Attributes:
        classes: key of the class.
        pairs: key of the person in the class; each once, after merging.
        records: sum of the keys of their records there, modulo 2^64: the same whatever their order.
        lines: how many records these are.
    """

    classes: Keys
    pairs: Keys
    records: Keys
    lines: Counts

    @property
    def tokens(self) -> Keys:
        """A key of the person in the class with these records."""
        return joint_keys(self.pairs, self.records.view(np.int64))

    def only(self, chosen: Mask) -> InClasses:
        """Return some of the rows."""
        return InClasses(self.classes[chosen], self.pairs[chosen], self.records[chosen], self.lines[chosen])


def merge_standing(parts: Sequence[InClasses]) -> InClasses:
    """Bring the records of each person in a class together, in any order of the parts."""
    classes, pairs, records = (
        np.concatenate([np.empty(0, np.uint64), *columns])
        for columns in zip(*((p.classes, p.pairs, p.records) for p in parts), strict=True)
    )
    lines = np.concatenate([np.empty(0, np.int64), *(p.lines for p in parts)])
    if len(pairs) == 0:
        return InClasses(classes, pairs, records, lines)
    order = np.argsort(pairs, kind="stable")
    pairs = pairs[order]
    starts = np.flatnonzero(np.append(True, pairs[1:] != pairs[:-1]))
    return InClasses(
        classes[order][starts],
        pairs[starts],
        np.add.reduceat(records[order], starts),
        np.add.reduceat(lines[order], starts),
    )


@dataclass(frozen=True)
class Past:
    """Who stood in classes of earlier releases of the same levels.

    Attributes:
        tokens: ascending.
        classes: key of the class of each.
        history: number of the history of each.
        histories: shape (h, v), whether the tokens of a history stood in a release; equal releases once.
    """

    tokens: Keys
    classes: Keys
    history: Counts
    histories: Mask

    @property
    def versions(self) -> int:
        """How many different releases there are."""
        return int(self.histories.shape[1])


NEVER = 0  # the group of those who stood in no earlier release


@dataclass(frozen=True, kw_only=True)
class PeopleGroups:
    """People of today by class and history, and how many stood there in each earlier release.

    Attributes:
        keys: of the classes, ascending; of today or of any earlier release.
        of_person: the group of each row of today.
        of_class: the class of each group.
        stood: shape (g, v), whether the people of a group stood in a release.
        present: people of today in each group.
        counts: shape (c, v), people of each class in each release.
    """

    keys: Keys
    of_person: Counts
    of_class: Counts
    stood: Mask
    present: Counts
    counts: Counts

    def changed(self, kept: Counts) -> tuple[Counts, Counts, Counts]:
        """Return who came, who left and by how many the count differs, shape (c, v) each.

        Args:
            kept: people of each group who are released.
        """
        shared = np.zeros_like(self.counts)
        for start in range(0, len(kept), _BLOCK):
            some = slice(start, start + _BLOCK)
            np.add.at(shared, self.of_class[some], self.stood[some] * kept[some, None])
        people = np.bincount(self.of_class, weights=kept, minlength=len(self.keys)).astype(np.int64)[:, None]
        return people - shared, self.counts - shared, np.abs(people - self.counts)


def group_people(today: InClasses, past: Past) -> PeopleGroups:
    """Group today's people by their class and by the earlier releases that they stood in.

    Args:
        today: merged.
        past: of the same key.
    """
    keys = np.unique(np.concatenate([today.classes, past.classes]))
    at = np.searchsorted(past.tokens, today.tokens)
    at[at == len(past.tokens)] = 0
    known = past.tokens[at] == today.tokens if len(past.tokens) else np.zeros(len(at), bool)
    history = (
        np.where(known, past.history[at] + 1, NEVER) if len(past.tokens) else np.zeros(len(at), np.int64)
    )
    number = np.searchsorted(keys, today.classes) * (len(past.histories) + 1) + history
    groups, of_person, present = np.unique(number, return_inverse=True, return_counts=True)
    of_class, of_history = np.divmod(groups, len(past.histories) + 1)
    stood = np.vstack([np.zeros((1, past.versions), bool), past.histories])[of_history]
    counts = np.zeros((len(keys), past.versions), np.int64)
    before = np.searchsorted(keys, past.classes) * len(past.histories) + past.history
    pairs, tokens = np.unique(before, return_counts=True)
    for start in range(0, len(pairs), _BLOCK):
        some = slice(start, start + _BLOCK)
        of, histories = np.divmod(pairs[some], len(past.histories))
        np.add.at(counts, of, past.histories[histories] * tokens[some, None])
    return PeopleGroups(
        keys=keys,
        of_person=of_person.ravel(),
        of_class=of_class,
        stood=stood,
        present=present,
        counts=counts,
    )


def few(numbers: Counts, k: int) -> Mask:
    """Return which numbers of people are somebody, but fewer than k."""
    mask: Mask = (numbers > 0) & (numbers < k)
    return mask


@dataclass(frozen=True, kw_only=True)
class Changes:
    """How a release differs from all earlier ones of the same levels.

    Attributes:
        releases: how many there are.
        classes: of them or of today that show fewer than k people to whoever compares two releases.
        people: the most who are shown so, over all pairs with one earlier release.
        stayed, came, left: people of today's classes since the newest of them.
    """

    releases: int
    classes: int
    people: int
    stayed: int
    came: int
    left: int


def tell_changes(today: InClasses, past: Past, k: int, releases: int) -> Changes:
    """Compare what is released with all earlier releases of the same levels.

    Args:
        today: who is released.
        past: who was.
        k: fewer people than this must not be shown.
        releases: how many earlier ones there are.
    """
    groups = group_people(today, past)
    came, left, apart = groups.changed(groups.present)
    shown = few(came, k) | few(left, k) | few(apart, k)
    people = np.where(few(came, k), came, 0) + np.where(few(left, k), left, 0)
    newest = -1
    return Changes(
        releases=releases,
        classes=int(shown.any(axis=1).sum()),
        people=int(people.sum(axis=0).max(initial=0)),
        stayed=len(today.pairs) - int(came[:, newest].sum()),
        came=int(came[:, newest].sum()),
        left=int(left[:, newest].sum()),
    )
