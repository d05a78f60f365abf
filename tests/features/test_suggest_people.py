"""`tokumei suggest` where it must tell whose records they are: staff, slips, several numbers; and answers."""

import csv
import datetime as dt
import gzip
import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from tokumei.schemas.strict import TO_DECIDE

FACTS = {"requirements.because": "試算から"}
STATED = [
    "--name",
    "台帳",
    "--department",
    "企画課",
    "--purpose",
    "統計の作成",
    "--how-provided",
    "電磁的方法",
]
DOCTORS = ("田中 一郎", "佐藤 花子", "鈴木 次郎")


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lines(folder, name, header, *rows):
    (folder / name).write_text("\n".join([header, *rows]) + "\n", "utf-8")


def suggested(run, *files, answers=FACTS, args=(), body="株式会社サンプル", status=0):
    titles = {f"tables.{name.partition('.')[0]}.title": "表" for name in files}
    Path("answers.yaml").write_text(json.dumps({**answers, **titles}, ensure_ascii=False), "utf-8")
    args = [*files[1:], "--answers", "answers.yaml", "--body", body, *STATED, *args]
    done = run(files[0], job="suggest", args=args)
    assert done.status == status, done.err
    return done.out if status == 0 else done.err


def prescriptions(folder, patients=300):
    """Each patient has three slips, each of another doctor; slips have one record each."""
    lines(
        folder,
        "slips.csv",
        "処方箋番号,患者番号,処方医氏名,薬品名,請求点数",
        *(
            f"R{3 * p + i:06d},{p:05d},{DOCTORS[(p + i) % 3]},{'ABCDEFGH'[(p + i) % 8]}錠,{200 + (p * 7 + i) % 50}"
            for p in range(patients)
            for i in range(3)
        ),
    )


def test_a_slip_of_one_record_is_no_person_where_patients_have_several(run, here):
    prescriptions(here)
    text = suggested(run, "slips.csv", args=["--use-case", "prescriptions"])
    policy = yaml.safe_load(text)
    table = policy["tables"]["slips"]
    assert (table["person"], table["rows_per_person"]) == ("患者番号", "several")
    assert table["columns"]["処方箋番号"]["drop"] is True
    assert policy["histories"][0]["facts"][0] == {"table": "slips", "columns": ["薬品名"]}
    (here / "policy.yaml").write_text(text, "utf-8")
    assert run(here / "policy.yaml").status == 0


def test_a_number_that_is_called_a_persons_is_asked_about_where_people_differ_by_it(run, here):
    """Beside a member's number stand two sexes: either it is of a household, or each record is of a person."""
    rows = (f"T{i:05d},M{i // 3:05d},{'男女'[i % 2]},{20 + i % 50}" for i in range(900))
    lines(here, "t.csv", "取引番号,会員番号,性別,年齢", *rows)
    asked = yaml.safe_load(suggested(run, "t.csv"))["tables"]["t"]["person"]
    assert asked.startswith(TO_DECIDE) and "取引番号" in asked and "会員番号" in asked
    told = {**FACTS, "tables.t.person": "会員番号"}
    table = yaml.safe_load(suggested(run, "t.csv", answers=told))["tables"]["t"]
    assert (table["person"], table["rows_per_person"]) == ("会員番号", "several")
    assert table["columns"]["会員番号"]["treat"] == [
        {"criterion": 3, "method": "pseudonym", "link": "person"}
    ]
    nobody = yaml.safe_load(suggested(run, "t.csv", answers={**FACTS, "tables.t.person": ""}))["tables"]["t"]
    assert "person" not in nobody and nobody["rows_per_person"] == "one"


