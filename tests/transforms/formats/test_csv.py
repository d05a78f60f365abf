"""CSV and TSV: real edge cases, every way of writing, and cutting that never changes what is read."""

from __future__ import annotations

import gzip
import io
import json
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tokumei.schemas.errors import InputError
from tokumei.schemas.source import Source
from tokumei.schemas.splits import Reject
from tokumei.transforms.formats import csv
from tokumei.transforms.formats.csv_blocks import blocks, first_record, record_ends
from tokumei.transforms.formats.csv_quotes import Dialect, masked
from tokumei.transforms.formats.reader import read_header, read_split
from tokumei.transforms.formats.splits import plan_splits
from tokumei.transforms.storage.local import LocalStore

STORE = LocalStore()
SPECTRUM = Path(__file__).parents[2] / "data" / "csv_spectrum"


def source_of(path: Path, **options) -> Source:
    return Source(path=str(path), format=options.pop("format", "csv"), **options)


def read(path: Path, columns: dict, declared=None, *, target=32 << 20, exclude=(), **options):
    """Return rows, rejects as (record of the file, column, reason), and records."""
    source = source_of(path, **options)
    file = STORE.glob(str(path))[0]
    rows, rejects, records = [], [], 0
    for split in plan_splits("t", source, file, STORE, target):
        before = records
        for got in read_split(
            split,
            source,
            columns,
            STORE,
            declared=declared or list(columns),
            exclude=np.array(exclude, np.int64),
        ):
            assert got.batch.schema.names == list(columns)
            rows += got.batch.to_pylist() if columns else [{}] * got.batch.num_rows
            rejects += [(r.record + before, r.column, r.reason) for r in got.rejects]
            assert all(isinstance(r, Reject) and r.split_id == split.split_id for r in got.rejects)
            records += got.records
    return rows, rejects, records


@pytest.mark.parametrize("name", sorted(p.stem for p in (SPECTRUM / "csvs").glob("*.csv")))
def test_csv_spectrum_reads_as_its_json_says(name):
    expected = json.loads((SPECTRUM / "json" / f"{name}.json").read_text())
    if name == "location_coordinates":
        expected = [expected]  # the fixture's JSON is an object instead of a list
    path = SPECTRUM / "csvs" / f"{name}.csv"
    rows, rejects, _ = read(path, dict.fromkeys(expected[0], "string"), null_values=())
    if name == "location_coordinates":  # its cells hold quotes, and are not quoted
        assert (rows, rejects) == ([], [(1, "", "quotes")])
        return
    assert rows == expected
    assert rejects == []


ROWS = [
    {"code": "007", "name": "髙橋　花子", "note": 'He said "はい"'},
    {"code": "01", "name": "表|ソ能", "note": "a,b"},
    {"code": "2", "name": "ｱｲｳ", "note": "x" * 50},
]
EUC_ROWS = [{**row, "name": row["name"].replace("髙", "高")} for row in ROWS]
TYPES = dict.fromkeys(ROWS[0], "string")


def text_of(rows, ending, delimiter=",", header=True):
    lines = [list(rows[0])] if header else []
    lines += [list(row.values()) for row in rows]

    def field(value):
        quoted = any(c in value for c in f'{delimiter}"\r\n')
        return '"' + value.replace('"', '""') + '"' if quoted else value

    return ending.join(delimiter.join(map(field, line)) for line in lines)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize(
    ("encoding", "marks"), [("utf-8", 0), ("utf-8", 1), ("utf-8", 2), ("cp932", 0), ("euc_jp", 0)]
)
@pytest.mark.parametrize("delimiter", [",", "\t", "|", ";"])
@pytest.mark.parametrize("target", [1, 40, 1 << 20])
def test_every_encoding_ending_and_delimiter(tmp_path, ending, last, encoding, marks, delimiter, target):
    rows = EUC_ROWS if encoding == "euc_jp" else ROWS
    rows = [{**row, "note": row["note"] + ending + "続き"} for row in rows]
    text = text_of(rows, ending, delimiter) + ending * last
    path = tmp_path / "f.csv"
    path.write_bytes(b"\xef\xbb\xbf" * marks + text.encode(encoding))
    got, rejects, records = read(path, TYPES, encoding=encoding, delimiter=delimiter, target=target)
    assert (got, rejects, records) == (rows, [], 3)


