"""The recount of a part: everything that is promised of a release, counted again on what was written.

A part is a chunk, where records stay in their stretch, or rows of many chunks that were dealt to it. Either
way it is counted here, after it was put together and as it is written; a new recount is one more line here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from tokumei.transforms.combinations.recount import recount_combined
from tokumei.transforms.counting.headcount import PersonBatch, deal_people
from tokumei.transforms.counting.people import PeoplePerKey, merge_people
from tokumei.transforms.criteria.promise import Promise
from tokumei.transforms.decisions.decision import Decision
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.histories.recount import WrittenFacts, written_facts
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.promises.recount import Bearers, merge_bearers, recount_bearers
from tokumei.transforms.release.recount import WrittenClasses, merge_classes, recount


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What the recount of a part must know of the decisions; small, equal for all parts of a table.

    Attributes:
        fingerprint: of the key of the run.
        promises: by column, how many people must bear a released label.
    """

    fingerprint: str
    promises: Mapping[str, Promise]


def terms_of(decision: Decision, key: RunKey) -> Terms:
    """Return what the recount of a table's parts must know of the decision about it."""
    return Terms(fingerprint=key.fingerprint, promises=decision.promises)


@dataclass(frozen=True, kw_only=True)
class PartRecount:
    """What was counted in written parts; adds up over them.

    Attributes:
        classes: people and records per combination of released quasi-identifier values; None without any.
        combined: the same per tuple of combined values; None where no combination is declared.
        bearers: people by released value, of columns that promise something of them.
    """

    classes: WrittenClasses | None = None
    combined: PeoplePerKey | None = None
    bearers: Bearers = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RecountedPart:
    """One part, recounted.

    Attributes:
        recount: what adds up over parts.
        people: distinct people in it.
        persons: hashes of the people in it, dealt to buckets; none where rows are people.
        facts: what is written of them, of the kinds that may be known, dealt likewise.
    """

    recount: PartRecount
    people: int
    persons: tuple[tuple[int, PersonBatch], ...]
    facts: tuple[tuple[int, WrittenFacts], ...]


def recount_part(
    table: TablePlan, terms: Terms, batch: pa.RecordBatch, persons: npt.NDArray[np.uint64] | None
) -> RecountedPart:
    """Count a part as it is written; nothing that decided about its records is reused.

    Args:
        table: the plan.
        terms: what must be known of the decisions.
        batch: released columns, all rows of the part.
        persons: 128-bit keyed hash of each row's person, shape (n, 2); None where rows are people.
    """
    return RecountedPart(
        recount=PartRecount(
            classes=recount(table, batch, persons),
            combined=recount_combined(table, batch, persons),
            bearers=recount_bearers(table, terms.promises, batch, persons),
        ),
        people=batch.num_rows
        if persons is None
        else pl.DataFrame({"a": persons[:, 0], "b": persons[:, 1]}).n_unique(),
        persons=()
        if persons is None
        else tuple(deal_people(table.name, table.numbering, persons, terms.fingerprint)),
        facts=()
        if persons is None
        else tuple(written_facts(table.histories, table, batch, persons[:, 0], terms.fingerprint)),
    )


def merge_part_recounts(parts: Sequence[PartRecount]) -> PartRecount:
    """Add up the recounts of any parts, in any order."""
    classes = [p.classes for p in parts if p.classes is not None]
    combined = [p.combined for p in parts if p.combined is not None]
    return PartRecount(
        classes=merge_classes(classes) if classes else None,
        combined=merge_people(combined) if combined else None,
        bearers=merge_bearers([p.bearers for p in parts if p.bearers]),
    )
