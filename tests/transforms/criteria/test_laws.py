"""What holds for every method: it may be measured in any pieces, applied to any pieces, and told in public."""

import datetime as dt
import pickle
import re
from decimal import Decimal
from unittest.mock import patch

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.kernels import KEY, chain_of, cut, fit, hashes_of, kept

from tokumei.transforms.criteria import chain as chain_module
from tokumei.transforms.criteria.base import CRITERIA

K = 3
ARROW = {
    "string": pa.string(),
    "text": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "date": pa.date32(),
    "month": pa.date32(),
    "datetime": pa.timestamp("s"),
    "boolean": pa.bool_(),
}
DATES = st.dates(dt.date(1900, 1, 1), dt.date(2024, 4, 1))
FEW = {
    "string": st.sampled_from(
        ["高血圧", "糖尿病", "風邪", "結核", "", "01-2345-6789", "259-1113", "東京都港区芝"]
    ),
    "text": st.sampled_from(["電話は090-1234-5678", "なし", "", "佐藤さん"]),
    "integer": st.one_of(st.integers(1000, 1010), st.integers(-(10**12), 10**12), st.just(2**53 + 1)),
    "number": st.one_of(
        st.sampled_from([1000.0, 1000.5, 1001.0, 2000.0]),
        st.floats(-1e6, 1e6).map(lambda x: round(x, 3)),
        st.just(0.0),
    ),
    "date": st.one_of(DATES, st.sampled_from([dt.date(1980, 5, 5), dt.date(1980, 5, 6)])),
    "month": DATES.map(lambda d: d.replace(day=1)),
    "datetime": st.datetimes(dt.datetime(1960, 1, 1), dt.datetime(2030, 1, 1)).map(
        lambda t: t.replace(microsecond=0)
    ),
    "boolean": st.booleans(),
}
AGES = {"edges": [1005, 2000], "labels": ["低", "中", "高"]}
WIDTHS = {"kind": "intervals", "widths": [5, 10]}
METHODS = [
    ("string", {"method": "delete", "criterion": 1}),
    ("string", {"method": "delete", "criterion": 2}),
    ("string", {"method": "delete", "criterion": 3}),
    ("string", {"method": "replace", "criterion": 1, "by": "伏せた"}),
    ("date", {"method": "year_month", "criterion": 1}),
    ("month", {"method": "year_month", "criterion": 1}),
    ("datetime", {"method": "year", "criterion": 1}),
    ("date", {"method": "age", "criterion": 1}),
    ("date", {"method": "age_band", "criterion": 1, "preset": "id_pos_7"}),
    ("integer", {"method": "age_band", "criterion": 1, **AGES}),
    ("datetime", {"method": "truncate_time", "criterion": 1, "unit": "30min"}),
    ("string", {"method": "postal_prefix", "criterion": 1}),
    ("string", {"method": "address", "criterion": 1, "level": "city"}),
    ("string", {"method": "phone_area", "criterion": 1}),
    ("string", {"method": "pseudonym", "criterion": 3, "link": "a"}),
    ("integer", {"method": "pseudonym", "criterion": 3, "link": "a"}),
    ("integer", {"method": "top_code", "criterion": 4, "at": 1005, "label": "上"}),
    ("number", {"method": "top_code", "criterion": 4, "at": 1000.5, "label": "上"}),
    ("number", {"method": "bottom_code", "criterion": 4, "at": 1000.5, "label": "下"}),
    *(
        ("string", {"method": "rare_values", "criterion": 4, "values": ["結核", "なし"], "action": action})
        for action in ("cell", "record", "replace")
    ),
    *(
        (kind, {"method": "rare_categories", "criterion": 4, "action": action})
        for kind in ("string", "integer", "boolean")
        for action in ("group", "cell", "record")
    ),
    *(
        (kind, {"method": "tail", "criterion": 5, "side": side})
        for kind in ("integer", "number")
        for side in ("top", "bottom", "both")
    ),
    *(
        (
            kind,
            {"method": "fence", "criterion": 5, "rule": rule, "side": side, "action": action, "factor": 1.5},
        )
        for kind, rule, side in (
            ("integer", "iqr", "both"),
            ("number", "mad", "both"),
            ("number", "iqr", "top"),
        )
        for action in ("code", "cell", "record")
    ),
    ("integer", {"method": "recode", "criterion": 5, "hierarchy": WIDTHS, "level": 1}),
    (
        "string",
        {"method": "recode", "criterion": 5, "hierarchy": {"kind": "prefix", "keep": [2]}, "level": 1},
    ),
    ("integer", {"method": "bands", "criterion": 5, **AGES}),
    *(
        (kind, {"method": "microaggregate", "criterion": 5, "representative": representative})
        for kind in ("integer", "number", "date")
        for representative in ("mean", "median")
    ),
    ("integer", {"method": "round", "criterion": 4, "to": 100}),
    ("number", {"method": "round", "criterion": 5, "to": 2.5}),
    ("string", {"method": "pseudonym", "criterion": 3, "link": "a", "per": "month", "time": "d"}),
    ("text", {"method": "redact_text", "criterion": 1, "because": "x"}),
    ("date", {"method": "shift_dates", "criterion": 5, "days": 30}),
    ("datetime", {"method": "shift_dates", "criterion": 5, "days": 9, "unit": "hour"}),
    *((kind, {"method": "noise", "criterion": 5, "scale": 3}) for kind in ("integer", "number", "date")),
    *(
        (kind, {"method": "rank_swap", "criterion": 5, "within": 0.3})
        for kind in ("integer", "number", "date")
    ),
    *(
        (kind, {"method": method, "criterion": 5, "hierarchy": {"kind": "suppress"}})
        for method in ("generalize", "coarsen")
        for kind in ("string", "integer", "number", "date", "month", "boolean")
    ),
]


