"""Avro as the specification allows it: names in namespaces, logical types to be ignored, unions, all codecs."""

import io
import json
import zlib
from decimal import Decimal
from functools import partial

import fastavro
import pyarrow as pa
import pytest
from fuzz.seeds import avro_file
from support.reading import STORE, error_of
from support.reading import read as read_file

from tokumei.schemas.source import Source
from tokumei.transforms.formats.reader import read_header

SYNC = bytes(range(16))
read = partial(read_file, blank_records="keep")  # some columns are all that a record has


def written(tmp_path, schema, rows, codec="null"):
    sink = io.BytesIO()
    fastavro.writer(sink, schema, rows, codec=codec)
    path = tmp_path / "f.avro"
    path.write_bytes(sink.getvalue())
    return path


def fields(**kinds):
    return {
        "type": "record",
        "name": "R",
        "namespace": "jp.example",
        "fields": [{"name": name, "type": kind} for name, kind in kinds.items()],
    }


def enum(name, **more):
    return {"type": "enum", "name": name, "symbols": ["M", "F"], **more}


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (enum("Sex", namespace="jp.other"), "jp.other.Sex"),
        (enum("jp.other.Sex"), ["null", "jp.other.Sex"]),
        (enum("Sex"), "Sex"),
        (enum("Sex"), "jp.example.Sex"),
        (enum("Sex", namespace=""), "Sex"),
    ],
)
def test_named_types_are_found_by_their_names(tmp_path, first, again):
    schema = fields(a=first, b=again)
    if first.get("namespace") == "":
        schema.pop("namespace")
    rows = [{"a": "M", "b": "F"}, {"a": "F", "b": "M"}]
    path = written(tmp_path, schema, rows)
    assert read(path, "avro", {"a": "string", "b": "string"}) == (rows, [], 2)


def test_two_types_of_one_short_name_are_two(tmp_path):
    """One of them takes no byte: a list of the other has an end."""
    empty = {"type": "fixed", "name": "x.F", "size": 0}
    items = {"type": "array", "items": {"type": "fixed", "name": "y.F", "size": 2}}
    path = written(tmp_path, fields(a=empty, b=items, c="x.F"), [{"a": b"", "b": [b"zz"], "c": b""}])
    assert read(path, "avro", {"a": "string", "c": "string"}, ["a", "b", "c"])[0] == [{"a": None, "c": None}]


def test_a_type_defined_inside_an_unread_one_is_known(tmp_path):
    inner = {"type": "record", "name": "I", "fields": [{"name": "e", "type": enum("Sex")}]}
    for nested, value in (
        (inner, {"e": "M"}),
        ({"type": "array", "items": inner}, []),
        ({"type": "map", "values": inner}, {}),
    ):
        path = written(tmp_path, fields(a=nested, b="Sex"), [{"a": value, "b": "F"}])
        assert read(path, "avro", {"b": "string"}, ["a", "b"])[0] == [{"b": "F"}]


@pytest.mark.parametrize(
    ("kind", "value", "declared", "expected"),
    [
        ({"type": "string", "logicalType": "date"}, "1975-01-02", "string", "1975-01-02"),
        ({"type": "string", "logicalType": "timestamp-micros"}, "x", "string", "x"),
        ({"type": "int", "logicalType": "timestamp-millis"}, 5, "integer", 5),
        ({"type": "long", "logicalType": "date"}, 5, "integer", 5),
        ({"type": "long", "logicalType": "yen"}, 5, "integer", 5),
        ({"type": "double", "logicalType": "decimal", "precision": 4}, 1.5, "number", 1.5),
        ({"type": "bytes", "logicalType": "decimal"}, b"ab", "string", "ab"),
        ({"type": "bytes", "logicalType": "decimal", "precision": 2, "scale": 3}, b"ab", "string", "ab"),
        ({"type": "bytes", "logicalType": "decimal", "precision": 0}, b"ab", "string", "ab"),
        ({"type": "fixed", "name": "F", "size": 2, "logicalType": "decimal", "precision": 5}, b"ab", "string", "ab"),
        ({"type": "string", "logicalType": "uuid"}, "x", "string", "x"),
        (
            {"type": "fixed", "name": "U", "size": 16, "logicalType": "uuid"},
            bytes(range(16)),
            "string",
            "00010203-0405-0607-0809-0a0b0c0d0e0f",
        ),
        ({"type": "fixed", "name": "D", "size": 12, "logicalType": "duration"}, b"a" * 12, "string", "a" * 12),
        ("bytes", "令和".encode(), "string", "令和"),
    ],
)  # fmt: skip
def test_logical_types_hold_on_their_own_types_alone(tmp_path, kind, value, declared, expected):
    path = tmp_path / "f.avro"
    plain = json.loads(json.dumps(kind).replace("logicalType", "was")) if isinstance(kind, dict) else kind
    sink = io.BytesIO()
    fastavro.schemaless_writer(sink, fields(v=plain), {"v": value})
    path.write_bytes(avro_file(fields(v=kind), "null", SYNC, [(1, sink.getvalue())]))
    assert read(path, "avro", {"v": declared}) == ([{"v": expected}], [], 1)


def test_decimals_in_more_bytes_than_they_need(tmp_path):
    kind = {"type": "fixed", "name": "D", "size": 20, "logicalType": "decimal", "precision": 38, "scale": 2}
    path = written(tmp_path, fields(v=kind), [{"v": Decimal("-1.25")}, {"v": Decimal("7")}])
    assert read(path, "avro", {"v": "number"})[0] == [{"v": -1.25}, {"v": 7.0}]