@pytest.mark.parametrize(
    ("place", "answer"),
    [
        ("foo.bar", "x"),
        ("file.nmae", "x"),
        ("tables.tt.person", "会員番号"),
        ("tables.slips.person", "会員"),
        ("tables.slips.columns.薬品", {"as": "区分", "because": "x"}),
        ("tables.slips.columns.薬品名", {"as": "おおうそ", "because": "x"}),
        ("tables.slips.columns.薬品名", "区分"),
    ],
)
def test_an_answer_to_nothing_is_refused(run, here, place, answer):
    prescriptions(here, 30)
    told = suggested(run, "slips.csv", answers={**FACTS, place: answer}, args=["--json"], status=2)
    assert json.loads(told)["code"] == "suggest.answer" and place in json.loads(told)["where"]


def test_an_answer_holds_for_a_column_that_was_not_asked_about(run, here):
    prescriptions(here)
    place = "tables.slips.columns.薬品名"
    text = suggested(run, "slips.csv", answers={**FACTS, place: {"as": "自由記述", "because": "窓口のメモ"}})
    assert yaml.safe_load(text)["tables"]["slips"]["columns"]["薬品名"] == {"title": "薬品名", "type": "text"}


@pytest.mark.parametrize(("body", "regime"), [("富士市", "public"), ("株式会社富士", "private")])
def test_the_name_of_the_body_tells_the_regime(run, here, body, regime):
    prescriptions(here, 100)
    policy = yaml.safe_load(suggested(run, "slips.csv", body=body))
    assert policy["regime"] == regime
    asked = {item for item, value in policy["file"].items() if TO_DECIDE in str(value)}
    needed = {"scope", "collection", "request_office", "product_office", "product_period"}
    assert asked == (needed if regime == "public" else set())


def test_free_text_of_few_values_and_masked_numbers_are_asked_about_and_sizes_are_no_codes(run, here):
    notes = ("", "", "特になし", "山田様 要配慮")
    rows = (
        f"{i:05d},{notes[i % 4]},{'*' if i % 40 == 7 else 1000 * (i % 97)},{150 + i % 37}.{i % 10},{'12'[i % 2]}"
        for i in range(400)
    )
    lines(here, "t.csv", "会員番号,フリーコメント,所得金額,身長,性別区分", *rows)
    columns = yaml.safe_load(suggested(run, "t.csv"))["tables"]["t"]["columns"]
    assert columns["フリーコメント"]["because"].startswith(TO_DECIDE)
    assert (
        columns["所得金額"]["because"]
        == f"{TO_DECIDE}ほとんどは数だが、10件が読めない。項目を渡さないか、ファイルを直すか"
    )
    assert columns["身長"]["treat"][0]["method"] == "tail"
    assert columns["性別区分"]["treat"][0]["method"] == "generalize"


def test_a_redacted_text_is_what_it_was(run, here):
    rows = (f"{i:05d},窓口で相談があり、{i}回目の説明をした。" for i in range(300))
    lines(here, "t.csv", "会員番号,備考", *rows)
    policy = yaml.safe_load(suggested(run, "t.csv"))
    policy["tables"]["t"]["columns"]["備考"] |= {
        "treat": [{"criterion": 1, "method": "redact_text", "because": "相談の内容を分析する"}]
    }
    (here / "policy.yaml").write_text(yaml.safe_dump(policy, allow_unicode=True), "utf-8")
    done = run("--against", job="suggest", args=["policy.yaml"])
    assert done.status == 0, done.out + done.err


def test_a_public_body_named_on_the_terminal_is_asked_what_its_register_needs(run, here, monkeypatch):
    prescriptions(here, 100)
    answers = {"file.body": "富士見市", "requirements.k": "5", "file.product_period.start": "2026-04-01"}
    answers["file.product_period.end"] = "2027-03-31"
    asked = []

    def answer(prompt=""):
        place = asked[-1] if prompt == "> " else prompt.strip().partition(":")[0]
        return answers.get(place, "答え")

    def shown(*texts, **_):
        asked.append("".join(map(str, texts)).strip().partition(":")[0])

    monkeypatch.setattr("builtins.input", answer)
    monkeypatch.setattr("tokumei.pipelines.launcher.asking.print", shown, raising=False)
    for stream in (sys.stdin, sys.stdout):
        monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
    done = run("slips.csv", job="suggest", args=["--output", "policy.yaml"])
    assert done.status == 0, done.err
    policy = yaml.safe_load((here / "policy.yaml").read_text("utf-8"))
    assert (policy["regime"], policy["requirements"]["k"]) == ("public", 5)
    assert asked.index("file.scope") > asked.index("file.body")
    assert asked[-1] == "requirements.because"
    assert run(here / "policy.yaml", job="check").status == 0


