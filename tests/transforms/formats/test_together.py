"""Small files read together are what each of them is alone, and errors say which of them is meant."""

import gzip
import json
import os
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.choosing import planned
from support.helpers import policy_of
from support.kernels import KEY

from tokumei.schemas.errors import InputError
from tokumei.schemas.source import Source
from tokumei.schemas.splits import SourceFile, TableFile
from tokumei.transforms.engine.chunks import NOTHING_LEFT_OUT, LeftOut, Work
from tokumei.transforms.formats.found_at import found_at
from tokumei.transforms.formats.reader import read_split
from tokumei.transforms.formats.splits import plan_splits, plan_together
from tokumei.transforms.formats.together import FETCHES
from tokumei.transforms.formats.witness import MAX_READS
from tokumei.transforms.planning.inputs import SMALL_INPUT, TOGETHER_BYTES, TOGETHER_FILES, files_together
from tokumei.transforms.planning.reading import read_chunks
from tokumei.transforms.profile.profile import profile_chunk
from tokumei.transforms.storage.local import LocalStore

STORE = LocalStore()
KINDS = {"s": "string", "i": "integer"}

TABLE = planned(
    policy_of({name: {"type": kind, "keep": True, "because": "試験"} for name, kind in KINDS.items()}, k=2)
).tables["t"]


def csv_of(rows):
    return ("s,i\n" + "".join(f"{s},{i}\n" for s, i in rows)).encode()


def jsonl_of(rows):
    return "".join(json.dumps({"s": s, "i": i}) + "\n" for s, i in rows).encode()


def parquet_of(rows):
    sink = pa.BufferOutputStream()
    s, i = (pa.array([row[n] for row in rows]) for n in range(2))
    pq.write_table(pa.table({"s": s, "i": i}), sink)
    return sink.getvalue().to_pybytes()


WRITTEN = {"csv": csv_of, "jsonl": jsonl_of, "parquet": parquet_of}


def files_of(folder, contents):
    for i, content in enumerate(contents):
        (folder / f"{i:04}").write_bytes(content)
    return STORE.glob(f"{folder}/*")


def together(files, kind, store=STORE, **options):
    """Return the source, and the one split of files."""
    source = Source(path="x/*", format=kind, **options)
    (split,) = plan_together("t", source, files, store)
    return source, split


def read(split, source, columns=KINDS, **options):
    return list(read_split(split, source, columns, STORE, declared=list(KINDS), **options))


def found(batches, before=0):
    """Return rows with their numbers, rejects, and records."""
    numbers = [n + before for batch in batches for n in batch.numbers.tolist()]
    rows = [row for batch in batches for row in batch.batch.to_pylist()]
    rejects = [(r.record + before, r.column, r.told) for batch in batches for r in batch.rejects]
    return list(zip(numbers, rows, strict=True)), rejects, sum(batch.records for batch in batches)


def test_a_thousand_files_are_four_splits():
    """The guard of the time that they take: a split costs what some files do, in every pass."""
    files = [TableFile("t", SourceFile(f"{i}.csv", 40, "1")) for i in range(1000)]
    lots = list(files_together(files, {"t": TABLE}))
    assert [len(lot) for lot in lots] == [256, 256, 256, 232]
    assert [file for lot in lots for file in lot] == files
    assert TOGETHER_FILES <= MAX_READS  # or some of them would be read without a witness


def test_what_is_read_together():
    """Small files of one table, to a size; neither large ones, nor those of an order that tells files apart."""
    kept = replace(TABLE, table=TABLE.table.model_copy(update={"order": "stretch"}))
    tables = {"t": TABLE, "u": TABLE, "kept": kept}
    sizes = {"t": [10, SMALL_INPUT + 1, 20, 30], "kept": [1, 2], "u": [SMALL_INPUT] * 40}
    files = [TableFile(t, SourceFile(f"{t}{i}", n, "")) for t, ns in sizes.items() for i, n in enumerate(ns)]
    lots = [[file.file.uri for file in lot] for lot in files_together(files, tables)]
    whole = TOGETHER_BYTES // SMALL_INPUT
    us = [f"u{i}" for i in range(40)]
    assert sorted(lots) == sorted([["t0", "t2", "t3"], ["t1"], ["kept0"], ["kept1"], us[:whole], us[whole:]])


@pytest.mark.parametrize("kind", WRITTEN)
def test_files_read_together_are_what_they_are_alone(tmp_path, kind):
    """Values, numbers of records, and what is left out; also of files without any record."""
    rng = np.random.default_rng(7)
    rows = [
        [("甲乙"[int(v) % 2] * 3, int(v)) for v in rng.integers(0, 99, n)] for n in (3, 1, 0, 5, 2, 700, 0, 4)
    ]
    contents = [WRITTEN[kind](some) for some in rows if some or kind != "jsonl"]
    if kind != "parquet":
        contents[1] = contents[1].replace(b"\n", b"x\n").replace(b"}x", b"} x").replace(b"s,ix", b"s,i")
        contents.append(gzip.compress(contents[0]))
    files = files_of(tmp_path, contents)
    source, split = together(files, kind)
    whole = read(split, source, exclude=np.array([2], np.int64))
    assert len(whole) < len(files) / 2  # what is converted at once
    apart, rejects, records = [], [], 0
    for file in files:
        for part in plan_splits("t", source, file, STORE):
            got = found(read(part, source), records)
            apart, rejects, records = apart + got[0], rejects + got[1], records + got[2]
    assert found(whole) == ([row for row in apart if row[0] != 2], rejects, records)
    assert len(rejects) == (kind != "parquet")
    assert [origin.records for batch in whole for origin in batch.origins if origin.records] == [
        n for n in (3, 1, 5, 2, 700, 4, *([3] if kind != "parquet" else [])) if n
    ]
    assert found(read(split, source, {}))[2] == records
    assert len(
        {split.split_id, *(s.split_id for f in files for s in plan_splits("t", source, f, STORE))}
    ) > len([content for content in contents if content])


