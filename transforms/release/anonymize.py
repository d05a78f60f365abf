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
from tokumei.transforms.combinations.apply import remove
from tokumei.transforms.counting.keyed import person_hashes
from tokumei.transforms.counting.people import PeoplePerKey
from tokumei.transforms.criteria.base import Applied, Rows
from tokumei.transforms.criteria.chain import Treated
from tokumei.transforms.criteria.coded import domain_codes, kept_rows
from tokumei.transforms.criteria.encoding import used_values
from tokumei.transforms.decisions.removal import Taken
from tokumei.transforms.engine.chunks import Chunk
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.profile.pictures import picture_after, picture_before
from tokumei.transforms.recode.assignment import Recoding
from tokumei.transforms.recode.choose import Decision
from tokumei.transforms.values.cells import Mask, as_text


@dataclass(frozen=True)
class Tally:
    """What criteria 1 to 5 did to some records; adds up over chunks.

    Attributes:
        records_in, dropped, suppressed, records_out: dropped by criterion 4, suppressed by criterion 5.
        changed, blanked: per column, how many cells each method changed, and left without their value.
        before, after: distributions for the report, per treated column.
        taken: what the removal of rare combinations took; its records are part of dropped (under criterion
            4) or suppressed (under criterion 5).
    """

    records_in: int
    dropped: int
    suppressed: int
    records_out: int
    changed: Mapping[str, tuple[int, ...]]
    blanked: Mapping[str, tuple[int, ...]]
    before: Mapping[str, PeoplePerKey | None]
    after: Mapping[str, PeoplePerKey | None]
    taken: Taken


@dataclass(frozen=True)
class Anonymized:
    """A processed chunk, ready to be written.

    Attributes:
        split, number, last: where it comes from, to prove that every chunk was written once.
        fingerprint: of the key it was made with; a release never mixes two.
        batch: released columns, in random row order.
        persons: 128-bit keyed hash of each row's person; None where rows are people.
        settled: the combined columns of all records that reach the recoding, as the removal of rare
            combinations left them; to be recounted, never written.
        settled_persons: the persons of these records.
        sources: source values that the batch is searched for, and ``order`` the row of each released record
            in them; never written.
    """

    split: Split
    number: int
    last: bool
    fingerprint: str
    batch: pa.RecordBatch
    persons: npt.NDArray[np.uint64] | None
    settled: pa.RecordBatch
    settled_persons: npt.NDArray[np.uint64] | None
    sources: pa.RecordBatch
    order: pa.Array
    tally: Tally


def anonymize_chunk(plan: TablePlan, chunk: Chunk, *, headcount: bool) -> Anonymized:
    """Apply every column's methods, recode the quasi-identifiers, suppress small classes, shuffle the rows.

    Args:
        plan: the table's plan.
        chunk: records, bound to a `Decision`.
        headcount: whether the people of the release are counted from their hashes.
    """
    schema = plan.output_schema()
    if chunk.rejects:
        found = ", ".join(f"{c or 'record'}: {reason} ({n:,})" for (c, reason), n in chunk.rejects.items())
        raise InputError(
            "input.rejects",
            where=f"tables.{plan.name}, {chunk.work.split.file.uri}",
            what=f"unreadable text in a column whose format promises readable text: {found}",
            fix="repair the file; this shows only while it is processed, so rejects.limit does not cover it",
        )
    decision: Decision = chunk.work.decision
    batch, key = chunk.batch, chunk.work.key
    treated = {
        name: plan.chains[name].apply(decision.columns[name], batch.column(name), key)
        for name in batch.schema.names
        if (plan.chains[name].steps or plan.chains[name].coded)
        and (name in schema.names or name in plan.dropping)
    }
    treated, taken = remove(plan, decision.columns, decision.removal, treated, batch.num_rows)
    keep = kept_rows(batch.num_rows, treated)
    dropped = int(batch.num_rows - keep.sum()) - taken.dropped[1]
    columns = _columns(plan, schema, batch, treated)
    reaching = pa.array(np.flatnonzero(keep))
    if decision.recoding is not None:
        recoded, alive = _recode(plan, decision, decision.recoding, treated)
        columns.update(recoded)
        keep &= alive
    all_persons = None
    if headcount:
        all_persons = person_hashes(batch.column(plan.table.person), key)
    heads = all_persons[:, 0] if plan.counts_people and all_persons is not None else None
    left = np.flatnonzero(keep)
    perturbed = _perturb(plan, chunk, columns, left, all_persons)
    shuffle = np.random.default_rng().permutation(len(left))  # seeded by the operating system
    order = left[shuffle]
    rows = pa.array(order)
    pictured = [n for n, chain in plan.chains.items() if n in treated and chain.pictured]
    # Before and after cover the same records, or their difference would describe those left out.
    before = {
        n: picture_before(
            batch.column(n),
            order,
            None if heads is None else heads[order],
            max(plan.k, plan.chains[n].picture_people),
        )
        for n in pictured
        if plan.chains[n].pictured_before
    }
    released = pa.RecordBatch.from_arrays(
        [
            perturbed[name].values.take(pa.array(shuffle))
            if name in perturbed
            else _compact(columns[name].take(rows))
            for name in schema.names
        ],
        names=list(schema.names),
    )
    changed = {name: column.changed for name, column in treated.items()}
    for name, applied in perturbed.items():
        changed[name] = (*changed[name][:-1], int(applied.changed.sum()))
    tally = Tally(
        batch.num_rows,
        dropped,
        int(batch.num_rows - dropped - keep.sum()),
        len(order),
        changed,
        {name: column.blanked for name, column in treated.items()},
        before,
        {n: picture_after(released.column(n)) for n in pictured if n in schema.names},
        taken,
    )
    split = chunk.work.split
    persons = None if all_persons is None else all_persons[order]
    return Anonymized(
        split,
        chunk.number,
        chunk.last,
        key.fingerprint,
        released,
        persons,
        pa.RecordBatch.from_arrays(
            [treated[name].rows().take(reaching) for name in plan.combined], names=list(plan.combined)
        ),
        None if all_persons is None else all_persons[reaching.to_numpy()],
        batch.select(list(plan.sought)),
        rows,
        tally,
    )


