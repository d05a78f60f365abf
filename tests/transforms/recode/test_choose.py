"""Pass 1 to 3 over chunks without an engine: the release is k-anonymous, and what is told of it is true."""

import random
from collections import defaultdict

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.choosing import COLUMNS, GENERALIZE, SPLIT, chunks_of, decide, plan_of
from support.kernels import KEY, cut

from tokumei.schemas.errors import InputError, RequirementError
from tokumei.transforms.criteria.coded import domain_codes
from tokumei.transforms.engine.chunks import NOTHING_LEFT_OUT, Chunk, Work
from tokumei.transforms.profile.fit import fit
from tokumei.transforms.profile.profile import merge_profiles, profile_chunk
from tokumei.transforms.recode.choose import choose
from tokumei.transforms.recode.count import count_chunk, merge_histograms
from tokumei.transforms.release.anonymize import anonymize_chunk

ROWS = st.lists(
    st.tuples(
        st.sampled_from("abcdefghijkl"),
        st.one_of(st.none(), st.integers(20, 60)),
        st.sampled_from(["男", "女", None]),
        st.sampled_from(["風邪", "高血圧", "希少疾患"]),
    ),
    min_size=1,
    max_size=30,
)


@settings(max_examples=80)
@given(
    ROWS,
    st.lists(st.integers(0, 30), max_size=3),
    st.booleans(),
    st.integers(2, 3),
    st.sampled_from([0.0, 0.2, 0.5]),
)
def test_the_release_is_k_anonymous(rows, places, several, k, limit):
    if not several:  # one row a person, in no order, so that they must be counted
        rows = [(f"p{i}", *row[1:]) for i, row in enumerate(rows)]
        random.Random(1).shuffle(rows)
    plan = plan_of(rows="several" if several else "one", k=k, limit=limit)
    pieces = cut(rows, places)
    left = [row for row in rows if row[3] != "希少疾患"]
    people = {row[0] for row in left}
    try:
        chosen = decide(plan, pieces)
    except RequirementError as error:
        assert error.code in {"requirement.unmet", "requirement.nobody_left"}
        assert len(people) < k or error.code == "requirement.nobody_left"
        return
    table, recoded = plan.tables["t"], chosen.accounts["t"].recoded
    parts = [anonymize_chunk(table, c, people=True) for c in chunks_of(pieces, chosen.decisions["t"])]
    owners, released = defaultdict(set), 0
    for part in parts:
        for row, person in zip(part.batch.to_pylist(), part.persons, strict=True):
            owners[row["age"], row["sex"]].add(tuple(person))
            assert row["illness"] != "希少疾患"
            released += 1
    assert all(len(group) >= k for group in owners.values())
    tallies = [part.tally for part in parts]
    assert sum(t.records_in for t in tallies) == len(rows)
    assert sum(t.dropped for t in tallies) == len(rows) - len(left)
    assert sum(t.suppressed for t in tallies) == recoded.count.suppressed_records == len(left) - released
    assert recoded.count.suppressed_people <= limit * len({row[0] for row in rows}) + 1e-9
    # every class that could stay did: those suppressed really have fewer than k people
    assert [len(levels) for levels in recoded.titles] == [4, 2]
    if not several:
        assert recoded.classes_before.total_people == len(left)


def test_a_table_that_cannot_meet_k_says_how_far_off_it_is():
    plan = plan_of(rows="one", k=5, limit=0.0)
    rows = [(f"p{i}", 30, "男", "風邪") for i in range(4)]
    with pytest.raises(RequirementError) as error:
        decide(plan, [rows])
    assert error.value.code == "requirement.unmet" and "4 of 4 people" in error.value.what
    assert "suppression_limit" not in error.value.fix  # nobody would be left
    with pytest.raises(RequirementError) as error:
        decide(plan, [[(f"p{i}", 30, "男", "希少疾患") for i in range(9)]])
    assert error.value.code == "requirement.nobody_left"


def test_the_limit_that_an_unmet_requirement_advises_is_enough():
    """The six men have two illnesses, half each; the 20 women, and so everybody together, nearly but one."""
    protect = [{"model": "l_diversity", "kind": "entropy", "l": 1.9}]
    illness = {"keep": True, "because": "試験", "sensitive": True, "protect": protect}
    columns = COLUMNS | {"illness": illness}
    rows = [(f"p{i}", 30, "男", ["風邪", "高血圧"][i % 2]) for i in range(6)]
    rows += [(f"q{i}", 30, "女", "風邪") for i in range(20)]
    with pytest.raises(RequirementError) as error:
        decide(plan_of(rows="one", k=2, limit=0.0, columns=columns), [rows])
    assert "20 of 26 people would have to be left out (allowed: 0); k=2 must hold too" in error.value.what
    assert "raise suppression_limit to 0.7693," in error.value.fix
    decide(plan_of(rows="one", k=2, limit=0.7693, columns=columns), [rows])


