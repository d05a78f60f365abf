"""Source values inside released cells: the record's own anywhere in a cell, another record's as a whole cell.

Texts are compared by the letters and digits of their shadow alone, telephone numbers with +81 as with 0.
Short values are in other words by chance: searched for are texts of 3 characters, of 5 where all are ASCII,
and digits from 6 on.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from tokumei.transforms.detect.lookalikes import with_hyphens
from tokumei.transforms.detect.shadow import letters_alone, shadow
from tokumei.transforms.leaks.found import Found
from tokumei.transforms.values.cells import as_text
from tokumei.transforms.values.text import HYPHENS

SHORTEST = 3
_SHORTEST_ASCII, _SHORTEST_DIGITS = 5, 6
_LONGEST_NUMBER = 64  # digits
_REPEATS = 0.5  # share of distinct cells up to which plain texts are made once for each
_SOME, _DIFFERENT = 2_048, 0.99  # cells that tell whether it is worth while to look for equal ones
_SOURCE, _CELL, _WRITTEN = "source", "cell", "written"
_CONTAINED = pl.col(_CELL).str.contains(pl.col(_SOURCE), literal=True)
_DIGITS = r"^[0-9]+$"
_DASHES = f"{HYPHENS}ー-"
_GAP = rf"[\s().,・/\[\]\u00ad\u200b-\u200f\u2060\ufeff{_DASHES}]"
_DIGITS_ALONE = re.compile(rf"[(\[]*[0-9]+(?:{_GAP}+[0-9]+)*")
_GAPS = re.compile(rf"{_GAP}+")
_BETWEEN = r"(?:[^\p{L}\p{N}]|ー){0,3}"
_ABROAD = (
    rf"(^|[^0-9])(?:\+{_BETWEEN}|00|010{_BETWEEN})81{_BETWEEN}(?:0{_BETWEEN})?"
    rf"([1-9](?:{_BETWEEN}[0-9]){{8,9}})([^0-9]|$)"
)
_JAPAN, _OF = "81", "-の-"
# What all that `_ABROAD` finds has; this is quick to find, and that slow to get ready.
_ANY = r"[^0-9]{0,3}"
_PERHAPS_ABROAD = rf"(?:\+|00|010){_ANY}{_JAPAN}{_ANY}(?:0{_ANY})?[1-9](?:{_ANY}[0-9]){{8}}"


class Read(NamedTuple):
    """Cells of a column, each once where they repeat, and their shadows.

    Attributes:
        cells: as they are.
        written: their shadows.
        places: of each record its cell; None where a record has its own.
    """

    cells: pl.Series
    written: pl.Series
    places: pl.Series | None


class Texts(NamedTuple):
    """Texts as they are compared, one a record; and the same while they still have all their characters."""

    plain: pl.Series
    written: pl.Series

    def rows(self, chosen: npt.NDArray[np.int64]) -> Texts:
        """Return some records' texts."""
        rows = pl.Series(chosen)
        return Texts(self.plain.gather(rows), self.written.gather(rows))


def plain_texts(values: pa.Array, write: Callable[[pa.Array], pl.Series] = shadow) -> Texts:
    """Return texts or whole numbers as they are compared; nulls stay null.

    Args:
        values: of any column.
        write: `shadow` of what is searched, where something may be wrapped; `spelled` of what is sought.
    """
    return as_compared(read_cells(values, write))


def as_compared(read: Read) -> Texts:
    """Return the cells of a column as they are compared, one a record."""
    written = at_home(read.written)
    return one_a_record(Texts(letters_alone(written), written), read)


def one_a_record(texts: Texts, read: Read) -> Texts:
    """Return what the cells of a column come to, one a record."""
    return texts if read.places is None else Texts(*(column.gather(read.places) for column in texts))


def read_cells(values: pa.Array, write: Callable[[pa.Array], pl.Series] = shadow) -> Read:
    """Return the cells of a column, texts or whole numbers, with their shadows, once for all searches."""
    if isinstance(values, pa.DictionaryArray):
        distinct, places = as_text(values.dictionary), values.indices
    else:
        distinct, places = as_text(values), None
        if (labels := repeated(distinct)) is not None:
            distinct, places = labels.dictionary, labels.indices
    cells = pl.Series(distinct, dtype=pl.String)
    return Read(cells, write(distinct), None if places is None else pl.Series(places))


def repeated(texts: pa.Array) -> pa.DictionaryArray | None:
    """Return plain texts with a dictionary, if they repeat so often that it is worth while; else None."""
    if not len(texts) or _seem_different(texts):
        return None
    encoded = texts.dictionary_encode()
    return encoded if len(encoded.dictionary) <= _REPEATS * len(texts) else None


