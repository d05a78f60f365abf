"""A wrong encoding stops the run with the name of the right one; single broken records are left out as allowed."""

import gzip
import json

import pytest
from support.helpers import policy_of
from support.refusals import refused

KEEP = {"keep": True, "because": "試験"}
COLUMNS = {"id": KEEP, "name": {"treat": [{"criterion": 1, "method": "delete"}]}}
JAPANESE = ["山田　太郎", "髙橋 花子", "ﾔﾏﾀﾞ ﾀﾛｳ", "東京都千代田区"]


def csv_of(japanese, plain):
    rows = [JAPANESE[i % 4] for i in range(japanese)] + ["himitsu"] * plain
    return "id,name\n" + "".join(f"{i},{name}\n" for i, name in enumerate(rows))


@pytest.mark.parametrize(
    "written, declared, japanese, plain",
    [
        ("cp932", "utf-8", 3, 20),
        ("cp932", "utf-8", 1, 0),
        ("euc_jp", "utf-8", 6, 2),
        ("euc_jp", "cp932", 8, 2),
    ],
)
def test_no_limit_allows_a_wrong_encoding(run, written, declared, japanese, plain):
    text = csv_of(japanese, plain).replace("髙", "高")
    policy = policy_of(COLUMNS, source={"encoding": declared}, rejects={"limit": 1000})
    error = refused(
        run, policy, {"data.csv": gzip.compress(text.encode(written))}, "input.encoding", f"be {written}"
    )
    assert error["fix"] == f"declare encoding: {written}" and error["where"].endswith("data.csv")


def test_single_broken_records_are_left_out_and_named_in_the_report(run):
    text = csv_of(0, 40).encode() + "40,山田 太郎\n".encode("cp932") + b"41,\xff\n"
    error = refused(run, policy_of(COLUMNS), {"data.csv": text}, "input.rejects", "undecodable_cp932 (1)")
    assert "undecodable (1)" in error["what"]
    done = run(policy_of(COLUMNS, rejects={"limit": 2}))
    assert done.status == 0 and len(done.rows()) == 40
    assert {r["reason"] for r in done.report["rejects"]} == {"undecodable", "undecodable_cp932"}
    assert "文字として読めない（cp932なら読める）" in next(done.root.rglob("r-*/report.html")).read_text()


def test_one_file_of_many_is_found_by_its_own_share(run):
    files = {f"p{i}.csv": csv_of(0, 400) for i in range(3)} | {"p3.csv": csv_of(4, 16).encode("cp932")}
    error = refused(
        run, policy_of(COLUMNS, path="p*.csv", rejects={"limit": 50}), files, "input.encoding", "4 of 20"
    )
    assert error["where"].endswith("p3.csv")


def test_other_formats_are_told_how_to_be_converted(run):
    lines = "".join(
        json.dumps({"id": str(i), "name": n}, ensure_ascii=False) + "\n" for i, n in enumerate(JAPANESE)
    )
    policy = policy_of(COLUMNS, source={"format": "jsonl"}, rejects={"limit": 9})
    error = refused(run, policy, {"data.csv": lines.encode("cp932")}, "input.encoding", "would be cp932")
    assert "iconv -f CP932 -t UTF-8" in error["fix"]
    policy = policy_of(
        COLUMNS, source={"format": "fixed", "widths": {"id": 1, "name": 14}, "width_unit": "bytes"}
    )
    body = b"".join(str(i).encode() + n.encode("cp932").ljust(14) + b"\n" for i, n in enumerate(JAPANESE))
    assert refused(run, policy, {"data.csv": body}, "input.encoding", "would be cp932")["fix"].endswith(
        ": cp932"
    )


def test_a_mixture_is_no_single_encoding(run):
    text = (
        csv_of(4, 0).encode("cp932")
        + b"".join(b"%d,\xff\xfe\n" % i for i in range(9, 20))
        + "30,山田\n".encode()
    )
    error = refused(
        run, policy_of(COLUMNS, rejects={"limit": 90}), {"data.csv": text}, "input.encoding", "15 of 16"
    )
    assert error["fix"].startswith("correct encoding, or repair the file")


@pytest.mark.parametrize("encoding", ["euc_jp", "utf-16"])
def test_euc_with_numbers_in_circles_and_utf16_are_released(run, encoding):
    text = "id,品名\n1,①㈱髙橋\n2,山田\n"
    data = text.encode("utf-16")
    if encoding == "euc_jp":
        data = text.replace("①㈱髙", "%s").encode("euc_jp") % b"\xad\xa1\xad\xea\xfc\xe2"
    done = run(policy_of({"id": KEEP, "品名": KEEP}, source={"encoding": encoding}), {"data.csv": data})
    assert done.status == 0, done.err
    assert {row["品名"] for row in done.rows()} == {"①㈱髙橋", "山田"}


@pytest.mark.parametrize("declared", ["utf-8", "cp932", "euc_jp"])
@pytest.mark.parametrize("header", ["id,name", "id,名前"])
def test_iso_2022_jp_never_passes_as_ascii(run, declared, header):
    text = f"{header}\n" + "".join(f"{i},plain\n" for i in range(50)) + "50,山田\n"
    columns = {"id": KEEP, header[3:]: COLUMNS["name"]}
    policy = policy_of(columns, source={"encoding": declared}, rejects={"limit": 1000})
    error = refused(run, policy, {"data.csv": text.encode("iso2022_jp")}, "input.encoding", "ISO-2022-JP")
    assert "convert it to UTF-8" in error["fix"]


@pytest.mark.parametrize("kind", ["jsonl", "fixed"])
def test_iso_2022_jp_in_other_texts(run, kind):
    text = "".join(json.dumps({"id": f"{i}", "name": "山田"}, ensure_ascii=False) + "\n" for i in range(3))
    source = {"format": kind} | ({"widths": {"id": 1, "name": 2}} if kind == "fixed" else {})
    text = text if kind == "jsonl" else "0ab\n1山田\n"
    policy = policy_of(COLUMNS, source=source)
    refused(run, policy, {"data.csv": text.encode("iso2022_jp")}, "input.encoding", "ISO-2022-JP")