def test_mixed_line_endings_and_blank_lines(tmp_path):
    path = tmp_path / "f.csv"
    path.write_bytes(b"\r\n\na,b\r\n1,2\n\n3,4\r5,6\r\n\r\n7,8")
    rows, rejects, records = read(path, {"a": "integer", "b": "integer"})
    assert [list(r.values()) for r in rows] == [[1, 2], [3, 4], [5, 6], [7, 8]]
    assert (rejects, records) == ([], 4)


def test_doubled_mark_before_a_quoted_header_in_another_order(tmp_path):
    path = tmp_path / "product.csv"
    path.write_bytes('\ufeff\ufeff"product_cd","unit_cost"\r\nP040101001,149\nP040101002,\r\n'.encode())
    rows, _, _ = read(path, {"unit_cost": "integer", "product_cd": "string"})
    assert rows == [
        {"unit_cost": 149, "product_cd": "P040101001"},
        {"unit_cost": None, "product_cd": "P040101002"},
    ]
    file = STORE.glob(str(path))[0]
    assert read_header(source_of(path), file, STORE).names == ["product_cd", "unit_cost"]


@pytest.mark.parametrize("content", [b"", b"a,b", b"a,b\r\n", b"\xef\xbb\xbf", b"\n\n", b"a,b\n\n\r\n"])
def test_files_without_records(tmp_path, content):
    path = tmp_path / "f.csv"
    path.write_bytes(content)
    assert read(path, {"a": "string", "b": "date"}) == ([], [], 0)


def test_without_header_the_policy_names_the_columns(tmp_path):
    path = tmp_path / "f.tsv"
    path.write_bytes(b"1\tx\n2\n3\ty\tz\n4\tw\n")
    rows, rejects, records = read(path, {"b": "string"}, ["a", "b"], format="tsv", header=False)
    assert rows == [{"b": "x"}, {"b": "w"}]
    assert (rejects, records) == ([(2, "", "ragged"), (3, "", "ragged")], 4)
    header = read_header(source_of(path, format="tsv", header=False), STORE.glob(str(path))[0], STORE)
    assert header.names is None


def test_a_first_record_that_is_ragged_does_not_set_the_width(tmp_path):
    path = tmp_path / "f.csv"
    path.write_bytes(b"a,b\n1,2,3\n4,5\n")
    assert read(path, {"a": "integer"}, ["a", "b"]) == ([{"a": 4}], [(1, "", "ragged")], 2)


BAD = [
    (
        "integer",
        ["1.5", "x", "1,5", "①", "0x1F", "9223372036854775808", "1_0", "-", "1 2", "1,23", "1,234,5"],
    ),
    ("number", ["nan", "inf", "-Infinity", "1e400", "1,5", "½", "0x1p3", "x", "1 2", "1.234,5", "--1"]),
    ("boolean", ["yes", "t", "2", "真"]),
    ("date", ["2023-02-29", "x", "2023-13-01"]),
    ("month", ["2023-13", "x"]),
    ("datetime", ["2023-02-29 10:00:00", "x"]),
]


@pytest.mark.parametrize(("kind", "texts"), BAD)
def test_each_type_rejects_what_is_not_cleanly_of_it(tmp_path, kind, texts):
    path = tmp_path / "f.csv"
    path.write_text(text_of([{"v": t, "w": "k"} for t in texts], "\n"), encoding="utf-8")
    rows, rejects, records = read(path, {"v": kind, "w": "string"})
    assert rows == []
    assert rejects == [(i, "v", kind) for i in range(1, len(texts) + 1)]
    assert records == len(texts)


def test_good_values_become_canonical_types(tmp_path):
    path = tmp_path / "f.csv"
    path.write_text(
        "s,i,n,d,m,t,b\n007,-0042,1.5e3,1999-12-31,2024-02,2024-02-29T23:59:01,TRUE\n,+7,.5,,,,0\n,,,,,,\n"
    )
    kinds = ["string", "integer", "number", "date", "month", "datetime", "boolean"]
    columns = dict(zip("sinDmtb".lower(), kinds, strict=True))
    source, file = source_of(path, blank_records="keep"), STORE.glob(str(path))[0]
    (split,) = plan_splits("t", source, file, STORE)
    (got,) = read_split(split, source, columns, STORE, declared=list(columns))
    types = [pa.string(), pa.int64(), pa.float64(), pa.date32(), pa.date32(), pa.timestamp("s"), pa.bool_()]
    assert got.batch.schema.types == types
    first, second, third = ([str(v) for v in row.values()] for row in got.batch.to_pylist())
    assert first == ["007", "-42", "1500.0", "1999-12-31", "2024-02-01", "2024-02-29 23:59:01", "True"]
    assert second == ["None", "7", "0.5", "None", "None", "None", "False"]
    assert third == ["None"] * 7


