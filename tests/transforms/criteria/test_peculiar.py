"""四号 against plain Python: tails, rare categories and fences are decided by people, not by rows."""

import math

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.kernels import KEY, chain_of, fit, kept, treat

from tokumei.transforms.values.text import number_text

PEOPLE = st.integers(2, 4)
ROWS = st.lists(
    st.tuples(st.one_of(st.none(), st.integers(-4, 12)), st.sampled_from("abcdefgh")), min_size=1, max_size=24
)


def columns(rows, several):
    values = pa.array([v for v, _ in rows], pa.int64())
    return values, [p for _, p in rows] if several else None


def who(rows, several):
    """(value, person) of every cell with a value."""
    return [(v, p if several else i) for i, (v, p) in enumerate(rows) if v is not None]


def reached(rows, several, people, sign):
    """The most extreme value that at least ``people`` people reach; None if too few have any value."""
    best = {}
    for value, person in who(rows, several):
        best[person] = max(best.get(person, -math.inf), sign * value)
    return sign * sorted(best.values(), reverse=True)[people - 1] if len(best) >= people else None


def people_by_label(rows, several, answers):
    groups = {}
    for (i, (_, person)), label in zip(enumerate(rows), answers, strict=True):
        groups.setdefault(label, set()).add(person if several else i)
    groups.pop(None, None)
    return {label: len(group) for label, group in groups.items()}


@given(ROWS, st.booleans(), PEOPLE, st.sampled_from(["top", "bottom", "both"]))
def test_tail_is_the_naive_one(rows, several, people, side):
    chain = chain_of("integer", {"method": "tail", "criterion": 4, "people": people, "side": side})
    answers = treat(chain, *columns(rows, several))
    top, bottom = (reached(rows, several, people, sign) for sign in (1, -1))
    expected = []
    for value, _ in rows:
        if value is None or top is None:
            expected.append(None)
        elif side != "bottom" and value >= top:
            expected.append(f"{top}以上")
        elif side != "top" and value <= bottom:
            expected.append(None if side == "both" and top <= bottom else f"{bottom}以下")
        else:
            expected.append(str(value))
    assert answers == expected
    groups = people_by_label(rows, several, answers)
    assert all(n >= people for label, n in groups.items() if "以" in label)


def test_one_value_for_nearly_all_leaves_no_tail_of_one_person():
    """Both tails begin at 5: the one below must not stand alone behind a label of its own."""
    values = pa.array([5] * 20 + [1])
    chain = chain_of("integer", {"method": "tail", "criterion": 4, "people": 3, "side": "both"})
    assert treat(chain, values) == ["5以上"] * 20 + [None]
    assert "それより小さい値は空欄" in chain.explain(fit(chain, [values]))[0]


def test_a_person_with_100_rows_is_one_person():
    rows = [(99, "a")] * 100 + [(50, "b"), (40, "c"), (30, "d")]
    tail = {"method": "tail", "criterion": 4, "people": 2}
    assert treat(chain_of("integer", tail), *columns(rows, True)) == ["50以上"] * 101 + ["40", "30"]
    assert treat(chain_of("integer", tail), *columns(rows, False)) == ["99以上"] * 100 + ["50", "40", "30"]
    rare = {"method": "rare_categories", "criterion": 4, "people": 2, "action": "cell"}
    rows = [(1, "a")] * 100 + [(2, "b"), (2, "c")]
    assert treat(chain_of("integer", rare), *columns(rows, True)) == [None] * 100 + ["2", "2"]
    assert treat(chain_of("integer", rare), *columns(rows, False)) == ["1"] * 100 + ["2", "2"]


@given(ROWS, st.booleans(), PEOPLE, st.sampled_from(["group", "cell", "record"]))
def test_rare_categories_are_the_naive_ones(rows, several, people, action):
    method = {"method": "rare_categories", "criterion": 4, "people": people, "action": action}
    chain = chain_of("integer", method)
    values, persons = columns(rows, several)
    treated = chain.apply(fit(chain, [values], [persons] if several else None), values, KEY)
    answers = treated.rows().to_pylist()
    owners = {}
    for value, person in who(rows, several):
        owners.setdefault(str(value), set()).add(person)
    common = sorted(
        (v for v, p in owners.items() if len(p) >= people),
        key=lambda v: (people if several else len(owners[v]), v),
    )
    rare = {v for v in owners if v not in common}
    if action == "group" and rare and len(set.union(*(owners[v] for v in rare))) < people:
        rare |= set(common[:1])
    texts = [None if v is None else str(v) for v, _ in rows]
    if action == "record":
        assert kept(treated, len(rows)).tolist() == [t not in rare for t in texts] and answers == texts
        return
    label = "その他" if action == "group" and rare != set(owners) else None
    assert answers == [label if t in rare else t for t in texts]
    # The guarantee itself: whatever label is left, enough people share it.
    assert all(n >= people for n in people_by_label(rows, several, answers).values())


