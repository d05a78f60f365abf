"""How histories are treated in pass 3: the label of each value, and the cells that are blanked.

It is decided once, for the whole release, after the search (`ProtectHistories` of the stages): how coarse
each value of a group of columns becomes, and in which lines of which people it is blanked. It drops no record
(that does a `Removal`) and touches no quasi-identifier, so that classes stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.transforms.counting.histogram import Codes, Ints, Mask, pack
from tokumei.transforms.counting.keyed import joint_keys
from tokumei.transforms.counting.lookup import NOT_FOUND, places_in
from tokumei.transforms.criteria.chain import Fitted
from tokumei.transforms.criteria.coded import domain_codes
from tokumei.transforms.criteria.treated import Treated
from tokumei.transforms.planning.histories import TableFacts
from tokumei.transforms.planning.units import Units, period_numbers
from tokumei.transforms.values.cells import as_text, present

Persons = npt.NDArray[np.uint64]


@dataclass(frozen=True, kw_only=True)
class GroupLabels:
    """What becomes of the values of some columns that are coarsened together.

    Attributes:
        columns: their names; one that is not coarsened is alone, and has no labels.
        sizes: how many values each column has.
        leaves: the packed tuples of their values that occur, ascending.
        labels: by column, the number of the label of each leaf; -1 is blank.
        texts: by column, the labels.
    """

    columns: tuple[str, ...]
    sizes: tuple[int, ...]
    leaves: Ints
    labels: tuple[Codes, ...]
    texts: tuple[tuple[str, ...], ...]

    def leaf_of(self, packed: Ints) -> Ints:
        """Return the place of each tuple; -1, which is blank, where it does not occur in the release."""
        return places_in(self.leaves, packed)


@dataclass(frozen=True, kw_only=True)
class HistoryTreatment:
    """What becomes of one table's columns of facts; small where few cells are blanked.

    Attributes:
        facts: what facts look at in the table.
        sizes: how many values each part of a line's tuple has: the columns of all groups, the classes, and
            the period where people are other units in other periods.
        classes: by quasi-identifier that facts look at, its labels.
        groups: in the order of `TableFacts.groups`.
        lines: keys of (person, line) of which cells are blanked, ascending; see `joint_keys`.
        blank: of each, the groups that are blanked, as bits.
    """

    facts: TableFacts
    sizes: tuple[int, ...]
    classes: tuple[tuple[str | None, ...], ...]
    groups: tuple[GroupLabels, ...]
    lines: npt.NDArray[np.uint64]
    blank: npt.NDArray[np.uint32]

    def apply(
        self,
        columns: Mapping[str, Fitted],
        treated: Mapping[str, Treated],
        classes: Mapping[str, pa.DictionaryArray],
        units: Units,
        keep: Mask,
    ) -> tuple[dict[str, Treated], dict[str, int]]:
        """Coarsen and blank the columns of one chunk.

        Args:
            columns: the fits of its columns.
            treated: its columns after all removals.
            classes: its generalized quasi-identifiers.
            units: the unit of each row.
            keep: which rows are released.

        Returns:
            The columns; and by column, how many cells of released rows were blanked.

        Raises:
            InputError: a value was not there when this was decided: the input changed.
        """
        left, cells = dict(treated), dict[str, int]()
        if not self.groups:  # classes alone, or a sensitive column that is only watched
            return left, cells
        codes = dict(zip(self.facts.columns, column_codes(self.facts.columns, columns, treated), strict=True))
        parts = [*codes.values(), *class_codes(self.facts.classes, self.classes, classes)]
        blank = self._blank(units.hashes, pack_lines(parts, units, self.sizes))
        for i, group in enumerate(self.groups):
            gone = (blank >> np.uint32(i) & 1).astype(bool)
            if group.texts:
                leaf = group.leaf_of(pack([codes[name] for name in group.columns], group.sizes))
                for name, labels, texts in zip(group.columns, group.labels, group.texts, strict=True):
                    label = np.where(gone, -1, np.append(labels, -1)[leaf])
                    left[name] = _labelled(left[name], label.astype(np.int32), texts, keep)
            elif gone.any():
                (name,) = group.columns
                left[name] = left[name].without(gone)
            for name in group.columns if gone.any() else ():
                cells[name] = int((gone & keep & present(treated[name].rows())).sum())
        return left, cells

    def _blank(self, persons: Persons, lines: Ints) -> npt.NDArray[np.uint32]:
        """Return the groups that are blanked in each row, as bits."""
        if len(self.lines) == 0:
            return np.zeros(len(persons), np.uint32)
        place = places_in(self.lines, joint_keys(persons, lines))
        return np.where(place != NOT_FOUND, self.blank[place], 0).astype(np.uint32)


def column_codes(
    names: Sequence[str], columns: Mapping[str, Fitted], treated: Mapping[str, Treated]
) -> list[Codes]:
    """Return each row's places in the domains of some columns.

    Raises:
        InputError: a value is not in its domain, so the input changed between two passes.
    """
    return [domain_codes(treated[name], columns[name].domain or (), f"column {name}") for name in names]


def pack_lines(codes: Sequence[Codes], units: Units, sizes: Sequence[int]) -> Ints:
    """Return each row's packed tuple: of columns and classes, and the period where sizes are one more."""
    parts = [*codes, period_numbers(units)] if len(sizes) > len(codes) else codes
    return pack(parts, sizes)


def class_codes(
    names: Sequence[str], labels: Sequence[tuple[str | None, ...]], classes: Mapping[str, pa.DictionaryArray]
) -> list[Codes]:
    """Return each row's places among the labels of quasi-identifiers; null is one more.

    Rows that are not released may have labels that are not listed; they get the place of null.
    """
    found = []
    for name, texts in zip(names, labels, strict=True):
        values = classes[name]
        places = pc.index_in(values.dictionary, value_set=pa.array(texts, pa.string()))
        codes = places.take(values.indices).fill_null(len(texts))
        found.append(codes.to_numpy(zero_copy_only=False).astype(np.int32))
    return found


def _labelled(column: Treated, labels: Codes, texts: Sequence[str], keep: Mask) -> Treated:
    """Return a column with other labels, -1 for blank.

    Released cells that this changes, or blanks, count for its last method.
    """
    values = pa.array([*texts, None], pa.string())
    places = np.where(labels < 0, len(texts), labels).astype(np.int32)
    before = as_text(column.rows())
    there = present(before) & keep
    same = pc.fill_null(pc.equal(before, values.take(pa.array(places))), False)
    changed = there & ~same.to_numpy(zero_copy_only=False)
    return replace(
        column,
        indices=places,
        values=values,
        changed=(*column.changed[:-1], int(changed.sum())),
        blanked=(*column.blanked[:-1], int((there & (labels < 0)).sum())),
    )
