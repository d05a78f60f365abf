"""Who came into a class, left it or changed there since each earlier release of the same levels.

What counts as the same must rest on what a recipient can match. Who holds two releases may match their
records by any set of the columns that both have: by the classes alone, as where every record tells the day on
which it was drawn, or by all columns that somebody has kept. Matched by a set, those came who are new in the
class or have another value in one of its columns, and those left likewise. So a person in a class is a key,
with a number for each column beside it, and it is counted apart who is new, who is gone, who is there still,
and of these by column whose value is another one and whose is the same.

Each of them nobody or k people is enough for every set of columns: with a set, those who came are the new
ones and all who changed in one of its columns, which is a union of groups that are each nobody or k; so are
those who left. It is needed too, for one column is a set, and no column is one; and whoever takes the one
from the other is left with those who changed. What is not counted are those who changed in several columns at
once.

A history is the set of earlier releases in which a person, or their value in a column, stood.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tokumei.transforms.counting.keyed import joint_keys
from tokumei.transforms.counting.lookup import NOT_FOUND, places_in

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
        values: by compared column, sum of the keys of their values there, modulo 2^64: the same whatever
            their order.
        lines: how many records these are.
    """

    classes: Keys
    pairs: Keys
    values: Mapping[str, Keys]
    lines: Counts

    def tokens(self, column: str) -> Keys:
        """A key of the person in the class with these values of a column."""
        return joint_keys(self.pairs, self.values[column].view(np.int64))

    def only(self, chosen: Mask) -> InClasses:
        """Return some of the rows."""
        values = {name: keys[chosen] for name, keys in self.values.items()}
        return InClasses(self.classes[chosen], self.pairs[chosen], values, self.lines[chosen])


def merge_standing(parts: Sequence[InClasses]) -> InClasses:
    """Bring the records of each person in a class together, in any order of the parts; one at least."""
    classes, pairs = (
        np.concatenate(columns) for columns in zip(*((p.classes, p.pairs) for p in parts), strict=True)
    )
    values = {name: np.concatenate([p.values[name] for p in parts]) for name in parts[0].values}
    lines = np.concatenate([p.lines for p in parts])
    if len(pairs) == 0:
        return InClasses(classes, pairs, values, lines)
    order = np.argsort(pairs, kind="stable")
    pairs = pairs[order]
    starts = np.flatnonzero(np.append(True, pairs[1:] != pairs[:-1]))
    return InClasses(
        classes[order][starts],
        pairs[starts],
        {name: np.add.reduceat(keys[order], starts) for name, keys in values.items()},
        np.add.reduceat(lines[order], starts),
    )


@dataclass(frozen=True)
class Stood:
    """Keys, and in which earlier releases each stood.

    Attributes:
        keys: ascending.
        history: number of the history of each.
        histories: shape (h, v), whether the keys of a history stood in a release.
    """

    keys: Keys
    history: Counts
    histories: Mask

    @property
    def releases(self) -> Mask:
        """Shape (v,), in which any stood."""
        found: Mask = np.logical_or.reduce(self.histories, axis=0)
        return found

    @property
    def with_never(self) -> Mask:
        """The histories, before them one of whoever stood in none."""
        return np.vstack([np.zeros((1, self.histories.shape[1]), bool), self.histories])

    def numbers_of(self, keys: Keys) -> Counts:
        """Return the number of each key's history in `with_never`."""
        places = places_in(self.keys, keys)
        return np.where(places == NOT_FOUND, 0, np.append(self.history, -1)[places] + 1)


@dataclass(frozen=True)
class Past:
    """Who stood in classes of earlier releases of the same levels; equal releases once.

    Attributes:
        people: keys of people in classes.
        classes: key of the class of each.
        columns: by column, keys of people in classes with their values of it.
    """

    people: Stood
    classes: Keys
    columns: Mapping[str, Stood]

    @property
    def versions(self) -> int:
        """How many different releases there are."""
        return int(self.people.histories.shape[1])

    def counts_of(self, keys: Keys) -> Counts:
        """Return shape (c, v), people of each class in each release; keys ascend, and none is missing."""
        people = self.people
        counts = np.zeros((len(keys), self.versions), np.int64)
        stood = np.searchsorted(keys, self.classes) * len(people.histories) + people.history
        pairs, tokens = np.unique(stood, return_counts=True)
        for start in range(0, len(pairs), _BLOCK):
            some = slice(start, start + _BLOCK)
            of, histories = np.divmod(pairs[some], len(people.histories))
            np.add.at(counts, of, people.histories[histories] * tokens[some, None])
        return counts


