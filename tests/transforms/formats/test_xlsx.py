"""Excel workbooks: what each kind of cell is read as, and what is refused because it would be read wrongly."""

import datetime as dt
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.reading import error_of, read
from support.workbooks import DATE, ELAPSED, ERA, TIME, book_of, sheet_of, workbook

TWO = {"a": "string", "b": "string"}
DAY = 45383  # 2024-04-01


def written(tmp_path, data):
    path = tmp_path / "f.xlsx"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    "value, kind, expected",
    [
        ("0312", "string", "0312"),
        (35.0, "string", "35"),
        (35.0, "integer", 35),
        (600001, "string", "600001"),
        (0.1, "number", 0.1),
        (-2.5, "string", "-2.5"),
        (1e22, "string", "1e+22"),
        (True, "boolean", True),
        (False, "string", "FALSE"),
        ((DAY, DATE), "date", dt.date(2024, 4, 1)),
        ((DAY, ERA), "string", "2024-04-01"),
        ((DAY, DATE), "month", dt.date(2024, 4, 1)),
        ((DAY, DATE), "datetime", dt.datetime(2024, 4, 1)),
        ((DAY + 0.5, DATE), "datetime", dt.datetime(2024, 4, 1, 12)),
        ((DAY + 0.4305555555, DATE), "string", "2024-04-01 10:20:00"),
        ((0.5, TIME), "string", "12:00:00"),
        ((1.5, ELAPSED), "string", "36:00:00"),
        ((59, DATE), "date", dt.date(1900, 2, 28)),
        ((61, DATE), "date", dt.date(1900, 3, 1)),
        ((2958465, DATE), "date", dt.date(9999, 12, 31)),
        ((1234.5, 5), "number", 1234.5),
        ((1234.5, 6), "number", 1234.5),
        ("#N/A", "string", "#N/A"),
        ("<t=\"str\"|<f>A1</f><v>x &amp; y</v>", "string", "x & y"),
        ("<t=\"str\"|<f>A1</f><v></v>", "string", None),
        ("<|<f>1+1</f><v>2</v>", "integer", 2),
        ("<t=\"d\"|<v>2024-04-01T00:00:00</v>", "date", dt.date(2024, 4, 1)),
        ("a_x000D_b", "string", "a\rb"),
        ("_xD83D__xDE00_", "string", "\U0001f600"),  # two halves of a character
        ("a_xD83D_b", "string", "a_xD83D_b"),  # half of one is none
        ("_xDE00__xD83D_", "string", "_xDE00__xD83D_"),
        ("", "string", None),
        (" 　", "string", None),
        (" 　a", "string", " 　a"),
    ],
)  # fmt: skip
def test_cells(tmp_path, value, kind, expected):
    path = written(tmp_path, book_of([["a", "b"], ["x", value]]))
    assert read(path, "xlsx", {"a": "string", "b": kind}) == ([{"a": "x", "b": expected}], [], 1)


@pytest.mark.parametrize(
    "value, kind",
    [((60, DATE), "date"), ((-3, DATE), "date"), ((2958466, DATE), "date"), ((DAY + 0.5, DATE), "date"),
     ((DAY + 1, DATE), "month"), (1.5, "integer"), (1.2345678901234568e18, "integer"), ("#REF!", "integer"), (2, "boolean")],
)  # fmt: skip
def test_cells_that_are_not_of_their_type_are_rejects(tmp_path, value, kind):
    path = written(tmp_path, book_of([["a", "b"], ["x", value], ["y", None]]))
    why = "time_of_day" if value == (DAY + 0.5, DATE) else kind
    assert read(path, "xlsx", {"a": "string", "b": kind})[:2] == ([{"a": "y", "b": None}], [(1, "b", why)])


def test_rows_of_spaces_are_blank_and_nobody(tmp_path):
    path = written(tmp_path, book_of([["a", "b"], ["x", None], [" ", "　"], ["", "-"], [None, "y"]]))
    whole = [{"a": "x", "b": None}, {"a": None, "b": "y"}]
    assert read(path, "xlsx", TWO, null_values=("", "-")) == (whole, [], 4)
    assert read(path, "xlsx", {"b": "string"}, ["a", "b"], null_values=("", "-"))[0] == [
        {"b": row["b"]} for row in whole
    ]
    assert len(read(path, "xlsx", TWO, blank_records="keep")[0]) == 4


def test_days_of_1904(tmp_path):
    path = written(
        tmp_path, workbook({"s": sheet_of([["a", "b"], [(0, DATE), (DAY - 1462, DATE)]])}, from_1904=True)
    )
    assert read(path, "xlsx", {"a": "date", "b": "date"})[0] == [
        {"a": dt.date(1904, 1, 1), "b": dt.date(2024, 4, 1)}
    ]


