"""Who is attacked: people drawn by the key of the run, those who are held out, and the rarest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from tokumei.transforms.counting.keyed import encrypted, joint_keys, keyed_hashes, uniforms
from tokumei.transforms.engine.chunks import Chunk
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.planning.persons import persons_of
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.values.cells import Mask, as_text, without_dictionary

RAREST = 0.02  # of the people
_COMBINATIONS = 50_000  # that are drawn to find the rarest among
_MARK, _ORDER, _TUPLE, _PEOPLE = "mark", "order", "tuple", "people"
Marks = npt.NDArray[np.uint64]


def marks_of(plan: TablePlan, chunk: Chunk[Any]) -> Marks:
    """Return a keyed number for the person of each record; the same in every pass and retry.

    Where rows are people it comes from where the record stands, so that no code need be read.
    """
    if plan.counts_people:
        return persons_of(plan, chunk)[:, 0]
    key, place = chunk.work.key, f"{chunk.work.split.split_id}\0{chunk.number}"
    stretch = keyed_hashes(pa.array([place]), key.derive("attacked stretch")).view(np.uint64)[0]
    rows = np.arange(chunk.batch.num_rows, dtype=np.uint64)
    blocks = np.stack([np.full_like(rows, stretch[0]), stretch[1] + rows], axis=1)
    return encrypted(blocks, key.derive("attacked record"))[:, 0].copy()


def order_of(marks: Marks, key: RunKey) -> npt.NDArray[np.float64]:
    """Return two draws a person, shape (n, 2): by the first people are held out, by the second chosen."""
    return uniforms(np.stack([marks, np.zeros_like(marks)], axis=1), key.derive("attacked people"))


def held_out(order: npt.NDArray[np.float64], share: float) -> Mask:
    """Return who is held out of what is attacked: so great a share of the people."""
    held: Mask = order[:, 0] < share
    return held


def drawn(marks: Marks, key: RunKey, people: int, share: float) -> tuple[Marks, Marks]:
    """Return so many people who are looked for, and as many at most of those who are held out.

    Args:
        marks: of all people, each once.
        key: of the run.
        people: how many.
        share: of the people who are held out.
    """
    order = order_of(marks, key)
    rank = np.argsort(order[:, 1], kind="stable")
    held = held_out(order[rank], share)
    return marks[rank[~held]][:people], marks[rank[held]][:people]


def searched_in(lines: pl.DataFrame, key: RunKey, share: float) -> pl.DataFrame:
    """Return the lines of those who are not held out, by the first column, their number."""
    people = lines.select(pl.first().unique())
    held = held_out(order_of(people.to_series().to_numpy(), key), share)
    return lines.join(people.filter(~pl.Series(held)), on=people.columns, how="semi")


def earliest(order: npt.NDArray[np.float64], people: int, share: float) -> Mask:
    """Return the rows of those who are not held out and are among so many who come first, or a few more."""
    draws = np.unique(order[~held_out(order, share), 1])
    bound = draws[people - 1] if len(draws) > people else np.inf
    early: Mask = order[:, 1] <= bound
    return early


def as_known(
    plan: TablePlan, names: Sequence[str], chunk: Chunk[Any], released: tuple[pa.RecordBatch, pa.Array]
) -> pa.RecordBatch:
    """Return what is known of released records: their labels, and of what is drawn at random the source.

    Who knows the method knows the label of every value. Noise, swaps and shifted days cannot be followed.
    """
    batch, order = released
    moved = {name: plan.values_of(name, chunk.batch).take(order) for name in names if name in plan.by_record}
    columns = [moved.get(name, batch.column(name)) for name in names]
    return pa.RecordBatch.from_arrays(columns, names=list(names))


def combination_of(records: pa.RecordBatch, names: Sequence[str], key: RunKey) -> Marks:
    """Return a keyed number for what stands in some columns of each record: equal where all values are."""
    found = np.zeros(records.num_rows, np.uint64)
    for name in names:
        column = records.column(name)
        if not pa.types.is_dictionary(column.type):
            column = column.dictionary_encode()
        texts = as_text(column.dictionary)
        numbers = keyed_hashes(texts, key.derive("attacked values")).view(np.uint64)[:, 0]
        numbers = np.append(numbers, np.uint64(0))  # no value
        places = column.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False)
        found = joint_keys(found, numbers[places].view(np.int64))
    return found


@dataclass(frozen=True)
class Pool:
    """People from whom targets are chosen; adds up over chunks in any order.

    Attributes:
        who: a row a person: mark, order, combination of what is known of them, and how many share it.
        records: the source columns of what is known, in the same order.
    """

    who: pl.DataFrame
    records: pa.RecordBatch

    def take(self, rows: pl.Series) -> Pool:
        """Return some of the people."""
        return Pool(self.who[rows], self.records.take(rows.to_arrow()))

    @property
    def marks(self) -> Marks:
        """Their numbers."""
        return self.who[_MARK].to_numpy()

    @property
    def combinations(self) -> Marks:
        """What is known of them, as a number."""
        return self.who[_TUPLE].to_numpy()


def pool_of(
    records: pa.RecordBatch, marks: Marks, order: npt.NDArray[np.float64], combination: Marks
) -> Pool:
    """Return all people of a chunk; a person with several records by each of them."""
    who = {_MARK: marks, _ORDER: order[:, 1], _TUPLE: combination, _PEOPLE: np.ones(len(marks), np.int64)}
    return Pool(pl.DataFrame(who), records)


def first(pools: Sequence[Pool], people: int) -> Pool:
    """Return the people who come first in the drawn order: those of all chunks are among each chunk's.

    Of several records of a person one is known, also by the key.
    """
    pool = _joined(pools)
    rows = (
        pool.who.with_row_index("row")
        .sort(_ORDER, _MARK, _TUPLE)
        .unique(_MARK, keep="first", maintain_order=True)
        .head(people)
    )
    return pool.take(rows["row"])


def combinations_first(pools: Sequence[Pool]) -> Pool:
    """Return the combinations that come first by the key, one of their people, and how many these are.

    A combination is drawn, not a person: so all who share it are counted, in whatever chunk they are.
    """
    pool = _joined(pools)
    rows = (
        pool.who.with_row_index("row")
        .sort(_ORDER, _MARK)
        .group_by(_TUPLE, maintain_order=True)
        .agg(pl.col("row").first(), pl.col(_PEOPLE).sum())
        .sort(_TUPLE)
        .head(_COMBINATIONS)
    )
    found = pool.take(rows["row"])
    return Pool(found.who.with_columns(rows[_PEOPLE]), found.records)


def rarest(pool: Pool, people: int) -> Pool:
    """Return some of the `RAREST` of the people, by how many share their combination.

    Args:
        pool: drawn combinations.
        people: how many targets, at most; one of those who share a combination.
    """
    who = pool.who.with_row_index("row").sort(_PEOPLE, _TUPLE)
    before = who[_PEOPLE].cum_sum() - who[_PEOPLE]
    rare = who.filter(before < RAREST * int(pool.who[_PEOPLE].sum()))
    return pool.take(rare.sort(_TUPLE).head(people)["row"])


def _joined(pools: Sequence[Pool]) -> Pool:
    if len(pools) == 1:
        return pools[0]
    records = pa.Table.from_batches([_plain(p.records) for p in pools]).combine_chunks()
    names = records.schema.names
    columns = [column.combine_chunks() for column in records.columns]
    return Pool(pl.concat([p.who for p in pools]), pa.RecordBatch.from_arrays(columns, names=names))


def _plain(records: pa.RecordBatch) -> pa.RecordBatch:
    """Return records without dictionaries, which differ from chunk to chunk."""
    columns = [without_dictionary(column) for column in records.columns]
    return pa.RecordBatch.from_arrays(columns, names=records.schema.names)
