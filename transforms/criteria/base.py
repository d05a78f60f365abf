"""What every criterion is made of: profile, merge, fit, apply, explain.

A criterion treats one column by one method of the policy. It decides about *values*, never about rows: the
same value gets the same treatment everywhere in the file. That makes it free to run on the distinct values
of a batch, and its decisions small.

A class says in its head which method of the policy it carries out, ``class TopCode(Criterion, treats=…)``,
and is thereby registered. It says nothing about the method that the method's own class in `tokumei.schemas`
says already.
"""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tokumei.schemas.treatment_base import Treatment
from tokumei.schemas.treatments import AnyTreatment
from tokumei.transforms.detect.name_set import NameSet
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.hierarchies.bound import BoundHierarchy
from tokumei.transforms.hierarchies.steps import ANYWHERE, Between
from tokumei.transforms.redaction.counted import Redaction
from tokumei.transforms.redaction.own_columns import OwnColumn
from tokumei.transforms.values.cells import Mask, present

Persons = npt.NDArray[np.uint64] | None
Records = npt.NDArray[np.int64] | None
M = TypeVar("M")  # what a criterion measures: mergeable, bounded
D = TypeVar("D")  # what it decides from that: small

_registry: dict[tuple[type[Treatment], int], type[Criterion[Any, Any]]] = {}
CRITERIA: Mapping[tuple[type[Treatment], int], type[Criterion[Any, Any]]] = MappingProxyType(_registry)
"""The class that carries out a method for a criterion, 1 to 5; in the order of registration."""


@dataclass(frozen=True)
class Context:
    """What a method may need beyond its own settings.

    Attributes:
        k: requirements.k, the default for "at least this many people".
        reference_date: the day on which ages are counted.
        several_rows: whether a person may have several records.
        content: what the values are that reach the method: a column type, or finer.
        folded: links whose codes are folded before they get pseudonyms.
    """

    k: int
    reference_date: dt.date | None
    several_rows: bool = False
    content: str = "string"
    folded: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Applied:
    """The outcome of one method on a column of values.

    Attributes:
        values: the treated values, aligned with the input.
        changed: cells whose content is no longer the original one.
        drop: records that must go as a whole, or None.
        met: which values of the policy's own list were there, as `bits_of`.
        redaction: what redaction of texts counted, or None.
    """

    values: pa.Array
    changed: Mask
    drop: Mask | None = None
    met: int = 0
    redaction: Redaction | None = None


def bits_of(mask: Mask) -> int:
    """Return a mask as a number that adds up by "or": its first element is the lowest bit."""
    return int.from_bytes(np.packbits(mask, bitorder="little").tobytes(), "little")


class Criterion(ABC, Generic[M, D]):
    """One method applied to one column, in service of one of the five criteria.

    Subclasses are immutable and picklable. ``profile`` sees the values as the methods before it leave them.

    Args:
        spec: the treatment as the policy states it.
        context: what the method may need from the rest of the policy.
        base: folder of the policy; hierarchy files are relative to it.
        where: path of the treatment in the policy, for messages.

    Raises:
        PolicyError: a hierarchy file cannot be used.

    Attributes:
        pictured: whether there is something to see in a picture of the values it leaves.
        months_as_days: a month reaches it as its first day; else as text, YYYY-MM.
        hierarchy: the hierarchy that it uses, or None.
    """

    pictured: ClassVar[bool] = True
    months_as_days: ClassVar[bool] = False
    spec: AnyTreatment
    hierarchy: BoundHierarchy | None = None

    def __init_subclass__(cls, treats: type[Treatment] | None = None, numbers: Collection[int] = ()) -> None:
        """Register a class for a method of the policy.

        Args:
            treats: the method's class; None: the class is a base of others.
            numbers: the criteria that it serves, where another class serves the others.

        Raises:
            TypeError: another class is registered for it.
        """
        super().__init_subclass__()
        if treats is None:
            return
        for number in sorted(numbers or treats.numbers()):
            if _registry.setdefault((treats, number), cls) is not cls:
                raise TypeError(f"{treats.name()} has two classes for criterion {number}")

    def __init__(self, spec: AnyTreatment, context: Context, base: str = "", where: str = "") -> None:
        self.spec, self.context, self.where = spec, context, where

    @property
    def number(self) -> int:
        """The criterion served, 1 to 5."""
        return self.spec.criterion

    @property
    def method(self) -> str:
        """Name of the method in the policy."""
        return self.spec.method

    @property
    def limit(self) -> str:
        """What the report says among its limits wherever the method is used; empty: nothing."""
        return ""

    @property
    def people(self) -> int:
        """How many people must share what it makes public of the values; 0 where it promises nothing."""
        return self.spec.sharing(self.context.k)

    def prepare(self) -> None:  # most have nothing to prepare
        """Build what the first value would wait for, as tables to look into; it may be called again."""

    def profile(self, values: pa.Array, persons: Persons, records: Records) -> M | None:
        """Measure one batch; returns a mergeable, bounded accumulator (None: nothing to measure).

        Args:
            values: as the methods before leave them.
            persons: one keyed hash a value; None where rows are people.
            records: how many records have each of the values, which then are distinct; None where each value
                is that of one record. Never given together with ``persons``.
        """
        return None

    def merge(self, parts: Sequence[M]) -> M:
        """Merge accumulators; associative and commutative in what `fit` sees."""
        return parts[0]

    def fit(self, measured: M) -> D | None:
        """Turn the accumulator of the whole file into a small decision (None: there is nothing to decide)."""
        return None

    @abstractmethod
    def apply(self, decision: D, values: pa.Array, key: RunKey) -> Applied:
        """Treat values; pure, and a function of each value alone."""

    @property
    def listed(self) -> int:
        """How many values the method itself lists, each of which should occur."""
        return 0

    def labels(self, decision: D) -> tuple[str, ...] | None:
        """Return the labels that ``people`` people must bear in the release; None: whatever it leaves."""
        return ()

    def spare(self, decision: D) -> int:
        """Return how many people may be left out of the release, and still ``people`` bear each label."""
        return 0

    def leaves(self, decision: D) -> Between:
        """Return where the numbers lie that it leaves; those beyond have become labels."""
        return ANYWHERE

    @abstractmethod
    def explain(self, decision: D) -> str:
        """Return one Japanese sentence about what is done, without any value fewer than k people share."""


