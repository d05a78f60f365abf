"""Order: rows of every chunk are dealt over all parts, so that a part tells nothing of where its rows stood.

A part that is one chunk holds a stretch of its file: one clinic, one month. So where that may tell something
of a person (`order: global`) the released rows of each chunk are dealt, evenly and at random, over the parts
of the table. The draw comes from the key of the run and the place of the chunk: a chunk that is treated again
deals every row to the part that it had, so that no engine loses one or writes it twice by repeating half of
the work.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.transforms.counting.keyed import drawn_permutation
from tokumei.transforms.criteria.encoding import compacted, dictionary_places
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.recode.chosen import Account
from tokumei.transforms.values.cells import ONE_BYTE, without_dictionary

PART_CELLS = 2_000_000  # of a part: a quarter of a million rows of eight columns
PART_ROWS = 1_000_000  # of a part, of however few columns: as a sheet of a workbook can hold
SLICES = 64  # of a chunk, at most: small slices would be more numbers about rows than rows
SPARE = 20  # so many times k people a part, at least: by chance alone none gets fewer than k
ChunkPlace = tuple[str, int]  # split id, and number of the chunk in it
PartPlace = tuple[str, int]  # table, and number of the part


@dataclass(frozen=True, kw_only=True)
class Slice:
    """Rows of one chunk that are sent to one part.

    Attributes:
        fingerprint: of the key they were made with.
        chunk: where they come from.
        batch: released columns; of labels, those that some row bears, each once.
        persons: 128-bit keyed hash of each row's person; None where rows are people.
    """

    fingerprint: str
    chunk: ChunkPlace
    batch: pa.RecordBatch
    persons: npt.NDArray[np.uint64] | None


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """All that was sent to a part, put together.

    Attributes:
        batch: its rows, in a random order.
        persons: the person hash of each row; None where rows are people.
        fingerprints: of the keys that its rows were made with.
        marks: sum of the marks of its slices.
    """

    batch: pa.RecordBatch
    persons: npt.NDArray[np.uint64] | None
    fingerprints: frozenset[str]
    marks: int


def parts_of(plan: TablePlan, account: Account) -> int:
    """Return over how many parts the rows of a table are dealt; 0: each chunk is a part, in its stretch.

    Where the policy does not speak of the order, rows are dealt if a person may have several, if values name
    the folders of parts, or unless every part surely holds k people: the smallest chunk would, if all who are
    left out were in it.
    """
    fitted, order = account.fitted, plan.table.order
    dealt = order == "global" or plan.naming or plan.counts_people
    if order == "stretch" or not (dealt or not _surely(plan, account)):
        return 0
    people = fitted.records if fitted.people is None else fitted.people
    cells = fitted.records * len(plan.table.released)
    by_size = max(-(-cells // PART_CELLS), -(-fitted.records // PART_ROWS))
    return max(1, min(by_size, people // (SPARE * plan.k)))


def _surely(plan: TablePlan, account: Account) -> bool:
    if plan.dropping:  # how many records criterion 4 drops is known in the end
        return False
    out = sum(sum(removal.expected(plan).dropped) for removal in account.fitted.removals)
    if account.recoded is not None:
        out += account.recoded.count.suppressed_records
    return account.fitted.least - out >= plan.k


def drawn_order(key: RunKey, chunk: ChunkPlace, rows: int) -> npt.NDArray[np.intp]:
    """Return a random order of a chunk's rows, equal whenever the chunk is treated with this key."""
    return _drawn(key, "deal", chunk, rows)


def _drawn(key: RunKey, purpose: str, chunk: ChunkPlace, n: int) -> npt.NDArray[np.intp]:
    return drawn_permutation(n, key.derive("\0".join((purpose, *map(str, chunk)))))


