"""Released columns that make something together: a number in pieces, a telephone number, 姓 and 名.

Columns of digits are joined as they follow one another in the release, whatever stands between them: up to
twelve, forwards and backwards, three and two in every order; texts as neighbours. What they make is judged as
a column of its own would be, with so much less chance as there are more ways to join.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise, permutations

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.transforms.detect.checked import whole_numbers
from tokumei.transforms.detect.contacts import TELEPHONE
from tokumei.transforms.detect.name_set import NameSet
from tokumei.transforms.detect.shadow import spelled
from tokumei.transforms.leaks.found import Found, LeakSearch
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.values.cells import as_text
from tokumei.transforms.values.code_formats import INSURER
from tokumei.transforms.values.phones import phone_area
from tokumei.transforms.values.text import strings

_PIECES, _PHONE_PIECES = 12, 3  # 1|2|3|…, 03|1234|5678
_DIGITS = r"^[0-9]{1,8}$"
_CODES = frozenset({12, 14, 15, 16})
_PHONE = r"^0[0-9]{9,10}$"
_TELEPHONE = 10  # digits of one, or one more
_LONGEST_WORD = 24  # bytes of a family name or a given name
_FEW = 1_000  # records that tell whether a column is one of pieces


def beside(
    table: TablePlan, batch: pa.RecordBatch, names: NameSet | None
) -> Iterator[tuple[LeakSearch, Found]]:
    """Search what neighbouring columns of a released batch make together.

    Yields:
        By the first column: ``number`` or ``likely``, with the names of the others.
    """
    pieces, texts = [], []
    for name, column in table.table.columns.items():
        if not column.released:
            continue
        values = batch.column(name) if column.carries_values else None
        pieces.append((name, _piece(values)))
        texts.append((name, _word(values) if column.type == "string" else None))
    for run in _runs([(name, piece) for name, piece in pieces if piece is not None]):
        yield from _numbers(*run)
    for (one, family), (other, given) in pairwise(texts) if names is not None else ():
        if family is not None and given is not None and names is not None:
            yield LeakSearch("likely", one, "", (other,)), _names(names, family, given)


def _piece(values: pa.Array | None) -> pl.Series | None:
    """Return a column as digits; None where it is none of such pieces."""
    if values is None or pa.types.is_floating(values.type) or not len(values):
        return None
    first = pl.Series(as_text(values.slice(0, _FEW)), dtype=pl.String).drop_nulls()
    if not len(first) or not first.str.contains(_DIGITS).all():
        return None
    texts = pl.Series(as_text(values), dtype=pl.String)
    if not texts.drop_nulls().str.contains(_DIGITS).all():
        return None
    # A number has lost the zeros before it: 17 of 0017.
    return (
        texts.str.zfill(max(map(len, texts.drop_nulls().unique())))
        if pa.types.is_integer(values.type)
        else texts
    )


def _word(values: pa.Array | None) -> pl.Series | None:
    """Return a column of short texts; None where it is none."""
    if values is None or not len(values):
        return None
    texts = as_text(values)
    longest = pc.max(pc.binary_length(texts)).as_py()
    return pl.Series(texts, dtype=pl.String) if longest and longest <= _LONGEST_WORD else None


def _runs(
    columns: Sequence[tuple[str, pl.Series]],
) -> Iterator[tuple[tuple[str, ...], list[pl.Series]]]:
    """Yield two to twelve pieces that follow one another, with their names, if they may make a number."""
    widths = [_widths(values) for _, values in columns]
    for start in range(len(columns)):
        for size in range(2, _PIECES + 1):
            run = columns[start : start + size]
            least, most = (sum(width[i] for width in widths[start : start + size]) for i in (0, 1))
            if len(run) < size or least > max(_CODES):
                break
            if (least == most and most in _CODES) or (
                size == _PHONE_PIECES and least <= _TELEPHONE + 1 and most >= _TELEPHONE
            ):
                yield tuple(name for name, _ in run), [values for _, values in run]


def _widths(values: pl.Series) -> tuple[int, int]:
    """Return the least and greatest number of digits."""
    sizes = values.drop_nulls().str.len_bytes().unique().to_list()
    return min(sizes), max(sizes)


def _numbers(names: tuple[str, ...], columns: list[pl.Series]) -> Iterator[tuple[LeakSearch, Found]]:
    """Yield what some pieces make, in that order in which most of it is valid."""
    one, *others = names
    frame = pl.DataFrame({str(i): column for i, column in enumerate(columns)}).drop_nulls().unique()
    orders = (
        [*permutations(frame.columns)]
        if len(names) <= _PHONE_PIECES
        else [frame.columns, frame.columns[::-1]]
    )
    found: dict[str, Found] = {}
    for order in orders:
        joined = frame.select(pl.concat_str(order)).to_series().unique()
        for kind, count in _made(joined, telephones=len(names) == _PHONE_PIECES):
            if kind not in found or count.chance - count.expected > found[kind].chance - found[kind].expected:
                found[kind] = count
    for kind, count in found.items():
        yield LeakSearch("number", one, kind, tuple(others)), count


def _made(joined: pl.Series, *, telephones: bool) -> Iterator[tuple[str, Found]]:
    sizes = joined.str.len_bytes().unique().to_list()
    if len(sizes) == 1 and sizes[0] in _CODES:
        for kind, n in whole_numbers(joined).items():
            if kind is not INSURER:
                yield kind.name, Found(n.compared, n.passing, 0, 0, n.by_chance)
    if telephones:
        numbers = joined.filter(joined.str.contains(_PHONE))
        if len(numbers):
            valid = len(numbers) - phone_area(strings(numbers.to_arrow())).null_count
            yield TELEPHONE, Found(len(joined), valid, 0)


def _names(names: NameSet, family: pl.Series, given: pl.Series) -> Found:
    pairs = pl.DataFrame({"s": family, "g": given}).drop_nulls().unique()
    joined = spelled(pairs.select(pl.col("s") + " " + pl.col("g")).to_series().to_arrow())
    hits = names.find(joined)
    whole = hits.start + joined.str.len_chars().to_numpy()[hits.owner] == hits.end
    met, decoys = (pl.Series(hits.owner[whole & of]).n_unique() for of in (~hits.decoy, hits.decoy))
    return Found(len(pairs), met, 0, 0, decoys * names.a_decoy)
