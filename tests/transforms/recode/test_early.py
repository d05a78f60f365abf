"""What pass 1 has counted is what pass 2 counts, for any file and any methods that classes can have."""

import datetime as dt
import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.choosing import planned
from support.helpers import policy_of
from support.kernels import KEY, cut

from tokumei.schemas.policy import Policy
from tokumei.schemas.splits import SourceFile, Split, Stretch
from tokumei.transforms.counting.histogram import PACKED
from tokumei.transforms.counting.people import RECORDS
from tokumei.transforms.engine.chunks import NOTHING_LEFT_OUT, Chunk, Work
from tokumei.transforms.formats.convert import ARROW_TYPES
from tokumei.transforms.planning.plan_tables import plan_tables
from tokumei.transforms.profile.fit import fit
from tokumei.transforms.profile.profile import merge_profiles, profile_chunk
from tokumei.transforms.recode.count import SENSITIVE, count_chunk, count_tuples, merge_histograms

G = {"method": "generalize", "criterion": 5}
INTERVALS = {**G, "hierarchy": {"kind": "intervals", "widths": [5, 10]}}
SUPPRESS = {**G, "hierarchy": {"kind": "suppress"}}
PLACES = ["東京都千代田区丸の内1", "東京都港区芝1", "大阪府大阪市北区梅田2", "不明", None]
DAYS = st.one_of(st.none(), st.dates(dt.date(1930, 1, 1), dt.date(2020, 1, 1)))
AGES = st.one_of(st.none(), st.integers(0, 3), st.integers(0, 40))


def rare(action):
    return {"method": "rare_categories", "criterion": 4, "people": 2, "action": action}


def listed(action):
    return {"method": "rare_values", "criterion": 4, "values": ["a"], "action": action}


# Name → type, methods before the generalization, generalization, values.
COLUMNS = {
    "plain": ("string", [], SUPPRESS, st.sampled_from(["a", "b", "", None])),
    "grouped": ("string", [rare("group")], SUPPRESS, st.sampled_from(["a", "b", "c", None])),
    "blanked": ("string", [listed("cell"), rare("cell")], SUPPRESS, st.sampled_from(["a", "b", "c", None])),
    "dropped": ("string", [listed("record"), rare("record")], SUPPRESS, st.sampled_from(["a", "b", "c", None])),
    "born": (
        "date",
        [{"method": "age", "criterion": 1}, {"method": "tail", "criterion": 4, "people": 2}],
        INTERVALS,
        DAYS,
    ),
    "day": ("date", [], {**G, "hierarchy": {"kind": "dates", "levels": ["year", "decade"]}}, DAYS),
    "address": (
        "string",
        [{"method": "address", "criterion": 1, "level": "city"}],
        {**G, "hierarchy": {"kind": "address"}},
        st.sampled_from(PLACES),
    ),
    "top": ("integer", [{"method": "top_code", "criterion": 4, "at": 30, "label": "30以上"}], INTERVALS, AGES),
    "fenced": ("integer", [{"method": "fence", "criterion": 4, "people": 2, "action": "record"}], SUPPRESS, AGES),
    "near": ("integer", [{"method": "microaggregate", "criterion": 4, "people": 2}], INTERVALS, AGES),
    "amount": (
        "number",
        [{"method": "tail", "criterion": 4, "people": 2, "side": "both"}],
        SUPPRESS,
        st.sampled_from([None, 0.0, -0.0, 1.5, 2.25, -7.0]),
    ),
}  # fmt: skip
SICK = {
    "treat": [listed("record"), rare("cell")],
    "sensitive": True,
    "protect": [{"model": "l_diversity", "kind": "distinct", "l": 2}],
}
ILL = st.sampled_from(["a", "b", "c", None])


@st.composite
def files(draw):
    """Columns of a table, its records cut into chunks, and the order in which these are merged."""
    names = draw(st.lists(st.sampled_from(sorted(COLUMNS)), min_size=1, max_size=3, unique=True))
    protects = draw(st.booleans())
    values = [COLUMNS[name][3] for name in names] + [ILL] * protects
    rows = draw(st.lists(st.tuples(*values), min_size=1, max_size=40))
    rows *= draw(st.sampled_from([1, 1, 30]))  # so that chunks are encoded, too
    pieces = cut(rows, draw(st.lists(st.integers(0, len(rows)), max_size=4)))
    return names, protects, pieces, draw(st.permutations(range(len(pieces))))


