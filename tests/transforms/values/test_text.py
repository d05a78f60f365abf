import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokumei.transforms.values.addresses import generalize_addresses
from tokumei.transforms.values.dates import parse_dates, parse_datetimes, parse_months
from tokumei.transforms.values.phones import phone_area
from tokumei.transforms.values.postal import postal_prefix
from tokumei.transforms.values.text import fixed_width, is_ascii, plain, plain_column, utf8

KERNELS = {
    "2021-01-02": parse_dates,
    "2021-01": parse_months,
    "2021-01-02 03:04": parse_datetimes,
    "神奈川県伊勢原市": lambda values: generalize_addresses(values, "city"),
    "03-1234-5678": phone_area,
    "259-1113": postal_prefix,
}


@pytest.mark.parametrize("text", KERNELS)
def test_bytes_below_a_null_are_never_read(text):
    """Arrow lets a null keep the bytes of a value; they must not come back."""
    full = pa.array([text, text])
    _, offsets, data = full.buffers()
    column = pa.StringArray.from_buffers(2, offsets, data, pa.py_buffer(b"\x01"))
    answer = KERNELS[text](column)
    assert answer[0].is_valid
    assert not answer[1].is_valid
    assert answer.null_count == 1


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.text(max_size=6))), st.integers(0, 4), st.integers(0, 4))
def test_utf8_gives_the_bytes_of_each_string(values, skip, drop):
    column = pa.array(values, type=pa.string()).slice(skip, max(0, len(values) - skip - drop))
    view = utf8(column)
    ends = view.starts + view.lengths
    got = [bytes(view.data[start:end]).decode() for start, end in zip(view.starts, ends, strict=True)]
    assert got == [value or "" for value in column.to_pylist()]
    assert is_ascii(column) == all((value or "").isascii() for value in column.to_pylist())


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.text())))
def test_column_and_single_text_are_made_plain_alike(values):
    # Python's str.strip also takes the separators U+001C-U+001F, which are no white space in Unicode.
    kept = [value and value.translate(dict.fromkeys(range(0x1C, 0x20))) for value in values]
    expected = [None if value is None else plain(value) for value in kept]
    assert plain_column(pa.array(kept, type=pa.string())).to_list() == expected


@given(st.lists(st.tuples(st.integers(0, 9999), st.integers(0, 99), st.booleans())))
def test_fixed_width(rows):
    large, small, missing = (
        (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
        if rows
        else [np.zeros(0, dtype=np.int64)] * 3
    )
    answer = fixed_width([(large, 4), "-", (small, 2)], missing.astype(np.bool_))
    answer.validate(full=True)
    assert answer.to_pylist() == [None if gone else f"{a:04d}-{b:02d}" for a, b, gone in rows]
