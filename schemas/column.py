"""One column of a table: its fate, and whether its methods can work one after another."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from tokumei.schemas.date_formats import FORMATS_OF, DateFormat, DateReading
from tokumei.schemas.leaks import (
    Allowed,
    carries_days,
    carries_numbers,
    carries_values,
    identifies,
    leaves_numbers,
    may_be_codes,
)
from tokumei.schemas.privacy_models import AnyProtection
from tokumei.schemas.promises import MayFallBelow
from tokumei.schemas.strict import Strict, Text, broken
from tokumei.schemas.treatment_base import ColumnType
from tokumei.schemas.treatments import METHODS, AnyTreatment, Delete, Generalize, Pseudonym

_PER_RECORD = " and ".join(method.name() for method in METHODS if method.per_record)
_DATA_DRIVEN = ", ".join(method.name() for method in METHODS if method.data_driven)


class Column(Strict):
    """One column: dropped, kept with a reason, or treated by a chain of methods.

    A column of type ``text`` without treatments is deleted under criterion 1.
    """

    type: ColumnType = Field(
        default="string", description="What its values are; codes are strings, and keep their leading zeros."
    )
    title: Text | None = Field(
        default=None, description="Japanese item name (記録項目) for register and report."
    )
    released_as: Text | None = Field(
        default=None,
        description="What is left of the item (生年月日 → 年代): names it in the notice;"
        " the column keeps its name.",
    )
    codes: Literal["exact", "folded"] | None = Field(
        default=None,
        description="How codes of people are compared, in all columns of the link: as written; or folded"
        ' (NFKC, no outer spaces, no ="…" of Excel). Default: as written, and the run stops if folding'
        " would make fewer people.",
    )
    sensitive: bool = Field(
        default=False, description="Sensitive attribute; 要配慮個人情報 where the law says so."
    )
    protect: tuple[AnyProtection, ...] = Field(
        default=(), description="Privacy models of a sensitive column, over the classes of the table."
    )
    date_format: DateFormat | None = Field(
        default=None,
        description="Beyond the usual spellings: 元号 digits, serials of Excel, or times in UTC that are"
        " meant as written.",
    )
    future_eras: bool = Field(
        default=False, description="Accept dates after the end of their era (平成35年 is 2023)."
    )
    drop: bool = Field(default=False, description="Not needed by the recipient: delete, with a reason.")
    keep: bool = Field(default=False, description="No criterion applies: keep as it is, with a reason.")
    because: Text | None = Field(default=None, description="The reason for drop or keep.")
    treat: tuple[AnyTreatment, ...] = Field(default=(), description="Methods, applied in this order.")
    may_fall_below: MayFallBelow | None = Field(
        default=None, description="In the release, fewer people than its methods say may bear its labels."
    )
    codes_allowed: Allowed | None = Field(
        default=None, description="Its numbers pass as identification codes or cards, and are none."
    )
    source_values_allowed: Allowed | None = Field(
        default=None, description="It holds values of identifying columns, and that is harmless."
    )
    name_allowed: Allowed | None = Field(
        default=None, description="Its name says something personal, and it holds something else."
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
        if self.keep and self.released_as is not None:
            raise broken(
                "column.released_as",
                "what is kept is released as it is, and released_as would call it something else",
                "remove released_as; title names the item",
                ["released_as"],
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
    def _dated(self) -> Self:
        fitting = FORMATS_OF.get(self.type, frozenset())
        if self.date_format is not None and self.date_format not in fitting:
            raise broken(
                "column.date_format",
                f"date_format: {self.date_format} does not fit type {self.type}",
                f"one of {', '.join(sorted(fitting))} does" if fitting else "remove it, or correct the type",
                ["date_format"],
            )
        if self.future_eras and not fitting:
            raise broken(
                "column.date_format",
                f"future_eras is for dates, and the type is {self.type}",
                "remove it, or correct the type",
                ["future_eras"],
            )
        return self

    @model_validator(mode="after")
    def _comparable(self) -> Self:
        if self.codes is not None and self.type != "string":
            raise broken(
                "column.codes",
                "codes is about texts; numbers have one spelling",
                "remove codes, or declare type: string",
                ["codes"],
            )
        return self

    @model_validator(mode="after")
    def _searched(self) -> Self:
        values = self.carries_values or self.carries_days or leaves_numbers(self.type, self.treat)
        numbers = self.carries_numbers or self.may_be_codes
        for key, searched in (("codes_allowed", numbers), ("source_values_allowed", values)):
            if getattr(self, key) is not None and not searched:
                raise broken(
                    "column.allowed",
                    f"{key} has no effect here: nothing of the source's text is left to be searched",
                    f"remove {key}",
                    [key],
                )
        return self

    @model_validator(mode="after")
    def _promised(self) -> Self:
        if self.may_fall_below is not None and not (self.released and self.sharing(1)):
            raise broken(
                "column.may_fall_below",
                "may_fall_below has no effect here: no method of the column says how many people bear it",
                "remove may_fall_below",
                ["may_fall_below"],
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
        if self.protect and self.treat and self.treat[-1].per_record:
            raise broken(
                "column.protect_perturbed",
                "the models look at the values as they are released;"
                f" {_PER_RECORD} treat them record by record",
                "remove protect, or the method",
                ["protect"],
            )
        return self

    @model_validator(mode="after")
    def _chain_works(self) -> Self:
        kind: ColumnType = self.type
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
            step.refuse_content(content, at)
            if step.data_driven and decided_by_data:
                raise broken(
                    "treat.data_driven_twice",
                    f"a column can have one data-driven method ({_DATA_DRIVEN})",
                    "keep one of them; combine it with fixed methods if needed",
                    at,
                )
            decided_by_data |= step.data_driven
            content = step.content_after(content)
            kind = step.given(kind)
        return self

    @property
    def dates(self) -> DateReading:
        """What is declared of its dates."""
        return DateReading(self.date_format, self.future_eras)

    @property
    def released(self) -> bool:
        """Whether the column is part of the release."""
        return self.keep or (bool(self.treat) and not isinstance(self.treat[0], Delete))

    def kept_below(self, k: int) -> bool:
        """Return whether it is released with whole values that fewer than k people may have."""
        return self.keep or (bool(self.treat) and all(step.kept_below(k) for step in self.treat))

    @property
    def link(self) -> str | None:
        """The link of its pseudonyms; None where it has none."""
        return None if self.pseudonym is None else self.pseudonym.link

    @property
    def pseudonym(self) -> Pseudonym | None:
        """The method that gives it pseudonyms; None where none does."""
        last = self.treat[-1] if self.treat else None
        return last if isinstance(last, Pseudonym) else None

    def sharing(self, k: int) -> int:
        """Return how many people must bear a label of the column, by the method that asks for most; or 0.

        Values that are then moved one by one (noise, swaps) are nobody's labels.
        """
        moved = bool(self.treat) and self.treat[-1].per_record
        return 0 if moved else max((step.sharing(k) for step in self.treat), default=0)

    @property
    def quasi_identifier(self) -> Generalize | None:
        """The column's generalization if it is a quasi-identifier (準識別子)."""
        last = self.treat[-1] if self.treat else None
        return last if isinstance(last, Generalize) else None

    @property
    def released_type(self) -> ColumnType:
        """The type of the values that the methods leave."""
        kind = self.type
        for step in self.treat:
            kind = step.given(kind)
        return kind

    @property
    def joined(self) -> tuple[str, ...]:
        """The columns whose text is put before its values, by its first method."""
        return self.treat[0].joined if self.treat else ()

    @property
    def contents(self) -> tuple[str, ...]:
        """What the values are before each method, and at last after all: a column type, or finer."""
        contents: list[str] = [self.type]
        for step in self.treat:
            contents.append(step.content_after(contents[-1]))
        return tuple(contents)

    @property
    def carries_values(self) -> bool:
        """Whether a released cell may be this very record's text of the source."""
        return self.released and carries_values(self.type, self.treat)

    @property
    def carries_days(self) -> bool:
        """Whether a released cell may be a day of the source, among them a birth date."""
        return self.released and carries_days(self.type, self.treat)

    @property
    def carries_numbers(self) -> bool:
        """Whether a released cell may hold a number of the source, however many people share it."""
        return self.released and carries_numbers(self.type, self.treat)

    @property
    def may_be_codes(self) -> bool:
        """Whether its source must be no identification code, since something of its numbers is released."""
        return self.released and may_be_codes(self.type, self.treat)

    @property
    def identifies(self) -> bool:
        """Whether its values are identifiers or codes, which single out however many people share them."""
        return identifies(self.type, self.treat)

    @property
    def sought(self) -> bool:
        """Whether its values must not stand in any released column.

        Dates and quantities are not among them: they do not single out by themselves, and equal others by
        chance.
        """
        return self.type in {"string", "text", "integer"} and (not self.released or self.identifies)
