"""The source of a table: where its files are, and how they are written."""

from __future__ import annotations

from typing import Literal, Self

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
    null_values: tuple[str, ...] = Field(
        default=("",),
        description="Texts that mean 'no value', as [\"\", 不明]; it replaces the default, the empty text."
        " Compared by NFKC, without outer spaces.",
    )

    @model_validator(mode="after")
    def _fits_format(self) -> Self:
        delimited = {name: facts for name, facts in SOURCE_FORMATS.items() if facts.delimiter}
        if self.format not in delimited and (self.delimiter is not None or not self.header):
            raise broken(
                "source.text_option",
                f"delimiter and header belong to {listed(delimited, 'and')}",
                f"remove them, or correct format: {self.format}",
                ["header" if self.delimiter is None else "delimiter"],
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
