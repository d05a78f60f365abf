"""Records without any value: skipped in every format, alike whatever is read and however it is cut."""

from __future__ import annotations

import io
import json
from pathlib import Path

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.reading import STORE, read

from tokumei.schemas.source import Source
from tokumei.transforms.formats.reader import read_split
from tokumei.transforms.formats.splits import plan_splits

KINDS = {"s": "string", "i": "integer", "x": "text"}
NULLS = ("", "不明", "フメイ", "ＮＡ", "-9")


def as_csv(rows) -> bytes:
    lines = ["s,i,x", *(",".join('""' if v == "" else "" if v is None else str(v) for v in r) for r in rows)]
    return ("\n".join(lines) + "\n").encode()


def as_jsonl(rows) -> bytes:
    objects = [dict(zip(KINDS, row, strict=True)) for row in rows]
    return "".join(json.dumps(o if i % 2 else {k: v for k, v in o.items() if v is not None}) + "\n"
                   for i, o in enumerate(objects)).encode()  # fmt: skip


def as_parquet(rows, **options) -> bytes:
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    nested = [None if i % 2 else {"z": i} for i in range(len(rows))]
    arrays = [pa.array(c, t) for c, t in zip(columns, (pa.string(), pa.int64(), pa.string()), strict=True)]
    sink = io.BytesIO()
    table = pa.table([*arrays, pa.array(nested, pa.struct([("z", pa.int64())]))], names=[*KINDS, "nested"])
    pq.write_table(table, sink, row_group_size=3, **options)
    return sink.getvalue()


def as_avro(rows) -> bytes:
    fields = [{"name": n, "type": ["null", "long" if n == "i" else "string"]} for n in KINDS]
    sink = io.BytesIO()
    records = [dict(zip(KINDS, row, strict=True)) for row in rows]
    fastavro.writer(sink, {"type": "record", "name": "R", "fields": fields}, records, sync_interval=20)
    return sink.getvalue()


FORMATS = {"csv": as_csv, "jsonl": as_jsonl, "parquet": as_parquet, "avro": as_avro}
BLANKS = [(None, None, None), ("", None, " "), ("　", None, "不明"), (None, None, "\u3000 ")]
BLANKS += [(" 不明　", None, "ﾌﾒｲ"), ("NA", None, None), (None, None, "Ｎ\uff21 ")]  # in other spellings
FILLED = [("a", None, None), (None, 7, None), (None, None, "x"), (" a", 1, "")]


def found_in(path: Path, kind: str, wanted, target=32 << 20, **options):
    """Return the numbers of the records in the file that were read, and how many were blank."""
    declared = [*KINDS, *(["nested"] if kind == "parquet" else [])]
    source = Source(path=str(path), format=kind, null_values=NULLS, **options)
    numbers, blank, records, before = 0, 0, 0, []
    for split in plan_splits("t", source, STORE.glob(str(path))[0], STORE, target):
        for got in read_split(split, source, {n: KINDS[n] for n in wanted}, STORE, declared=declared):
            numbers += got.batch.num_rows + len(got.rejects)
            blank += got.blank
            records += got.records
            before += got.batch.to_pylist() if wanted else []
    assert records == numbers + blank
    return numbers, blank, before


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("wanted", ["", "s", "i", "x", "si", "six"])
@pytest.mark.parametrize("target", [1, 1 << 20])
def test_what_is_blank_does_not_depend_on_what_is_read(tmp_path, kind, wanted, target):
    rows = [FILLED[0], *BLANKS, *FILLED, BLANKS[0]] * 3
    path = tmp_path / f"f.{kind}"
    path.write_bytes(FORMATS[kind](rows))
    numbers, blank, _ = found_in(path, kind, wanted, target)
    assert (numbers, blank) == (len(FILLED) * 3 + 3, len(BLANKS) * 3 + 3)
    assert found_in(path, kind, wanted, target, blank_records="keep")[:2] == (len(rows), 0)


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(sorted(FORMATS)),
    rows=st.lists(st.sampled_from([*BLANKS, *FILLED]), min_size=1, max_size=14),
    wanted=st.sampled_from(["", "s", "i", "x", "sx", "six"]),
    target=st.sampled_from([1, 60, 1 << 20]),
)
def test_any_mixture_is_counted_alike(tmp_path_factory, kind, rows, wanted, target):
    path = tmp_path_factory.mktemp("blank") / f"f.{kind}"
    path.write_bytes(FORMATS[kind](rows))
    numbers, blank, read_rows = found_in(path, kind, wanted, target)
    assert blank == sum(row in BLANKS for row in rows)
    assert numbers == len(rows) - blank
    if wanted == "six":
        assert [row["i"] for row in read_rows] == [row[1] for row in rows if row not in BLANKS]


