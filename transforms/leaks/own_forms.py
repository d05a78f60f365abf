"""The record's own values in another form: address, birth date, name in Latin letters, code without its end.

`written_otherwise` makes one form of them. Only cells that may hold one are looked at: with steps of an
address or a date, with Latin letters, with eleven digits.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl
import pyarrow as pa

from tokumei.schemas.column_names import Role, roles_of
from tokumei.transforms.detect import written_otherwise as otherwise
from tokumei.transforms.detect.shadow import spelled
from tokumei.transforms.leaks.found import Found, LeakSearch
from tokumei.transforms.leaks.values import Texts, own_values
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.values.cells import as_text, without_dictionary
from tokumei.transforms.values.dates import parse_dates

_STEPS = r"[0-9] ?(?:丁目|番|[-のノ] ?[0-9])|[一二三四五六七八九十]丁目"
_MONTH = "JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC"
_DAYS = (
    rf"(?:(?:18|19|20)[0-9]{{2}}|[MTSHR][0-9]{{2}})[0-9]{{4}}|[0-9] ?[./年月-]|元年"
    rf"|(?:{_MONTH})[A-Z]*\.? [0-9]"
)
_LATIN = r"[A-ZĀĪŪĒŌÂÎÛÊÔ]{2}.*[A-ZĀĪŪĒŌÂÎÛÊÔ]{2}"
_ELEVEN = r"(?:[0-9][^0-9]{0,3}){10}[0-9]"
_PERHAPS = "|".join((_STEPS, _DAYS, _LATIN, _ELEVEN))  # one look at most cells is enough
_WHOLE_DATE = r"^[A-Z']?[0-9]+(?:-[0-9]+){2}#$|^[0-9]{8}#$"
_SHORTEST_ROMAJI = 7
_TWO_WORDS = r"^([^\s・]+)[\s・]+([^\s・]+)$"


class OwnForms:
    """The source columns of a batch of which other forms are looked for."""

    def __init__(self, table: TablePlan, sources: pa.RecordBatch, order: pa.Array, shared: int) -> None:
        """Take a batch.

        Args:
            table: the plan.
            sources: its source values, of all records of the chunk.
            order: the row of each released record in them.
            shared: how many people, by their source values, make a label.
        """
        self._table, self._sources, self._order, self._shared = table, sources, order, shared

    def found(self, column: str, cells: pl.Series) -> dict[LeakSearch, Found]:
        """Count the records of a released column whose cell holds their own value in another form.

        Args:
            column: its name.
            cells: its shadows, one a record.
        """
        found: dict[LeakSearch, Found] = {}
        perhaps = cells.str.contains(_PERHAPS).fill_null(value=False).arg_true()
        some = cells.gather(perhaps)
        for pattern, canonical, forms in (
            (_STEPS, otherwise.addresses, self._addresses),
            (_DAYS, otherwise.dates, self._births),
            (_LATIN, otherwise.sounds, self._romaji),
            (_ELEVEN, otherwise.numbers, self._codes),
        ):
            rows = perhaps.filter(some.str.contains(pattern))
            if not len(rows):
                continue
            texts = canonical(cells.gather(rows))
            for of, values in forms(self._order.take(rows.to_arrow())):
                search = LeakSearch("form", column, of)
                met = self._met(values, texts, len(cells))
                found[search] = found[search] + met if search in found else met
        return found

    def days(self, column: str, released: pa.Array) -> dict[LeakSearch, Found]:
        """Count the records whose released day is their own birth date.

        Args:
            column: a released column of days or times.
            released: its values, one a record.
        """
        if not (pa.types.is_date(released.type) or pa.types.is_timestamp(released.type)):
            return {}
        days = pl.Series(released).cast(pl.Date)
        return {
            LeakSearch("form", column, of): Found(
                len(days) - days.null_count(), int((born.cast(pl.Date) == days).sum()), 0
            )
            for of, born in self._born(self._order)
            if of != column
        }

    def _met(self, values: pl.Series, texts: pl.Series, compared: int) -> Found:
        met = own_values(values, Texts(texts, texts), self._shared, compared)
        # A day that is the whole cell may be another day of the same person.
        alone = int(((values == texts) & texts.str.contains(_WHOLE_DATE)).fill_null(value=False).sum())
        return met._replace(chance=met.chance + min(alone, met.sure), sure=met.sure - min(alone, met.sure))

    def _addresses(self, rows: pa.Array) -> list[tuple[str, pl.Series]]:
        return [
            (name, otherwise.town_and_number(otherwise.addresses(self._texts(name, rows))))
            for name in self._of(Role.ADDRESS)
        ]

    def _births(self, rows: pa.Array) -> list[tuple[str, pl.Series]]:
        return [
            (name, form) for name, days in self._born(rows) for form in otherwise.spellings_of_dates(days)
        ]

    def _born(self, rows: pa.Array) -> Iterator[tuple[str, pl.Series]]:
        for name in self._of(Role.BIRTH):
            values = self._rows(name, rows)
            if pa.types.is_string(values.type):
                values = parse_dates(values, self._table.table.columns[name].dates)
            if pa.types.is_date(values.type):
                yield name, pl.Series(values)

    def _romaji(self, rows: pa.Array) -> list[tuple[str, pl.Series]]:
        return [(name, form) for name, *parts in self._read_names(rows) for form in _both_orders(*parts)]

    def _codes(self, rows: pa.Array) -> list[tuple[str, pl.Series]]:
        """Individual numbers without their last digit, which follows from the others."""
        found = []
        for name in self._of(Role.CODE):
            digits = self._texts(name, rows).str.replace_all(r"[\s-]", "")
            eleven = digits.str.extract(r"^([0-9]{11})[0-9]$") + "#"
            found.append((name, eleven))
        return found

    def _read_names(self, rows: pa.Array) -> Iterator[tuple[str, pl.Series, pl.Series]]:
        """Yield the names that are written in kana, as Latin letters: family name and given name."""
        for parts in self._table.named:
            if len(parts) == 2:
                family, given = (self._texts(name, rows).str.strip_chars() for name in parts)
            else:
                whole = self._texts(parts[0], rows).str.strip_chars()
                family, given = (whole.str.extract(_TWO_WORDS, group) for group in (1, 2))
            yield parts[0], otherwise.romaji(family), otherwise.romaji(given)

    def _of(self, role: Role) -> list[str]:
        """Return the columns of one role that are not released as they are."""
        columns = self._table.table.columns
        return [
            name
            for name in self._sources.schema.names
            if not columns[name].keep and role in {said.role for said in roles_of(name, columns[name].title)}
        ]

    def _rows(self, name: str, rows: pa.Array) -> pa.Array:
        return without_dictionary(self._sources.column(name).take(rows))

    def _texts(self, name: str, rows: pa.Array) -> pl.Series:
        return spelled(as_text(self._rows(name, rows)))


def _both_orders(family: pl.Series, given: pl.Series) -> Iterator[pl.Series]:
    for joined in (family + given, given + family):
        long = joined.str.len_chars() >= _SHORTEST_ROMAJI
        yield otherwise.sounds(pl.select(pl.when(long).then(joined)).to_series())