@dataclass(frozen=True, kw_only=True)
class PeopleGroups:
    """People of today by class and histories, and how many stood there in each earlier release.

    Attributes:
        keys: of the classes, ascending; of today or of any earlier release.
        of_person: the group of each row of today.
        of_class: the class of each group, ascending.
        numbers: shape (g, 1 + f), the histories of each group: of the people, and of each column.
        histories: what the numbers stand for: shape (h, v) each.
        known: shape (v,), for each column the releases that have it.
        present: people of today in each group.
        counts: shape (c, v), people of each class in each release.
    """

    keys: Keys
    of_person: Counts
    of_class: Counts
    numbers: Counts
    histories: tuple[Mask, ...]
    known: tuple[Mask, ...]
    present: Counts
    counts: Counts

    def stood(self, some: slice) -> Mask:
        """Return shape (g, v), whether the people of some groups stood in a release."""
        return self.histories[0][self.numbers[some, 0]]

    def beside(self, some: slice) -> list[tuple[Mask, Mask]]:
        """Return for each column, shape (g, v), whether they stood there with another value, or the same."""
        stood, found = self.stood(some), []
        for i, (histories, known) in enumerate(zip(self.histories[1:], self.known, strict=True), 1):
            same = histories[self.numbers[some, i]]
            found.append((stood & known & ~same, stood & known & same))
        return found

    def changed(self, kept: Counts) -> list[Counts]:
        """Return numbers of people, shape (c, v) each.

        They are: who came, who left, by how many the count differs, who stayed, and by column who did with
        another value and who with the same.

        Args:
            kept: people of each group who are released.
        """
        sums = [np.zeros_like(self.counts) for _ in range(2 * len(self.histories) - 1)]
        for start in range(0, len(kept), _BLOCK):
            some = slice(start, start + _BLOCK)
            masks = self.stood(some), *(mask for both in self.beside(some) for mask in both)
            for of_mask, mask in zip(sums, masks, strict=True):
                np.add.at(of_mask, self.of_class[some], mask * kept[some, None])
        people = np.bincount(self.of_class, weights=kept, minlength=len(self.keys)).astype(np.int64)[:, None]
        return [people - sums[0], self.counts - sums[0], np.abs(people - self.counts), *sums]

    def shown(self, kept: Counts, there: Sequence[Counts], k: int) -> Counts:
        """Return shape (v,), who stood there and are few by any number: once in a class, by however many.

        Args:
            kept: people of each group who are released.
            there: of `changed`, who stayed, and by column who did with another value and who with the same.
            k: fewer people than this are few.
        """
        people = np.zeros(self.counts.shape[1], np.int64)
        for start in range(0, len(kept), _BLOCK):
            some = slice(start, start + _BLOCK)
            masks = self.stood(some), *(mask for both in self.beside(some) for mask in both)
            found = np.zeros_like(masks[0])
            for mask, numbers in zip(masks, there, strict=True):
                found |= mask & few(numbers, k)[self.of_class[some]]
            people += (found * kept[some, None]).sum(axis=0)
        return people


def group_people(today: InClasses, past: Past) -> PeopleGroups:
    """Group today's people by their class and by the earlier releases that they and their values stood in.

    Args:
        today: merged.
        past: of the same key.
    """
    keys = np.unique(np.concatenate([today.classes, past.classes]))
    columns = [name for name in today.values if name in past.columns]
    numbers = np.stack(
        [
            np.searchsorted(keys, today.classes),
            past.people.numbers_of(today.pairs),
            *(past.columns[name].numbers_of(today.tokens(name)) for name in columns),
        ],
        axis=1,
    )
    groups, of_person, present = np.unique(numbers, axis=0, return_inverse=True, return_counts=True)
    stood = [past.columns[name] for name in columns]
    return PeopleGroups(
        keys=keys,
        of_person=of_person.ravel(),
        of_class=groups[:, 0],
        numbers=groups[:, 1:],
        histories=(past.people.with_never, *(s.with_never for s in stood)),
        known=tuple(s.releases for s in stood),
        present=present,
        counts=past.counts_of(keys),
    )


def few(numbers: Counts, k: int) -> Mask:
    """Return which numbers of people are somebody, but fewer than k."""
    mask: Mask = (numbers > 0) & (numbers < k)
    return mask


def any_few(numbers: Sequence[Counts], k: int) -> Mask:
    """Return shape (c, v), where any of some numbers of people of this shape is few."""
    mask = np.zeros(numbers[0].shape, bool)
    for one in numbers:
        mask |= few(one, k)
    return mask


def people_of_few(numbers: Counts, k: int) -> Counts:
    """Return shape (v,), the people of numbers that are few, of shape (c, v)."""
    people: Counts = np.where(few(numbers, k), numbers, 0).sum(axis=0)
    return people


@dataclass(frozen=True, kw_only=True)
class Changes:
    """How a release differs from all earlier ones of the same levels.

    Attributes:
        releases: how many there are.
        classes: of them or of today that show fewer than k people to whoever compares two releases.
        people: the most who are shown so, once in a class, over all pairs with one earlier release.
        stayed, altered, came, left: people of today's classes since the newest of them: as they were, with
            another value, new, gone.
    """

    releases: int
    classes: int
    people: int
    stayed: int
    altered: int
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
    came, left, apart, *there = groups.changed(groups.present)
    stayed = there[0]
    shown = groups.shown(groups.present, there, k) + people_of_few(came, k) + people_of_few(left, k)
    newest, other = -1, 0
    for start in range(0, len(groups.present), _BLOCK):
        some = slice(start, start + _BLOCK)
        changed = np.zeros(len(groups.present[some]), bool)
        for altered, _ in groups.beside(some):
            changed |= altered[:, newest]
        other += int(groups.present[some][changed].sum())
    return Changes(
        releases=releases,
        classes=int(any_few([came, left, apart, *there], k).any(axis=1).sum()),
        people=int(shown.max(initial=0)),
        stayed=int(stayed[:, newest].sum()) - other,
        altered=other,
        came=int(came[:, newest].sum()),
        left=int(left[:, newest].sum()),
    )
