"""Columns as a format gives them to canonical Arrow types, naming the cells that do not fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.schemas.date_formats import USUAL, DateReading
from tokumei.schemas.treatment_base import ColumnType
from tokumei.transforms.formats.garbled import held_as_text, of_rows, places_of
from tokumei.transforms.formats.no_value import none_texts
from tokumei.transforms.formats.text_kernels import parse, plain_zero
from tokumei.transforms.formats.unread import TIME_OF_DAY, UTC_MIDNIGHT, why_unread
from tokumei.transforms.values.date_codes import serial_seconds
from tokumei.transforms.values.japan_clock import wall_clock, whole_days
from tokumei.transforms.values.text import spread

ARROW_TYPES: dict[ColumnType, pa.DataType] = {
    "string": pa.string(),
    "text": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "date": pa.date32(),
    "month": pa.date32(),
    "datetime": pa.timestamp("s"),
    "boolean": pa.bool_(),
}

_DAY = 86_400
_UTC = {"UTC", "Etc/UTC", "GMT", "Z", "+00:00"}
_FIRST, _LAST = -719_162, 2_932_896  # 0001-01-01 and 9999-12-31, the days that calendars and Python know
_UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def without_dictionaries(table: pa.Table) -> pa.Table:
    """Return a table whose dictionary columns are plain columns, for formats that have no dictionaries."""
    kinds = ((f.name, f.type.value_type if pa.types.is_dictionary(f.type) else f.type) for f in table.schema)
    return table.cast(pa.schema(kinds))


class Converted(NamedTuple):
    """A column in its canonical type, and the reason for each of its cells that is bad (null in values).

    ``nan`` counts the cells that are not bad but NaN, as which some programs write that there is no value.
    """

    values: pa.Array
    bad: Mapping[int, str]
    nan: int = 0


def readable(found: pa.DataType, kind: ColumnType, how: DateReading = USUAL) -> bool:
    """Return whether a column of this Arrow type can be read as the declared type without loss.

    Text can be read as anything. Whole numbers can be read as text, and so as anything, since nothing is
    lost; fractions, days and times cannot be read as text, which would depend on who writes it. Type ``text``
    takes whole floats too: it is what is only searched for, or free text.
    """
    t = pa.types
    if t.is_dictionary(found):
        found = found.value_type
    if t.is_null(found) or held_as_text(found) or _is_whole(found):
        return True
    calendar = t.is_date(found) or t.is_timestamp(found)
    serial = t.is_floating(found) and how.serial
    others = {
        "text": t.is_floating(found),
        "integer": t.is_floating(found),
        "number": t.is_floating(found) or t.is_decimal(found),
        "date": calendar or serial,
        "month": calendar,
        "datetime": calendar or serial,
        "boolean": t.is_boolean(found),
    }
    return bool(others.get(kind, False))


def convert(
    values: pa.Array, kind: ColumnType, null_values: Sequence[str], how: DateReading = USUAL
) -> Converted:
    """Convert a column of any type that `readable` accepts to the canonical type of ``kind``.

    Times with a zone become what a clock in Japan shows; parts of a second are cut off. A day must be
    midnight, a month the first of it, and a float declared integer must be whole. NaN is no value.

    Args:
        values: the column as the format gives it; texts must be UTF-8.
        kind: its declared type.
        null_values: texts that mean null, in any spelling that `folded` makes one of them. In a typed column
            they mean the values they spell, so that ``-1`` is null in an integer column too.
        how: what the column declares of its dates.

    Returns:
        The column in its canonical type, texts encoded by a dictionary if they were; cells that do not fit
        are null and named in ``bad``.
    """
    if pa.types.is_dictionary(values.type):
        return _from_dictionary(values, kind, null_values, how)
    if pa.types.is_null(values.type):
        return Converted(pa.nulls(len(values), ARROW_TYPES[kind]), {})
    if held_as_text(values.type) or (_is_whole(values.type) and not _fits_directly(values.type, kind)):
        return _from_text(values.cast(pa.string()), kind, null_values, how)
    nan = 0
    if pa.types.is_float16(values.type):
        values = values.cast(pa.float32())
    if pa.types.is_floating(values.type) and (none := pc.is_nan(values)).true_count:
        nan = none.true_count
        values = pc.if_else(none.fill_null(False), pa.scalar(None, values.type), values)
    native = _native(values, kind, how)
    converted = Converted(native, _misfits(values, native, kind), nan)
    spelled = _spelled(tuple(null_values), kind, how)
    if len(spelled):
        return converted._replace(values=_nulled(native, pc.is_in(native, value_set=spelled)))
    return converted


@lru_cache(maxsize=64)  # asked for every chunk, and it takes longer than to convert that
def _spelled(null_values: tuple[str, ...], kind: ColumnType, how: DateReading) -> pa.Array:
    """Return the values that null texts spell in a typed column."""
    return parse(pa.array(null_values, pa.string()), kind, how).drop_null()


def _from_dictionary(
    values: pa.DictionaryArray, kind: ColumnType, null_values: Sequence[str], how: DateReading
) -> Converted:
    if pa.types.is_floating(values.type.value_type):  # each NaN is counted
        return convert(values.dictionary_decode(), kind, null_values, how)
    distinct, bad, _ = convert(values.dictionary, kind, null_values, how)
    if not distinct.null_count and pa.types.is_string(distinct.type):
        return Converted(pa.DictionaryArray.from_arrays(values.indices, distinct, safe=False), {})
    places = places_of(values)
    if pa.types.is_string(distinct.type):
        return Converted(spread(distinct, places), of_rows(bad, places))
    return Converted(distinct.take(pa.array(places, mask=places < 0)), of_rows(bad, places))


def _is_whole(found: pa.DataType) -> bool:
    return bool(pa.types.is_integer(found) or (pa.types.is_decimal(found) and found.scale == 0))


def _fits_directly(found: pa.DataType, kind: ColumnType) -> bool:
    """Whole numbers that need no detour over text: the others may overflow, or are dates such as 20240401."""
    return kind == "number" or (kind == "integer" and found in _SMALL)


_SMALL = {pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32()}


def _from_text(
    texts: pa.StringArray, kind: ColumnType, null_values: Sequence[str], how: DateReading
) -> Converted:
    if null_values:
        texts = _nulled(texts, pa.array(none_texts(texts, null_values, spaces=False)))
    parsed = parse(texts, kind, how)
    lost = _lost(texts, parsed)
    reasons = why_unread(texts.take(pa.array(lost)), kind, how) if len(lost) else ()
    return Converted(parsed, dict(zip(lost.tolist(), reasons, strict=True)))


def _nulled(values: pa.Array, mask: pa.BooleanArray) -> pa.Array:
    return pc.if_else(mask, pa.scalar(None, values.type), values) if mask.true_count else values


def _lost(before: pa.Array, after: pa.Array) -> npt.NDArray[np.int64]:
    if after.null_count == before.null_count:
        return np.empty(0, np.int64)
    return np.flatnonzero(pc.and_(before.is_valid(), after.is_null()))


def _misfits(before: pa.Array, after: pa.Array, kind: ColumnType) -> dict[int, str]:
    """Return the reasons why typed values do not fit."""
    lost = _lost(before, after)
    if kind == "text":
        return {}  # a fraction is a quantity, and not searched for
    if kind != "date" or not len(lost) or not pa.types.is_temporal(before.type):
        return dict.fromkeys(lost.tolist(), kind)
    at = before.take(pa.array(lost))
    days, of_day = np.divmod(_seconds(at, DateReading("utc_as_written")), _DAY)
    dates = _outside(days)
    zoned = pa.types.is_timestamp(at.type) and at.type.tz is not None
    reasons = np.select([dates, zoned & (of_day == 0)], [kind, UTC_MIDNIGHT], TIME_OF_DAY)
    return dict(zip(lost.tolist(), reasons.tolist(), strict=True))


def _native(values: pa.Array, kind: ColumnType, how: DateReading) -> pa.Array:
    if kind == "boolean":
        return values
    if kind in {"integer", "text"}:
        whole = _whole_floats(values) if pa.types.is_floating(values.type) else values.cast(pa.int64())
        return whole.cast(ARROW_TYPES[kind])
    if kind == "number":
        found = values.cast(pa.float64(), safe=False)
        return plain_zero(_nulled(found, pc.invert(pc.is_finite(found)).fill_null(False)))
    return _calendar(values, kind, how)


def _whole_floats(values: pa.Array) -> pa.Array:
    floats = values.cast(pa.float64()).fill_null(0.0).to_numpy(zero_copy_only=False)
    # From 2**53 on a float no longer tells neighbouring integers apart.
    whole = (np.abs(floats) < 2.0**53) & (np.trunc(floats) == floats)
    nulls = values.is_null().to_numpy(zero_copy_only=False)
    return pa.array(np.where(whole, floats, 0).astype(np.int64), mask=~whole | nulls)


def _calendar(values: pa.Array, kind: ColumnType, how: DateReading) -> pa.Array:
    if kind == "date" and pa.types.is_date32(values.type) and _in_calendar(values):
        return values
    bad = np.array(values.is_null())
    if pa.types.is_floating(values.type):
        serials = values.cast(pa.float64()).to_numpy(zero_copy_only=False)
        seconds, good = serial_seconds(serials, how)
        bad |= ~good
    else:
        seconds = _seconds(values, how)
    days, begins = whole_days(seconds)
    bad |= _outside(days)
    if kind == "datetime":
        return pa.array(seconds, mask=bad).cast(pa.timestamp("s"))
    bad |= ~begins
    dates = pa.array(np.where(bad, 0, days).astype(np.int32), mask=bad).cast(pa.date32())
    if kind == "month":
        return _nulled(dates, pc.not_equal(pc.day(dates), 1).fill_null(False))
    return dates


def _outside(days: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    outside: npt.NDArray[np.bool_] = (days < _FIRST) | (days > _LAST)
    return outside


def _in_calendar(dates: pa.Date32Array) -> bool:
    span = pc.min_max(dates.cast(pa.int32()))
    first, last = span["min"].as_py(), span["max"].as_py()
    return first is None or bool(first >= _FIRST and last <= _LAST)


def _seconds(values: pa.Array, how: DateReading) -> npt.NDArray[np.int64]:
    if pa.types.is_date32(values.type):
        days = values.cast(pa.int32()).fill_null(0).to_numpy(zero_copy_only=False)
        midnights: npt.NDArray[np.int64] = days.astype(np.int64) * _DAY
        return midnights
    unit, zone = ("ms", None) if pa.types.is_date64(values.type) else (values.type.unit, values.type.tz)
    ticks = values.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    seconds: npt.NDArray[np.int64] = ticks // _UNITS[unit]
    if zone is None or (zone in _UTC and how.format == "utc_as_written"):
        return seconds
    return wall_clock(seconds)