def test_shared_texts_without_their_furigana(tmp_path):
    texts = [
        "<si><t>山田</t><rPh sb='0' eb='2'><t>ヤマダ</t></rPh></si>",
        "<si><r><t>東京</t></r><r><rPr/><t xml:space='preserve'> 都</t></r></si>",
        "<si><t>_x005F_x0041_</t></si>",
    ]
    cells = [[f'<t="s"|<v>{i}</v>' for i in pair] for pair in ((0, 1), (2, 0))]
    path = written(tmp_path, workbook({"s": sheet_of([["a", "b"], *cells])}, texts))
    assert read(path, "xlsx", TWO)[0] == [{"a": "山田", "b": "東京 都"}, {"a": "_x0041_", "b": "山田"}]
    bad = workbook({"s": sheet_of([["a", "b"], ["x", '<t="s"|<v>3</v>']])}, texts)
    assert error_of(written(tmp_path, bad), "xlsx", TWO).code == "input.cells"


def test_blank_rows_and_columns_titles_and_sheets(tmp_path):
    rows = [
        ["会員一覧"],
        [],
        [None, "a", None, "b"],
        [None, "1", None, "x"],
        [],
        [None, "2", "", None],
        [None, None],
    ]
    book = workbook({"隠し": sheet_of([["c"]]), "名簿": sheet_of(rows)}, hidden=["隠し"])
    path = written(tmp_path, book)
    expected = [{"a": "1", "b": "x"}, {"a": "2", "b": None}]
    for skip in (1, 2):
        assert read(path, "xlsx", TWO, skip_rows=skip) == (expected, [], 2)
    assert read(path, "xlsx", TWO, skip_rows=1, sheet="名簿") == (expected, [], 2)
    assert read(path, "xlsx", {"c": "string"}, sheet="隠し") == ([], [], 0)
    assert error_of(path, "xlsx", TWO, sheet="別").what == "none of the 2 sheets has the declared name"
    assert error_of(path, "xlsx", TWO).code == "input.header"
    path = written(tmp_path, book_of([["1", "x"], [], ["2", None]]))
    assert read(path, "xlsx", TWO, header=False) == (expected, [], 2)
    path = written(tmp_path, workbook({"s": sheet_of([["a", "b"], ["1", "x"], ["2", None]], places=False)}))
    assert read(path, "xlsx", TWO) == (expected, [], 2)


def test_a_value_beside_the_table_is_ragged(tmp_path):
    path = written(tmp_path, book_of([["a", "b"], ["1", "x"], ["2", "y", None, "himitsu"], ["3", "z", ""]]))
    rows, rejects, records = read(path, "xlsx", TWO)
    assert ([r["a"] for r in rows], rejects, records) == (["1", "3"], [(2, "", "ragged")], 3)
    assert read(path, "xlsx", {}, ["a", "b"])[2] == 3


@pytest.mark.parametrize(
    "area, columns, refused",
    [("A2:A3", "ab", True), ("A3:B3", "ab", True), ("A3:B3", "a", False), ("A1:B1", "ab", False), ("B2:C2", "ab", False),
     ("A1:A2", "a", True), ("A90:B99", "ab", False)],
)  # fmt: skip
def test_merged_cells_of_records_are_refused(tmp_path, area, columns, refused):
    merged = f'<mergeCells count="1"><mergeCell ref="{area}"/></mergeCells>'
    path = written(tmp_path, book_of([["a", "b"], ["1", "x"], ["2", "y"]], after=merged))
    kinds = dict.fromkeys(columns, "string")
    if refused:
        error = error_of(path, "xlsx", kinds, ["a", "b"])
        assert (error.code, error.what) == ("input.cells", "cells are merged") and ", row " in error.where
    else:
        assert len(read(path, "xlsx", kinds, ["a", "b"])[0]) == 2


@pytest.mark.parametrize("inside", ["<f>A1</f>", "<f>A1</f><v></v>", "<f>A1</f><v/>", "<f/>"])
def test_a_formula_without_result_is_refused_where_it_counts(tmp_path, inside):
    path = written(tmp_path, book_of([["a", "b"], ["1", f"<|{inside}"]]))
    error = error_of(path, "xlsx", TWO)
    assert error.what == "a formula has no saved result" and error.where.endswith(", row 2")
    assert read(path, "xlsx", {"a": "string"}, ["a", "b"])[0] == [{"a": "1"}]


