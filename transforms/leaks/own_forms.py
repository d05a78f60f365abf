"""The record's own values in another form: address, birth date, name as it is read, code without its end.

`written_otherwise` makes one form of them. Only cells that may hold one are looked at: with steps of an
address or a date, with Latin letters or kana, with eleven digits. Where the file has no column of readings,
names are read as the tables of names have them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np
import polars as pl
import pyarrow as pa

from tokumei.schemas.column_names import Role, roles_of, says
from tokumei.transforms.detect import other_forms as other
from tokumei.transforms.detect.readings import name_parts, readings_of
from tokumei.transforms.detect.shadow import spelled
from tokumei.transforms.detect.text_array import CharacterKind
from tokumei.transforms.leaks.found import Found, LeakSearch
from tokumei.transforms.leaks.values import Texts, own_values
from tokumei.transforms.leaks.written import WrittenColumn
from tokumei.transforms.planning.name_columns import NameColumns
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.values.cells import as_text, without_dictionary

_NUMBERED = (Role.CODE, Role.CONTACT, Role.IDENTIFIER)
_WHOLE_DATE = r"^[A-Z']?[0-9]+(?:-[0-9]+){2}#$|^[0-9]{8}#$"


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

    def found(self, column: str, written: WrittenColumn) -> dict[LeakSearch, Found]:
        """Count the records of a released column whose cell holds their own value in another form.

        Args:
            column: its name.
            written: its texts.
        """
        cells = written.compared.written
        found: dict[LeakSearch, Found] = self._kana(column, written.compared)
        digits, latin = map(written.rows_have, (CharacterKind.DIGIT, CharacterKind.LATIN))
        perhaps = other.may_have_form(cells, digits, latin)
        for form, may, forms in (
            (other.ADDRESSES, perhaps, self._addresses),
            (other.BIRTHS, perhaps, self._births),
            (other.NAMES_IN_LATIN, perhaps & latin, self._latin),
            (other.ELEVEN, digits, self._codes),
            (other.TELEPHONES, digits | other.with_a_zero_in_kanji(cells), self._telephones),
            (other.BACKWARDS, digits, self._backwards),
        ):
            rows = pl.Series(np.flatnonzero(may))
            rows = rows.filter(cells.gather(rows).str.contains(form.pattern))
            if not len(rows):
                continue
            texts = form.canonical(cells.gather(rows))
            for of, values in forms(self._order.take(rows.to_arrow())):
                _add(found, LeakSearch("form", column, of), self._met(values, texts, len(cells)))
        return found

    def days(self, column: str, released: pa.Array) -> dict[LeakSearch, Found]:
        """Count the records whose released day is their own birth date, or is made of it.

        Args:
            column: a released column of days or times.
            released: its values, one a record; of one that is treated, those of the source.
        """
        if not (pa.types.is_date(released.type) or pa.types.is_timestamp(released.type)):
            return {}
        days = pl.Series(released).cast(pl.Date)
        return {
            LeakSearch("form", column, of): Found(
                len(days) - days.null_count(), int((born.cast(pl.Date) == days).sum()), 0
            )
            for of, born in self.born()
            if of != column
        }

    def born(self) -> Iterator[tuple[str, pl.Series]]:
        """Yield the columns of birth dates that are not released as they are, and days, one a record."""
        return self._born(self._order)

    def _met(self, values: pl.Series, texts: pl.Series, compared: int) -> Found:
        met = own_values(values, Texts(texts, texts), self._shared, compared)
        # A day that is the whole cell may be another day of the same person.
        if not met.sure:
            return met
        alone = int(((values == texts) & texts.str.contains(_WHOLE_DATE)).fill_null(value=False).sum())
        return met._replace(chance=met.chance + min(alone, met.sure), sure=met.sure - min(alone, met.sure))

    def _addresses(self, rows: pa.Array) -> Iterator[tuple[str, pl.Series]]:
        for name in self._of(Role.ADDRESS):
            yield from ((name, form) for form in other.address_forms(self._texts(name, rows)))

    def _births(self, rows: pa.Array) -> Iterator[tuple[str, pl.Series]]:
        for name, days in self._born(rows):
            yield from ((name, form) for form in other.birth_forms(days))

    def _born(self, rows: pa.Array) -> Iterator[tuple[str, pl.Series]]:
        for name in self._of(Role.BIRTH):
            days = other.birth_days(self._rows(name, rows), self._table.table.columns[name].dates)
            if days is not None:
                yield name, days

    def _latin(self, rows: pa.Array) -> Iterator[tuple[str, pl.Series]]:
        for name, family, given in self._names(rows):
            yield from ((name, form) for form in other.latin_forms(family, given))
        for name, family, given in self._read(rows):
            yield from ((name, form) for form in other.latin_forms(family, given))

    def _kana(self, column: str, compared: Texts) -> dict[LeakSearch, Found]:
        """Count the records whose cell holds their own name as it is read, if no column has readings."""
        found: dict[LeakSearch, Found] = {}
        if not self._unread:
            return found
        cells = compared.written
        rows = cells.str.contains(other.NAMES_IN_KANA.pattern).fill_null(value=False).arg_true()
        for name, family, given in self._read(self._order.take(rows.to_arrow())) if len(rows) else ():
            for form in other.kana_forms(family, given):
                held = other.perhaps_in_kana(form, compared.plain.gather(rows)).arg_true()
                texts = other.NAMES_IN_KANA.canonical(cells.gather(rows.gather(held)))
                _add(found, LeakSearch("form", column, name), self._met(form.gather(held), texts, len(cells)))
        return found

    @cached_property
    def _unread(self) -> tuple[NameColumns, ...]:
        """The columns of names, if no column has their readings."""
        columns = self._table.table.columns
        read = any(says({Role.KANA}, n, columns[n].title) for parts in self._table.named for n in parts)
        return () if read else self._table.named

    def _read(self, rows: pa.Array) -> Iterator[tuple[str, pl.Series, pl.Series]]:
        """Yield the names of people as they may be read, in katakana."""
        for name, family, given in self._names(rows) if self._unread else ():
            yield from ((name, one, other_) for one, other_ in readings_of(family, given))

    def _names(self, rows: pa.Array) -> Iterator[tuple[str, pl.Series, pl.Series]]:
        """Yield family names and given names."""
        for parts in self._table.named:
            texts = [self._texts(name, rows) for name in parts]
            yield (parts[0], *(texts if len(texts) == 2 else name_parts(texts[0])))

    def _codes(self, rows: pa.Array) -> Iterator[tuple[str, pl.Series]]:
        for name in self._of(Role.CODE):
            yield from ((name, form) for form in other.eleven_forms(self._texts(name, rows)))

    def _telephones(self, rows: pa.Array) -> Iterator[tuple[str, pl.Series]]:
        for name in self._of(Role.CONTACT):
            for number in other.telephone_forms(self._texts(name, rows)):
                yield name, number
                yield name, number.str.slice(1)  # without the zero before it

    def _backwards(self, rows: pa.Array) -> Iterator[tuple[str, pl.Series]]:
        for name in dict.fromkeys(n for role in _NUMBERED for n in self._of(role)):
            yield from ((name, form) for form in other.backward_forms(self._texts(name, rows)))

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


def _add(found: dict[LeakSearch, Found], search: LeakSearch, met: Found) -> None:
    found[search] = found[search] + met if search in found else met
