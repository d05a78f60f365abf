"""Source values in released cells, against a search cell by cell; and what the counts mean."""

import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokumei.transforms.leaks.found import Found, LeakSearch, add_leaks
from tokumei.transforms.leaks.values import other_values, own_values, plain_texts, sought
from tokumei.transforms.leaks.verdict import is_leak

NOBODY = 10**9  # so many people make a label that there is none
PARTS = ["山田", " ", "　", "太郎", "-", "－", "12345", "６７", "Ab", "ab", "様", "", "9"]
texts = st.none() | st.lists(st.sampled_from(PARTS), max_size=6).map("".join)


def go(source, cells, shared=NOBODY):
    looked_for = sought(plain_texts(pa.array(source, pa.string())).plain)
    released = plain_texts(pa.array(cells, pa.string()))
    return own_values(looked_for, released, shared)[:3], other_values(
        looked_for, sought(released.plain), shared, looked_for
    )[:3]


def slow(text):
    if text is None:
        return None
    return "".join(c for c in unicodedata.normalize("NFKC", text) if not c.isspace() and c != "-").upper()


def long_enough(text):
    return text is not None and len(text) >= (6 if text.isdigit() else 5 if text.isascii() else 3)


@given(st.lists(st.tuples(texts, texts), max_size=30))
def test_as_a_search_cell_by_cell(pairs):
    source, cells = [a for a, _ in pairs], [b for _, b in pairs]
    own, other = go(source, cells)
    values = [v if long_enough(v) else None for v in map(slow, source)]
    compared = [(v, slow(c)) for v, c in zip(values, cells, strict=True) if v is not None and c is not None]
    assert own[0] == len(compared) and own[1] + own[2] == sum(v in c for v, c in compared)
    wanted = {v for v in values if v is not None and not v.isdigit()}
    others = [
        slow(c) in wanted and not (v is not None and v in slow(c))
        for v, c in zip(values, cells, strict=True)
        if long_enough(slow(c))
    ]
    assert other == (len(others), 0, sum(others))


@pytest.mark.parametrize(
    ("value", "cell", "own"),
    [
        ("1234567", "顧客1234567様", (0, 1)),
        ("1234567", "O-1234567-1", (0, 1)),
        ("03-1234-5678", "電話 03(1234)5678 0312345678", (0, 1)),
        ("0312345678", "電話 03-1234-5678です", (0, 1)),
        ("1234567", "1234567", (1, 0)),
        ("1234567", "912345678", (1, 0)),
        ("1234567", "番号912345678", (1, 0)),
        ("1234567", "123456", (0, 0)),
        ("12345", "顧客12345様", (0, 0)),
        ("CS01", "O-CS01-1", (0, 0)),
        ("CS0213", "o-cs0213-1", (0, 1)),
        ("林修", "林修様", (0, 0)),
        ("林 修一", "林　修一様", (0, 1)),
        ("林 修一", "林\u200b修\u00ad一\ufeff様", (0, 1)),
        ("0312345678", "電話 03\u200b-1234-5678です", (0, 1)),
    ],
)
def test_what_is_certain_and_what_may_be_chance(value, cell, own):
    assert go([value], [cell])[0][1:] == own


def test_numbers_met_are_weighed_against_those_that_chance_would_meet():
    def found(source, cells):
        looked_for = sought(plain_texts(pa.array(source, pa.string())).plain)
        return own_values(looked_for, plain_texts(pa.array(cells, pa.string())), NOBODY)

    serial = [f"1{i:06d}" for i in range(1000)]
    phones = [f"090-{i:04d}-{i:04d}" for i in range(1000)]
    shifted = found(serial, [serial[-1], *serial[:-1]])
    assert shifted == (1000, 0, 0, 0, 1.0) and not is_leak(LeakSearch("own", "c", "id"), shifted)
    once = found(serial, [*serial[::-1][:500], *serial[500:501], *serial[::-1][501:]])
    assert once == (1000, 1, 0, 1, pytest.approx(1.0, rel=0.01)) and not is_leak(
        LeakSearch("own", "c", "id"), once
    )
    memo = found(phones, ["要連絡", phones[1], *["定期便"] * 998])
    assert memo == (1000, 1, 0, 1, 0.001) and is_leak(LeakSearch("own", "c", "phone"), memo)


def test_a_label_that_many_share_is_not_whose_name_is_in_it():
    source = ["長谷川", *(f"佐藤{i}" for i in range(10))]
    assert go(source, ["長谷川市"] * 11, shared=10)[0] == (11, 0, 0)
    assert go(source, ["長谷川市"] * 11, shared=11)[0] == (11, 0, 1)
    # One other person with many records does not make a label.
    assert go(["長谷川", *["佐藤一郎"] * 20], ["長谷川市"] * 21, shared=10)[0] == (21, 0, 1)
    staff = ["鈴木一郎", *(f"佐藤{i}" for i in range(10))]
    assert go(staff, ["担当", *["鈴木一郎"] * 10], shared=10)[1][2] == 0
    assert go(staff, ["担当", *["鈴木一郎"] * 10], shared=11)[1][2] == 10


@given(st.lists(texts, max_size=40))
def test_repeated_values_are_compared_as_if_each_stood_alone(cells):
    array = pa.array(cells, pa.string())
    expected = [slow(c) for c in cells]
    assert plain_texts(array).plain.to_list() == expected
    assert plain_texts(pa.concat_arrays([array] * 4)).plain.to_list() == expected * 4


@pytest.mark.parametrize(
    ("kind", "of", "found", "leak"),
    [
        ("own", "name", (1000, 0, 1), True),
        ("own", "id", (1000, 10, 0), False),
        ("own", "id", (1000, 11, 0), True),
        ("own", "id", (5, 1, 0), True),
        ("own", "id", (5, 0, 0), False),
        ("own", "phone", (1000, 1, 0, 1, 0.001), True),
        ("own", "phone", (10**6, 3, 0, 3, 3e-6), True),
        ("own", "id", (1000, 3, 0, 3, 1.0), False),
        ("own", "id", (1000, 9, 0, 9, 1.0), True),
        ("own", "id", (1000, 9, 0, 0, 0.0), False),
        ("number", "My Number", (99, 1, 0), True),
        ("number", "My Number", (100, 20, 0, 0, 10.0), False),
        ("number", "My Number", (100, 30, 0, 0, 10.0), True),
        ("number", "My Number", (1000, 190, 0, 0, 100.0), True),
        ("number", "My Number", (1000, 190, 0, 0, 180.0), False),
        ("source", "My Number", (3, 3, 0, 0, 1.0), True),
        ("source", "My Number", (1000, 100, 0, 0, 91.0), False),
        ("number", "My Number", (10**6, 10**5, 1), True),
        ("number", "insurer number", (10, 5, 0), False),
        ("number", "insurer number", (10, 6, 0), True),
    ],
)
def test_a_leak_is_what_chance_does_not_explain(kind, of, found, leak):
    assert is_leak(LeakSearch(kind, "c", of), Found(*found)) == leak


def test_counts_add_up_by_search():
    a, b = LeakSearch("own", "c", "x"), LeakSearch("own", "c", "y")
    assert add_leaks([{a: Found(1, 2, 3)}, {a: Found(1, 0, 1), b: Found(5, 0, 0)}, {}]) == {
        a: Found(2, 2, 4),
        b: Found(5, 0, 0),
    }
    assert add_leaks([{a: Found(9, 2, 0, 2, 0.5)}, {a: Found(9, 1, 0, 0, 0.25)}]) == {
        a: Found(18, 3, 0, 2, 0.75)
    }
