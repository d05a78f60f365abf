"""What a chunk of a joined table tells of its people, dealt to buckets by person.

What crosses the shuffle is 20 bytes a person, tuple and chunk, and 4 for each protected column: a keyed hash
and codes of the run, no value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from tokumei.transforms.counting.headcount import BUCKETS
from tokumei.transforms.counting.histogram import PACKED, Codes, Ints, pack
from tokumei.transforms.counting.people import PERSON, RECORDS
from tokumei.transforms.criteria.coded import domain_codes, kept_rows
from tokumei.transforms.decisions.fitted import FittedTable
from tokumei.transforms.decisions.removal import remove_all
from tokumei.transforms.engine.chunks import Chunk
from tokumei.transforms.joined.layout import LEFT_OUT, sizes_of
from tokumei.transforms.planning.persons import persons_of
from tokumei.transforms.planning.plan import TablePlan

People = npt.NDArray[np.uint64]


@dataclass(frozen=True, kw_only=True)
class Dealt:
    """What some records of one table tell of some people.

    Attributes:
        table: the table.
        people: shape (n,), keyed hashes, of 64 bits. Two people of one hash would be left out together.
        tuples: shape (n,), the packed tuple of quasi-identifiers, or `LEFT_OUT`.
        records: shape (n,), how many records are left that say so.
        sensitive: by protected column, in its order, shape (n,): the value's place in the domain.
    """

    table: str
    people: People
    tuples: Ints
    records: Codes
    sensitive: tuple[Codes, ...]

    def frame(self) -> pl.DataFrame:
        """Return one row an entry."""
        columns = {PERSON: self.people, PACKED: self.tuples, RECORDS: self.records}
        return pl.DataFrame({**columns, **{f"s{i}": codes for i, codes in enumerate(self.sensitive)}})


def deal_records(plan: TablePlan, chunk: Chunk[FittedTable]) -> Iterator[tuple[int, Dealt]]:
    """Deal the people of a chunk to buckets by their hash, each with the tuples of their records.

    Records are seen as the removals before this leave them. Deterministic under retry.

    Raises:
        InputError: a value is not in its domain, so the input changed between two passes.
    """
    fitted, batch, key = chunk.work.decision, chunk.batch, chunk.work.key
    treated = {
        name: plan.chains[name].apply(fitted.columns[name], plan.values_of(name, batch), key)
        for name in {*plan.quasi_identifiers, *plan.protected, *plan.combined, *plan.dropping}
    }
    treated, _ = remove_all(plan, chunk, treated)
    keep = kept_rows(batch.num_rows, treated)

    def codes(name: str) -> Codes:
        domain = fitted.columns[name].domain or ()
        return domain_codes(treated[name], domain, f"tables.{plan.name}.columns.{name}")

    packed = np.zeros(batch.num_rows, dtype=np.int64)
    if plan.quasi_identifiers:
        packed = pack([codes(name) for name in plan.quasi_identifiers], sizes_of(plan, fitted))
    packed = np.where(keep, packed, LEFT_OUT)
    whole = Dealt(
        table=plan.name,
        people=persons_of(plan, chunk)[:, 0],
        tuples=packed,
        records=keep.astype(np.int32),
        sensitive=tuple(np.where(keep, codes(name), -1).astype(np.int32) for name in plan.protected),
    )
    yield from _by_bucket(plan, whole)


def _by_bucket(plan: TablePlan, whole: Dealt) -> Iterator[tuple[int, Dealt]]:
    frame = whole.frame()
    if plan.counts_people:
        same = [name for name in frame.columns if name != RECORDS]
        frame = frame.group_by(same).agg(pl.col(RECORDS).sum())
    for (bucket,), part in frame.group_by(pl.col(PERSON) % BUCKETS):
        yield (
            int(bucket),
            Dealt(
                table=whole.table,
                people=part[PERSON].to_numpy(),
                tuples=part[PACKED].to_numpy(),
                records=part[RECORDS].to_numpy(),
                sensitive=tuple(part[f"s{i}"].to_numpy() for i, _ in enumerate(plan.protected)),
            ),
        )