class Fixed(Criterion[None, None]):
    """A method that needs nothing from the file: `treat` maps values to values."""

    @abstractmethod
    def treat(self, values: pa.Array) -> pa.Array:
        """Return the treated values."""

    def apply(self, decision: None, values: pa.Array, key: RunKey) -> Applied:
        """Apply `treat`; every cell that had a value counts as changed."""
        return Applied(self.treat(values), present(values))


@dataclass(frozen=True, kw_only=True)
class ChunkRows:
    """The records of one chunk that a method by record treats, as far as it needs to know them.

    Attributes:
        key: the key of the run.
        column: names of table and column.
        chunk: id of the split, and number of the chunk in it.
        persons: 128-bit keyed hash of each record's person, shape (n, 2); None where rows are people.
        numbering: of the people.
        units: keyed hash of each record's person and period of pseudonyms, shape (n,), where a method asks.
        times: by column, when each record was made, as periods of pseudonyms are taken from it.
        own: the record's values of what is not released, where a method asks.
        names: of the people of all tables; None where none are sought.
    """

    key: RunKey
    column: tuple[str, str]
    chunk: tuple[str, int]
    persons: npt.NDArray[np.uint64] | None
    numbering: str
    units: npt.NDArray[np.uint64] | None
    times: Mapping[str, pa.Array]
    own: Mapping[OwnColumn, pa.Array] = field(default_factory=dict)
    names: NameSet | None = None

    def column_seed(self, method: str) -> bytes:
        """Return the key of a method's draws for the whole column: equal in every chunk of the run."""
        return self.key.derive("\0".join((method, *self.column)))

    def chunk_seed(self, method: str) -> bytes:
        """Return the key of a method's draws for this chunk: a retry draws the same, another run does not."""
        return self.key.derive("\0".join((method, *self.column, *map(str, self.chunk))))


class ByRecord(Criterion[None, None]):
    """A method that treats records, not values: it asks whose a record is, or when it was made.

    It is the last of its chain. The chain, which works on distinct values, leaves it out; `treat_records`
    runs on the records that are released, so that nothing of the others reaches them.
    """

    asks_units: ClassVar[bool] = False  # whether it must know the person and period of each record
    asks_own: ClassVar[bool] = False  # whether it must know the record's values of what is not released

    @property
    def of_records(self) -> bool:
        """Whether it does so by its settings."""
        return True

    def apply(self, decision: None, values: pa.Array, key: RunKey) -> Applied:
        """Leave values as they are; see `treat_records`."""
        return Applied(values, np.zeros(len(values), bool))

    @abstractmethod
    def treat_records(self, values: pa.Array, rows: ChunkRows) -> Applied:
        """Treat the column of some records; a function of values and rows alone: a retry gives the same."""


class PerRecord(ByRecord):
    """A method by which equal values come out different: they are plausible, and not true."""

    @property
    def limit(self) -> str:
        """Return that nothing can be computed from such values."""
        return (
            "ノイズの付加又はデータ交換をした項目の値は、その人の実際の値とは限らない。"
            "これらの項目の値の間や、他の項目との間の計算（合計、差など）は、元と同じにはならない。"
        )
