"""The tables of a policy: where the records are, and the fate of every column."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from tokumei.schemas.column_names import names_code, names_free_text, names_person
from tokumei.schemas.combinations import Combination, check_combinations
from tokumei.schemas.leaks import Allowed, carries_numbers, carries_values
from tokumei.schemas.perturbations import Noise, RankSwap
from tokumei.schemas.privacy_models import AnyProtection
from tokumei.schemas.source import Source
from tokumei.schemas.strict import Strict, Text, broken
from tokumei.schemas.treatment_base import ColumnType
from tokumei.schemas.treatments import (
    AnyTreatment,
    Delete,
    Generalize,
    Pseudonym,
    RareCategories,
    RareValues,
    Recode,
    Replace,
)

_RESERVED = frozenset({"#person", "#records", "#people"})  # names of the counts beside a table's columns


class Column(Strict):
    """One column: dropped, kept with a reason, or treated by a chain of methods.

    A column of type ``text`` without treatments is deleted under criterion 1.
    """

    type: ColumnType = "string"
    title: Text | None = Field(
        default=None, description="Japanese item name (記録項目) for register and report."
    )
    released_as: Text | None = Field(
        default=None,
        description="What is left of the item after processing (生年月日 → 年代), for the notice.",
    )
    sensitive: bool = Field(
        default=False, description="Sensitive attribute; 要配慮個人情報 where the law says so."
    )
    protect: tuple[AnyProtection, ...] = Field(
        default=(), description="Privacy models of a sensitive column, over the classes of the table."
    )
    drop: bool = Field(default=False, description="Not needed by the recipient: delete, with a reason.")
    keep: bool = Field(default=False, description="No criterion applies: keep as it is, with a reason.")
    because: Text | None = Field(default=None, description="The reason for drop or keep.")
    treat: tuple[AnyTreatment, ...] = Field(default=(), description="Methods, applied in this order.")
    codes_allowed: Allowed | None = Field(
        default=None, description="Its numbers pass as identification codes or cards, and are none."
    )
    source_values_allowed: Allowed | None = Field(
        default=None, description="It holds values of identifying columns, and that is harmless."
    )

    @model_validator(mode="after")
    def _one_fate(self) -> Self:
        fates = [self.drop, self.keep, bool(self.treat)]
        if sum(fates) > 1:
            raise broken(
                "column.fate", "drop, keep and treat exclude one another", "leave exactly one of them"
            )
        if sum(fates) == 0 and self.type != "text":
            raise broken(
                "column.undecided",
                "every column needs a decision; nothing is passed through silently",
                "add treat: […], or drop: true with because: …, or keep: true with because: …",
            )
        if (self.drop or self.keep) and not self.because:
            raise broken("column.because", "drop and keep need a reason", "add because: …")
        if self.keep and self.type == "text":
            raise broken(
                "column.text_kept",
                "free text may name people and cannot be kept",
                "remove keep: text is deleted",
                ["keep"],
            )
        return self

    @model_validator(mode="after")
    def _searched(self) -> Self:
        for key, searched in (
            ("codes_allowed", carries_numbers(self)),
            ("source_values_allowed", carries_values(self)),
        ):
            if getattr(self, key) is not None and not searched:
                raise broken(
                    "column.allowed",
                    f"{key} has no effect here: nothing of the source's text is left to be searched",
                    f"remove {key}",
                    [key],
                )
        return self

    @model_validator(mode="after")
    def _protected(self) -> Self:
        if self.protect and (not self.sensitive or not self.released or self.quasi_identifier):
            raise broken(
                "column.protect",
                "protect is for a released, sensitive column that is no quasi-identifier",
                "add sensitive: true, or remove protect",
                ["protect"],
            )
        if self.protect and self.treat and isinstance(self.treat[-1], Noise | RankSwap):
            raise broken(
                "column.protect_perturbed",
                "the models look at the values as they are released; noise and rank_swap move them at random",
                "remove protect, or the method",
                ["protect"],
            )
        return self

    @model_validator(mode="after")
    def _chain_works(self) -> Self:
        kind: str = self.type
        content: str = self.type
        decided_by_data = False
        for i, step in enumerate(self.treat):
            at = ("treat", i)
            if isinstance(step, Delete) and len(self.treat) > 1:
                raise broken("treat.delete_alone", "delete must stand alone", "remove the other methods", at)
            if kind not in step.accepts:
                raise broken(
                    "treat.type",
                    f"{step.method} works on {', '.join(sorted(step.accepts))}; here it would get {kind}",
                    "correct the column's type, or the order of its methods",
                    at,
                )
            step.refuse_type(kind, at)
            if step.last and i != len(self.treat) - 1:
                raise broken(
                    f"treat.{step.method}_last",
                    f"{step.method} must be the last method",
                    "move it to the end, or remove what follows",
                    at,
                )
            if isinstance(step, Recode | Generalize):
                step.hierarchy.refuse_content(content, (*at, "hierarchy"))
            if step.data_driven and decided_by_data:
                raise broken(
                    "treat.data_driven_twice",
                    "a column can have one data-driven method (tail, rare_categories, fence, microaggregate)",
                    "keep one of them; combine it with fixed methods if needed",
                    at,
                )
            decided_by_data |= step.data_driven
            content = _content_after(step, content)
            kind = step.gives or kind
        return self

    @property
    def released(self) -> bool:
        """Whether the column is part of the release."""
        return self.keep or (bool(self.treat) and not isinstance(self.treat[0], Delete))

    @property
    def quasi_identifier(self) -> Generalize | None:
        """The column's generalization if it is a quasi-identifier (準識別子)."""
        last = self.treat[-1] if self.treat else None
        return last if isinstance(last, Generalize) else None


