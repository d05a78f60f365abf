"""Every kind of bad input under a valid policy: exit 3 or 4, one message without a value, nothing released."""

import gzip
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.helpers import policy_of
from support.refusals import CANARY, refused

ROOT = Path(__file__).parents[2]

KEEP = {"keep": True, "because": "試験"}
TWO = {"a": KEEP, "b": KEEP}
PERSON = {"id": {"treat": [{"criterion": 3, "method": "pseudonym", "link": "x"}]}, "b": KEEP}
GENERALIZE = {"criterion": 5, "method": "generalize"}
UNREADABLE = {
    "wholly": KEEP,
    "int": {"type": "integer", **KEEP},
    "num": {"type": "number", **KEEP},
    "day": {"type": "date", **KEEP},
    "month": {"type": "month", **KEEP},
    "time": {"type": "datetime", **KEEP},
    "yes": {"type": "boolean", **KEEP},
}
GOOD = ["x", "1", "1.5", "2020-02-03", "2020-02", "2020-02-03 04:05", "true"]


def parquet(**columns):
    return tables(pa.table(columns))


def tables(table):
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def avro(a="string", rows=({"a": CANARY, "b": "x"},) * 50):
    sink = io.BytesIO()
    fields = [{"name": "a", "type": a}, {"name": "b", "type": "string"}]
    fastavro.writer(sink, {"type": "record", "name": "R", "fields": fields}, rows, codec="null")
    return sink.getvalue()


def damaged(data, at, size=20):
    at %= len(data)
    return data[:at] + bytes(b ^ 0xFF for b in data[at : at + size]) + data[at + size :]


ROWS = f"{CANARY},2\n" * 1000
GZIP = gzip.compress(f"a,b\n{ROWS}".encode())
PARQUET, AVRO = parquet(a=[CANARY] * 100, b=["x"] * 100), avro()

# Found while the files are looked at, before anything runs: (content, source, code, part of the message).
AT_ONCE = {
    "missing": (None, {"path": "other.csv"}, "input.missing", "other.csv"),
    "glob without match": (None, {"path": "*.tsv"}, "input.missing", "*.tsv"),
    "a directory": (None, {"path": "."}, "store.directory", "directory"),
    "column missing": (f"a\n{CANARY}\n", {}, "input.columns", "missing: b"),
    "column not declared": (f"a,b,c\n1,2,{CANARY}\n", {}, "input.columns", "not declared: c"),
    "an unseen mark": (f"\u200ba,b\n{CANARY},2\n", {}, "input.columns", 'not declared: "\\u200ba"'),
    "no line break after the header": (f"a,b{CANARY},2,3\n", {}, "input.header", "1 of 2 declared columns"),
    "empty file": ("", {}, "input.empty", "header line"),
    "only blank lines": ("\n\r\n", {}, "input.empty", "header line"),
    "a device": (None, {"path": "/dev/zero"}, "store.special", "/dev/zero"),
    "an endless name": (None, {"path": "x" * 5000}, "store.failed", "too long"),
    "upper case": (f"A,B \n{CANARY},2\n", {}, "input.header", "2 differ only in upper and lower case or in spaces"),
    "column twice": (f"a,b,b\n1,2,{CANARY}\n", {}, "input.columns", "twice: b"),
    "another delimiter": (f"a;b\n{CANARY};2\n", {}, "input.header", "delimiter"),
    "CP932 header as UTF-8": (f"a,ソ,b\n1,2,{CANARY}\n".encode("cp932"), {}, "input.encoding", "not utf-8"),
    "UTF-8 header as CP932": (f"ａ,b\n{CANARY},2\n".encode(), {"encoding": "cp932"}, "input.encoding", "not cp932"),
    "UTF-8 mark as CP932": (
        f"\ufeffa,b\n{CANARY},2\n".encode(), {"encoding": "cp932"}, "input.encoding", "byte order mark"),
    "UTF-16": (f"a,b\n{CANARY},2\n".encode("utf-16"), {}, "input.utf16", "iconv"),
    "UTF-16 without mark": (f"a,b\n{CANARY},2\n".encode("utf-16-le"), {}, "input.utf16", "without a byte order mark"),
    "gzip truncated": (GZIP[:-20], {}, "input.gzip", "truncated"),
    "gzip damaged": (damaged(GZIP, 15), {}, "input.gzip", "corrupt"),
    "Parquet by name only": (CANARY, {"format": "parquet"}, "input.parquet", "not Parquet"),
    "Parquet truncated": (PARQUET[:-9], {"format": "parquet"}, "input.parquet", "truncated"),
    "Parquet, empty file": ("", {"format": "parquet"}, "input.parquet", "not Parquet"),
    "Parquet column twice": (
        tables(pa.Table.from_arrays([pa.array([CANARY])] * 2, names=["a", "a"])), {"format": "parquet"},
        "input.columns", "twice: a"),
    "Avro by name only": (CANARY, {"format": "avro"}, "input.avro", "not Avro"),
    "Avro, empty file": ("", {"format": "avro"}, "input.avro", "not Avro"),
    "Avro header truncated": (AVRO[:30], {"format": "avro"}, "input.avro", "truncated"),
    "Avro codec": (AVRO.replace(b"\x08null", b"\x08lzma", 1), {"format": "avro"}, "avro.codec", "deflate"),
}  # fmt: skip