def test_numbers_of_rejects_count_blank_records(tmp_path):
    path = tmp_path / "f.csv"
    path.write_text('a,b\n,\n1,x\n" "," "\nz,y\n,,,\n"　",\n3,w,v\n')
    rows, rejects, records = read(path, "csv", {"a": "integer", "b": "string"})
    assert [row["a"] for row in rows] == [1]
    assert (rejects, records) == ([(4, "a", "integer"), (7, "", "ragged")], 7)


def test_an_object_without_keys_is_blank_wherever_it_stands(tmp_path):
    path = tmp_path / "f.jsonl"
    path.write_text(
        '{}\n{"s": null, "i": null}\n{"s": "a", "i": 1}\n{"i": "-9"}\n{"s": " "}\n{"i": -9}\n{"s": []}\n'
    )
    assert found_in(path, "jsonl", "six")[:2] == (2, 5)
    assert found_in(path, "jsonl", "x")[:2] == (2, 5)


def test_a_file_whose_first_row_groups_are_blank(tmp_path):
    path = tmp_path / "f.parquet"
    path.write_bytes(as_parquet([BLANKS[0]] * 7 + [FILLED[0]] + [BLANKS[0]] * 4, write_statistics=False))
    assert found_in(path, "parquet", "x", 1)[:2] == (1, 11)
    assert found_in(path, "parquet", "six")[:2] == (1, 11)


ODD = ["－９", "\u2212９", "-9 ", "　不明", "不明\u3000"]  # spellings of null texts


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("wanted", ["", "s", "x", "six"])
def test_null_texts_in_other_spellings_leave_a_record_blank(tmp_path, kind, wanted):
    rows = [(text, None, other) for text in ODD for other in (None, *ODD[:2])] + [("9", None, None)]
    path = tmp_path / f"f.{kind}"
    path.write_bytes(FORMATS[kind](rows))
    assert found_in(path, kind, wanted)[:2] == (1, len(rows) - 1)


@pytest.mark.parametrize("kind", ["parquet", "avro", "jsonl"])
@pytest.mark.parametrize("wanted", ["", "s", "i", "six"])
def test_numbers_that_are_null_texts_leave_a_record_blank(tmp_path, kind, wanted):
    path = tmp_path / f"f.{kind}"
    path.write_bytes(FORMATS[kind]([("a", 1, None), (None, -9, None), ("", -9, "　"), (None, 9, None)]))
    assert found_in(path, kind, wanted)[:2] == (2, 2)


@pytest.mark.parametrize("wanted", [{}, {"n": "number"}, {"s": "string"}, {"s": "string", "n": "number"}])
def test_nan_is_no_value_of_a_record(tmp_path, wanted):
    nan = float("nan")
    rows = [(None, nan), ("a", nan), ("　", None), (None, 0.0), ("", nan)]
    pq.write_table(pa.table({"s": [r[0] for r in rows], "n": [r[1] for r in rows]}), tmp_path / "f.parquet")
    lines = [json.dumps({"s": s, "n": n}, ensure_ascii=False) + "\n" for s, n in rows]
    (tmp_path / "f.jsonl").write_text("".join(lines))
    with (tmp_path / "f.avro").open("wb") as out:
        fields = [{"name": "s", "type": ["null", "string"]}, {"name": "n", "type": ["null", "double"]}]
        records = [{"s": s, "n": n} for s, n in rows]
        fastavro.writer(out, {"type": "record", "name": "R", "fields": fields}, records)
    for kind in ("parquet", "jsonl", "avro"):
        path = tmp_path / f"f.{kind}"
        source = Source(path=str(path), format=kind)
        (split,) = plan_splits("t", source, STORE.glob(str(path))[0], STORE)
        (got,) = read_split(split, source, wanted, STORE, declared=["s", "n"])
        assert (got.batch.num_rows, got.blank) == (2, 3), kind


@pytest.mark.parametrize("nulls", [("",), ("", "-"), ("不明", "　")])
def test_cells_of_spaces_are_no_values_where_the_empty_text_is_none(tmp_path, nulls):
    path = tmp_path / "f.csv"
    path.write_text("a,b\n1, \n2,　\n3,\t \n4,x \n")
    rows, rejects, _ = read(path, "csv", {"a": "integer", "b": "string"}, null_values=nulls)
    assert [row["b"] for row in rows] == [None, None, None, "x "] and not rejects
    kept, _, _ = read(path, "csv", {"a": "integer", "b": "string"}, null_values=("不明",))
    assert [row["b"] for row in kept] == [" ", "　", "\t ", "x "]
