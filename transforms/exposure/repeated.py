"""Whether those whom the person column tells apart are people: who have all identifying values in common.

A file of visits whose person column is the number of the visit has one "person" a row. Then name, telephone
and patient number, which are deleted, repeat in the same rows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tokumei.schemas.column_names import Role, says
from tokumei.transforms.engine.distinct import distinct
from tokumei.transforms.exposure.hashed import Hashes, hashed, last_bytes
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.values.cells import present

_RECORDS = 1 << 13
_IDENTIFYING = 2


@dataclass(frozen=True, kw_only=True)
class Repeated:
    """Identifying values of records, as keyed hashes; adds up over chunks, in any order.

    Attributes:
        zeros: leading zero bits of the draws of the records held; with 0 they are all.
        draws: shape (records,), by the first column's value.
        hashes: shape (records, columns).
    """

    zeros: int
    draws: Hashes
    hashes: npt.NDArray[np.uint64]


def identifying(plan: TablePlan) -> tuple[str, ...]:
    """Return the columns by which people would be known, quasi-identifiers last.

    None where a person may have several records, or where columns of fewer than two kinds identify: families
    share one. Sentences identify nobody: many are alike.
    """
    sought = tuple(
        name
        for name in plan.sought
        if name not in {plan.table.person, *plan.quasi_identifiers} and not _is_text(plan, name)
    )
    if plan.counts_people or len(_kinds(plan, sought)) < _IDENTIFYING:
        return ()
    return (*sought, *plan.quasi_identifiers)


def _is_text(plan: TablePlan, name: str) -> bool:
    column = plan.table.columns[name]
    return column.type == "text" or says({Role.FREE_TEXT}, name, column.title)


def _kinds(plan: TablePlan, names: Sequence[str]) -> set[str]:
    """Return what columns tell of people: a name and its reading are one; those of no kind are each."""
    return {
        "name" if says({Role.NAME, Role.KANA}, name, plan.table.columns[name].title) else name
        for name in names
    }


def count_repeated(plan: TablePlan, keys: Mapping[str, bytes], sources: pa.RecordBatch) -> Repeated | None:
    """Look at the source values of one chunk; None where the table has none that identify."""
    first, *others = identifying(plan) or (None,)
    if first is None:
        return None
    values = sources.column(first)
    ends = last_bytes(values, keys[first])
    zeros = max(0, math.ceil(math.log2(max(1, len(ends)) / _RECORDS)))
    rows = np.flatnonzero(present(values) & _has(ends, zeros))
    at = pa.array(rows)
    columns = [hashed(sources.column(n).take(at), keys[n]).rows() for n in (first, *others)]
    found = Repeated(zeros=zeros, draws=ends[rows], hashes=np.stack(columns, axis=1))
    return _at_most(found)


def merge_repeated(parts: Sequence[Repeated]) -> Repeated:
    """Add up what was looked at."""
    zeros = max(part.zeros for part in parts)
    drawn = [_has(part.draws, zeros) for part in parts]
    return _at_most(
        Repeated(
            zeros=zeros,
            draws=np.concatenate([part.draws[rows] for part, rows in zip(parts, drawn, strict=True)]),
            hashes=np.concatenate([part.hashes[rows] for part, rows in zip(parts, drawn, strict=True)]),
        )
    )


def same_people(plan: TablePlan, repeated: Repeated) -> tuple[int, int, tuple[str, ...]]:
    """Return how many records are some other's in all columns that repeat, of how many, and these columns.

    A column whose values are all different is a number of the record itself, or proof that all is well.
    """
    rows, names = len(repeated.hashes), identifying(plan)
    columns = [i for i, column in enumerate(repeated.hashes.T) if _distinct(column) < _present(column)]
    told = tuple(names[i] for i in columns)
    if len(_kinds(plan, [name for name in told if name not in plan.quasi_identifiers])) < _IDENTIFYING:
        return 0, rows, told
    chosen = repeated.hashes[:, columns]
    whole = chosen[(chosen != 0).all(axis=1)]
    _, counts = np.unique(whole, axis=0, return_counts=True)
    return int(counts[counts > 1].sum()), rows, told


def _has(hashes: Hashes, zeros: int) -> npt.NDArray[np.bool_]:
    return np.ones(len(hashes), bool) if zeros == 0 else hashes >> np.uint64(64 - zeros) == 0


def _at_most(repeated: Repeated) -> Repeated:
    while len(repeated.hashes) > _RECORDS and repeated.zeros < 64:
        zeros = repeated.zeros + 1
        rows = _has(repeated.draws, zeros)
        repeated = Repeated(zeros=zeros, draws=repeated.draws[rows], hashes=repeated.hashes[rows])
    return repeated


def _distinct(column: Hashes) -> int:
    return len(distinct(column[column != 0]))


def _present(column: Hashes) -> int:
    return int(np.count_nonzero(column))
