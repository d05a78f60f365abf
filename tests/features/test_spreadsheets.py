"""Files as spreadsheets leave them, from policy to release: blank records, lost zeros, marks, lines above the data."""

import hashlib
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.helpers import QI, policy_of
from support.refusals import refused

KEEP = {"keep": True, "because": "試験"}
CLASS = {"treat": [{"criterion": 5, "method": "generalize", "hierarchy": {"kind": "suppress"}}]}
AGES = {"kind": "intervals", "widths": [10]}
PEOPLE = [("男", 35), ("男", 35), ("女", 41), ("女", 41)]
COLUMNS = {
    "性別": CLASS,
    "年齢": {"type": "integer", "treat": [{"criterion": 5, "method": "generalize", "hierarchy": AGES}]},
    "店": KEEP,
}


def parquet(rows):
    sink = io.BytesIO()
    table = pa.table({"性別": [r[0] for r in rows], "年齢": [r[1] for r in rows], "店": [r[2] for r in rows]})
    pq.write_table(table, sink, row_group_size=2)
    return sink.getvalue()


ROWS = [(*person, "A") for person in PEOPLE]
NOBODY = (None, None, None)
FILES = {
    "csv": "性別,年齢,店\n" + "".join(f"{s},{a},{p}\n" for s, a, p in ROWS) + ',,\n" ","",　\n,,\n',
    "jsonl": "".join(json.dumps({"性別": s, "年齢": a, "店": p}) + "\n" for s, a, p in ROWS) + '{}\n{"店":" "}\n{"年齢":null}\n',
    "parquet": parquet([NOBODY, *ROWS, NOBODY, NOBODY]),
}  # fmt: skip


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("nulls", ["value", "wildcard"])
def test_blank_records_are_nobody(run, kind, nulls):
    policy = policy_of(COLUMNS, source={"format": kind}, k=3, output={"format": "csv"})
    policy["requirements"]["nulls"] = nulls
    done = run(policy, {"data.csv": FILES[kind]})
    assert done.status == 0, done.err
    assert "released 4 records of 4 people" in done.out and "3 blank records skipped" in done.out
    assert len(done.rows()) == 4 and {row["性別"] for row in done.rows()} == {"*"}  # two men are no three
    manifest = json.loads((done.release / "manifest.json").read_text())
    assert manifest["people"] == 4 and manifest["tables"]["t"]["blank_records_skipped"] == 3
    assert "値がなく、数えなかったレコード" in (done.release / "report.html").read_text()


def test_blank_records_are_kept_on_request(run):
    policy = policy_of(COLUMNS, source={"blank_records": "keep"}, k=2, output={"format": "csv"})
    done = run(policy, {"data.csv": FILES["csv"].replace(" ", "").replace("　", "")})
    assert done.status == 0, done.err
    assert "released 7 records of 7 people" in done.out and "blank records" not in done.out


def test_a_file_of_blank_records_is_empty(run):
    refused(run, policy_of(COLUMNS), {"data.csv": "性別,年齢,店\n,,\n,,\n"}, "input.empty", "no record")


def test_lines_of_rejects_count_blank_records(run):
    done = refused(
        run,
        policy_of(COLUMNS),
        {"data.csv": "性別,年齢,店\n,,\n男,カ,A\n"},
        "input.rejects",
        "t.年齢: integer",
    )
    assert done["where"].endswith("data.csv line 3 (byte 21)")


def test_person_codes_are_the_same_however_a_spreadsheet_kept_them(run):
    link = {"treat": [{"criterion": 3, "method": "pseudonym", "link": "m"}]}
    policy = policy_of({"id": link, "x": KEEP}, person="id", rows="several", output={"format": "csv"})
    content = 'id,x\n0012,a\n"=""0012""",b\n\'0012,c\n="0012",d\n12,e\n13,f\n'
    policy["tables"]["t"]["source"]["leading_zeros"] = {"id": 4}
    done = run(policy, {"data.csv": content})
    assert done.status == 0, done.err
    assert len({row["id"] for row in done.rows()}) == 2 and len(done.rows()) == 6
    assert "4桁に満たない数字の前に0を補って読んだ" in (done.release / "report.html").read_text()


def test_leading_zeros_belong_to_codes(run):
    for name, kind in (("y", "string"), ("x", "integer")):
        policy = policy_of({"x": {"type": kind, **KEEP}}, source={"leading_zeros": {name: 7}})
        done = run(policy, {"data.csv": "x\n1\n"})
        assert done.status == 2 and "source.leading_zeros" in done.err


def test_a_byte_order_mark_on_request(run):
    data = {"data.csv": "店\n渋谷\n横浜\n"}
    for wanted in (False, True):
        policy = policy_of({"店": KEEP}, output={"format": "csv", "byte_order_mark": wanted})
        done = run(policy, data, output=f"out{wanted}")
        (part,) = done.release.rglob("part-*.csv")
        assert part.read_bytes().startswith(b"\xef\xbb\xbf") == wanted
        assert part.read_text("utf-8-sig").splitlines()[0] == '"店"'
    done = run(policy_of({"店": KEEP}, output={"format": "parquet", "byte_order_mark": True}), data)
    assert done.status == 2 and "[output.byte_order_mark]" in done.err


def windows(run, cells, **more):
    output = {"format": "csv", "encoding": "cp932", **more}
    policy = policy_of({"店": KEEP}, output=output)
    return run(policy, {"data.csv": "店\n" + "".join(f"{cell}\n" for cell in cells)})


