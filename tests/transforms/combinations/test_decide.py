"""The removal of rare combinations: nothing rare is left, nothing goes without need, chunks do not matter."""

import itertools
import json
from collections import Counter, defaultdict

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.helpers import policy_of
from support.kernels import KEY

from tokumei.schemas.errors import InputError, RequirementError
from tokumei.schemas.policy import Policy
from tokumei.schemas.splits import SourceFile, Split, Stretch
from tokumei.transforms.combinations import count as counting
from tokumei.transforms.combinations.count import count_combined, merge_combined
from tokumei.transforms.combinations.decide import removals
from tokumei.transforms.decisions.removal import add_taken, remove_all
from tokumei.transforms.engine.chunks import NOTHING_LEFT_OUT, Chunk, Work
from tokumei.transforms.planning.plan_tables import plan_tables
from tokumei.transforms.profile.fit import fit
from tokumei.transforms.profile.profile import merge_profiles, profile_chunk

NAMES = ("a", "b", "c", "d")
KEEP = {"keep": True, "because": "試験"}


def planned(*combinations, rows="one", k=2, columns=None):
    """A policy over columns a to d of a table t, and its plan."""
    declared = columns or dict.fromkeys(NAMES, KEEP)
    data = policy_of(
        {"id": {"treat": [{"criterion": 3, "method": "delete"}]}, **declared}, person="id", rows=rows, k=k
    )
    data["tables"]["t"]["combinations"] = [
        {"criterion": 4, "because": "試験", "action": "cell", "people": 2, **c} for c in combinations
    ]
    policy = Policy.model_validate_json(json.dumps(data))
    return policy, plan_tables(policy, None)["t"]


def chunks_of(table, persons, places, decision=NOTHING_LEFT_OUT):
    split = Split("t", (Stretch(SourceFile("x.csv", 1, "1"), 0, 1),), "s")
    columns = [pa.array(persons, pa.string()), *(pa.array(c, pa.string()) for c in zip(*table, strict=True))]
    whole = pa.RecordBatch.from_arrays(columns, names=["id", *NAMES[: len(columns) - 1]])
    edges = [0, *sorted(min(p, len(table)) for p in places), len(table)]
    for i, (start, end) in enumerate(itertools.pairwise(edges)):
        batch = whole.slice(start, end - start)
        yield Chunk(
            work=Work(split, KEY, decision),
            number=i,
            last=end == len(table),
            records=batch.num_rows,
            rejects={},
            rejected=(),
            batch=batch,
        )


def run(policy, plan, table, persons, places=()):
    """Profile, count, decide and apply; returns the rows that are left, their persons, and the fits."""
    from tokumei.transforms.planning.plan import Plan

    whole = Plan(
        policy=policy, tables={"t": plan}, populations={}, output="out", release_id="r", work="w", attempt="a"
    )
    parts = [profile_chunk(plan, c) for c in chunks_of(table, persons, places)]
    fits = fit(whole, merge_profiles({"t": plan}, parts), {"t": len(set(persons))}, KEY)
    counted = [count_combined(plan, c) for c in chunks_of(table, persons, places, fits["t"])]
    fits = removals({"t": plan}, fits, merge_combined(counted))
    left, who, taken = [], [], []
    for chunk in chunks_of(table, persons, places, fits["t"]):
        treated = {
            n: plan.chains[n].apply(fits["t"].columns[n], chunk.batch.column(n), KEY) for n in plan.combined
        }
        treated, took = remove_all(plan, chunk, treated)
        drop = treated[plan.combined[0]].drop
        rows = list(zip(*(treated[n].rows().to_pylist() for n in plan.combined), strict=True))
        keep = [i for i in range(len(rows)) if drop is None or not drop[i]]
        left += [rows[i] for i in keep]
        who += [chunk.batch.column("id")[i].as_py() for i in keep]
        taken.append(took)
    (removal,) = fits["t"].removals
    assert add_taken(taken) == (removal.expected(plan),)
    return left, who, fits["t"]


