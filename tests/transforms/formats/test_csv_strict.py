"""Quotes as the standard has them: what is not written so is refused, and nothing is dropped or shifted."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.reading import error_of, read

from tokumei.transforms.formats.csv_quotes import Dialect, masked, misquoted, trimmed

AB = {"a": "string", "b": "string"}


def csv_of(path: Path, content: str | bytes, **options):
    """Read a file of columns a and b without a header; return its rows as lists, rejects and records."""
    path.write_bytes(
        content if isinstance(content, bytes) else content.encode(options.get("encoding", "utf-8"))
    )
    given = {"header": False, "null_values": (), "blank_records": "keep", **options}
    rows, rejects, records = read(path, "csv", AB, **given)
    return [[row["a"], row["b"]] for row in rows], rejects, records


LOOSE = [
    r'1,"喫茶\"花\""',
    r'1,"a\"b"',
    '1, "見本"',
    '1,見本"',
    '1,5"10',
    '1,"彼は"はい"と言った"',
    '1,"12"インチ"',
    '1,"x" ',
    '"a"b,1',
    '1,x""',
    '"a,="0012",b"',
    '="0,0"',
]


@pytest.mark.parametrize("line", LOOSE)
@pytest.mark.parametrize("target", [1, 1 << 20])
def test_a_record_that_is_quoted_loosely_is_refused_alone(tmp_path, line, target):
    text = f'p,q\n{line}\n"r","s"\n'
    rows, rejects, records = csv_of(tmp_path / "f.csv", text, target=target)
    assert rows == [["p", "q"], ["r", "s"]]
    assert (rejects, records) == ([(2, "", "quotes")], 3)


@pytest.mark.parametrize("lines", [[i, j] for i in (0, 2, 5) for j in (7, 8, 9)])
def test_records_are_numbered_as_they_stand_in_the_file(tmp_path, lines):
    text = [f'{i},"x, {i}"' for i in range(12)]
    for i in lines:
        text[i] = f'{i},x"y'
    text.insert(4, "")
    rows, rejects, _ = csv_of(tmp_path / "f.csv", "\n".join(text) + "\n")
    assert rejects == [(i + 1, "", "quotes") for i in lines]
    assert [int(row[0]) for row in rows] == [i for i in range(12) if i not in lines]


def test_what_an_escaped_quote_swallows_is_refused_with_it(tmp_path):
    rows, rejects, records = csv_of(tmp_path / "f.csv", '1,"5\\""\n"r","s"\np,q\n')
    assert (rows, rejects, records) == ([["p", "q"]], [(1, "", "quotes")], 2)


def test_a_quote_that_is_never_closed_stops_the_file(tmp_path):
    (tmp_path / "f.csv").write_text('1,"himitsu\n2,x\n')
    found = error_of(tmp_path / "f.csv", "csv", AB, header=False)
    assert found.code == "csv.quote" and "escape" in found.fix


def written(rows, **options) -> str:
    sink = io.StringIO()
    csv.writer(sink, lineterminator="\n", **options).writerows(rows)
    return sink.getvalue()


CELL = st.text(st.sampled_from("a\"\\,|N 表ソ\n0='"), max_size=6)
ROWS = st.lists(st.lists(CELL, min_size=2, max_size=2), min_size=1, max_size=10)
WAYS = [
    ({"quoting": csv.QUOTE_ALL}, {}),
    ({"quoting": csv.QUOTE_MINIMAL}, {}),
    ({"quoting": csv.QUOTE_ALL, "escapechar": "\\", "doublequote": False}, {"escape": "\\"}),
    ({"quoting": csv.QUOTE_MINIMAL, "escapechar": "\\", "doublequote": False}, {"escape": "\\"}),
    ({"quoting": csv.QUOTE_NONE, "escapechar": "\\", "quotechar": '"'}, {"escape": "\\"}),
]


@settings(max_examples=300, deadline=None)
@given(
    rows=ROWS,
    way=st.sampled_from(WAYS),
    encoding=st.sampled_from(["utf-8", "cp932"]),
    delimiter=st.sampled_from(",|"),
    target=st.sampled_from([1, 7, 30, 1 << 20]),
    space=st.booleans(),
)
def test_what_the_standard_library_writes_is_read(
    tmp_path_factory, rows, way, encoding, delimiter, target, space
):
    """Also with escapes, and with spaces before cells; what is read is compared with that library, strict."""
    path = tmp_path_factory.mktemp("strict") / "f.csv"
    written_by, options = way
    rows = [[c.removeprefix('="').removeprefix("'0") for c in row] for row in rows]
    rows = [[c if c not in ("N", "=", "'") else "n" for c in row] for row in rows]
    text = written(rows, delimiter=delimiter, **written_by)
    if space:
        quoted = written_by["quoting"] == csv.QUOTE_ALL
        reader = csv.reader(
            io.StringIO(text, newline=""),
            delimiter=delimiter,
            strict=True,
            skipinitialspace=True,
            escapechar=written_by.get("escapechar"),
            doublequote=written_by.get("doublequote", True),
        )
        rows = [row for row in reader if row]
        if quoted:
            text = text.replace(f'"{delimiter}"', f'"{delimiter}  "') if "\\" not in text else text
            if not all(delimiter not in c and '"' not in c for row in rows for c in row):
                return
        options = {**options, "skip_initial_space": True}
    if not all(len(row) == 2 for row in rows):
        return
    got = csv_of(path, text, encoding=encoding, delimiter=delimiter, target=target, **options)
    assert got == (rows, [], len(rows))


def reference(text: str, dialect: Dialect) -> tuple[list[list[str]], list[bool]]:
    """Read character by character; return the cells of each record and whether it is strict."""
    records, strict = [], []
    at = 0
    while at < len(text):
        line = text[at] in "\r\n"  # blank lines are no records
        cells, good, at = _record(text, at, dialect)
        if cells is None:
            return records, [*strict, False]
        if not line:
            records.append(cells)
            strict.append(good)
    return records, strict


def _record(text, at, dialect):
    cells, good = [], True
    while True:
        cell = ""
        while dialect.skip_space and text[at : at + 1] == " ":
            at += 1
        quoted = text[at : at + 1] == '"'
        begun = at
        if quoted:
            at += 1
            while True:
                if at >= len(text):
                    return None, False, at
                if dialect.escape and text[at] == "\\":
                    cell += text[at + 1 : at + 2]
                    at += 2
                elif text[at : at + 2] == '""':
                    cell += '"'
                    at += 2
                elif text[at] == '"':
                    at += 1
                    break
                else:
                    cell += text[at]
                    at += 1
        rest = at
        while at < len(text) and text[at] not in f"{dialect.delimiter}\r\n":
            if dialect.escape and text[at] == "\\":
                cell += text[at + 1 : at + 2]
                at += 1
            else:
                cell += text[at]
                good &= text[at] != '"'
            at += 1
        good &= not quoted or at == rest
        if dialect.escape and text[begun:at] == "\\N":
            cell = ""
        if not quoted and text[begun:at] == "":
            cell = ""
        cells.append(cell)
        if at >= len(text):
            return cells, good, at
        at += 1
        if text[at - 1] in "\r\n":
            return cells, good, at


@settings(max_examples=500, deadline=None)
@given(
    text=st.text(st.sampled_from('a"\n,|\\ 表N'), max_size=40),
    delimiter=st.sampled_from(",|"),
    encoding=st.sampled_from(["utf-8", "cp932"]),
    escape=st.booleans(),
    space=st.booleans(),
    target=st.sampled_from([1, 5, 1 << 20]),
)
@example(text='a,"\\\n', delimiter=",", encoding="utf-8", escape=True, space=False, target=1)
@example(text='a,  "c"\n  "c", d\n', delimiter=",", encoding="utf-8", escape=False, space=True, target=1)
def test_any_text_reads_as_a_reader_of_single_characters_does(
    tmp_path_factory, text, delimiter, encoding, escape, space, target
):
    dialect = Dialect(delimiter, "utf-8", escape, space)
    expected, strict = reference(text, dialect)
    options = {"escape": "\\" if escape else None, "skip_initial_space": space, "target": target}
    path = tmp_path_factory.mktemp("any") / "f.csv"
    if escape and (len(text) - len(text.rstrip("\\"))) % 2:
        return  # a last backslash that escapes nothing is tested below
    if len(strict) > len(expected):
        path.write_bytes(text.encode(encoding))
        del options["target"]
        found = {"encoding": encoding, "delimiter": delimiter, "header": False, **options}
        assert error_of(path, "csv", AB, **found).code == "csv.quote"
        return
    rows, rejects, records = csv_of(path, text, encoding=encoding, delimiter=delimiter, **options)
    assert records == len(expected)
    good = [cells for cells, is_strict in zip(expected, strict, strict=True) if is_strict]
    assert rows == [cells for cells in good if len(cells) == 2]
    reasons = [
        "quotes" if not s else "ragged" for c, s in zip(expected, strict, strict=True) if not s or len(c) != 2
    ]
    assert [why for _, _, why in rejects] == reasons


@pytest.mark.parametrize("last", ["2,x\\", "2,x\\\\\\"])
def test_a_backslash_that_escapes_nothing_is_refused(tmp_path, last):
    rows, rejects, _ = csv_of(tmp_path / "f.csv", f"1,y\n{last}", escape="\\")
    assert (rows, rejects) == ([["1", "y"]], [(2, "", "quotes")])


def test_what_the_options_hide_keeps_its_place():
    dialect = Dialect(",", "cp932", escape=True, skip_space=True)
    text = 'ソ\\,"表\\"", "x"\n'.encode("cp932")
    seen = masked(text, dialect)
    assert len(seen) == len(text) and seen.count(b'"') == 4 and seen.endswith(b',,"x"\n')
    assert masked(b"a,b\n", dialect) == b"a,b\n"


def test_null_of_mysql_is_an_empty_cell(tmp_path):
    text = '1,\\N\n\\N,"\\\\N"\n3,\\\\N\n4,x\\N\n'
    rows, _, _ = csv_of(tmp_path / "f.csv", text, escape="\\")
    assert rows == [["1", ""], ["", "\\N"], ["3", "\\N"], ["4", "xN"]]
    rows, _, _ = csv_of(tmp_path / "f.csv", text, escape="\\", null_values=("",))
    assert rows[0] == ["1", None]


def test_kernels_on_texts_without_what_they_look_for():
    dialect = Dialect(",", "utf-8", escape=True, skip_space=True)
    assert trimmed(b"a,b\n", dialect) == b"a,b\n"
    assert misquoted(b"a,b\nc,d\n", np.array([4, 8]), dialect).tolist() == [False, False]


@pytest.mark.parametrize("encoding", ["utf-8", "cp932", "utf-16"])
@pytest.mark.parametrize("wanted", [{"a": "string"}, {"b": "string"}])
def test_end_marks_of_joined_files_are_refused(tmp_path, encoding, wanted):
    path = tmp_path / "f.csv"
    path.write_bytes('a,b\n1,東\n\x1a2,京\n\n3,"x\x1a\ny"\n\x1aa,b\n4,都\n\x1a\r\n'.encode(encoding))
    rows, rejects, records = read(path, "csv", wanted, ["a", "b"], encoding=encoding)
    assert rejects == [(n, "", "end_mark") for n in (2, 4)] and records == 5
    assert [next(iter(row.values())) for row in rows] == (
        ["1", "3", "4"] if "a" in wanted else ["東", "x\x1a\ny", "都"]
    )