def test_null_texts_are_null_whatever_the_type_and_quoted_or_not(tmp_path):
    path = tmp_path / "f.csv"
    path.write_text('s,i\n"",-\n不明,"-"\nx,不明\n', encoding="utf-8")
    nulls = {"null_values": ("", "-", "不明"), "blank_records": "keep"}
    rows, rejects, _ = read(path, {"s": "string", "i": "integer"}, **nulls)
    assert rows == [{"s": None, "i": None}, {"s": None, "i": None}, {"s": "x", "i": None}]
    assert rejects == []
    rows, rejects, _ = read(path, {"s": "string"}, ["s", "i"], null_values=())
    assert [r["s"] for r in rows] == ["", "不明", "x"]


MESSY = (
    "a,b,c\n1,あ,2020-01-01\n".encode("cp932")
    + b"\x81,x,2020-01-01\n"  # undecodable
    + "\n3,い\n".encode("cp932")  # ragged, after a blank line
    + '"4\n",う,2020-01-01\n'.encode("cp932")  # not an integer
    + "5,え,x\n".encode("cp932")  # not a date
    + b"6,\0,2020-01-01\n"  # NUL
    + "7,お,2020-01-07\nx,か,x\n".encode("cp932")
)
KINDS = {"a": "integer", "b": "string", "c": "date"}
WHOLE = {2: ("", "undecodable"), 3: ("", "ragged"), 6: ("", "undecodable")}


@pytest.mark.parametrize("odd", [b"", b'8,literal " quote,2020-01-08\n'])
@pytest.mark.parametrize("target", [1, 30, 1 << 20])
@pytest.mark.parametrize("wanted", ["", "a", "b", "c", "ab", "ca", "abc"])
def test_record_numbers_do_not_depend_on_columns_or_cutting(tmp_path, wanted, target, odd):
    path = tmp_path / "f.csv"
    path.write_bytes(MESSY + odd)
    cells = {4: "a", 5: "c", 8: "ac"}
    expected = {**WHOLE, **({9: ("", "quotes")} if odd else {})}
    for record, columns in cells.items():
        bad = [c for c in wanted if c in columns]
        if bad:
            expected[record] = (bad[0], KINDS[bad[0]])
    columns = {c: KINDS[c] for c in wanted}
    rows, rejects, records = read(path, columns, list("abc"), encoding="cp932", target=target)
    assert rejects == [(n, *why) for n, why in sorted(expected.items())]
    assert records == 8 + bool(odd)
    assert len(rows) == records - len(expected)


def test_excluded_records_leave_silently(tmp_path):
    path = tmp_path / "f.csv"
    path.write_bytes(MESSY)
    rows, rejects, records = read(path, {"b": "string"}, list("abc"), encoding="cp932", exclude=[8, 3, 1])
    assert [r["b"] for r in rows] == ["う", "え", "お"]
    assert rejects == [(2, "", "undecodable"), (6, "", "undecodable")]
    assert records == 8


FIELD = st.text(st.sampled_from('a"\n\r,|ソ表é 0'), max_size=6)
RECORD = st.lists(FIELD, min_size=2, max_size=2)


@settings(max_examples=150, deadline=None)
@given(
    records=st.lists(RECORD, max_size=12),
    ending=st.sampled_from(["\n", "\r\n", "\r"]),
    delimiter=st.sampled_from(",|"),
    encoding=st.sampled_from(["utf-8", "cp932"]),
    target=st.integers(1, 60),
)
def test_many_tiny_splits_read_as_one(tmp_path_factory, records, ending, delimiter, encoding, target):
    records = [[f.replace("é", "ﾃ") for f in r] for r in records]
    records = [r for r in records if "".join(r).strip()]
    path = tmp_path_factory.mktemp("split") / "f.csv"
    path.write_bytes(
        text_of(
            [dict(zip("xy", r, strict=True)) for r in [["x", "y"], *records]], ending, delimiter, False
        ).encode(encoding)
    )
    options = {"encoding": encoding, "delimiter": delimiter, "null_values": ()}
    kinds = {"x": "string", "y": "text"}
    expected = [dict(zip("xy", r, strict=True)) for r in records]
    assert read(path, kinds, target=target, **options) == (expected, [], len(records))


