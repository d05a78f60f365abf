"""The policy: what a file is, how each of its columns is treated, and what the release must satisfy.

A policy is a YAML file read by `policy_file.read_policy_file`. Whatever it does not speak of is refused.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from tokumei.schemas.attack_rules import check_attacks
from tokumei.schemas.column import Column
from tokumei.schemas.earlier_rules import check_earlier
from tokumei.schemas.exposure_rules import check_exposure
from tokumei.schemas.file_items import FileItems
from tokumei.schemas.histories import History
from tokumei.schemas.history_rules import check_histories
from tokumei.schemas.joined import check_joined
from tokumei.schemas.named_columns import refuse_few, refuse_named
from tokumei.schemas.output import Output
from tokumei.schemas.parameters import Parameter, ParameterName
from tokumei.schemas.partitioning import check_partitions
from tokumei.schemas.people import Numbering, link_codes, people_counted, refuse_mixed_shifts
from tokumei.schemas.privacy_models import OF_POPULATION, Requirements
from tokumei.schemas.pseudonym_periods import refuse_mixed_periods
from tokumei.schemas.public_bodies import names_public_body
from tokumei.schemas.query_rules import check_queries
from tokumei.schemas.statements import refuse_unstated, refuse_untrue
from tokumei.schemas.strict import Day, Matching, Strict, broken
from tokumei.schemas.table import Table
from tokumei.schemas.treatments import Pseudonym

Name = Annotated[
    str,
    Matching(
        r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}",
        "table.name",
        "a table name has 1 to 64 ASCII letters, digits, _ . and -, and begins with a letter, digit or _",
        "rename the table; a Japanese name can stand in its title",
    ),
]


# Their numbers are kept from pass to pass, on every worker.
MAX_REJECTS = 1_000_000


class Rejects(Strict):
    """How many unreadable records a run may leave out before it stops (default none)."""

    limit: int = Field(default=0, ge=0, le=MAX_REJECTS, description="Records over all tables.")


class NotUnderstood(Strict):
    """How many values a method that reads texts or ages may leave blank because it does not understand them.

    By default a column stops the run that turns blank as a whole, if it has five values or more.
    """

    limit: float | None = Field(
        default=None, ge=0, le=1, description="Largest share of a column's values; 1 never stops."
    )
    least: ClassVar[int] = 5

    def stops(self, blank: int, values: int) -> bool:
        """Return whether so many values that were not understood are too many."""
        if self.limit is None:
            return blank == values >= self.least
        return blank > self.limit * values


class Reporting(Strict):
    """What is worked out for the report alone."""

    compare: bool = Field(
        default=False,
        description="Also what every other way of [recoding](#recoding) would lose, which takes time.",
    )


class Policy(Strict):
    """A whole policy. See schemas/README.md for an example of every part."""

    version: Literal[1] = Field(description="Version of the policy language.")
    regime: Literal["private", "public", "public_2022", "public_2017"] = Field(
        description="private 規則34条; public 規則62条 (today, 2022, or 2017 numbering)"
    )
    file: FileItems = Field(description="The file, as the register names it.")
    parameters: dict[ParameterName, Parameter] = Field(
        default={}, description="What may differ from run to run, by name; `${name}` is the value."
    )
    reference_date: Day | None = Field(default=None, description="The day on which ages are counted.")
    tables: dict[Name, Table] = Field(
        min_length=1, description="The tables, by names of your choice: their folders in the release."
    )
    requirements: Requirements = Field(description="What every table of the release must satisfy.")
    histories: tuple[History, ...] = Field(
        default=(), description="Facts about a person that may be known, over all lines and tables."
    )
    rejects: Rejects = Field(default=Rejects(), description="How many records may be unreadable.")
    not_understood: NotUnderstood = Field(
        default=NotUnderstood(), description="How many values may be blank because no method understood them."
    )
    report: Reporting = Field(default=Reporting(), description="What the report tells besides what was done.")
    output: Output = Field(default=Output(), description="Where the release is written, and in which format.")

    def written_name(self, table: str, column: str) -> str:
        """Return what a released column is called in the files of the release."""
        told = self.tables[table].columns[column].released_as
        return told if self.output.rename and told is not None else column

    @model_validator(mode="after")
    def _whole(self) -> Self:
        links: dict[str, str] = {}
        for table_name, table in self.tables.items():
            refuse_untrue(table.columns, ("tables", table_name))
            refuse_named(table.columns, self.requirements.k, ("tables", table_name))
            refuse_few(table.columns, self.requirements.k, ("tables", table_name))
            refuse_unstated(self.regime, self.file, table.columns, f"tables.{table_name}.columns")
            for name, column in table.columns.items():
                at = ("tables", table_name, "columns", name)
                self._ages_countable(column, at)
                self._links_agree(column, links, at)
        self._names_of_files_work()
        check_partitions(self.output, self.tables)
        self._replaces_by_whole()
        self._populations_known()
        self._wildcards_work()
        check_histories(self.histories, self.tables, self.people, self.requirements.k)
        link_codes(self.tables)
        told = {fact.table for history in self.histories for fact in history.facts}
        check_joined(self.tables, self.requirements, told)
        check_queries(self.requirements.queries, self.tables)
        check_earlier(self.requirements, self.tables)
        check_exposure(self.requirements.exposure, self.tables)
        check_attacks(self.requirements.attacks, self.tables, self.histories)
        refuse_mixed_periods(self.tables)
        refuse_mixed_shifts(self.tables)
        self._body_under_its_law()
        self._items_of_the_time()
        if self.regime != "private":
            self._register_complete()
        return self

    @property
    def people(self) -> Numbering:
        """Whose people are those of the release."""
        return people_counted(self.tables, self.file.people)

    def _names_of_files_work(self) -> None:
        names = self.output.facts.column_names
        for name, table in self.tables.items():
            written = {column: self.written_name(name, column) for column in table.released}
            for column, called in written.items():
                if names and not names.pattern.fullmatch(called):
                    raise broken(names.code, names.rule, names.fix, ("tables", name, "columns", column))
            if len(set(written.values())) < len(written):
                raise broken(
                    "output.rename",
                    "two columns would have the same name in the files",
                    "give each another released_as",
                    ("tables", name),
                )

    def _replaces_by_whole(self) -> None:
        for name, table in self.tables.items():
            if self.output.replaces is not None and table.source.expect is None:
                raise broken(
                    "output.replaces",
                    "half a delivery would replace a whole one: this table does not say what a whole one is",
                    "add expect: what a whole delivery is, under source; or remove output.replaces",
                    ("tables", name, "source"),
                )

    def _populations_known(self) -> None:
        needed = any(model.needs_population for model in self.requirements.models)
        for name, table in self.tables.items():
            if not table.quasi_identifiers:
                continue
            if needed != (table.population is not None):
                raise broken(
                    "policy.population",
                    f"{OF_POPULATION} compare with a population"
                    if needed
                    else f"population is used by {OF_POPULATION} alone",
                    "add population: {source: …}" if needed else "remove population, or add such a model",
                    ("tables", name, "population"),
                )
            if needed and table.rows_per_person == "several":
                raise broken(
                    "policy.population_rows",
                    f"{OF_POPULATION} need one row a person",
                    "declare rows_per_person: one for a table of people, or remove the model",
                    ("tables", name, "rows_per_person"),
                )

    def _wildcards_work(self) -> None:
        needed = self.requirements
        if needed.nulls != "wildcard":
            return
        found = ["requirements.models"] if needed.models else []
        if needed.way != "full_domain":
            found.append(f"recoding: {needed.way}")
        for name, table in self.tables.items():
            if table.quasi_identifiers and table.rows_per_person == "several":
                found.append(f"rows_per_person: several of tables.{name}")
            found += [
                f"tables.{name}.columns.{c}.protect" for c, column in table.columns.items() if column.protect
            ]
        if found:
            raise broken(
                "policy.wildcard",
                "nulls: wildcard works with k alone, recoding: full_domain and one row a person;"
                f" this policy also has {', '.join(found)}",
                f"use nulls: value, or do without {'it' if len(found) == 1 else 'them'}",
                ("requirements", "nulls"),
            )

    def _body_under_its_law(self) -> None:
        if self.file.body_is_company and self.regime != "private":
            raise broken(
                "policy.body_is_company",
                f"regime {self.regime} is that of public bodies",
                "remove file.body_is_company, or correct the regime",
                ("file", "body_is_company"),
            )

    @property
    def doubtful_regime(self) -> bool:
        """Whether by its name the body is a public one, to which the rules of companies do not apply.

        Its releases need a register entry and 1,000 people (法107条～118条). A name proves nothing, so it is
        asked about, by a warning and in the report, until ``file.body_is_company`` answers.
        """
        return (
            self.regime == "private" and not self.file.body_is_company and names_public_body(self.file.body)
        )

    def _items_of_the_time(self) -> None:
        """Refuse an item that the law of the regime does not know: its register would not show it."""
        for item, regime, law in (
            ("ordinance_sensitive", "public", "法75条4項"),
            ("small_file_ordinance", "public", "法75条5項"),
            ("third_party_opinion", "public_2017", "行個法44条の3第3号"),
        ):
            if getattr(self.file, item) and self.regime != regime:
                raise broken(
                    "policy.regime_item",
                    f"{item} is known to regime {regime} alone ({law})",
                    f"remove file.{item}, or correct the regime",
                    ("file", item),
                )

    def _ages_countable(self, column: Column, at: tuple[str, ...]) -> None:
        for i, step in enumerate(column.treat):
            if step.counts_age(column.type) and self.reference_date is None:
                raise broken(
                    "policy.reference_date",
                    f"{step.method} counts an age but there is no reference_date",
                    "add reference_date: YYYY-MM-DD at the top of the policy",
                    (*at, "treat", i),
                )

    def _links_agree(self, column: Column, links: dict[str, str], at: tuple[str, ...]) -> None:
        for i, step in enumerate(column.treat):
            if isinstance(step, Pseudonym) and links.setdefault(step.link, column.type) != column.type:
                raise broken(
                    "policy.link_type",
                    "this link stands on columns of another type, so its pseudonyms could not be joined",
                    "give all columns of one link the same type",
                    (*at, "treat", i, "link"),
                )

    def _register_complete(self) -> None:
        needed = ["scope", "collection", "request_office"]
        if self.file.call_for_proposals:
            needed.append("proposal_office")
        needed += ["product_office", "product_period"]
        missing = [item for item in needed if getattr(self.file, item) is None]
        if missing:
            raise broken(
                "policy.register_items",
                f"regime {self.regime}: the register entry needs file.{', file.'.join(missing)}",
                "add them (法74条1項・75条1項・110条・117条), or use regime: private for a company's file",
                ["file"],
            )
