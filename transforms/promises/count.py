"""Who bears which label, and shares which combination, among the records that are released."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.transforms.combinations.count import people_of, refuse_many
from tokumei.transforms.counting.extremes import VALUE
from tokumei.transforms.counting.people import RECORDS, PeoplePerKey, count_people, merge_people
from tokumei.transforms.criteria.chain import Measured
from tokumei.transforms.criteria.coded import kept_rows
from tokumei.transforms.criteria.encoding import encode
from tokumei.transforms.criteria.promise import Promise
from tokumei.transforms.criteria.treated import Treated
from tokumei.transforms.decisions.decision import Decision
from tokumei.transforms.decisions.recoded import recoded
from tokumei.transforms.decisions.recoder import Recoder
from tokumei.transforms.decisions.removal import remove_all
from tokumei.transforms.decisions.settlement import released_values
from tokumei.transforms.engine.chunks import Chunk
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.hierarchies.steps import ANY
from tokumei.transforms.planning.persons import persons_of
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.planning.units import units_of
from tokumei.transforms.promises.scope import kept_labels, scope_of, told_of
from tokumei.transforms.recode.chosen import Account
from tokumei.transforms.values.cells import Mask


@dataclass(frozen=True, kw_only=True)
class ReleasedCount:
    """Counts over the released records of one table, before anything is settled.

    Attributes:
        records: all of them.
        labels: by column, people by VALUE: of the labels promised, and of null; of a quasi-identifier, all.
        tuples: people by tuple of the combined columns' values (numbered columns, as text), or None.
        refitted: by column that is decided once more, what its method measures.
    """

    records: int
    labels: Mapping[str, PeoplePerKey]
    tuples: PeoplePerKey | None
    refitted: Mapping[str, Measured]


ReleasedCounts = dict[str, ReleasedCount]


def promises_of(plan: TablePlan, decision: Decision, key: RunKey) -> dict[str, Promise]:
    """Return what every promising column promises of its values in the release."""
    promises = {}
    for name in plan.promised:
        promise = plan.chains[name].promise(decision.columns[name], key)
        if decision.recoder is not None and name in plan.quasi_identifiers:
            domain = decision.columns[name].domain or ()
            promise = _generalized(promise, domain, decision.recoder, plan.quasi_identifiers.index(name))
        promises[name] = promise
    return promises


def _generalized(promise: Promise, domain: Sequence[str | None], recoder: Recoder, column: int) -> Promise:
    """Return what is promised of the labels that a quasi-identifier's labels become."""
    levels = np.unique(recoder.nodes[:, column])
    labels: dict[str, int] = {}
    for label, people in promise.labels.items():
        if label in domain:
            for place in recoder.tables[column][levels, domain.index(label)].tolist():
                text = recoder.labels[column][place]
                if text is not None and text != ANY:
                    labels[text] = max(labels.get(text, 0), people)
    return Promise(promise.every, labels)


def count_released(plan: TablePlan, chunk: Chunk[Decision]) -> ReleasedCounts:
    """Count what one chunk releases.

    Raises:
        InputError: the input changed between two passes.
        RequirementError: more distinct tuples than a worker holds.
    """
    decision, batch, key = chunk.work.decision, chunk.batch, chunk.work.key
    scope = scope_of(plan)
    treated = {
        name: plan.chains[name].apply(decision.columns[name], plan.values_of(name, batch), key)
        for name in {*plan.quasi_identifiers, *plan.combined, *plan.dropping, *plan.known, *scope.recounted}
        or scope.refitted
    }
    treated, _ = remove_all(plan, chunk, treated)
    labels, keep = recoded(plan, decision, treated, kept_rows(batch.num_rows, treated))
    if decision.history is not None:
        units = units_of(plan, chunk)
        treated, _ = decision.history.apply(decision.columns, treated, labels, units, keep)
    heads = None
    if plan.counts_people:
        heads = persons_of(plan, chunk)[keep, 0]
    values = released_values((*scope.bound, *scope.recounted), treated, labels, keep)
    tuples = None
    if scope.bound:
        most = [people_of(plan, combination) for _, combination in scope.upheld]
        most += [p.most for name, p in decision.promises.items() if name in scope.bound]
        tuples = refuse_many(plan.name, _tuples([values[name] for name in scope.bound], heads, max(most)))
    counted = ReleasedCount(
        records=int(keep.sum()),
        labels={
            name: _labels(values[name], decision.promises[name], heads, whole=name in plan.quasi_identifiers)
            for name in scope.recounted
        },
        tuples=tuples,
        refitted={
            name: plan.chains[name].profile(
                _only(plan.chains[name].reach(plan.values_of(name, batch), key), keep), heads
            )
            for name in scope.refitted
        },
    )
    return {plan.name: counted}


