"""Linkage (照合): the record that fits best what is known of a person is taken for theirs.

What fits is weighed: agreement in a column counts 1/Σp², where p are the shares of its released labels, so
that agreement counts the more, the rarer it is by chance. A label that may be any value (`*`, or none) counts
1, which is what a label drawn at random would on average. Of records that fit equally well one is taken at
random, so a target counts as found by the share of its own among them.

Sums are whole numbers: they are the same in whatever order chunks and columns come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.transforms.attacks.targets import Marks
from tokumei.transforms.hierarchies.steps import ANY
from tokumei.transforms.values.cells import as_text, numbers_of, present

_WHOLE = 1 << 30  # what agreement in all columns comes to
_BLOCK = 512  # distinct records that are compared with all targets at once
_CELLS = 1 << 24  # numbers of one column's table
_SHARED = 8  # a table of sums is worth its making if so many records look it up
Ints = npt.NDArray[np.int64]
Scores = npt.NDArray[np.int32]  # shape (labels or records, targets)


@dataclass(frozen=True, kw_only=True)
class KnownColumn:
    """What is known of all targets in one column.

    Attributes:
        name: of the released column.
        weight: what agreement counts, in labels drawn at random: 1/Σp².
        targets, labels: pairs that agree: a target, and a label that its value may bear.
        numbers: the targets' numbers, where released ones are near the true ones, or not; else None.
        span: how far released numbers are apart; agreement falls to nothing over it.
    """

    name: str
    weight: float
    targets: npt.NDArray[np.int32]
    labels: pa.StringArray
    numbers: npt.NDArray[np.float64] | None = None
    span: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Aim:
    """What an attacker knows.

    Attributes:
        marks: the targets, shape (t,).
        combinations: what is known of each, as a number; see `combination_of`.
        columns: what is known, by column.
    """

    marks: Marks
    combinations: Marks
    columns: tuple[KnownColumn, ...]


@dataclass(frozen=True, kw_only=True)
class Shots:
    """How well records fit what is known, by target, shape (t,) each; never written. Adds up over chunks.

    Attributes:
        best, ties: the best score, and how many records reach it.
        own, own_ties: the same among the target's own records; none: not in what is attacked.
        other, other_ties: the same among the records of the next target, with the knowledge about this one.
        same, own_same: records of the source with the very values that are known, and the target's own.
    """

    best: Ints
    ties: Ints
    own: Ints
    own_ties: Ints
    other: Ints
    other_ties: Ints
    same: Ints
    own_same: Ints


def shoot(aim: Aim, released: pa.RecordBatch, marks: Marks, *, same: Ints, own_same: Ints) -> Shots:
    """Compare all targets with all records of a chunk.

    Args:
        aim: what is known.
        released: the released columns of the chunk's records.
        marks: the person of each.
        same: records of the source that have what is known, as `count_same` counts them.
        own_same: of them, the target's own.
    """
    t = len(aim.marks)
    nothing = np.zeros(t, np.int64)
    found = {f.name: nothing for f in fields(Shots)} | dict.fromkeys(("best", "own", "other"), nothing - 1)
    found |= {"same": same, "own_same": own_same}
    if released.num_rows == 0 or t == 0:
        return Shots(**found)
    columns = [_looked_at(column, released.column(column.name)) for column in aim.columns]
    at, of_row, records = _distinct([column.codes for column in columns], [c.labels for c in columns])
    block = max(1, _CELLS // max(column.labels for column in columns))
    unit = _WHOLE / max(1.0, sum(column.weight for column in aim.columns))
    of_people = [
        (name, *_of_people(marks, who))
        for name, who in (("own", aim.marks), ("other", np.roll(aim.marks, -1)))
    ]
    parts = []
    for start in range(0, t, block):
        some = slice(start, min(t, start + block))
        tables = [column.scores(some, unit) for column in columns]
        tables, codes = _shared(tables, [column.codes[at] for column in columns])
        best, ties = _best(tables, codes, records)
        part = {"best": best, "ties": ties}
        for name, rows, targets in of_people:
            of_block = (targets >= some.start) & (targets < some.stop)
            row, target = of_row[rows[of_block]], targets[of_block] - some.start
            score = sum(table[code[row], target] for table, code in zip(tables, codes, strict=True))
            part[name], part[f"{name}_ties"] = _highest(target, np.asarray(score, np.int64), len(best))
        parts.append(part)
    return Shots(**found | {name: np.concatenate([part[name] for part in parts]) for name in parts[0]})


def count_same(aim: Aim, combinations: Marks, marks: Marks) -> tuple[Ints, Ints]:
    """Return, by target, how many source records have the values that are known; and of its own.

    Args:
        aim: what is known.
        combinations: of every source record, as `combination_of` gives it.
        marks: the person of each.
    """
    known, of_target = np.unique(aim.combinations, return_inverse=True)
    place = np.minimum(np.searchsorted(known, combinations), max(len(known) - 1, 0))
    met = place[known[place] == combinations] if len(known) else place
    same = np.bincount(met, minlength=len(known))[of_target.ravel()].astype(np.int64)
    rows, targets = _of_people(marks, aim.marks)
    agree = combinations[rows] == aim.combinations[targets]
    return same, np.bincount(targets[agree], minlength=len(aim.marks)).astype(np.int64)


def merge_shots(parts: Sequence[Shots]) -> Shots:
    """Add up what chunks came to, in any order."""
    merged = {}
    for best, ties in (("best", "ties"), ("own", "own_ties"), ("other", "other_ties")):
        scores = np.stack([getattr(part, best) for part in parts])
        merged[best] = scores.max(axis=0)
        counts = np.stack([getattr(part, ties) for part in parts])
        merged[ties] = np.where(scores == merged[best], counts, 0).sum(axis=0)
    for name in ("same", "own_same"):
        merged[name] = np.sum([getattr(part, name) for part in parts], axis=0)
    return Shots(**merged)


@dataclass(frozen=True)
class _LookedAt:
    """A known column in a chunk: labels with which no target agrees are one, the first; any value the second.

    ``codes`` is the label of each record; ``pairs`` are targets and labels that agree; ``near`` are the
    numbers of the labels, where numbers are compared.
    """

    known: KnownColumn
    codes: Ints
    labels: int
    pairs: tuple[npt.NDArray[np.int32], Ints]
    near: npt.NDArray[np.float64] | None

    def scores(self, some: slice, unit: float) -> Scores:
        """Return what each label comes to, shape (labels, targets), for some targets."""
        full = round(self.known.weight * unit)
        table = np.zeros((self.labels, some.stop - some.start), np.int32)
        if self.near is not None and self.known.numbers is not None:
            away = np.abs(self.near[:, None] - self.known.numbers[some]) / (self.known.span or 1.0)
            table[:] = np.rint(np.nan_to_num(np.clip(1 - away, 0, 1)) * full).astype(np.int32)
        targets, labels = self.pairs
        inside = (targets >= some.start) & (targets < some.stop)
        table[labels[inside], targets[inside] - some.start] = full
        table[1] = round(unit)
        return table


def _looked_at(known: KnownColumn, values: pa.Array) -> _LookedAt:
    if not pa.types.is_dictionary(values.type):
        values = values.dictionary_encode()
    texts = as_text(values.dictionary)
    place = pc.index_in(known.labels, value_set=texts)
    agree = present(place)
    rows = place.fill_null(0).to_numpy(zero_copy_only=False)[agree]
    met = np.zeros(len(texts) + 1, bool)
    met[rows] = True
    if known.numbers is not None:
        met[:-1] = True
    any_value = np.append(pc.fill_null(pc.equal(texts, ANY), True).to_numpy(zero_copy_only=False), True)
    number = np.where(any_value, 1, np.where(met, np.cumsum(met & ~any_value) + 1, 0))
    near = None
    if known.numbers is not None:
        near = np.full(int(number.max()) + 1, np.nan)
        near[number[:-1]] = numbers_of(values.dictionary)
    codes = values.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False)
    pairs = known.targets[agree], number[rows]
    return _LookedAt(known, number[codes], max(2, int(number.max()) + 1), pairs, near)


def _distinct(codes: Sequence[Ints], sizes: Sequence[int]) -> tuple[Ints, Ints, Ints]:
    """Return of each distinct combination a row that has it; its number by row; and its rows."""
    joint, n = codes[0], sizes[0]
    for code, size in zip(codes[1:], sizes[1:], strict=True):
        if n * size >= 1 << 62:
            joint = np.unique(joint, return_inverse=True)[1].ravel()
            n = len(joint)
        joint, n = joint * size + code, n * size
    _, at, of_row, records = np.unique(joint, return_index=True, return_inverse=True, return_counts=True)
    return at, of_row.ravel(), records


def _shared(tables: Sequence[Scores], codes: Sequence[Ints]) -> tuple[list[Scores], list[Ints]]:
    """Add up columns whose combinations are few, so that less is left to add for each record."""
    done: list[tuple[Scores, Ints]] = []
    todo = sorted(zip(tables, codes, strict=True), key=lambda pair: len(pair[0]))
    (table, code), rest = todo[0], todo[1:]
    for other, of_other in rest:
        pairs, joint = np.unique(code * len(other) + of_other, return_inverse=True)
        if len(pairs) * _SHARED <= len(code):
            table, code = table[pairs // len(other)] + other[pairs % len(other)], joint.ravel()
        else:
            done.append((table, code))
            table, code = other, of_other
    done.append((table, code))
    return [table for table, _ in done], [code for _, code in done]


def _best(tables: Sequence[Scores], codes: Sequence[Ints], records: Ints) -> tuple[Ints, Ints]:
    """Return, by target, the best score, and how many records reach it."""
    best = np.full(tables[0].shape[1], -1, np.int64)
    ties = np.zeros_like(best)
    for start in range(0, len(records), _BLOCK):
        block = slice(start, start + _BLOCK)
        scores = tables[0][codes[0][block]]
        for table, code in zip(tables[1:], codes[1:], strict=True):
            scores += table[code[block]]
        highest = scores.max(axis=0)
        ties[highest > best] = 0
        best = np.maximum(best, highest)
        reached = np.flatnonzero(highest == best)
        ties[reached] += records[block] @ (scores[:, reached] == best[reached])
    return best, ties


def _of_people(marks: Marks, people: Marks) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return the rows of some people, and which of the people each is of; all people are different."""
    order = np.argsort(people)
    if not len(people):
        return order, order
    place = np.minimum(np.searchsorted(people[order], marks), len(people) - 1)
    rows = np.flatnonzero(people[order][place] == marks)
    return rows, order[place[rows]]


def _highest(targets: npt.NDArray[np.intp], scores: Ints, n: int) -> tuple[Ints, Ints]:
    """Return, by target, its highest score (-1: none) and how often it stands there."""
    highest = np.full(n, -1, np.int64)
    np.maximum.at(highest, targets, scores)
    return highest, np.bincount(targets[scores == highest[targets]], minlength=n).astype(np.int64)
