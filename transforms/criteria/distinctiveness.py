"""五号: whatever stands out against the other people in the same file (データベース内の差異等の性質).

施行規則 34条5号 / 62条5号. Fixed generalization (一般化) by bands or a hierarchy level, and quasi-identifiers
(準識別子) whose level is found by the search so that every class has at least k people.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from schemas import treatments as t
from schemas.errors import InputError
from schemas.hierarchies import FileHierarchy
from transforms.criteria.base import Applied, Context, Criterion, Fixed, as_text
from transforms.keyed import RunKey
from transforms.profile.extremes import VALUE
from transforms.profile.people import PeoplePerKey, count_people, merge_people
from transforms.recode.ladders import (
    HierarchyRows,
    Ladder,
    NotInHierarchyError,
    build_ladder,
    read_hierarchy_file,
)
from transforms.values import bands as value_bands

MAX_DISTINCT = 2_000_000


class Bands(Fixed):
    """Numbers to labelled bands."""

    spec: t.Bands

    def treat(self, values: pa.Array) -> pa.Array:
        """Return the label of each number's band."""
        return value_bands.bands(values, self.spec.edges, self.spec.labels)

    def explain(self, decision: Any) -> str:
        """Say so."""
        labels = self.spec.labels
        return f"数値を{len(labels)}区分（{labels[0]}～{labels[-1]}）に置き換えた（一般化）。"


class _Hierarchical(Criterion):
    """A method that uses a hierarchy; file hierarchies are read once, at construction on the launcher."""

    spec: t.Recode | t.Generalize

    def __init__(self, spec: t.Recode | t.Generalize, context: Context, base: Path, where: str) -> None:
        super().__init__(spec, context, where)
        self.rows: HierarchyRows | None = None
        if isinstance(spec.hierarchy, FileHierarchy):
            level = spec.level if isinstance(spec, t.Recode) else 0
            self.rows = read_hierarchy_file(spec.hierarchy, base, where, level)

    def ladder(self, values: Sequence[str | None]) -> Ladder:
        """Return the ladder over the values that occur.

        Raises:
            InputError: values are not in the hierarchy; only their number is told.
        """
        try:
            return build_ladder(values, self.spec.hierarchy, self.rows)
        except NotInHierarchyError as error:
            raise InputError(
                "input.not_in_hierarchy",
                where=self.where,
                what=f"{error.count} distinct values of this column are not in its hierarchy",
                fix="add them to the hierarchy file, or treat the column before generalizing it",
            ) from None


class Recode(_Hierarchical):
    """Generalize to one fixed level."""

    spec: t.Recode

    def apply(self, decision: Any, values: pa.Array, key: RunKey) -> Applied:
        """Return the labels of the level; a value outside the hierarchy stops the run."""
        encoded = pc.dictionary_encode(as_text(values), null_encoding="encode")
        ladder = self.ladder(encoded.dictionary.to_pylist())
        labels = np.array(ladder.labels[self.spec.level], dtype=object)[ladder.codes[self.spec.level]]
        treated = pa.array(labels, pa.string()).take(encoded.indices)
        return Applied(treated, values.is_valid().to_numpy(zero_copy_only=False))

    def explain(self, decision: Any) -> str:
        """Say so."""
        return f"階層の第{self.spec.level}段階の区分に置き換えた（一般化）。"


class Generalize(_Hierarchical):
    """A quasi-identifier: profiled for its domain; its level is applied by the recoding, not here."""

    spec: t.Generalize

    def profile(self, values: pa.Array, persons: npt.NDArray[np.uint64] | None) -> PeoplePerKey:
        """Collect the distinct values."""
        return self._bounded(count_people(pl.DataFrame({VALUE: values}), persons=None, cap=0))

    def merge(self, parts: Sequence[PeoplePerKey]) -> PeoplePerKey:
        """Merge distinct values."""
        return self._bounded(merge_people(parts))

    def apply(self, decision: Any, values: pa.Array, key: RunKey) -> Applied:
        """Return the value as text, the form in which it stands in the domain."""
        return Applied(as_text(values), np.zeros(len(values), bool))

    def explain(self, decision: Any) -> str:
        """Say so."""
        return f"準識別子として、同じ組合せの人が{self.context.k}人以上になる段階まで一般化した。"

    def _bounded(self, counted: PeoplePerKey) -> PeoplePerKey:
        if counted.counts.height > MAX_DISTINCT:
            raise InputError(
                "input.too_many_values",
                where=self.where,
                what=f"a quasi-identifier may have at most {MAX_DISTINCT:,} distinct values",
                fix="coarsen it first, for example with year_month, bands or postal_prefix",
            )
        return counted