def test_columns_of_other_types_and_partitions_do_not_mix(tmp_path):
    """Of each file what its types give; a partition's value beside none."""
    for i, (part, values) in enumerate(
        {"s=甲": [1, 2], "s=__HIVE_DEFAULT_PARTITION__": [3], "s=乙": [4.0]}.items()
    ):
        (tmp_path / part).mkdir()
        pq.write_table(pa.table({"i": pa.array(values)}), tmp_path / part / f"{i}")
    source, split = together(STORE.glob(f"{tmp_path}/*/*"), "parquet")
    source = source.model_copy(update={"path": f"{tmp_path}/*/*"})
    rows = [row for batch in read(split, source) for row in batch.batch.to_pylist()]
    expected = [("甲", 1), ("甲", 2), (None, 3), ("乙", 4)]
    assert sorted(rows, key=lambda r: r["i"]) == [{"s": s, "i": i} for s, i in expected]


BROKEN = {
    "a quote without end": ("csv", b's,i\n"a,1\n'),
    "other columns": ("csv", b"s,j\na,1\n"),
    "half of gzip": ("csv", b"\x1f\x8b\x08broken"),
    "no Parquet": ("parquet", b"PAR1 no PAR1"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_an_error_names_the_file_that_it_is_of(tmp_path, case):
    kind, content = BROKEN[case]
    good = [WRITTEN[kind]([("a", 1)])] * 3
    files = files_of(tmp_path, [*good, content, *good])
    with pytest.raises(InputError) as caught:
        read(*together(files, kind)[::-1])
    assert "0003" in caught.value.where


def test_rejects_are_counted_and_placed_file_by_file(tmp_path):
    """The third file has a bad record, its fourth; the fifth two."""
    good, bad = csv_of([("a", 1), ("b", 2), ("c", 3)]), b"x,himitsu\n"
    files = files_of(
        tmp_path, [good, good, good + bad, good, bad.replace(b"x,himitsu", b"s,i") + bad + b"\xff,1\n"]
    )
    (split,) = plan_together("t", TABLE.table.source, files, STORE)
    (chunk,) = read_chunks(TABLE, KINDS, Work(split, KEY, NOTHING_LEFT_OUT))
    assert (chunk.records, chunk.rejected) == (15, (10, 14, 15))
    measured = profile_chunk(TABLE, chunk)["t"]
    assert [(Path(p.stretch.file.uri).name, p.record) for p in measured.places] == [
        ("0002", 4),
        ("0004", 1),
        ("0004", 2),
    ]
    third, fifth = (f"{tmp_path}/{name}" for name in ("0002", "0004"))
    assert found_at(TABLE.table.source, measured.places) == (
        f"{third} line 5 (byte {len(good)}); {fifth} line 2 (byte 4), line 3 (byte 14)"
    )
    decoding = {Path(uri).name: dict(counts) for uri, counts in measured.decoding.items()}
    assert decoding["0004"] == {"": 2, "undecodable": 1} and decoding["0002"] == {"": 4}
    numbers = (1, 3, 4, 9, 10, 11, 15)
    assert [number - chunk.place(number).record for number in numbers] == [0, 0, 3, 6, 6, 10, 13]


def test_every_file_has_its_witness(tmp_path):
    """Whichever of as many files as are read together is replaced, size and time kept."""
    files = files_of(tmp_path, [csv_of([("a", i)]) for i in range(TOGETHER_FILES)])
    (split,) = plan_together("t", TABLE.table.source, files, STORE)
    (first,) = read_chunks(TABLE, KINDS, Work(split, KEY, NOTHING_LEFT_OUT))
    again = Work(split, KEY, LeftOut({}, {split.split_id: first.seen}))
    assert len(list(read_chunks(TABLE, {}, again))) == 1
    for number in (0, 100, TOGETHER_FILES - 1):
        path = Path(files[number].uri)
        content, stat = path.read_bytes(), path.stat()
        path.write_bytes(content.replace(b"a,", b"b,"))
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        with pytest.raises(InputError) as caught:
            list(read_chunks(TABLE, {"i": "integer"}, again))
        assert caught.value.code == "input.changed" and caught.value.where == str(path)
        path.write_bytes(content)
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def test_files_are_asked_for_at_once_and_once(tmp_path):
    """As storage over a network needs it: requests wait together, and each pass makes two of a file."""
    files = files_of(tmp_path, [csv_of([("a", i)]) for i in range(3 * FETCHES)])
    source, split = together(files, "csv")
    asked, waiting = [], threading.Barrier(FETCHES)

    class Far:
        def open_input(self, file):
            asked.append(file.uri)
            waiting.wait(30)  # breaks unless as many others come
            return STORE.open_input(file)

        def stat(self, uri):
            asked.append(uri)
            return STORE.stat(uri)

    batches = list(read_split(split, source, KINDS, Far(), declared=list(KINDS)))
    assert sorted(asked) == sorted([file.uri for file in files] * 2)
    assert batches[0].batch.column("i").to_pylist() == list(range(3 * FETCHES))