# Found while the records are read.
IN_THE_RUN = {
    "empty file without header": ("", {"header": False}, "input.empty", "data.csv"),
    "header only": ("a,b\n", {}, "input.empty", "no record"),
    "CP932 as UTF-8": (f"a,b\n{CANARY}匿名,2\n".encode("cp932"), {}, "input.encoding", "1 of 1 records"),
    "open quote": (f'a,b\n1,"{CANARY}\n2,3\n', {}, "csv.quote", "byte 4"),
    "no header, as many columns": (
        f"{CANARY},2\n{CANARY},3,4\n", {"header": False}, "input.rejects", "ragged (3 fields, 2 expected) (1)"),
    "a value in a column without a name": (f"a,b,\n1,2,{CANARY}\n", {}, "input.rejects", "t: nameless (1)"),
    "commas at the end of the header": (f"a,b,\n1,2\n{CANARY},2\n", {}, "input.rejects", "(2 fields, 3 expected) (2)"),
    "commas at the end of the records": (f"a,b\n1,2,\n{CANARY},2,\n", {}, "input.rejects", "(3 fields, 2 expected) (2)"),
    "escaped quotes": (f'a,b\n1,"{CANARY}\\"x"\n', {}, "input.rejects", "a backslash stands before it"),
    "spaces before quotes": (f'a,b\n1, "{CANARY}"\n', {}, "input.rejects", "source.skip_initial_space"),
    "a header that is declared away": (f"a,b\n1,{CANARY}\n", {"header": False}, "input.rejects", "t: header (1)"),
    "files joined with their headers": (f"a,b\n1,{CANARY}\na,b\n2,x\n", {}, "input.rejects", f"data.csv line 3 (byte {7 + len(CANARY)})"),
    "files joined with their marks": (
        f"\ufeffa,b\n1,{CANARY}\n\ufeffa,b\n", {}, "input.rejects", "t: byte_order_mark (1)"),
    "Parquet damaged": (damaged(PARQUET, 20), {"format": "parquet"}, "input.parquet", "corrupt"),
    "Parquet without records": (
        parquet(a=pa.array([], pa.string()), b=pa.array([], pa.string())), {"format": "parquet"},
        "input.empty", "no record"),
    "Parquet of another type": (parquet(a=[1.5], b=[CANARY]), {"format": "parquet"}, "input.type", "column a"),
    "Parquet with records in it": (
        parquet(a=[{"x": CANARY}], b=["x"]), {"format": "parquet"}, "input.type", "struct<x: string>"),
    "Avro truncated": (AVRO[:-40], {"format": "avro"}, "input.avro", "truncated"),
    "Avro damaged": (damaged(AVRO, -100), {"format": "avro"}, "input.avro", "corrupt"),
    "Avro with lists in it": (
        avro({"type": "array", "items": "string"}, [{"a": [CANARY], "b": "x"}]), {"format": "avro"},
        "input.type", "the file holds a list"),
    "JSON lines": (
        f'{{"a":"{CANARY}","b":"x"}}\n{{"a":"{CANARY}"\n["{CANARY}"]\n{{"a":{{"x":"{CANARY}"}}}}\n',
        {"format": "jsonl"}, "input.rejects", "t: json (2); t.a: type (1)"),
    "JSON lines, key not declared": (
        f'{{"a":"{CANARY}","b":"x","c":1}}\n', {"format": "jsonl"}, "input.columns", "not declared: c"),
    "JSON lines, key not declared in an odd line": (
        f'{{"a":"{CANARY} [1]","b":"x","c":1}}\n', {"format": "jsonl"}, "input.columns", "not declared: c"),
    "JSON lines, values as keys": (
        f'{{"{CANARY}1":1,"{CANARY}2":2}}\n', {"format": "jsonl"}, "input.keys", "2 of the 2 keys"),
    "JSON lines, empty file": ("", {"format": "jsonl"}, "input.empty", "no record"),
    "endless record": (f"a,b\n1,{CANARY * (13 << 20)}\n", {}, "input.record_size", "longer than 64 MiB"),
}  # fmt: skip


