"""Encoded columns are the same columns, whichever way they were encoded."""

import datetime

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from tokumei.transforms.criteria.encoding import encode, narrow

DAYS = st.dates(datetime.date(1890, 1, 1), datetime.date(1990, 1, 1))
KINDS = {
    pa.string(): st.sampled_from(["", "い", "ろは", "a"]) | st.text(max_size=3),
    pa.int64(): st.integers(-3, 3) | st.integers(-(2**63), 2**63 - 1),
    pa.date32(): DAYS,
    pa.float64(): st.sampled_from([0.5, 1.0]),
    pa.bool_(): st.booleans(),
}
COLUMNS = st.sampled_from(list(KINDS)).flatmap(
    lambda kind: st.lists(st.none() | KINDS[kind], max_size=60).map(lambda cells: pa.array(cells, kind))
)


@given(COLUMNS, st.integers(1, 20), st.integers(0, 3))
def test_an_encoded_column_decodes_to_itself(column, times, skip):
    column = pa.concat_arrays([column] * times).slice(skip)
    indices, values = encode(column)
    assert values.type == column.type
    if indices is None:
        assert values.equals(column)
        return
    assert values.take(pa.array(indices)).equals(column)
    assert set(indices.tolist()) == set(range(len(values)))
    assert len(values.unique()) == len(values)


def test_days_of_a_century_are_encoded_though_they_hardly_repeat():
    days = pa.array(range(36_500), pa.int32()).cast(pa.date32())
    indices, values = encode(days)
    assert indices.tolist() == list(range(36_500))
    assert values.equals(days)


def test_texts_that_hardly_repeat_are_left_alone():
    texts = pa.array([str(i) for i in range(10_000)])
    assert encode(texts) == (None, texts)


def test_no_record_of_a_column_read_encoded_has_values_of_the_same_type():
    """A chunk of which no record can be read meets others when their domains are merged."""
    column = pa.array(["a", "b"]).dictionary_encode()
    indices, values = encode(column.slice(0, 0))
    assert len(indices) == 0 and values.equals(pa.array([], pa.string()))


@given(st.lists(st.none() | st.sampled_from("abc"), max_size=20), st.integers(1, 3), st.booleans())
def test_an_answer_of_few_values_becomes_the_encoding(answer, times, encoded):
    few = pa.DictionaryArray.from_arrays(
        pa.array([None if a is None else "xabc".index(a) for a in answer], pa.int32()), ["x", "a", "b", "c"]
    )
    rows = [i for i in range(len(answer)) for _ in range(times)]
    indices, values = narrow(pa.array(rows, pa.int32()).to_numpy() if encoded else None, few)
    expected = [answer[i] for i in rows] if encoded else answer
    assert values.take(pa.array(indices)).to_pylist() == expected
    assert set(values.to_pylist()) == set(answer)
