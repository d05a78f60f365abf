"""The search of one written batch: which source values and which numbers stand in its columns.

What is covered, exactly: in every column that can carry source text, each record's own values of what is not
released, anywhere in its cell and over the whole file, some of them in other forms too (`own_forms`), and
codes and contacts (`numbers`). Names are sought of anybody in the files (`people`). Beyond that, cells that
are as a whole the value of another record of the same batch (a chunk: families and referrers often stand
together), or anybody's name or address. Not covered, because it would need all values of the file at every
record: other values of people elsewhere in the file; and values too short to be told from chance.
"""

from __future__ import annotations

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.schemas.leaks import leaves_numbers
from tokumei.transforms.counting.person_values import Theirs, days_as_texts
from tokumei.transforms.detect.name_set import NameSet
from tokumei.transforms.leaks.beside import beside
from tokumei.transforms.leaks.birth_parts import birth_in_parts
from tokumei.transforms.leaks.found import Found, Leaks, LeakSearch
from tokumei.transforms.leaks.labels import Cells
from tokumei.transforms.leaks.named import named_values
from tokumei.transforms.leaks.numbers import codes_in, numbers_in, whole_numbers_of
from tokumei.transforms.leaks.own_forms import OwnForms
from tokumei.transforms.leaks.own_search import OwnSearch
from tokumei.transforms.leaks.own_tokens import own_tokens
from tokumei.transforms.leaks.own_whole import whole_values
from tokumei.transforms.leaks.people import (
    addresses_and_births,
    codes_of_people,
    names_and_addresses,
    names_in,
)
from tokumei.transforms.leaks.sought_column import SoughtColumn
from tokumei.transforms.leaks.theirs import theirs_in
from tokumei.transforms.leaks.values import own_values, plain_texts, read_cells
from tokumei.transforms.leaks.written import WrittenColumn
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.planning.redactions import redacted_columns
from tokumei.transforms.values.cells import without_dictionary

_LABEL = 10  # people, at least, that make a cell a label
_SHORT = 100_000  # smaller integers have fewer digits than any value that is looked for


def scan(
    table: TablePlan,
    batch: pa.RecordBatch,
    *,
    sources: pa.RecordBatch,
    order: pa.Array,
    names: NameSet | None,
    theirs: Theirs | None = None,
) -> Leaks:
    """Search one released batch; counts only, for every search that had something to compare.

    Args:
        table: the plan.
        batch: released columns.
        sources: source values to look for and to judge, of all records of the chunk.
        order: the row of each released record in ``sources``.
        names: of the people of all tables; None where none are sought.
        theirs: what other tables delete of the people of the released records; None where none is joined.
    """
    people = _people(table, sources, order)
    found: dict[LeakSearch, Found] = dict(named_values(table, batch, sources, order, people))
    shared = max(table.k, _LABEL)
    wanted = _wanted(table, batch, sources, order, shared)
    forms = OwnForms(table, sources, order, shared)
    redacted = redacted_columns(table)
    for name, column in table.table.columns.items():
        if column.carries_days and batch.num_rows:
            days = sources.column(name).take(order) if column.treat else batch.column(name)
            found |= forms.days(name, days)
            if theirs is not None:
                found |= theirs_in(theirs, name, plain_texts(days_as_texts(days)), shared)
        if not column.carries_numbers or not batch.num_rows:
            continue
        carries = column.carries_values and bool(wanted or names or theirs)
        written = None
        if carries and column.type in {"string", "text"}:
            written = WrittenColumn.of(read_cells(batch.column(name)), names, people)
        for kind, count in numbers_in(batch.column(name), written).items():
            found[LeakSearch("number", name, kind)] = count
        if written is not None:
            if column.type == "string":
                found |= names_and_addresses(name, written, shared)
            found |= names_in(names, name, written, shared)
            codes = None if names is None else names.codes
            told = None if names is None else names.told
            found |= codes_of_people(codes, name, written, shared)
            found |= addresses_and_births(told, name, written, shared)
            found |= _values(name, written, wanted, shared, itself=name not in redacted)
            found |= forms.found(name, written)
            found |= dict(own_tokens(table, sources, order, name, written))
            found |= theirs_in(theirs, name, written.compared, shared)
        whole = whole_numbers_of(batch.column(name)) if carries else None
        if whole is not None and written is None:
            found |= _in_numbers(name, whole, wanted, theirs, shared)
        if whole is not None and name not in redacted:
            found |= whole_values(table, sources, order, name, whole)
    found |= dict(beside(table, batch, names))
    found |= dict(birth_in_parts(table, batch, forms.born()))
    return found | _judged(table, batch, sources, order)


