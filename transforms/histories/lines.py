"""From records to what facts are told by: the distinct lines of each person, packed, dealt to buckets.

Besides people, all that crosses a shuffle: 16 bytes a distinct line of a chunk, under the key of the run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
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
from tokumei.transforms.planning.histories import TableFacts
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.planning.units import PERIODS, has_periods, period_numbers, units_of

_PERSON, _LINE = "#person", "#line"
# Of a bucket by itself, and how many of these, with 16 bytes a line, are kept.
_FEW_LINES, _KEPT_BUCKETS = 1 << 17, 16


class LineBatch(NamedTuple):
    """Distinct lines of some people of one table.

    Attributes:
        table: whose lines they are.
        lines: 16 bytes a line: the person's keyed hash, and the packed tuple, all hashes first.
        fingerprint: of the key.
    """

    table: str
    lines: bytes
    fingerprint: str


@dataclass(frozen=True)
class PeopleLines:
    """The lines of all people of one bucket, of every table.

    Attributes:
        tables: by table, persons and packed tuples: distinct pairs, ascending by both.
        keys: fingerprints of the keys they were hashed under.
    """

    tables: Mapping[str, tuple[Persons, Ints]]
    keys: frozenset[str]


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


def list_lines(plan: TablePlan, facts: TableFacts, chunk: Chunk[Decision]) -> Iterator[tuple[int, LineBatch]]:
    """Yield, by bucket, the distinct lines of the people of one chunk that are released.

    Raises:
        InputError: the input changed between two passes.
        RequirementError: as `tuple_sizes`.
    """
    decision, batch, key = chunk.work.decision, chunk.batch, chunk.work.key
    names = {*plan.quasi_identifiers, *plan.combined, *plan.dropping, *plan.known}
    treated = {
        name: plan.chains[name].apply(decision.columns[name], plan.values_of(name, batch), key)
        for name in names
    }
    treated, _ = remove_all(plan, chunk, treated)
    classes, keep = recoded(plan, decision, treated, kept_rows(batch.num_rows, treated))
    units = units_of(plan, chunk)
    codes = [
        *column_codes(facts.columns, decision.columns, treated),
        *class_codes(facts.classes, class_labels(plan, facts, decision), classes),
        *([period_numbers(units)] if has_periods(plan) else []),
        *column_codes([facts.beside] if facts.beside else [], decision.columns, treated),
    ]
    lines = pack(codes, tuple_sizes(plan, facts, decision))[keep]
    persons = units.hashes[keep]
    distinct = pl.DataFrame({_PERSON: persons, _LINE: lines}).unique()
    for (bucket,), part in distinct.group_by(pl.col(_PERSON) % BUCKETS):
        payload = part[_PERSON].to_numpy().tobytes() + part[_LINE].to_numpy().tobytes()
        yield int(bucket), LineBatch(plan.name, payload, key.fingerprint)


def gather_lines(batches: Iterable[LineBatch]) -> PeopleLines:
    """Return the distinct lines of one bucket; the order of the batches does not matter."""
    waiting: dict[str, list[tuple[Persons, Ints]]] = {}
    keys = set()
    for batch in batches:
        keys.add(batch.fingerprint)
        half = len(batch.lines) // 2
        persons = np.frombuffer(batch.lines[:half], np.uint64)
        waiting.setdefault(batch.table, []).append((persons, np.frombuffer(batch.lines[half:], np.int64)))
    return PeopleLines({name: _distinct(parts) for name, parts in sorted(waiting.items())}, frozenset(keys))


def reading_of(people: Iterable[PeopleLines]) -> Callable[[], Iterable[PeopleLines]]:
    """Return how the lines of all people are read again and again: what is little stays in memory.

    Small buckets are put together, since they cost more by their number than by their lines. Every person is
    in one bucket, before and after.
    """
    kept = list(islice(_together(people), _KEPT_BUCKETS + 1))
    if len(kept) <= _KEPT_BUCKETS:
        return lambda: kept
    return lambda: _together(people)


def _together(people: Iterable[PeopleLines]) -> Iterator[PeopleLines]:
    waiting: list[PeopleLines] = []
    lines = 0
    for bucket in people:
        waiting.append(bucket)
        lines += sum(len(of_table) for _, of_table in bucket.tables.values())
        if lines >= _FEW_LINES:
            yield _union(waiting)
            waiting, lines = [], 0
    if waiting:
        yield _union(waiting)


def _union(people: list[PeopleLines]) -> PeopleLines:
    if len(people) == 1:
        return people[0]
    names = sorted({name for bucket in people for name in bucket.tables})
    return PeopleLines(
        {name: _distinct([b.tables[name] for b in people if name in b.tables]) for name in names},
        frozenset().union(*(bucket.keys for bucket in people)),
    )


def _distinct(parts: list[tuple[Persons, Ints]]) -> tuple[Persons, Ints]:
    frame = pl.DataFrame(
        {_PERSON: np.concatenate([p for p, _ in parts]), _LINE: np.concatenate([n for _, n in parts])}
    )
    frame = frame.unique().sort(_PERSON, _LINE)
    lines: npt.NDArray[np.int64] = frame[_LINE].to_numpy()
    return frame[_PERSON].to_numpy(), lines