def test_bytes_that_are_no_text_are_rejected_or_mended_where_only_searched_for(tmp_path):
    path = written(tmp_path, fields(v="bytes"), [{"v": b"a\xff"}, {"v": b"b"}])
    assert read(path, "avro", {"v": "string"}) == ([{"v": "b"}], [(1, "v", "undecodable")], 2)
    assert read(path, "avro", {"v": "text"}) == ([{"v": "a\ufffd"}, {"v": "b"}], [], 2)


@pytest.mark.parametrize(
    ("kinds", "values", "declared", "expected"),
    [
        (["string", "long"], ["a", 7], "string", ["a", "7"]),
        (["null", "long", "string"], [7, None, "007"], "string", ["7", None, "007"]),
        (["int", enum("E")], [2**31 - 1, "M"], "string", ["2147483647", "M"]),
        (["int", "long"], [1, 2**40], "integer", [1, 2**40]),
        (["float", "double"], [0.5, 0.1], "number", [0.5, 0.1]),
        (["int", "double"], [1, 2.5], "number", [1.0, 2.5]),
        (["null", "double", "long"], [2.5, None, 2**53 + 1], "number", [2.5, None, 2.0**53]),
        (["long", "float"], [7, 8.0], "integer", [7, 8]),
        (["null", {"type": "null"}, "string"], [None, "x"], "string", [None, "x"]),
    ],
)
def test_unions_that_are_one_thing_written_in_two_ways(tmp_path, kinds, values, declared, expected):
    path = written(tmp_path, fields(v=kinds), [{"v": value} for value in values])
    assert [row["v"] for row in read(path, "avro", {"v": declared})[0]] == expected


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [
        (["string", "boolean"], True, "a union of string, bool"),
        (["null", "string", {"type": "array", "items": "int"}], [1], "a union of string, a list"),
        (
            {"type": "bytes", "logicalType": "decimal", "precision": 77, "scale": 38},
            Decimal("1.5"),
            "77 digits",
        ),
        ({"type": "record", "name": "I", "fields": []}, {}, "a record"),
    ],
)
def test_what_cannot_be_read_is_named_and_needs_not_be_read(tmp_path, kind, value, told):
    path = written(tmp_path, fields(v=kind, w="string"), [{"v": value, "w": "x"}])
    error = error_of(path, "avro", {"v": "string"}, ["v", "w"])
    assert error.code == "input.type"
    assert told in error.what
    assert read(path, "avro", {"w": "string"}, ["v", "w"]) == ([{"w": "x"}], [], 1)


@pytest.mark.parametrize(
    ("schema", "body", "told"),
    [
        ([fields(v="string"), {**fields(x="string"), "name": "Q"}], b"\0\2a", "a union of 2 types"),
        ({"type": "string"}, b"\2a", "of type string"),
        ("long", b"\2", "of type long"),
        ({"type": ["null", "long"]}, b"\2\2", "no record"),
        ({"type": "array", "items": "string"}, b"\2\2a\0", "of type array"),
    ],
)
def test_what_holds_no_records_of_one_kind_is_named(tmp_path, schema, body, told):
    path = tmp_path / "f.avro"
    path.write_bytes(avro_file(schema, "null", SYNC, [(1, body)]))
    error = error_of(path, "avro", {"v": "string"})
    assert error.code == "avro.top"
    assert told in error.what


def test_a_schema_that_breaks_the_rules_is_not_called_corrupt(tmp_path):
    twice = fields(a="string", b=enum("E"), c=enum("E"))
    path = tmp_path / "f.avro"
    path.write_bytes(avro_file(twice, "null", SYNC, [(1, b"\2a\0\0")]))
    assert error_of(path, "avro", {"a": "string"}, ["a", "b", "c"]).code == "avro.schema"


def snappy(data):
    return pa.Codec("snappy").compress(data, asbytes=True) + zlib.crc32(data).to_bytes(4, "big")


def zstandard(data):
    return pa.Codec("zstd").compress(data, asbytes=True)


@pytest.mark.parametrize(("codec", "pack"), [("snappy", snappy), ("zstandard", zstandard)])
def test_codecs_of_spark_and_bigquery(tmp_path, codec, pack):
    path = tmp_path / "f.avro"
    blocks = [(2, pack(b"\2a\2b")), (1000, pack(b"\x06abc" * 1000)), (0, pack(b""))]
    path.write_bytes(avro_file(fields(v="string"), codec, SYNC, blocks))
    rows, rejects, records = read(path, "avro", {"v": "string"}, target=30)
    assert ([row["v"] for row in rows], rejects, records) == (["a", "b", *["abc"] * 1000], [], 1002)
    for broken in (pack(b"\2a")[:-1], b"", b"\xff" * 12, pack(b"\2a") + b"junk", b"\2himitsu"):
        path.write_bytes(avro_file(fields(v="string"), codec, SYNC, [(1, broken)]))
        error = error_of(path, "avro", {"v": "string"})
        assert error.code == "input.avro"


def test_a_block_of_snappy_is_compared_with_its_checksum(tmp_path):
    path = tmp_path / "f.avro"
    body = bytearray(snappy(b"\2a"))
    body[-1] ^= 1
    path.write_bytes(avro_file(fields(v="string"), "snappy", SYNC, [(1, bytes(body))]))
    assert error_of(path, "avro", {"v": "string"}).code == "input.avro"


def test_the_header_tells_the_types(tmp_path):
    path = written(tmp_path, fields(a="string", b=["null", "long"]), [])
    header = read_header(Source(path=str(path), format="avro"), STORE.glob(str(path))[0], STORE)
    assert header.types == pa.schema([("a", pa.string()), ("b", pa.int64())])