def _content_after(step: AnyTreatment, content: str) -> str:
    """Return what a hierarchy would find after a method: finer than the type of its result."""
    if isinstance(step, RareValues | RareCategories):  # the other values stay what they were
        return {"integer": "coded numbers", "boolean": "string"}.get(content, content)
    return step.leaves or step.gives or content


class Population(Strict):
    """The population that a table's people are drawn from: one row a person, the quasi-identifiers alone."""

    source: Source


class Table(Strict):
    """One table of the file."""

    source: Source
    population: Population | None = Field(
        default=None, description="For k_map and delta_presence: a file of exactly the quasi-identifiers."
    )
    title: Text | None = None
    person: str | None = Field(default=None, description="The column that tells whose record it is.")
    rows_per_person: Literal["one", "several"]
    columns: dict[str, Column] = Field(min_length=1)
    combinations: tuple[Combination, ...] = Field(default=(), description="Rare combinations to remove.")

    @model_validator(mode="after")
    def _person_known(self) -> Self:
        if self.person is None and self.rows_per_person == "several":
            raise broken(
                "table.person",
                "several rows a person need the person column, or people cannot be counted",
                "add person: <column>",
                ["rows_per_person"],
            )
        for name in self.columns:
            if not name.strip() or name in _RESERVED:
                raise broken(
                    "column.name",
                    f"a column cannot have a blank name, nor be called {', '.join(sorted(_RESERVED))}",
                    "rename the column in the file",
                    ["columns", name],
                )
        self._named_columns_safe()
        self._draws_told_apart()
        if self.person is not None:
            self._person_works(self.person)
        self._classes_formed()
        check_combinations(self)
        if not any(c.released for c in self.columns.values()):
            raise broken("table.empty", "no column of this table would be released", "remove the table")
        return self

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
        if who.released and (who.keep or not isinstance(who.treat[-1], Pseudonym | Replace)):
            raise broken(
                "table.person_kept",
                "the person column links records to people and cannot be kept, not even in part (三号)",
                "treat it with pseudonym (last) or delete",
                ["columns", person],
            )

    def _draws_told_apart(self) -> None:
        for name, column in self.columns.items():
            for i, step in enumerate(column.treat):
                if self.rows_per_person == "one" and isinstance(step, Noise) and step.per is not None:
                    raise broken(
                        "treat.ignored",
                        "per has no effect here: it belongs to rows_per_person: several",
                        "remove per",
                        ["columns", name, "treat", i, "per"],
                    )

    def _named_columns_safe(self) -> None:
        """Refuse, by their names, codes released (二号), and names, contacts or free text kept (一号)."""
        for name, column in self.columns.items():
            if column.released and names_code(name, column.title):
                raise broken(
                    "column.identification_code",
                    "by its name this is an identification code (個人識別符号), to be deleted whole",
                    "treat it with {criterion: 2, method: delete}; if it is something else, rename it",
                    ["columns", name],
                )
            if column.keep and names_person(name, column.title):
                raise broken(
                    "column.identifying",
                    "by its name this tells who a person is (氏名, 連絡先), and cannot be kept (一号)",
                    "treat it with {criterion: 1, method: delete}; if it is something else, rename it",
                    ["columns", name],
                )
            if column.type == "string" and carries_values(column) and names_free_text(name, column.title):
                raise broken(
                    "column.text_kept",
                    "by its name this is free text, which may name people and cannot be kept",
                    "declare it type: text without keep, and it is deleted; if it is a list of fixed texts,"
                    " treat it with {criterion: 4, method: rare_categories, action: cell}",
                    ["columns", name],
                )

    @property
    def quasi_identifiers(self) -> tuple[str, ...]:
        """Names of the quasi-identifier columns, in the order of the policy."""
        return tuple(name for name, c in self.columns.items() if c.quasi_identifier)

    @property
    def released(self) -> tuple[str, ...]:
        """Names of the released columns, in the order of the policy."""
        return tuple(name for name, c in self.columns.items() if c.released)
