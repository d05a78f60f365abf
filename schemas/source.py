"""The source of a table: where its files are, and how they are written."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from tokumei.schemas.expect import Expect
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


# The fact about a format that each option of some formats goes with.
_BELONGS = {
    "delimiter": "delimiter",
    "escape": "delimiter",
    "skip_initial_space": "delimiter",
    "header": "header",
    "skip_rows": "header",
    "sheet": "sheets",
    "widths": "widths",
    "width_unit": "widths",
    "line_breaks": "widths",
}


class Source(Strict):
    """Where a table's records are and how they are written."""

    path: Text = Field(
        description="Path, glob or gs:// URI; relative to the policy file. Folders `name=value` are columns."
    )
    format: SourceFormatName = Field(
        description="How they are written; text may be packed: gzip, bzip2, or a zip of one file."
    )
    expect: Expect | None = Field(
        default=None, description="What a complete delivery is; without it, whatever matches is all."
    )
    encoding: Literal["utf-8", "cp932", "euc_jp", "utf-16"] = Field(
        default="utf-8",
        description="utf-8 with or without BOM; euc_jp with ①, ㈱ and 髙 as CP51932 and eucJP-ms have them;"
        " utf-16 of either order.",
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
    sheet: Text | None = Field(
        default=None, description="The sheet of a workbook. Default: the first that is not hidden."
    )
    widths: dict[str, Annotated[int, Field(ge=1, le=100_000)]] = Field(
        default={},
        description="Of text of fixed width: every column, in the order of the file, and how wide it is, as"
        " `{番号: 8, 氏名: 20}`.",
    )
    width_unit: Literal["bytes", "characters"] | None = Field(
        default=None,
        description="What widths count. Default: bytes in cp932 and euc_jp, characters in utf-8 and utf-16.",
    )
    line_breaks: bool = Field(
        default=True, description="False: records of fixed width follow one another without line breaks."
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
        " spaces only, NaN, or one of null_values. They are counted, and are nobody; with keep they are"
        " records.",
    )
    leading_zeros: dict[str, Annotated[int, Field(ge=2, le=30)]] = Field(
        default={},
        description="Columns of codes that lost leading zeros, and how long a code is, as `{郵便番号: 7}`:"
        " shorter texts of digits get zeros before them.",
    )
    null_values: tuple[str, ...] = Field(
        default=("",),
        description="Texts that mean 'no value', as [\"\", 不明]; it replaces the default, the empty text."
        " Compared by NFKC, without outer spaces, so that the empty text is any number of spaces.",
    )

    @model_validator(mode="after")
    def _fits_format(self) -> Self:
        delimited = {name: facts for name, facts in SOURCE_FORMATS.items() if facts.delimiter}
        for key, fact in _BELONGS.items():
            if getattr(self, key) != type(self).model_fields[key].default and not getattr(self.facts, fact):
                takers = [name for name, facts in SOURCE_FORMATS.items() if getattr(facts, fact)]
                raise broken(
                    "source.text_option",
                    f"{key} belongs to {listed(takers, 'and')}",
                    f"remove it, or correct format: {self.format}",
                    [key],
                )
        beside = self.expect and (self.expect.marker or self.expect.checksums)
        if beside and re.search(r"[*?\[]", self.path.rpartition("/")[0]):
            raise broken(
                "source.expect",
                "marker and checksums stand beside the files, whose folder must be named without wildcards",
                "name the folder, for example by a parameter, or expect a number of files",
                ["expect"],
            )
        if self.facts.widths:
            self._widths_fit()
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
        if "**" in self.path:  # it would match like a single one, and leave out the files of other levels
            raise broken(
                "source.path",
                "** for folders of any depth is not supported",
                "write * for each level of folders, as in sales/*/*.csv, and give all files one depth",
                ["path"],
            )
        return self

    def _widths_fit(self) -> None:
        if not self.widths:
            raise broken(
                "source.widths",
                f"{self.format} needs widths",
                "add widths: {column: width, …}, every column in the order of the file",
                ["widths"],
            )
        if self.in_bytes and self.encoding == "utf-16":
            raise broken(
                "source.width_unit",
                "widths of UTF-16 count characters",
                "remove width_unit",
                ["width_unit"],
            )
        if not self.line_breaks and not self.in_bytes:
            raise broken(
                "source.line_breaks",
                "records without line breaks are told apart by bytes",
                "add width_unit: bytes, or remove line_breaks",
                ["line_breaks"],
            )

    @property
    def facts(self) -> SourceFormat:
        """What is true of every file of this format."""
        return SOURCE_FORMATS[self.format]

    @property
    def header_line(self) -> bool:
        """Whether the files begin with a line of column names."""
        return self.header and self.facts.header

    @property
    def text_encoding(self) -> str:
        """The encoding of the text that readers get: UTF-16 is made UTF-8 on the way."""
        return "utf-8" if self.encoding == "utf-16" else self.encoding

    @property
    def in_bytes(self) -> bool:
        """Whether widths count bytes."""
        unit = self.width_unit or ("bytes" if self.encoding in {"cp932", "euc_jp"} else "characters")
        return unit == "bytes"

    @property
    def field_delimiter(self) -> str:
        """The delimiter in effect, for formats that have one."""
        return self.delimiter or self.facts.delimiter or ""
