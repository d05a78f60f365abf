"""The tables of a policy: where the records are, whose they are, and what holds over their columns."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from tokumei.schemas.column import Column
from tokumei.schemas.combinations import Combination, check_combinations
from tokumei.schemas.leaks import leaves_numbers
from tokumei.schemas.perturbations import ShiftDates
from tokumei.schemas.privacy_models import OF_POPULATION
from tokumei.schemas.source import Source
from tokumei.schemas.strict import Strict, Text, broken
from tokumei.schemas.table_columns import refuse_unjoinable, refuse_unrestorable
from tokumei.schemas.totals import Total, check_totals
from tokumei.schemas.treatment_base import Left
from tokumei.schemas.treatments import PseudonymPeriod, within

# Names of the counts beside a table's columns.
_RESERVED = frozenset({"#person", "#records", "#people", "#totals"})


class Population(Strict):
    """The population that a table's people are drawn from: one row a person, the quasi-identifiers alone."""

    source: Source = Field(description="Where its records are.")


class Table(Strict):
    """One table of the file."""

    source: Source = Field(description="Where its records are.")
    population: Population | None = Field(
        default=None, description=f"For {OF_POPULATION}: a file of exactly the quasi-identifiers."
    )
    title: Text | None = Field(default=None, description="Japanese name for register and report.")
    person: Text | None = Field(default=None, description="The column that tells whose record it is.")
    rows_per_person: Literal["one", "several"] = Field(
        description="one is checked; with several, people are counted by keyed hashes."
    )
    person_missing: Literal["drop", "each_alone"] | None = Field(
        default=None,
        description="Records without a person code: left out, or each a person of its own, without pseudonym."
        " Default: the run stops.",
    )
    columns: dict[str, Column] = Field(
        min_length=1, description="Every column of the file, by its name there."
    )
    combinations: tuple[Combination, ...] = Field(default=(), description="Rare combinations to remove.")
    order: Literal["global", "stretch"] | None = Field(
        default=None,
        description="global: rows are dealt over all parts; stretch: a part holds rows that stood together."
        " Default: global where a person may have several rows, or a part could hold fewer than k people.",
    )
    joined: bool = Field(
        default=True,
        description="Whether requirements hold for it together with the other tables of its people's link.",
    )
    because: Text | None = Field(default=None, description="The reason for order: stretch or joined: false.")
    totals: tuple[Total, ...] = Field(default=(), description="Bounds on what a person's lines come to.")

    @model_validator(mode="after")
    def _person_known(self) -> Self:
        if self.person is None and self.rows_per_person == "several":
            raise broken(
                "table.person",
                "several rows a person need the person column, or people cannot be counted",
                "add person: <column>",
                ["rows_per_person"],
            )
        if self.person is None and self.person_missing is not None:
            raise broken(
                "table.person_missing",
                "person_missing is about the person column, and the table has none",
                "remove person_missing, or add person: <column>",
                ["person_missing"],
            )
        self._reasons_given()
        self._codes_compared()
        for name in self.columns:
            if not name.strip() or name in _RESERVED:
                raise broken(
                    "column.name",
                    f"a column cannot have a blank name, nor be called {', '.join(sorted(_RESERVED))}",
                    "rename the column in the file",
                    ["columns", name],
                )
        sources = [self.source] if self.population is None else [self.source, self.population.source]
        refuse_unrestorable(sources, self.columns)
        refuse_unjoinable(self.columns)
        if self.person is not None:
            self._person_works(self.person)
        self._periods_told()
        self._methods_fit_rows()
        self._classes_formed()
        check_combinations(self.combinations, self.columns, compared=self.population is not None)
        check_totals(self.totals, self.columns, self.rows_per_person)
        if not any(c.released for c in self.columns.values()):
            raise broken("table.empty", "no column of this table would be released", "remove the table")
        return self

    def _reasons_given(self) -> None:
        """What weakens a default needs a reason, which stands in the report; nothing else has one here."""
        weaker = ["order: stretch"] if self.order == "stretch" else []
        weaker += [] if self.joined else ["joined: false"]
        if weaker and self.because is None:
            raise broken(
                "table.because",
                f"{' and '.join(weaker)} needs a reason",
                "add because: … to the table, or remove it",
                [weaker[0].partition(":")[0]],
            )
        if self.because is not None and not weaker:
            raise broken(
                "table.because",
                "because is the reason for order: stretch or joined: false, which the table does not say",
                "remove because",
                ["because"],
            )

    def _codes_compared(self) -> None:
        for name, column in self.columns.items():
            if column.codes is not None and name != self.person and column.link is None:
                raise broken(
                    "table.codes",
                    "codes says how people's codes are compared; this is not the person column, and has"
                    " no pseudonyms",
                    "remove codes",
                    ["columns", name, "codes"],
                )

    def _classes_formed(self) -> None:
        for name, column in self.columns.items():
            if column.protect and not self.quasi_identifiers:
                raise broken(
                    "table.protect",
                    "there are no classes to protect: the table has no quasi-identifier",
                    "treat the identifying columns with generalize, or remove protect",
                    ["columns", name, "protect"],
                )
        if self.population is not None and not self.quasi_identifiers:
            raise broken(
                "table.population",
                "a population is compared by quasi-identifiers, and the table has none",
                "remove population",
                ["population"],
            )

    def _person_works(self, person: str) -> None:
        if person not in self.columns:
            raise broken(
                "table.person_column",
                "person names a column that is not declared",
                "declare it under columns",
                ["person"],
            )
        who = self.columns[person]
        if who.type not in {"string", "integer"}:
            raise broken(
                "table.person_type",
                "the person column must be string or integer",
                "correct its type",
                ["columns", person, "type"],
            )
        if who.released and (who.keep or who.treat[-1].text_left() is not Left.NOTHING):
            raise broken(
                "table.person_kept",
                "the person column links records to people and cannot be kept, not even in part (三号)",
                "treat it with pseudonym (last) or delete",
                ["columns", person],
            )

    def _periods_told(self) -> None:
        for name, column in self.columns.items():
            time = None if column.pseudonym is None else column.pseudonym.time
            at = ("columns", name, "treat", len(column.treat) - 1)
            if time is not None:
                self._refuse_time(time, (*at, "time"))
            per, of_person = getattr(column.pseudonym, "per", None), self.person_period
            if column.pseudonym is not None and of_person is not None and not within(per, of_person):
                raise broken(
                    "table.period_joined",
                    f"a code that lasts beyond the person's {of_person} would join what is told apart there",
                    f"add per: {of_person}, which keeps it joinable within; or delete the column",
                    at,
                )

    def _refuse_time(self, name: str, at: tuple[str | int, ...]) -> None:
        """Refuse a name that is not that of a column of dates or times, from which a period can be taken."""
        column = self.columns.get(name)
        if column is None or column.type not in {"date", "month", "datetime"}:
            raise broken(
                "table.time",
                "time names another column of this table, of type date, month or datetime",
                "declare the column under columns, with drop: true if it is not to be released",
                at,
            )

    def _methods_fit_rows(self) -> None:
        for name, column in self.columns.items():
            for i, step in enumerate(column.treat):
                step.refuse_rows(self.rows_per_person, ("columns", name, "treat", i))
                if isinstance(step, ShiftDates) and self.person is None:
                    raise broken(
                        "table.shift_person",
                        "all dates of a person move together, and the table does not say whose a record is",
                        "add person: <column>",
                        ("columns", name, "treat", i),
                    )

    @property
    def person_link(self) -> str | None:
        """The link of the person column's pseudonyms; None where it is deleted, or there is none."""
        return self.columns[self.person].link if self.person else None

    @property
    def person_period(self) -> PseudonymPeriod | None:
        """For how long a person is one unit to whoever has the release: the period of their pseudonyms."""
        return None if self.person is None else getattr(self.columns[self.person].pseudonym, "per", None)

    @property
    def unit_columns(self) -> tuple[str, ...]:
        """The columns that tell whose a record is, and of which period of theirs."""
        if self.person is None:
            return ()
        time = getattr(self.columns[self.person].pseudonym, "time", None)
        return (self.person,) if time is None else (self.person, time)

    @property
    def times(self) -> tuple[str, ...]:
        """The columns from which periods of pseudonyms are taken, in the order of the policy."""
        named = {c.pseudonym.time for c in self.columns.values() if c.pseudonym is not None}
        return tuple(name for name in self.columns if name in named)

    @property
    def quasi_identifiers(self) -> tuple[str, ...]:
        """Names of the quasi-identifier columns, in the order of the policy."""
        return tuple(name for name, c in self.columns.items() if c.quasi_identifier)

    @property
    def released(self) -> tuple[str, ...]:
        """Names of the released columns, in the order of the policy."""
        return tuple(name for name, c in self.columns.items() if c.released)

    @property
    def combined(self) -> tuple[str, ...]:
        """Names of the columns that any combination names, in the order of the policy."""
        named = {name for combination in self.combinations for name in combination.columns}
        return tuple(name for name in self.columns if name in named)

    @property
    def totalled(self) -> tuple[str, ...]:
        """Names of the columns that tell what a person's lines come to, in the order of the policy."""
        if not self.totals:
            return ()
        named = {self.person, *(name for total in self.totals for name in total.columns)}
        return tuple(name for name in self.columns if name in named)

    @property
    def sought(self) -> tuple[str, ...]:
        """Names of the columns whose values the release is searched for; none if no column carries any."""
        if not any(c.carries_values or leaves_numbers(c.type, c.treat) for c in self.columns.values()):
            return ()
        return tuple(name for name, column in self.columns.items() if column.sought)
