"""What a run will do to each table, worked out once on the launcher and shipped to the workers.

A plan holds the policy and its criteria objects: no record, no key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from tokumei.schemas.date_formats import USUAL, DateReading
from tokumei.schemas.histories import History
from tokumei.schemas.kept_releases import KeptReleases
from tokumei.schemas.measures import measured_columns
from tokumei.schemas.people import Numbering, PersonCodes, numbering_of, tables_by_numbering
from tokumei.schemas.policy import Policy
from tokumei.schemas.privacy_models import Requirements
from tokumei.schemas.table import Table
from tokumei.schemas.treatment_base import ColumnType
from tokumei.transforms.criteria.base import ByRecord
from tokumei.transforms.criteria.chain import Chain
from tokumei.transforms.engine.packed import PackedOnce
from tokumei.transforms.formats.convert import ARROW_TYPES
from tokumei.transforms.planning.compared import compared_columns
from tokumei.transforms.planning.delivered import DeliveryPlan
from tokumei.transforms.planning.histories import HistoryPlan, plan_histories, plan_windows
from tokumei.transforms.planning.name_columns import NameColumns

EVERYBODY = 1 << 62
POPULATION = "#population"  # no table of a policy can be called so


@dataclass(frozen=True, kw_only=True)
class TablePlan(PackedOnce):
    """One table: its declaration, and a chain of criteria for every column.

    Attributes:
        unsearched: columns that the search leaves out, since in some file they have a type that is no text.
        together: the tables that it is joined with by its people, itself among them; none if it is not.
    """

    name: str
    table: Table
    chains: Mapping[str, Chain]
    requirements: Requirements
    unsearched: tuple[str, ...] = ()
    together: tuple[str, ...] = ()
    codes: PersonCodes | None = None  # how its people's codes are compared, where the policy says so
    histories: tuple[History, ...] = ()  # the facts that may be known, of all tables
    named: tuple[NameColumns, ...] = ()  # columns of people's names
    coded: tuple[str, ...] = ()  # and of their codes
    told: tuple[str, ...] = ()  # and of their addresses and birth dates
    frozen: Mapping[str, int] = field(default_factory=dict)  # levels of an earlier release, applied once more
    naming: tuple[str, ...] = ()  # columns whose values name the folders of the parts
    held_against: tuple[str, ...] = ()  # those whose values no table of the same people may hold

    @property
    def k(self) -> int:
        """Smallest number of people in a class."""
        return self.requirements.k

    @property
    def columns(self) -> tuple[str, ...]:
        """All declared columns, in the order of the policy."""
        return tuple(self.table.columns)

    @cached_property
    def quasi_identifiers(self) -> tuple[str, ...]:
        """Columns over which classes are formed."""
        return self.table.quasi_identifiers

    @property
    def numbering(self) -> Numbering:
        """The numbering of its people, which tables of one link share."""
        return numbering_of(self.name, self.table)

    @property
    def counts_people(self) -> bool:
        """Whether a person may have several records, so that rows are not people."""
        return self.table.rows_per_person == "several"

    @cached_property
    def protected(self) -> tuple[str, ...]:
        """Sensitive columns whose values a model watches inside the classes."""
        return tuple(name for name, column in self.table.columns.items() if column.protect)

    @cached_property
    def people_cap(self) -> int:
        """How many people of a class must be told apart: k, or everybody where more than k is asked."""
        needed, apart = self.requirements, (self.dropping, self.combined, self.table.totals)
        more = any((self.protected, needed.models, needed.earlier_releases, *apart))
        return EVERYBODY if more else self.k

    @cached_property
    def combined(self) -> tuple[str, ...]:
        """Columns whose combinations are searched for rare ones, in the order of the policy."""
        return self.table.combined

    @property
    def known_facts(self) -> bool:
        """Whether facts that may be known stand in this table, or a value that they may give away."""
        watched = {history.at_most.table for history in self.histories if history.at_most}
        return self.name in watched.union(fact.table for h in self.histories for fact in h.facts)

    @cached_property
    def window(self) -> tuple[str, str] | None:
        """The time column and the window of the measures that may be known of this table; None without."""
        measured = (f for h in self.histories for f in h.facts if f.table == self.name and f.measure)
        return next(((f.time or "", f.per or "") for f in measured), None)

    @cached_property
    def measured(self) -> tuple[str, ...]:
        """Columns that these measures are made of, in the order of the policy."""
        measured = measured_columns([f for h in self.histories for f in h.facts], self.name)
        return tuple(name for name in self.columns if name in measured)

    @cached_property
    def known(self) -> tuple[str, ...]:
        """Columns that facts about people are told by, but for quasi-identifiers."""
        return tuple(name for name, chain in self.chains.items() if chain.known)

    @cached_property
    def sought(self) -> tuple[str, ...]:
        """Columns whose source values the release is searched for; none if no released column carries any."""
        return tuple(name for name in self.table.sought if name not in self.unsearched)

    @cached_property
    def judged(self) -> tuple[str, ...]:
        """Columns whose source is judged: codes must not be released by any method."""
        return tuple(name for name, column in self.table.columns.items() if column.may_be_codes)

    @cached_property
    def compared(self) -> tuple[str, ...]:
        """Columns whose source values are held against what is released, each once."""
        return compared_columns(self.table, self.k, self.sought, self.judged)

    @cached_property
    def dropping(self) -> tuple[str, ...]:
        """Columns whose treatment can drop records."""
        return tuple(name for name, chain in self.chains.items() if chain.can_drop)

    @cached_property
    def promised(self) -> tuple[str, ...]:
        """Released columns whose methods promise how many people bear a label."""
        return tuple(name for name, chain in self.chains.items() if chain.shared)

    @cached_property
    def areas(self) -> tuple[str, ...]:
        """Released columns of areas that nothing is promised about; those of classes hold k people anyway."""
        return tuple(n for n, chain in self.chains.items() if chain.area and n not in self.quasi_identifiers)

    @cached_property
    def tupled(self) -> tuple[str, ...]:
        """Columns whose values say what a record counts for: quasi-identifiers and protected ones."""
        return tuple(dict.fromkeys((*self.quasi_identifiers, *self.protected)))

    @property
    def by_person(self) -> bool:
        """Whether somebody may be left out of classes for who they are, or rows are not people."""
        return self.counts_people or bool(self.together) or self.requirements.hold_back

    @cached_property
    def counted_early(self) -> bool:
        """Whether pass 1 may count the classes: rows are people, and nothing else has a say in them."""
        others = {*self.dropping} - {*self.tupled}
        return bool(self.quasi_identifiers) and not (self.by_person or self.combined or others)

    @cached_property
    def by_record(self) -> dict[str, ByRecord]:
        """The methods that treat records, not values, by column."""
        return {name: chain.by_record for name, chain in self.chains.items() if chain.by_record}

    @cached_property
    def profiled(self) -> tuple[str, ...]:
        """Columns that pass 1 measures."""
        return tuple(name for name, chain in self.chains.items() if chain.needs_profile)

    def types(self, *names: str | None) -> dict[str, ColumnType]:
        """Return name → type to read of columns and those they are joined with, in the order of the policy.

        A column that is deleted is only searched for: it is read as ``text``, which every value fits.
        """
        wanted = {*names, *(other for name in names if name for other in self.table.columns[name].joined)}
        return {
            name: ("string" if c.type == "text" else c.type) if name in self.needed else "text"
            for name, c in self.table.columns.items()
            if name in wanted
        }

    @cached_property
    def needed(self) -> frozenset[str]:
        """Columns that must be read as they are declared: all others are dropped or deleted."""
        person = () if self.table.person is None else (self.table.person,)
        released = {*self.table.released, *self.dropping, *person, *self.table.times, *self.table.totalled}
        joined = {other for name in released for other in self.table.columns[name].joined}
        return frozenset(released | joined)

    @cached_property
    def dates(self) -> dict[str, DateReading]:
        """What columns declare of their dates, where they do."""
        return {name: c.dates for name, c in self.table.columns.items() if c.dates != USUAL}

    def values_of(self, name: str, batch: pa.RecordBatch) -> pa.Array:
        """Return the values of a column as its chain takes them: behind those that it is joined with."""
        values = batch.column(name)
        names = self.table.columns[name].joined
        if not names:
            return values
        parts = [pc.fill_null(batch.column(other).cast(pa.string()), "") for other in names]
        return pc.binary_join_element_wise(*parts, values.cast(pa.string()), "")

    def profile_types(self) -> dict[str, ColumnType]:
        """Columns read in pass 1: those measured, and where values are parsed, all that will be used."""
        used, apart = self.output_types(), (*self.held_against, *sum(self.named, ()), *self.coded, *self.told)
        if self.table.source.facts.parsed:
            return used | self.types(*apart)
        typed = (name for name, kind in used.items() if kind not in {"string", "text"})
        names = (self.table.person, *self.profiled, *typed, *self.table.times, *apart)
        return self.types(*names) or self.types(self.table.released[0])  # by one, records are counted

    def combination_types(self) -> dict[str, ColumnType]:
        """Columns read to count combinations."""
        names = (*self.combined, *self.dropping, *self.table.totalled)
        return self.types(*names, self.table.person if self.counts_people else None)

    def total_types(self) -> dict[str, ColumnType]:
        """Columns read to measure what people's lines come to."""
        return self.types(*self.dropping, *self.table.totalled)

    def count_types(self) -> dict[str, ColumnType]:
        """Columns read in pass 2, and to join tables: who is left out of one is known by their person."""
        names = (*self.quasi_identifiers, *self.protected, *self.combined, *self.dropping)
        return self.types(*names, *self.table.totalled, self.table.person if self.by_person else None)

    def fact_types(self) -> dict[str, ColumnType]:
        """Columns read to tell the facts about people."""
        names = (*self.quasi_identifiers, *self.known, *self.measured, *self.combined, *self.dropping)
        return self.types(*names, *self.table.totalled, *self.table.unit_columns)

    def output_types(self) -> dict[str, ColumnType]:
        """Columns read in pass 3: those released, sought or able to drop records; person and times."""
        names = (*self.table.released, *self.compared, *self.dropping, *self.table.times)
        return self.types(*names, *self.table.totalled, self.table.person)

    def output_schema(self) -> pa.Schema:
        """Arrow schema of the released table; it depends on the policy alone, never on the data."""
        kinds = ((n, self.table.columns[n].released_type) for n in self.table.released)
        return pa.schema([(n, pa.string() if kind == "month" else ARROW_TYPES[kind]) for n, kind in kinds])