def _perturb(
    plan: TablePlan,
    chunk: Chunk,
    columns: Mapping[str, pa.Array],
    left: npt.NDArray[np.intp],
    persons: npt.NDArray[np.uint64] | None,
) -> dict[str, Applied]:
    """Treat by record, where a column asks for it, the records that are left, in the order of the input."""
    split, key = chunk.work.split.split_id, chunk.work.key
    heads = persons[left] if plan.counts_people and persons is not None else None
    return {
        name: perturbation.perturb(
            columns[name].take(pa.array(left)), Rows(key, (plan.name, name), (split, chunk.number), heads)
        )
        for name, perturbation in plan.perturbations.items()
    }


def _labelled(places: npt.NDArray[np.int32], labels: pa.Array) -> pa.DictionaryArray:
    """Spread labels over the rows; null is a null index, because Parquet dictionaries hold no null.

    Every label stands once in the dictionary, sorted, because it is written as it is: two entries of a label
    would tell apart what was generalized, and their order could tell that of the source.
    """
    texts = labels.drop_null().unique()
    texts = texts.take(pc.sort_indices(texts))
    code = pc.index_in(labels, value_set=texts)
    return pa.DictionaryArray.from_arrays(code.take(pa.array(places)), texts)


def _compact(values: pa.Array) -> pa.Array:
    """Drop labels that no row bears: a file would otherwise carry those of suppressed classes."""
    if not pa.types.is_dictionary(values.type):
        return values
    places, used = used_values(values)
    labels = used.drop_null()
    return pa.DictionaryArray.from_arrays(pa.array(places, mask=places == len(labels)), labels)


def _columns(
    plan: TablePlan, schema: pa.Schema, batch: pa.RecordBatch, treated: Mapping[str, Treated]
) -> dict[str, pa.Array]:
    columns = {}
    for field in schema:
        if field.name in plan.quasi_identifiers:
            continue
        done = treated.get(field.name)
        if done is not None and done.indices is not None and pa.types.is_string(field.type):
            columns[field.name] = _labelled(done.indices, as_text(done.values))
            continue
        values = batch.column(field.name) if done is None else done.rows()
        if pa.types.is_dictionary(values.type):  # kept as it was read
            columns[field.name] = _labelled(*used_values(values))
            continue
        if pa.types.is_date(values.type) and pa.types.is_string(field.type):
            values = pc.strftime(values, "%Y-%m")  # a month that is kept
        columns[field.name] = values.cast(field.type)
    return columns


def _recode(
    plan: TablePlan, decision: Decision, recoding: Recoding, treated: Mapping[str, Treated]
) -> tuple[dict[str, pa.Array], Mask]:
    codes = [
        domain_codes(treated[name], decision.columns[name].domain or (), f"tables.{plan.name}.columns.{name}")
        for name in plan.quasi_identifiers
    ]
    labels, released = recoding.apply(codes)
    columns = {
        name: _labelled(code, pa.array(texts, pa.string()))
        for name, code, texts in zip(plan.quasi_identifiers, labels, recoding.labels, strict=True)
    }
    return columns, released
