"""Where records stand, in words: the line that an editor shows, whatever the file, and wherever it is split."""

import gzip
import io
import random

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.workbooks import book_of

from tokumei.schemas.source import Source
from tokumei.schemas.splits import RecordPlace
from tokumei.transforms.formats.found_at import found_at
from tokumei.transforms.formats.reader import read_split
from tokumei.transforms.formats.splits import plan_splits
from tokumei.transforms.storage.gcs import GcsStore
from tokumei.transforms.storage.local import LocalStore

STORE = LocalStore()
KINDS = {"s": "string", "i": "integer"}
WIDTHS = {"s": 2, "i": 2}


def rejected(path, kind, *, target=32 << 20, store=STORE, **options):
    """Return where all rejects stand, without the name of the file; and how many stretches hold some."""
    source = Source(path=str(path), format=kind, **options)
    (file,) = store.glob(str(path))
    places = []
    for split in plan_splits("t", source, file, store, target):
        for read in read_split(split, source, KINDS, store, declared=list(KINDS)):
            places += [RecordPlace(split.stretches[0], reject.record) for reject in read.rejects]
    told = found_at(source, places[::-1])
    uri, _, rest = told.partition(" ")
    assert uri == file.uri
    return rest, len({place.stretch for place in places})


def lines_at(head, pieces, *, bytes_too=True):
    """Return what is to be said of the bad ones among (bytes, bad), which are written after a head."""
    text, told = head, []
    for piece, bad in pieces:
        if bad:
            told.append(f"line {len((text + b'|').splitlines())}" + f" (byte {len(text)})" * bytes_too)
        text += piece
    return text, ", ".join(told)


def records_of(seed, end, kind, encoding="utf-8"):
    """Return records with their line breaks: on several lines, blank, and some without a number."""
    draw = random.Random(seed)
    found = []
    for _ in range(400):
        bad = draw.random() < 0.02
        number = "十" if bad else str(draw.randrange(10**6))
        if kind == "jsonl":
            piece = f'{{"s": "表 {draw.choice("abc")}", "i": "{number}"}}{end}'
        else:
            text = draw.choice(["表", '"a{e}b{e}{e}c"', '"彼は""はい""と言った"', '"{e}"']).format(e=end)
            piece = f"{text},{number}{end}"
        blank = draw.choice(["", "", "", end])
        found += [(blank.encode(encoding), False), (piece.encode(encoding), bad)]
    return found


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "cp932"])
def test_lines_of_delimited_text_are_those_of_an_editor(tmp_path, end, encoding):
    for seed in range(3):
        head = f"s,i{end}".encode()
        text, expected = lines_at(head, records_of(seed, end, "csv", encoding))
        (tmp_path / "f.csv").write_bytes(text)
        for target in (32 << 20, 500, 37):
            told, stretches = rejected(tmp_path / "f.csv", "csv", target=target, encoding=encoding)
            assert told == expected and told.count("line") > 3
            assert (stretches > 3) == (target < len(text))


def test_what_stands_above_the_records_counts(tmp_path):
    head = b"\xef\xbb\xbfsep=;\r\n\xe8\xa1\xa8\r\n\r\ns;i\r\n"
    text, expected = lines_at(head, [(b"a;1\r\n", False), (b"b;x\r\n", True), (b"c;2", False)])
    (tmp_path / "f.csv").write_bytes(text)
    assert expected == f"line 6 (byte {len(head) + 5})"
    for target in (32 << 20, 1):
        assert rejected(tmp_path / "f.csv", "csv", target=target, skip_rows=1) == (expected, 1)
    (tmp_path / "g.csv").write_bytes(b"a;1\nx;x\n")
    assert rejected(tmp_path / "g.csv", "csv", header=False, delimiter=";")[0] == "line 2 (byte 4)"


def test_broken_records_are_found_too(tmp_path):
    """Of other width, of no text, quoted loosely, a header again: each begins where it begins."""
    bad = [b"1\n", b"\xff,1\n", b'5"x,1\n', b"s,i\n", b'"a\n\nb",x\n', b"\0,1\n"]
    text, expected = lines_at(
        b"s,i\n", [one for piece in bad for one in [(b'"\n\n",1\n', False), (piece, True)]]
    )
    (tmp_path / "f.csv").write_bytes(text)
    assert rejected(tmp_path / "f.csv", "csv")[0] == expected
    assert expected.count("line") == len(bad)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_of_json(tmp_path, end):
    text, expected = lines_at(b"", records_of(7, end, "jsonl"))
    (tmp_path / "f.jsonl").write_bytes(text)
    for target in (32 << 20, 700):
        assert rejected(tmp_path / "f.jsonl", "jsonl", target=target)[0] == expected