def test_the_rest_takes_in_one_more_category_when_it_is_too_small():
    rows = [("甲", p) for p in "abcd"] + [("乙", p) for p in "abc"] + [("丙", "a"), ("丁", "a")]
    chain = chain_of("string", {"method": "rare_categories", "criterion": 5, "people": 3, "action": "group"})
    values = pa.array([v for v, _ in rows])
    # one person has all rare categories: 丙 and 丁 together are still one person
    answers = treat(chain, values, [p for _, p in rows])
    assert answers == ["甲"] * 4 + ["その他"] * 5 or answers == ["その他"] * 4 + ["乙"] * 3 + ["その他"] * 2
    # as rows they are two, which is too few as well; the smallest category joins
    assert treat(chain, values) == ["甲"] * 4 + ["その他"] * 5
    (told,) = chain.explain(fit(chain, [values]))
    assert "次にレコードの少ない区分も合わせる" in told and "残した区分は1種類" in told


def test_when_nobody_shares_anything_everything_is_blanked_and_said_so():
    chain = chain_of("string", {"method": "rare_categories", "criterion": 4, "people": 2, "action": "group"})
    values = pa.array(["甲", "乙", None])
    fitted = fit(chain, [values])
    assert chain.apply(fitted, values, KEY).rows().to_pylist() == [None] * 3
    assert "空欄" in chain.explain(fitted)[0] and "その他" not in chain.explain(fitted)[0]


FENCES = st.tuples(st.sampled_from(["iqr", "mad"]), st.sampled_from(["top", "bottom", "both"]), PEOPLE)


@given(ROWS, st.booleans(), FENCES)
def test_a_coded_fence_holds_enough_people_or_nobody(rows, several, fence):
    rule, side, people = fence
    method = {"method": "fence", "criterion": 5, "rule": rule, "side": side, "people": people, "factor": 0.5}
    chain = chain_of("integer", {**method, "action": "code"})
    answers = treat(chain, *columns(rows, several))
    groups = people_by_label(rows, several, answers)
    assert all(n >= people for label, n in groups.items() if "以" in label)
    numbers = {v for v, _ in rows if v is not None}
    if len({p for _, p in who(rows, several)}) >= people and len(numbers) == 1:
        assert answers == [None if v is None else str(v) for v, _ in rows]  # nobody stands out


@given(ROWS, st.booleans(), FENCES)
def test_a_fence_that_blanks_blanks_enough_people_or_nobody(rows, several, fence):
    rule, side, people = fence
    method = {"method": "fence", "criterion": 5, "rule": rule, "side": side, "people": people, "factor": 0.5}
    answers = treat(chain_of("integer", {**method, "action": "cell"}), *columns(rows, several))
    heads = [(v, p if several else i) for i, (v, p) in enumerate(rows)]
    valued = {p for v, p in heads if v is not None}
    blank = {p for (v, p), to in zip(heads, answers, strict=True) if v is not None and to is None}
    assert not blank or len(blank) >= min(people, len(valued))


@given(
    st.lists(st.integers(0, 4000), min_size=20, max_size=60),
    st.sampled_from(["iqr", "mad"]),
    st.sampled_from([1.5, 3.0]),
)
def test_fences_stand_where_the_definition_puts_them(numbers, rule, factor):
    ordered = sorted(numbers)

    def quantile(values, share):
        return sorted(values)[math.ceil(share * len(values)) - 1]

    if rule == "iqr":
        low, high = quantile(ordered, 0.25), quantile(ordered, 0.75)
        reach = factor * (high - low)
    else:
        low = high = quantile(ordered, 0.5)
        reach = factor * 1.4826 * quantile([abs(v - low) for v in ordered], 0.5)
    method = {
        "method": "fence",
        "criterion": 5,
        "rule": rule,
        "factor": factor,
        "side": "both",
        "action": "cell",
    }
    answers = treat(chain_of("integer", {**method, "people": 2}), pa.array(numbers))
    if reach < 0.1 * high:
        return  # where the middle values agree nearly or fully, the tail decides
    slack = 0.01 * (high + reach) + 0.01 * reach
    if any(abs(abs(v - middle) - reach) <= slack for v in numbers for middle in (low, high)):
        return  # too near to a fence to tell here on which side
    # Who is alone beyond a fence takes along the next one: a blank points at nobody.
    above, below = (v > high + reach + slack for v in numbers), (v < low - reach - slack for v in numbers)
    taken = (ordered[-2] if any(above) else math.inf), (ordered[1] if any(below) else -math.inf)
    for value, answer in zip(numbers, answers, strict=True):
        if value >= taken[0] or value <= taken[1]:
            assert answer is None
            continue
        if value > high + reach + slack or value < low - reach - slack:
            assert answer is None
        if low - reach + slack < value < high + reach - slack:
            assert answer == str(value)


