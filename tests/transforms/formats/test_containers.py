"""What a file is by its first bytes is said, with what to do; a zip of one file is read."""

import bz2
import gzip
import io
import lzma
import sqlite3
import tarfile
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.reading import error_of, read
from support.workbooks import book_of

AB = {"a": "string", "b": "string"}
CSV = b"a,b\n1,x\n2,y\n"


def zipped(*members, method=zipfile.ZIP_DEFLATED):
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", method) as out:
        for name, data in members:
            out.writestr(name, data)
    return sink.getvalue()


def parquet():
    sink = io.BytesIO()
    pq.write_table(pa.table({"a": ["himitsu"], "b": ["x"]}), sink)
    return sink.getvalue()


def tar():
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as out:
        out.addfile(tarfile.TarInfo("f.csv"), io.BytesIO())
    return sink.getvalue()


def database():
    opened = sqlite3.connect(":memory:")
    opened.execute("create table t (a)")
    return opened.serialize()


NAMED = {
    "a workbook": (book_of([["a", "b"]]), "an Excel workbook (.xlsx)", "declare format: xlsx"),
    "a document": (zipped(("[Content_Types].xml", b""), ("word/document.xml", b"")), "a document of Office", "CSV"),
    "an old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "an old Excel workbook (.xls)", "save it"),
    "xz": (lzma.compress(CSV), "an xz file", "unpack"),
    "Zstandard": (pa.compress(CSV, codec="zstd", asbytes=True), "a Zstandard file", "unpack"),
    "7z": (b"7z\xbc\xaf\x27\x1c\x00\x04", "a 7z archive", "unpack"),
    "LHA": (b"\x24\x9e-lh5-\x00", "an LHA archive", "unpack"),
    "tar": (tar(), "a tar archive", "unpack"),
    "a PDF": (b"%PDF-1.7\n%\xe2\xe3", "a PDF document", "ask for the data"),
    "HTML": (b"\r\n<!DOCTYPE html><table>", "an HTML page", "save the table as CSV"),
    "HTML, as .xls": (b"<HTML><head>", "an HTML page", "save the table as CSV"),
    "XML": (b"<?xml version='1.0'?><Workbook/>", "an XML file", "save the table as CSV"),
    "a database": (database(), "an SQLite database", "export"),
    "Parquet": (parquet(), "a Parquet file", "declare format: parquet"),
    "Avro": (b"Obj\x01\x04\x14avro.codec", "an Avro file", "declare format: avro"),
}  # fmt: skip


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "fixed", "parquet", "avro", "xlsx"])
def test_a_file_of_another_kind_is_named(tmp_path, name, kind):
    data, called, fix = NAMED[name]
    path = tmp_path / "f"
    path.write_bytes(data)
    options = {"widths": {"a": 1, "b": 1}} if kind == "fixed" else {}
    if fix.endswith(f" {kind}"):
        return
    if kind == "xlsx" and name == "a document":
        assert error_of(path, kind, AB).code == "input.workbook"
        return
    from tokumei.schemas.errors import InputError
    from tokumei.schemas.source import Source
    from tokumei.transforms.formats.reader import read_header
    from tokumei.transforms.storage.local import LocalStore

    store = LocalStore()
    with pytest.raises(InputError) as caught:
        read_header(Source(path=str(path), format=kind, **options), store.stat(str(path)), store)
    assert called in caught.value.what and fix in caught.value.fix


@pytest.mark.parametrize(
    "text", ["PAR1,b\n1,2\n", "Obj,b\n1,2\n", "BZh9,b\n1,2\n", "PK,b\n1,2\n", "ORC,b\n1,2\n"]
)
def test_names_of_columns_are_no_signatures(tmp_path, text):
    path = tmp_path / "f.csv"
    path.write_text(text)
    assert read(path, "csv", dict.fromkeys([text.partition(",")[0], "b"], "string"))[2] == 1


