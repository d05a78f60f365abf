"""Types that Parquet files bring: UUIDs, JSON, bytes, INT96, broken texts, NaN; and JSON's numbers and keys."""

import datetime as dt
import json
import uuid
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.reading import STORE, error_of
from support.reading import read as read_file

from tokumei.schemas.date_formats import DateReading
from tokumei.schemas.source import Source
from tokumei.transforms.formats.convert import convert, readable
from tokumei.transforms.formats.garbled import without_garbled
from tokumei.transforms.formats.reader import read_header, read_split
from tokumei.transforms.formats.splits import plan_splits

read = partial(read_file, blank_records="keep")  # some columns are all that a record has


def parquet_of(tmp_path, column, **options):
    path = tmp_path / "f.parquet"
    pq.write_table(pa.table({"v": column}), path, **options)
    return path


def notes_of(path, kind, declared):
    source = Source(path=str(path), format=kind, blank_records="keep")
    (file,) = STORE.glob(str(path))
    (split,) = plan_splits("t", source, file, STORE)
    return [dict(b.notes) for b in read_split(split, source, declared, STORE, declared=list(declared))]


IDS = [uuid.UUID(int=n * 0x123456789ABCDEF0123456789) for n in range(1, 6)]


@given(st.lists(st.one_of(st.none(), st.uuids()), max_size=9), st.data())
def test_uuids_are_written_as_everybody_writes_them(values, data):
    raw = [None if value is None else value.bytes for value in values]
    column = pa.array(raw, pa.binary(16)).cast(pa.uuid())
    start = data.draw(st.integers(0, len(values)))
    texts, bad = without_garbled(column.slice(start))
    assert texts.to_pylist() == [None if value is None else str(value) for value in values[start:]]
    assert bad == {}


@pytest.mark.parametrize(
    ("column", "texts"),
    [
        (pa.array([i.bytes for i in IDS], pa.binary(16)).cast(pa.uuid()), list(map(str, IDS))),
        (pa.array(['{"a": 1}', None, "[]"]).cast(pa.json_()), ['{"a": 1}', None, "[]"]),
        (pa.array(["京都".encode(), None, b"x"]), ["京都", None, "x"]),
        (pa.array(["京都".encode(), None, b"x"], pa.large_binary()), ["京都", None, "x"]),
        (pa.array([b"abc", None, b"xyz"], pa.binary(3)), ["abc", None, "xyz"]),
        (pa.array([b"a", b"b", b"a", None]).dictionary_encode(), ["a", "b", "a", None]),
    ],
)
@pytest.mark.parametrize("kind", ["string", "text"])
def test_what_is_text_in_all_but_its_mark_is_text(tmp_path, column, texts, kind):
    rows, rejects, _ = read(parquet_of(tmp_path, column), "parquet", {"v": kind})
    assert [row["v"] for row in rows] == texts
    assert rejects == []


def test_bytes_can_be_any_type_that_texts_can_be(tmp_path):
    path = parquet_of(tmp_path, pa.array([b"1975-01-02", b"S50.1.2", b"x", b"\xff"]))
    rows, rejects, _ = read(path, "parquet", {"v": "date"})
    assert [row["v"] for row in rows] == [dt.date(1975, 1, 2)] * 2
    assert rejects == [(3, "v", "date"), (4, "v", "undecodable")]


RAW = [b"ok", b"\xff\xfe", None, b"\xe3\x81", b"ok"] * 60


@pytest.mark.parametrize("index", [None, pa.int8(), pa.int32()])
@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
@pytest.mark.parametrize("use_dictionary", [True, False])
def test_texts_that_are_no_utf8_are_rejects_in_every_layout(tmp_path, kind, index, use_dictionary):
    wide = pa.large_binary() if kind == pa.large_string() else pa.binary()
    column = pa.array(RAW, wide).view(kind)
    if index is not None:
        column = column.dictionary_encode().cast(pa.dictionary(index, kind))
    path = parquet_of(tmp_path, column, row_group_size=70, use_dictionary=use_dictionary)
    rows, rejects, records = read(path, "parquet", {"v": "string"})
    assert [row["v"] for row in rows] == ["ok", None, "ok"] * 60
    assert [n for n, _, _ in rejects] == [n for n, cell in enumerate(RAW, 1) if cell and cell[0] > 0x7F]
    assert {why for _, _, why in rejects} == {"undecodable"}
    assert records == 300
    mended, rejects, _ = read(path, "parquet", {"v": "text"})
    assert rejects == []
    assert [row["v"] for row in mended] == [cell and cell.decode(errors="replace") for cell in RAW]