def test_of_what_is_unpacked_or_recoded_the_line_alone_is_told(tmp_path):
    text, expected = lines_at(b"s,i\n", records_of(1, "\n", "csv"), bytes_too=False)
    (tmp_path / "f.csv.gz").write_bytes(gzip.compress(text))
    assert rejected(tmp_path / "f.csv.gz", "csv")[0] == expected
    (tmp_path / "f.txt").write_bytes(text.decode().replace(",", "\t").encode("utf-16"))
    assert rejected(tmp_path / "f.txt", "tsv", encoding="utf-16")[0] == expected


def test_a_break_over_two_reads_is_one(tmp_path, monkeypatch):
    monkeypatch.setattr("tokumei.transforms.formats.lines.BLOCK", 5)
    (tmp_path / "f.csv").write_bytes(b"s,i\r\n" + b"ab,\r\n" * 3 + b"a,x\r\n")
    assert rejected(tmp_path / "f.csv", "csv")[0] == "line 5 (byte 20)"
    (tmp_path / "f.csv").write_bytes(b"s,i\r\n" + b"a,\r\n" * 9 + b"a,x\r\n")
    assert rejected(tmp_path / "f.csv", "csv")[0] == "line 11 (byte 41)"


def test_text_of_fixed_width(tmp_path):
    (tmp_path / "lines").write_bytes(b"aa11\r\n\r\nbbxx\r\ncc22\r\nlonger\r\n")
    for target in (32 << 20, 5):
        told, _ = rejected(tmp_path / "lines", "fixed", widths=WIDTHS, target=target)
        assert told == "line 3 (byte 8), line 5 (byte 20)"
    (tmp_path / "run").write_bytes(b"aa11bbxxcc22ddxx")
    for target in (32 << 20, 4):
        told, _ = rejected(
            tmp_path / "run", "fixed", widths=WIDTHS, width_unit="bytes", line_breaks=False, target=target
        )
        assert told == "byte 4, byte 12"


def test_row_groups_and_rows(tmp_path):
    numbers = ["1", "2", "x", "4", "5", "x", "7", "8", "9", "x"]
    table = pa.table({"s": ["a"] * 10, "i": numbers})
    pq.write_table(table, tmp_path / "f.parquet", row_group_size=3)
    for target in (32 << 20, 1):
        told, _ = rejected(tmp_path / "f.parquet", "parquet", target=target)
        assert told == "row group 0 row 3, row group 1 row 3, row group 3 row 1"


def test_blocks_and_records(tmp_path):
    fields = [{"name": "s", "type": "string"}, {"name": "i", "type": "string"}]
    schema = fastavro.parse_schema({"type": "record", "name": "R", "fields": fields})
    sink = io.BytesIO()
    writer = fastavro.write.Writer(sink, schema, sync_interval=10**6)
    for n in range(10):
        writer.write({"s": "a", "i": "x" if n in {2, 5, 9} else "1"})
        if n % 3 == 2:
            writer.dump()
    writer.flush()
    (tmp_path / "f.avro").write_bytes(sink.getvalue())
    for target in (32 << 20, 1):
        told, stretches = rejected(tmp_path / "f.avro", "avro", target=target)
        assert told == "block 0 record 3, block 1 record 3, block 3 record 1"
        assert stretches == (3 if target == 1 else 1)


def test_rows_of_a_sheet(tmp_path):
    rows = [["s", "i"], ["a", 1], [], ["b", "x"], ["c", 2], ["d", "y"]]
    (tmp_path / "f.xlsx").write_bytes(book_of(rows))
    assert rejected(tmp_path / "f.xlsx", "xlsx")[0] == "row 4, row 6"


def test_lines_in_cloud_storage(bucket):
    text, expected = lines_at(b"s,i\n", records_of(2, "\r\n", "csv"))
    store, uri = GcsStore(), bucket.put("f.csv", text)
    told, stretches = rejected(uri, "csv", target=500, store=store)
    assert told == expected and stretches > 3
