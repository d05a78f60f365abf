"""What an attacker makes of what is known: the labels that a value may bear, and how telling they are.

The attacker knows the method, as whoever reads a notice does (Kerckhoffs): which band an age falls in, which
labels a hierarchy gives it at each level that the release uses. So an interval is read as the range that it
is, and a place as the area. Random methods (noise, swaps) cannot be followed; there numbers are near, or not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.transforms.attacks.linkage import Aim, KnownColumn
from tokumei.transforms.attacks.targets import Pool
from tokumei.transforms.counting.keyed import keyed_hashes
from tokumei.transforms.decisions.decision import Decision
from tokumei.transforms.decisions.recoder import Recoder
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.hierarchies.ladders import Ladder
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.values.cells import as_text, numbers_of, present, without_dictionary

_BUCKETS = 4096  # in which labels are counted: Σp² to within one in so many


@dataclass(frozen=True)
class Spread:
    """How the released labels of a column are spread; adds up over chunks.

    Attributes:
        records: by bucket of labels.
        low, high: the least and the greatest number; infinite where there is none.
    """

    records: npt.NDArray[np.int64]
    low: float
    high: float

    @property
    def weight(self) -> float:
        """What agreement counts: 1/Σp²."""
        total = int(self.records.sum())
        return total**2 / float((self.records.astype(np.float64) ** 2).sum()) if total else 1.0


def spread_of(values: pa.Array, key: RunKey, *, near: bool) -> Spread:
    """Count the labels of a released column; with ``near``, also between which numbers they lie."""
    if not pa.types.is_dictionary(values.type):
        values = values.dictionary_encode()
    hashes = keyed_hashes(as_text(values.dictionary), key.derive("attacked labels")).view(np.uint64)[:, 0]
    used = values.indices.drop_null().to_numpy()
    rows = np.bincount(used, minlength=len(hashes))
    records = np.zeros(_BUCKETS, np.int64)
    np.add.at(records, (hashes % np.uint64(_BUCKETS)).astype(np.int64), rows)
    low, high = np.inf, -np.inf
    if near and len(hashes):
        numbers = numbers_of(values.dictionary)
        low, high = np.nanmin(numbers, initial=np.inf), np.nanmax(numbers, initial=-np.inf)
    return Spread(records, float(low), float(high))


def merge_spreads(parts: Sequence[Spread]) -> Spread:
    """Add up the labels of chunks, in any order."""
    records = np.sum([part.records for part in parts], axis=0)
    return Spread(records, min(part.low for part in parts), max(part.high for part in parts))


def comes_near(plan: TablePlan, name: str) -> bool:
    """Whether released numbers of a column are near the true ones, rather than labels of them."""
    kind = plan.table.columns[name].released_type
    return name in plan.by_record and kind in {"integer", "number", "date", "datetime"}


def aim_at(
    plan: TablePlan,
    decision: Decision,
    key: RunKey,
    pool: Pool,
    spreads: dict[str, Spread],
) -> Aim:
    """Return what is known of some people, as it is compared with released records.

    Args:
        plan: of their table.
        decision: about it.
        key: of the run.
        pool: the people.
        spreads: of the released columns that are known, by name.
    """
    return Aim(
        marks=pool.marks,
        combinations=pool.combinations,
        columns=tuple(
            _known(plan, decision, name, spread, _treated(plan, decision, key, pool, name))
            for name, spread in spreads.items()
        ),
    )


def _treated(plan: TablePlan, decision: Decision, key: RunKey, pool: Pool, name: str) -> pa.Array:
    """Return the values of a column as its own methods leave them, before any generalization."""
    values = plan.values_of(name, pool.records)
    if name in decision.columns:
        return plan.chains[name].apply(decision.columns[name], values, key).rows()
    return without_dictionary(values)


def _known(plan: TablePlan, decision: Decision, name: str, spread: Spread, values: pa.Array) -> KnownColumn:
    numbers, span = None, 0.0
    if comes_near(plan, name) and spread.high >= spread.low:
        numbers, span = numbers_of(values), spread.high - spread.low
    if pa.types.is_date(values.type) and plan.table.columns[name].released_type == "month":
        values = pc.strftime(values, "%Y-%m")
    texts = as_text(values)
    if decision.recoder is not None and name in plan.quasi_identifiers:
        place = plan.quasi_identifiers.index(name)
        domain = decision.columns[name].domain or ()
        targets, labels = _generalized(decision.recoder, place, domain, texts)
    elif plan.chains[name].generalize is not None and name in decision.columns:
        targets, labels = _coarsened(plan.chains[name].ladder(decision.columns[name]), texts)
    else:
        targets, labels = np.flatnonzero(present(texts)).astype(np.int32), texts.drop_null()
    return KnownColumn(
        name=name, weight=spread.weight, targets=targets, labels=labels, numbers=numbers, span=span
    )


def _generalized(
    recoder: Recoder, column: int, domain: tuple[str | None, ...], texts: pa.Array
) -> tuple[npt.NDArray[np.int32], pa.StringArray]:
    """Return targets and the labels that their values have at the levels in use, one pair each."""
    place = pc.index_in(texts, value_set=pa.array(domain, pa.string()))
    there = np.flatnonzero(present(place) & present(texts)).astype(np.int32)
    levels = np.unique(recoder.nodes[:, column])
    numbers = recoder.tables[column][levels][:, place.take(pa.array(there)).to_numpy()]
    pairs = np.unique(np.stack([np.tile(there, len(levels)), numbers.ravel()]), axis=1)
    labels = pa.array(recoder.labels[column], pa.string()).take(pa.array(pairs[1]))
    return pairs[0][present(labels)].astype(np.int32), labels.drop_null()


def _coarsened(ladder: Ladder, texts: pa.Array) -> tuple[npt.NDArray[np.int32], pa.StringArray]:
    """Return targets and the labels of their values at every level: facts choose one for each value."""
    place = pc.index_in(texts, value_set=pa.array(ladder.values, pa.string()))
    there = np.flatnonzero(present(place) & present(texts)).astype(np.int32)
    codes = place.take(pa.array(there)).to_numpy()
    found = [
        pa.array(labels, pa.string()).take(pa.array(of_level[codes]))
        for labels, of_level in zip(ladder.labels, ladder.codes, strict=True)
    ]
    labels = pa.concat_arrays(found)
    told = present(labels)
    return np.tile(there, ladder.levels)[told], labels.drop_null()
