"""From a policy's facts and the lines of its people to the problem that the kernels solve."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tokumei.schemas.histories import LostAtMost, coarsened
from tokumei.transforms.counting.histogram import Codes, Ints, pack
from tokumei.transforms.decisions.decision import Decision
from tokumei.transforms.histories.lines import PeopleLines, class_labels, tuple_sizes
from tokumei.transforms.histories.posed import PERIOD, PosedGroup, PosedTable
from tokumei.transforms.histories.posed_windows import PosedWindows, pose_windows
from tokumei.transforms.histories.problem import Bucket, FactGroup, FactKind, Lines, Problem
from tokumei.transforms.histories.trees import tree_of
from tokumei.transforms.planning.histories import HistoryPlan
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.planning.units import PERIODS, has_periods

Reading = Callable[[], Iterable[PeopleLines]]


@dataclass(frozen=True, kw_only=True)
class Posed:
    """The problem of one declaration, with what is needed to read its lines and to apply its solution.

    The tables of the problem are ``tables``, then ``windows``.
    """

    history: HistoryPlan
    tables: tuple[PosedTable, ...]
    windows: tuple[PosedWindows, ...]
    problem: Problem
    reading: Reading

    def buckets(self) -> Iterator[Bucket]:
        """Yield the lines of all people as the kernels want them, in the order in which they are read."""
        for people in self.reading():
            yield self._bucket(people)

    def _bucket(self, people: PeopleLines) -> Bucket:
        found = [table.lines_of(people) for table in self.tables]
        windows = [table.of_bucket(people) for table in self.windows]
        everybody, places = np.unique(
            np.concatenate([*(own.persons for own, _ in found), *(w.units for w in windows)]),
            return_inverse=True,
        )
        sensitive, lines, start = None, [], 0
        for i, (table, (own, whole)) in enumerate(zip(self.tables, found, strict=True)):
            person = places[start : start + len(own.persons)].astype(np.int32)
            start += len(person)
            codes = table.codes_without(own.lines)
            lines.append(
                Lines(
                    person=person,
                    leaves=np.stack([group.leaf_of(codes) for group in table.groups])
                    if table.groups
                    else np.empty((0, len(person)), np.int32),
                    fixed=self._fixed(i, codes, len(person)),
                    records=own.records,
                )
            )
            if table.facts.sensitive is not None:
                who = np.searchsorted(everybody, whole.persons).astype(np.int32)
                value = table.codes_of(whole.lines)[table.facts.sensitive]
                held = np.unique(np.stack([who, value], axis=1)[value != table.null], axis=0)
                sensitive = (held[:, 0], held[:, 1])
        for posed, of_bucket in zip(self.windows, windows, strict=True):
            person = places[start : start + len(of_bucket.units)].astype(np.int32)
            start += len(person)
            lines.append(posed.lines_of(of_bucket, person))
        return Bucket(people=len(everybody), lines=tuple(lines), sensitive=sensitive)

    def _fixed(self, table: int, codes: Mapping[str, Codes], n: int) -> dict[int, Ints]:
        of_table = self.tables[table]
        sizes = {
            c: len(labels) + 1 for c, labels in zip(of_table.facts.classes, of_table.classes, strict=True)
        }
        periods = (PERIOD,) if of_table.periods else ()
        sizes |= dict.fromkeys(periods, PERIODS)
        nulls = {c: of_table.null_of(c) for fact in self.history.facts for c in fact.pinned}
        sizes |= {c: of_table.size_of(c) for c in nulls if c in codes}
        found = {}
        for i, fact in enumerate(self.history.facts):
            fixed = (*fact.classes, *fact.pinned, *periods)
            if fact.table == of_table.name and i not in self.history.measured and fixed:
                blank = np.any([codes[c] == nulls[c] for c in fact.pinned] or [np.zeros(n, bool)], axis=0)
                found[i] = np.where(blank, -1, pack([codes[c] for c in fixed], [sizes[c] for c in fixed]))
        return found


def pose(
    history: HistoryPlan,
    plans: Mapping[str, TablePlan],
    decisions: Mapping[str, Decision],
    reading: Reading,
    seed: bytes,
    *,
    dropping: bool = False,
) -> Posed:
    """Return the problem of one declaration.

    Args:
        history: the declaration.
        plans: of all tables.
        decisions: about them, after the search.
        reading: yields the lines of its people, bucket by bucket; the same whenever it is called.
        seed: decides between equals.
        dropping: measures are mended by leaving out the lines of windows, and nothing else is; otherwise they
            stand, and cells are blanked.

    Raises:
        InputError: values are not in their hierarchy.
        RequirementError: a table's facts take too many values.
    """
    bare = tuple(_bare(history, plans[name], decisions[name]) for name in history.tables)
    leaves = _occurring(bare, reading)
    tables, groups, first = [], list[FactGroup](), {}
    for i, table in enumerate(bare):
        first[table.name] = len(groups)
        posed = tuple(
            _grown(group, found, plans[table.name], decisions[table.name])
            for group, found in zip(table.groups, leaves[i], strict=True)
        )
        groups += [_group(i, group) for group in posed]
        tables.append(replace(table, groups=posed))
    windows = pose_windows(history, reading, deletable=dropping)
    starts = []
    for i, of_table in enumerate(windows, len(tables)):
        starts.append(len(groups))
        groups += of_table.groups(i)
    kinds = _kinds(history, tables, first)
    for i, (of_table, start) in enumerate(zip(windows, starts, strict=True), len(tables)):
        kinds |= {place: of_table.kind(place, i, start) for place in of_table.kinds}
    declared = history.history
    problem = Problem(
        tables=len(tables) + len(windows),
        groups=tuple(groups),
        kinds=tuple(kinds[i] for i in range(len(kinds))),
        known=history.known,
        k=history.k,
        share=declared.at_most.share if declared.at_most else None,
        sensitive_values=_sensitive_values(history, decisions),
        granularity=declared.granularity,
        lost_at_most=LostAtMost(people=1.0) if dropping else declared.lost_at_most,
        seed=seed,
    )
    return Posed(history=history, tables=tuple(tables), windows=windows, problem=problem, reading=reading)


def _kinds(
    history: HistoryPlan, tables: Sequence[PosedTable], first: Mapping[str, int]
) -> dict[int, FactKind]:
    """Return the kinds of facts of single lines, by their place."""
    of_name = {table.name: (i, table) for i, table in enumerate(tables)}
    kinds = {}
    for place, fact in enumerate(history.facts):
        if place in history.measured:
            continue
        i, table = of_name[fact.table]
        kinds[place] = FactKind(
            table=i,
            groups=tuple(first[fact.table] + g for g in fact.groups),
            seen=tuple(
                None if (tree := table.groups[g].tree) is None else tree.seen(prefix)
                for g, prefix in zip(fact.groups, fact.prefixes, strict=True)
            ),
            fixed=bool(fact.classes or fact.pinned) or table.periods,
            delete="line" if history.history.facts[place].action == "record" else "cell",
        )
    return kinds


def _sensitive_values(history: HistoryPlan, decisions: Mapping[str, Decision]) -> int:
    watched = history.history.at_most
    return 0 if watched is None else len(decisions[watched.table].columns[watched.column].domain or ())


def _bare(history: HistoryPlan, plan: TablePlan, decision: Decision) -> PosedTable:
    """Return a table whose groups have no leaf yet."""
    facts = history.tables[plan.name]
    domains = {name: decision.columns[name].domain or () for name in plan.known}

    def null(name: str | None) -> int:
        return domains[name].index(None) if name is not None and None in domains[name] else -1

    return PosedTable(
        name=plan.name,
        facts=facts,
        sizes=tuple_sizes(plan, facts, decision),
        classes=class_labels(plan, facts, decision),
        periods=has_periods(plan),
        null=null(facts.sensitive),
        groups=tuple(
            PosedGroup(
                columns=group,
                sizes=tuple(len(domains[name]) for name in group),
                null=tuple(null(name) for name in group),
                leaves=np.empty(0, np.int64),
                tree=None,
            )
            for group in facts.groups
        ),
        deletes=plan.name in history.deleting,
        stays=bool(plan.together),
    )


def _occurring(tables: Sequence[PosedTable], reading: Reading) -> list[list[Ints]]:
    """Return, by table and group, the tuples that some person has, ascending; not those of nulls alone."""
    found = [[np.empty(0, np.int64) for _ in table.groups] for table in tables]
    for people in reading():
        for i, table in enumerate(tables):
            if table.name not in people.tables:
                continue
            lines = people.tables[table.name].lines
            codes = table.codes_of(lines)
            for j, group in enumerate(table.groups):
                some = np.zeros(len(lines), bool)
                for name, null in zip(group.columns, group.null, strict=True):
                    some |= codes[name] != null
                packed = pack([codes[name][some] for name in group.columns], group.sizes)
                found[i][j] = np.union1d(found[i][j], packed)
    return found


def _grown(group: PosedGroup, leaves: Ints, plan: TablePlan, decision: Decision) -> PosedGroup:
    tree = None
    if any(coarsened(plan.table.columns[name]) is not None for name in group.columns):
        ladders = [plan.chains[name].ladder(decision.columns[name]) for name in group.columns]
        tree = tree_of(leaves, group.sizes, ladders)
    return PosedGroup(columns=group.columns, sizes=group.sizes, null=group.null, leaves=leaves, tree=tree)


def _group(table: int, group: PosedGroup) -> FactGroup:
    n = len(group.leaves)
    if group.tree is None:
        chain, covered = np.arange(n, dtype=np.int32)[None, :], np.ones(n, np.int64)
    else:
        chain, covered = group.tree.chain, group.tree.covered()
    return FactGroup(table=table, chain=chain, covered=covered, domain=max(n, 1))