def _only(reached: Treated, keep: Mask) -> Treated:
    """Return the column of some of its rows, encoded by the values that these have."""
    indices, values = encode(reached.rows().filter(pa.array(keep)))
    return Treated(
        indices=indices, values=values, changed=reached.changed, blanked=reached.blanked, drop=None
    )


def _labels(
    values: pa.DictionaryArray, promise: Promise, heads: npt.NDArray[np.uint64] | None, *, whole: bool
) -> PeoplePerKey:
    """Count the labels promised and null; of a quasi-identifier, which has few, all labels."""
    if not promise.every and not whole:
        wanted = pc.is_in(values.dictionary, pa.array([*promise.labels], pa.string()))
        keep = pc.fill_null(wanted.take(values.indices), True)  # a blank counts
        values, heads = values.filter(keep), None if heads is None else heads[keep.to_numpy(False)]
    return _text(count_people(pl.DataFrame({VALUE: values}), persons=heads, cap=promise.most))


def _tuples(
    columns: Sequence[pa.DictionaryArray], heads: npt.NDArray[np.uint64] | None, cap: int
) -> PeoplePerKey:
    # Numbered columns: a column of the data may have any name.
    frame = pl.DataFrame({str(i): values for i, values in enumerate(columns)})
    return _text(count_people(frame, persons=heads, cap=cap))


def _text(counted: PeoplePerKey) -> PeoplePerKey:
    text = pl.col(counted.keys).cast(pl.String)
    pairs = None if counted.pairs is None else counted.pairs.with_columns(text)
    return PeoplePerKey(counted.keys, counted.cap, counted.counts.with_columns(text), pairs)


def count_told(plan: TablePlan, account: Account) -> ReleasedCount:
    """Return what the search knows of the labels to count, without any further reading."""
    found = {name: _told(plan, account, name) for name in told_of(plan, account)}
    records = max((int(counted.counts[RECORDS].sum()) for counted in found.values()), default=0)
    return ReleasedCount(records=records, labels=found, tuples=None, refitted={})


def _told(plan: TablePlan, account: Account, name: str) -> PeoplePerKey:
    ladder = plan.chains[name].ladder(account.fitted.columns[name])
    kept = kept_labels(account)[plan.quasi_identifiers.index(name)]
    rows = [
        (text, int(n))
        for level, of_label in kept.items()
        for text, n in zip(ladder.labels[level], of_label, strict=True)
        if n
    ]
    frame = pl.DataFrame(rows, schema={VALUE: pl.String, RECORDS: pl.Int64}, orient="row")
    return PeoplePerKey((VALUE,), None, frame.group_by(VALUE).agg(pl.col(RECORDS).sum()), None)


def merge_released(tables: Mapping[str, TablePlan], parts: Sequence[ReleasedCounts]) -> ReleasedCounts:
    """Merge the counts of any chunks, in any order; raises RequirementError as `refuse_many` does."""
    return {
        name: _merge(tables[name], [part[name] for part in parts if name in part])
        for name in sorted({name for part in parts for name in part})
    }


def _merge(plan: TablePlan, parts: Sequence[ReleasedCount]) -> ReleasedCount:
    tuples = [part.tuples for part in parts if part.tuples is not None]
    return ReleasedCount(
        records=sum(part.records for part in parts),
        labels={name: merge_people([part.labels[name] for part in parts]) for name in parts[0].labels},
        tuples=refuse_many(plan.name, merge_people(tuples)) if tuples else None,
        refitted={
            name: plan.chains[name].merge([part.refitted[name] for part in parts])
            for name in parts[0].refitted
        },
    )
