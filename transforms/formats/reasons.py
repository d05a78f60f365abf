"""Why a record is refused as a whole, and what can be done about it."""

from __future__ import annotations

from collections.abc import Iterable

ADVICE = {
    "quotes": "quotes: within a cell a quote is written twice, and the cell stands in quotes; where a"
    " backslash stands before it declare source.escape, for spaces before quotes source.skip_initial_space",
    "ragged": "ragged: a record has as many fields as there are columns; a delimiter at the end of"
    " only the header, or of only the records, is one too many",
    "header": "header: the record repeats the column names, because the file has a header line after all"
    " (header: true) or files were joined; remove that line",
    "byte_order_mark": "byte_order_mark: another file begins at the record; join files without the mark, or"
    " give them by a glob",
    "width": "width: a record is as long as the widths together; an editor may have cut the spaces at its"
    " end, so take the file as it was written",
    "json": "json: a line is one object, without a comma after it, with each key once and numbers as JSON"
    " has them",
    "end_mark": "end_mark: Ctrl-Z (0x1A) ends a text, so files were joined at the record; give them by a"
    " glob, or take the characters out",
    "nameless": "nameless: a value stands in a column without a name; name it in the header and declare it",
}


class BrokenRecordError(ValueError):
    """A record of a small file cannot be read.

    Attributes:
        number: of the record, from 1.
        reason: as records are rejected with.
    """

    def __init__(self, number: int, reason: str) -> None:
        self.number, self.reason = number, reason
        super().__init__(number, reason)


def advice_for(reasons: Iterable[str]) -> list[str]:
    """Return what can be done about some reasons; after a reason there may be more, in brackets."""
    found = {reason.partition(" (")[0] for reason in reasons}
    return [text for reason, text in ADVICE.items() if reason in found]
