"""`tokumei synthesize` as a user meets it: files, formats, planted and dirty rows, refusals."""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import gzip
import io
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import fastavro
import pyarrow.parquet as pq
import pytest

from tokumei.pipelines.synthesize import add_arguments, run
from tokumei.schemas.errors import PolicyError
from tokumei.transforms.synthesis import PRESETS
from tokumei.transforms.synthesis.table import SPAN_ROWS

ROOT = Path(__file__).parents[2]


def synthesize(output: Path, *words: str) -> Path:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    assert run(parser.parse_args([*words, "--output", str(output)])) == 0
    return output


def cell(value: object) -> str:
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def records(path: Path, encoding: str = "utf-8") -> list[dict[str, str]]:
    """Read a file with a reader that the synthesizer does not use to write it."""
    data = path.read_bytes()
    if path.suffix == ".gz":
        data, path = gzip.decompress(data), path.with_suffix("")
    rows: Iterator[dict[str, object]]
    match path.suffix:
        case ".parquet":
            rows = iter(pq.read_table(io.BytesIO(data)).to_pylist())
        case ".avro":
            rows = fastavro.reader(io.BytesIO(data))
        case ".jsonl":
            rows = map(json.loads, data.decode("utf-8").splitlines())
        case suffix:
            text = io.StringIO(data.decode(encoding), newline="")
            rows = csv.DictReader(text, delimiter="\t" if suffix == ".tsv" else ",", strict=True)
    return [{name: cell(value) for name, value in row.items()} for row in rows]


def planted(path: Path) -> dict[str, object]:
    return json.loads((path.parent / (path.name.split(".")[0] + ".planted.json")).read_text("utf-8"))


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_all_formats_hold_the_same_records(preset: str, tmp_path: Path) -> None:
    words = (preset, "--rows", "9000", "--seed", "5")
    plain = synthesize(tmp_path / "csv", *words)
    names = sorted(path.stem for path in plain.glob("*.csv"))
    expected = {name: records(plain / f"{name}.csv") for name in names}
    assert max(len(rows) for rows in expected.values()) == 9000
    for kind in ("tsv", "jsonl", "parquet", "avro"):
        other = synthesize(tmp_path / kind, *words, "--format", kind)
        for name in names:
            assert records(other / f"{name}.{kind}") == expected[name]
    for encoding in ("utf-8-sig", "cp932", "euc_jp"):
        other = synthesize(tmp_path / encoding, *words, "--encoding", encoding, "--line-ending", "crlf")
        for name in names:
            assert records(other / f"{name}.csv", encoding) == expected[name]
    packed = synthesize(tmp_path / "gz", *words, "--format", "jsonl", "--gzip")
    for name in names:
        assert records(packed / f"{name}.jsonl.gz") == expected[name]


@pytest.mark.parametrize("words", [("csv",), ("csv", "--gzip"), ("jsonl",), ("parquet",), ("avro",)])
def test_same_seed_same_bytes(words: tuple[str, ...], tmp_path: Path) -> None:
    base = ("residents", "--rows", "3000", "--dirty", "0", "--format", *words)
    contents = []
    for place, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        out = synthesize(tmp_path / place, *base, "--seed", seed)
        (path,) = (p for p in out.iterdir() if "planted" not in p.name)
        contents.append(path.read_bytes())
    assert contents[0] == contents[1]
    assert contents[0] != contents[2]


