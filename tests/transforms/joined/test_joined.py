"""Tables joined by person, against the join by its definition: in plain Python, with nothing of the house."""

import itertools
from collections import Counter, defaultdict

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.choosing import planned
from support.helpers import FILE
from support.kernels import KEY

from tokumei.schemas.errors import RequirementError
from tokumei.schemas.splits import SourceFile, Split, Stretch
from tokumei.transforms.counting.people import PEOPLE, PERSON
from tokumei.transforms.decisions.recoded import recoded
from tokumei.transforms.decisions.removal import remove_all
from tokumei.transforms.engine.chunks import NOTHING_LEFT_OUT, Chunk, Work
from tokumei.transforms.joined import join
from tokumei.transforms.joined.deal import deal_records
from tokumei.transforms.joined.join import add_excluded, excluded_of, join_people
from tokumei.transforms.joined.layout import layout_of
from tokumei.transforms.joined.written import add_classes, deal_left, deal_written, recount_joined
from tokumei.transforms.planning.persons import persons_of
from tokumei.transforms.profile.fit import fit, tables_to_count
from tokumei.transforms.profile.profile import merge_profiles, profile_chunk
from tokumei.transforms.recode.choose import choose
from tokumei.transforms.recode.count import count_chunk, merge_histograms
from tokumei.transforms.recode.together import choose_joined, count_joined, remove_excluded

LINK = {"treat": [{"criterion": 3, "method": "pseudonym", "link": "member"}]}
PREFIX = {"treat": [{"criterion": 5, "method": "generalize", "hierarchy": {"kind": "prefix", "keep": [1]}}]}
RARE = {"treat": [{"criterion": 4, "method": "rare_values", "values": ["x"], "action": "record"}]}
K = 2


def plan_of(shapes, *, limit=0.0, more=None, k=K, **requirements):
    """shapes: table → (rows a person, number of quasi-identifiers)."""
    columns = {
        name: {"id": LINK, "drop": RARE} | {f"q{i}": PREFIX for i in range(n)}
        for name, (_, n) in shapes.items()
    }
    for name, extra in (more or {}).items():
        columns[name] |= extra
    return planned(
        {
            "version": 1,
            "regime": "private",
            "file": FILE,
            "tables": {
                name: {
                    "source": {"path": f"{name}.csv", "format": "csv"},
                    "person": "id",
                    "rows_per_person": rows,
                    "columns": columns[name],
                }
                for name, (rows, _) in shapes.items()
            },
            "requirements": {"k": k, "because": "試験", "suppression_limit": limit, **requirements},
        }
    )


def chunks_of(plan, data, decisions=None):
    """One chunk for every two records."""
    for name, rows in data.items():
        names = plan.tables[name].columns
        pieces = [rows[i : i + 2] for i in range(0, len(rows), 2)] or [[]]
        for number, piece in enumerate(pieces):
            split = Split(name, (Stretch(SourceFile(f"{name}.csv", 0, ""), 0, 1),), name)
            batch = pa.RecordBatch.from_pylist(
                [dict(zip(names, row, strict=True)) for row in piece],
                pa.schema([(column, pa.string()) for column in names]),
            )
            yield Chunk(
                work=Work(split, KEY, decisions[name] if decisions else NOTHING_LEFT_OUT),
                number=number,
                last=number == len(pieces) - 1,
                records=len(piece),
                rejects={},
                rejected=(),
                batch=batch,
            )


def fits_of(plan, data):
    profile = merge_profiles(
        plan.tables, [profile_chunk(plan.tables[c.work.split.table], c) for c in chunks_of(plan, data)]
    )
    people = {name: len({row[0] for row in data[name]}) for name in tables_to_count(plan.tables, profile)}
    return fit(plan, profile, people, KEY)


def joined(plan, data, fits):
    """The people of all buckets, joined; buckets and chunks in reverse."""
    buckets = defaultdict(list)
    for chunk in chunks_of(plan, data, fits):
        for bucket, dealt in deal_records(plan.tables[chunk.work.split.table], chunk):
            buckets[bucket].append(dealt)
    layout = layout_of(plan.tables, fits)
    return [join_people(plan.tables, layout, parts[::-1]) for _, parts in sorted(buckets.items())][::-1]