@pytest.mark.parametrize("name", AT_ONCE)
def test_a_bad_file_is_refused_before_the_run(run, tmp_path, name):
    content, source, code, part = AT_ONCE[name]
    policy = policy_of(TWO, source=source)
    files = {} if content is None else {"data.csv": content}
    error = refused(run, policy, files, code, part)
    assert not (tmp_path / "out").exists()
    for job in ("anonymize", "check"):
        text = run(policy, job=job)
        assert text.status == 3
        assert text.err == (
            f"error [{code}] {error['where']}\n  what: {error['what']}\n  fix:  {error['fix']}\n"
        )


@pytest.mark.parametrize("name", IN_THE_RUN)
def test_a_bad_file_stops_the_run(run, name):
    content, source, code, part = IN_THE_RUN[name]
    refused(run, policy_of(TWO, source=source), {"data.csv": content}, code, part)


def test_a_first_record_is_not_taken_for_a_header_and_shown(run):
    """Without the header line the first record stands in its place; its values are no column names."""
    for line in (f"{CANARY}1,{CANARY}2", f"{CANARY},{CANARY}", f'"{CANARY}, x",1'):
        refused(run, policy_of(TWO), {"data.csv": f"{line}\n1,2\n"}, "input.header", "header: false")


def test_a_text_for_no_value_is_not_a_dead_end(run):
    files = {"data.csv": "a,b\n2020-01-02,1\n不明,2\n"}
    day = {"a": {"type": "date", **KEEP}, "b": KEEP}
    refused(run, policy_of(day), files, "input.rejects", 'null_values: ["", 不明]; it replaces the default')
    done = run(policy_of(day, source={"null_values": ["", "不明"]}))
    assert done.status == 0 and {row["b"] for row in done.rows() if row["a"] is None} == {"2"}


def unreadable(*, undecodable=b"\xff"):
    """One file with every kind of unreadable record, and fourteen good ones."""
    lines = [",".join(UNREADABLE)]
    for i in range(1, len(GOOD)):
        lines.append(",".join([*GOOD[:i], f"{CANARY}{i}", *GOOD[i + 1 :]]))
    lines += [f"{CANARY},1", ",".join([*GOOD, CANARY]), f"{CANARY}\0,1,,,,,", *[",".join(GOOD)] * 14]
    bad = f"{CANARY}".encode() + undecodable + b",1,,,,,\n"
    return "\n".join(lines).encode() + b"\n" + bad


KINDS = {
    ("", "ragged (2 fields, 7 expected)"): 1,
    ("", "ragged (8 fields, 7 expected)"): 1,
    ("", "undecodable"): 2,
    ("int", "integer"): 1,
    ("num", "number"): 1,
    ("day", "date"): 1,
    ("month", "month"): 1,
    ("time", "datetime"): 1,
    ("yes", "boolean"): 1,
}


def test_every_unreadable_record_is_counted_by_kind(run):
    policy = policy_of(UNREADABLE, rejects={"limit": 9})
    error = refused(
        run, policy, {"data.csv": unreadable()}, "input.rejects", "unreadable records: 10 (allowed: 9)"
    )
    told = {
        (column, kind): int(count)
        for column, kind, count in re.findall(r"t\.?(\w*): (\w+(?: \(.+?d\))?) \((\d+)\)", error["what"])
    }
    assert told == KINDS
    assert re.search(r"data\.csv line 2 \(byte 34\)(, line \d+ \(byte \d+\)){9}$", error["where"])


def test_unreadable_records_within_the_limit_are_left_out_and_reported(run):
    done = run(policy_of(UNREADABLE, rejects={"limit": 10}), {"data.csv": unreadable()})
    assert done.status == 0, done.err
    assert [row["int"] for row in done.rows()] == [1] * 14
    rejects = {(r["column"], r["reason"]): r["records"] for r in done.report["rejects"]}
    assert rejects == KINDS and done.report["reject_limit"] == 10
    table = done.report["tables"][0]
    assert (table["records_in"], table["records_rejected"], table["records_out"]) == (24, 10, 14)
    for file in done.root.rglob("*"):
        assert file.is_dir() or CANARY.encode() not in file.read_bytes(), file