@pytest.mark.parametrize("rows", [1, SPAN_ROWS - 1, SPAN_ROWS, SPAN_ROWS + 1])
def test_row_count_and_ids_are_exact_at_chunk_boundaries(rows: int, tmp_path: Path) -> None:
    out = synthesize(tmp_path, "residents", "--rows", str(rows), "--format", "parquet")
    table = pq.read_table(out / "residents.parquet")
    assert table.num_rows == rows
    assert table["宛名番号"].to_pylist() == [f"{i:010d}" for i in range(1, rows + 1)]
    assert pq.ParquetFile(out / "residents.parquet").num_row_groups == -(-rows // SPAN_ROWS)


def test_chunks_differ_and_share_no_person(tmp_path: Path) -> None:
    # Two whole chunks without plants: with one generator for both they would be equal.
    words = ("claims", "--rows", str(2 * SPAN_ROWS), "--peculiar", "0", "--format", "parquet")
    out = synthesize(tmp_path, *words)
    table = pq.read_table(out / "claims.parquet", columns=["番号", "点数"])
    first, second = table.slice(0, SPAN_ROWS), table.slice(SPAN_ROWS)
    assert first["点数"] != second["点数"]
    assert set(first["番号"].to_pylist()).isdisjoint(second["番号"].to_pylist())


def test_parquet_and_avro_types(tmp_path: Path) -> None:
    synthesize(tmp_path, "id_pos", "--rows", "100", "--format", "parquet")
    synthesize(tmp_path, "id_pos", "--rows", "100", "--format", "avro", "--force")
    schema = pq.read_schema(tmp_path / "receipts.parquet")
    types = {field.name: str(field.type) for field in schema}
    assert types["会員ID"] == "string"
    assert types["利用日時"] == "timestamp[us]"
    assert types["数量"] == "int64"
    assert str(pq.read_schema(tmp_path / "members.parquet").field("生年月日").type) == "date32[day]"
    with (tmp_path / "receipts.avro").open("rb") as file:
        assert fastavro.reader(file).writer_schema["name"] == "tokumei.synthetic.Record"


def test_large_avro_has_blocks(tmp_path: Path) -> None:
    synthesize(tmp_path, "cards", "--rows", "20000", "--format", "avro")
    with (tmp_path / "card_uses.avro").open("rb") as file:
        assert [block.num_records for block in fastavro.block_reader(file)] == [8192, 8192, 3616]


def test_history_refers_to_members(tmp_path: Path) -> None:
    out = synthesize(tmp_path, "id_pos", "--rows", "5000")
    members = records(out / "members.csv")
    assert len({m["会員ID"] for m in members}) == len(members) == 500
    receipts = records(out / "receipts.csv")
    assert {r["会員ID"] for r in receipts} <= {m["会員ID"] for m in members}
    assert len({r["会員ID"] for r in receipts}) > 250
    baskets = {tuple(r[c] for c in ("取引ID", "会員ID", "利用日時", "店舗ID", "担当者ID")) for r in receipts}
    assert len({r["取引ID"] for r in receipts}) == len(baskets) and 1000 < len(baskets) < 2500
    out = synthesize(tmp_path, "cards", "--rows", "5000")
    cards = {m["契約者ID"]: m["カード番号"] for m in records(out / "card_members.csv")}
    assert all(cards[u["契約者ID"]] == u["カード番号"] for u in records(out / "card_uses.csv"))


PECULIAR = {
    "oldest_person_116": lambda r: r.get("生年月日", r.get("生年月", ""))[:7] == "1908-03",
    "one_person_household_in_rare_town": lambda r: "青ヶ島" in r["住所"] and r["郵便番号"] == "1001701",
    "member_in_rare_town": lambda r: "青ヶ島" in r["住所"] and r["郵便番号"] == "1001701",
    "rare_surname": lambda r: r["氏名"].startswith("一尺八寸"),
    "super_rich": lambda r: int(r.get("給与収入", 0)) > 10**9 or int(r.get("年収", 0)) > 50_000,
    "fourteen_dependants": lambda r: r["扶養人数"] == "14",
    "rare_disease": lambda r: r["傷病名コード"] == "E760",
    "extreme_points": lambda r: int(r["点数"]) > 9_000_000,
    "extreme_quantity": lambda r: int(r["数量"]) == 4800,
    "luxury_item": lambda r: int(r["金額"]) > 10**7,
    "extreme_amount": lambda r: int(r["利用金額"]) > 9 * 10**7,
    "huge_total": lambda r: r.get("金額") == "990000" or r.get("利用金額") == "4900000",
    "two_products_of_nobody_else": lambda r: r["商品名"] in {"粉ミルク 匿名", "大人用おむつ 匿名"},
    "two_shops_of_nobody_else": lambda r: r["利用金額"] == "3141",
    "two_diseases_of_nobody_else": lambda r: r["点数"] == "2718",
}
PERSON = {
    **dict.fromkeys(("residents", "tax"), "宛名番号"),
    **dict.fromkeys(("members", "receipts"), "会員ID"),
    **dict.fromkeys(("card_members", "card_uses"), "契約者ID"),
    "claims": "番号",
}
# Kinds of several rows, one after another, of one person.
LINES = {"huge_total": 8} | dict.fromkeys((kind for kind in PECULIAR if kind.startswith("two_")), 2)


@pytest.mark.parametrize("preset", sorted(PRESETS))
@pytest.mark.parametrize("count", [None, 23])
def test_peculiar_people_stand_at_the_listed_rows(preset: str, count: int | None, tmp_path: Path) -> None:
    more = () if count is None else ("--peculiar", str(count))
    out = synthesize(tmp_path, preset, "--rows", "3000", "--seed", "8", *more)
    found = 0
    for path in out.glob("*.csv"):
        rows = records(path)
        listed = planted(path)["peculiar"]
        found += len(listed)  # type: ignore[arg-type]
        for kind in {p["kind"] for p in listed}:  # type: ignore[attr-defined]
            at = [number for number, row in enumerate(rows, 1) if PECULIAR[kind](row)]
            first = sorted((p["row"], p["person"]) for p in listed if p["kind"] == kind)  # type: ignore[attr-defined]
            expected = [row + line for row, _ in first for line in range(LINES.get(kind, 1))]
            person = PERSON[path.stem]
            for row, who in first:
                assert {rows[row + line - 1][person] for line in range(LINES.get(kind, 1))} == {who}
            if path.stem == "claims" and kind == "oldest_person_116":
                # All rows of the person are old; the listed one is the first of them.
                number = {row["番号"] for row in rows if PECULIAR[kind](row)}
                assert len(number) == len(expected)
                at = [n for n in at if n == 1 or rows[n - 2]["番号"] != rows[n - 1]["番号"]]
            if kind == "two_products_of_nobody_else":  # many have one of them
                both = {w for _, w in first}
                assert {rows[n - 1][person] for n in at} >= both and len(at) > len(expected)
                held = defaultdict(set)
                for n in at:
                    held[rows[n - 1][person]].add(rows[n - 1]["商品名"])
                assert {who for who, names in held.items() if len(names) == 2} == both
                at = expected
            assert at == expected, kind
    assert found == (count or found) and found >= 3


def test_rare_town_household_has_one_person(tmp_path: Path) -> None:
    rows = records(synthesize(tmp_path, "residents", "--rows", "2000") / "residents.csv")
    (home,) = {row["世帯ID"] for row in rows if "青ヶ島" in row["住所"]}
    assert [row["続柄"] for row in rows if row["世帯ID"] == home] == ["世帯主"]


@pytest.mark.parametrize(
    ("kind", "encoding"), [("csv", "utf-8"), ("tsv", "cp932"), ("csv", "euc_jp"), ("jsonl", "utf-8")]
)
@pytest.mark.parametrize("ending", ["lf", "crlf"])
def test_dirty_rows_are_the_listed_and_only_those(
    kind: str, encoding: str, ending: str, tmp_path: Path
) -> None:
    words = ("tax", "--rows", "2000", "--format", kind, "--encoding", encoding, "--line-ending", ending)
    clean = (synthesize(tmp_path / "clean", *words) / f"tax.{kind}").read_bytes()
    path = synthesize(tmp_path / "dirty", *words, "--dirty", "25") / f"tax.{kind}"
    end = b"\r\n" if ending == "crlf" else b"\n"
    header = 0 if kind == "jsonl" else 1
    old, new = clean.split(end), path.read_bytes().split(end)
    changed = [i - header + 1 for i, (a, b) in enumerate(zip(old, new, strict=True)) if a != b]
    listed = planted(path)["dirty"]
    assert changed == [d["row"] for d in listed]  # type: ignore[index, attr-defined]
    kinds = set()
    for entry in listed:  # type: ignore[attr-defined]
        kinds.add(entry["kind"])
        assert spoiled_as(entry["kind"], new[entry["row"] - 1 + header], kind, encoding), entry
    shape = {"broken_json"} if kind == "jsonl" else {"missing_field", "extra_field"}
    assert kinds == shape | {"undecodable_bytes", "bad_date", "bad_number"}


def spoiled_as(dirt: str, line: bytes, kind: str, encoding: str) -> bool:
    try:
        text = line.decode(encoding)
    except UnicodeDecodeError:
        return dirt == "undecodable_bytes"
    if kind == "jsonl":
        try:
            values = json.loads(text)
        except json.JSONDecodeError:
            return dirt == "broken_json"
        date, number = values["生年月日"], values["給与収入"]
    else:
        (fields,) = csv.reader([text], delimiter="\t" if kind == "tsv" else ",")
        if len(fields) != 15:
            return dirt == ("missing_field" if len(fields) == 14 else "extra_field")
        date, number = fields[3], fields[8]
    if date == "2024-02-30":
        return dirt == "bad_date"
    return dirt == "bad_number" and number == "不明"


def test_dirt_goes_to_the_history_and_never_on_planted_rows(tmp_path: Path) -> None:
    out = synthesize(tmp_path, "id_pos", "--rows", "400", "--peculiar", "36", "--dirty", "208")
    listing = planted(out / "receipts.csv")
    kept = [p["row"] + line for p in listing["peculiar"] for line in range(8)]  # type: ignore[attr-defined]
    rows = kept + [d["row"] for d in listing["dirty"]]  # type: ignore[attr-defined]
    assert len(set(rows)) == len(rows) == 400
    assert planted(out / "members.csv")["dirty"] == []


def test_random_order_shuffles_ids_only(tmp_path: Path) -> None:
    rows = SPAN_ROWS + 1000
    words = ("residents", "--rows", str(rows), "--format", "parquet")
    one = pq.read_table(synthesize(tmp_path / "a", *words) / "residents.parquet")
    path = synthesize(tmp_path / "r", *words, "--person-order", "random") / "residents.parquet"
    other = pq.read_table(path)
    ids = other["宛名番号"].to_pylist()
    assert ids != sorted(ids)
    assert sorted(ids) == one["宛名番号"].to_pylist()
    assert one.drop(["宛名番号"]).equals(other.drop(["宛名番号"]))


def test_line_endings_bom_and_gzip_header(tmp_path: Path) -> None:
    words = ("claims", "--rows", "50", "--encoding", "utf-8-sig", "--line-ending", "crlf")
    data = (synthesize(tmp_path, *words) / "claims.csv").read_bytes()
    assert data.startswith("\ufeff明細番号,".encode())
    assert data.count(b"\xef\xbb\xbf") == 1
    assert data.count(b"\r\n") == data.count(b"\n") == 51
    packed = (synthesize(tmp_path, *words, "--gzip", "--force") / "claims.csv.gz").read_bytes()
    assert gzip.decompress(packed) == data
    assert packed[4:8] == bytes(4)
    lines = synthesize(tmp_path, "tax", "--rows", "9", "--format", "jsonl", "--line-ending", "crlf")
    assert (lines / "tax.jsonl").read_bytes().count(b"\r\n") == 9


@pytest.mark.parametrize(
    ("words", "where"),
    [
        (("residents", "--rows", "0"), "--rows"),
        (("residents", "--rows", "100000001"), "--rows"),
        (("residents", "--seed", "-1"), "--seed"),
        (("residents", "--dirty", "-1"), "--dirty"),
        (("residents", "--peculiar", "-1"), "--peculiar"),
        (("residents", "--format", "parquet", "--dirty", "1"), "--dirty"),
        (("residents", "--format", "avro", "--gzip"), "--gzip"),
        (("residents", "--format", "avro", "--line-ending", "crlf"), "--line-ending"),
        (("residents", "--format", "jsonl", "--encoding", "cp932"), "--encoding"),
        (("residents", "--format", "parquet", "--encoding", "euc_jp"), "--encoding"),
        (("tax", "--person-order", "random"), "--person-order"),
        (("residents", "--rows", "5", "--peculiar", "4", "--dirty", "2"), "--peculiar, --dirty"),
    ],
)
def test_bad_usage_is_refused_before_anything_is_written(
    words: tuple[str, ...], where: str, tmp_path: Path
) -> None:
    with pytest.raises(PolicyError) as caught:
        synthesize(tmp_path / "out", *words)
    assert caught.value.where == where
    assert not (tmp_path / "out").exists()


def test_existing_files_are_refused_unless_forced(tmp_path: Path) -> None:
    words = ("residents", "--rows", "20")
    path = synthesize(tmp_path, *words) / "residents.csv"
    before = path.read_bytes()
    with pytest.raises(PolicyError, match="exists"):
        synthesize(tmp_path, *words, "--seed", "9")
    assert path.read_bytes() == before
    synthesize(tmp_path, *words, "--seed", "9", "--force")
    assert path.read_bytes() != before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["residents.csv", "residents.planted.json"]


def test_command_line_reports_and_fails_with_status_2(tmp_path: Path) -> None:
    base = [sys.executable, "-m", "tokumei.pipelines.synthesize", "residents", "--output", str(tmp_path)]
    good = subprocess.run([*base, "--rows", "1000"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert good.returncode == 0
    assert "residents.csv: 1,000 rows" in good.stdout and "rows/s" in good.stdout
    bad = subprocess.run([*base, "--rows", "0"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert bad.returncode == 2
    assert "--rows" in bad.stderr and "Traceback" not in bad.stderr


def test_help_does_not_import_heavy_libraries() -> None:
    code = "import sys, tokumei.pipelines.synthesize; print({'numpy','polars','pyarrow','faker'} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "set()"