@settings(max_examples=400, deadline=None)
@given(
    text=st.text(st.sampled_from('a"\n\r,|\\ポ表'), max_size=40),
    size=st.integers(1, 12),
    delimiter=st.sampled_from(",|"),
    encoding=st.sampled_from(["utf-8", "cp932"]),
    near=st.sampled_from([1, 3, 4096]),
    escape=st.booleans(),
)
@example(text='a\n"b"\n"c\n","\n', size=20, delimiter=",", encoding="utf-8", near=1, escape=False)
@example(text='a"b,c"\n"x"y"\n', size=3, delimiter=",", encoding="utf-8", near=4096, escape=False)
@example(text='ポ"a\nb"|', size=20, delimiter="|", encoding="cp932", near=4096, escape=False)
def test_cutting_arbitrary_text_agrees_with_the_parser(text, size, delimiter, encoding, near, escape):
    """Blocks parsed one by one give what pyarrow makes of the whole, or a quote is reported as open."""
    dialect, at, data = Dialect(delimiter, encoding, escape), [0], text.encode(encoding)

    def take(n):
        at[0] += n
        return data[at[0] - n : at[0]]

    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("tokumei.transforms.formats.csv_blocks._NEAR", near)
            cut = list(blocks(take, dialect, size, 0, "f"))
    except InputError as error:
        assert error.code in {"csv.quote", "input.utf16"}
        if text.endswith("\\"):
            return  # or the last character escapes nothing
        assert len(parsed(text + "\nz", dialect)) == len(parsed(text, dialect))  # the quote is open
        return
    assert b"".join(block.text for block in cut) == data
    whole = parsed(text, dialect)
    assert [row for block in cut for row in parsed(block.text.decode(encoding), dialect)] == whole
    seen = masked(data, dialect)
    starts = [0, *record_ends(seen, dialect)[:-1]]
    assert sum(data[i : i + 1] not in b"\r\n" for i in starts) == len(whole)
    start, end = first_record(seen, dialect)
    assert parsed(data[start:end].decode(encoding), dialect) == whole[:1]


def parsed(text: str, dialect: Dialect) -> list[list[str]]:
    """Every record as pyarrow sees it, whatever its width."""
    found: list[list[str]] = []
    names = [f"c{i}" for i in range(60)]

    def keep(row):
        found.append([row.text])
        return "skip"

    if text.strip("\r\n"):
        pacsv.read_csv(
            pa.BufferReader(text.encode()),
            pacsv.ReadOptions(column_names=names, use_threads=False),
            pacsv.ParseOptions(
                delimiter=dialect.delimiter,
                newlines_in_values=True,
                invalid_row_handler=keep,
                escape_char="\\" if dialect.escape else False,
            ),
        )
    return found


@settings(max_examples=200, deadline=None)
@given(
    content=st.lists(st.sampled_from([*b'a0,"\n\r|\x81\xe3\x82\0', *"表".encode("cp932")]), max_size=40).map(
        bytes
    ),
    target=st.integers(1, 20),
    encoding=st.sampled_from(["utf-8", "cp932", "euc_jp"]),
    delimiter=st.sampled_from(",|"),
    blank=st.sampled_from(["skip", "keep"]),
)
def test_any_bytes_are_counted_alike_however_cut_and_whatever_read(
    tmp_path_factory, content, target, encoding, delimiter, blank
):
    path = tmp_path_factory.mktemp("bytes") / "f.csv"
    path.write_bytes(b"0\n" + content)
    options = {"declared": ["a", "b"], "header": False, "encoding": encoding, "delimiter": delimiter}
    options["blank_records"] = blank
    try:
        rows, rejects, records = read(path, {"a": "string", "b": "string"}, **options)
    except InputError as error:
        assert error.code in {"csv.quote", "input.utf16"}
        with pytest.raises(InputError):
            read(path, {}, target=target, **options)
        return
    blanks = records - len(rows) - len(rejects)
    assert blanks >= 0 if blank == "skip" else blanks == 0
    assert read(path, {"a": "string", "b": "string"}, target=target, **options) == (rows, rejects, records)
    assert read(path, {}, target=target, **options) == ([{}] * len(rows), rejects, records)
    typed = read(path, {"b": "integer"}, target=target, **options)
    assert typed[2] == records
    assert {r[0] for r in rejects} <= {r[0] for r in typed[1]}


