"""What spreadsheets write: marked texts, numbers with separators, lost zeros, lines above and beside the data."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.reading import error_of, read

from tokumei.transforms.formats.excel_text import may_hold_marked, unmarked
from tokumei.transforms.formats.leading_zeros import with_leading_zeros
from tokumei.transforms.formats.text_kernels import PARSE

AB = {"a": "string", "b": "string"}


def cells(path, content, columns=AB, **options):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    rows, rejects, _ = read(path, "csv", columns, **options)
    return [list(row.values()) for row in rows], [(n, why) for n, _, why in rejects]


INTEGERS = {
    "1,234": 1234,
    "12,345,678": 12345678,
    "￥1,234": 1234,
    "\\1,234": 1234,
    "¥-500": -500,
    "-¥500": -500,
    "△500": -500,
    "▲1,000": -1000,
    "−7": -7,
    "３５": 35,
    "１，２３４": 1234,
    " 35": 35,
    "35　": 35,
    "35.0": 35,
    "1,234.00": 1234,
    "980円": 980,
    "+7": 7,
}
NO_INTEGERS = ["1,23", "1,2345", "1,234,5", ",123", "0,5", "1.234,5", "12 34", "35.5", "①", "²", "½", "--1", "△-1",
               "¥", "円", "１e3", "1e3円", "(500)", "9,223,372,036,854,775,808", "三十五", "", "35.", "￥￥1"]  # fmt: skip


def test_integers_are_read_as_people_write_them():
    assert PARSE["integer"](pa.array([*INTEGERS])).to_pylist() == [*INTEGERS.values()]
    assert PARSE["integer"](pa.array(NO_INTEGERS)).null_count == len(NO_INTEGERS)
    assert PARSE["integer"](pa.array([None, "x", "2", "1,000"])).to_pylist() == [None, None, 2, 1000]


def test_numbers_are_read_as_people_write_them():
    texts = ["1,234.5", "￥0.5", "△１．５", "1e3", "1.234,5", "1,23.4", "nan", "1,000e3"]
    assert PARSE["number"](pa.array(texts)).to_pylist() == [1234.5, 0.5, -1.5, 1000.0, None, None, None, None]


@given(st.integers(-(2**63), 2**63 - 1), st.sampled_from(["", "￥", "\\"]), st.booleans(), st.booleans())
def test_any_integer_survives_its_spelling(number, yen, wide, point):
    text = f"{'△' if number < 0 else ''}{yen}{abs(number):,}{'.0' if point else ''}"
    if wide:
        text = text.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789,."})
    assert PARSE["integer"](pa.array([text])).to_pylist() == [number]


def test_texts_that_are_kept_texts_by_a_mark(tmp_path):
    content = 'a,b\n"=""0312""",="007"\n\'0399999999,\'07\n"=""a""""b""",=1+1\n="",\'x\n'
    rows, rejects = cells(tmp_path / "f.csv", content)
    assert rows == [["0312", "007"], ["0399999999", "'07"], ['a"b', "=1+1"], [None, "'x"]]
    assert rejects == []


def test_marks_are_found_only_where_a_cell_begins():
    texts = pa.array(['x="1"', "it's '0123", '="1', '="1"x', None, "'0123x"])
    assert unmarked(texts, ("",)).to_pylist() == texts.to_pylist()
    assert not may_hold_marked(b"a,b'c,'d=e", quoted=True)
    assert not may_hold_marked(b'="1"', quoted=False)


@pytest.mark.parametrize("options", [{}, {"delimiter": ";"}])
@pytest.mark.parametrize("line", ["sep=;\r\n", '"sep=;"\n', "SEP=;\n"])
@pytest.mark.parametrize("target", [1, 1 << 20])
def test_the_line_that_names_the_delimiter(tmp_path, options, line, target):
    path = tmp_path / "f.csv"
    content = ("\ufeff" + line + "a;b\n1;x,y\n2;z\n").encode()
    assert cells(path, content, target=target, **options)[0] == [["1", "x,y"], ["2", "z"]]
    content = (line + "1;x,y\n2;z\n").encode()
    assert cells(path, content, target=target, header=False, **options)[0] == [["1", "x,y"], ["2", "z"]]


def test_a_line_that_names_another_delimiter_is_refused(tmp_path):
    (tmp_path / "f.csv").write_text("sep=;\na,b\nhimitsu,1\n")
    assert error_of(tmp_path / "f.csv", "csv", AB, delimiter=",").code == "csv.sep"
    (tmp_path / "f.tsv").write_text("sep=;\na\tb\nhimitsu\t1\n")
    assert error_of(tmp_path / "f.tsv", "tsv", AB).code == "csv.sep"