def decided(plan, data):
    """Everything until the search of each table; returns (choice, fits with removals, chosen)."""
    fits = fits_of(plan, data)
    people = joined(plan, data, fits)
    counted = merge_histograms([{"j": count_joined(plan.tables, found)} for found in people])["j"]
    choice = choose_joined(plan.tables, fits, layout_of(plan.tables, fits), counted, lambda _: None)
    excluded = add_excluded([excluded_of(found, choice.failing, choice.people) for found in people])
    fits = fits | remove_excluded(plan.tables, fits, choice, excluded)
    counted = [
        count_chunk(plan.tables[c.work.split.table], c)
        for c in chunks_of(plan, data, fits)
        if plan.tables[c.work.split.table].quasi_identifiers
    ]
    return choice, fits, choose(plan, fits, merge_histograms(counted), KEY)


# The same by definition. A value is two letters: itself, its first letter, or nothing.


def label(value, level):
    return (value, value[:1], "*")[level]


def reader(shapes, data, node, out=()):
    """What a reader finds who joins what is released at a node: person → joined classes."""
    levels = iter(node)
    level = {name: [next(levels) for _ in range(n)] for name, (_, n) in shapes.items()}
    records = {
        name: [
            (row[0], tuple(label(v, at) for v, at in zip(row[2:], level[name], strict=True)))
            for row in rows
            if row[1] != "x" and row[0] not in out
        ]
        for name, rows in data.items()
    }
    people = {person for rows in records.values() for person, _ in rows}
    return {
        person: set(
            itertools.product(
                *([labels for who, labels in rows if who == person] or [None] for rows in records.values())
            )
        )
        for person in people
    }


def dropped(data):
    """Who has records in a table, and none that is left."""
    return {
        row[0]
        for rows in data.values()
        for row in rows
        if all(other[1] == "x" for other in rows if other[0] == row[0])
    }


def short(shapes, data, node, k):
    """Who must be left out at a node: until no class is too small."""
    out = dropped(data)
    first = set(out)
    while True:
        found = reader(shapes, data, node, out)
        sizes = defaultdict(int)
        for classes in found.values():
            for one in classes:
                sizes[one] += 1
        more = {person for person, classes in found.items() if any(sizes[one] < k for one in classes)}
        if not more:
            return out - first, sizes
        out |= more


values = st.sampled_from(["a1", "a2", "b1", "b2"])


@st.composite
def problems(draw):
    names = ["m", "r", "v"][: draw(st.integers(2, 3))]
    shapes = {name: (draw(st.sampled_from(["one", "several"])), draw(st.integers(0, 2))) for name in names}
    data = {}
    for name, (rows, n) in shapes.items():
        people = draw(st.lists(st.integers(0, 9), min_size=4, max_size=10, unique=rows == "one"))
        data[name] = [
            (f"P{who}", draw(st.sampled_from(["", "", "", "", "", "x"])), *(draw(values) for _ in range(n)))
            for who in people
        ]
    return shapes, data


@given(problems())
def test_people_and_joined_tuples_are_those_of_the_definition(problem):
    shapes, data = problem
    plan = plan_of(shapes)
    fits = fits_of(plan, data)
    layout, found = layout_of(plan.tables, fits), joined(plan, data, fits)
    node = (0,) * sum(n for _, n in shapes.values())
    expected = reader(shapes, data, node, dropped(data))
    sizes = [n for part in found for n in part.tuples.group_by(PERSON).len()["len"].to_list()]
    assert sorted(sizes) == sorted(map(len, expected.values()))
    assert sum(len(part.out) for part in found) == len(dropped(data))
    held = Counter(packed for part in found for packed in part.tuples[join.JOINED].to_list())
    theirs = Counter(one for classes in expected.values() for one in classes)
    assert sorted(held.values()) == sorted(theirs.values())
    assert all(0 <= packed < np.prod(layout.flat, dtype=object) for packed in held)