@pytest.mark.parametrize(
    "pack", [gzip.compress, bz2.compress, lambda d: zipped(("名簿.csv", d))], ids=["gz", "bz2", "zip"]
)
def test_a_container_in_a_compressed_file_is_named_too(tmp_path, pack):
    path = tmp_path / "f"
    for inner in (book_of([["a"]]), zipped(("f.csv", CSV))):
        path.write_bytes(pack(inner))
        assert "a zip file" in error_of(path, "csv", AB).what


def test_a_zip_of_one_file_is_read(tmp_path):
    path = tmp_path / "f.csv.zip"
    litter = [
        ("__MACOSX/._f.csv", b"x"),
        ("folder/", b""),
        ("folder/.DS_Store", b"x"),
        ("folder/Thumbs.db", b"x"),
    ]
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2):
        path.write_bytes(zipped(*litter, ("folder/名簿.csv", "\ufeff".encode() + CSV * 1), method=method))
        assert read(path, "csv", AB) == ([{"a": "1", "b": "x"}, {"a": "2", "b": "y"}], [], 2)
    path.write_bytes(zipped(("f.csv", "a,b\n1,山\n".encode("cp932"))))
    assert read(path, "csv", AB, encoding="cp932")[0] == [{"a": "1", "b": "山"}]
    path.write_bytes(zipped(("f.jsonl", b'{"a":"1","b":"x"}')))
    assert read(path, "jsonl", AB)[0] == [{"a": "1", "b": "x"}]
    path.write_bytes(zipped(("f.txt", b"1x\n")))
    assert read(path, "fixed", AB, widths={"a": 1, "b": 1})[0] == [{"a": "1", "b": "x"}]


def encrypted():
    """A zip whose member says that it is encrypted, in both of its headers."""
    data = bytearray(zipped(("f.csv", CSV)))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def test_other_zips_are_refused(tmp_path):
    path = tmp_path / "f.zip"
    good = zipped(("f.csv", CSV * 500))
    lzma_packed = zipped(("f.csv", CSV), method=zipfile.ZIP_LZMA)
    for data, code, part in (
        (zipped(("1.csv", CSV), ("2.csv", CSV)), "input.zip", "holds 2 files"),
        (zipped(), "input.zip", "holds no file"),
        (encrypted(), "input.zip", "is encrypted"),
        (lzma_packed, "input.zip", "packed in a way"),
        (good[:-40], "input.zip", "truncated or corrupt"),
        (good[:60] + b"\xff" * 9 + good[69:], "input.zip", "truncated or corrupt"),
        (bz2.compress(CSV * 500)[:-20], "input.bzip2", "truncated or corrupt"),
    ):
        path.write_bytes(data)
        error = error_of(path, "csv", AB)
        assert (error.code, part in error.what) == (code, True), error.what


@pytest.mark.parametrize(
    "text",
    [
        '[{"a": "himitsu"}]',
        '[\n{"a": 1},\n{"a": 2}\n]',
        '\ufeff\n [ {"a": 1} ]',
        "[]",
        '{\n  "a": "himitsu"\n}',
    ],
)
def test_json_that_is_not_lines_is_named(run, tmp_path, text):
    from support.helpers import policy_of
    from support.refusals import refused

    keep = {"keep": True, "because": "試験"}
    policy = policy_of({"a": keep, "b": keep}, source={"format": "jsonl"})
    what = "an object over several lines" if "{\n " in text else "a JSON array"
    refused(run, policy, {"data.csv": text}, "input.json", what.removeprefix("an "))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("text", ['[{"a": "himitsu"}]', '{"a": "himitsu", "b": 1}\n', '[\n{"a": 1}]'])
def test_json_under_a_delimited_format_is_named(tmp_path, text):
    path = tmp_path / "f"
    path.write_text(text)
    assert error_of(path, "csv", AB).what == "the file is JSON, not delimited text"