def deal(
    place: tuple[str, ChunkPlace],
    key: RunKey,
    parts: int,
    batch: pa.RecordBatch,
    persons: npt.NDArray[np.uint64] | None,
) -> Iterator[tuple[PartPlace, Slice]]:
    """Deal the rows of a chunk evenly over the parts, or over `SLICES` of them that are drawn.

    Args:
        place: name of the table, and the chunk.
        key: of the run.
        parts: how many.
        batch: the released rows, in their drawn order.
        persons: the person hash of each; None where rows are people.
    """
    table, chunk = place
    drawn = _drawn(key, "parts", chunk, parts)[:SLICES].tolist()
    bounds = [batch.num_rows * i // len(drawn) for i in range(len(drawn) + 1)]
    of_piece = np.repeat(np.arange(len(drawn), dtype=np.int32), np.diff(bounds))
    columns = [_pieces(column, bounds, of_piece) for column in batch.columns]
    for i, (part, (start, end)) in enumerate(zip(drawn, pairwise(bounds), strict=True)):
        if end > start:
            rows = Slice(
                fingerprint=key.fingerprint,
                chunk=chunk,
                batch=pa.RecordBatch.from_arrays([c[i] for c in columns], names=batch.schema.names),
                persons=None if persons is None else persons[start:end],
            )
            yield (table, part), rows


def _pieces(values: pa.Array, bounds: Sequence[int], of_piece: npt.NDArray[np.int32]) -> list[pa.Array]:
    """Cut a column at some rows, each piece without labels that none of its rows bears.

    Args:
        values: cells.
        bounds: where the pieces begin, and the end.
        of_piece: the piece of each row.
    """
    if not pa.types.is_dictionary(values.type):
        return _cut(values, bounds)
    labels = len(values.dictionary)
    if labels * len(bounds) > len(values):
        return [*map(_few_labels, _cut(values, bounds))]
    places, _ = dictionary_places(values)  # null is the last
    if labels <= ONE_BYTE:  # as they travel, and are held until all are there
        narrow = places.astype(np.int8, copy=False)
        nulls = narrow == labels if values.null_count else None
        values = pa.DictionaryArray.from_arrays(pa.array(narrow, mask=nulls), values.dictionary, safe=False)
    pieces = _cut(values, bounds)
    # All pieces are looked at in one count: mostly each bears every label.
    borne = np.bincount(of_piece * np.int32(labels + 1) + places, minlength=len(pieces) * (labels + 1))
    whole = np.all(borne.reshape(len(pieces), labels + 1)[:, :labels], axis=1).tolist()
    return [
        piece if all_borne else _few_labels(piece) for piece, all_borne in zip(pieces, whole, strict=True)
    ]


def _cut(values: pa.Array, bounds: Sequence[int]) -> list[pa.Array]:
    return [values.slice(start, end - start) for start, end in pairwise(bounds)]


def _few_labels(values: pa.Array) -> pa.Array:
    """Return rows without labels that none of them bears: as plain texts, where labels do not repeat."""
    many = pa.types.is_dictionary(values.type) and len(values.dictionary) > len(values)
    return values.dictionary_decode() if many else compacted(values)


def mark(chunk: ChunkPlace, part: int, rows: int) -> int:
    """Return a number for rows of a chunk in a part: its sum over all that was sent is that of what came."""
    text = "\0".join(map(str, (*chunk, part, rows)))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())


def gather(part: int, slices: Iterable[Slice]) -> Gathered:
    """Put a part together from what was sent to it, in any order; its rows are shuffled once more."""
    found = sorted(slices, key=lambda piece: piece.chunk)
    order = np.random.default_rng().permutation(sum(piece.batch.num_rows for piece in found))
    heads = [piece.persons for piece in found if piece.persons is not None]
    return Gathered(
        batch=_joined([piece.batch for piece in found], order),
        persons=np.concatenate(heads)[order] if heads else None,
        fingerprints=frozenset(piece.fingerprint for piece in found),
        marks=sum(mark(piece.chunk, part, piece.batch.num_rows) for piece in found),
    )


def _joined(batches: Sequence[pa.RecordBatch], order: npt.NDArray[np.intp]) -> pa.RecordBatch:
    """Put rows together in an order, each column under one dictionary if its labels repeat, else as texts."""
    rows, columns = sum(map(len, batches)), []
    for pieces in zip(*(batch.columns for batch in batches), strict=True):
        labels = [len(piece.dictionary) for piece in pieces if pa.types.is_dictionary(piece.type)]
        if len(labels) == len(pieces) and 2 * sum(labels) <= rows:
            known = pc.unique(pa.concat_arrays([piece.dictionary for piece in pieces]))
            known = known.take(pc.sort_indices(known))
            kind = np.dtype(np.int8 if len(known) <= ONE_BYTE else np.int32)
            places = np.concatenate([_places_in(known, piece, kind) for piece in pieces]).take(order)
            nulls = places < 0 if any(piece.null_count for piece in pieces) else None
            columns.append(pa.DictionaryArray.from_arrays(pa.array(places, mask=nulls), known, safe=False))
        else:
            columns.append(pa.concat_arrays([*map(without_dictionary, pieces)]).take(pa.array(order)))
    return pa.RecordBatch.from_arrays(columns, names=batches[0].schema.names)


def _places_in(known: pa.Array, labels: pa.DictionaryArray, kind: np.dtype[Any]) -> npt.NDArray[Any]:
    """Return the place of each row's label among known ones, -1 for null, in a type that holds them."""
    own, _ = dictionary_places(labels)
    if not labels.null_count and labels.dictionary.equals(known):
        return own.astype(kind, copy=False)
    places = pc.index_in(labels.dictionary, value_set=known).to_numpy()
    return np.append(places, -1).astype(kind).take(own)