def plan_of(names, *, protects):
    columns = {}
    for name in names:
        kind, before, generalize, _ = COLUMNS[name]
        columns[name] = {"type": kind, "treat": [*before, generalize]}
    if protects:
        columns["sick"] = SICK
    return planned(policy_of(columns, k=2, reference_date="2026-04-01"))


def chunks_of(plan, pieces, decision=NOTHING_LEFT_OUT):
    kinds = plan.tables["t"].types(*plan.tables["t"].columns)
    for number, piece in enumerate(pieces):
        columns = [
            pa.array([row[i] for row in piece], ARROW_TYPES[kind]) for i, kind in enumerate(kinds.values())
        ]
        batch = pa.RecordBatch.from_arrays(columns, list(kinds))
        split = Split("t", (Stretch(SourceFile("data.csv", 0, ""), 0, 1),), "s")
        yield Chunk(
            work=Work(split, KEY, decision),
            number=number,
            last=False,
            records=len(piece),
            rejects={},
            rejected=(),
            batch=batch,
        )


def same(found, expected, *keys):
    assert (found.keys, found.cap, found.pairs) == (expected.keys, None, None)
    assert found.counts.schema == expected.counts.schema and found.counts.columns == [*keys, RECORDS]
    assert found.counts.sort(keys).rows() == expected.counts.sort(keys).rows()


@settings(max_examples=150)
@given(files())
def test_pass_1_counts_what_pass_2_would(drawn):
    names, protects, pieces, order = drawn
    plan = plan_of(names, protects=protects)
    table = plan.tables["t"]
    assert table.counted_early
    found = [profile_chunk(table, chunk) for chunk in chunks_of(plan, pieces)]
    profile = merge_profiles(plan.tables, [found[i] for i in order])
    fitted = fit(plan, profile, {}, KEY)["t"]
    assert fitted.counted
    early = count_tuples(table, fitted, profile["t"].tuples, KEY)
    read = merge_histograms([count_chunk(table, chunk) for chunk in chunks_of(plan, pieces, fitted)])["t"]
    same(early.tuples, read.tuples, PACKED)
    assert set(early.sensitive) == set(read.sensitive) == ({"sick"} if protects else set())
    for name, expected in read.sensitive.items():
        same(early.sensitive[name], expected, PACKED, SENSITIVE)


def test_people_beyond_32_bits_add_up():
    plan = plan_of(["grouped"], protects=False)
    table = plan.tables["t"]
    profile = profile_chunk(table, *chunks_of(plan, [[("a",), ("a",), ("b",), ("c",)]]))
    fitted = fit(plan, profile, {}, KEY)["t"]
    many = replace(profile["t"].tuples, records=np.full(3, 3 << 30, np.uint32))
    counted = count_tuples(table, fitted, many, KEY).tuples.counts
    assert sorted(counted[RECORDS]) == [3 << 30, 6 << 30]  # b and c are rare, and become one group


@pytest.mark.parametrize(
    ("change", "early"),
    [
        ({}, True),
        ({"rows_per_person": "several", "person": "id"}, False),
        ({"combinations": [{"criterion": 4, "columns": ["a", "b", "c"], "action": "cell", "because": "x"}]}, False),
        ({"columns": {"b": {"treat": [listed("record")]}}}, False),
        ({"columns": {"b": {"treat": [listed("cell")]}}}, True),
        ({"columns": {"b": SICK}}, True),
        ({"columns": {"a": {"treat": [listed("record"), SUPPRESS]}}}, True),
        ({"columns": {"a": {"treat": [listed("cell")]}}}, False),
    ],
    ids=["one", "several", "combinations", "drops", "blanks", "protected", "drops itself", "no classes"],
)  # fmt: skip
def test_classes_are_counted_early_only_where_nothing_else_has_a_say_in_them(change, early):
    keep = {"keep": True, "because": "試験"}
    columns = {"id": {"drop": True, "because": "試験"}, "a": {"treat": [SUPPRESS]}, "b": keep, "c": keep}
    data = policy_of(columns | change.pop("columns", {}))
    data["tables"]["t"] |= change
    table = plan_tables(Policy.model_validate_json(json.dumps(data)), "")["t"]
    assert table.counted_early == early
