"""Small random problems, and a counter written from the definition: sets and itertools, nothing of the kernel."""

from dataclasses import replace
from fractions import Fraction
from itertools import combinations, product
from types import SimpleNamespace

import numpy as np

from tokumei.schemas.histories import LostAtMost
from tokumei.transforms.histories.count import Blanks
from tokumei.transforms.histories.problem import Bucket, FactGroup, FactKind, Lines, Problem

DROPPED = 0xFFFFFFFF


def random_group(rng, table):
    leaves = int(rng.integers(1, 7))
    levels = int(rng.integers(1, 4))
    rows, label = [], np.arange(leaves)
    for _ in range(levels):
        rows.append(label)
        distinct = np.unique(label)
        up = rng.integers(0, max(1, len(distinct) - 1), len(distinct))
        label = up[np.searchsorted(distinct, label)]
    # Number the nodes; a label with the same leaves as on the level below may be the same node.
    nodes, chain, covered = {}, np.zeros((levels, leaves), np.int32), []
    same = rng.random() < 0.5
    for level, row in enumerate(rows):
        for leaf in range(leaves):
            below = tuple(np.flatnonzero(row == row[leaf]))
            key = below if same else (level, below)
            if key not in nodes:
                nodes[key] = len(nodes)
                covered.append(len(below))
            chain[level, leaf] = nodes[key]
    return FactGroup(table=table, chain=chain, covered=np.array(covered, np.int64), domain=leaves)


def random_seen(rng, group):
    """What a fact sees of a node: the node, or less of it: here two nodes may look alike, and some like nothing."""
    if rng.random() < 0.75:
        return None
    return rng.integers(-1, group.nodes, group.nodes).astype(np.int32)


def random_problem(rng):
    tables = int(rng.integers(1, 3))
    groups = tuple(random_group(rng, int(rng.integers(0, tables))) for _ in range(int(rng.integers(1, 4))))
    kinds = []
    for _ in range(int(rng.integers(1, 4))):
        table = int(rng.integers(0, tables))
        there = [i for i, group in enumerate(groups) if group.table == table]
        few = (
            tuple(
                sorted(
                    rng.choice(there, int(rng.integers(1, min(2, len(there)) + 1)), replace=False).tolist()
                )
            )
            if there
            else ()
        )
        if few and rng.random() < 0.1:
            few = ()
        kinds.append(
            FactKind(
                table=table,
                groups=few,
                seen=tuple(random_seen(rng, groups[i]) for i in few),
                fixed=not few or rng.random() < 0.25,
                delete="cell",
            )
        )
    kinds = random_deletion(rng, kinds)
    known = int(rng.choice([1, 2, 2, 3]))
    share = float(rng.choice([0.34, 0.5, 0.75])) if rng.random() < 0.3 else None
    return Problem(
        tables=tables,
        groups=groups,
        kinds=tuple(kinds),
        known=known,
        k=int(rng.integers(2, 5)),
        share=share,
        sensitive_values=2 if share else 0,
        granularity=str(rng.choice(["cut", "cut", "level"])),
        lost_at_most=LostAtMost(people=1.0),
        seed=bytes(16),
    )


def random_deletion(rng, kinds):
    """Let some kinds delete lines: of tables without facts that nothing deletes."""
    standing = {kind.table for kind in kinds if not kind.groups}
    share = rng.choice([0, 0.5, 1])
    return [
        replace(kind, delete="line") if kind.table not in standing and rng.random() < share else kind
        for kind in kinds
    ]


def random_people(rng, problem):
    """By person: for each table (leaves, fixed codes, records) of its lines; and a set of sensitive values."""
    people = []
    popular = rng.random() * 2
    for _ in range(int(rng.integers(0, 30))):
        tables = []
        for table in range(problem.tables):
            lines = {}
            for _ in range(int(rng.integers(0, 4))):
                leaves = tuple(
                    -1
                    if rng.random() < 0.1
                    else int(problem.groups[i].leaves * rng.random() ** (1 + popular))
                    for i in problem.of_table(table)
                )
                fixed = tuple(
                    int(rng.integers(-1, 2)) * 10**12
                    for kind in problem.kinds
                    if kind.fixed and kind.table == table
                )
                lines[leaves, tuple(max(-1, code) for code in fixed)] = int(rng.integers(1, 4))
            tables.append(sorted((*line, records) for line, records in lines.items()))
        sensitive = {int(v) for v in rng.integers(0, 2, int(rng.integers(0, 3)))}
        people.append((tables, sensitive if problem.share else set()))
    return people


