"""What is blanked in the records that are released, so that what is promised of the release holds in it.

It is decided once, for the whole release, after the search (`SettlePromises` of the stages), and applied by
pass 3 after the recoding. It drops no record. A label of a quasi-identifier becomes ``*`` in all records or
in none, so that classes only grow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.schemas.errors import InputError
from tokumei.transforms.counting.histogram import pack
from tokumei.transforms.counting.lookup import NOT_FOUND, places_in
from tokumei.transforms.criteria.treated import Treated
from tokumei.transforms.hierarchies.steps import ANY
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.values.cells import Mask, as_text, labelled, present, where

Labels = tuple[str | None, ...]


@dataclass(frozen=True, kw_only=True)
class Settlement:
    """Cells to blank in the released records of one table; small, and without any record.

    Attributes:
        labels: by column, labels that are blanked wherever they stand.
        generalized: by quasi-identifier, labels that become ``*`` wherever they stand.
        bound: columns in combinations, with their released values, in an order of their own.
        tuples: packed tuples of these values that change, ascending.
        blank: shape (n,), bit c set: the cell in column c of ``bound`` is blanked.
        cells: by column, how many cells of the whole release are blanked, or become ``*``.
        rare: by column, how many of its labels were borne by too few people, or were taken along.
        combinations: by declared combination, how many were rare; 0 where it may be.
    """

    labels: Mapping[str, tuple[str, ...]]
    generalized: Mapping[str, tuple[str, ...]]
    bound: Mapping[str, Labels]
    tuples: npt.NDArray[np.int64]
    blank: npt.NDArray[np.int64]
    cells: Mapping[str, int]
    rare: Mapping[str, int]
    combinations: tuple[int, ...]

    def touches(self, watched: str | None) -> bool:
        """Whether a model of the classes, which may watch a column, may see other values than before."""
        return bool(self.generalized) or watched in self.cells

    def apply(
        self, plan: TablePlan, treated: Mapping[str, Treated], labels: Mapping[str, pa.Array], keep: Mask
    ) -> tuple[dict[str, Treated], dict[str, pa.DictionaryArray], dict[str, int]]:
        """Blank cells of one chunk.

        Args:
            plan: the table.
            treated: its columns after all removals.
            labels: its generalized quasi-identifiers.
            keep: which rows are released.

        Returns:
            The columns; the quasi-identifiers; and by column, how many cells of released rows were touched.

        Raises:
            InputError: a value was not there when this was decided: the input changed.
        """
        left, coarser, cells = dict(treated), dict(labels), dict[str, int]()
        for name, gone in self.generalized.items():
            coarser[name], mask = _generalized(labels[name], gone)
            cells[name] = int((mask & keep).sum())
        for name, blanked in self.labels.items():
            of_value = _among(as_text(left[name].values), blanked)
            mask = of_value if left[name].indices is None else of_value[left[name].indices]
            left[name], cells[name] = left[name].without(mask), int((mask & keep).sum())
        if len(self.tuples) == 0:
            return left, coarser, cells
        blank = self._bits(plan, treated, labels, keep)
        for i, name in enumerate(self.bound):
            mask = (blank >> i & 1).astype(bool)
            if mask.any():
                left[name], cells[name] = left[name].without(mask), int(mask.sum())
        return left, coarser, cells

    def _bits(
        self, plan: TablePlan, treated: Mapping[str, Treated], labels: Mapping[str, pa.Array], keep: Mask
    ) -> npt.NDArray[np.int64]:
        rows = np.flatnonzero(keep)
        values = released_values(tuple(self.bound), treated, labels, keep)
        codes = [
            _codes(values[name], texts, f"tables.{plan.name}.columns.{name}")
            for name, texts in self.bound.items()
        ]
        packed = pack(codes, [len(texts) for texts in self.bound.values()])
        at = places_in(self.tuples, packed)
        bits = np.zeros(len(keep), dtype=np.int64)
        bits[rows] = np.where(at != NOT_FOUND, self.blank[at], 0)
        return bits


def released_values(
    names: Sequence[str], treated: Mapping[str, Treated], labels: Mapping[str, pa.Array], keep: Mask
) -> dict[str, pa.DictionaryArray]:
    """Return what stands in some columns of the released rows, as text, before anything is settled.

    Args:
        names: the columns.
        treated: columns after all removals.
        labels: generalized quasi-identifiers.
        keep: which rows are released.
    """
    rows = pa.array(np.flatnonzero(keep))
    return {
        name: labels[name].take(rows) if name in labels else _texts(treated[name], rows) for name in names
    }


def _texts(column: Treated, rows: pa.Array) -> pa.DictionaryArray:
    if column.indices is None:
        return as_text(column.values.take(rows)).dictionary_encode()
    texts = as_text(column.values)
    distinct = texts.drop_null().unique()
    return pa.DictionaryArray.from_arrays(
        pc.index_in(texts, value_set=distinct).take(pa.array(column.indices)).take(rows), distinct
    )


def _among(values: pa.Array, texts: Sequence[str]) -> Mask:
    mask: Mask = pc.is_in(values, pa.array(texts, pa.string())).to_numpy(zero_copy_only=False)
    return mask


def _generalized(values: pa.DictionaryArray, gone: Sequence[str]) -> tuple[pa.DictionaryArray, Mask]:
    """Return labels with some of them ``*``, and where they stood; each label stands once, sorted."""
    mask = _among(values.dictionary, gone)
    texts = pa.concat_arrays([where(mask, ANY, values.dictionary), pa.nulls(1, pa.string())])
    places = values.indices.fill_null(len(mask)).to_numpy(zero_copy_only=False)
    return labelled(places, texts), np.append(mask, False)[places]


def _codes(values: pa.DictionaryArray, texts: Labels, where: str) -> npt.NDArray[np.int32]:
    """Return the place of each value among some texts, of which null may be the last."""
    known = pc.index_in(
        values.dictionary, value_set=pa.array([t for t in texts if t is not None], pa.string())
    )
    codes = known.take(values.indices)
    missing = ~present(codes)
    if (missing & present(values)).any() or (missing.any() and None not in texts):
        raise InputError(
            "input.changed",
            where=where,
            what="the input changed while it was being read",
            fix="run again when nobody writes to the input",
        )
    found: npt.NDArray[np.int32] = codes.fill_null(len(texts) - 1).to_numpy(zero_copy_only=False)
    return found
