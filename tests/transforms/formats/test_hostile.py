"""Files made to exhaust or to crash their reader: refused by name, in bounded time and memory."""

import bz2
import contextlib
import gzip
import json
import lzma
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pyarrow as pa
import pytest
from fuzz.seeds import avro_file, parquet
from support.reading import error_of, read

SYNC = bytes(range(16))
PACK = {
    "deflate": lambda data: zlib.compress(data, wbits=-zlib.MAX_WBITS),
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "snappy": lambda data: (
        pa.Codec("snappy").compress(data, asbytes=True) + zlib.crc32(data).to_bytes(4, "big")
    ),
    "zstandard": lambda data: pa.Codec("zstd").compress(data, asbytes=True),
}


def record(*types):
    fields = [{"name": f"f{i}", "type": kind} for i, kind in enumerate(types)]
    return {"type": "record", "name": "R", "fields": fields}


def avro_error(tmp_path, schema, blocks, codec="null"):
    path = tmp_path / "x.avro"
    path.write_bytes(avro_file(schema, codec, SYNC, blocks))
    return error_of(path, "avro", {"f0": "string"}, [f["name"] for f in schema["fields"]]).code


def chain(depth):
    kind = "string"
    for _ in range(depth):
        kind = {"type": "array", "items": kind}
    return kind


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (["null", "R"], b"\2" * 1_000_000),  # a list of a million records, one within the other
        ({"type": "array", "items": "R"}, b"\2" * 1_000_000),
        ({"type": "array", "items": "null"}, b"\xfe\xff\xff\xff\xff\xff\xff\xff\x7f\0"),  # 2^62 times nothing
        ({"type": "array", "items": {"type": "fixed", "name": "F", "size": 0}}, b"\xfe\xff\xff\xff\x7f\0"),
        ({"type": "array", "items": record("null") | {"name": "E"}}, b"\xfe\xff\xff\xff\x7f\0"),
        (chain(40), b"\0"),
    ],
)
def test_avro_types_without_end(tmp_path, kind, body):
    assert avro_error(tmp_path, record("string", kind), [(1, b"\2x" + body)]) == "avro.schema"


def test_avro_that_counts_records_without_end(tmp_path):
    for schema in (record("null"), record("string")):
        assert avro_error(tmp_path, schema, [((1 << 62) - 1, b"")]) == "input.avro"


@pytest.mark.parametrize(
    "kind", [5, None, {}, {"type": "fixed", "name": "F", "size": -1}, {"type": "enum", "name": []}]
)  # fmt: skip
def test_avro_types_that_are_none(tmp_path, kind):
    assert avro_error(tmp_path, record(kind), [(1, b"\2x")]) == "input.avro"


def test_avro_decimals_of_any_precision(tmp_path):
    """One that is too long for any column is refused by its length; one that cannot be is plain bytes."""
    kind = {"type": "bytes", "logicalType": "decimal", "precision": 1 << 40}
    assert avro_error(tmp_path, record(kind), [(1, b"\2x")]) == "input.type"
    path = tmp_path / "bytes.avro"
    kind = {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 1 << 40}
    path.write_bytes(avro_file(record(kind), "null", SYNC, [(1, b"\2x")]))
    assert read(path, "avro", {"f0": "string"}) == ([{"f0": "x"}], [], 1)


@pytest.mark.parametrize("codec", PACK)
def test_avro_blocks_that_unpack_without_end(tmp_path, codec):
    body = PACK[codec](bytes(65 << 20))
    assert len(body) < 4 << 20
    assert avro_error(tmp_path, record("string"), [(1, body)], codec) == "avro.block"