def deletes(problem, table):
    """Return whether lines of a table may be deleted."""
    return any(kind.table == table and kind.delete == "line" for kind in problem.kinds)


def as_buckets(problem, people, sizes):
    """Deal people to buckets of these sizes; the rest to a last one."""
    out, start = [], 0
    for size in [*sizes, len(people)]:
        few = people[start : start + size]
        start += len(few)
        lines = []
        for table in range(problem.tables):
            rows = [(i, *line) for i, (tables, _) in enumerate(few) for line in tables[table]]
            kinds = [i for i, kind in enumerate(problem.kinds) if kind.fixed and kind.table == table]
            lines.append(
                Lines(
                    person=np.array([r[0] for r in rows], np.int32),
                    leaves=np.array([r[1] for r in rows], np.int32)
                    .reshape(len(rows), len(problem.of_table(table)))
                    .T,
                    fixed={
                        kind: np.array([r[2][at] for r in rows], np.int64) for at, kind in enumerate(kinds)
                    },
                    records=np.array([r[3] for r in rows], np.int64) if deletes(problem, table) else None,
                )
            )
        pairs = sorted((i, value) for i, (_, values) in enumerate(few) for value in values)
        sensitive = tuple(np.array([p[at] for p in pairs], np.int32) for at in (0, 1))
        out.append(
            Bucket(people=len(few), lines=tuple(lines), sensitive=sensitive if problem.share else None)
        )
    return out


def facts_of(problem, bucket, blanks, levels):
    """By person of a bucket: the facts, as tuples, that the released lines give."""
    out = [set() for _ in range(bucket.people)]
    for _, _, person, fact in told_by(problem, bucket, blanks, levels):
        out[person].add(fact)
    return out


def told_by(problem, bucket, blanks, levels):
    """Yield table, line, person and fact of all released lines of a bucket."""
    for i, kind in enumerate(problem.kinds):
        lines, rows = bucket.lines[kind.table], problem.of_table(kind.table)
        masks = (
            dict(zip(blanks[kind.table].line.tolist(), blanks[kind.table].mask.tolist(), strict=False))
            if blanks
            else {}
        )
        for n, person in enumerate(lines.person.tolist()):
            mask, fact = masks.get(n, 0), [i]
            if mask == DROPPED:
                continue
            if kind.fixed:
                fact.append(int(lines.fixed[i][n]))
            for group, seen in zip(kind.groups, kind.seen, strict=False):
                row = rows.index(group)
                leaf = int(lines.leaves[row][n])
                if leaf < 0 or mask >> row & 1:
                    fact.append(-1)
                    continue
                node = int(problem.groups[group].chain[levels[group][leaf], leaf])
                fact.append(node if seen is None else int(seen[node]))
            if -1 not in fact[1:]:
                yield kind.table, n, person, tuple(fact)


def broken(problem, buckets, protection=None):
    """Return the sets of at most m facts that break the promise, by the definition."""
    levels = protection.levels if protection else [np.zeros(g.leaves, int) for g in problem.groups]
    having, with_value = {}, {}
    for number, bucket in enumerate(buckets):
        blanks = protection.blanks[number] if protection and protection.blanks else None
        values = [set() for _ in range(bucket.people)]
        if bucket.sensitive is not None:
            for person, value in zip(*(a.tolist() for a in bucket.sensitive), strict=False):
                values[person].add(value)
        for person, facts in enumerate(facts_of(problem, bucket, blanks, levels)):
            for size in range(1, problem.known + 1):
                for some in combinations(sorted(facts), size):
                    having[some] = having.get(some, 0) + 1
                    for value in values[person]:
                        with_value[some, value] = with_value.get((some, value), 0) + 1
    bad = {some for some, n in having.items() if n < problem.k}
    if problem.share is not None:
        h = Fraction(str(problem.share))
        bad |= {some for (some, _), n in with_value.items() if n > h * having[some]}
    return bad


