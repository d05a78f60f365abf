"""JSON lines, Parquet and Avro: the same records as from CSV, and refusal of what cannot be read."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
from decimal import Decimal
from functools import partial
from pathlib import Path

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.reading import STORE, error_of
from support.reading import read as read_file

from tokumei.schemas.errors import InputError
from tokumei.schemas.source import Source
from tokumei.transforms.formats.reader import read_header, read_split
from tokumei.transforms.formats.splits import plan_splits

JST = dt.timezone(dt.timedelta(hours=9))
read = partial(read_file, blank_records="keep")  # some columns are all that a record has


def avro_bytes(schema_fields, rows, **options) -> bytes:
    out = io.BytesIO()
    schema = {"type": "record", "name": "r", "fields": [{"name": n, "type": t} for n, t in schema_fields]}
    fastavro.writer(out, schema, rows, **options)
    return out.getvalue()


KINDS = {
    "s": "string",
    "i": "integer",
    "n": "number",
    "d": "date",
    "m": "month",
    "t": "datetime",
    "b": "boolean",
}
ROWS = [
    {
        "s": None if i % 5 == 0 else f"00{i} 髙橋",
        "i": None if i % 7 == 0 else i * 10**15,
        "n": None if i % 3 == 0 else i / 8,
        "d": None if i % 4 == 0 else dt.date(1950, 1, 1) + dt.timedelta(days=i * 77),
        "m": dt.date(2020, 1 + i % 12, 1),
        "t": None if i % 6 == 0 else dt.datetime(2024, 1, 1, 0, 0, i % 60) + dt.timedelta(hours=i),
        "b": None if i % 8 == 0 else i % 2 == 0,
    }
    for i in range(1, 301)
]


def text(value):
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else value.isoformat() if hasattr(value, "isoformat") else str(value)


def write(path: Path, kind: str) -> Path:
    if kind == "csv":
        lines = [",".join(KINDS), *(",".join(text(v) for v in row.values()) for row in ROWS)]
        path.write_text(months("\n".join(lines)), encoding="utf-8")
    elif kind == "jsonl":
        path.write_text(
            "\n".join(
                json.dumps(
                    {k: month_or(k, v) for k, v in row.items() if v is not None or k == "s"},
                    ensure_ascii=False,
                )
                for row in ROWS
            ),
            encoding="utf-8",
        )
    elif kind == "parquet":
        types = {"d": pa.date32(), "m": pa.date32(), "t": pa.timestamp("us"), "i": pa.int64()}
        schema = pa.schema([(n, types.get(n, pa.array([r[n] for r in ROWS]).type)) for n in KINDS])
        pq.write_table(pa.Table.from_pylist(ROWS, schema=schema), path, row_group_size=40)
    else:
        stamp = {"type": "long", "logicalType": "timestamp-millis"}
        day = {"type": "int", "logicalType": "date"}
        fields = list(zip(KINDS, ["string", "long", "double", day, day, stamp, "boolean"], strict=True))
        utc = [{**r, "t": r["t"] and r["t"].replace(tzinfo=JST)} for r in ROWS]
        path.write_bytes(
            avro_bytes([(n, ["null", t]) for n, t in fields], utc, sync_interval=500, codec="deflate")
        )
    return path


def months(csv: str) -> str:
    """Write the month column, the only one whose text is not its ISO date, as YYYY-MM."""
    at = list(KINDS).index("m")
    lines = [line.split(",") for line in csv.split("\n")]
    return "\n".join(",".join([*c[:at], c[at][:7], *c[at + 1 :]]) for c in lines)


def month_or(name, value):
    return (
        value.isoformat()[:7] if name == "m" else value.isoformat() if hasattr(value, "isoformat") else value
    )


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet", "avro"])
@pytest.mark.parametrize("target", [300, 3000, 32 << 20])
def test_the_same_records_in_every_format(tmp_path, kind, target):
    path = write(tmp_path / f"f.{kind}", kind)
    assert read(path, kind, KINDS, target=target) == (ROWS, [], 300)
    some = {"b": "boolean", "s": "string"}
    rows, rejects, records = read(path, kind, some, list(KINDS), target=target, exclude=[1])
    assert rows[-1] == {"b": True, "s": None}
    assert (rejects, records) == ([], 300)
    assert len(rows) == 300 - len(list(plan(path, kind, target)))
    assert read(path, kind, {}, list(KINDS), target=target) == ([], [], 300)


def plan(path, kind, target):
    return plan_splits("t", Source(path=str(path), format=kind), STORE.glob(str(path))[0], STORE, target)


@pytest.mark.parametrize("kind", ["jsonl", "parquet", "avro"])
def test_small_targets_give_many_splits(tmp_path, kind):
    path = write(tmp_path / f"f.{kind}", kind)
    splits = list(plan(path, kind, 1000))
    assert len(splits) > 4
    assert [s.stretches[0].start for s in splits[1:]] == [s.stretches[0].end for s in splits[:-1]]


@pytest.mark.parametrize("kind", ["parquet", "avro"])
def test_undeclared_and_missing_columns_are_refused(tmp_path, kind):
    path = write(tmp_path / f"f.{kind}", kind)
    error = error_of(path, kind, {"s": "string"}, ["s", "i", "n", "d", "m", "t", "z"])
    assert error.code == "input.columns"
    assert "missing: z; not declared: b" in error.what
    header = read_header(Source(path=str(path), format=kind), STORE.glob(str(path))[0], STORE)
    assert header.names == list(KINDS)
    assert header.records == (len(ROWS) if kind == "parquet" else None)


@pytest.mark.parametrize("kind", ["parquet", "avro"])
@pytest.mark.parametrize("damage", ["empty", "truncated", "garbage", "flipped"])
def test_broken_files_are_refused(tmp_path, kind, damage):
    path = write(tmp_path / f"f.{kind}", kind)
    good = path.read_bytes()
    middle = len(good) // 2
    path.write_bytes(
        {
            "empty": b"",
            "truncated": good[: middle + 7],
            "garbage": b"himitsu" * 100,
            "flipped": good[: middle - 30]
            + bytes(b ^ 0xFF for b in good[middle - 30 : middle + 30])
            + good[middle + 30 :],
        }[damage]
    )
    error = error_of(path, kind, KINDS)
    assert error.code == f"input.{kind}"


def parquet_of(tmp_path, **columns) -> Path:
    path = tmp_path / "f.parquet"
    pq.write_table(pa.table(columns), path)
    return path


STAMP = dt.datetime(2024, 2, 29, 23, 30, 1, 999_000)


@pytest.mark.parametrize(
    ("column", "kind", "expected", "bad"),
    [
        (pa.array([7, None, -1]), "string", ["7", None, "-1"], []),
        (pa.array([20240401, 5]), "date", [dt.date(2024, 4, 1)], [2]),
        (pa.array(["12", "x", ""]), "integer", [12, None], [2]),
        (pa.array(["12", "x", ""], pa.large_string()), "integer", [12, None], [2]),
        (pa.array(["ab", "", None], pa.string_view()), "string", ["ab", None, None], []),
        (pa.array(["ab", "", "ab"]).dictionary_encode(), "string", ["ab", None, "ab"], []),
        (pa.array(["7", "x", None, "7"]).dictionary_encode(), "integer", [7, None, 7], [2]),
        (
            pa.DictionaryArray.from_arrays(pa.array([0, 127, None], pa.int8()), [str(n) for n in range(128)]),
            "string",
            ["0", "127", None],
            [],
        ),
        (pa.array([2**64 - 1, 3], pa.uint64()), "integer", [3], [1]),
        (pa.array([1.0, 1.5, None, float("nan")]), "integer", [1, None, None], [2]),
        (pa.array([1.5, float("inf"), float("nan"), float("-inf")]), "number", [1.5, None], [2, 4]),
        (pa.array([Decimal("1.25"), None]), "number", [1.25, None], []),
        (pa.array([Decimal("125"), None]), "integer", [125, None], []),
        (pa.array([1, 0, 2, None]), "boolean", [True, False, None], [3]),
        (pa.array([STAMP]), "datetime", [dt.datetime(2024, 2, 29, 23, 30, 1)], []),
        (pa.array([STAMP], pa.timestamp("ns", "UTC")), "datetime", [dt.datetime(2024, 3, 1, 8, 30, 1)], []),
        (
            pa.array([dt.datetime(1969, 12, 31, 23, 59, 59, 1)]),
            "datetime",
            [dt.datetime(1969, 12, 31, 23, 59, 59)],
            [],
        ),
        (pa.array([dt.datetime(2024, 2, 29), STAMP]), "date", [dt.date(2024, 2, 29)], [(2, "time_of_day")]),
        (pa.array([dt.date(2024, 2, 1), dt.date(2024, 2, 2)]), "month", [dt.date(2024, 2, 1)], [2]),
        (pa.array([dt.date(2024, 2, 1)], pa.date64()), "date", [dt.date(2024, 2, 1)], []),
        (pa.array([10**8], pa.int32()).cast(pa.date32()), "date", [], [1]),
        (pa.nulls(2), "date", [None, None], []),
    ],
)
def test_parquet_types_become_the_declared_ones(tmp_path, column, kind, expected, bad):
    path = parquet_of(tmp_path, v=column)
    rows, rejects, records = read(path, "parquet", {"v": kind}, blank_records="keep")
    assert [r["v"] for r in rows] == expected
    assert rejects == [(n, "v", kind) if isinstance(n, int) else (n[0], "v", n[1]) for n in bad]
    assert records == len(column)


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        (pa.array([1.5]), "string"),
        (pa.array([dt.date(2024, 1, 1)]), "string"),
        (pa.array([Decimal("1.25")]), "integer"),
        (pa.array([["himitsu"]]), "string"),
        (pa.array([{"a": "himitsu"}]), "text"),
        (pa.array([27396.0]), "date"),
        (pa.array([True]), "integer"),
    ],
)
def test_parquet_types_that_would_lose_are_refused(tmp_path, column, kind):
    assert error_of(parquet_of(tmp_path, v=column), "parquet", {"v": kind}).code == "input.type"


def test_null_texts_hold_in_typed_columns_too(tmp_path):
    path = parquet_of(tmp_path, i=pa.array([1, -1]), s=pa.array(["", "-1"]), n=pa.array([-1.0, 2.0]))
    kinds = {"i": "integer", "s": "string", "n": "number"}
    rows, rejects, _ = read(path, "parquet", kinds, null_values=("-1",))
    assert rows == [{"i": 1, "s": "", "n": None}, {"i": None, "s": None, "n": 2.0}]
    assert rejects == []


def test_texts_of_a_large_column_are_read_whole_in_every_batch(tmp_path):
    """Cut at a row group, they do not begin where their buffer does."""
    texts = ["TRUE", "false", "1", "0", "True", "x", None, "FALSE", "true"] * 9
    path = tmp_path / "f.parquet"
    dictionary = pa.array(texts).dictionary_encode()
    table = pa.table({"a": pa.array(texts, pa.large_string()), "b": dictionary})
    pq.write_table(table, path, row_group_size=7)
    rows, rejects, _ = read(path, "parquet", {"a": "boolean", "b": "boolean"}, blank_records="keep")
    expected = [True, False, True, False, True, None, False, True] * 9
    assert [row["a"] for row in rows] == [row["b"] for row in rows] == expected
    assert rejects == [(6 + 9 * i, "a", "boolean") for i in range(9)]


@pytest.mark.parametrize("use_dictionary", [True, False])
def test_texts_that_repeat_are_read_as_dictionaries(tmp_path, use_dictionary):
    """However the file stores them; each row group has another dictionary, and one has texts that are no UTF-8."""
    path = tmp_path / "f.parquet"
    texts = [*["a", "b", "", None] * 75, *["b", "\u305b"] * 149, "a", "x"]
    schema = pa.schema([("v", pa.string()), ("u", pa.string())])
    with pq.ParquetWriter(path, schema, use_dictionary=use_dictionary) as out:
        for first in range(0, len(texts), 300):
            cells = [None if t is None else t.encode() for t in texts[first : first + 300]]
            garbled = [b"\xff" if cell == b"x" else cell for cell in cells]
            column = pa.array(garbled, pa.binary()).view(pa.string())
            unique = pa.array([str(first + i) for i in range(len(cells))])
            out.write_table(pa.table([column, unique], schema=schema))
    source = Source(path=str(path), format="parquet")
    (split,) = plan_splits("t", source, STORE.glob(str(path))[0], STORE, 32 << 20)
    columns = {"v": "string", "u": "string"}
    batches = list(read_split(split, source, columns, STORE, declared=list(columns)))
    assert {str(b.batch.schema.field("v").type) for b in batches} == {
        str(pa.dictionary(pa.int32(), pa.string()))
    }
    assert {b.batch.schema.field("u").type for b in batches} == {pa.string()}
    assert pa.concat_batches([b.batch for b in batches]).column("v").to_pylist() == [
        t or None for t in texts[:-1]
    ]
    assert [(r.record, r.column, r.reason) for b in batches for r in b.rejects] == [(600, "v", "undecodable")]


def test_texts_that_are_not_utf8_are_rejected(tmp_path):
    raw = pa.array([b"ok", b"\x81\x40", None]).view(pa.string())
    path = parquet_of(tmp_path, v=raw, w=pa.array(["1", "x", "x"]))
    rows, rejects, _ = read(path, "parquet", {"v": "string", "w": "integer"})
    assert rows == [{"v": "ok", "w": 1}]
    assert rejects == [(2, "v", "undecodable"), (3, "w", "integer")]
    path = tmp_path / "f.avro"
    good = avro_bytes([("v", "string")], [{"v": "himitsu"}, {"v": "b"}])
    path.write_bytes(good.replace(b"himitsu", b"himits\xff"))
    assert read(path, "avro", {"v": "string"}) == ([{"v": "b"}], [(1, "v", "undecodable")], 2)


@pytest.mark.parametrize("codec", ["null", "deflate", "bzip2", "xz"])
def test_avro_types_and_codecs(tmp_path, codec):
    path = tmp_path / "f.avro"
    enum = {"type": "enum", "name": "e", "symbols": ["M", "F"]}
    amount = {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}
    local = {"type": "long", "logicalType": "local-timestamp-micros"}
    fields = [
        ("e", enum),
        ("again", ["e", "null"]),
        ("amount", amount),
        ("f", "float"),
        ("none", "null"),
        ("at", local),
    ]
    row = {"e": "M", "again": "F", "amount": Decimal("-1.25"), "f": 0.5, "none": None, "at": STAMP}
    path.write_bytes(avro_bytes(fields, [row, {**row, "again": None}], codec=codec))
    kinds = dict(zip(row, ["string", "string", "number", "number", "date", "datetime"], strict=True))
    rows, _, _ = read(path, "avro", kinds)
    at = STAMP.replace(microsecond=0)
    assert rows[0] == {"e": "M", "again": "F", "amount": -1.25, "f": 0.5, "none": None, "at": at}
    assert rows[1]["again"] is None


@pytest.mark.parametrize(
    "kind",
    [["string", "boolean"], {"type": "array", "items": "string"}, {"type": "map", "values": "int"}],
)
def test_avro_types_that_are_not_scalar_are_refused(tmp_path, kind):
    path = tmp_path / "f.avro"
    path.write_bytes(avro_bytes([("v", kind)], []))
    assert read(path, "avro", {"v": "string"}) == ([], [], 0)  # nothing to read, nothing to refuse
    samples = {"array": (["himitsu"], "a list"), "map": ({"a": 1}, "a map")}
    value, told = samples[kind["type"]] if isinstance(kind, dict) else ("himitsu", "a union of string, bool")
    path.write_bytes(avro_bytes([("v", kind)], [{"v": value}]))
    error = error_of(path, "avro", {"v": "string"})
    assert error.code == "input.type"
    assert error.what == f"the file holds {told}, which cannot be read as string without loss"


def test_avro_codecs_that_need_more_are_refused(tmp_path):
    path = tmp_path / "f.avro"
    path.write_bytes(avro_bytes([("v", "string")], [{"v": "x"}]).replace(b"\x08null", b"\x06lz4"))
    error = error_of(path, "avro", {"v": "string"})
    assert error.code == "avro.codec"
    assert error.what.endswith(": lz4")


def test_avro_counts_that_hide_records_are_refused(tmp_path):
    path = tmp_path / "f.avro"
    good = avro_bytes([("v", "string")], [{"v": "a"}, {"v": "b"}])
    at = good.rindex(b"\x02a\x02b") - 2
    path.write_bytes(good[:at] + b"\x02" + good[at + 1 :])  # one record instead of two
    assert error_of(path, "avro", {"v": "string"}).code == "input.avro"


def jsonl(tmp_path, *lines: bytes) -> Path:
    path = tmp_path / "f.jsonl"
    path.write_bytes(b"\n".join(lines))
    return path


LINES = [
    b'{"s": "a", "i": 1}',
    b"",
    b'{"s": 5, "i": 2}',
    b'{"s": "b", "i": "3"}\r',
    b'{"s": "c", "i": "x"}',
    b'{"s": ["d"], "i": 5}',
    b'{"s": "\xff", "i": 6}',
    b'{"s": "e", "i": 7',
    b'{"s": "f", "i": 1.0}',
    b'{"i": 9, "s": "g", "s": "h"}',
    b"null",
    b'{"s": "\\ud800"}',
    b'{"i": 99999999999999999999}',
    b'{"i": true, "s": true}',
    b'{"s": "", "i": NaN}',
    b"{} {}",
    b"[" * 100_000,
    b'{"s": "y", "i": Inf}',
    b"{}",
]


@pytest.mark.parametrize("target", [1, 60, 1 << 20])
@pytest.mark.parametrize("wanted", ["", "s", "i", "is", "si"])
def test_json_lines_reject_exactly(tmp_path, wanted, target):
    path = jsonl(tmp_path, *LINES)
    whole = {
        6: "undecodable",
        7: "json",
        9: "json",
        10: "json",
        11: "json",
        15: "json",
        16: "json",
        17: "json",
    }
    cells = {
        "s": {5: "type", 13: "type"},
        "i": {4: "integer", 12: "integer", 13: "type"},
    }
    expected = {n: ("", why) for n, why in whole.items()}
    for column in wanted:
        for n, why in cells[column].items():
            expected.setdefault(n, (column, why))
    columns = {c: {"s": "string", "i": "integer"}[c] for c in wanted}
    rows, rejects, records = read(path, "jsonl", columns, ["s", "i"], target=target, blank_records="keep")
    assert rejects == [(n, *why) for n, why in sorted(expected.items())]
    assert records == 18
    if wanted == "is":
        assert [(r["i"], r["s"]) for r in rows] == [
            (1, "a"),
            (2, "5"),
            (3, "b"),
            (1, "f"),
            (None, None),
            (None, None),
        ]


def test_json_nested_beyond_reason_is_rejected(tmp_path):
    deep = b'{"s": "x", "other": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    rows, rejects, _ = read(jsonl(tmp_path, b'{"s": "y"}', deep), "jsonl", {"s": "string"}, ["s", "other"])
    assert (rows, rejects) == ([{"s": "y"}], [(2, "", "json")])


@pytest.mark.parametrize("extra", [b"", b"\n{"])
def test_json_keys_that_are_not_declared_are_refused(tmp_path, extra):
    path = jsonl(tmp_path, b'{"s": "himitsu"}', b'{"s": "x", "zz": 5}' + extra)
    error = error_of(path, "jsonl", {"s": "string"})
    assert error.code == "input.columns"
    assert "not declared: zz)" in error.what


def test_json_fast_and_exact_parsers_agree(tmp_path, monkeypatch):
    monkeypatch.setattr("tokumei.transforms.formats.jsonl._SMALL", 200)
    lines = [
        b'{"s":"%d","n":%d.5,"b":%s,"x":"2020-01-01"}' % (i, i, b"true" if i % 2 else b"null")
        for i in range(500)
    ]
    kinds = {"n": "number", "b": "boolean", "s": "integer"}
    fast = read(jsonl(tmp_path, *lines), "jsonl", kinds, [*kinds, "x"])
    exact = read(jsonl(tmp_path, *lines, b"", b'{"n":[0]}'), "jsonl", kinds, [*kinds, "x"])
    middle = read(jsonl(tmp_path, *lines[:250], b'{"n":[0]}', *lines[250:]), "jsonl", kinds, [*kinds, "x"])
    assert fast[0] == exact[0] == middle[0]
    assert middle[1] == [(251, "n", "type")]
    assert (fast[1], exact[1]) == ([], [(501, "n", "type")])


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_json_files_without_records(tmp_path, content):
    assert read(jsonl(tmp_path, content), "jsonl", {"s": "string"}) == ([], [], 0)


def test_json_with_mark_and_gzip(tmp_path):
    path = tmp_path / "f.jsonl.gz"
    path.write_bytes(gzip.compress('\ufeff{"s": "あ"}\n{"s": "い"}'.encode()))
    assert read(path, "jsonl", {"s": "string"}, target=1) == ([{"s": "あ"}, {"s": "い"}], [], 2)
    path.write_bytes(path.read_bytes()[:-3])
    assert error_of(path, "jsonl", {"s": "string"}).code == "input.gzip"


def test_a_parquet_file_changed_since_planning_is_refused(tmp_path):
    path = write(tmp_path / "f.parquet", "parquet")
    (split,) = plan(path, "parquet", 1 << 20)
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(InputError, match=r"input\.changed"):
        list(read_split(split, Source(path=str(path), format="parquet"), KINDS, STORE, declared=list(KINDS)))