@pytest.mark.parametrize("usual", [0, 1, 3, 7, 12345])
@pytest.mark.parametrize("rule", ["iqr", "mad"])
def test_where_most_records_agree_only_the_tail_goes(usual, rule):
    """CASE 数量: nearly everybody buys one; that is no reason to blank those who do, or all who buy two."""
    values = pa.array([usual] * 90 + [usual + 1] * 8 + [usual + 500] * 2)
    method = {"method": "fence", "criterion": 5, "rule": rule, "people": 3}
    kept_texts = [str(usual)] * 90
    cell = treat(chain_of("integer", {**method, "action": "cell"}), values)
    assert cell == [*kept_texts, *[None] * 10]  # two people are too few to point at by blanks
    code = treat(chain_of("integer", {**method, "action": "code"}), values)
    assert code == [*kept_texts, *[f"{usual + 1}以上"] * 10]
    chain = chain_of("integer", {**method, "action": "record"})
    assert kept(chain.apply(fit(chain, [values]), values, KEY), 100).sum() == 98


def test_numbers_are_written_in_full():
    assert [number_text(n) for n in (90, 90.0, 1234567.5, 0.00001, -2.5, 1e22, 123456789.125)] == [
        "90",
        "90",
        "1234567.5",
        "0.00001",
        "-2.5",
        "10000000000000000000000",
        "123456789.125",
    ]


def test_integers_beyond_53_bits_are_coded_too():
    top = {"method": "top_code", "criterion": 4, "at": 90, "label": "90以上"}
    assert treat(chain_of("integer", top), pa.array([2**60 + 1, 5, None])) == ["90以上", "5", None]
    tail = {"method": "tail", "criterion": 4, "people": 2}
    assert treat(chain_of("integer", tail), pa.array([2**60 + 1, 2**60, 5])) == [f"{2**60}以上"] * 2 + ["5"]


def test_nan_belongs_to_no_tail():
    values = pa.array([math.nan, 1.0, 2.0, 3.0, math.nan, math.nan])
    tail = {"method": "tail", "criterion": 4, "people": 2}
    assert treat(chain_of("number", tail), values) == ["nan", "1", "2以上", "2以上", "nan", "nan"]


def test_minus_zero_is_zero():
    values = pa.array([-0.0, 0.0, 0.0, 5.0])
    fence = {"method": "fence", "criterion": 4, "people": 2, "action": "code"}
    generalize = {"method": "generalize", "criterion": 5, "hierarchy": {"kind": "suppress"}}
    chain = chain_of("number", fence, generalize)
    fitted = fit(chain, [values])
    assert set(chain.apply(fitted, values, KEY).rows().to_pylist()) == set(fitted.domain)


LISTED = ["特殊Ａ−１症", "〜ハンター", "ハンセン病", "力士"]


@pytest.mark.parametrize("action", ["cell", "replace", "record"])
def test_a_listed_value_goes_in_every_spelling_and_those_that_never_occur_are_known(action):
    chain = chain_of("string", {"method": "rare_values", "criterion": 4, "values": LISTED, "action": action})
    gone = ["特殊A-1症", "特殊Ａ－１症　", "～ハンター", "ﾊﾝｾﾝ病 ", " ハンセン病"]
    values = pa.array([*gone, "ハンセン", "力士見習い", None])
    treated = chain.apply(fit(chain, [values]), values, KEY)
    if action == "record":
        assert kept(treated, len(values)).tolist() == [False] * 5 + [True] * 3
    else:
        text = "その他" if action == "replace" else None
        assert treated.rows().to_pylist() == [text] * 5 + ["ハンセン", "力士見習い", None]
    assert treated.met == (0b0111,)


def test_two_spellings_in_a_list_are_both_met():
    spec = {"method": "rare_values", "criterion": 4, "values": ["ｲ", "ロ", "イ"], "action": "cell"}
    chain = chain_of("string", spec)
    values = pa.array(["ｲ", "ハ"])
    assert chain.apply(fit(chain, [values]), values, KEY).met == (0b101,)