def _seem_different(texts: pa.Array) -> bool:
    """Whether some cells from all over a column are so different that they are hardly fewer than records."""
    some = texts.take(pa.array(np.arange(0, len(texts), 1 + len(texts) // _SOME)))
    return len(some) > _SOME // 2 and len(some.unique()) > _DIFFERENT * len(some)


def at_home(written: pl.Series) -> pl.Series:
    """Return shadows with telephone numbers with +81 as with 0, and numbers without の between hyphens."""
    if written.str.contains(_OF, literal=True).any():
        written = with_hyphens(written)
    rows = written.str.contains(_JAPAN, literal=True).fill_null(value=False).arg_true()
    some = written.gather(rows)
    abroad = some.str.contains(_PERHAPS_ABROAD)
    if not abroad.any():
        return written
    return written.clone().scatter(
        rows.filter(abroad), some.filter(abroad).str.replace_all(_ABROAD, "${1}0$2$3")
    )


def sought(texts: pl.Series) -> pl.Series:
    """Return plain texts, null where they are too short to be looked for."""
    return pl.select(pl.when(long_enough(texts)).then(texts)).to_series()


def long_enough(texts: pl.Series) -> pl.Series:
    """Return which plain texts are long enough to be looked for; nulls stay null."""
    letters = texts.str.len_chars()
    long = letters >= _SHORTEST_DIGITS
    rows = ((letters >= SHORTEST) & ~long).arg_true()
    some, size = texts.gather(rows), letters.gather(rows)
    ascii_only = size == some.str.len_bytes()
    return long.scatter(rows, ~(some.str.contains(_DIGITS) | (ascii_only & (size < _SHORTEST_ASCII))))


def own_values(source: pl.Series, cells: Texts, shared: int, compared: int | None = None) -> Found:
    """Count the records whose cell contains their own source value.

    Labels are not counted. A cell is a label (千葉県) if the records that bear it have at least ``shared``
    different source values that do not stand in it. It contains somebody's value (千葉さん) by chance.

    Two kinds of matches are counted as chance, because they are not certain: digits within longer digits, and
    cells that are digits alone. For numbers that are the whole cell, the answer also says how many matches
    chance would give. Two columns of serial numbers have about one such match, telephone numbers none.

    Args:
        source: `sought` values, one a record.
        cells: those of a released column, in the same order.
        shared: how many people, by their source values, make a label.
        compared: records, with those left out because their cell has too few digits for such values.
    """
    frame = pl.DataFrame({_SOURCE: source, _CELL: cells.plain, _WRITTEN: cells.written}).drop_nulls()
    inside = frame.select(_CONTAINED).to_series()
    if not inside.any():
        return Found(compared or len(frame), 0, 0, 0, _coincidences(frame))
    hits = _without_labels(frame.filter(inside), frame.filter(~inside), shared)
    numeric = hits.filter(pl.col(_SOURCE).str.contains(_DIGITS))
    chance = sum(map(in_longer_digits, numeric[_SOURCE], numeric[_WRITTEN]))
    equal = len(numeric.filter(pl.col(_SOURCE) == pl.col(_CELL)))
    return Found(compared or len(frame), chance, len(hits) - chance, equal, _coincidences(frame))


def other_values(source: pl.Series, cells: pl.Series, shared: int, everybody: pl.Series) -> Found:
    """Count the records whose whole cell is the source value of another record of the batch.

    Labels are not counted, which here are cells that records with ``shared`` different source values bear.
    Digits alone are not counted either: numbers of two kinds (customers' and orders') coincide by chance.

    Args:
        source: `sought` values, one a record.
        cells: `sought` cells of a released column, in the same order.
        shared: how many people, by their source values, make a label.
        everybody: `sought` values of all records of the batch.
    """
    wanted = everybody.drop_nulls().unique()
    wanted = wanted.filter(~wanted.str.contains(_DIGITS))
    frame = pl.DataFrame({_SOURCE: source, _CELL: cells}).drop_nulls(_CELL)
    hits = frame.filter(pl.col(_CELL).is_in(wanted.implode()))
    hits = hits.filter(pl.col(_SOURCE).n_unique().over(_CELL) < shared) if len(hits) else hits
    return Found(len(frame), 0, len(hits.filter(~_CONTAINED.fill_null(value=False))))


def contained(source: pl.Series, cells: pl.Series) -> pl.Series:
    """Return whether each plain text stands in the cell of the same record."""
    return pl.DataFrame({_SOURCE: source, _CELL: cells}).select(_CONTAINED).to_series()


def numbers_among(cells: pl.Series) -> pl.Series:
    """Return those plain texts that are a number, and nothing else."""
    short = cells.filter(cells.str.len_bytes() <= _LONGEST_NUMBER)
    return short.filter(short.str.contains(_DIGITS))


def _coincidences(frame: pl.DataFrame) -> float:
    """Return how many records would have their own number for a cell if cells were dealt at random."""
    numbers = numbers_among(frame[_CELL])
    if not len(numbers):
        return 0.0
    counts = numbers.value_counts(name="cells")
    pairs = frame.select(_SOURCE).join(counts, left_on=_SOURCE, right_on=_CELL)["cells"].sum()
    return float(pairs) / len(frame) if len(frame) else 0.0


def _without_labels(hits: pl.DataFrame, others: pl.DataFrame, shared: int) -> pl.DataFrame:
    others = others.filter(pl.col(_CELL).is_in(hits[_CELL].unique().implode()))
    counts = others.group_by(_CELL).agg(people=pl.col(_SOURCE).n_unique())
    labels = counts.filter(pl.col("people") >= shared)[_CELL]
    return hits.filter(~pl.col(_CELL).is_in(labels.implode()))


def in_longer_digits(value: str, cell: str) -> bool:
    """Whether digits are met as part of longer digits only, or the cell is nothing but digits."""
    return _DIGITS_ALONE.fullmatch(cell) is not None or not any(
        _whole_groups(value, _GAPS.split(chain)) for chain in _DIGITS_ALONE.findall(cell)
    )


def _whole_groups(value: str, groups: list[str]) -> bool:
    """Whether some consecutive groups of digits are together the value."""
    for i in range(len(groups)):
        rest = value
        for group in groups[i:]:
            if not rest.startswith(group):
                break
            rest = rest[len(group) :]
            if not rest:
                return True
    return False
