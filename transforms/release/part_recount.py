"""The recount of a part: everything that is promised of a release, counted again on what was written.

A part is a chunk, where records stay in their stretch, or rows of many chunks that were dealt to it. Either
way it is counted here, after it was put together and as it is written; a new recount is one more line here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import repeat
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from tokumei.transforms.attacks.learned import count_learned, merge_learned
from tokumei.transforms.combinations.recount import recount_combined
from tokumei.transforms.counting.headcount import deal_people
from tokumei.transforms.counting.people import PeoplePerKey, merge_people
from tokumei.transforms.criteria.promise import Promise
from tokumei.transforms.decisions.decision import Decision
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.exposure.count import Exposed, count_exposed, exposure_keys, merge_exposed
from tokumei.transforms.histories.recount import written_facts
from tokumei.transforms.histories.undeclared import ValueCounts, count_values, merge_values
from tokumei.transforms.joined.written import deal_left, deal_written
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.promises.recount import Bearers, merge_bearers, recount_bearers
from tokumei.transforms.release.recount import WrittenClasses, merge_classes, recount


class Count(StrEnum):
    """Which count something is told for."""

    PEOPLE = "people"
    FACTS = "facts"
    JOINED = "joined"
    TOTALS = "totals"


# What is told of people, to be counted where each of them is whole: (which count, (bucket, batch)).
Told = tuple[Count, tuple[int, Any]]
Persons = npt.NDArray[np.uint64]


@dataclass(frozen=True, kw_only=True)
class PartTerms:
    """What the recount of a part must know of the decisions; equal for all parts of a table.

    Attributes:
        fingerprint: of the key of the run.
        promises: by column, how many people must bear a released label.
        hashing: by released column, the key under which its values are counted.
    """

    fingerprint: str
    promises: Mapping[str, Promise]
    hashing: Mapping[str, bytes] = field(repr=False)


def part_terms(table: TablePlan, decision: Decision, key: RunKey) -> PartTerms:
    """Return what the recount of a table's parts must know of the decision about it."""
    return PartTerms(
        fingerprint=key.fingerprint,
        promises=decision.promises,
        hashing=exposure_keys(table.table.released, key),
    )


@dataclass(frozen=True, kw_only=True)
class PartRecount:
    """What was counted in written parts; adds up over them.

    Attributes:
        classes: people and records per combination of released quasi-identifier values; None without any.
        combined: the same per tuple of combined values; None where no combination is declared.
        bearers: people by released value, of columns that promise something of them.
        values: people by released value, of columns of histories that nobody declared; for the report alone.
        exposed: people by released value and set of values, whatever was declared; None of no part.
        learned: people by class and value, of columns that classes may give away; for attacks.
    """

    classes: WrittenClasses | None = None
    combined: PeoplePerKey | None = None
    bearers: Bearers = field(default_factory=dict)
    values: ValueCounts = field(default_factory=dict)
    exposed: Exposed | None = None
    learned: Mapping[str, PeoplePerKey] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RecountedPart:
    """One part, recounted.

    Attributes:
        recount: what adds up over parts.
        people: distinct people in it.
        told: of its people, dealt to buckets; nothing where rows are people.
    """

    recount: PartRecount
    people: int
    told: tuple[Told, ...]


def recount_part(
    table: TablePlan, terms: PartTerms, batch: pa.RecordBatch, persons: Persons | None
) -> RecountedPart:
    """Count a part as it is written; nothing that decided about its records is reused.

    Args:
        table: the plan.
        terms: what must be known of the decisions.
        batch: released columns, all rows of the part.
        persons: 128-bit keyed hash of each row's person, shape (n, 2), or with its period (n, 3); None where
            rows are people.
    """
    people, told = batch.num_rows, tuple[Told, ...]()
    if persons is not None:
        people = pl.DataFrame({"a": persons[:, 0], "b": persons[:, 1]}).n_unique()
        told = tuple(_told(table, terms, batch, persons))
    return RecountedPart(
        recount=PartRecount(
            classes=recount(table, batch, persons),
            combined=recount_combined(table, batch, persons),
            bearers=recount_bearers(table, terms.promises, batch, persons),
            values={} if persons is None else count_values(table, batch, persons[:, 0]),
            exposed=count_exposed(
                table,
                terms.hashing,
                batch,
                persons[:, 0] if table.counts_people and persons is not None else None,
            ),
            learned=count_learned(table, batch, persons),
        ),
        people=people,
        told=told,
    )


def _told(table: TablePlan, terms: PartTerms, batch: pa.RecordBatch, persons: Persons) -> Iterator[Told]:
    key = terms.fingerprint
    yield from zip(repeat(Count.PEOPLE), deal_people(table.name, table.numbering, persons, key))
    yield from zip(repeat(Count.FACTS), written_facts(table.histories, table, batch, persons, key))
    if table.together:
        yield from zip(repeat(Count.JOINED), deal_written(table, batch, persons[:, :2], key))


def tell_left(table: TablePlan, left: Persons | None, key: RunKey) -> Iterator[Told]:
    """Tell, of a joined table, the people of a chunk's records that are not released."""
    if left is not None:
        yield from zip(repeat(Count.JOINED), deal_left(table, left, key.fingerprint))


def merge_part_recounts(parts: Sequence[PartRecount]) -> PartRecount:
    """Add up the recounts of any parts, in any order."""
    classes = [p.classes for p in parts if p.classes is not None]
    combined = [p.combined for p in parts if p.combined is not None]
    exposed = [p.exposed for p in parts if p.exposed is not None]
    return PartRecount(
        classes=merge_classes(classes) if classes else None,
        combined=merge_people(combined) if combined else None,
        bearers=merge_bearers([p.bearers for p in parts if p.bearers]),
        values=merge_values([p.values for p in parts]),
        exposed=merge_exposed(exposed) if exposed else None,
        learned=merge_learned([p.learned for p in parts]),
    )