def test_what_is_no_workbook(tmp_path):
    good = book_of([["a", "b"], ["1", "x"]])
    for data, code in (
        (b"a,b\n1,2\n", "input.workbook"),
        (b"", "input.workbook"),
        (good[:-30], "input.workbook"),
        (good[:200] + bytes(50) + good[250:], "input.workbook"),
        (workbook({"s": "<worksheet><sheetData><row>"}), "input.workbook"),
        (workbook({"s": "<!DOCTYPE x [<!ENTITY e 'x'>]><worksheet>&e;</worksheet>"}), "input.workbook"),
        (workbook({"s": sheet_of([["a", "b"], ["1", '<t="s"|<v>x</v>']])}), "input.workbook"),
    ):
        assert error_of(written(tmp_path, data), "xlsx", TWO).code == code


def test_far_cells_and_large_parts_need_little_memory(tmp_path):
    """Two cells at the corners of a sheet span 17 thousand million; a lying or endless part is given up."""
    corner = '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>'
    rows = sheet_of([["a", "b"], ["1", "x"]]).replace("</sheetData>", f"{corner}</sheetData>")
    far = written(tmp_path, workbook({"s": rows}))
    assert read(far, "xlsx", TWO)[1:] == ([(2, "", "ragged")], 2)
    many = tmp_path / "many.xlsx"
    row = '<row><c t="inlineStr"><is><t>1</t></is></c><c/></row>'
    many.write_bytes(
        workbook(
            {
                "s": sheet_of([["a", "b"]], places=False).replace(
                    "</sheetData>", f"{row * 600_000}</sheetData>"
                )
            }
        )
    )
    endless = tmp_path / "endless.xlsx"
    endless.write_bytes(workbook({"s": f"<worksheet x='{'y' * (60 << 20)}'/>"}))
    code = f"""
import resource, sys
sys.path[:0] = {[str(Path(__file__).parents[2])]}
from support.reading import read
from tokumei.schemas.errors import InputError
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for name in ("many", "endless"):
    try:
        print(read({str(tmp_path)!r} + f"/{{name}}.xlsx", "xlsx", {{"a": "string"}}, ["a", "b"])[2])
    except InputError as error:
        print(error.code)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=300
    )
    records, ended, grown = done.stdout.split()
    assert (records, ended) == ("600000", "input.workbook") and int(grown) < 450


def test_too_many_texts_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("tokumei.transforms.formats.workbook.MAX_TEXTS", 100)
    path = written(tmp_path, workbook({"s": sheet_of([["a"]])}, ["<si><t>himitsu</t></si>"] * 10))
    assert error_of(path, "xlsx", {"a": "string"}).code == "input.workbook_size"


def test_a_whole_release(run):
    from support.helpers import policy_of

    keep = {"keep": True, "because": "試験"}
    rows = [["名前", "年齢", "入会日"], *([f"CANARY{i}", 20 + i % 3, (DAY + i % 2, DATE)] for i in range(40))]
    columns = {
        "名前": {"treat": [{"criterion": 1, "method": "delete"}]},
        "年齢": {"type": "integer", **keep},
        "入会日": {"type": "date", **keep},
    }
    done = run(policy_of(columns, source={"format": "xlsx"}, path="data.xlsx"), {"data.xlsx": book_of(rows)})
    assert done.status == 0, done.err
    assert sorted(r["年齢"] for r in done.rows()) == sorted(20 + i % 3 for i in range(40))
    assert {str(r["入会日"]) for r in done.rows()} == {"2024-04-01", "2024-04-02"}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff_<#"), max_size=5),
            st.integers(-(2**53) + 1, 2**53 - 1),
        ),
        max_size=20,
    )
)  # fmt: skip
def test_any_texts_and_numbers_come_back(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("xlsx") / "f.xlsx"
    path.write_bytes(book_of([["a", "b"], *([a, float(b)] for a, b in rows)]))
    found, rejects, _ = read(path, "xlsx", {"a": "string", "b": "integer"})
    assert found == [{"a": a if a.strip() else None, "b": b} for a, b in rows] and not rejects
    assert zipfile.is_zipfile(path)


@pytest.mark.parametrize("wanted", [{"b": "string"}, TWO, {}])
@pytest.mark.parametrize("header", [True, False])
def test_rows_that_repeat_the_column_names_are_refused(tmp_path, wanted, header):
    path = written(
        tmp_path, book_of([["a", "b"], ["x", "y"], ["ａ", " b"], ["a", "y"], ["b", "a"], ["a", "b"]])
    )
    rows, rejects, records = read(path, "xlsx", wanted, ["a", "b"], header=header)
    first = [] if header else [(1, "", "header")]
    later = [(n + (not header), "", "header") for n in (2, 5)]
    assert (rejects, records) == ([*first, *later], 5 + (not header))
    assert [row["b"] for row in rows] == (["y", "y", "a"] if wanted else [])
