"""Profile attack (行動の傾向による特定): a person's habits in one period find their history in another.

What a person bought, or where they were, before a day is known; the release is searched for whose lines from
that day on are most alike: by the cosine of counts weighed by how few people have each (TF-IDF), after
Tournier and de Montjoye (Science Advances 8(33), 2022), who found two thirds of 85,000 customers so. Fresh
pseudonyms do not help against it: profiles stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from tokumei.schemas.attacks import HabitProfile
from tokumei.schemas.errors import RequirementError
from tokumei.transforms.attacks.targets import combination_of, order_of
from tokumei.transforms.decisions.decision import Decision
from tokumei.transforms.engine.chunks import Chunk
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.planning.persons import persons_of
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.planning.units import units_of

_MOST = 50_000_000  # different lines of people that one worker compares
_CELLS = 1 << 24  # scores at once
_TEN = 10
_PERSON, _UNIT, _ITEM, _LATE, _TREATED, _LINES = "person", "unit", "item", "late", "treated", "lines"
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Recognized:
    """What a profile attack came to.

    Attributes:
        people: who were looked for: they have lines before the day, and released ones after it.
        found: whose history came first; expected, where several come first alike.
        among_ten: whose history was among the first ten.
        swapped: whose history came first for what is known of somebody else.
        unreleased: whose history came first in the lines as they were before they were treated.
    """

    people: int
    found: float
    among_ten: int
    swapped: float
    unreleased: float


def habits(
    plan: TablePlan, attack: HabitProfile, chunk: Chunk[Decision], released: tuple[pa.RecordBatch, pa.Array]
) -> pl.DataFrame:
    """Count the lines of a chunk's people, before the day and after it, as they were and as released.

    Args:
        plan: of the table.
        attack: as declared.
        chunk: its records as they were read, bound to the decisions.
        released: its records as they are released, and which of those that were read each is.
    """
    (batch, order), key = released, chunk.work.key
    day = chunk.batch.column(attack.time)
    late = pc.greater_equal(day.cast(pa.date32()), pa.scalar(attack.since, pa.date32()))
    late = late.fill_null(True).to_numpy(zero_copy_only=False)
    who = {_PERSON: persons_of(plan, chunk)[:, 0], _UNIT: units_of(plan, chunk).hashes, _LATE: late}
    rows = order.to_numpy()
    parts = []
    for treated, records, kept in (
        (True, batch, {name: values[rows] for name, values in who.items()}),
        (False, chunk.batch, who),
    ):
        items = combination_of(records, attack.knows, key)
        parts.append(pl.DataFrame(kept | {_ITEM: items}).with_columns(pl.lit(treated).alias(_TREATED)))
    lines = pl.concat(parts).with_columns(pl.lit(1, pl.Int64).alias(_LINES))
    return merge_habits([lines])


def merge_habits(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Add up the lines of chunks, in any order.

    Raises:
        RequirementError: there are more different ones than one worker compares.
    """
    keys = [_PERSON, _UNIT, _ITEM, _LATE, _TREATED]
    found = pl.concat(parts).group_by(keys).agg(pl.col(_LINES).sum())
    if found.height > _MOST:
        raise RequirementError(
            "attack.too_many",
            where="requirements.attacks",
            what=f"a profile attack would compare more than {_MOST:,} different lines of people",
            fix="name columns of fewer values under knows, or leave the attack out",
        )
    return found


def recognize(attack: HabitProfile, key: RunKey, found: pl.DataFrame) -> Recognized:
    """Look for some people, drawn by the key, among all histories.

    Args:
        attack: as declared.
        key: of the run.
        found: lines of all chunks.
    """
    sides = {
        (treated, late): found.filter((pl.col(_TREATED) == treated) & (pl.col(_LATE) == late))
        for treated in (True, False)
        for late in (True, False)
    }
    there = sides[True, True][_PERSON].unique()
    both = sides[True, False][_PERSON].unique().to_frame().join(there.to_frame(), on=_PERSON).to_series()
    marks = both.sort().to_numpy()
    targets = marks[np.argsort(order_of(marks, key)[:, 1], kind="stable")][: attack.targets]
    hits, ten = _hits(targets, targets, sides[True, False], sides[True, True])
    swapped, _ = _hits(targets, np.roll(targets, -1), sides[True, False], sides[True, True])
    before, _ = _hits(targets, targets, sides[False, False], sides[False, True])
    return Recognized(len(targets), hits, ten, swapped, before)


def _hits(
    targets: npt.NDArray[np.uint64],
    owners: npt.NDArray[np.uint64],
    known: pl.DataFrame,
    searched: pl.DataFrame,
) -> tuple[float, int]:
    """Return for how many targets the history of an owner comes first, and among the first ten.

    Args:
        targets: of whom habits are known.
        owners: whose history is the right one, by target.
        known: lines before the day.
        searched: lines from the day on.
    """
    if not len(targets) or not searched.height:
        return 0.0, 0
    items = searched[_ITEM].unique().sort()
    units = searched.select(_UNIT, _PERSON).unique(_UNIT).sort(_UNIT)
    histories = _matrix(searched, _UNIT, units[_UNIT], items)
    weight = np.log((1 + len(units)) / (1 + np.bincount(histories.indices, minlength=len(items)))) + 1
    histories = _normal(histories, weight)
    profiles = _normal(_matrix(known, _PERSON, pl.Series(targets), items), weight)
    whose, found, ten = units[_PERSON].to_numpy(), 0.0, 0
    block = max(1, _CELLS // len(units))
    for start in range(0, len(targets), block):
        scores = (profiles[start : start + block] @ histories.T).toarray().round(12)
        own = whose == owners[start : start + block, None]
        best = np.where(own, scores, 0).max(axis=1, keepdims=True)
        better, level = (scores > best).sum(axis=1), scores == best
        met = best[:, 0] > 0
        found += float(((level & own).sum(axis=1) / level.sum(axis=1))[met & (better == 0)].sum())
        ten += int((met & (better < _TEN)).sum())
    return found, ten


def _matrix(lines: pl.DataFrame, who: str, people: pl.Series, items: pl.Series) -> sparse.csr_matrix:
    """Return how often who has what; lines of others, and items that nobody is searched by, are left out."""
    people_of = pl.DataFrame({who: people, "row": np.arange(len(people))})
    items_of = pl.DataFrame({_ITEM: items, "column": np.arange(len(items))})
    some = lines.join(people_of, on=who).join(items_of, on=_ITEM)
    places = some["row"].to_numpy(), some["column"].to_numpy()
    shape = (len(people), len(items))
    return sparse.csr_matrix((some[_LINES].to_numpy().astype(np.float64), places), shape=shape)


def _normal(counts: sparse.csr_matrix, weight: Floats) -> sparse.csr_matrix:
    """Return rows of weighed logarithmic counts, of length 1."""
    counts.data = 1 + np.log(counts.data)
    weighed = counts @ sparse.diags(weight)
    lengths = np.sqrt(np.asarray(weighed.multiply(weighed).sum(axis=1)).ravel())
    return sparse.csr_matrix(sparse.diags(1 / np.maximum(lengths, 1e-300)) @ weighed)