@pytest.mark.parametrize(
    "day", ["0001-01-01", "1500-03-01", "1677-09-01", "1949-04-03", "2262-04-12", "9999-12-31"]
)
def test_int96_of_any_century(tmp_path, day):
    stamp = dt.datetime.fromisoformat(day)
    column = pa.array([stamp, None, dt.datetime(2024, 2, 29)], pa.timestamp("us"))
    path = parquet_of(tmp_path, column, use_deprecated_int96_timestamps=True)
    assert [r["v"] for r in read(path, "parquet", {"v": "date"})[0]] == [
        stamp.date(),
        None,
        dt.date(2024, 2, 29),
    ]
    assert [r["v"] for r in read(path, "parquet", {"v": "datetime"})[0]][:2] == [stamp, None]


@pytest.mark.parametrize("julian", [1, 5_373_485, 2**31 - 1, 2**31, 2**32 - 1])
def test_int96_that_is_no_day_is_rejected(tmp_path, julian):
    """5,373,484 is 9999-12-31; in nanoseconds or microseconds, some of these would be days of our time."""
    column = pa.array([dt.datetime(2024, 2, 29), dt.datetime(2024, 3, 1)], pa.timestamp("us"))
    path = parquet_of(
        tmp_path, column, use_deprecated_int96_timestamps=True, use_dictionary=False, compression="none",
        write_statistics=False,
    )  # fmt: skip
    stored = (2_440_588 + (dt.date(2024, 2, 29) - dt.date(1970, 1, 1)).days).to_bytes(4, "little")
    content = path.read_bytes()
    assert content.count(stored) == 1
    path.write_bytes(content.replace(stored, julian.to_bytes(4, "little")))
    for kind in ("date", "datetime"):
        rows, rejects, _ = read(path, "parquet", {"v": kind})
        assert len(rows) == 1
        assert [(n, column) for n, column, _ in rejects] == [(1, "v")]


def test_nan_is_no_value_and_counted_and_infinity_is_refused(tmp_path):
    nan, inf = float("nan"), float("inf")
    path = parquet_of(tmp_path, pa.array([1.5, nan, None, inf, -inf, nan]))
    rows, rejects, _ = read(path, "parquet", {"v": "number"})
    assert [row["v"] for row in rows] == [1.5, None, None, None]
    assert rejects == [(4, "v", "number"), (5, "v", "number")]
    assert notes_of(path, "parquet", {"v": "number"}) == [{("v", "nan"): 2}]
    rows, rejects, _ = read(path, "parquet", {"v": "number"}, null_values=("", "NaN", "inf"))
    assert (len(rows), len(rejects)) == (4, 2)
    for column in (
        pa.array([nan, 2.0], pa.float32()),
        pa.array([np.float16(nan), np.float16(2)], pa.float16()),
    ):
        path = parquet_of(tmp_path, column)
        assert read(path, "parquet", {"v": "integer"})[0] == [{"v": None}, {"v": 2}]
        assert notes_of(path, "parquet", {"v": "integer"}) == [{("v", "nan"): 1}]
    assert convert(pa.array([nan, 1.0, nan]).dictionary_encode(), "number", ()).nan == 2


def test_what_is_only_searched_for_is_read_as_far_as_it_is_text(tmp_path):
    path = parquet_of(tmp_path, pa.array([1001.0, 0.5, float("nan"), None]))
    assert [r["v"] for r in read(path, "parquet", {"v": "text"})[0]] == ["1001", None, None, None]
    assert error_of(parquet_of(tmp_path, pa.array([[1]])), "parquet", {"v": "text"}).code == "input.type"


UTC = [dt.datetime(1975, 1, 2, tzinfo=dt.UTC), dt.datetime(1975, 1, 1, 15, tzinfo=dt.UTC)]


def test_midnights_of_utc_and_of_japan(tmp_path):
    column = pa.array([*UTC, dt.datetime(1975, 1, 2, 1, tzinfo=dt.UTC)], pa.timestamp("us", "UTC"))
    japanese = convert(column, "date", ())
    assert japanese.values.to_pylist() == [None, dt.date(1975, 1, 2), None]
    assert japanese.bad == {0: "utc_midnight", 2: "time_of_day"}
    written = convert(column, "date", (), DateReading("utc_as_written"))
    assert written.values.to_pylist() == [dt.date(1975, 1, 2), None, None]
    other = convert(column.cast(pa.timestamp("us", "Europe/Rome")), "date", (), DateReading("utc_as_written"))
    assert other.values.to_pylist() == japanese.values.to_pylist()
    texts = pa.array(["1975-01-02T00:00:00Z", "1975-01-02T10:00:00Z"])
    assert convert(texts, "date", ()).bad == {0: "utc_midnight", 1: "time_of_day"}


