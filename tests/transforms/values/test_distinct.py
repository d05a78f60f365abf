import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokumei.transforms.values.distinct import over_distinct


def doubled(values: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(values, values, "|")


class Counting:
    def __init__(self) -> None:
        self.seen = 0

    def __call__(self, values: pa.Array) -> pa.Array:
        self.seen += len(values)
        return doubled(values)


@settings(deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.sampled_from(["a", "", "東京都", "zz"]))),
    st.integers(0, 5),
    st.integers(0, 5),
    st.booleans(),
)
def test_equals_the_kernel_on_every_slice(values, skip, drop, dictionary):
    column = pa.array(values, type=pa.string())
    if dictionary:
        column = column.dictionary_encode()
    column = column.slice(skip, max(0, len(values) - skip - drop))
    plain = column.dictionary_decode() if dictionary else column
    assert over_distinct(doubled, column).to_pylist() == doubled(plain).to_pylist()


def test_runs_once_per_distinct_value():
    kernel = Counting()
    answer = over_distinct(kernel, pa.array(["a", "b", None, "a"] * 5000))
    assert kernel.seen <= 3
    assert answer.to_pylist()[:4] == ["a|a", "b|b", None, "a|a"]


def test_distinct_columns_go_to_the_kernel_directly():
    kernel = Counting()
    column = pa.array([str(number) for number in range(20_000)])
    assert over_distinct(kernel, column)[19_999].as_py() == "19999|19999"
    assert kernel.seen == 20_000


def test_a_small_slice_of_a_large_dictionary_is_cheap():
    kernel = Counting()
    column = pa.array([str(number) for number in range(20_000)]).dictionary_encode().slice(7, 3)
    assert over_distinct(kernel, column).to_pylist() == ["7|7", "8|8", "9|9"]
    assert kernel.seen == 3


@pytest.mark.parametrize("column", [pa.nulls(4), pa.nulls(4, pa.string()), pa.array([], pa.string())])
def test_all_null_and_empty(column):
    def kernel(values: pa.Array) -> pa.Array:
        return values.cast(pa.string())

    assert over_distinct(kernel, column).to_pylist() == [None] * len(column)


def test_a_kernel_that_loses_rows_is_an_error():
    with pytest.raises(ValueError, match="answered"):
        over_distinct(lambda values: values.slice(1), pa.array(["a", "b"]))
