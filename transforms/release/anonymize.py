"""Pass 3: the five criteria applied to one chunk, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.schemas.errors import InputError
from tokumei.schemas.splits import Split
from tokumei.transforms.counting.person_values import VALUES_PURPOSE, Theirs
from tokumei.transforms.criteria.base import Applied
from tokumei.transforms.criteria.coded import kept_rows
from tokumei.transforms.criteria.encoding import compacted, used_values
from tokumei.transforms.criteria.treated import Treated
from tokumei.transforms.decisions.decision import Decision
from tokumei.transforms.decisions.recoded import recoded
from tokumei.transforms.decisions.removal import Removing, remove_all, suppressed_by
from tokumei.transforms.detect.name_set import NameSet
from tokumei.transforms.engine.chunks import Chunk
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.formats.found_at import found_at
from tokumei.transforms.planning.kept_chunks import treated_before
from tokumei.transforms.planning.persons import persons_of
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.planning.units import persons_in_periods, units_of
from tokumei.transforms.profile.pictures import Distribution, picture_after, picture_before
from tokumei.transforms.release.by_record import SourceRows, treat_records
from tokumei.transforms.release.dealing import drawn_order
from tokumei.transforms.release.part_recount import PartTerms, part_terms
from tokumei.transforms.release.tally import Tally
from tokumei.transforms.totals.recount import WrittenTotals, deal_totals
from tokumei.transforms.values.cells import as_text, labelled


@dataclass(frozen=True, kw_only=True)
class Anonymized:
    """A processed chunk, ready to be written or dealt.

    Attributes:
        split, number, last: where it comes from, to prove that every chunk was written once.
        key: that it was made with; a release never mixes two.
        parts: over how many its rows are to be dealt; 0: it becomes a part of its own.
        batch: released columns, in random row order; drawn from the key where it is dealt, so that a retry
            deals the same.
        persons: 128-bit keyed hash of each row's person, as `persons_in_periods` gives it; None where rows
            are people.
        left: of a joined table, the persons of records that are not released.
        settled: the combined columns of all records that reach the recoding, as the removal of rare
            combinations left them; to be recounted, never written.
        settled_persons: the persons of these records.
        sources: source values that the batch is searched for, and ``order`` the row of each released record
            in them; never written.
        names: of people, which the batch is searched for; theirs: what other tables delete of the same.
        terms: what the recount of the written rows must know.
        totals: what the released lines come to, by person, dealt to buckets.
        exposed: what is left to look at in the source, for `exposed_sources`; never written.
    """

    split: Split
    number: int
    last: bool
    key: RunKey
    parts: int
    batch: pa.RecordBatch
    persons: npt.NDArray[np.uint64] | None
    left: npt.NDArray[np.uint64] | None
    settled: pa.RecordBatch
    settled_persons: npt.NDArray[np.uint64] | None
    sources: pa.RecordBatch
    order: pa.Array
    names: NameSet | None
    theirs: Theirs | None
    terms: PartTerms
    totals: tuple[tuple[int, WrittenTotals], ...]
    exposed: SourceRows
    tally: Tally


def anonymize_chunk(plan: TablePlan, chunk: Chunk[Decision], *, people: bool) -> Anonymized:
    """Apply every column's methods, recode the quasi-identifiers, suppress small classes, shuffle the rows.

    Args:
        plan: the table's plan.
        chunk: records, bound to the decision about the table.
        people: whether the person of each released record is needed.

    Raises:
        InputError: a value cannot be read, or was not there when the decision was made.
    """
    _refuse_rejects(plan, chunk)
    treated, taken = remove_all(plan, chunk, treat(plan, chunk))
    exact = treated
    reaching = kept_rows(chunk.batch.num_rows, treated)
    labels, keep = recoded(plan, chunk.work.decision, treated, reaching)
    hidden = dict[str, int]()
    if (history := chunk.work.decision.history) is not None:
        units = units_of(plan, chunk)
        treated, hidden = history.apply(chunk.work.decision.columns, treated, labels, units, keep)
    settled, coarser, blanked = treated, labels, dict[str, int]()
    if (settlement := chunk.work.decision.settlement) is not None:
        settled, coarser, blanked = settlement.apply(plan, treated, labels, keep)
    columns = _columns(plan, plan.output_schema(), chunk.batch, settled) | coarser
    key = chunk.work.key
    persons = persons_of(plan, chunk) if people else None
    left = np.flatnonzero(keep)
    by_record = treat_records(plan, chunk, columns, left, persons)
    parts = chunk.work.decision.parts
    if parts:
        shuffle = drawn_order(key, (chunk.work.split.split_id, chunk.number), len(left))
    else:
        shuffle = np.random.default_rng().permutation(len(left))  # seeded by the operating system
    order = left[shuffle]
    batch = _shuffled(plan, columns, by_record, order, shuffle)
    heads = persons[order, 0] if plan.counts_people and persons is not None else None
    at = pa.array(np.flatnonzero(reaching))
    return Anonymized(
        split=chunk.work.split,
        number=chunk.number,
        last=chunk.last,
        key=key,
        parts=parts,
        batch=batch,
        persons=None if persons is None else persons_in_periods(plan, chunk, persons)[order],
        left=persons[~keep] if plan.together and persons is not None else None,
        settled=pa.RecordBatch.from_arrays(
            [treated[name].rows().take(at) for name in plan.combined], names=list(plan.combined)
        ),
        settled_persons=None if persons is None else persons[reaching],
        sources=chunk.batch.select(list(plan.compared)),
        order=pa.array(order),
        names=chunk.work.decision.names,
        theirs=_theirs(plan, chunk, order),
        tally=Tally(
            records_in=len(reaching),
            dropped=int(len(reaching) - reaching.sum()) - suppressed_by(taken),
            suppressed=int(reaching.sum() - len(left)) + suppressed_by(taken),
            records_out=len(left),
            changed=_changed(treated, by_record),
            blanked={name: column.blanked for name, column in treated.items()},
            met={name: column.met for name, column in treated.items()},
            unread={name: column.unread for name, column in treated.items() if column.unread},
            before=_before(plan, chunk, treated, left if heads is None else order, heads),
            after=_after(plan, treated, batch, heads),
            taken=taken,
            settled=blanked,
            hidden=hidden,
            redactions={n: a.redaction for n, a in by_record.items() if a.redaction is not None},
        ),
        terms=part_terms(plan, chunk.work.decision, key),
        exposed=SourceRows(chunk=chunk, columns=columns, by_record=by_record, left=left, exact=exact),
        totals=tuple(deal_totals(plan, chunk, order, persons, batch)),
    )


def _theirs(plan: TablePlan, chunk: Chunk[Decision], order: npt.NDArray[np.intp]) -> Theirs | None:
    values = chunk.work.decision.theirs
    if values is None:
        return None
    return Theirs(values, chunk.work.key.derive(VALUES_PURPOSE), persons_of(plan, chunk)[order, 0])


def _refuse_rejects(plan: TablePlan, chunk: Chunk[Decision]) -> None:
    if not chunk.rejects:
        return
    first = chunk.place(chunk.rejected[0])
    found = ", ".join(f"{c or 'record'}: {reason} ({n:,})" for (c, reason), n in chunk.rejects.items())
    raise InputError(
        "input.rejects",
        where=f"tables.{plan.name}, {found_at(plan.table.source, [first])}",
        what=f"unreadable text in a column whose format promises readable text: {found}",
        fix="repair the file; this shows only while it is processed, so rejects.limit does not cover it",
    )


def treat(plan: TablePlan, chunk: Chunk[Removing]) -> dict[str, Treated]:
    """Apply the methods of every column that is released or can drop records."""
    return {
        name: treated_before(plan, name, chunk)
        or plan.chains[name].apply(
            chunk.work.decision.columns[name], plan.values_of(name, chunk.batch), chunk.work.key
        )
        for name in chunk.batch.schema.names
        if (plan.chains[name].steps or plan.chains[name].coded)
        and (name in plan.table.released or name in plan.dropping)
    }


def _shuffled(
    plan: TablePlan,
    columns: Mapping[str, pa.Array],
    by_record: Mapping[str, Applied],
    order: npt.NDArray[np.intp],
    shuffle: npt.NDArray[np.intp],
) -> pa.RecordBatch:
    """Return the released columns in their random order.

    Args:
        plan: the table.
        columns: by name, the values of all rows of the chunk.
        by_record: those that were treated by record: the values of the released rows alone.
        order: shape (n,), the row of each released record in ``columns``.
        shuffle: shape (n,), its place in ``by_record``.
    """
    rows, places = pa.array(order), pa.array(shuffle)
    return pa.RecordBatch.from_arrays(
        [
            by_record[name].values.take(places) if name in by_record else compacted(columns[name].take(rows))
            for name in plan.table.released
        ],
        names=list(plan.table.released),
    )


def _changed(treated: Mapping[str, Treated], by_record: Mapping[str, Applied]) -> dict[str, tuple[int, ...]]:
    """Return, by column, how many cells each of its methods changed; one by record is the last."""
    changed = {name: column.changed for name, column in treated.items()}
    for name, applied in by_record.items():
        changed[name] = (*changed[name][:-1], int(applied.changed.sum()))
    return changed


def _before(
    plan: TablePlan,
    chunk: Chunk[Decision],
    treated: Mapping[str, Treated],
    rows: npt.NDArray[np.intp],
    heads: npt.NDArray[np.uint64] | None,
) -> dict[str, Distribution]:
    """Picture the original values of the released records; others would tell of those left out.

    ``heads`` are the people of ``rows``, in the same order.
    """
    return {
        name: picture_before(chunk.batch.column(name), rows, heads, max(plan.k, chain.picture_people))
        for name, chain in plan.chains.items()
        if name in treated and chain.pictured and chain.pictured_before
    }


def _after(
    plan: TablePlan,
    treated: Mapping[str, Treated],
    released: pa.RecordBatch,
    heads: npt.NDArray[np.uint64] | None,
) -> dict[str, Distribution]:
    """Picture the released values."""
    return {
        name: picture_after(released.column(name), heads, plan.k)
        for name, chain in plan.chains.items()
        if name in treated and chain.pictured and name in plan.table.released
    }


def _columns(
    plan: TablePlan, schema: pa.Schema, batch: pa.RecordBatch, treated: Mapping[str, Treated]
) -> dict[str, pa.Array]:
    columns = {}
    generalized = set(plan.quasi_identifiers)
    for field in schema:
        if field.name in generalized:
            continue
        done = treated.get(field.name)
        if done is not None and field.name in plan.by_record:
            columns[field.name] = done.rows()  # not yet what is released
            continue
        if done is not None and done.indices is not None and pa.types.is_string(field.type):
            columns[field.name] = labelled(done.indices, as_text(done.values))
            continue
        values = batch.column(field.name) if done is None else done.rows()
        if pa.types.is_dictionary(values.type):  # kept as it was read
            columns[field.name] = labelled(*used_values(values))
            continue
        if pa.types.is_date(values.type) and pa.types.is_string(field.type):
            values = pc.strftime(values, "%Y-%m")  # a month that is kept
        columns[field.name] = values.cast(field.type)
    return columns
