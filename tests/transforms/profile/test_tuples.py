"""Tuples counted in pass 1: those of the rows, in any pieces and order, or none; never more than the bound."""

import pickle
from collections import Counter
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.kernels import cut

from tokumei.transforms.criteria.chain import Treated
from tokumei.transforms.profile import tuples
from tokumei.transforms.profile.tuples import MAX_EARLY, find_tuples, merge_tuples

TYPES = {"a": pa.string(), "b": pa.int64(), "c": pa.date32()}


def treated(indices, values, drop=None):
    return Treated(indices=indices, values=values, changed=(), blanked=(), drop=drop)


def column(values, kind=None, *, encoded=True, doubled=False, drop=None):
    """A treated column: encoded or not; ``doubled``: its values may be the same in two places."""
    rows = pa.array(values, kind)
    if not encoded:
        return treated(None, rows, drop)
    places = rows.dictionary_encode(null_encoding="encode")
    indices, distinct = places.indices.to_numpy(), places.dictionary
    if doubled:
        indices = indices + len(distinct) * (np.arange(len(rows)) % 2)
        distinct = pa.concat_arrays([distinct, distinct])
    return treated(indices.astype(np.int32), distinct, drop)


def counted(found):
    """The tuples with their records, by value."""
    places = found.places()
    texts = [found.values[name].take(pa.array(places[name])).to_pylist() for name in found.values]
    keys = list(zip(*texts, strict=True))
    assert len(set(keys)) == len(keys) == len(found.packed)
    return Counter(dict(zip(keys, found.records.tolist(), strict=True)))


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["x", "y", "", None]),
        st.one_of(st.none(), st.integers(-3, 3)),
        st.one_of(st.none(), st.dates()),
        st.booleans(),
    ),
    max_size=40,
)


@given(ROWS, st.lists(st.integers(0, 40), max_size=4), st.randoms(), st.booleans(), st.integers(2, 4))
def test_tuples_are_those_of_the_rows_however_they_are_cut_and_merged(rows, places, random, dense, at_once):
    parts = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tuples, "_DENSE", 1 << 22 if dense else 0)
        for piece in cut(rows, places):
            drop = np.array([row[3] for row in piece], bool)
            made = {
                name: column(
                    [row[i] for row in piece],
                    kind,
                    encoded=random.random() < 0.6,
                    doubled=random.random() < 0.5,
                    drop=drop if i == 1 else None,
                )
                for i, (name, kind) in enumerate(TYPES.items())
            }
            parts.append(find_tuples(made, len(piece)))
        random.shuffle(parts)
        while len(parts) > 1:  # in any tree
            parts = [*parts[at_once:], merge_tuples(parts[:at_once])]
    assert counted(parts[0]) == Counter(row[:3] for row in rows if not row[3])


def test_a_part_that_was_not_counted_takes_the_others_with_it():
    part = find_tuples({"a": column(["x", "y"])}, 2)
    assert merge_tuples([part, None]) is None and merge_tuples([None]) is None
    assert merge_tuples([part]) is part


def test_tuples_beyond_the_bound_are_given_up_where_they_are_found_or_merged(monkeypatch):
    monkeypatch.setattr(tuples, "MAX_EARLY", 6)
    few, many = ({"a": column(list("abcabc")[:n]), "b": column([1, 1, 1, 2, 2, 2][:n])} for n in (5, 6))
    assert len(find_tuples(many, 6).packed) == 6
    other = {"a": column(["z"]), "b": column([1])}
    assert len(merge_tuples([find_tuples(few, 5), find_tuples(other, 1)]).packed) == 6
    assert merge_tuples([find_tuples(many, 6), find_tuples(other, 1)]) is None
    monkeypatch.setattr(tuples, "MAX_EARLY", 5)
    assert find_tuples(many, 6) is None


def test_the_largest_element_is_bounded():
    """What crosses a shuffle: 16 bytes a tuple at most, whatever the number of records."""
    side = 1 << 10
    assert side * side == MAX_EARLY
    rows = np.arange(side * side)
    whole = {
        "a": column((rows // side).astype(str).tolist()),
        "b": treated((rows % side).astype(np.int32), pa.array(range(side))),
    }
    found = find_tuples(whole, len(rows))
    assert len(found.packed) == MAX_EARLY
    for _ in range(2):
        found = merge_tuples([replace(found, records=found.records.astype(np.int64) << 20)] * 2)
    assert set(found.records.tolist()) == {1 << 42}
    assert len(pickle.dumps(found)) < 17 * MAX_EARLY
    one_more = find_tuples({"a": column(["more"]), "b": column([0])}, 1)
    assert merge_tuples([found, one_more]) is None


def test_tuples_that_no_integer_can_tell_apart_are_not_counted():
    wide = {str(i): column(list(range(1 << 10))) for i in range(7)}
    assert find_tuples(wide, 1 << 10) is None  # 2 ** 70 possible
    narrow = [find_tuples({str(i): column([n]) for i in range(64)}, 1) for n in range(2)]
    assert merge_tuples(narrow) is None  # 2 ** 64 possible of 2 that are


@pytest.mark.parametrize(
    ("sizes", "found"), [((2, 101, 1900), True), ((1 << 12, 1 << 12), False)], ids=["350,000", "16 million"]
)
def test_chunks_of_a_large_file_are_judged_by_the_whole_not_by_themselves(sizes, found):
    """In neither does a chunk's tuple come twice, as a rule; the whole file can hold the first ones only."""
    n = 1 << 17
    random = np.random.default_rng(0)
    columns = {
        str(i): treated(random.integers(0, size, n).astype(np.int32), pa.array(range(size)))
        for i, size in enumerate(sizes)
    }
    made = find_tuples(columns, n)
    assert (made is not None) == found
    if made is not None:
        assert len(made.packed) > 0.8 * n


def test_hopeless_chunks_are_given_up_before_they_are_counted(monkeypatch):
    unique = {"a": column(range(1 << 15)), "b": column(range(1 << 15))}
    monkeypatch.setattr(tuples, "_counted", None)
    assert find_tuples(unique, 1 << 15) is None


def test_short_chunks_tell_nothing_about_the_whole():
    unique = {"a": column(range(1 << 13)), "b": column(range(1 << 13))}
    assert len(find_tuples(unique, 1 << 13).packed) == 1 << 13


def test_values_that_no_row_has_any_more_do_no_harm():
    """What a sample, or a dropped row, leaves behind in the values."""
    most = replace(column(range(300)), indices=np.array([0, 0], np.int32))
    assert counted(find_tuples({"a": most, "b": most}, 2)) == Counter({(0, 0): 2})