NOT_TEXT = {"redact_text", "age", "microaggregate", "noise", "rank_swap", "shift_dates", "round"} | {
    "delete",
    "generalize",
    "coarsen",
    "pseudonym",
    "replace",
}


def chain_for(kind, method, *then):
    return chain_of(kind, method, *then, k=K, reference=dt.date(2024, 4, 1))


@st.composite
def columns(draw, kind):
    """Values with nulls, whose rows they are (or None), and a way to deal them to batches in any order."""
    rows = draw(st.lists(st.tuples(st.one_of(st.none(), FEW[kind]), st.sampled_from("abcdefg")), max_size=20))
    several = draw(st.booleans())
    places = draw(st.lists(st.integers(0, 30), max_size=4))
    shuffled = draw(st.permutations(rows))
    return rows, several, cut(shuffled, places)


def batch(rows, kind):
    return pa.array([None, *(value for value, _ in rows)], ARROW[kind]).slice(1)  # a slice, not at 0


def people(rows, several):
    return [person for _, person in rows] if several else None


def test_every_method_is_under_law():
    names = {method["method"] for _, method in METHODS}
    assert names == {treatment.name() for treatment, _ in CRITERIA}


@pytest.mark.parametrize(("kind", "method"), METHODS, ids=lambda v: v if isinstance(v, str) else v["method"])
@settings(max_examples=10)
@given(data=st.data())
def test_any_pieces_in_any_order_give_the_same_decision_and_values(kind, method, data):
    rows, several, pieces = data.draw(columns(kind))
    chain = pickle.loads(pickle.dumps(chain_for(kind, method)))
    whole = batch(rows, kind)
    fitted = fit(chain, [whole], [people(rows, several)] if several else None)
    batches = [batch(piece, kind) for piece in pieces]
    again = fit(chain, batches, [people(piece, several) for piece in pieces])
    assert again == fitted and pickle.loads(pickle.dumps(again)) == fitted
    one = chain.apply(fitted, whole, KEY)
    parts = [chain.apply(fitted, b, KEY) for b in batches]
    table = {}
    for (value, _), to, left in zip(rows, one.rows().to_pylist(), kept(one, len(rows)), strict=True):
        table[value] = (to, bool(left))
    for piece, part in zip(pieces, parts, strict=True):
        got = zip(piece, part.rows().to_pylist(), kept(part, len(piece)), strict=True)
        assert all(table[value] == (to, bool(left)) for (value, _), to, left in got)
        assert part.rows().type == one.rows().type
    assert one.changed == tuple(np.sum([p.changed for p in parts], axis=0))
    # one value alone, and nulls
    for value, answer in table.items():
        alone = chain.apply(fitted, pa.array([value], ARROW[kind]), KEY)
        assert (alone.rows()[0].as_py(), bool(kept(alone, 1)[0])) == answer
    nothing = chain.apply(fitted, pa.nulls(3, ARROW[kind]), KEY)
    assert nothing.rows().to_pylist() == [None] * 3 and not any(nothing.changed) and kept(nothing, 3).all()


