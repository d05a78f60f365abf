import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokumei.transforms.values.postal import postal_prefix


@pytest.mark.parametrize(
    "text",
    [
        "259-1113",
        "2591113",
        "〒259-1113",
        "〒2591113",
        "〒 259-1113",
        "２５９－１１１３",
        "〒２５９１１１３",
        "259−1113",
        "259ー1113",
        "259 1113",
        " 259-1113　",
        "259─1113",
        "259〜1113",
        "郵便番号 259-1113",
        '="2591113"',
        "'259-1113",
        "2591113.0",
    ],
)
def test_spellings_of_one_code(text):
    assert postal_prefix(pa.array([text])).to_pylist() == ["259"]
    assert postal_prefix(pa.array([text]), 5).to_pylist() == ["25911"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "259",
        "259-111",
        "259-11134",
        "25-91113",
        "259--1113",
        "259-1113a",
        "a259-1113",
        "〒",
        "〒〒259-1113",
        "60000",
        "60-0000",
        "6.0E+05",
        "600000.5",
        "259-****",
        "259-1113 平塚",
        "٢٥٩-١١١٣",
        "259-١١١٣",
        "9" * 5000,
    ],
)
def test_what_is_no_code_is_null(text):
    assert postal_prefix(pa.array([text, None, "060-0000"])).to_pylist() == [None, None, "060"]


@given(st.integers(0, 999_999), st.sampled_from(["{}", "{}.0", '="{}"', " {} "]))
def test_a_number_that_lost_its_zero_is_restored(number, written):
    """As a spreadsheet writes 0600000; five digits would be those of an old code as well."""
    answer = postal_prefix(pa.array([written.format(number)])).to_pylist()
    assert answer == [f"{number:07d}"[:3] if number >= 100_000 else None]


@settings(deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.integers(0, 9_999_999))),
    st.integers(1, 5),
    st.integers(0, 4),
    st.booleans(),
)
def test_every_code_keeps_its_leading_digits(numbers, digits, skip, hyphen):
    codes = [None if n is None else f"{n:07d}" for n in numbers]
    written = [c and (f"{c[:3]}-{c[3:]}" if hyphen else c) for c in codes]
    answer = postal_prefix(pa.array(written, type=pa.string()).slice(skip), digits)
    assert answer.type == pa.string()
    assert answer.to_pylist() == [c and c[:digits] for c in codes][skip:]


@pytest.mark.parametrize("digits", [0, 6, 7])
def test_no_more_than_five_digits(digits):
    with pytest.raises(ValueError, match="1 to 5"):
        postal_prefix(pa.array(["259-1113"]), digits)
