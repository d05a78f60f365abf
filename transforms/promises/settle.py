"""What is blanked in a release so that every promise holds in it: decided once, until nothing changes.

A label that too few people bear is blanked wherever it stands; and where these blanks would themselves point
at too few people, the next smallest label goes with it. Of a combination that too few people share, cells are
blanked in the tuples that hold it. Each takes support from other combinations, so all are looked at again
until nothing is short. Each round takes something away, so the rounds end.

No record is dropped. A label of a quasi-identifier becomes ``*`` wherever it stands, with the next smallest
where too few people would bear it; so classes only grow. What cannot be settled so stops the run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.schemas.errors import RequirementError
from tokumei.transforms.combinations.count import people_of
from tokumei.transforms.combinations.kernel import (
    MISSING,
    CombinedTuples,
    cells_to_blank,
    people_of_groups,
    rare_combinations,
)
from tokumei.transforms.counting.histogram import MAX_TUPLES, Ints, Mask, pack, radices
from tokumei.transforms.counting.people import PERSON, RECORDS, PeoplePerKey
from tokumei.transforms.criteria.chain import Fitted
from tokumei.transforms.criteria.promise import Promise
from tokumei.transforms.decisions.decision import Decision
from tokumei.transforms.decisions.settlement import Labels, Settlement
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.hierarchies.steps import ANY
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.promises.count import ReleasedCount, ReleasedCounts, count_told, promises_of
from tokumei.transforms.promises.scope import Scope, scope_of
from tokumei.transforms.recode.chosen import Account, Chosen


def promise_all(chosen: Chosen, tables: Mapping[str, TablePlan], key: RunKey) -> Chosen:
    """Return the decisions with what every table promises of its release."""
    decisions, accounts = dict(chosen.decisions), dict(chosen.accounts)
    for name, plan in tables.items():
        promises = promises_of(plan, decisions[name], key)
        decisions[name] = replace(decisions[name], promises=promises)
        accounts[name] = replace(accounts[name], promises=promises)
    return replace(chosen, decisions=decisions, accounts=accounts)


def settle_all(
    chosen: Chosen, tables: Mapping[str, TablePlan], counted: ReleasedCounts, key: RunKey
) -> Chosen:
    """Return the decisions by which every promise holds in the release.

    Args:
        chosen: the decisions after `promise_all`.
        tables: those that may have something to settle.
        counted: merged counts of those that had to be read.
        key: the key of the run.

    Raises:
        RequirementError: a promise cannot be kept by blanking cells that are in no class.
    """
    decisions, accounts = dict(chosen.decisions), dict(chosen.accounts)
    for name, plan in tables.items():
        found = counted.get(name) or count_told(plan, accounts[name])
        decisions[name], accounts[name] = settle_table(plan, decisions[name], accounts[name], found, key)
    return replace(chosen, decisions=decisions, accounts=accounts)


def settle_table(
    plan: TablePlan, decision: Decision, account: Account, counted: ReleasedCount, key: RunKey
) -> tuple[Decision, Account]:
    """Settle one table; see `settle_all`."""
    scope = scope_of(plan)
    columns = dict(decision.columns)
    for name in counted.refitted:
        columns[name] = plan.chains[name].fit(counted.refitted[name], key)
    promises = promises_of(plan, replace(decision, columns=columns), key)
    labels, generalized = dict[str, tuple[str, ...]](), dict[str, tuple[str, ...]]()
    cells, rare = dict[str, int](), dict[str, int]()
    for name in counted.labels:
        coded = _coded(plan, (name,), counted.labels[name])
        wanted = _wanted(promises[name], coded.texts[0])
        short = _short(plan, name, coded.tuples, column=0, wanted=wanted, records=counted.records)
        if len(short):
            texts = tuple(np.array(coded.texts[0], object)[short])
            (generalized if name in plan.quasi_identifiers else labels)[name] = texts
            rare[name] = len(short)
            cells[name] = int(coded.tuples.records[np.isin(coded.tuples.codes[0], short)].sum())
    none = np.zeros(0, dtype=np.int64)
    settlement = Settlement(
        labels=labels,
        generalized=generalized,
        bound={},
        tuples=none,
        blank=none,
        cells=cells,
        rare=rare,
        combinations=(0,) * len(plan.table.combinations),
    )
    if counted.tuples is not None:
        settlement = _bind(plan, scope, promises, counted.tuples, settlement)
    for name in settlement.cells:  # a watched column knows its blanks
        domain = None if name in plan.quasi_identifiers else columns[name].domain
        if domain is not None and None not in domain:
            columns[name] = Fitted(columns[name].decisions, (*domain, None))
    fitted = replace(account.fitted, columns=columns)
    return (
        replace(decision, columns=columns, promises=promises, settlement=settlement),
        replace(account, fitted=fitted, promises=promises, settlement=settlement),
    )


@dataclass(frozen=True)
class _Coded:
    """Distinct tuples of texts, coded: by column its texts (null the last); the tuples packed, ascending."""

    texts: tuple[Labels, ...]
    packed: Ints
    tuples: CombinedTuples


def _coded(plan: TablePlan, names: Sequence[str], found: PeoplePerKey) -> _Coded:
    """Code what was counted of some columns."""
    keys = found.keys
    texts: list[Labels] = []
    for key in keys:
        values = found.counts[key].drop_nulls().unique().sort().to_list()
        texts.append((*values, None))
    sizes = [len(t) for t in texts]
    if radices(sizes)[1] > MAX_TUPLES:
        raise RequirementError(
            "requirement.combinations",
            where=f"tables.{plan.name}.combinations",
            what=f"the columns combined have more than {MAX_TUPLES:.2g} possible combinations in the release",
            fix="combine fewer columns, or coarsen them with fixed methods first",
        )

    def codes_in(frame: pl.DataFrame) -> list[np.ndarray[tuple[int], np.dtype[np.int32]]]:
        return [
            pc.index_in(frame[key].to_arrow().cast(pa.string()), value_set=pa.array(known[:-1], pa.string()))
            .fill_null(len(known) - 1)
            .to_numpy(zero_copy_only=False)
            .astype(np.int32)
            for key, known in zip(keys, texts, strict=True)
        ]

    columns = codes_in(found.counts)
    packed = pack(columns, sizes)
    order = np.argsort(packed)
    packed, codes = packed[order], np.array(columns, dtype=np.int32).reshape(len(keys), -1)[:, order]
    for row, known, name in zip(codes, texts, names, strict=True):
        row[row == len(known) - 1] = MISSING
        if name in plan.quasi_identifiers and ANY in known:
            row[row == known.index(ANY)] = MISSING
    rows, persons = None, None
    if found.pairs is not None:
        rows = np.searchsorted(packed, pack(codes_in(found.pairs), sizes))
        persons = found.pairs[PERSON].to_numpy()
    return _Coded(
        tuple(texts),
        packed,
        CombinedTuples(codes, found.counts[RECORDS].to_numpy()[order], rows, persons),
    )


def _short(
    plan: TablePlan, name: str, tuples: CombinedTuples, *, column: int, wanted: Ints, records: int
) -> Ints:
    """Return the codes of the labels to blank in a column, none where all are borne by enough people.

    Args:
        plan: the table.
        name: the column.
        tuples: what was counted.
        column: its place in the tuples.
        wanted: by code, how many people must bear the label.
        records: of the release.

    Raises:
        RequirementError: nothing is left that its blanks could hide in; or its classes are compared with
            those of a population.
    """
    codes = tuples.codes[column]
    held = np.flatnonzero(codes != MISSING)
    people = people_of_groups(tuples, held, codes[held], len(wanted))
    there = np.bincount(codes[held], minlength=len(wanted)) > 0
    short = there & (people < wanted)
    if not short.any():
        return np.flatnonzero(short)
    generalized = name in plan.quasi_identifiers
    if generalized and plan.table.population is not None:
        reason = "the quasi-identifier is compared with a population"
        raise _broken(plan, name, int(short.sum()), int(wanted[short].max()), reason)
    others = np.flatnonzero(there & (generalized | (wanted > 0)) & ~short)
    sizes = np.bincount(codes[held], tuples.records[held], len(wanted))  # people may be capped
    others = others[np.lexsort((others, sizes[others]))].tolist()
    few = int(short.sum())
    while True:
        blank = np.flatnonzero(np.isin(codes, np.flatnonzero(short)) | (codes == MISSING))
        bearers = people_of_groups(tuples, blank, np.zeros(len(blank), np.int64), 1)[0]
        if bearers >= wanted[short].max():
            return np.flatnonzero(short)
        if others:
            short[others.pop(0)] = True
        elif int(tuples.records[blank].sum()) == records:
            return np.flatnonzero(short)  # the whole column is blank
        else:
            reason = f"the blanks would point at {bearers:,} people"
            raise _broken(plan, name, few, int(wanted[short].max()), reason)


def _wanted(promise: Promise, texts: Labels) -> Ints:
    return np.array([promise.of(text) for text in texts], dtype=np.int64)


def _broken(plan: TablePlan, name: str, labels: int, people: int, why: str) -> RequirementError:
    return RequirementError(
        "requirement.promise",
        where=f"tables.{plan.name}.columns.{name}",
        what=f"in the release {labels:,} of its labels would be borne by fewer than {people:,} people, and"
        f" cannot be blanked: {why}",
        fix="let the label take in more (at, edges, a tail), ask for fewer people, or declare"
        " may_fall_below: {because: …}",
    )


def _bind(
    plan: TablePlan,
    scope: Scope,
    promises: Mapping[str, Promise],
    counted: PeoplePerKey,
    settled: Settlement,
) -> Settlement:
    """Settle the combined columns too: their labels and their combinations, until nothing changes."""
    cells, rare, generalized = dict(settled.cells), dict(settled.rare), dict(settled.generalized)
    combinations = list(settled.combinations)
    coded = _coded(plan, scope.bound, counted)
    left = replace(coded.tuples, codes=coded.tuples.codes.copy())
    records = int(left.records.sum())
    clean = False
    while not clean:
        clean = True
        for c, name in enumerate(scope.bound):
            if name not in promises or plan.chains[name].column.may_fall_below is not None:
                continue
            wanted = _wanted(promises[name], coded.texts[c])
            short = _short(plan, name, left, column=c, wanted=wanted, records=records)
            if len(short):
                clean = False
                rare[name] = rare.get(name, 0) + len(short)
                left.codes[c, np.isin(left.codes[c], short)] = MISSING
                if name in plan.quasi_identifiers:
                    texts = tuple(np.array(coded.texts[c], object)[short])
                    generalized[name] = (*generalized.get(name, ()), *texts)
        for i, found in _rare(plan, scope, left).items():
            clean = False
            combinations[i] += found
    gone: Mask = (left.codes == MISSING) & (coded.tuples.codes != MISSING)
    for c, name in enumerate(scope.bound):
        if gone[c].any():
            cells[name] = int(coded.tuples.records[gone[c]].sum())
        if name in plan.quasi_identifiers:
            gone[c] = False  # not blanked: generalized
    bits = gone.T @ (1 << np.arange(len(scope.bound), dtype=np.int64))
    changed = bits > 0
    return replace(
        settled,
        generalized=generalized,
        bound=dict(zip(scope.bound, coded.texts, strict=True)),
        tuples=coded.packed[changed],
        blank=bits[changed],
        cells=cells,
        rare=rare,
        combinations=tuple(combinations),
    )


def _rare(plan: TablePlan, scope: Scope, left: CombinedTuples) -> dict[int, int]:
    """Blank cells of every combination that is rare; returns how many there were, by declaration.

    Raises:
        RequirementError: a rare one holds quasi-identifiers alone.
    """
    taken: dict[int, int] = {}
    for i, combination in scope.upheld:
        at = [scope.bound.index(name) for name in combination.columns]
        free = [c for c in at if scope.bound[c] not in plan.quasi_identifiers]
        fixed = {c for c in at if c not in free}
        people = people_of(plan, combination)
        varied = [c for c in at if c in free or len(np.unique(left.codes[c])) > 1]
        rare = rare_combinations(left, varied, combination.size, people)
        if not rare:
            continue
        stuck = sum(r.combinations for r in rare if fixed.issuperset(r.columns))
        if stuck:
            raise RequirementError(
                "requirement.promise",
                where=f"tables.{plan.name}.combinations[{i}]",
                what=f"in the release {stuck:,} combinations of quasi-identifiers alone would be shared by"
                f" fewer than {people:,} people, and these cannot be blanked",
                fix="ask for k people or fewer, leave out the quasi-identifiers, or declare"
                " may_fall_below: {because: …}",
            )
        taken[i] = sum(r.combinations for r in rare)
        touched, blank = cells_to_blank(rare, free)
        for column, mask in zip(free, blank, strict=True):
            left.codes[column, touched[mask]] = MISSING
    return taken