def encoded(values):
    found = values.dictionary_encode(null_encoding="encode")
    return found.indices.to_numpy(), found.dictionary


@pytest.mark.parametrize(("kind", "method"), METHODS, ids=lambda v: v if isinstance(v, str) else v["method"])
@settings(max_examples=8)
@given(data=st.data())
def test_distinct_values_and_rows_give_the_same(kind, method, data):
    """Both ways through the chain, with a second method after the first where one fits."""
    rows, several, pieces = data.draw(columns(kind))
    drops = method.get("action") == "record"
    last = {"method": "rare_values", "criterion": 4, "values": ["1000", "上", "糖尿病"], "action": "record"}
    text = not drops and method["method"] not in NOT_TEXT
    chain = chain_for(kind, method, *([last] if text else []))
    seen = {}
    ways = {True: encoded, False: lambda values: (None, values)}
    for way, encode in ways.items():
        with patch.object(chain_module, "encode", encode):
            fitted = fit(chain, [batch(p, kind) for p in pieces], [people(p, several) for p in pieces])
            treated = chain.apply(fitted, batch(rows, kind), KEY)
            assert way <= (treated.indices is not None)
            seen[way] = (
                fitted,
                treated.rows().to_pylist(),
                treated.changed,
                kept(treated, len(rows)).tolist(),
                chain.explain(fitted),
            )
    assert seen[True] == seen[False]


NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


@pytest.mark.parametrize(
    ("kind", "method"),
    [(k, m) for k, m in METHODS if m["method"] in {"tail", "fence", "rare_categories"}],
    ids=lambda v: v if isinstance(v, str) else v["method"],
)
@settings(max_examples=20)
@given(data=st.data())
def test_what_is_told_is_reached_by_enough_people(kind, method, data):
    rows, several, pieces = data.draw(columns(kind))
    chain = chain_for(kind, method)
    fitted = fit(chain, [batch(p, kind) for p in pieces], [people(p, several) for p in pieces])
    (told,) = chain.explain(fitted)
    who = [(v, person if several else i) for i, (v, person) in enumerate(rows) if v is not None]
    if method["method"] == "rare_categories":
        assert not [v for v, _ in who if kind == "string" and v and v in told]
        assert {float(n) for n in NUMBER.findall(told)} <= {float(K), float(len(fitted.decisions[0].kept))}
        return
    for text in set(NUMBER.findall(told)) - {str(K), "1", "1.5"}:
        number = float(text) if kind == "number" else Decimal(text)
        up = len({p for v, p in who if v >= number})
        down = len({p for v, p in who if v <= number})
        assert (up >= K and f"{text}以上" in told) or (down >= K and f"{text}以下" in told)


@given(st.lists(st.sampled_from("aabc"), min_size=0, max_size=40), st.integers(2, 4))
def test_changed_counts_records_not_distinct_values(letters, people_needed):
    chain = chain_of(
        "string",
        {"method": "rare_categories", "criterion": 5, "people": people_needed, "action": "cell"},
        {"method": "replace", "criterion": 1, "by": "x"},
    )
    values = pa.array(letters, pa.string())
    rare = {v for v in letters if letters.count(v) < people_needed}
    treated = chain.apply(fit(chain, [values]), values, KEY)
    gone = sum(v in rare for v in letters)
    assert treated.changed == (gone, len(letters) - gone)


