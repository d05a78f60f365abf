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
from tokumei.transforms.counting.keyed import keyed_hashes
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.values.cells import as_text

_PERSON, _FACT, _SENSITIVE, _PEOPLE = "#person", "#fact", "#sensitive", "#people"
_SETS_AT_ONCE = 8_000_000  # of all people whose sets are formed together
MAX_SETS = 60_000_000  # distinct sets of facts that one worker counts
# What is hashed stands in the release for everybody to read, so the hash needs no secret.
_PUBLIC = bytes(16)


class WrittenFacts(NamedTuple):
    """Facts of some people, as they were written.

    Attributes:
        history: the number of the declaration.
        sensitive: the facts are values of its sensitive column.
        facts: 16 bytes a fact: the person's keyed hash and the fact's hash, all persons first.
        fingerprint: of the key of the run.
    """

    history: int
    sensitive: bool
    facts: bytes
    fingerprint: str


@dataclass(frozen=True)
class CountedSets:
    """How many people have all facts of each set.

    Attributes:
        by_size: by number of facts, one row a set: its facts in columns "0", "1", "2", ascending, and people.
        with_value: the same with a sensitive value beside them.
    """

    by_size: Mapping[int, pl.DataFrame]
    with_value: Mapping[int, pl.DataFrame]


@dataclass(frozen=True)
class CountedFacts:
    """The recount of all declarations; adds up over buckets.

    Attributes:
        histories: by number of the declaration.
        keys: fingerprints of the keys that people were hashed under.
    """

    histories: Mapping[int, CountedSets] = field(default_factory=dict)
    keys: frozenset[str] = frozenset()


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
        persons: shape (n,), the keyed hash of each row's person.
        fingerprint: of the key of the run.
    """
    for i, history in enumerate(histories):
        found = [
            _facts_of(f"{i}.{j}", table, fact, released, persons)
            for j, fact in enumerate(history.facts)
            if fact.table == table.name
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
    frame = frame.with_columns(pl.all().cast(pl.String), pl.Series(_PERSON, persons)).filter(~blank).unique()
    distinct = frame.drop(_PERSON).unique()
    texts = distinct.select(pl.struct(pl.lit(kind).alias("kind"), pl.all()).struct.json_encode()).to_series()
    hashes = keyed_hashes(texts.to_arrow().cast(pa.string()), _PUBLIC).view(np.uint64)[:, 0]
    distinct = distinct.with_columns(pl.Series(_FACT, hashes))
    on = [name for name in distinct.columns if name != _FACT]
    return frame.join(distinct, on=on, nulls_equal=True).select(_PERSON, _FACT)


def _dealt(
    history: int, facts: pl.DataFrame, fingerprint: str, *, sensitive: bool
) -> Iterator[tuple[int, WrittenFacts]]:
    for (bucket,), part in facts.group_by(pl.col(_PERSON) % BUCKETS):
        payload = part[_PERSON].to_numpy().tobytes() + part[_FACT].to_numpy().tobytes()
        yield int(bucket), WrittenFacts(history, sensitive, payload, fingerprint)


def count_sets(histories: Sequence[History], batches: Iterable[WrittenFacts]) -> CountedFacts:
    """Count, in one bucket, the people who have all facts of each set, of as many facts as may be known.

    Raises:
        RequirementError: more sets than one worker counts.
    """
    facts: dict[tuple[int, bool], list[pl.DataFrame]] = {}
    keys = set()
    for batch in batches:
        keys.add(batch.fingerprint)
        persons, codes = np.frombuffer(batch.facts, np.uint64).reshape(2, -1)
        facts.setdefault((batch.history, batch.sensitive), []).append(
            pl.DataFrame({_PERSON: persons, _FACT: codes})
        )
    nothing = [pl.DataFrame(schema={_PERSON: pl.UInt64, _FACT: pl.UInt64})]
    return CountedFacts(
        {
            i: _counted(
                pl.concat(facts[i, False]).unique(),
                pl.concat(facts.get((i, True), nothing)).unique().rename({_FACT: _SENSITIVE}),
                histories[i].known,
            )
            for i, sensitive in facts
            if not sensitive
        },
        frozenset(keys),
    )


def _counted(facts: pl.DataFrame, values: pl.DataFrame, known: int) -> CountedSets:
    facts = facts.sort(_PERSON)
    sizes = facts.group_by(_PERSON, maintain_order=True).len()["len"].to_numpy().astype(np.float64)
    work = np.cumsum(sizes**known)  # the sets of the people up to each
    lines = np.cumsum(sizes).astype(np.int64)
    cuts = np.searchsorted(work, np.arange(_SETS_AT_ONCE, work[-1:].sum() or 1, _SETS_AT_ONCE))
    ends = np.unique(np.append(lines[cuts[cuts < len(lines)]], len(facts)))
    parts = []
    for start, end in zip(np.append(0, ends[:-1]).tolist(), ends.tolist(), strict=True):
        parts.append(_sets_of(facts[start:end], values, known))
        if len(parts) > 1:
            parts = [_added(parts)]
    return _added(parts)


def _sets_of(facts: pl.DataFrame, values: pl.DataFrame, known: int) -> CountedSets:
    by_size, with_value = {}, {}
    single = facts.rename({_FACT: "0"})
    sets = single
    for size in range(1, known + 1):
        if size > 1:
            more = facts.rename({_FACT: str(size - 1)})
            sets = sets.join(more, on=_PERSON).filter(pl.col(str(size - 2)) < pl.col(str(size - 1)))
        names = [str(i) for i in range(size)]
        by_size[size] = _people(sets, names)
        with_value[size] = _people(sets.join(values, on=_PERSON), [*names, _SENSITIVE])
    return CountedSets(by_size, with_value)


def _people(sets: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    return sets.group_by(names).agg(pl.len().cast(pl.UInt32).alias(_PEOPLE))


def _added(parts: Sequence[CountedSets]) -> CountedSets:
    def added(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
        if len(frames) == 1:
            return frames[0]
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

    sizes = parts[0].by_size
    return CountedSets(
        {size: added([part.by_size[size] for part in parts]) for size in sizes},
        {size: added([part.with_value[size] for part in parts]) for size in sizes},
    )


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
    few = [frame.filter(pl.col(_PEOPLE) < k) for frame in counted.by_size.values()]
    shares = [
        counted.with_value[size]
        .join(frame, on=[str(i) for i in range(size)], suffix="_all")
        .select((pl.col(_PEOPLE) / pl.col(f"{_PEOPLE}_all")).max())
        .item()
        for size, frame in counted.by_size.items()
    ]
    return Shortfall(
        sets=sum(frame.height for frame in few),
        people=min((int(frame[_PEOPLE].to_numpy().min()) for frame in few if frame.height), default=0),
        share=float(max((share for share in shares if share is not None), default=0.0)),
    )
