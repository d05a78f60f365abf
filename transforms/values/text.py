"""Strings as bytes: what the value kernels share to read and write text without a Python loop."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np
import polars as pl
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

_PADDING = 32  # bytes after the last string, so that fixed-width reads stay inside the buffer
_LONGEST = 64  # a longer text is no date; bounds the work of the regular expressions
HYPHENS = "‐‑‒–—―−ーｰ－➖⁃﹣─━⎯⏤⸺⸻﹘˗"
_HYPHEN = re.compile(f"[{HYPHENS}]")
_WAVES = "〜～∼∽˜⁓"
_GUARDED = r"""^(?:=?"([^"]*)"|['’`]([^'"]*))$"""
_WAVE = re.compile(f"[{_WAVES}]")


class Utf8(NamedTuple):
    """The bytes of a string column: string ``i`` is ``data[starts[i] : starts[i] + lengths[i]]``."""

    starts: Ints
    lengths: Ints
    data: NDArray[np.uint8]

    def column(self, index: int) -> NDArray[np.uint8]:
        """Return byte ``index`` of every string; meaningless where the string is shorter."""
        return self.data[self.starts + index]

    def rows(self, chosen: Ints | slice) -> Utf8:
        """Return the chosen strings, over the same bytes."""
        return Utf8(self.starts[chosen], self.lengths[chosen], self.data)


def strings(values: pa.Array) -> pa.Array:
    """Return any array that can be read as text as a plain `pa.StringArray`."""
    return values if values.type == pa.string() else values.cast(pa.string())


def utf8(values: pa.Array) -> Utf8:
    """Return the bytes of a string array; nulls are empty strings.

    Args:
        values: a `pa.StringArray`, slices included.
    """
    bounds, held = bytes_of(values)
    padded = np.empty(len(held) + _PADDING, dtype=np.uint8)
    padded[: len(held)] = held
    padded[len(held) :] = 0
    starts = bounds[:-1].astype(np.int64)
    lengths = np.diff(bounds).astype(np.int64)
    if values.null_count:
        lengths[nulls(values)] = 0
    return Utf8(starts, lengths, padded)


def bytes_of(values: pa.Array) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """Return where each string begins and the last one ends, and their bytes in a row, which are not copied.

    Args:
        values: a `pa.StringArray`, slices included.
    """
    _, offsets, data = values.buffers()
    if len(values) == 0 or offsets is None:
        return np.zeros(len(values) + 1, dtype=np.int32), np.zeros(0, dtype=np.uint8)
    bounds = np.frombuffer(offsets, dtype=np.int32, count=len(values) + 1, offset=4 * values.offset)
    first, last = int(bounds[0]), int(bounds[-1])
    if first == last:
        return np.zeros_like(bounds), np.zeros(0, dtype=np.uint8)
    return bounds - first, np.frombuffer(data, dtype=np.uint8, count=last - first, offset=first)


def nulls(values: pa.Array) -> Bools:
    """Return which values are null."""
    without_bits = pa.types.is_union(values.type) or pa.types.is_run_end_encoded(values.type)
    if values.null_count == 0 and not without_bits:  # as most often
        return np.zeros(len(values), dtype=np.bool_)
    missing: Bools = values.is_null().to_numpy(zero_copy_only=False)
    return missing


def is_ascii(values: pa.Array) -> bool:
    """Return whether no string of the array has a byte beyond ASCII."""
    return int(bytes_of(values)[1].max(initial=0)) < 0x80


def plain(text: str) -> str:
    """Return one string after NFKC, with one kind of hyphen and no outer spaces."""
    return _HYPHEN.sub("-", unicodedata.normalize("NFKC", text)).strip()


def plain_column(values: pa.Array) -> pl.Series:
    """Return a string column as `plain` would write each value, as a polars series."""
    column = cast("pl.Series", pl.from_arrow(values)).cast(pl.String)
    if not is_ascii(values):
        column = column.str.normalize("NFKC").str.replace_all(_HYPHEN.pattern, "-")
    return column.str.strip_chars()


def folded(text: str) -> str:
    """Return the form in which two spellings of one value are equal: `plain`, with one kind of wave dash."""
    return _WAVE.sub("~", plain(text))


def folded_column(values: pa.Array) -> pa.Array:
    """Return a string column as `folded` would write each value."""
    column = plain_column(values)
    if not is_ascii(values):
        column = column.str.replace_all(_WAVE.pattern, "~")
    return strings(column.to_arrow())


def code_column(values: pa.Array) -> pl.Series:
    """Return a column of numbers that are codes as `plain` would write each, with wave dashes as hyphens too.

    Without what a spreadsheet needs to keep their leading zeros: ``="0312345678"``, ``'0312345678``.
    """
    column = plain_column(values)
    if not is_ascii(values):
        column = column.str.replace_all(f"[~{_WAVES}]", "-")
    return column.str.replace(_GUARDED, "$1$2").str.strip_chars()


def per_value(values: pa.Array, parse: Callable[[str], int | None], kind: pa.DataType) -> pa.Array:
    """Return ``parse`` of every value, called once per distinct value; None becomes null.

    Args:
        values: a `pa.StringArray`.
        parse: reads a string already passed through `plain`.
        kind: the type of the answer, an integer type.
    """
    encoded = values.dictionary_encode()
    texts = [None if text is None else plain(text) for text in encoded.dictionary.to_pylist()]
    answers = [None if text is None or len(text) > _LONGEST else parse(text) for text in texts]
    return pa.array(answers, type=kind).take(encoded.indices)


def fixed_width(fields: list[tuple[Ints, int] | str], missing: Bools) -> pa.Array:
    """Return strings of one width, built field by field.

    Args:
        fields: a literal, or non-negative numbers with their zero-padded width.
        missing: rows that become null.
    """
    widths = [len(field) if isinstance(field, str) else field[1] for field in fields]
    cells = np.empty((len(missing), sum(widths)), dtype=np.uint8)
    end = 0
    for field, width in zip(fields, widths, strict=True):
        end += width
        if isinstance(field, str):
            cells[:, end - width : end] = np.frombuffer(field.encode("ascii"), dtype=np.uint8)
            continue
        rest = field[0]
        for place in range(end - 1, end - width - 1, -1):
            rest, digit = np.divmod(rest, 10)
            cells[:, place] = digit + ord("0")
    offsets = np.arange(len(missing) + 1, dtype=np.int32) * cells.shape[1]
    validity = np.packbits(~missing, bitorder="little")
    return pa.StringArray.from_buffers(
        len(missing), pa.py_buffer(offsets), pa.py_buffer(cells), pa.py_buffer(validity)
    )


def spread(table: pa.Array, index: Ints) -> pa.DictionaryArray:
    """Return ``table[index]`` encoded by the table; null where the index is negative or the table is null."""
    missing = index < 0
    if table.null_count:
        missing |= nulls(table)[index]
        table = table.fill_null("")
    return pa.DictionaryArray.from_arrays(pa.array(index.astype(np.int32), mask=missing), table)


def number_text(value: float | int) -> str:
    """Write a number the way people do: no trailing .0, no exponent, every digit."""
    return str(int(value)) if float(value).is_integer() else np.format_float_positional(value, trim="-")
