"""Parts as workbooks: types and texts come back as they were, whatever they hold; what a sheet cannot hold is refused."""

import datetime as dt
import re
import zipfile
from io import BytesIO

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.reading import read

from tokumei.schemas.errors import RequirementError
from tokumei.transforms.formats import xlsx_writer
from tokumei.transforms.formats.xlsx_writer import write

TEXTS = [
    "=1+1",
    "@SUM(A1)",
    "a\rb\n\tc",
    "_x0041_x0042_",
    "\x00\x1f\ufffe\uffff",
    " x ",
    "<&>\"'",
    "0312",
    "𠮷",
    "5",
]
TIME = dt.datetime(2024, 4, 1, 12, 34, 56)


def sheet(data):
    with zipfile.ZipFile(BytesIO(data)) as parts:
        return parts.read("xl/worksheets/sheet1.xml").decode()


def back(tmp_path, table, kinds, **options):
    path = tmp_path / "f.xlsx"
    path.write_bytes(write(table))
    rows, rejects, _ = read(path, "xlsx", kinds, **options)
    assert rejects == []
    return rows


def test_every_text_comes_back_and_none_is_a_formula(tmp_path):
    table = pa.table({"a&<b": pa.array(TEXTS), "分": pa.array(["x", None] * 5).dictionary_encode()})
    got = back(tmp_path, table, {"a&<b": "string", "分": "string"}, null_values=())
    assert [row["a&<b"] for row in got] == TEXTS
    assert [row["分"] or None for row in got] == ["x", None] * 5
    xml = sheet(write(table))
    assert "<f" not in xml and len(re.findall('<c r="A[0-9]+" t="inlineStr" s="1">', xml)) == 11
    assert xml.count('<c r="B') == 6  # a name and five labels: null is no cell


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1, max_size=5))
def test_any_text_comes_back(tmp_path_factory, texts):
    table = pa.table({"t": texts, "last": ["x"] * len(texts)})
    got = back(tmp_path_factory.mktemp("x"), table, {"t": "text", "last": "text"}, null_values=())
    assert [row["t"] for row in got] == texts


def test_types_are_kept(tmp_path):
    table = pa.table(
        {
            "i": pa.array([1, -7, None], pa.int64()),
            "f": pa.array([0.1, None, -1e300]),
            "o": pa.array([True, False, None]),
            "d": pa.array([dt.date(1900, 3, 1), None, dt.date(9999, 12, 31)]),
            "t": pa.array([TIME, dt.datetime(1900, 3, 1, 0, 0, 1), None], pa.timestamp("s")),
        }
    )
    kinds = {"i": "integer", "f": "number", "o": "boolean", "d": "date", "t": "datetime"}
    assert back(tmp_path, table, kinds) == table.to_pylist()
    xml = sheet(write(table))
    assert "inlineStr" not in xml.partition('<row r="2">')[2]
    assert '<c r="D2" s="2"><v>61</v></c>' in xml and '<c r="C3" t="b"><v>0</v></c>' in xml


def test_what_excel_would_change_is_written_as_text(tmp_path):
    table = pa.table(
        {
            "i": pa.array([10**15 - 1, 10**15, -(2**63)], pa.int64()),
            "f": pa.array([float("inf"), float("nan"), 1.5]),
            "d": pa.array([dt.date(1900, 2, 28), dt.date(1, 1, 1), dt.date(1970, 1, 1)]),
        }
    )
    xml = sheet(write(table))
    for cell in ("1000000000000000", "-9223372036854775808", "inf", "NaN", "1900-02-28", "0001-01-01"):
        assert f">{cell}</t>" in xml
    assert "<v>999999999999999</v>" in xml and "<v>25569</v>" in xml
    assert back(tmp_path, table, {"i": "integer", "d": "date"}, declared=["i", "f", "d"]) == [
        {"i": row["i"], "d": row["d"]} for row in table.to_pylist()
    ]


def test_stretches_are_one_sheet_and_equal_tables_equal_bytes(monkeypatch):
    table = pa.table({"n": list(range(10))})
    whole = write(table)
    assert write(table) == whole
    monkeypatch.setattr(xlsx_writer, "_AT_ONCE", 3)
    assert sheet(write(table)) == sheet(whole)
    assert re.findall('<row r="([0-9]+)"><c r="A([0-9]+)"', sheet(whole)) == [
        (f"{i}", f"{i}") for i in range(1, 12)
    ]
    with zipfile.ZipFile(BytesIO(whole)) as parts:
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_columns_are_called_as_in_a_sheet():
    names = xlsx_writer._letters(16_384)
    assert (names[0], names[25], names[26], names[701], names[702], names[-1]) == (
        "A",
        "Z",
        "AA",
        "ZZ",
        "AAA",
        "XFD",
    )


def test_what_no_sheet_holds_is_refused():
    with pytest.raises(RequirementError) as rows:
        write(pa.table({"n": pa.nulls(1_048_576, pa.int64())}))
    assert rows.value.code == "output.sheet_size" and "1,048,576 rows" in rows.value.what
    write(pa.table({"t": ["字" * 32_767]}))
    with pytest.raises(RequirementError) as long:
        write(pa.table({"t": ["𠮷" * 16_384, "himitsu"]}))
    assert long.value.code == "output.cell_length" and "1 texts" in long.value.what
    assert "𠮷" not in str(long.value)
