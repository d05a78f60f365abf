"""Which history is most alike to what is known: the cosine of counts, weighed by how few have each (TF-IDF).

A count c weighs 1 + ln c, times ln((1 + n) ÷ (1 + m)) + 1 for what m of n histories have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from tokumei.schemas.errors import RequirementError
from tokumei.transforms.attacks.targets import Marks
from tokumei.transforms.values.cells import Mask

if TYPE_CHECKING:
    from scipy import sparse

WHOSE, UNIT, ITEM, HOW_OFTEN = "person", "unit", "item", "lines"
_MOST = 50_000_000  # different lines of people that one worker compares
_CELLS = 1 << 24  # scores at once
_TEN = 10
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Recognized:
    """What looking for people by their lines came to.

    Attributes:
        people: who were looked for.
        found: whose history came first; expected, where several come first alike.
        among_ten: whose history was among the first ten.
        swapped: whose history came first for what is known of somebody else.
        unreleased: whose history came first in the lines as they were before they were treated.
        absent: people who were looked for and were held out.
        named: of them, for whom one single history is most alike, though it is somebody else's.
    """

    people: int
    found: float
    among_ten: int
    swapped: float
    unreleased: float
    absent: int
    named: int


@dataclass(frozen=True)
class Likeness:
    """What looking for some came to, shape (n,) each.

    Attributes:
        right: how likely the history that is most alike is the right one; less than 1 where several are.
        among_ten: whether the right one is among the first ten.
        single: whether one history alone is most alike, right or not.
    """

    right: Floats
    among_ten: Mask
    single: Mask


def merge_lines(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Add up lines of chunks, in any order: rows of `HOW_OFTEN` by all other columns.

    Raises:
        RequirementError: there are more different ones than one worker compares.
    """
    lines = pl.concat(parts)
    found = lines.group_by([name for name in lines.columns if name != HOW_OFTEN]).agg(pl.col(HOW_OFTEN).sum())
    if found.height > _MOST:
        raise RequirementError(
            "attack.too_many",
            where="requirements.attacks",
            what=f"an attack on histories would compare more than {_MOST:,} different lines of people",
            fix="name columns of fewer values under knows, or leave the attack out",
        )
    return found


def most_alike(
    known: pl.DataFrame, who: str, sought: Marks, owners: Marks, searched: pl.DataFrame
) -> Likeness:
    """Look for the history that is most alike to what is known of each.

    Args:
        known: lines by ``who`` and item.
        who: the column of ``known`` that says whose lines they are.
        sought: shape (n,), of whom.
        owners: shape (n,), the person whose histories are right.
        searched: lines by person, unit and item; a unit is one history.
    """
    found = Likeness(np.zeros(len(sought)), np.zeros(len(sought), bool), np.zeros(len(sought), bool))
    if not len(sought) or not searched.height:
        return found
    items = searched[ITEM].unique().sort()
    units = searched.select(UNIT, WHOSE).unique(UNIT).sort(UNIT)
    histories = _matrix(searched, UNIT, units[UNIT], items)
    weight = np.log((1 + len(units)) / (1 + np.bincount(histories.indices, minlength=len(items)))) + 1
    histories = _normal(histories, weight).T.tocsr()
    profiles = _normal(_matrix(known, who, pl.Series(sought), items), weight)
    whose, block = units[WHOSE].to_numpy(), max(1, _CELLS // len(units))
    for start in range(0, len(sought), block):
        some = slice(start, start + block)
        scores = (profiles[some] @ histories).toarray().round(12)
        own = whose == owners[some, None]
        first, best = scores.max(axis=1), np.where(own, scores, 0).max(axis=1)
        level = scores == best[:, None]
        found.right[some] = np.where(
            (best > 0) & (best == first), (level & own).sum(axis=1) / np.maximum(level.sum(axis=1), 1), 0
        )
        found.among_ten[some] = (best > 0) & ((scores > best[:, None]).sum(axis=1) < _TEN)
        found.single[some] = (first > 0) & ((scores == first[:, None]).sum(axis=1) == 1)
    return found


def _matrix(lines: pl.DataFrame, who: str, people: pl.Series, items: pl.Series) -> sparse.csr_matrix:
    """Return how often who has what; lines of others, and items that nobody is searched by, are left out."""
    from scipy import sparse  # of few runs, and it takes long

    people_of = pl.DataFrame({who: people, "row": np.arange(len(people))})
    items_of = pl.DataFrame({ITEM: items, "column": np.arange(len(items))})
    some = lines.join(people_of, on=who).join(items_of, on=ITEM)
    places = some["row"].to_numpy(), some["column"].to_numpy()
    shape = (len(people), len(items))
    return sparse.csr_matrix((some[HOW_OFTEN].to_numpy().astype(np.float64), places), shape=shape)


def _normal(counts: sparse.csr_matrix, weight: Floats) -> sparse.csr_matrix:
    """Return rows of weighed logarithmic counts, of length 1."""
    from scipy import sparse

    counts.data = 1 + np.log(counts.data)
    weighed = counts @ sparse.diags(weight)
    lengths = np.sqrt(np.asarray(weighed.multiply(weighed).sum(axis=1)).ravel())
    return sparse.csr_matrix(sparse.diags(1 / np.maximum(lengths, 1e-300)) @ weighed)
