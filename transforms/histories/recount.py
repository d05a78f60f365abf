"""The recount of facts on the very batches that are written; nothing of what treated them is reused.

What stands in the written columns is hashed, and dealt to buckets by person. A bucket holds all facts of its
people, so that the people who have a set of facts add up over buckets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from tokumei.schemas.errors import RequirementError
from tokumei.schemas.histories import Fact, History
from tokumei.transforms.counting.headcount import BUCKETS
from tokumei.transforms.histories.pairs import PairCounts, add_pairs, count_pairs
from tokumei.transforms.histories.written_windows import (
    TOLD_FACT,
    TOLD_PERSON,
    hash_facts,
    measured_facts,
    to_bytes,
    unit_columns,
    written_windows,
)
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.values.cells import as_text

_PERSON, _FACT, _SENSITIVE, _PEOPLE = TOLD_PERSON, TOLD_FACT, "#sensitive", "#people"
MAX_SETS = 60_000_000  # distinct sets of facts that one worker counts


class WrittenFacts(NamedTuple):
    """Facts of some people, as they were written.

    Attributes:
        history: the number of the declaration.
        sensitive: the facts are values of its sensitive column.
        measure: the place of the measure that some lines add to; None for facts.
        facts: 16 bytes a fact: the person's keyed hash and the fact's hash, all persons first. Of a measure,
            what lines add, as `written_windows` tells it.
        fingerprint: of the key of the run.
    """

    history: int
    sensitive: bool
    measure: int | None
    facts: bytes
    fingerprint: str


@dataclass(frozen=True)
class CountedSets:
    """How many people have all facts of each set.

    Attributes:
        told: people with any fact.
        pairs: of single facts, and of pairs where two may be known.
        larger: of three facts, one row a set: its facts in columns "0", "1", "2", ascending, and people.
        with_value: by number of facts, all people of each set, and those with a sensitive value beside it.
    """

    told: int
    pairs: PairCounts
    larger: pl.DataFrame | None
    with_value: Mapping[int, tuple[pl.DataFrame, pl.DataFrame]]


@dataclass(frozen=True)
class CountedFacts:
    """The recount of all declarations; adds up over buckets.

    Attributes:
        histories: by number of the declaration.
        keys: fingerprints of the keys that people were hashed under.
    """

    histories: Mapping[int, CountedSets] = field(default_factory=dict)
    keys: frozenset[str] = frozenset()

    def people_told(self, history: int) -> int:
        """Return the people with any fact of a declaration."""
        return self.histories[history].told if history in self.histories else 0


@dataclass(frozen=True)
class Shortfall:
    """Sets of facts that are not shared as declared.

    Attributes:
        sets: how many; people: how few have one of them.
        share: the largest share of the people who have a set and hold one sensitive value; 0 without.
    """

    sets: int
    people: int
    share: float


def written_facts(
    histories: Sequence[History],
    table: TablePlan,
    released: pa.RecordBatch,
    persons: npt.NDArray[np.uint64],
    fingerprint: str,
) -> Iterator[tuple[int, WrittenFacts]]:
    """Yield, by bucket, the distinct facts of each person in a batch as it is written.

    Args:
        histories: all declarations of the policy, in its order; those of other tables are passed over.
        table: the plan of the table.
        released: its columns.
        persons: shape (n, 2), the keyed hash of each row's person; or (n, 3), with the period of the person's
            pseudonym beside it. Facts of two periods are facts of two people.
        fingerprint: of the key of the run.
    """
    for i, history in enumerate(histories):
        here = [(j, fact) for j, fact in enumerate(history.facts) if fact.table == table.name]
        for j, fact in here:
            if fact.measure is not None:
                windows = written_windows(fact, released, persons)
                for bucket, part in _by_bucket(windows):
                    yield bucket, WrittenFacts(i, False, j, to_bytes(part), fingerprint)
        found = [
            _facts_of(f"{i}.{j}", table, fact, released, persons) for j, fact in here if fact.measure is None
        ]
        if found:
            yield from _dealt(i, pl.concat(found), fingerprint, sensitive=False)
        watched = history.at_most
        if watched is not None and watched.table == table.name:
            value = Fact(table=table.name, columns=(watched.column,))
            yield from _dealt(
                i, _facts_of(f"{i}.s", table, value, released, persons), fingerprint, sensitive=True
            )


def _facts_of(
    kind: str, table: TablePlan, fact: Fact, released: pa.RecordBatch, persons: npt.NDArray[np.uint64]
) -> pl.DataFrame:
    """Return the distinct (person, fact) of one kind; a line with a blank among its columns tells none."""
    classes = [c for c in table.quasi_identifiers if fact.quasi_identifiers or c in fact.columns]
    named = [c for c in fact.columns if c not in classes]
    frame = pl.DataFrame({str(i): as_text(released.column(c)) for i, c in enumerate((*classes, *named))})
    blank = pl.any_horizontal([pl.col(str(i)).is_null() for i in range(len(classes), frame.width)] or [False])
    frame = frame.with_columns(pl.all().cast(pl.String), *unit_columns(persons))
    return hash_facts(kind, frame.filter(~blank))


def _by_bucket(frame: pl.DataFrame) -> Iterator[tuple[int, pl.DataFrame]]:
    for (bucket,), part in frame.group_by(pl.col(_PERSON) % BUCKETS):
        yield int(bucket), part


def _dealt(
    history: int, facts: pl.DataFrame, fingerprint: str, *, sensitive: bool
) -> Iterator[tuple[int, WrittenFacts]]:
    for bucket, part in _by_bucket(facts):
        payload = part[_PERSON].to_numpy().tobytes() + part[_FACT].to_numpy().tobytes()
        yield bucket, WrittenFacts(history, sensitive, None, payload, fingerprint)


def count_sets(histories: Sequence[History], batches: Iterable[WrittenFacts]) -> CountedFacts:
    """Count, in one bucket, the people who have all facts of each set, of as many facts as may be known.

    Raises:
        RequirementError: more sets than one worker counts.
    """
    facts: dict[tuple[int, bool], list[pl.DataFrame]] = {}
    measured: dict[tuple[int, int], list[bytes]] = {}
    keys = set()
    for batch in batches:
        keys.add(batch.fingerprint)
        if batch.measure is not None:
            measured.setdefault((batch.history, batch.measure), []).append(batch.facts)
            continue
        persons, codes = np.frombuffer(batch.facts, np.uint64).reshape(2, -1)
        facts.setdefault((batch.history, batch.sensitive), []).append(
            pl.DataFrame({_PERSON: persons, _FACT: codes})
        )
    for (i, j), parts in measured.items():
        found = measured_facts(f"{i}.{j}", histories[i].facts[j], parts)
        facts.setdefault((i, False), []).append(found)
    nothing = [pl.DataFrame(schema={_PERSON: pl.UInt64, _FACT: pl.UInt64})]
    return CountedFacts(
        {
            i: _counted(
                pl.concat(facts[i, False]).unique(),
                pl.concat(facts.get((i, True), nothing)).unique().rename({_FACT: _SENSITIVE}),
                histories[i],
            )
            for i, sensitive in facts
            if not sensitive
        },
        frozenset(keys),
    )


def _counted(facts: pl.DataFrame, values: pl.DataFrame, history: History) -> CountedSets:
    known, watched = history.known, history.at_most is not None
    facts = facts.sort(_PERSON, _FACT)
    persons = facts[_PERSON].to_numpy()
    numbers = np.cumsum(np.append(False, persons[1:] != persons[:-1]))[: len(persons)]
    pairs = count_pairs(numbers, facts[_FACT].to_numpy(), single=known == 1)
    by_size = _sets_of(facts, values, known) if watched or known == 3 else {}
    return CountedSets(
        told=facts[_PERSON].n_unique(),
        pairs=pairs,
        larger=by_size[3][0] if known == 3 else None,
        with_value=by_size if watched else {},
    )


def _sets_of(
    facts: pl.DataFrame, values: pl.DataFrame, known: int
) -> dict[int, tuple[pl.DataFrame, pl.DataFrame]]:
    """Return people by set of each size, and by set and value."""
    found = {}
    sets = facts.rename({_FACT: "0"})
    for size in range(1, known + 1):
        if size > 1:
            more = facts.rename({_FACT: str(size - 1)})
            sets = sets.join(more, on=_PERSON).filter(pl.col(str(size - 2)) < pl.col(str(size - 1)))
        names = [str(i) for i in range(size)]
        with_value = _people(sets.join(values, on=_PERSON), [*names, _SENSITIVE])
        found[size] = (_people(sets, names), with_value)
    return found


def _people(sets: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    return sets.group_by(names).agg(pl.len().cast(pl.UInt32).alias(_PEOPLE))


def _added(parts: Sequence[CountedSets]) -> CountedSets:
    larger = [part.larger for part in parts if part.larger is not None]
    return CountedSets(
        told=sum(part.told for part in parts),
        pairs=add_pairs([part.pairs for part in parts]),
        larger=_summed(larger) if larger else None,
        with_value={
            size: (
                _summed([part.with_value[size][0] for part in parts]),
                _summed([part.with_value[size][1] for part in parts]),
            )
            for size in parts[0].with_value
        },
    )


def _summed(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    together = pl.concat(frames)
    sums = together.group_by([c for c in together.columns if c != _PEOPLE]).agg(pl.col(_PEOPLE).sum())
    if sums.height > MAX_SETS:
        raise RequirementError(
            "requirement.facts",
            where="histories",
            what=f"the release has more than {MAX_SETS:,} sets of facts, more than a worker counts",
            fix="let fewer facts be known, name fewer kinds, or coarsen columns with fixed methods first",
        )
    return sums


def merge_counted(parts: Sequence[CountedFacts]) -> CountedFacts:
    """Add up different buckets, which share nobody; raises RequirementError as `count_sets` does."""
    numbers = sorted({i for part in parts for i in part.histories})
    return CountedFacts(
        {i: _added([part.histories[i] for part in parts if i in part.histories]) for i in numbers},
        frozenset().union(*(part.keys for part in parts)),
    )


def shortfall(history: History, k: int, counted: CountedSets | None) -> Shortfall:
    """Return what is not as declared; without any fact in the release, nothing is."""
    if counted is None:
        return Shortfall(0, 0, 0.0)
    few = [np.asarray(counted.pairs.people.data)]
    if counted.larger is not None:
        few.append(counted.larger[_PEOPLE].to_numpy())
    few = [people[people < k] for people in few]
    shares = [
        value.join(sets, on=[str(i) for i in range(size)], suffix="_all")
        .select((pl.col(_PEOPLE) / pl.col(f"{_PEOPLE}_all")).max())
        .item()
        for size, (sets, value) in counted.with_value.items()
    ]
    return Shortfall(
        sets=sum(map(len, few)),
        people=min((int(people.min()) for people in few if len(people)), default=0),
        share=float(max((share for share in shares if share is not None), default=0.0)),
    )