def _judged(
    table: TablePlan, batch: pa.RecordBatch, sources: pa.RecordBatch, order: pa.Array
) -> dict[LeakSearch, Found]:
    """Search the sources of columns of which nothing may be released if they are codes."""
    found = {}
    for name in table.judged:
        for kind, count in codes_in(sources.column(name)).items():
            found[LeakSearch("source", name, kind)] = count
        column = table.table.columns[name]
        if batch.num_rows and leaves_numbers(column.type, column.treat):
            found |= _still_numbers(table, name, batch.column(name), sources, order)
    return found


def _still_numbers(
    table: TablePlan, name: str, released: pa.Array, sources: pa.RecordBatch, order: pa.Array
) -> dict[LeakSearch, Found]:
    """Search a column of numbers that were capped, rounded, swapped or blurred, and are numbers all the same.

    Its source is compared with the record's own values: a little noise does not make another number of it.
    """
    found = {LeakSearch("number", name, kind): count for kind, count in numbers_in(released).items()}
    source = whole_numbers_of(without_dictionary(sources.column(name).take(order)))
    return found | whole_values(table, sources, order, name, source)


def _wanted(
    table: TablePlan, batch: pa.RecordBatch, sources: pa.RecordBatch, order: pa.Array, shared: int
) -> dict[str, SoughtColumn]:
    wanted = {}
    for name in table.sought if batch.num_rows else ():
        column = table.table.columns[name]
        partly = any(step.keeps_coarse for step in column.treat)
        released = batch.column(name) if partly else None
        wanted[name] = SoughtColumn(
            sources.column(name), order, released, None if column.identifies else shared
        )
    return wanted


def _values(
    name: str, written: WrittenColumn, wanted: dict[str, SoughtColumn], shared: int, *, itself: bool
) -> dict[LeakSearch, Found]:
    """Search a column of texts for source values; for others' of its own only if ``itself``.

    What many write (boilerplate) stands in redacted texts as it stood, where nothing in it is personal: that
    another's text had a name in it besides makes no source value of it.
    """
    if not wanted:
        return {}
    search = OwnSearch(written, wanted, shared)
    found = {LeakSearch("own", name, of): count for of, count in search.own().items()}
    for of in (of for of in wanted if itself or of != name):
        if (others := search.others(of)) is not None:
            found[LeakSearch("other", name, of)] = others
    return found


def _in_numbers(
    name: str, values: pa.Array, wanted: dict[str, SoughtColumn], theirs: Theirs | None, shared: int
) -> dict[LeakSearch, Found]:
    """Search a column of numbers for source values, as such a column has them: without zeros before them."""
    whole = pa.types.is_integer(values.type)
    if whole and not _may_be_long(values):
        return {}
    cells = plain_texts(values)
    groups = Cells.of(cells.plain)
    found = theirs_in(theirs, name, cells, shared)
    for name_of, source in wanted.items():
        rows = groups.but_labels(source.values, shared)
        texts = source.values(rows)
        texts = texts.str.strip_chars_start("0") if whole else texts
        found[LeakSearch("own", name, name_of)] = own_values(texts, cells.rows(rows), shared)
    return found


def _people(table: TablePlan, sources: pa.RecordBatch, order: pa.Array) -> pl.Series | None:
    """Return whose record each released one is, as far as it matters: where a person has several."""
    person = table.table.person
    if person is None or person not in sources.schema.names or not table.counts_people:
        return None
    return pl.Series(without_dictionary(sources.column(person).take(order)))


def _may_be_long(values: pa.Array) -> bool:
    span = pc.min_max(values)
    low, high = span["min"].as_py(), span["max"].as_py()
    return low is not None and bool(high >= _SHORT or low <= -_SHORT)