@given(problems(), st.sampled_from([0.0, 0.3]))
def test_the_search_finds_the_cheapest_levels_and_leaves_out_whole_people(problem, limit):
    shapes, data = problem
    columns = sum(n for _, n in shapes.values())
    if not columns:
        return
    plan = plan_of(shapes, limit=limit, metric="precision")
    nodes = list(itertools.product(range(3), repeat=columns))
    everybody = len(reader(shapes, data, nodes[0], dropped(data)))
    out = {node: short(shapes, data, node, K) for node in nodes}
    feasible = [node for node in nodes if len(out[node][0]) <= int(limit * everybody + 1e-9)]
    try:
        choice, fits, chosen = decided(plan, data)
    except RequirementError as error:
        left = [node for node in feasible if out[node][1]]
        assert not left or error.code == "requirement.nobody_left", error.what
        return
    levels = iter([level for given in choice.given.values() for level in given.levels])
    node = tuple(next(levels) for _ in range(columns))
    assert node in feasible
    if limit == 0:
        assert sum(node) == min(map(sum, feasible))
    assert choice.short == len(out[node][0])
    whole = out[node][0] | dropped(data)
    for name, table in plan.tables.items():
        removal = fits[name].removals[-1]
        theirs = [row for row in data[name] if row[0] in whole and row[1] != "x"]
        assert (removal.records, removal.persons) == (len(theirs), len({row[0] for row in theirs}))
        if table.quasi_identifiers:
            assert chosen.accounts[name].recoded.count.suppressed_records == 0
    recounted(plan, shapes, data, chosen, sizes=out[node][1])


def recounted(plan, shapes, data, chosen, *, sizes):
    """Release the chunks, and compare the recount with the classes that a reader finds."""
    buckets = defaultdict(list)
    for chunk in chunks_of(plan, data, chosen.decisions):
        table, decision = plan.tables[chunk.work.split.table], chunk.work.decision
        treated = {
            name: table.chains[name].apply(decision.columns[name], chunk.batch.column(name), KEY)
            for name in table.columns
        }
        treated, _ = remove_all(table, chunk, treated)
        keep = np.ones(chunk.batch.num_rows, dtype=bool)
        for column in treated.values():
            keep &= True if column.drop is None else ~column.drop
        labels, keep = recoded(table, decision, treated, keep)
        rows = pa.array(np.flatnonzero(keep))
        columns = {name: labels[name].take(rows) for name in table.quasi_identifiers}
        batch = pa.RecordBatch.from_pydict(columns or {"id": chunk.batch.column("id").take(rows)})
        persons = persons_of(table, chunk)
        for bucket, part in [
            *deal_written(table, batch, persons[keep], "f"),
            *deal_left(table, persons[~keep], "f"),
        ]:
            buckets[bucket].append(part)
    found = add_classes([recount_joined(plan.tables, parts) for parts in buckets.values()])
    assert sorted(found.classes[PEOPLE].to_list()) == sorted(n for n in sizes.values() if n)
    assert found.standing == 0


def test_the_recount_finds_people_who_are_left_out_of_one_table_only():
    plan = plan_of({"m": ("one", 0), "r": ("several", 0)})
    hashes = np.array([[1, 1], [65, 2], [129, 3]], dtype=np.uint64)
    batch = pa.RecordBatch.from_pydict({"id": ["1", "2"]})
    parts = [
        *deal_written(plan.tables["m"], batch, hashes[:2], "f"),
        *deal_left(plan.tables["m"], hashes[2:], "f"),
        *deal_written(plan.tables["r"], batch, hashes[1:], "f"),
    ]
    found = recount_joined(plan.tables, [part for _, part in parts])
    assert (found.people, found.standing) == (3, 1)
    assert sorted(found.classes[PEOPLE].to_list()) == [1, 1, 1]


def test_too_many_joined_tuples_are_refused_with_a_way_out(monkeypatch):
    monkeypatch.setattr(join, "MAX_JOINED", 3)
    shapes = {"r": ("several", 1), "v": ("several", 1)}
    data = {name: [("P1", "", "a1"), ("P1", "", "a2"), ("P2", "", "b1")] for name in shapes}
    plan = plan_of(shapes)
    with pytest.raises(RequirementError, match="several different records") as refused:
        joined(plan, data, fits_of(plan, data))
    assert refused.value.code == "requirement.joined_records"
    assert "joined: false" in refused.value.fix
