"""Pass 1: one small profile of the whole file, from which criteria 1 to 4 are fitted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.schemas.policy import MAX_REJECTS
from tokumei.schemas.splits import RecordPlace, Split
from tokumei.transforms.counting.codes import Spellings, merge_spellings, spellings_of
from tokumei.transforms.counting.person_values import PeopleValues
from tokumei.transforms.criteria.chain import Measured
from tokumei.transforms.criteria.treated import Treated
from tokumei.transforms.detect.name_set import NameSet
from tokumei.transforms.engine.chunks import Chunk, LeftOut
from tokumei.transforms.formats.found_at import MAX_PLACES
from tokumei.transforms.planning.kept_chunks import keep_treated
from tokumei.transforms.planning.persons import person_codes, persons_of
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.profile.decoding import Decoding, decoding_of, merge_decoding
from tokumei.transforms.profile.names import gather_names, gather_values
from tokumei.transforms.profile.tuples import Tuples, find_tuples, merge_tuples
from tokumei.transforms.values.cells import without_dictionary


@dataclass(frozen=True)
class PersonRange:
    """The person codes of one chunk: a proof, in two values, that no person stands twice in it.

    ``ascending`` is strict. Ranges hold source values and therefore stay in engine memory; they are
    dropped as soon as the profile is fitted.
    """

    first: Any
    last: Any
    ascending: bool


@dataclass(frozen=True, kw_only=True)
class TableProfile:
    """What pass 1 knows of a table.

    Attributes:
        records: readable records.
        rejects: unreadable records by (column, reason).
        rejected: their record numbers by split id; none once there are more than any policy allows.
        places: where the first of them stand; at most `MAX_PLACES`.
        missing_person: records that do not say whose they are.
        missing_places: where the first of them stand; at most `MAX_PLACES`.
        missing_times: by column, records without the time from which a pseudonym's period is taken.
        spellings: how person codes are written, where the policy does not say how they are compared.
        persons: one range a chunk, for tables declared to have one row a person.
        columns: measurements by column.
        tuples: where classes may be counted early, and are few, their records.
        keys: fingerprints of the keys under which its people were hashed.
        seen: by split id, what was read of it.
        once: the splits, for tables declared to have one row a person.
        decoding: how many records of each file are not of the declared encoding.
        notes: what is no fault but to be told: number of cells by (column, note).
        blank: records without any value, which are nobody's.
        least: readable records of the smallest chunk, of those that have any.
        names: of people, to be looked for in what is released; None where none are gathered.
        theirs: values of people that no other table of the same people may hold; None where there is none.
    """

    records: int
    rejects: Mapping[tuple[str, str], int]
    rejected: Mapping[str, tuple[int, ...]]
    places: tuple[RecordPlace, ...]
    missing_person: int
    missing_places: tuple[RecordPlace, ...]
    missing_times: Mapping[str, int]
    spellings: Spellings
    persons: tuple[PersonRange, ...]
    columns: Mapping[str, Measured]
    tuples: Tuples | None
    keys: frozenset[str]
    seen: Mapping[str, bytes] = field(default_factory=dict)
    once: tuple[Split, ...] = ()
    decoding: Decoding = field(default_factory=dict)
    notes: Mapping[tuple[str, str], int] = field(default_factory=dict)
    blank: int = 0
    least: int = 0
    names: NameSet | None = None
    theirs: PeopleValues | None = None

    def one_row_a_person(self) -> bool:
        """Whether ascending, non-overlapping ranges prove it."""
        if not all(r.ascending for r in self.persons):
            return False
        ranges = sorted(self.persons, key=lambda r: r.first)
        return all(a.last < b.first for a, b in pairwise(ranges))


class Profile(dict[str, TableProfile]):
    """What pass 1 knows, by table."""


@dataclass
class _Tally:
    rejects: dict[tuple[str, str], int] = field(default_factory=dict)
    rejected: dict[str, tuple[int, ...]] = field(default_factory=dict)


def profile_chunk(plan: TablePlan, chunk: Chunk[LeftOut]) -> Profile:
    """Measure one chunk."""
    batch, key = chunk.batch, chunk.work.key
    stops = len(chunk.unattributed) > 0 and plan.table.person_missing is None
    spellings = Spellings()
    ranges: tuple[PersonRange, ...] = ()
    persons: npt.NDArray[np.uint64] | None = None
    if plan.table.person is not None:
        known = person_codes(plan, batch).drop_null()
        if plan.codes is None:
            spellings = spellings_of(known)
        if plan.counts_people:
            persons = persons_of(plan, chunk)[:, 0]
        elif len(known):
            ranges = (_range(known),)
    columns: dict[str, Measured] = {}
    classed: dict[str, Treated] = {}
    for name in () if stops else plan.profiled:
        reached = plan.chains[name].reach(plan.values_of(name, batch), key)
        columns[name] = plan.chains[name].profile(reached, persons)
        keep_treated(plan, name, chunk, reached)
        if name in plan.tupled:
            classed[name] = reached
    early = plan.counted_early and not stops
    rejected = {chunk.work.split.split_id: chunk.rejected} if chunk.rejected else {}
    measured = TableProfile(
        records=batch.num_rows,
        rejects=chunk.rejects,
        rejected=rejected,
        places=tuple(chunk.place(number) for number in chunk.rejected[:MAX_PLACES]),
        missing_person=len(chunk.unattributed),
        missing_places=tuple(chunk.place(int(n)) for n in chunk.unattributed[:MAX_PLACES]),
        missing_times={n: null for n in plan.table.times if (null := batch.column(n).null_count)},
        spellings=spellings,
        persons=ranges,
        columns=columns,
        tuples=find_tuples(classed, batch.num_rows) if early else None,
        keys=frozenset({key.fingerprint}),
        seen={chunk.work.split.split_id: chunk.seen} if chunk.last else {},
        once=(chunk.work.split,) if chunk.last and plan.table.person and not plan.counts_people else (),
        decoding=decoding_of(chunk) if plan.table.source.facts.text else {},
        notes=chunk.notes,
        blank=chunk.blank,
        least=batch.num_rows,
        names=gather_names(plan, batch, key),
        theirs=gather_values(plan, chunk),
    )
    return Profile({plan.name: measured})


def merge_profiles(tables: Mapping[str, TablePlan], parts: Sequence[Profile]) -> Profile:
    """Merge profiles of any chunks, in any order."""
    merged = Profile()
    for name, plan in tables.items():
        of_table = [p[name] for p in parts if name in p]
        if of_table:
            merged[name] = _merge_table(plan, of_table)
    return merged


def _merge_table(plan: TablePlan, parts: Sequence[TableProfile]) -> TableProfile:
    tally = _Tally()
    for part in parts:
        for place, n in part.rejects.items():
            tally.rejects[place] = tally.rejects.get(place, 0) + n
        for split, numbers in part.rejected.items():
            tally.rejected[split] = tally.rejected.get(split, ()) + numbers
    if sum(tally.rejects.values()) > MAX_REJECTS:
        tally.rejected.clear()  # no policy allows so many: the run ends with their counts
    measured = {
        name: plan.chains[name].merge([p.columns[name] for p in parts if name in p.columns])
        for name in plan.profiled
        if any(name in p.columns for p in parts)
    }
    return TableProfile(
        records=sum(p.records for p in parts),
        rejects=tally.rejects,
        rejected=tally.rejected,
        places=_first(p.places for p in parts),
        missing_person=sum(p.missing_person for p in parts),
        missing_places=_first(p.missing_places for p in parts),
        missing_times=sum((Counter(p.missing_times) for p in parts), Counter()),
        spellings=merge_spellings([p.spellings for p in parts]),
        persons=tuple(r for p in parts for r in p.persons),
        columns=measured,
        tuples=merge_tuples([p.tuples for p in parts]),
        keys=frozenset().union(*(p.keys for p in parts)),
        seen={split: seen for p in parts for split, seen in p.seen.items()},
        once=tuple(split for p in parts for split in p.once),
        decoding=merge_decoding(p.decoding for p in parts),
        notes=sum((Counter(p.notes) for p in parts), Counter()),
        blank=sum(p.blank for p in parts),
        least=min((p.least for p in parts if p.least), default=0),
        names=NameSet.merged([p.names for p in parts if p.names is not None]),
        theirs=PeopleValues.merged([p.theirs for p in parts if p.theirs is not None]),
    )


def _first(places: Iterable[tuple[RecordPlace, ...]]) -> tuple[RecordPlace, ...]:
    return tuple(sorted(place for found in places for place in found))[:MAX_PLACES]


def _range(codes: pa.Array) -> PersonRange:
    codes = without_dictionary(codes)
    rising = pc.all(pc.less(codes.slice(0, len(codes) - 1), codes.slice(1)), min_count=0).as_py()
    return PersonRange(codes[0].as_py(), codes[-1].as_py(), bool(rising))
