"""The policy: what a file is, how each of its columns is treated, and what the release must satisfy.

A policy is a YAML file read by `schemas.policy_file.read_policy`. Whatever it does not speak of is refused.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.file_items import FileItems
from schemas.perturbations import Noise
from schemas.strict import Day, Matching, Strict, Text, broken
from schemas.treatment_base import ColumnType
from schemas.treatments import (
    Age,
    AgeBand,
    AnyTreatment,
    Delete,
    Generalize,
    Pseudonym,
    RareCategories,
    RareValues,
    Recode,
    Replace,
)

Name = Annotated[
    str,
    Matching(
        r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}",
        "table.name",
        "a table name has 1 to 64 ASCII letters, digits, _ . and -, and begins with a letter, digit or _",
        "rename the table; a Japanese name can stand in its title",
    ),
]
_AVRO_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RESERVED = frozenset({"#person", "#records", "#people"})  # names of the counts beside a table's columns


def _refuse_scheme(path: str, code: str, at: str) -> None:
    if "://" in path and not path.startswith("gs://"):
        raise broken(
            code,
            "only local paths and gs:// URIs can be read and written",
            "copy the file to a local path or to Cloud Storage",
            [at],
        )


class Source(Strict):
    """Where a table's records are and how they are written."""

    path: Text = Field(description="Path, glob or gs:// URI; relative to the policy file.")
    format: Literal["csv", "tsv", "parquet", "avro", "jsonl"]
    encoding: Literal["utf-8", "cp932", "euc_jp"] = "utf-8"
    delimiter: str | None = Field(default=None, min_length=1, max_length=1, description="Default: by format.")
    header: bool = Field(default=True, description="False: the columns stand in the order of the policy.")
    null_values: tuple[str, ...] = Field(default=("",), description="Texts that mean 'no value'.")

    @model_validator(mode="after")
    def _fits_format(self) -> Self:
        if self.format not in {"csv", "tsv"} and (self.delimiter is not None or not self.header):
            raise broken(
                "source.text_option",
                "delimiter and header belong to csv and tsv",
                f"remove them, or correct format: {self.format}",
                ["header" if self.delimiter is None else "delimiter"],
            )
        if self.format in {"parquet", "avro", "jsonl"} and self.encoding != "utf-8":
            raise broken("source.encoding", f"{self.format} is always UTF-8", "remove encoding", ["encoding"])
        mark = self.delimiter
        if mark is not None and (mark in '"\r\n\0' or mark.isalnum() or not mark.isascii()):
            raise broken(
                "source.delimiter",
                "the delimiter must be one ASCII character, but no letter, digit, quote or line break",
                'for example delimiter: "|"',
                ["delimiter"],
            )
        if self.format == "tsv" and mark not in {None, "\t"}:
            raise broken(
                "source.delimiter",
                "tsv is delimited by tabs",
                "use format: csv with this delimiter",
                ["delimiter"],
            )
        _refuse_scheme(self.path, "source.path", "path")
        return self

    @property
    def field_delimiter(self) -> str:
        """The delimiter in effect."""
        return self.delimiter or ("\t" if self.format == "tsv" else ",")


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
    drop: bool = Field(default=False, description="Not needed by the recipient: delete, with a reason.")
    keep: bool = Field(default=False, description="No criterion applies: keep as it is, with a reason.")
    because: Text | None = Field(default=None, description="The reason for drop or keep.")
    treat: tuple[AnyTreatment, ...] = Field(default=(), description="Methods, applied in this order.")

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


_CODE = re.compile(
    r"個人番号|マイナンバー|my_?number|住民票コード|基礎年金番号|免許証(の)?番号|旅券(の)?番号|パスポート番号|"
    r"在留カード(の)?番号|特別永住者証明書(の)?番号|被保険者(証)?(の)?(記号|番号)|passport_?n|driver.?s?_?licen[cs]e_?n",
    re.IGNORECASE,
)


class Table(Strict):
    """One table of the file."""

    source: Source
    title: Text | None = None
    person: str | None = Field(default=None, description="The column that tells whose record it is.")
    rows_per_person: Literal["one", "several"]
    columns: dict[str, Column] = Field(min_length=1)

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
        self._codes_deleted()
        self._draws_told_apart()
        if self.person is not None:
            self._person_works(self.person)
        if not any(c.released for c in self.columns.values()):
            raise broken("table.empty", "no column of this table would be released", "remove the table")
        return self

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

    def _codes_deleted(self) -> None:
        """二号: a column that calls itself an individual identification code (令1条) can only be deleted."""
        for name, column in self.columns.items():
            if column.released and any(_CODE.search(text) for text in (name, column.title or "")):
                raise broken(
                    "column.identification_code",
                    "by its name this is an identification code (個人識別符号), to be deleted whole",
                    "treat it with {criterion: 2, method: delete}; if it is something else, rename it",
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


class Requirements(Strict):
    """What the release must satisfy; the law sets no number, so the choice needs a reason."""

    k: int = Field(
        ge=2, le=1_000_000, description="Smallest number of people in an equivalence class (k-匿名性)."
    )
    because: Text = Field(description="Why this k.")
    suppression_limit: float = Field(
        default=0.0, ge=0, lt=1, description="Largest share of people who may lose a record."
    )
    metric: Literal["loss"] = "loss"


class Rejects(Strict):
    """How many unreadable records a run may leave out before it stops (default none)."""

    limit: int = Field(default=0, ge=0, le=10**12, description="Records over all tables.")


class Output(Strict):
    """How the release is written."""

    directory: Text | None = Field(default=None, description="Path or gs:// URI; --output overrides it.")
    format: Literal["parquet", "avro", "csv"] = "parquet"

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        _refuse_scheme(self.directory or "", "output.directory", "directory")
        return self


class Policy(Strict):
    """A whole policy. See README for an example of every part."""

    version: Literal[1]
    regime: Literal["private", "public", "public_2022", "public_2017"] = Field(
        description="private 規則34条; public 規則62条 (today, 2022, or 2017 numbering)"
    )
    file: FileItems
    reference_date: Day | None = Field(default=None, description="The day on which ages are counted.")
    tables: dict[Name, Table] = Field(min_length=1)
    requirements: Requirements
    rejects: Rejects = Rejects()
    output: Output = Output()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        links: dict[str, str] = {}
        for table_name, table in self.tables.items():
            for name, column in table.columns.items():
                at = ("tables", table_name, "columns", name)
                self._ages_countable(column, at)
                self._links_agree(column, links, at)
                if self.output.format == "avro" and column.released and not _AVRO_NAME.fullmatch(name):
                    raise broken(
                        "output.avro_name",
                        "Avro takes only column names of ASCII letters, digits and _, no digit first",
                        "use output format parquet or csv, or rename the column in the file",
                        at,
                    )
        if self.regime != "private":
            self._register_complete()
        return self

    def _ages_countable(self, column: Column, at: tuple[str, ...]) -> None:
        for i, step in enumerate(column.treat):
            counts = isinstance(step, Age) or (isinstance(step, AgeBand) and column.type == "date")
            if counts and self.reference_date is None:
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