@pytest.mark.parametrize(
    ("text", "code", "part"),
    [
        (f"id,b\n{CANARY},1\n,2\n{CANARY}2,3\n", "input.person_missing", "whose they are: 1"),
        (
            f"id,b\n{CANARY},1\n{CANARY}2,2\n{CANARY},3\n",
            "input.several_rows",
            "3 records belong to 2 people",
        ),
    ],
    ids=["empty person", "person twice"],
)
def test_people_that_are_not_as_declared(run, text, code, part):
    refused(run, policy_of(PERSON, person="id"), {"data.csv": text}, code, part)


@pytest.mark.parametrize("method", ["generalize", "recode"])
def test_values_that_a_hierarchy_does_not_list(run, method):
    step = {**GENERALIZE, "hierarchy": {"kind": "file", "path": "h.csv"}, "method": method}
    if method == "recode":
        step["level"] = 1
    files = {"h.csv": "x;A;*\ny;A;*\n", "data.csv": f"a,b\nx,1\n{CANARY},1\n{CANARY}2,1\n"}
    policy = policy_of({"a": {"treat": [step]}, "b": KEEP})
    error = refused(run, policy, files, "input.not_in_hierarchy", "2 distinct values")
    assert error["where"] == "tables.t.columns.a.treat[0]"


@pytest.mark.parametrize(
    ("text", "k", "part"),
    [
        (f"a,b\n{CANARY},1\n{CANARY},1\n", 3, "k=3 cannot be met"),
        (f"a,b\n{CANARY},1\n", 2, "k=2"),
    ],
    ids=["too few people for k", "one person"],
)
def test_a_requirement_that_cannot_be_met(run, text, k, part):
    policy = policy_of({"a": {"treat": [{**GENERALIZE, "hierarchy": {"kind": "suppress"}}]}, "b": KEEP}, k=k)
    refused(run, policy, {"data.csv": text}, "requirement.unmet", part, status=4)


@pytest.mark.parametrize("change", ["grown", "rewritten", "gone"])
def test_a_file_that_changes_between_the_passes_is_refused(run, tmp_path, monkeypatch, change):
    """The file is touched after pass 1; pass 2 and 3 would count and release other records."""
    from tokumei.transforms.stages import profile as stage

    data = tmp_path / "data.csv"
    fit = stage.fit

    def meddle(*args, **kwargs):
        if change == "gone":
            data.unlink()
        else:
            data.write_text(data.read_text() * 2 if change == "grown" else f"a,b\n{CANARY},2\n{CANARY},1\n")
        return fit(*args, **kwargs)

    monkeypatch.setattr(stage, "fit", meddle)
    policy = policy_of({"a": {"treat": [{**GENERALIZE, "hierarchy": {"kind": "suppress"}}]}, "b": KEEP})
    code = "store.missing" if change == "gone" else "input.changed"
    refused(run, policy, {"data.csv": f"a,b\n{CANARY},1\n{CANARY},2\n"}, code, "data.csv")


@pytest.mark.parametrize("job", ["anonymize", "check"])
def test_a_process_of_its_own_says_nothing_else(tmp_path, job):
    """Beam logs while it is imported, and a scheduler sees only the exit status and stderr."""
    (tmp_path / "policy.yaml").write_text(json.dumps(policy_of(TWO)))
    (tmp_path / "data.csv").write_text(f"a\n{CANARY}\n")
    command = [sys.executable, "-m", f"tokumei.pipelines.{job}", str(tmp_path / "policy.yaml"), "--json"]
    more = ["--output", str(tmp_path / "out")] if job == "anonymize" else []
    done = subprocess.run(
        [*command, *more], check=False, cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stdout) == (3, "")
    assert json.loads(done.stderr)["code"] == "input.columns" and done.stderr.count("\n") == 1


def test_one_bad_file_among_good_ones_stops_the_run(run):
    files = {f"part{i}.csv": f"a,b\n{ROWS}" for i in range(3)} | {"part3.csv": f"a,b\n{CANARY}\n"}
    policy = policy_of(TWO, path="part*.csv")
    refused(run, policy, files, "input.rejects", "t: ragged (")
    files["part3.csv"] = ""
    error = refused(run, policy, files, "input.empty", "header line")
    assert error["where"].endswith("/part3.csv")
    files["part3.csv"] = f"a,c\n{CANARY},1\n"
    error = refused(run, policy, files, "input.columns", "missing: b; not declared: c")
    assert error["where"].endswith("/part3.csv")
