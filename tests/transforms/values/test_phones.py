import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokumei.schemas.tables import area_codes
from tokumei.transforms.values.phones import phone_area


def area(*texts):
    return phone_area(pa.array(texts, type=pa.string())).to_pylist()


@pytest.mark.parametrize(
    ("text", "prefix"),
    [
        ("03-1234-5678", "03"),
        ("0312345678", "03"),
        ("03 1234 5678", "03"),
        ("(03)1234-5678", "03"),
        ("03(1234)5678", "03"),
        ("０３（１２３４）５６７８", "03"),
        ("03−1234−5678", "03"),
        (" 03-1234-5678 ", "03"),
        ("06-6123-4567", "06"),
        ("0661234567", "06"),
        ("045-123-4567", "045"),
        ("0451234567", "045"),
        ("0463-12-3456", "0463"),
        ("0463123456", "0463"),
        ("042-712-3456", "042"),
        ("0427-12-3456", "042"),  # the area code before 2001; the digits are those of 042-712-3456
        ("0422-12-3456", "0422"),
        ("04-2912-3456", "04"),
        ("04-7112-3456", "04"),
        ("0471123456", "04"),
        ("0470-12-3456", "0470"),
        ("01267-1-2345", "01267"),
        ("0126712345", "01267"),
        ("04992-2-1234", "04992"),
        ("0499221234", "04992"),
        ("09802-2-1234", "09802"),
        ("098-123-4567", "098"),
        ("043-123-4003", "043"),
        ("03123-45678", "03"),  # no area code has five digits here: the numbering plan decides
        ("090-1234-5678", "090"),
        ("09012345678", "090"),
        ("080-1234-5678", "080"),
        ("070-1234-5678", "070"),
        ("060-1234-5678", "060"),
        ("050-1234-5678", "050"),
        ("0120-123-456", "0120"),
        ("0120123456", "0120"),
        ("0800-123-4567", "0800"),
        ("0570-123-456", "0570"),
        ("+81-3-1234-5678", "03"),
        ("+81 3 1234 5678", "03"),
        ("+81 (0)3-1234-5678", "03"),
        ("+81(3)1234-5678", "03"),
        ("+81 90-1234-5678", "090"),
        ("＋８１ ９０１２３４５６７８", "090"),
        ("0081-3-1234-5678", "03"),
        ("010-81-90-1234-5678", "090"),
        ("81312345678", "03"),
        ("819012345678", "090"),
        ("TEL 045-123-4567", "045"),
        ("ＴＥＬ：０４５（１２３）４５６７", "045"),
        ("℡0463-12-3456", "0463"),
        ("☎ 090-1234-5678", "090"),
        ("電話番号:06-6123-4567", "06"),
        ("携帯 080-1234-5678", "080"),
        ("03-1234-5678(代)", "03"),
        ("03-1234-5678（大代表）", "03"),
        ("045-123-4567 代", "045"),
        ("03-1234-5678 内線12", "03"),
        ("03-1234-5678（内線：3456）", "03"),
        ("03-1234-5678 内 21", "03"),
        ("0463-12-3456 ext.1234", "0463"),
        ("TEL03-1234-5678(直通)", "03"),
        ("045─123━4567", "045"),
        ("045⏤123⎯4567", "045"),
        ("045〜123～4567", "045"),
        ("045⁻123﹘4567", "045"),
        ("045‐123‑4567", "045"),
        ('="0463123456"', "0463"),
        ("'0463123456", "0463"),
        ('"090-1234-5678"', "090"),
        ("312345678", "03"),
        ("463123456", "0463"),
        ("9012345678", "090"),
        ("9012345678.0", "090"),
        ("120123456", "0120"),
        ("8001234567", "0800"),
    ],
)
def test_prefixes(text, prefix):
    assert area(text) == [prefix]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "110",
        "1234-5678",
        "03-1234-567",
        "03-1234-56789",
        "090-1234-567",
        "0120-123-4567",
        "090-0123-4567",
        "020-1234-5678",
        "0990-123-456",
        "0000000000",
        "03-1234-****",
        "3.12E+08",
        "8.19E+11",
        "312345678.5",
        "03-1234-5678、090-1234-5678",
        "81-3-1234",
        "1234567890",
        "2125551234",
        "12125551234",
        "内線12",
        "TEL",
        "(代)",
        "03-1234-5678/5679",
        "+1-212-555-1234",
        "不明",
        "a@example.jp",
        "03----1234-5678",
        "3-1234-5678",
        "0" * 5000,
        "٠٣-١٢٣٤-٥٦٧٨",
    ],
)
def test_what_is_no_number_is_null(text):
    assert area(text, None, "03-1234-5678") == [None, None, "03"]


def test_every_prefix_of_the_plan_is_read_in_every_spelling():
    texts, codes = [], []
    for head, code in area_codes().items():
        digits = head.ljust(10, "1")
        rest = digits[len(code) :]
        spellings = [
            digits,
            f"{code}-{rest[:-4]}-{rest[-4:]}",
            f"({code}){rest[:-4]}-{rest[-4:]}",
            f"+81{digits[1:]}",
        ]
        texts += spellings
        codes += [code] * len(spellings)
    assert phone_area(pa.array(texts)).to_pylist() == codes


@settings(deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.text(), st.from_regex(r"[+(]?0?[0-9]{1,4}[-() ]?[0-9]{2,8}"))),
    st.integers(0, 4),
)
def test_answers_are_short_prefixes_of_the_digits(values, skip):
    column = pa.array(values, type=pa.string())
    answers = phone_area(column)
    assert phone_area(column.slice(skip)).to_pylist() == answers.to_pylist()[skip:]
    for text, answer in zip(values, answers.to_pylist(), strict=True):
        if text is None:
            assert answer is None
        if answer is not None:
            assert answer.startswith("0")
            assert 2 <= len(answer) <= 5


def test_empty_and_all_null():
    assert area() == []
    assert phone_area(pa.nulls(2)).to_pylist() == [None, None]


@given(st.lists(st.text("00001234567898-", min_size=1, max_size=18)))
def test_numbers_read_by_their_shape_and_by_patterns_are_the_same(numbers):
    written = [
        *numbers,
        "03-1234-5678",
        "0463-12-3456",
        "09012345678",
        "0120-123-456",
        "3-1234-5678",
        "312345678",
    ]
    behind_space = phone_area(pa.array([f" {n}" for n in written]))  # only patterns know spaces
    assert phone_area(pa.array(written)).to_pylist() == behind_space.to_pylist()