def test_an_input_that_changes_between_two_passes_is_noticed():
    plan = plan_of(rows="one", k=2, limit=0.0)
    rows = [(f"p{i}", 30 + i % 2, "男", "風邪") for i in range(6)]
    chosen = decide(plan, [rows])
    other = [(f"p{i}", 30 + i % 2, "女", "風邪") for i in range(6)]
    (chunk,) = chunks_of([other], chosen.decisions["t"])
    with pytest.raises(InputError) as error:
        anonymize_chunk(plan.tables["t"], chunk, people=False)
    assert error.value.code == "input.changed" and "女" not in str(error.value.as_dict())


def test_null_is_a_value_of_its_own_in_the_domain():
    plan = plan_of(rows="one", k=2, limit=0.0)
    rows = [("a", 30, None, "x"), ("b", 30, None, "x"), ("c", 30, "男", "x"), ("d", 30, "男", "x")]
    chosen = decide(plan, [rows])
    (chunk,) = chunks_of([rows], chosen.decisions["t"])
    batch = anonymize_chunk(plan.tables["t"], chunk, people=False).batch
    assert sorted(batch.column("sex").to_pylist(), key=str) == [None, None, "男", "男"]


def test_more_tuples_than_one_integer_holds_are_refused_before_counting():
    columns = {"id": COLUMNS["id"]}
    suppress = [{**GENERALIZE, "hierarchy": {"kind": "suppress"}}]
    columns.update({f"q{i}": {"type": "integer", "treat": suppress} for i in range(20)})
    plan = plan_of(rows="one", k=2, limit=0.0, columns=columns)
    data = {f"q{i}": np.arange(10) for i in range(20)} | {"id": [f"p{i}" for i in range(10)]}
    batch = pa.RecordBatch.from_pydict({name: pa.array(values) for name, values in data.items()})

    def chunk(decision=NOTHING_LEFT_OUT):
        return Chunk(
            work=Work(SPLIT, KEY, decision),
            number=0,
            last=True,
            records=10,
            rejects={},
            rejected=(),
            batch=batch,
        )

    profile = merge_profiles(plan.tables, [profile_chunk(plan.tables["t"], chunk())])
    fitted = fit(plan, profile, {}, KEY)
    with pytest.raises(RequirementError) as error:
        count_chunk(plan.tables["t"], chunk(fitted["t"]))
    assert error.value.code == "requirement.tuples" and "1e+20" in error.value.what


def test_more_combinations_of_levels_than_fit_an_array_are_searched_all_the_same():
    columns = {"id": COLUMNS["id"]}
    suppress = [{**GENERALIZE, "hierarchy": {"kind": "suppress"}}]
    columns.update({f"q{i}": {"treat": suppress} for i in range(23)})
    plan = plan_of(rows="one", k=2, limit=0.0, columns=columns)
    data = {f"q{i}": ["x"] * 4 for i in range(23)} | {"id": list("abcd")}
    batch = pa.RecordBatch.from_pydict({name: pa.array(values) for name, values in data.items()})

    def chunk(decision=NOTHING_LEFT_OUT):
        return Chunk(
            work=Work(SPLIT, KEY, decision),
            number=0,
            last=True,
            records=4,
            rejects={},
            rejected=(),
            batch=batch,
        )

    profile = merge_profiles(plan.tables, [profile_chunk(plan.tables["t"], chunk())])
    fitted = fit(plan, profile, {}, KEY)
    counted = merge_histograms([count_chunk(plan.tables["t"], chunk(fitted["t"]))])
    choice = choose(plan, fitted, counted, KEY).accounts["t"].recoded.choice
    assert (choice.lattice_nodes, choice.node, choice.proven) == (1 << 23, (0,) * 23, True)


def test_domain_codes_are_one_a_row():
    plan = plan_of(rows="one", k=2, limit=0.0)
    chain = plan.tables["t"].chains["sex"]
    values = pa.array(["男", None, "女"] * 5)
    treated = chain.apply(chain.fit(None, KEY), values, KEY)
    assert domain_codes(treated, ("女", "男", None), "x").tolist() == [1, 2, 0] * 5