@dataclass(frozen=True, kw_only=True)
class Plan(DeliveryPlan):
    """The whole run: policy, one plan a table, and where the release goes.

    Attributes:
        policy: as read.
        tables: by name, in the order of the policy.
        populations: by table, the plan of reading its population; such tables are counted, never released.
        output, release_id: directory or URI of the output, and name of the release in it.
        work: fingerprint of policy, hierarchies and inputs; equal work gives an equal release.
        attempt: random name of this run; the files it writes carry it, so that they can be told apart.
        tuples_a_worker, shards: above how many distinct tuples a histogram is cut, and into how many parts.
        rehearsal, sample: whether only a report is written, into ``output``; of one stretch in so many.
    """

    policy: Policy
    tables: Mapping[str, TablePlan]
    populations: Mapping[str, TablePlan]
    output: str
    release_id: str
    work: str
    attempt: str
    tuples_a_worker: int = 20_000_000
    shards: int = 64
    rehearsal: bool = False
    sample: int | None = None
    earlier: KeptReleases = field(default_factory=KeptReleases)  # without people
    published: str = ""  # the output that earlier releases are in

    @cached_property
    def sources(self) -> dict[str, TablePlan]:
        """Everything that is read: the tables, and their populations under names of their own."""
        return {**self.tables, **{p.name: p for p in self.populations.values()}}

    @cached_property
    def owners(self) -> dict[str, str]:
        """Of everything that is read, the table that it is read for."""
        return {name: name for name in self.tables} | {p.name: name for name, p in self.populations.items()}

    @cached_property
    def histories(self) -> tuple[HistoryPlan, ...]:
        """The facts about people that may be known."""
        return plan_histories(self.policy)

    @cached_property
    def windows(self) -> tuple[HistoryPlan, ...]:
        """Of the facts about people, what leaving out lines can mend: measures, and classes beside them."""
        return plan_windows(self.policy)

    @cached_property
    def people_tables(self) -> tuple[str, ...]:
        """The tables whose people are those of the release."""
        return tables_by_numbering(self.policy.tables)[self.policy.people]

    @cached_property
    def told_apart(self) -> frozenset[str]:
        """Tables of whose records pass 3 must know the person: `headcount`, and those that facts look at."""
        return self.headcount.union(*(history.read for history in self.histories))

    @cached_property
    def headcount(self) -> frozenset[str]:
        """Tables whose released people must be counted one by one: joined, or of the release's numbering."""
        # Others have one row a person, as pass 1 has shown: their rows are people.
        shared = self.people_tables if len(self.people_tables) > 1 else ()
        return frozenset(shared).union(t.name for t in self.tables.values() if t.counts_people or t.together)
