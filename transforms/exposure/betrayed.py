"""What released values tell of quasi-identifiers before these were coarsened: a profile tells sex and age.

A column of customer profiles, each of one sex and an age band, undoes what was done to the birth date though
no two released columns restore one another. Looked at on people who are drawn, where source values still are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from tokumei.schemas.treatment_base import NUMERIC, ColumnType
from tokumei.transforms.counting.keyed import counters, uniforms
from tokumei.transforms.engine.distinct import distinct
from tokumei.transforms.exposure.hashed import Hashes, hashed
from tokumei.transforms.exposure.scope import exposure_scope
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.values.cells import as_text, without_dictionary

_PEOPLE = 1 << 11
_ORDERED = NUMERIC | {"date", "month", "datetime"}
_TOLD = 0.4  # of what a label leaves open, that a column tells; one that leaves two of many tells half

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Betrayed:
    """People drawn at random, the smallest draws first; adds up over chunks, in any order.

    Attributes:
        draws: shape (n,).
        released: shape (n, watched columns), hashes of what is released.
        sources: shape (n, quasi-identifiers), hashes of what they were before they were generalized.
        amounts: the same as numbers; not a number where there are none.
    """

    draws: Floats
    released: Hashes
    sources: Hashes
    amounts: Floats


def tellers(plan: TablePlan) -> tuple[str, ...]:
    """Return the released columns that may tell of quasi-identifiers; none where rows are not people."""
    if plan.counts_people or not plan.quasi_identifiers:
        return ()
    return tuple(name for name in exposure_scope(plan).watched if name not in plan.quasi_identifiers)


class LookedAt(NamedTuple):
    """People of a chunk who are looked at: the draw of each, ascending, and the released row."""

    draws: Floats
    rows: npt.NDArray[np.intp]


def draw_people(released: int, place: tuple[str, int]) -> LookedAt:
    """Draw from the released rows of a chunk; others in each chunk.

    The same people in every run: who is looked at is no secret, and nothing of them is told.

    Args:
        released: how many there are.
        place: id of the chunk's split, and its number in it.
    """
    seed = hashlib.sha256("\0".join(map(str, place)).encode()).digest()
    draws = uniforms(counters(released), seed)[:, 0]
    first = _smallest(draws)
    return LookedAt(draws[first], first)


def count_betrayed(
    plan: TablePlan,
    keys: Mapping[str, bytes],
    draws: Floats,
    released: Mapping[str, pa.Array],
    sources: Mapping[str, pa.Array],
) -> Betrayed | None:
    """Look at some people of one chunk.

    Args:
        plan: the table.
        keys: by column, the same in all chunks.
        draws: of those who were drawn, as `draw_people` gives them.
        released: their `tellers` and quasi-identifiers, as they are released.
        sources: their quasi-identifiers before these were generalized.
    """
    names = tellers(plan)
    if not names:
        return None
    own = {name: sources[name] for name in plan.quasi_identifiers}
    shown = [hashed(released[name], keys[name]).rows() for name in (*names, *plan.quasi_identifiers)]
    return Betrayed(
        draws=draws,
        released=np.stack(shown, axis=1),
        sources=np.stack([hashed(values, keys[name]).rows() for name, values in own.items()], axis=1),
        amounts=np.stack(
            [_amounts(values, plan.table.columns[name].type) for name, values in own.items()], axis=1
        ),
    )


def _smallest(draws: Floats) -> npt.NDArray[np.intp]:
    """Return where the smallest `_PEOPLE` draws are, ascending; equal ones in their order."""
    some = np.arange(len(draws))
    if len(draws) > _PEOPLE:
        some = np.flatnonzero(draws <= np.partition(draws, _PEOPLE - 1)[_PEOPLE - 1])
    first: npt.NDArray[np.intp] = some[np.argsort(draws[some], kind="stable")][:_PEOPLE]
    return first


def _amounts(values: pa.Array, kind: ColumnType) -> Floats:
    """Return what ascends with numbers, dates and years, however they are held; else no numbers."""
    if kind not in _ORDERED:
        return np.full(len(values), np.nan)
    texts = pl.Series(as_text(without_dictionary(values)), dtype=pl.String)
    if kind not in NUMERIC:
        texts = texts.str.replace_all("-", "", literal=True)  # 2026-05-01, 2026-05, 2026
    return texts.cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy()


def merge_betrayed(parts: Sequence[Betrayed]) -> Betrayed:
    """Add up what was looked at."""
    draws = np.concatenate([part.draws for part in parts])
    first = _smallest(draws)
    return Betrayed(
        draws=draws[first],
        released=np.concatenate([part.released for part in parts])[first],
        sources=np.concatenate([part.sources for part in parts])[first],
        amounts=np.concatenate([part.amounts for part in parts])[first],
    )


def betrayals_of(plan: TablePlan, told: Betrayed) -> Iterator[tuple[str, str, float]]:
    """Return which column tells of which quasi-identifier, and how much of what its label leaves open.

    Of numbers and dates, the share of the variance of their ranks within a label; of others, of the pairs
    of people of a label who differ (Goodman and Kruskal's tau, JASA 49, 1954). Both are 0 for a column that
    tells nothing. One whose values few share tells of anything; that is told of itself.
    """
    names = tellers(plan)
    for j, name in enumerate(plan.quasi_identifiers):
        label, source = told.released[:, len(names) + j], told.sources[:, j]
        if len(distinct(source)) <= len(distinct(label)):
            continue  # it is as it was
        for i, teller in enumerate(names):
            there = (told.released[:, i] != 0) & (source != 0)
            classes, joint = _numbers(label[there]), _numbers(label[there] + told.released[there, i])
            if 2 * there.sum() < len(there) or (1 + joint.max(initial=0)) * plan.k > len(joint):
                continue
            amounts = told.amounts[there, j]
            if np.isnan(amounts).any():
                share = _less(*(_wrong(of, _numbers(source[there])) for of in (classes, joint)))
            else:
                ranks = _numbers(amounts).astype(np.float64)
                share = _less(*(_spread(of, ranks) for of in (classes, joint)))
            if share >= _TOLD:
                yield teller, name, share


def _numbers(values: npt.NDArray[np.generic]) -> npt.NDArray[np.int64]:
    numbers: npt.NDArray[np.int64] = np.unique(values, return_inverse=True)[1].astype(np.int64)
    return numbers


def _less(before: float, after: float) -> float:
    return 1 - after / before if before else 0.0


def _wrong(classes: npt.NDArray[np.int64], values: npt.NDArray[np.int64]) -> float:
    """Return how often somebody else of a person's class, drawn at random, has another value."""
    size = 1 + int(values.max(initial=0))
    pairs, people = np.unique(classes * size + values, return_counts=True)
    others = np.bincount(classes)[pairs // size] - 1
    alike = people[others > 0] * (people[others > 0] - 1) / others[others > 0]
    return 1 - float(alike.sum()) / max(1, len(classes))


def _spread(classes: npt.NDArray[np.int64], ranks: Floats) -> float:
    """Return the variance of ranks within classes, without bias."""
    sizes = np.bincount(classes)
    means = np.bincount(classes, weights=ranks) / sizes
    freedom = len(ranks) - len(sizes)
    return float(((ranks - means[classes]) ** 2).sum()) / freedom if freedom > 0 else 0.0