@pytest.mark.parametrize("above", ["会員一覧,\n出力日,2026/4/1\n", 'a "title\n\n', ",,,\r\n\r\n", "x\r\ry\r"])
@pytest.mark.parametrize("target", [1, 1 << 20])
def test_lines_above_the_header_are_skipped(tmp_path, above, target):
    rows = above.count("\r\n") or above.count("\n") or above.count("\r")
    text = above + "a,b\n1,x\n2,y\n"
    options = {"skip_rows": rows, "target": target}
    assert cells(tmp_path / "f.csv", text, **options) == ([["1", "x"], ["2", "y"]], [])
    named = cells(tmp_path / "f.csv", text, header=False, skip_rows=rows + 1, target=target)
    assert named == ([["1", "x"], ["2", "y"]], [])


def test_columns_of_one_name_are_read_by_their_place(tmp_path):
    (tmp_path / "f.csv").write_text("id,備考,備考\n1,x,y\n")
    columns = {"id": "string", "備考": "string"}
    found = error_of(tmp_path / "f.csv", "csv", columns)
    assert "header: false and skip_rows: 1" in found.fix
    columns = {"id": "string", "備考1": "string", "備考2": "string"}
    rows, _, _ = read(tmp_path / "f.csv", "csv", columns, header=False, skip_rows=1)
    assert [list(row.values()) for row in rows] == [["1", "x", "y"]]


@pytest.mark.parametrize("wanted", [["a"], ["b"], ["a", "b"], []])
def test_columns_without_a_name_are_nothing_while_they_are_empty(tmp_path, wanted):
    path = tmp_path / "f.csv"
    path.write_text('a, ,b,,\n1,,x,,\n2," ",y,"",　\n3,himitsu,z,,\n4,,w,,0\n,,,,\n5,,v,\n')
    rows, rejects, records = read(path, "csv", dict.fromkeys(wanted, "string"), ["a", "b"])
    whole = [{"a": "1", "b": "x"}, {"a": "2", "b": "y"}]
    assert rows == [{n: row[n] for n in wanted} for row in whole if wanted]
    assert [(n, why) for n, _, why in rejects] == [
        (3, "nameless"),
        (4, "nameless"),
        (6, "ragged"),
    ]
    assert records == 6


HEADERS = ["a,b", '"a","b"', " a ,b　", "ａ,ｂ", "\ufeffa,b", "a,b,"]


@pytest.mark.parametrize("line", HEADERS[:4])
@pytest.mark.parametrize("wanted", [["a"], ["b"], ["b", "a"], []])
@pytest.mark.parametrize("target", [1, 1 << 20])
def test_a_header_within_a_file_is_no_record(tmp_path, line, wanted, target):
    (tmp_path / "f.csv").write_text(f"a,b\n1,x\n{line}\na,x\n2,b\n")
    columns = dict.fromkeys(wanted, "string")
    rows, rejects, records = read(tmp_path / "f.csv", "csv", columns, ["a", "b"], target=target)
    assert (rejects, records) == ([(2, "", "header")], 4)
    assert [row.get("a") for row in rows] == [row for row in ["1", "a", "2"] if wanted and "a" in wanted] or (
        "a" not in wanted
    )
    (tmp_path / "g.csv").write_text(f"{line}\n1,x\n")
    _, rejects, _ = read(tmp_path / "g.csv", "csv", columns, ["a", "b"], target=target, header=False)
    assert rejects == [(1, "", "header")]


def test_a_typed_column_does_not_hide_a_header(tmp_path):
    (tmp_path / "f.csv").write_text("年齢,day\n3,2020-01-01\n年齢,day\n")
    _, rejects, _ = read(tmp_path / "f.csv", "csv", {"年齢": "integer", "day": "date"})
    assert rejects == [(2, "", "header")]


@pytest.mark.parametrize("target", [1, 1 << 20])
def test_a_mark_within_a_file_is_the_start_of_another(tmp_path, target):
    path = tmp_path / "f.csv"
    text = 'a,b\n1,x\n\ufeffa,b\n2,"\n\ufeffy"\n\ufeff3,z\n4,\ufeffw\n'
    rows, rejects = cells(path, text, target=target)
    assert rejects == [(2, "byte_order_mark"), (4, "byte_order_mark")]
    assert rows == [["1", "x"], ["2", "\n\ufeffy"], ["4", "\ufeffw"]]


CODES = ["600000", "100001", "1500001", "0600000", "60-0000", "６０", "", None, "12345678", "x1"]
RESTORED = ["0600000", "0100001", "1500001", "0600000", "60-0000", "0000060", "", None, "12345678", "x1"]


def test_leading_zeros_are_restored_where_the_policy_says_so(tmp_path):
    assert with_leading_zeros(pa.array(CODES), 7).to_pylist() == RESTORED
    assert with_leading_zeros(pa.array(CODES).dictionary_encode(), 7).to_pylist() == RESTORED
    assert with_leading_zeros(pa.array(["1234567", None]), 7).to_pylist() == ["1234567", None]
    content = 'a,b\n600000,600000\n"0600000",1\n'
    rows, _ = cells(tmp_path / "f.csv", content, leading_zeros={"b": 7})
    assert rows == [["600000", "0600000"], ["0600000", "0000001"]]