@given(st.lists(st.sampled_from(["神奈川県横浜市西区1", "横浜", "?", None]), max_size=40))
def test_blanks_are_counted_at_the_method_that_made_them(places):
    chain = chain_of(
        "string",
        {"method": "rare_values", "criterion": 4, "values": ["?"], "action": "cell"},
        {"method": "address", "criterion": 1, "level": "prefecture"},
    )
    values = pa.array(places, pa.string())
    treated = chain.apply(fit(chain, [values]), values, KEY)
    kept_values = sum(v is not None for v in treated.rows().to_pylist())
    assert treated.blanked == (places.count("?"), places.count("横浜"))
    assert sum(treated.blanked) + kept_values == len(places) - places.count(None)


def test_two_methods_may_drop_and_each_counts_the_records_it_drops():
    chain = chain_of(
        "string",
        {"method": "rare_values", "criterion": 4, "values": ["結核"], "action": "record"},
        {"method": "rare_categories", "criterion": 4, "people": 2, "action": "record"},
    )
    values = pa.array(["風邪", "結核", "結核", "風邪", "骨折", None])
    treated = chain.apply(fit(chain, [values]), values, KEY)
    assert kept(treated, 6).tolist() == [True, False, False, True, False, True]
    assert treated.changed == (2, 1)


def test_the_choice_of_way_follows_the_values():
    values = pa.array([f"v{i % 7}" for i in range(1000)])
    chain = chain_of("string", {"method": "replace", "criterion": 1, "by": "x"})
    assert chain.apply(fit(chain, [values]), values, KEY).indices is not None
    distinct = pa.array([f"v{i}" for i in range(1000)])
    assert chain.apply(fit(chain, [distinct]), distinct, KEY).indices is None


def test_months_are_text_unless_a_date_method_comes_first():
    months = pa.array([dt.date(1980, 5, 1), None, dt.date(1980, 6, 1)], pa.date32())
    suppress = {"method": "generalize", "criterion": 5, "hierarchy": {"kind": "suppress"}}
    chain = chain_of("month", suppress)
    assert fit(chain, [months]).domain == ("1980-05", "1980-06", None)
    assert chain.apply(fit(chain, [months]), months, KEY).rows().to_pylist() == ["1980-05", None, "1980-06"]
    chain = chain_of("month", {"method": "year", "criterion": 5}, suppress)
    assert fit(chain, [months]).domain == ("1980", None)
    by_year = {"kind": "dates", "levels": ["year"]}
    chain = chain_of("month", {"method": "recode", "criterion": 5, "hierarchy": by_year, "level": 1})
    assert chain.apply(fit(chain, [months]), months, KEY).rows().to_pylist() == ["1980", None, "1980"]


@pytest.mark.parametrize(
    ("kind", "method", "hierarchy"),
    [
        ("integer", {"method": "tail", "criterion": 4, "side": "both"}, WIDTHS),
        ("integer", {"method": "rare_categories", "criterion": 4, "action": "group"}, {"kind": "suppress"}),
        ("string", {"method": "rare_categories", "criterion": 4, "action": "cell"}, {"kind": "suppress"}),
        ("number", {"method": "fence", "criterion": 4, "action": "code", "side": "both"}, WIDTHS),
        ("integer", {"method": "microaggregate", "criterion": 4}, WIDTHS),
        ("date", {"method": "microaggregate", "criterion": 4}, {"kind": "dates", "levels": ["year"]}),
    ],
)
@given(data=st.data())
def test_the_domain_is_what_the_other_methods_leave(kind, method, hierarchy, data):
    rows, several, pieces = data.draw(columns(kind))
    generalize = {"method": "generalize", "criterion": 5, "hierarchy": hierarchy}
    chain = chain_for(kind, method, generalize)
    fitted = fit(chain, [batch(p, kind) for p in pieces], [people(p, several) for p in pieces])
    treated = chain.apply(fitted, batch(rows, kind), KEY).rows().to_pylist()
    assert fitted.domain == tuple(sorted(set(treated), key=lambda v: (v is None, v)))


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=20))
def test_person_hashes_are_one_a_person(persons):
    assert len(set(hashes_of(persons).tolist())) == len(set(persons))