def test_cp932_on_request_as_windows_writes_it(run):
    done = windows(run, ["9〜17時", "①号店", "㈱髙橋", "−5", "—", "¥100"])
    assert done.status == 0, done.err
    (part,) = done.release.rglob("part-*.csv")
    head, *cells = part.read_text("cp932").splitlines()
    assert (head, sorted(cells)) == (
        '"店"',
        sorted(f'"{c}"' for c in ("9～17時", "①号店", "㈱髙橋", "－5", "―", "￥100")),
    )
    assert b"\x87\x40" in part.read_bytes() and b"\x81\x60" in part.read_bytes()  # ① and ～
    (listed,) = done.manifest["tables"]["t"]["files"]
    assert hashlib.sha256(part.read_bytes()).hexdigest() == listed["sha256"]


def test_what_cp932_lacks_stops_the_run_and_is_not_told(run):
    done = windows(run, ["𠮷野家", "𠮷野家", "café"])
    assert done.status == 4 and "[output.encoding_lacks]" in done.err
    assert "2 different characters, which stand 3 times" in done.err and not {"𠮷", "é"} & {*done.err}
    assert not [*done.root.rglob("manifest.json")]


def test_cp932_is_for_csv_and_has_no_mark(run):
    assert "[output.encoding]" in windows(run, ["渋谷"], format="parquet").err
    done = windows(run, ["渋谷"], byte_order_mark=True)
    assert done.status == 2 and "[output.marked_encoding]" in done.err


def test_columns_are_called_by_what_they_hold_on_request(run):
    birth = {
        "type": "date",
        "released_as": "年代",
        "treat": [
            {"criterion": 1, "method": "age"},
            {**QI, "hierarchy": {"kind": "intervals", "widths": [20]}},
        ],
    }
    data = {"data.csv": "生年月日,店\n" + "1990-04-01,渋谷\n" * 3}
    for rename, called in ((False, "生年月日"), (True, "年代")):
        policy = policy_of({"生年月日": birth, "店": KEEP}, output={"format": "csv", "rename": rename}, k=2)
        policy["reference_date"] = "2026-04-01"
        done = run(policy, data, output=f"out{rename}")
        assert done.status == 0, done.err
        (part,) = done.release.rglob("part-*.csv")
        assert part.read_text().splitlines() == [f'"{called}","店"', *['"36","渋谷"'] * 3]
        assert [c["name"] for c in done.manifest["tables"]["t"]["columns"]] == [called, "店"]
        assert [c["name"] for c in done.report["tables"][0]["columns"]] == ["生年月日", "店"]


def test_two_columns_of_one_name_are_refused(run):
    birth = {"released_as": "店", "treat": [{**QI, "hierarchy": {"kind": "suppress"}}]}
    policy = policy_of({"性別": birth, "店": KEEP}, output={"rename": True}, k=2)
    done = run(policy, {"data.csv": "性別,店\n男,渋谷\n"})
    assert done.status == 2 and "[output.rename]" in done.err


def test_avro_takes_the_name_that_is_written(run):
    sex = {"released_as": "sex", "treat": [{**QI, "hierarchy": {"kind": "suppress"}}]}
    data = {"data.csv": "性別\n" + "男\n" * 3}
    for rename, status in ((False, 2), (True, 0)):
        done = run(policy_of({"性別": sex}, output={"format": "avro", "rename": rename}, k=2), data)
        assert done.status == status, done.err


def test_a_file_of_every_option(run):
    columns = {
        "id": KEEP,
        "氏名": {"treat": [{"criterion": 1, "method": "delete"}]},
        "店名": KEEP,
        "yen": {"type": "integer", **KEEP},
    }
    source = {"skip_rows": 2, "escape": "\\", "skip_initial_space": True}
    content = '会員一覧,,,,\n出力日,2026/4/1\nid, 氏名, "店名",yen,\n1, "山田", "喫茶\\"花\\"", "￥1,200",\n2,佐藤,\\N,△3,\n,,,,\n'
    done = run(policy_of(columns, source=source, output={"format": "csv"}), {"data.csv": content})
    assert done.status == 0, done.err
    found = {row["id"]: (row["店名"], row["yen"]) for row in done.rows()}
    assert found == {1: ('喫茶"花"', 1200), 2: ("", -3)}


def test_lost_zeros_come_back_however_the_digits_are_written(run):
    policy = policy_of({"x": KEEP, "y": KEEP}, source={"leading_zeros": {"x": 7}}, output={"format": "csv"})
    content = "x,y\n600000,a\n６００００１,b\n 600002,c\n600003.0,d\n600004　,e\n60-0005,f\n600006.5,g\n0600007,h\n,i\n"
    done = run(policy, {"data.csv": content})
    assert done.status == 0, done.err
    found = [row["x"] for row in sorted(done.rows(), key=lambda row: row["y"])]
    assert found == [*(f"060000{i}" for i in range(5)), "60-0005", "600006.5", "0600007", ""]


@pytest.mark.parametrize("mark", [";", "\t", "|", ":"])
@pytest.mark.parametrize("header", ["番号{0}店", "店{0}番号", "番号 {0} 店"])
def test_another_delimiter_is_named_and_reads_the_file(run, mark, header):
    columns = {"番号": KEEP, "店": KEEP}
    content = header.format(mark) + "\n" + f"1{mark}1\n2{mark}2\n"
    error = refused(run, policy_of(columns), {"data.csv": content}, "input.header", "another delimiter")
    assert error["fix"] == f"declare delimiter: {json.dumps(mark)}"
    done = run(policy_of(columns, source={"delimiter": mark}), {"data.csv": content})
    assert done.status == 0 and len(done.rows()) == 2, done.err