def lost(problem, buckets, protection):
    """Return the loss by the definition: mean over cells of leaves below ÷ all leaves, deleted 1."""
    total, cells = Fraction(0), 0
    for number, bucket in enumerate(buckets):
        for table, lines in enumerate(bucket.lines):
            blanks = protection.blanks[number][table] if protection.blanks else None
            masks = dict(zip(blanks.line.tolist(), blanks.mask.tolist(), strict=False)) if blanks else {}
            for row, group in enumerate(problem.of_table(table)):
                tree = problem.groups[group]
                for n, leaf in enumerate(lines.leaves[row].tolist()):
                    if leaf < 0:
                        continue
                    cells += 1
                    mask = masks.get(n, 0)
                    if mask >> row & 1:
                        total += 1
                    else:
                        below = int(tree.covered[tree.chain[protection.levels[group][leaf], leaf]])
                        total += Fraction(below if below > 1 else 0, tree.domain)
    return total / cells if cells else total


def standing(problem, buckets, protection=None):
    """Return the records that tell a fact, and the people who have one and some line left of each table."""
    levels = protection.levels if protection else [np.zeros(g.leaves, int) for g in problem.groups]
    records = people = 0
    for number, bucket in enumerate(buckets):
        blanks = protection.blanks[number] if protection and protection.blanks else None
        told = [*told_by(problem, bucket, blanks, levels)]
        for table, line in {(table, line) for table, line, _, _ in told}:
            records += int(bucket.lines[table].records[line]) if deletes(problem, table) else 1
        having = {person for _, _, person, _ in told}
        for table, lines in enumerate(bucket.lines):
            gone = (
                {
                    n
                    for n, mask in zip(*map(list, vars(blanks[table]).values()), strict=True)
                    if mask == DROPPED
                }
                if blanks
                else set()
            )
            left = {who for n, who in enumerate(lines.person.tolist()) if n not in gone}
            having -= set(lines.person.tolist()) - left
        people += len(having)
    return records, people


def consistent(problem, levels):
    """Return whether everything under a released node is released at it."""
    for group, level in zip(problem.groups, levels, strict=True):
        node = group.chain[level, np.arange(group.leaves)]
        for leaf in range(group.leaves):
            for other in range(group.leaves):
                if node[leaf] in group.chain[:, other] and node[other] != node[leaf]:
                    return False
    return True


def everything_blanked(problem, buckets):
    """Return what would be released with every cell blanked."""
    blanks = tuple(
        tuple(
            Blanks(np.arange(len(lines.person), dtype=np.int32), np.full(len(lines.person), 1023, np.uint32))
            for lines in bucket.lines
        )
        for bucket in buckets
    )
    return SimpleNamespace(levels=[np.zeros(g.leaves, int) for g in problem.groups], blanks=blanks)


def released(problem, buckets, protection):
    """Return, by person, what is blanked of each line, lines in an order of their own."""
    out = []
    for number, bucket in enumerate(buckets):
        people = [[] for _ in range(bucket.people)]
        for table, lines in enumerate(bucket.lines):
            blanks = protection.blanks[number][table] if protection.blanks else None
            masks = dict(zip(blanks.line.tolist(), blanks.mask.tolist(), strict=True)) if blanks else {}
            for n, person in enumerate(lines.person.tolist()):
                fixed = [int(codes[n]) for _, codes in sorted(lines.fixed.items())]
                people[person].append((table, lines.leaves[:, n].tolist(), fixed, masks.get(n, 0)))
        out += [sorted(lines) for lines in people]
    return out


def one_level(problem):
    """Yield the problem with trees of one level each: every combination of levels for all."""
    for levels in product(*(range(group.levels) for group in problem.groups)):
        groups = tuple(
            replace(group, chain=group.chain[level : level + 1])
            for group, level in zip(problem.groups, levels, strict=True)
        )
        yield replace(problem, groups=groups)
