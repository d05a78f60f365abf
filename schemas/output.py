"""How a release is written (加工情報の書き出し): where, in which format, and under which names."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from tokumei.schemas.formats import DEFAULT_OUTPUT, OUTPUT_FORMATS, OutputFormat, OutputFormatName, listed
from tokumei.schemas.source import refuse_scheme
from tokumei.schemas.strict import Strict, Text, broken


class Replaces(Strict):
    """That a later delivery, of other content, replaces what was released of an earlier one."""

    because: Text = Field(description="Why the earlier release is withdrawn; everybody can read it.")


class Output(Strict):
    """How the release is written."""

    directory: Text | None = Field(default=None, description="Path or gs:// URI; --output overrides it.")
    format: OutputFormatName = Field(default=DEFAULT_OUTPUT, description="How the parts are written.")
    encoding: Literal["utf-8", "cp932"] = Field(
        default="utf-8", description="CSV: of its text; cp932 is what Japanese Windows calls Shift_JIS."
    )
    rename: bool = Field(
        default=False,
        description="Columns of the files are called by their `released_as`, where they have it.",
    )
    neutralize_formulas: bool = Field(
        default=False,
        description="CSV: an apostrophe before texts that spreadsheets take for formulas.",
    )

    byte_order_mark: bool = Field(
        default=False, description="CSV: each file begins with the mark by which Excel knows UTF-8."
    )

    partition_by: tuple[Text, ...] = Field(
        default=(), description="Released columns by whose values the files stand in folders, `column=value`."
    )

    replaces: Replaces | None = Field(
        default=None,
        description="A later delivery, for the same parameters, replaces the release of an earlier one.",
    )

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        refuse_scheme(self.directory or "", "output.directory", "directory")
        for option in ("neutralize_formulas", "byte_order_mark", "encoding"):
            if option in self.model_fields_set and getattr(self, option) and not self.facts.formulas:
                opened = listed((name for name, facts in OUTPUT_FORMATS.items() if facts.formulas), "or")
                raise broken(
                    f"output.{option}",
                    f"only {opened.upper()} is opened by spreadsheets as text",
                    f"remove {option}, or use format: {opened}",
                    [option],
                )
        if self.byte_order_mark and self.encoding != "utf-8":
            raise broken(
                "output.marked_encoding",
                f"a byte order mark belongs to UTF-8, and {self.encoding} has none",
                "remove byte_order_mark, or encoding",
                ["byte_order_mark"],
            )
        return self

    @property
    def facts(self) -> OutputFormat:
        """What is true of every part of this format."""
        return OUTPUT_FORMATS[self.format]
