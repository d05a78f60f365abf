"""What every criterion is made of: profile, merge, fit, apply, explain.

A criterion treats one column by one method of the policy. It decides about *values*, never about rows: the
same value gets the same treatment everywhere in the file. That makes it free to run on the distinct values
of a batch, and its decisions small.
"""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.schemas.treatment_base import Treatment
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.hierarchies.steps import ANYWHERE, Between

Mask = npt.NDArray[np.bool_]
Persons = npt.NDArray[np.uint64] | None
Records = npt.NDArray[np.int64] | None


@dataclass(frozen=True)
class Context:
    """What a method may need beyond its own settings.

    Attributes:
        k: requirements.k, the default for "at least this many people".
        reference_date: the day on which ages are counted.
        several_rows: whether a person may have several records.
    """

    k: int
    reference_date: dt.date | None
    several_rows: bool = False


@dataclass(frozen=True)
class Applied:
    """The outcome of one method on a column of values.

    Attributes:
        values: the treated values, aligned with the input.
        changed: cells whose content is no longer the original one.
        drop: records that must go as a whole, or None.
    """

    values: pa.Array
    changed: Mask
    drop: Mask | None = None


class Criterion(ABC):
    """One method applied to one column, in service of one of the five criteria.

    Subclasses are immutable and picklable. ``profile`` sees the values as the methods before it leave them.
    """

    data_driven: ClassVar[bool] = False

    def __init__(self, spec: Treatment, context: Context, where: str = "") -> None:
        self.spec, self.context, self.where = spec, context, where

    @property
    def number(self) -> int:
        """The criterion served, 1 to 5."""
        return int(self.spec.criterion)  # type: ignore[attr-defined]

    @property
    def method(self) -> str:
        """Name of the method in the policy."""
        return str(self.spec.method)  # type: ignore[attr-defined]

    def profile(self, values: pa.Array, persons: Persons, records: Records) -> Any:
        """Measure one batch; returns a mergeable, bounded accumulator (None: nothing to measure).

        Args:
            values: as the methods before leave them.
            persons: one keyed hash a value; None where rows are people.
            records: how many records have each of the values, which then are distinct; None where each value
                is that of one record. Never given together with ``persons``.
        """
        return None

    def merge(self, parts: Sequence[Any]) -> Any:
        """Merge accumulators; associative and commutative in what `fit` sees."""
        return parts[0]

    def fit(self, measured: Any) -> Any:
        """Turn the accumulator of the whole file into a small decision."""
        return measured

    @abstractmethod
    def apply(self, decision: Any, values: pa.Array, key: RunKey) -> Applied:
        """Treat values; pure, and a function of each value alone."""

    def leaves(self, decision: Any) -> Between:
        """Return where the numbers lie that it leaves; those beyond have become labels."""
        return ANYWHERE

    @abstractmethod
    def explain(self, decision: Any) -> str:
        """Say in one Japanese sentence what is done, without any value fewer than k people share."""


class Fixed(Criterion):
    """A method that needs nothing from the file: `treat` maps values to values."""

    @abstractmethod
    def treat(self, values: pa.Array) -> pa.Array:
        """Return the treated values."""

    def apply(self, decision: Any, values: pa.Array, key: RunKey) -> Applied:
        """Apply `treat`; every cell that had a value counts as changed."""
        return Applied(self.treat(values), present(values))


@dataclass(frozen=True)
class Rows:
    """The records of one chunk that a per-record method treats, as far as it needs to know them.

    Attributes:
        key: the key of the run.
        column: names of table and column.
        chunk: id of the split, and number of the chunk in it.
        persons: 128-bit keyed hash of each record's person, shape (n, 2); None where rows are people.
    """

    key: RunKey
    column: tuple[str, str]
    chunk: tuple[str, int]
    persons: npt.NDArray[np.uint64] | None

    def column_seed(self, method: str) -> bytes:
        """Return the key of a method's draws for the whole column: equal in every chunk of the run."""
        return self.key.derive("\0".join((method, *self.column)))

    def chunk_seed(self, method: str) -> bytes:
        """Return the key of a method's draws for this chunk: a retry draws the same, another run does not."""
        return self.key.derive("\0".join((method, *self.column, *map(str, self.chunk))))


class PerRecord(Criterion):
    """A method that treats records, not values: equal values come out different.

    It is the last of its chain. The chain, which works on distinct values, leaves it out; `perturb` runs on
    the records that are released, so that nothing of the others reaches them.
    """

    def apply(self, decision: Any, values: pa.Array, key: RunKey) -> Applied:
        """Leave values as they are; see `perturb`."""
        return Applied(values, np.zeros(len(values), bool))

    @abstractmethod
    def perturb(self, values: pa.Array, rows: Rows) -> Applied:
        """Treat the column of some records; a function of values and rows alone: a retry gives the same."""


class Delete(Criterion):
    """Delete the whole column (項目削除): it is never read for output."""

    def apply(self, decision: Any, values: pa.Array, key: RunKey) -> Applied:
        """Blank everything; used only where a deleted column also decides about records."""
        return Applied(pa.nulls(len(values), pa.string()), present(values))

    def explain(self, decision: Any) -> str:
        """Say so."""
        return "項目の全部を削除した。"


def present(values: pa.Array) -> Mask:
    """Return a mask of the cells that hold a value."""
    mask: Mask = values.is_valid().to_numpy(zero_copy_only=False)
    return mask


def where(mask: Mask, text: str | None, values: pa.Array) -> pa.Array:
    """Return ``values`` with ``text`` (None: null) in the masked cells, keeping the type for None."""
    other = pa.scalar(text, values.type) if text is None else pa.scalar(text, pa.string())
    base = values if text is None else as_text(values)
    return pc.if_else(pa.array(mask), other, base)


def as_text(values: pa.Array) -> pa.Array:
    """Return values as text: digits for numbers, ISO for dates."""
    if pa.types.is_floating(values.type):
        values = pc.add(values, 0.0)  # -0 is 0
    return values if pa.types.is_string(values.type) else values.cast(pa.string())


def measures(values: pa.Array) -> npt.NDArray[Any]:
    """Return numbers as int64 or float64, dates as days since 1970 (int64); nulls as 0."""
    if pa.types.is_date(values.type):
        values = values.cast(pa.int32()).cast(pa.int64())
    numbers: npt.NDArray[Any] = values.fill_null(0).to_numpy(zero_copy_only=False)
    return numbers


def like(numbers: npt.NDArray[Any], values: pa.Array) -> pa.Array:
    """Return numbers in the type of ``values``, null where they are null; the reverse of `measures`."""
    if pa.types.is_date(values.type):
        numbers = numbers.astype(np.int32)
    return pa.array(numbers, mask=~present(values)).cast(values.type)


def rounded(numbers: npt.NDArray[np.float64], decimals: int) -> npt.NDArray[np.float64]:
    """Round, without a negative zero; numbers too large to have such decimals stay."""
    with np.errstate(over="ignore", invalid="ignore"):
        result: npt.NDArray[np.float64] = np.round(numbers, decimals)
    return np.where(np.isfinite(result), result, numbers) + 0.0
