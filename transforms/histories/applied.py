"""From a solution to what pass 3 does: labels of values, cells that are blanked, and what is left out."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from tokumei.transforms.counting.histogram import Codes
from tokumei.transforms.counting.keyed import joint_keys
from tokumei.transforms.decisions.history import GroupLabels, HistoryTreatment
from tokumei.transforms.histories.count import Blanks
from tokumei.transforms.histories.lines import PackedLines, PeopleLines
from tokumei.transforms.histories.pose import Posed
from tokumei.transforms.histories.posed import PosedGroup, PosedTable
from tokumei.transforms.histories.problem import DROPPED, Masks
from tokumei.transforms.histories.protect import Protection
from tokumei.transforms.histories.removal import LineRemoval, LinesLost
from tokumei.transforms.histories.vocabulary import Flags, Levels

_Keys = npt.NDArray[np.uint64]


def applied(
    posed: Posed, protection: Protection
) -> tuple[dict[str, HistoryTreatment], dict[str, LineRemoval]]:
    """Return what pass 3 does for a solution.

    Returns:
        By table with columns that facts name, their labels and blanks; and by table of which lines may be
        deleted, their removal.
    """
    changes = [_Changes(table) for table in posed.tables]
    blanked = protection.blanks or None
    read = blanked is not None or any(table.deletes for table in posed.tables)
    for number, people in enumerate(posed.reading() if read else ()):
        for i, of_table in enumerate(changes):
            of_table.add(people, blanked[number][i] if blanked else None)
    treatments, first = {}, 0
    for of_table in changes:
        count = len(of_table.table.groups)
        if count:
            levels = protection.levels[first : first + count]
            treatments[of_table.table.name] = of_table.treatment(levels)
        first += count
    return treatments, {c.table.name: c.removal() for c in changes if c.table.deletes}


def dropped(posed: Posed, protection: Protection) -> dict[str, _Keys]:
    """Return the keys of the windows that a solution deletes, by table; those of none are left out."""
    found: dict[str, list[_Keys]] = {}
    for people, of_bucket in _touched(posed, protection):
        for table, blanks in zip(posed.windows, of_bucket[len(posed.tables) :], strict=True):
            if len(blanks.line):
                found.setdefault(table.name, []).append(table.of_bucket(people).keys[blanks.line])
    return {name: np.concatenate(keys) for name, keys in found.items()}


def _touched(posed: Posed, protection: Protection) -> Iterator[tuple[PeopleLines, tuple[Blanks, ...]]]:
    if protection.blanks:
        yield from zip(posed.reading(), protection.blanks, strict=True)


class _Changes:
    """What changes in the lines of one table, gathered bucket by bucket."""

    def __init__(self, table: PosedTable) -> None:
        self.table = table
        self._keys: list[_Keys] = [np.empty(0, np.uint64)]
        self._masks: list[Masks] = [np.empty(0, np.uint32)]
        self._lost = np.zeros(5, np.int64)
        self._cells = np.zeros(len(table.groups), np.int64)

    def add(self, people: PeopleLines, blanks: Blanks | None) -> None:
        """Take in the lines of a bucket, and what is blanked of them."""
        touched = blanks is not None and len(blanks.line) > 0
        if not touched and not self.table.deletes:
            return
        own, _ = self.table.lines_of(people)
        masks = blanks.dense(len(own.lines)) if blanks is not None else None
        if self.table.deletes:
            masks = self._count(own, masks)
        if masks is not None:
            at = np.flatnonzero(masks)
            self._keys.append(joint_keys(own.persons[at], own.lines[at]))
            self._masks.append(masks[at])

    def _count(self, own: PackedLines, masks: Masks | None) -> Masks | None:
        """Count what goes; where everybody keeps a line, the first of those who have no other is blank."""
        first = np.ones(len(own.persons), bool)
        first[1:] = own.persons[1:] != own.persons[:-1]
        starts = np.flatnonzero(first)
        gone, emptied = np.zeros(len(first), bool), starts[:0]
        if masks is not None:
            gone = masks == DROPPED
            emptied = starts[np.logical_and.reduceat(gone, starts)]
            if self.table.stays:
                masks[emptied] = (1 << len(self.table.groups)) - 1
                gone[emptied] = False
        records = np.ones(len(first), np.int64) if own.records is None else own.records
        people, stayed = (0, len(emptied)) if self.table.stays else (len(emptied), 0)
        self._lost += [records[gone].sum(), people, stayed, records.sum(), len(starts)]
        codes = self.table.codes_without(own.lines[gone])
        self._cells += [int((group.leaf_of(codes) >= 0).sum()) for group in self.table.groups]
        return masks

    def _of(self, wanted: Flags) -> tuple[_Keys, Masks]:
        keys, masks = np.concatenate(self._keys)[wanted], np.concatenate(self._masks)[wanted]
        order = np.argsort(keys)
        return keys[order], masks[order]

    def treatment(self, levels: Levels) -> HistoryTreatment:
        """Return what becomes of the lines that are released."""
        table = self.table
        lines, blank = self._of(np.concatenate(self._masks) != DROPPED)
        return HistoryTreatment(
            facts=table.facts,
            sizes=table.line_sizes,
            classes=table.classes,
            groups=tuple(_labels(*pair) for pair in zip(table.groups, levels, strict=True)),
            lines=lines,
            blank=blank,
        )

    def removal(self) -> LineRemoval:
        """Return the removal of the lines that are not."""
        lines, people, stayed, of_lines, of_people = self._lost.tolist()
        keys, _ = self._of(np.concatenate(self._masks) == DROPPED)
        return LineRemoval(
            keys=keys,
            facts=self.table.facts,
            sizes=self.table.line_sizes,
            lost=LinesLost(
                lines=lines,
                people=people,
                stayed=stayed,
                of_lines=of_lines,
                of_people=of_people,
                cells=tuple(self._cells.tolist()),
            ),
        )


def _labels(group: PosedGroup, levels: npt.NDArray[np.int8]) -> GroupLabels:
    labels: tuple[Codes, ...] = ()
    texts: tuple[tuple[str, ...], ...] = ()
    if group.tree is not None:
        nodes = group.tree.nodes[group.tree.chain[levels, np.arange(len(group.leaves))]]
        labels, texts = (
            tuple(np.ascontiguousarray(nodes[:, i]) for i in range(nodes.shape[1])),
            group.tree.texts,
        )
    return GroupLabels(
        columns=group.columns, sizes=group.sizes, leaves=group.leaves, labels=labels, texts=texts
    )