@pytest.mark.parametrize(
    "name",
    ["改\n行", "{a", "? x", "<<", "- b", "a: b", "#c", "yes", "null", "1e3", "'q", '"', "x # y", "=", "[1"],
)
def test_any_name_of_a_column_is_written_so_that_it_is_read_again(run, here, name):
    with (here / "t.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["会員番号", name, "写し"])
        rows.writerows([f"{i:05d}", "あいうえ"[i % 4], "かきくけ"[i % 4]] for i in range(200))
    policy = yaml.safe_load(suggested(run, "t.csv"))
    assert name in policy["tables"]["t"]["columns"]


def test_a_file_that_is_cut_off_is_said_to_be(run, here):
    whole = gzip.compress("会員番号,区分\n".encode() + b"".join(b"%05d,a\n" % i for i in range(20_000)))
    (here / "t.csv.gz").write_bytes(whole[: len(whole) // 2])
    told = json.loads(suggested(run, "t.csv.gz", args=["--json"], status=3))
    assert told["code"] == "input.gzip"


def test_a_wide_table_is_suggested_for(run, here):
    """Every pair of columns is compared; before, 3,000 columns took more than ten minutes."""
    header = ["会員番号", *(f"c{i}" for i in range(400))]
    rows = (",".join([f"{i:05d}", *("あいう"[(i * j) % 3] for j in range(400))]) for i in range(20))
    lines(here, "t.csv", ",".join(header), *rows)
    columns = yaml.safe_load(suggested(run, "t.csv"))["tables"]["t"]["columns"]
    assert (
        sum(column.get("drop", False) for column in columns.values()) == 399
    )  # c0 is constant, c1 tells the others


def test_the_person_column_has_a_title_where_its_name_tells_none(run, tmp_path, monkeypatch):
    """Whoever is asked for one and writes 被保険者の番号 would be told that it is an identification code."""
    monkeypatch.chdir(tmp_path)
    rows = (f"X{i % 90:04d},{'男女'[i % 2]},{1940 + i % 90 % 50},{i * 7 % 900}" for i in range(720))
    Path("t.csv").write_text("\n".join(("iid,sex,birth_year,points", *rows)) + "\n")
    done = run("t.csv", job="suggest")
    policy = yaml.safe_load(done.out)["tables"]["t"]
    assert (policy["person"], policy["columns"]["iid"]["title"]) == ("iid", "本人の番号")


@pytest.mark.parametrize(
    "unit", [pa.timestamp("us"), pa.timestamp("ms", tz="UTC"), pa.timestamp("ns", "Asia/Tokyo")]
)
def test_times_of_parquet_are_read_as_times_and_their_midnights_as_days(run, here, unit):
    """Whoever reads a time of day as a date refuses every record."""
    days = [dt.datetime(1950 + i % 50, 1 + i % 12, 1 + i % 28) for i in range(300)]
    columns = {
        "患者番号": [f"{i:05d}" for i in range(300)],
        "生年月日": pa.array(days, pa.timestamp("us")),
        "受診日時": pa.array([d.replace(year=2025, hour=9, minute=5) for d in days], pa.timestamp("us")).cast(
            unit
        ),
    }
    pq.write_table(pa.table(columns), "v.parquet")
    table = yaml.safe_load(suggested(run, "v.parquet"))["tables"]["v"]
    assert {n: c.get("type") for n, c in table["columns"].items()} == {
        "患者番号": None,
        "生年月日": "date",
        "受診日時": "datetime",
    }
    assert (table["person"], table["columns"]["受診日時"]["treat"][0]["method"]) == ("患者番号", "year_month")