def test_gzip_is_one_split_and_reads_the_same(tmp_path):
    plain, packed = tmp_path / "f.csv", tmp_path / "f.csv.gz"
    plain.write_bytes(b"\xef\xbb\xbf" + MESSY.decode("cp932", "replace").encode() * 50)
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    file = STORE.glob(str(packed))[0]
    assert len(list(plan_splits("t", source_of(packed), file, STORE, 10))) == 1
    assert read(packed, KINDS) == read(plain, KINDS)
    assert read(packed, KINDS)[2] > 300


def code_of(*args, **options) -> str:
    with pytest.raises(InputError) as caught:
        read(*args, **options)
    return caught.value.code


def test_a_truncated_or_corrupt_gzip_is_refused(tmp_path):
    path = tmp_path / "f.csv.gz"
    packed = gzip.compress(b"a,b\n" + b"".join(b"%d,%d\n" % (i, i * i) for i in range(5000)))
    path.write_bytes(packed[:-5])
    assert code_of(path, {"a": "integer", "b": "integer"}) == "input.gzip"
    path.write_bytes(packed[:2000] + b"\xff" * 50 + packed[2050:])
    assert code_of(path, {"a": "integer", "b": "integer"}) == "input.gzip"


@pytest.mark.parametrize("target", [10, 1 << 20])
def test_an_open_quote_is_refused_with_its_place(tmp_path, target):
    path = tmp_path / "f.csv"
    path.write_bytes(b'a,b\n1,2\n3,"himitsu\n5,6\n')
    with pytest.raises(InputError) as caught:
        read(path, {"a": "integer"}, ["a", "b"], target=target)
    assert caught.value.code == "csv.quote"
    assert caught.value.where.endswith(", byte 8")
    assert "himitsu" not in str(caught.value)


def test_columns_must_be_the_declared_ones(tmp_path):
    path = tmp_path / "f.csv"
    path.write_text("a,c,x,x\n1,2,3,4\n")
    with pytest.raises(InputError) as caught:
        read(path, {"a": "string", "b": "string", "c": "string"})
    assert caught.value.code == "input.columns"
    assert "twice: x; missing: b; not declared: x" in caught.value.what


def test_other_encodings_are_refused_or_rejected(tmp_path):
    path = tmp_path / "f.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-16")
    assert code_of(path, {"a": "string", "b": "string"}) == "input.utf16"
    path.write_bytes(b"\xef\xbb\xbfa,b\n1,2\n")
    assert code_of(path, {"a": "string", "b": "string"}, encoding="cp932") == "input.encoding"
    path.write_bytes("番号,氏名\n1,山田\n".encode("cp932"))
    assert code_of(path, {"番号": "string", "氏名": "string"}) == "input.encoding"
    path.write_bytes("a,b\n1,山田\n2,x\n".encode("cp932"))
    assert read(path, {"a": "string"}, ["a", "b"]) == ([{"a": "2"}], [(1, "", "undecodable_cp932")], 2)


def test_a_record_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("tokumei.transforms.formats.csv_blocks.MAX_RECORD", 1000)
    monkeypatch.setattr("tokumei.transforms.formats.csv.BLOCK", 100)
    path = tmp_path / "f.csv"
    path.write_bytes(b'a,b\n1,2\n3,"' + b"x,\n" * 2000 + b'"\n')
    assert code_of(path, {"a": "string"}, ["a", "b"]) == "input.record_size"


def test_a_file_changed_since_planning_is_refused(tmp_path):
    path = tmp_path / "f.csv"
    path.write_text("a\n1\n")
    source = source_of(path)
    (split,) = plan_splits("t", source, STORE.glob(str(path))[0], STORE)
    path.write_text("a\n1\n2\n")
    with pytest.raises(InputError, match=r"input\.changed"):
        list(read_split(split, source, {"a": "string"}, STORE, declared=["a"]))


ODD_RECORDS = [
    *(
        "男,1,東京",
        "女,2,大阪",
        "男,,",
        '"男",-,"大\n阪"',
        '="012",7,x',
        "'0123,7,x",
        "'0123,x,'0456",
        "\ufeff男,2,x",
    ),
    *(
        "",
        ",,",
        "  ,\u3000,",
        "a,b,c",
        "男,1",
        "男,1,x,y",
        "\ufeffa,b,c",
        "A,b,c",
        "null,NULL,null",
        '"=""1""",3,x',
    ),
]


