"""Who is kept out, so that no class shows fewer than k people to whoever compares two releases.

Of each class the most people are released for whom the comparison with every earlier release shows nobody or
k: of those who came, left, stayed or changed, and of the count (`changes`). Who stood in the same releases
with the same values is alike to a reader; so what is looked for is how many of each such group are released.
Where nothing else is found the class is left out as a whole, which shows all of its people to have gone, or
nobody.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from tokumei.transforms.counting.keyed import joint_keys
from tokumei.transforms.earlier.changes import Counts, InClasses, Keys, Mask, Past, any_few, few, group_people
from tokumei.transforms.engine.run_key import RunKey

_AT_ONCE = 1 << 12  # choices of one class that are looked at together


def hold_back(today: InClasses, past: Past, k: int, key: RunKey) -> Keys:
    """Return the pairs of people and classes that are kept out, ascending.

    Args:
        today: all who could be released.
        past: who was, in every earlier release of these levels.
        k: so many people, or nobody, may be shown.
        key: of the run; it draws who of a group is kept out.
    """
    groups = group_people(today, past)
    shown = any_few(groups.changed(groups.present), k).any(axis=1)
    kept = groups.present.copy()
    starts = np.searchsorted(groups.of_class, np.arange(len(groups.keys) + 1))
    for number in np.flatnonzero(shown).tolist():
        own = slice(starts[number], starts[number + 1])
        stood, beside = groups.stood(own), [mask for both in groups.beside(own) for mask in both]
        told = np.hstack([stood[:, :0], *beside])
        kept[own] = released_of(groups.present[own], stood, told, groups.counts[number], k)
    draws = np.argsort(joint_keys(today.pairs, _salt(key)), kind="stable")
    order = draws[np.argsort(groups.of_person[draws], kind="stable")]
    first = np.concatenate([[0], np.cumsum(groups.present)[:-1]])
    of = groups.of_person[order]
    return np.sort(today.pairs[order[np.arange(len(order)) - first[of] >= kept[of]]])


def _salt(key: RunKey) -> npt.NDArray[np.int64]:
    return np.frombuffer(key.derive("who is held back")[:8], np.int64)


def released_of(present: Counts, stood: Mask, beside: Mask, counts: Counts, k: int) -> Counts:
    """Return how many people of each group of a class are released.

    Args:
        present: shape (g,), people of each group.
        stood: shape (g, v), in which earlier releases they stood.
        beside: shape (g, n), other sets of groups, of which people are told apart in a release.
        counts: shape (v,), people of the class in each; releases in their order.
        k: so many people, or nobody, may be shown.
    """
    told = np.unique(np.hstack([stood, ~stood, beside]), axis=1)
    newest = stood[:, -1]
    versions = np.unique(np.vstack([stood, counts]), axis=1)
    stood, counts = versions[:-1].astype(bool), versions[-1]
    present = _without_few(present[None], told, k)[0]
    best = np.zeros_like(present)
    inside, outside = np.flatnonzero(newest), np.flatnonzero(~newest)
    leaving = [present[inside] * 0]
    for order in _orders(stood[inside], present[inside]):
        most = min(4 * k, int(present[inside].sum()))
        leaving += [_first(present[inside], order, n) for n in range(1, most + 1)]
    coming = [present[outside] * 0]
    total = int(present[outside].sum())
    for order in _orders(stood[outside], present[outside]):
        numbers = {*range(k, min(4 * k, total) + 1), *range(max(k, total - 4 * k), total + 1)}
        coming += [_first(present[outside], order, n) for n in sorted(numbers)]
    out, entered = np.unique(leaving, axis=0), np.unique(coming, axis=0)
    for start in range(0, len(entered), max(1, _AT_ONCE // len(out))):
        some = entered[start : start + max(1, _AT_ONCE // len(out))]
        tried = np.zeros((len(out) * len(some), len(present)), np.int64)
        tried[:, inside] = np.repeat(present[inside] - out, len(some), axis=0)
        tried[:, outside] = np.tile(some, (len(out), 1))
        best = _best([best, *_allowed(_without_few(tried, told, k), stood, counts, k)])
    return best


def _without_few(tried: Counts, told: Mask, k: int) -> Counts:
    """Return the most of each choice of which no set of groups that is told apart holds few people.

    Of what holds fewer than k, and cannot hold more, nobody can be released; so there is one such choice.

    Args:
        tried: shape (t, g), people of each group.
        told: shape (g, n), sets of groups.
        k: so many people, or nobody, may be shown.
    """
    sets = told.astype(np.float64)  # exact, and many times as fast to multiply
    while (shown := few((tried.astype(np.float64) @ sets).astype(np.int64), k)).any():
        tried = np.where(shown.astype(np.float64) @ sets.T > 0, 0, tried)
    return tried


def _orders(stood: Mask, present: Counts) -> Iterable[Counts]:
    """Yield orders in which groups are taken: by how many releases they stood in, and by their size."""
    times = stood.sum(axis=1)
    yield np.lexsort((present, -times))
    yield np.lexsort((-present, times))
    yield np.lexsort((times, -present))


def _first(present: Counts, order: Counts, people: int) -> Counts:
    """Return how many of each group are the first so many people, group by group in an order."""
    ordered = present[order]
    before = np.cumsum(ordered) - ordered
    taken = np.empty_like(present)
    taken[order] = np.clip(people - before, 0, ordered)
    return taken


def _allowed(tried: Counts, stood: Mask, counts: Counts, k: int) -> Counts:
    """Return the choices of k people by which nobody or k left every release, as the counts tell it."""
    people, shared = tried.sum(axis=1), tried @ stood.astype(np.int64)
    left, apart = counts - shared, np.abs(people[:, None] - counts)
    shown = (few(left, k) | few(apart, k)).any(axis=1) | few(people, k)
    return tried[~shown]


def _best(choices: list[Counts]) -> Counts:
    """Return the choice of most people; of equal ones that which comes first by its numbers."""
    return max(choices, key=lambda choice: (int(choice.sum()), *(-choice).tolist()))