def rare_of(rows, who, columns, size, people):
    shared = defaultdict(set)
    for row, person in zip(rows, who, strict=True):
        for n in range(1, size + 1):
            for subset in itertools.combinations(columns, n):
                values = tuple(row[c] for c in subset)
                if None not in values:
                    shared[subset, values].add(person)
    return {key for key, found in shared.items() if len(found) < people}


cell = st.one_of(st.none(), st.sampled_from("xyz"))
tables = st.lists(
    st.tuples(cell, cell, st.sampled_from("pq"), cell, st.integers(0, 9)), min_size=1, max_size=40
)
declarations = st.lists(
    st.tuples(
        st.sampled_from([("a", "b", "c"), ("b", "a"), ("d", "c", "a", "b"), ("c", "d")]),
        st.integers(2, 4),
        st.sampled_from(["cell", "record"]),
        st.sampled_from([4, 5]),
    ),
    min_size=1,
    max_size=3,
)


@given(tables, declarations, st.booleans(), st.lists(st.integers(0, 40), max_size=3))
def test_no_rare_combination_is_left_whatever_is_declared(data, declared, several, places):
    rows = [r[:4] for r in data]
    persons = [f"p{r[4]}" if several else f"p{i}" for i, r in enumerate(data)]
    policy, plan = planned(
        *(
            {"columns": c, "size": min(3, len(c)), "people": n, "action": a, "criterion": k}
            for c, n, a, k in declared
        ),
        rows="several" if several else "one",
    )
    left, who, fits = run(policy, plan, rows, persons, places)
    for columns, people, _, _ in declared:
        at = [plan.combined.index(name) for name in columns]
        assert not rare_of(left, who, at, min(3, len(columns)), people)
    # What is left is what was there, but for blanks.
    source = defaultdict(list)
    at = [NAMES.index(name) for name in plan.combined]
    for row, person in zip(rows, persons, strict=True):
        source[person].append(tuple(row[c] for c in at))
    for row, person in zip(left, who, strict=True):
        assert any(
            all(new in {old, None} for new, old in zip(row, was, strict=True)) for was in source[person]
        )
    # Cutting the input elsewhere, or its order, changes nothing.
    backwards = run(policy, plan, rows[::-1], persons[::-1], [])
    assert Counter(zip(backwards[0], backwards[1], strict=True)) == Counter(zip(left, who, strict=True))
    assert backwards[2].removals[0].removed == fits.removals[0].removed


@given(tables)
def test_nothing_is_removed_where_nothing_is_rare(data):
    rows = [r[:4] for r in data] * 3
    persons = [f"p{i}" for i in range(len(rows))]
    policy, plan = planned({"columns": ["a", "b", "c", "d"], "people": 3})
    left, _, fits = run(policy, plan, rows, persons)
    assert left == rows and len(fits.removals[0].tuples) == 0
    assert fits.removals[0].removed[0].combinations == (0, 0, 0)


def test_blanks_that_make_others_rare_are_followed_up():
    """Alone are z and y, so y goes there; only then are y and p, which had two people, alone as well."""
    rows = ["zyp", "xyp", "xyq", "xyq", "zwp", "zwp", "xwp", "xwp"]
    policy, plan = planned({"columns": ["b", "a", "c"], "size": 2})
    left, _, fits = run(policy, plan, [(*r, None) for r in rows], [f"p{i}" for i in range(8)])
    assert left == [("z", None, "p"), ("x", None, "p"), *map(tuple, rows[2:])]
    assert fits.removals[0].removed[0].combinations == (0, 2)
    assert fits.removals[0].removed[0].cells == (2, 0, 0)


def test_records_that_make_others_rare_are_followed_up():
    """Alone is u, so its record goes; only then are y and p, which had two people, alone."""
    rows = ["uyp", "xyp", "xyq", "xyq", "xwp", "xwp"]
    policy, plan = planned({"columns": ["a", "b", "c"], "size": 2, "action": "record", "criterion": 5})
    left, _, fits = run(policy, plan, [(*r, None) for r in rows], [f"p{i}" for i in range(6)])
    assert left == [tuple(r) for r in rows[2:]]
    assert fits.removals[0].removed[0].combinations == (1, 1) and fits.removals[0].removed[0].records == 2
    assert fits.removals[0].drop.tolist() == [5, 5] and fits.removals[0].blank.tolist() == [0, 0]


