"""The source of a table: where its files are, and how they are written."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from tokumei.schemas.formats import SOURCE_FORMATS, SourceFormat, SourceFormatName, listed
from tokumei.schemas.strict import Strict, Text, broken


def refuse_scheme(path: str, code: str, at: str) -> None:
    """Check that a path is local or on Cloud Storage."""
    if "://" in path and not path.startswith("gs://"):
        raise broken(
            code,
            "only local paths and gs:// URIs can be read and written",
            "copy the file to a local path or to Cloud Storage",
            [at],
        )


# What only formats with delimited fields take.
_DELIMITED = ("delimiter", "header", "skip_rows", "escape", "skip_initial_space")


class Source(Strict):
    """Where a table's records are and how they are written."""

    path: Text = Field(description="Path, glob or gs:// URI; relative to the policy file.")
    format: SourceFormatName = Field(description="How they are written; CSV and other text may be gzipped.")
    encoding: Literal["utf-8", "cp932", "euc_jp"] = Field(
        default="utf-8", description="utf-8 with or without BOM."
    )
    delimiter: str | None = Field(
        default=None,
        min_length=1,
        max_length=1,
        description="Between fields. Default: a comma in CSV, a tab in TSV.",
    )
    header: bool = Field(default=True, description="False: the columns stand in the order of the policy.")
    skip_rows: int = Field(
        default=0,
        ge=0,
        le=1000,
        description="Lines above the header (titles, dates), blank ones too; with header: false, above the"
        " records.",
    )
    escape: Literal["\\"] | None = Field(
        default=None,
        description='`"\\\\"`: a backslash makes the next character text, as MySQL writes it; `\\N` is an'
        " empty cell.",
    )
    skip_initial_space: bool = Field(
        default=False, description='True: spaces before a cell are no part of it, as in `1, "x"`.'
    )
    blank_records: Literal["skip", "keep"] = Field(
        default="skip",
        description="Records without a value: each of their cells, over all columns of the file, is empty, of"
        " spaces only, or one of null_values. They are counted, and are nobody; with keep they are records.",
    )
    leading_zeros: dict[str, Annotated[int, Field(ge=2, le=30)]] = Field(
        default={},
        description="Columns of codes that lost leading zeros, and how long a code is, as `{郵便番号: 7}`:"
        " shorter texts of digits get zeros before them.",
    )
    null_values: tuple[str, ...] = Field(
        default=("",),
        description="Texts that mean 'no value', as [\"\", 不明]; it replaces the default, the empty text.",
    )

    @model_validator(mode="after")
    def _fits_format(self) -> Self:
        delimited = {name: facts for name, facts in SOURCE_FORMATS.items() if facts.delimiter}
        given = [name for name in _DELIMITED if getattr(self, name) != type(self).model_fields[name].default]
        if self.format not in delimited and given:
            raise broken(
                "source.text_option",
                f"{listed(_DELIMITED, 'and')} belong to {listed(delimited, 'and')}",
                f"remove {listed(given, 'and')}, or correct format: {self.format}",
                [given[0]],
            )
        if not self.facts.encodings and self.encoding != "utf-8":
            raise broken("source.encoding", f"{self.format} is always UTF-8", "remove encoding", ["encoding"])
        mark = self.delimiter
        if mark is not None and (mark in '"\r\n\0' or mark.isalnum() or not mark.isascii()):
            raise broken(
                "source.delimiter",
                "the delimiter must be one ASCII character, but no letter, digit, quote or line break",
                'for example delimiter: "|"',
                ["delimiter"],
            )
        if self.facts.fixed and mark not in {None, self.facts.delimiter}:
            free = [name for name, facts in delimited.items() if not facts.fixed]
            raise broken(
                "source.delimiter",
                f"{self.format} is delimited by {self.facts.fixed}",
                f"use format: {listed(free, 'or')} with this delimiter",
                ["delimiter"],
            )
        taken = {"escape": self.escape, "skip_initial_space": " " if self.skip_initial_space else None}
        for name, character in taken.items():
            if character is not None and character == mark:
                raise broken(
                    "source.delimiter",
                    f"the delimiter is what {name} is about",
                    f"remove {name}, or correct the delimiter",
                    [name],
                )
        refuse_scheme(self.path, "source.path", "path")
        return self

    @property
    def facts(self) -> SourceFormat:
        """What is true of every file of this format."""
        return SOURCE_FORMATS[self.format]

    @property
    def header_line(self) -> bool:
        """Whether the files begin with a line of column names."""
        return self.header and self.facts.delimiter is not None

    @property
    def field_delimiter(self) -> str:
        """The delimiter in effect, for formats that have one."""
        return self.delimiter or self.facts.delimiter or ""