def test_avro_decimals_keep_all_their_digits(tmp_path):
    kind = {"type": "bytes", "logicalType": "decimal", "precision": 38, "scale": 2}
    number = 10**37 + 1
    body = b"\x20" + number.to_bytes(16, "big")
    (tmp_path / "x.avro").write_bytes(avro_file(record({**kind, "scale": 0}), "null", SYNC, [(1, body)]))
    assert read(tmp_path / "x.avro", "avro", {"f0": "string"})[0] == [{"f0": str(number)}]
    assert avro_error(
        tmp_path, record(kind) | {"fields": [{"name": "f0", "type": kind}]}, [(1, b"\x22" + bytes(17))]
    )


def test_an_avro_header_without_end(tmp_path):
    (tmp_path / "x.avro").write_bytes(b"Obj\1" + b"\2\0\0" * (6 << 20))
    assert error_of(tmp_path / "x.avro", "avro", {"a": "string"}).code == "input.avro"


def test_a_corrupt_parquet_footer_does_not_end_the_process(tmp_path):
    """Asking pyarrow for a column of such a row group calls std::terminate (found by fuzzing)."""
    good, ended = parquet("snappy"), set()
    at = len(good) - int.from_bytes(good[-8:-4], "little") - 8
    code = (
        "import sys; sys.path[:0] = sys.argv[2:]; from support.surviving import survive; survive(sys.argv[1])"
    )
    folders = [str(Path(__file__).parents[2])]
    path = tmp_path / "x.parquet"
    path.write_bytes(good)
    done = subprocess.run(
        [sys.executable, "-c", code, str(path), *folders],
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-500:]
    ended = json.loads(done.stdout)
    assert (
        at > 0
        and ended["input.parquet"] > 100
        and set(ended) <= {"input.parquet", "input.columns", "input.type", "taken"}
    )


def gzip_file(path):
    return gzip.open(path, "wb", compresslevel=1)


def zip_member(path):
    opened = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
    member = opened.open("x", "w", force_zip64=True)
    stack = contextlib.ExitStack()
    stack.callback(opened.close)
    stack.enter_context(member)
    stack.write = member.write
    return stack


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
@pytest.mark.parametrize("what", ["rows", "cell", "quoted cell"])
@pytest.mark.parametrize("pack", [gzip_file, zip_member])
def test_a_bomb_and_a_gigantic_cell_need_little_memory(tmp_path, kind, what, pack):
    """Hundreds of MiB from one: rows are read as they are unpacked, a cell is given up at 64 MiB."""
    line = b'{"a":"x"}\n' if kind == "jsonl" else b"x\n"
    path, piece = tmp_path / "x.gz", bytes(1 << 20).replace(b"\0", b"y")
    head = b"a\n" if kind == "csv" else b""
    with pack(path) as out:
        out.write(head)
        if what == "rows":
            many = line * ((1 << 20) // len(line))
            for _ in range(64):
                out.write(many)
        else:
            out.write({"cell": b"y", "quoted cell": b'"'}[what] if kind == "csv" else b'{"a":"')
            for _ in range(200):
                out.write(piece)
    code = f"""
import resource, sys
sys.path[:0] = {[str(Path(__file__).parents[2])]}
from pathlib import Path
from tokumei.schemas.errors import InputError
from tokumei.schemas.source import Source
from tokumei.transforms.formats.reader import read_split
from tokumei.transforms.formats.splits import plan_splits
from tokumei.transforms.storage.local import LocalStore
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
import pyarrow.csv, pyarrow.json
store, before, rows = LocalStore(), peak(), 0
source = Source(path="x", format={kind!r})
try:
    for split in plan_splits("t", source, store.stat({str(path)!r}), store):
        for got in read_split(split, source, {{"a": "string"}}, store, declared=["a"]):
            rows += got.records
    ended = "taken"
except InputError as error:
    ended = error.code
print(ended, rows, peak() - before)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=300
    )
    ended, rows, mebibytes = done.stdout.split()
    expected = ("taken", 64 * ((1 << 20) // len(line))) if what == "rows" else ("input.record_size", 0)
    assert (ended, int(rows)) == expected
    assert int(mebibytes) < 600