@pytest.mark.parametrize("column", [pa.array([27396.0, 27396.5, None]), pa.array([27396, 60, None])])
def test_serials_of_excel_in_typed_columns(column):
    converted = convert(column, "date", (), DateReading("excel_1900"))
    assert converted.values.to_pylist() == [dt.date(1975, 1, 2), None, None]
    assert converted.bad == {1: "date"}
    half = convert(pa.array([45383.375]), "datetime", (), DateReading("excel_1900"))
    assert half.values.to_pylist() == [dt.datetime(2024, 4, 1, 9)]


def test_reasons_say_what_a_refused_date_looks_like():
    shapes = {
        "27396": "excel_serial",
        "３５００１０２": "era_digits",
        "平成35年3月31日": "future_era",
        "1975-01-02 18:25": "time_of_day",
        "1975-02-30": "date",
        "不明": "date",
        "6000101": "date",
    }
    assert convert(pa.array(list(shapes)), "date", ()).bad == dict(enumerate(shapes.values()))
    assert convert(pa.array(["35001", "平成35年3月", "x"]), "month", ()).bad == {
        0: "era_digits", 1: "future_era", 2: "month",
    }  # fmt: skip
    assert convert(pa.array(["45383.375", "x"]), "datetime", ()).bad == {0: "excel_serial", 1: "datetime"}
    assert convert(pa.array(["60"]), "date", (), DateReading("excel_1900")).bad == {0: "date"}


def jsonl(tmp_path, *records):
    path = tmp_path / "f.jsonl"
    path.write_text("\n".join(r if isinstance(r, str) else json.dumps(r) for r in records))
    return path


@pytest.mark.parametrize("numbers", [[1001, 600000, 0], [1001, -5, 2**63], [2**62, "007", 7]])
def test_whole_json_numbers_are_texts_where_declared(tmp_path, numbers):
    path = jsonl(tmp_path, *({"v": n, "w": "x"} for n in numbers))
    rows, rejects, _ = read(path, "jsonl", {"v": "string", "w": "string"})
    assert [row["v"] for row in rows] == list(map(str, numbers))
    assert rejects == []


def test_json_numbers_that_are_not_whole_are_no_texts(tmp_path):
    path = jsonl(
        tmp_path, {"v": 1}, '{"v": 1.0}', '{"v": 1e3}', '{"v": -0}', '{"v": NaN}', {"v": True}, {"v": [1]}
    )
    rows, rejects, _ = read(path, "jsonl", {"v": "string"})
    assert [row["v"] for row in rows] == ["1", "0"]
    assert [n for n, _, _ in rejects] == [2, 3, 5, 6, 7]
    rows, rejects, _ = read(path, "jsonl", {"v": "text"})
    assert [row["v"] for row in rows] == ["1", "1.0", "1e3", "-0", "NaN", "true", '["1"]']
    assert rejects == []


def test_nan_in_json_is_no_value_either(tmp_path):
    for records in (['{"v": NaN}', '{"v": 1}'], ['{"v": NaN}', '{"v": 1}', '{"v": [2]}']):
        path = jsonl(tmp_path, *records)
        assert [row["v"] for row in read(path, "jsonl", {"v": "number"})[0]] == [None, 1.0]
        assert notes_of(path, "jsonl", {"v": "number"})[0][("v", "nan")] == 1


@pytest.mark.parametrize("odd", [(), ('{"a": "x", "年齢": [1]}',)])
def test_keys_that_are_in_no_record_are_counted(tmp_path, odd):
    """On the fast way and on the exact one."""
    kinds = {"a": "string", "年齢": "integer", "c": "string"}
    path = jsonl(tmp_path, *odd, {"a": "1", "年齢": None}, {"a": "2"})
    absent = {("c", "absent"): 2 + len(odd)} | ({("年齢", "absent"): 1} if odd else {})
    assert notes_of(path, "jsonl", kinds) == [absent]
    for null in ({"a": "1", "年齢": None}, '{"a": "1", "年齢" : null}', '{"a": "1", "\\u5E74\\u9f62": null}'):
        found = notes_of(jsonl(tmp_path, null, *odd), "jsonl", {"a": "string", "年齢": "integer"})
        assert found == [{}]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("declared", ["string", "integer", "number", "datetime"])
def test_durations_are_no_plain_numbers(tmp_path, unit, declared):
    """Parquet holds them as integers, of a unit that is nowhere told to who gets the release."""
    held = pa.array([1, None, 86_400], pa.duration(unit))
    table = pa.table({"id": [1, 2, 3], "v": held, "n": pa.array([1, 2, 3], pa.int64())})
    pq.write_table(table, tmp_path / "f.parquet")
    source = Source(path=str(tmp_path / "f.parquet"), format="parquet")
    found = read_header(source, STORE.glob(source.path)[0], STORE)
    assert not readable(found.types.field("v").type, declared)
    assert found.types.field("n").type == pa.int64() and found.names == ["id", "v", "n"]
