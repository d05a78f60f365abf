"""The formats that are read and written: what the policy and the plan must know of each, stated once.

How a format is read and written stands in `transforms.formats.registry`, under the same names; the recipe for
another one stands there too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias


@dataclass(frozen=True, kw_only=True)
class SourceFormat:
    """What is true of every file of an input format.

    Attributes:
        text: records are lines of text, perhaps gzipped; a value takes a character and a separator.
        delimiter: what separates the fields of a line, unless another is declared; None where lines have no
            fields. Such formats alone take the option ``delimiter``.
        header: files begin with a line of column names, unless ``header: false`` says that they do not.
        fixed: what the delimiter is called where no other may be declared.
        encodings: the text may be in another encoding than UTF-8.
        parsed: each value can be unreadable, so pass 1 reads every value that will be used.
        widths: the fields of a line are told apart by their widths.
        sheets: a file has several sheets, of which one is read.
        called: what a file is called in messages, where its first bytes tell it apart from any text.
    """

    text: bool = False
    delimiter: str | None = None
    header: bool = False
    fixed: str | None = None
    encodings: bool = False
    parsed: bool = True
    widths: bool = False
    sheets: bool = False
    called: str | None = None


class NameRule(NamedTuple):
    """What the name of a column must match as a whole, and the error where it does not."""

    pattern: re.Pattern[str]
    code: str
    rule: str
    fix: str


@dataclass(frozen=True)
class OutputFormat:
    """What is true of every part that is written in a format.

    Attributes:
        column_names: what the name of a released column must be; None where any name can be written.
        formulas: spreadsheets open it as text, in which they take some cells for formulas.
    """

    column_names: NameRule | None = None
    formulas: bool = False


SOURCE_FORMATS = {
    "csv": SourceFormat(text=True, delimiter=",", header=True, encodings=True),
    "tsv": SourceFormat(text=True, delimiter="\t", header=True, fixed="tabs", encodings=True),
    "parquet": SourceFormat(parsed=False, called="a Parquet file"),
    "avro": SourceFormat(called="an Avro file"),
    "jsonl": SourceFormat(text=True, called="JSON lines"),
    "fixed": SourceFormat(text=True, encodings=True, widths=True),
    "xlsx": SourceFormat(header=True, sheets=True, called="an Excel workbook"),
}
OUTPUT_FORMATS = {
    "parquet": OutputFormat(),
    "avro": OutputFormat(
        NameRule(
            re.compile(r"[A-Za-z_][A-Za-z0-9_]*"),
            "output.avro_name",
            "Avro takes only column names of ASCII letters, digits and _, no digit first",
            "use output format parquet or csv, or rename the column in the file",
        )
    ),
    "csv": OutputFormat(formulas=True),
    "xlsx": OutputFormat(),
}
DEFAULT_OUTPUT = "parquet"
COMPRESSED = (".gz", ".bz2", ".zip")  # how the names of compressed text end

if TYPE_CHECKING:
    SourceFormatName: TypeAlias = str
    OutputFormatName: TypeAlias = str
else:  # a type checker takes no Literal that is made from a list
    SourceFormatName = Literal[tuple(SOURCE_FORMATS)]
    OutputFormatName = Literal[tuple(OUTPUT_FORMATS)]


def listed(names: Iterable[str], last: Literal["and", "or"]) -> str:
    """Return names as a sentence lists them: ``csv, tsv or jsonl``."""
    *others, final = names
    return f"{', '.join(others)} {last} {final}" if others else final
