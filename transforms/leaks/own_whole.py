"""Columns of short values that are, record by record, a part or another form of the record's own value.

Short values equal others by chance, so none is looked for inside texts. But a column whose cells are the
digits of the record's own code, its birth date in digits, its telephone number without the area code or the
numbers of its address, in more than 1 of 100 records and more often than if cells were dealt at random, is
such a value under another name.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import polars as pl
import pyarrow as pa

from tokumei.schemas.column_names import Role, roles_of
from tokumei.transforms.detect import other_forms as other
from tokumei.transforms.detect.shadow import spelled
from tokumei.transforms.detect.written_otherwise import addresses
from tokumei.transforms.leaks.found import Found, LeakSearch
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.values.cells import as_text, without_dictionary

_LOOKED, _DIFFERENT = 512, 24  # cells that tell whether a column is one of short codes
_SHORT, _DIGIT, _BETWEEN = r"^[0-9A-Z]{3,17}$", "[0-9]", r"[^0-9A-Z]+"
_NUMBERS = r"([0-9]+(?:-[0-9]+)+#)$|([0-9]+(?:-[0-9]+)+#)[^0-9]"
_WITH_HYPHENS = r"^[^0-9]*[0-9]+(?:-[0-9]+)+#$"
_LOCAL = r"^0[0-9]{1,4}([0-9]{8})$"
_HALVES = (r"^[0-9]{4}([0-9]{8})$", r"^([0-9]{8})[0-9]{4}$")
_ACCOUNT = r"^([^@\s]{3,})@"
_LONGEST, _LEAST = 200, 4  # bytes of a value, digits of a code
_SERIALS = date(1899, 12, 30), date(1970, 1, 1)  # from which spreadsheets and clocks count days
_SECONDS = 86_400  # of a day


def whole_values(
    table: TablePlan, sources: pa.RecordBatch, order: pa.Array, column: str, released: pa.Array
) -> dict[LeakSearch, Found]:
    """Compare the cells of a released column with forms of the record's own values.

    Args:
        table: the plan.
        sources: its source values, of all records of the chunk.
        order: the row of each released record in them.
        column: the released column.
        released: its cells, texts or numbers, one a record.

    Returns:
        By ``part``, for each source column that identifies and each birth date: how many cells are the own
        value (``equal``, and as many ``chance``) in the form that most have, and how many would be by chance.
    """
    texts = as_text(without_dictionary(released))
    first = spelled(texts.slice(0, _LOOKED)).drop_nulls()
    codes = first.str.replace_all(_BETWEEN, "")
    if codes.n_unique() < _DIFFERENT or not (_are_short(codes) or _are_addresses(first)):
        return {}
    cells = spelled(texts)
    plain = cells.str.replace_all(_BETWEEN, "").str.strip_chars_start("0")
    numbers = addresses(cells).str.extract(r"^[^0-9]*([0-9]+(?:-[0-9]+)+#)$", 1)
    found: dict[LeakSearch, Found] = {}
    for name in table.compared:
        if name == column:
            continue
        search = LeakSearch("part", column, name)
        for place, form in _forms(table, name, sources.column(name).take(order)):
            met = _met(numbers if place else plain, form if place else form.str.strip_chars_start("0"))
            if met.equal > (found[search].equal if search in found else 0):
                found[search] = met
    return found


def _are_short(codes: pl.Series) -> bool:
    return 2 * int((codes.str.contains(_SHORT) & codes.str.contains(_DIGIT)).sum()) > len(codes)


def _are_addresses(cells: pl.Series) -> bool:
    return 2 * int(addresses(cells).str.contains(_WITH_HYPHENS).sum()) > len(cells)


def _forms(table: TablePlan, name: str, values: pa.Array) -> Iterator[tuple[bool, pl.Series]]:
    """Yield forms of a source column, and whether each is the numbers of an address."""
    column = table.table.columns[name]
    roles = {said.role for said in roles_of(name, column.title)}
    values = without_dictionary(values)
    if Role.BIRTH in roles:
        days = other.birth_days(values, column.dates)
        if days is not None:
            yield from ((False, form.str.strip_chars_end("#")) for form in _born(days))
        return
    if not (column.identifies or roles & {Role.CODE, Role.LINK, Role.IDENTIFIER, Role.CONTACT, Role.ADDRESS}):
        return
    written = spelled(as_text(values))
    written = written.set(written.str.len_bytes() > _LONGEST, None)
    if Role.ADDRESS in roles:
        found = addresses(written)
        yield True, found.str.extract(_NUMBERS, 1).fill_null(found.str.extract(_NUMBERS, 2))
        return
    plain = written.str.replace_all(_BETWEEN, "")
    codes = pl.select(pl.when(plain.str.contains(_SHORT)).then(plain)).to_series()
    digits = codes.str.replace_all(r"[^0-9]+", "")
    yield False, pl.select(pl.when(codes != digits).then(codes)).to_series()
    yield False, pl.select(pl.when(digits.str.len_chars() >= _LEAST).then(digits)).to_series()
    yield False, digits.str.extract(_LOCAL, 1)
    for part in _HALVES:  # of a My Number the others follow from few
        yield False, digits.str.extract(part, 1)
    yield False, written.str.extract(_ACCOUNT, 1).str.replace_all(_BETWEEN, "")


def _born(days: pl.Series) -> Iterator[pl.Series]:
    yield from other.birth_numbers(days)
    yield from (days.dt.strftime(form) for form in ("%Y%m%d", "%m%d"))
    for first in _SERIALS:
        since = pl.select((days - first).dt.total_days()).to_series()
        yield from ((since * unit).abs().cast(pl.String) for unit in (1, _SECONDS, 1000 * _SECONDS))


def _met(cells: pl.Series, values: pl.Series) -> Found:
    """Count equal pairs, and how many there would be if cells were dealt at random."""
    frame = pl.DataFrame({"cell": cells, "value": values}).drop_nulls()
    frame = frame.filter((pl.col("cell") != "") & (pl.col("value") != ""))
    equal = len(frame.filter(pl.col("cell") == pl.col("value")))
    if not equal:
        return Found(len(frame), 0, 0)
    cell, value = (frame[name].value_counts(name="n") for name in ("cell", "value"))
    both = cell.join(value, left_on="cell", right_on="value")
    expected = float((both["n"] * both["n_right"].cast(pl.Float64)).sum()) / len(frame)
    return Found(len(frame), equal, 0, equal, expected)
