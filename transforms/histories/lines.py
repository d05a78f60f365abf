"""From records to what facts are told by: the distinct lines of each person, packed, dealt to buckets.

Besides people, all that crosses a shuffle: 16 bytes a distinct line of a chunk, under the key of the run, and
8 more where lines may be deleted; and where measures may be known, what lines come to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from tokumei.schemas.errors import RequirementError
from tokumei.transforms.counting.headcount import BUCKETS
from tokumei.transforms.counting.histogram import MAX_TUPLES, Ints, pack, radices
from tokumei.transforms.criteria.coded import kept_rows
from tokumei.transforms.decisions.decision import Decision
from tokumei.transforms.decisions.history import Persons, class_codes, column_codes
from tokumei.transforms.decisions.recoded import recoded
from tokumei.transforms.decisions.removal import remove_all
from tokumei.transforms.engine.chunks import Chunk
from tokumei.transforms.histories.windows import Windows, gather_windows, list_windows, union_of
from tokumei.transforms.planning.histories import HistoryPlan, TableFacts
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.planning.units import PERIODS, has_periods, period_numbers, units_of

_PERSON, _LINE, _RECORDS = "#person", "#line", "#records"
_FEW_LINES = 1 << 17  # of a bucket by itself
_KEPT_LINES = 1 << 21  # in memory, with 16 bytes each


class LineBatch(NamedTuple):
    """Distinct lines of some people of one table, or what their lines come to.

    Attributes:
        table: whose lines they are.
        lines: 16 bytes a line: the person's keyed hash, and the packed tuple, all hashes first; where lines
            may be deleted, 8 more, after these: how many records it stands for.
        windows: what lines come to, as `list_windows` tells it; or nothing.
        fingerprint: of the key.
    """

    table: str
    lines: bytes
    windows: bytes
    fingerprint: str


_Dealt = tuple[int, LineBatch]


class PackedLines(NamedTuple):
    """Distinct lines of some people of one table, ascending by person, then by line.

    Attributes:
        persons: keyed hashes. lines: packed tuples.
        records: how many records each stands for, where lines may be deleted; else None.
    """

    persons: Persons
    lines: Ints
    records: Ints | None


@dataclass(frozen=True)
class PeopleLines:
    """The lines of all people of one bucket, of every table.

    Attributes:
        tables: by table, their lines.
        windows: by table with measures, what their lines come to.
        keys: fingerprints of the keys they were hashed under.
    """

    tables: Mapping[str, PackedLines]
    windows: Mapping[str, Windows]
    keys: frozenset[str]

    @property
    def size(self) -> int:
        """How many lines and windows they are."""
        lines = sum(len(of_table.lines) for of_table in self.tables.values())
        return lines + sum(len(windows.units) for windows in self.windows.values())

    def without(self, keys: Mapping[str, npt.NDArray[np.uint64]]) -> PeopleLines:
        """Return them without some windows, told by their keys, by table."""
        left = {
            name: windows.some(~np.isin(windows.keys, keys[name])) if name in keys else windows
            for name, windows in self.windows.items()
        }
        return replace(self, windows=left)


def tuple_sizes(plan: TablePlan, facts: TableFacts, decision: Decision) -> tuple[int, ...]:
    """Return how many values each part of a line has: columns, classes with null, period, `beside`.

    Raises:
        RequirementError: more than can be told apart by one number.
    """
    sizes = [len(decision.columns[name].domain or ()) for name in facts.columns]
    sizes += [len(labels) + 1 for labels in class_labels(plan, facts, decision)]
    sizes += [PERIODS] if has_periods(plan) else []
    sizes += [len(decision.columns[facts.beside].domain or ())] if facts.beside else []
    if radices(sizes)[1] > MAX_TUPLES:
        raise RequirementError(
            "requirement.facts",
            where=f"tables.{plan.name}",
            what=f"the columns of its facts have more than {MAX_TUPLES:.2g} possible combinations of values,"
            " more than can be told apart exactly",
            fix="name fewer columns in facts, or coarsen columns with fixed methods first",
        )
    return tuple(sizes)


def class_labels(
    plan: TablePlan, facts: TableFacts, decision: Decision
) -> tuple[tuple[str | None, ...], ...]:
    """Return the labels of the quasi-identifiers that facts look at."""
    if decision.recoder is None:
        return ()
    places = [plan.quasi_identifiers.index(name) for name in facts.classes]
    return tuple(tuple(dict.fromkeys(decision.recoder.labels[i])) for i in places)


def list_people(plan: TablePlan, history: HistoryPlan, chunk: Chunk[Decision]) -> Iterator[_Dealt]:
    """Yield, by bucket, the distinct lines of the people of one chunk that are released, and their measures.

    Raises:
        InputError: the input changed between two passes.
        RequirementError: as `tuple_sizes`.
    """
    decision, batch, key = chunk.work.decision, chunk.batch, chunk.work.key
    names = {*plan.quasi_identifiers, *plan.combined, *plan.dropping, *plan.known}
    names |= {name for name in plan.measured if plan.chains[name].steps}
    treated = {
        name: plan.chains[name].apply(decision.columns[name], plan.values_of(name, batch), key)
        for name in names
    }
    treated, _ = remove_all(plan, chunk, treated)
    classes, keep = recoded(plan, decision, treated, kept_rows(batch.num_rows, treated))
    units = units_of(plan, chunk)
    if (facts := history.tables.get(plan.name)) is not None:
        codes = [
            *column_codes(facts.columns, decision.columns, treated),
            *class_codes(facts.classes, class_labels(plan, facts, decision), classes),
            *([period_numbers(units)] if has_periods(plan) else []),
            *column_codes([facts.beside] if facts.beside else [], decision.columns, treated),
        ]
        lines = pack(codes, tuple_sizes(plan, facts, decision))[keep]
        counted = plan.name in history.deleting
        yield from _deal(plan, units.hashes[keep], lines, key.fingerprint, counted=counted)
    if measures := history.measures(plan.name):
        for bucket, windows in list_windows(plan, measures, chunk, treated=treated, units=units, keep=keep):
            yield bucket, LineBatch(plan.name, b"", windows, key.fingerprint)


def _deal(
    plan: TablePlan, persons: Persons, lines: Ints, fingerprint: str, *, counted: bool
) -> Iterator[_Dealt]:
    distinct = _distinct([PackedLines(persons, lines, np.ones(len(lines), np.int64) if counted else None)])
    for (bucket,), part in distinct.group_by(pl.col(_PERSON) % BUCKETS):
        payload = b"".join(column.to_numpy().tobytes() for column in part)
        yield int(bucket), LineBatch(plan.name, payload, b"", fingerprint)


def gather_people(
    plans: Mapping[str, TablePlan], histories: Sequence[HistoryPlan], batches: Iterable[LineBatch]
) -> PeopleLines:
    """Return the distinct lines of one bucket, and measures; the order of the batches does not matter.

    Raises:
        RequirementError: as `gather_windows`.
    """
    counted = frozenset().union(*(history.deleting for history in histories))
    waiting: dict[str, list[PackedLines]] = {}
    measured: dict[str, list[bytes]] = {}
    keys = set()
    for batch in batches:
        keys.add(batch.fingerprint)
        if batch.windows:
            measured.setdefault(batch.table, []).append(batch.windows)
            continue
        rows = 3 if batch.table in counted else 2
        persons, lines, *records = np.frombuffer(batch.lines, np.int64).reshape(rows, -1)
        packed = PackedLines(persons.view(np.uint64), lines, records[0] if records else None)
        waiting.setdefault(batch.table, []).append(packed)
    measures = {name: history.measures(name) for history in histories for name in history.windows}
    return PeopleLines(
        tables={name: _packed(_distinct(parts)) for name, parts in sorted(waiting.items())},
        windows={
            name: gather_windows(plans[name], measures[name], parts)
            for name, parts in sorted(measured.items())
        },
        keys=frozenset(keys),
    )


def reading_of(people: Iterable[PeopleLines]) -> Callable[[], Iterable[PeopleLines]]:
    """Return how the lines of all people are read again and again: what is little stays in memory.

    Small buckets are put together, since they cost more by their number than by their lines. Every person is
    in one bucket, before and after.
    """
    kept, lines = list[PeopleLines](), 0
    for bucket in _together(people):
        kept.append(bucket)
        lines += bucket.size
        if lines > _KEPT_LINES:
            return lambda: _together(people)
    return lambda: kept


def _together(people: Iterable[PeopleLines]) -> Iterator[PeopleLines]:
    waiting: list[PeopleLines] = []
    lines = 0
    for bucket in people:
        waiting.append(bucket)
        lines += bucket.size
        if lines >= _FEW_LINES:
            yield _union(waiting)
            waiting, lines = [], 0
    if waiting:
        yield _union(waiting)


def _union(people: list[PeopleLines]) -> PeopleLines:
    if len(people) == 1:
        return people[0]
    names = sorted({name for bucket in people for name in bucket.tables})
    measured = sorted({name for bucket in people for name in bucket.windows})
    return PeopleLines(
        tables={
            name: _packed(_distinct([b.tables[name] for b in people if name in b.tables])) for name in names
        },
        windows={name: union_of([b.windows[name] for b in people if name in b.windows]) for name in measured},
        keys=frozenset().union(*(bucket.keys for bucket in people)),
    )


def _distinct(parts: list[PackedLines]) -> pl.DataFrame:
    """Return each line of a person once: _PERSON, _LINE and, where records are counted, _RECORDS."""
    frame = pl.DataFrame(
        {
            _PERSON: np.concatenate([part.persons for part in parts]),
            _LINE: np.concatenate([part.lines for part in parts]),
        }
    )
    records = [part.records for part in parts if part.records is not None]
    if not records:
        return frame.unique()
    counted = frame.with_columns(pl.Series(_RECORDS, np.concatenate(records)))
    return counted.group_by(_PERSON, _LINE).agg(pl.col(_RECORDS).sum())


def _packed(distinct: pl.DataFrame) -> PackedLines:
    persons, lines, *records = (column.to_numpy() for column in distinct.sort(_PERSON, _LINE))
    return PackedLines(persons, lines, records[0] if records else None)
