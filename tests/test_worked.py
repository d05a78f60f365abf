"""The whole policies of the reference are worked: files as they describe them are released as the text says."""

import csv
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

TEXT = (Path(__file__).parents[1] / "schemas" / "README.md").read_text()
WHOLE, HISTORY, TWO, REDACTED, NIGHTLY = re.findall(r"```yaml\n(version: 1\n.*?)```", TEXT, re.DOTALL)
PLACES = ("東京都新宿区西新宿2-8-1", "東京都渋谷区神南1-1-1", "神奈川県横浜市中区本町6-50-10")
PEOPLE, VISITS = 200, 3


def written(path, rows, encoding="utf-8"):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding=encoding, newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def member(i):
    return {
        "name": f"氏名{i:03d}",
        "postal": "160-0023",
        "phone": f"03-9999-{i:04d}",
        "joined": f"20{10 + i % 10}-04-01",
        "birth": f"{1950 + i % 40}-01-02",
        "address": PLACES[i % 2],
        "my_number": "",
        "member_id": f"M{i:05d}",
        "income": 3_000_000 + 1000 * (i % 50),
        "disease": "高血圧症" if i % 3 else "糖尿病",
        "remarks": "",
        "staff_id": f"S{i % 7}",
        "gender": "男" if i % 2 else "女",
    }


def test_a_whole_policy(run, tmp_path):
    written(tmp_path / "members" / "2026.csv", [member(i) for i in range(PEOPLE)], "cp932")
    done = released(run, tmp_path, WHOLE)
    assert done.manifest["people"] == PEOPLE
    (row, *_) = done.rows("members")
    assert set(row) == {*member(0)} - {"name", "my_number", "remarks", "staff_id"}


def released(run, folder, text):
    (folder / "policy.yaml").write_text(text)
    checked = run(folder / "policy.yaml", job="check")
    assert checked.status == 0, checked.err
    assert "nothing that stops a run was found in all records" in checked.out
    done = run(folder / "policy.yaml")
    assert done.status == 0, done.err
    return done


def test_a_history(run, tmp_path):
    written(
        tmp_path / "visits.csv",
        [
            {
                "insured_id": f"I{i:05d}",
                "birth": f"{1950 + i % 40}-01-02",
                "visited": f"2025-{1 + visit:02d}-10",
                "disease": "高血圧症" if i % 3 else "糖尿病",
                "points": 500 + i,
            }
            for i in range(PEOPLE)
            for visit in range(VISITS)
        ],
    )
    done = released(run, tmp_path, HISTORY)
    told = re.search(r"Of (\d+) people with three visits each it leaves `(.*?)`", TEXT)
    assert int(told[1]) == PEOPLE and f"released {told[2]}\n" in done.out
    visits = pa.Table.from_pylist(done.rows("visits"))
    assert set(visits["insured_id"].value_counts().field("counts").to_pylist()) == {VISITS}


def test_two_tables(run, tmp_path):
    members = [
        {k: member(i)[k] for k in ("member_id", "name")} | {"city": PLACES[i % 3]} for i in range(PEOPLE)
    ]
    written(tmp_path / "members.csv", members)
    (tmp_path / "receipts").mkdir()
    receipts = pa.table(
        {
            "member_id": [f"M{i % PEOPLE:05d}" for i in range(3 * PEOPLE)],
            "receipt_id": [f"M{i:05d}" for i in range(3 * PEOPLE)],
            "sold_at": [f"2026-04-{1 + i % 28:02d} 18:25" for i in range(3 * PEOPLE)],
            "item": ["米" if i % 2 else "茶" for i in range(3 * PEOPLE)],
        }
    )
    pq.write_table(receipts, tmp_path / "receipts" / "1.parquet")
    done = released(run, tmp_path, TWO)
    ids = {row["member_id"] for row in done.rows("members")}
    joined = [row["member_id"] for row in done.rows("receipts")]
    assert len(ids) == PEOPLE and set(joined) == ids and len(joined) == 3 * PEOPLE
    assert not ids & {row["receipt_id"] for row in done.rows("receipts")}, "receipts have a link of their own"


def test_text_with_labels(run, tmp_path):
    written(
        tmp_path / "calls.csv",
        [
            {
                "member_id": f"M{i:05d}",
                "氏名": "佐藤 花子",
                "フリガナ": "サトウ ハナコ",
                "age": 20 + i % 60,
                "memo": "佐藤様より入電。０９０−１２３４−５６７８を希望" if i % 2 else "特になし",
            }
            for i in range(PEOPLE)
        ],
    )
    done = released(run, tmp_path, REDACTED)
    left = re.search(r"personal: 「(.*?)」", TEXT)[1]
    assert {row["memo"] for row in done.rows("calls")} == {left, "特になし"}


def test_what_differs_every_night(run, tmp_path, monkeypatch):
    inbox = tmp_path / "srv" / "inbox"
    monkeypatch.setenv("INBOX", str(inbox))
    written(inbox / "shiba" / "20261130" / "1.csv", [{"age": 20 + i % 40} for i in range(PEOPLE)])
    (tmp_path / "policy.yaml").write_text(NIGHTLY.replace('"/srv/[a-z/]+"', f'"{tmp_path}/srv/[a-z/]+"'))
    settings = ["--date", "2026-11-30", "--set", "ward=shiba"]
    assert run(tmp_path / "policy.yaml", job="check", args=settings).status == 0
    done = run(tmp_path / "policy.yaml", args=settings)
    assert done.status == 0, done.err
    assert done.manifest["people"] == PEOPLE
    assert {p["name"]: p["value"] for p in done.report["parameters"]}["ward"] == "shiba"


@pytest.mark.parametrize(
    "heading", ["A history", "Two tables", "Text with labels", "Choosing quasi-identifiers"]
)
def test_the_reference_says_where_they_stand(heading):
    assert f"](#{heading.lower().replace(' ', '-')})" in TEXT and f"\n## {heading}\n" in TEXT