@settings(max_examples=60, deadline=None)
@given(
    records=st.lists(st.sampled_from(ODD_RECORDS), min_size=30, max_size=60),
    encoding=st.sampled_from(["utf-8", "cp932"]),
    wanted=st.sampled_from([{"a": "string", "b": "integer", "c": "text"}, {"b": "integer"}, {"c": "string"}]),
    blank=st.sampled_from(["skip", "keep"]),
)
def test_repeating_columns_in_threads_read_as_others_do(tmp_path_factory, records, encoding, wanted, blank):
    """Encoded by dictionaries, block by block, beside plain texts parsed at once."""
    path = tmp_path_factory.mktemp("repeating") / "f.csv"
    path.write_bytes("\n".join(["a,b,c", *records, ""]).encode(encoding, "ignore"))
    options = {"encoding": encoding, "blank_records": blank, "null_values": ("", "null", "-")}
    plain = read(path, wanted, ["a", "b", "c"], **options)
    seen = []
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"BLOCK": 200, "_SAMPLE": 20, "_REPEATING": 1.0}.items():
            patch.setattr(f"tokumei.transforms.formats.csv.{name}", value)
        real = csv._repeating
        patch.setattr(csv, "_repeating", lambda *given: seen.append(real(*given)) or seen[-1])
        assert read(path, wanted, ["a", "b", "c"], **options) == plain
    assert seen == [list(wanted)]


def test_a_column_that_repeats_is_encoded_from_the_first_record_on(tmp_path):
    path = tmp_path / "f.csv"
    path.write_text("a,b,c\n" + "".join(f"{i % 7},{i % 5},{i}\n" for i in range(300_000)))
    source, file = source_of(path), STORE.glob(str(path))[0]
    columns = {"a": "string", "b": "integer", "c": "string"}
    (split,) = plan_splits("t", source, file, STORE)
    for got in read_split(split, source, columns, STORE, declared=list(columns)):
        kinds = [pa.types.is_dictionary(kind) for kind in got.batch.schema.types]
        assert kinds == [True, False, False] and got.batch.schema.field("b").type == pa.int64()


def test_short_reads_do_not_pass_for_the_end(tmp_path):
    class Dripping(LocalStore):
        def open_input(self, file):
            return DrippingFile(file.uri)

    class DrippingFile(io.FileIO):
        def read(self, size=-1):
            return super().read(min(size, 3))

    path = tmp_path / "f.csv"
    path.write_bytes(b"a\n" + b"".join(b"%d\n" % i for i in range(100)))
    source, file = source_of(path), STORE.glob(str(path))[0]
    found = []
    for split in plan_splits("t", source, file, Dripping(), 50):
        for got in read_split(split, source, {"a": "integer"}, Dripping(), declared=["a"]):
            found += got.batch.column("a").to_pylist()
    assert found == list(range(100))


def test_a_byte_order_mark_within_a_cell_is_data(tmp_path):
    path = tmp_path / "f.csv"
    path.write_bytes("a\nx\ufeff\n".encode())
    for target in (1, 100):
        assert read(path, {"a": "string"}, target=target)[0] == [{"a": "x\ufeff"}]


def test_batches_are_bounded_and_split_ids_stable(tmp_path):
    path = tmp_path / "f.csv"
    path.write_bytes(b"a\n" + b"".join(b"%d\n" % i for i in range(200_000)))
    source, file = source_of(path), STORE.glob(str(path))[0]
    splits = list(plan_splits("t", source, file, STORE))
    sizes = [g.batch.num_rows for g in read_split(splits[0], source, {"a": "integer"}, STORE, declared=["a"])]
    assert max(sizes) <= 131_072
    assert sum(sizes) == 200_000
    parts = list(plan_splits("t", source, file, STORE, 100_000))
    assert parts == list(plan_splits("t", source, file, STORE, 100_000))
    assert len({p.split_id for p in parts}) == len(parts) > 5
    stretches = [stretch for part in parts for stretch in part.stretches]
    assert [p.start for p in stretches[1:]] == [p.end for p in stretches[:-1]]
    assert (stretches[0].start, stretches[-1].end) == (0, file.size)
    os.utime(path, ns=(1, 1))
    newer = list(plan_splits("t", source, STORE.glob(str(path))[0], STORE, 100_000))
    assert len(newer) == len(parts) and not {p.split_id for p in parts} & {p.split_id for p in newer}