def test_people_are_counted_not_rows():
    rows = [("x", "y", "p", None)] * 4 + [("w", "y", "p", None)] * 2
    one, two = ["p1"] * 4, ["p2", "p3"]
    declared = {"columns": ["a", "b"], "size": 2, "action": "record"}
    by_people = run(*planned(declared, rows="several"), rows, one + two)
    assert by_people[0] == [("w", "y")] * 2 and by_people[2].removals[0].removed[0].records == 4
    by_rows = run(*planned(declared), rows, [f"p{i}" for i in range(6)])
    assert len(by_rows[0]) == 6


def test_k_is_the_default_number_of_people():
    rows = [("x", "y", "p", None)] * 3 + [("w", "y", "p", None)] * 4
    policy, plan = planned({"columns": ["a", "b"], "size": 2, "people": None}, k=4)
    left, _, _ = run(policy, plan, rows, [f"p{i}" for i in range(7)])
    assert left == [(None, "y")] * 3 + [("w", "y")] * 4


def test_only_a_column_with_blanks_gets_null_and_its_codes_stay():
    rows = [("x", "y", "p", None)] * 3 + [("w", "y", "p", None)]
    _, _, fits = run(*planned({"columns": ["a", "b"], "size": 2}), rows, list("1234"))
    assert fits.columns["a"].domain == ("w", "x", None)
    assert fits.columns["b"].domain == ("y",)


def test_too_many_tuples_are_refused(monkeypatch):
    rows = [("x", "y", "p", None), ("w", "y", "p", None), ("w", "z", "p", None)]
    monkeypatch.setattr(counting, "MAX_HELD", 2)
    with pytest.raises(RequirementError) as caught:
        run(*planned({"columns": ["a", "b"], "size": 2}), rows, list("123"), [1])
    assert caught.value.code == "requirement.combinations"
    monkeypatch.setattr(counting, "MAX_HELD", 10)
    monkeypatch.setattr(counting, "MAX_TUPLES", 3)
    with pytest.raises(RequirementError, match="possible combinations"):
        run(*planned({"columns": ["a", "b"], "size": 2}), rows, list("123"))


def test_a_null_that_appears_after_the_decision_is_a_changed_input():
    """Blanked columns know null, which must not let a new null of the input pass as a blank."""
    rows = [("x", "y", "p", None)] * 3 + [("w", "y", "p", None)]
    policy, plan = planned({"columns": ["a", "b"], "size": 2})
    _, _, fits = run(policy, plan, rows, list("1234"))
    (chunk,) = chunks_of([*rows, (None, "y", "p", None)], list("12345"), [], fits)
    treated = {n: plan.chains[n].apply(fits.columns[n], chunk.batch.column(n), KEY) for n in plan.combined}
    with pytest.raises(InputError) as caught:
        remove_all(plan, chunk, treated)
    assert caught.value.code == "input.changed"


def test_declarations_share_columns_and_are_settled_together():
    """The second declaration blanks b, which the first relied on; both hold in the end."""
    rng = np.random.default_rng(7)
    rows = [tuple("xyzuvw"[i] for i in rng.integers(0, 5, 4)) for _ in range(400)]
    policy, plan = planned(
        {"columns": ["a", "b", "c"], "people": 3}, {"columns": ["b", "d"], "size": 2, "people": 20}
    )
    who = [f"p{i}" for i in range(400)]
    left, _, fits = run(policy, plan, rows, who)
    assert not rare_of(left, who, (0, 1, 2), 3, 3) and not rare_of(left, who, (1, 3), 2, 20)
    assert all(sum(r.cells) for r in fits.removals[0].removed)


def test_chunks_without_records():
    rows = [("x", "y", "p", None)] * 3 + [("w", "y", "p", None)]
    policy, plan = planned({"columns": ["a", "b"], "size": 2})
    left, _, _ = run(policy, plan, rows, list("1234"), [0, 0, 2, 4])
    assert left == [("x", "y")] * 3 + [(None, "y")]
