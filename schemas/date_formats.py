"""How a column's dates are meant where their spelling alone does not tell."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

DateFormat = Literal["era_digits", "excel_1900", "excel_1904", "utc_as_written"]
FORMATS_OF: dict[str, frozenset[str]] = {
    "date": frozenset(get_args(DateFormat)),
    "month": frozenset({"era_digits", "utc_as_written"}),
    "datetime": frozenset({"excel_1900", "excel_1904", "utc_as_written"}),
}
"""By type of a column, the formats that it may have."""


class DateReading(NamedTuple):
    """What a column accepts beyond the usual spellings.

    Attributes:
        format: digits are era digits or serial numbers of Excel, or times in UTC are Japanese ones.
        future_eras: an era may go on after its end (平成35年).
    """

    format: DateFormat | None = None
    future_eras: bool = False

    @property
    def serial(self) -> bool:
        """Whether numbers are serials of Excel."""
        return self.format in {"excel_1900", "excel_1904"}


USUAL = DateReading()
