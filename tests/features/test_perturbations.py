"""Microaggregation, noise and rank swapping end to end: from any format, cut anywhere, told in the report."""

import datetime as dt
import io
import json
from collections import Counter, defaultdict

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.helpers import policy_of

from tokumei.transforms.planning import reading as records
from tokumei.transforms.release import dealing

ROWS, PEOPLE, K = 600, 150, 5
DAY = dt.date(2020, 1, 1)
SOURCE = [
    {
        "id": f"p{i % PEOPLE:03d}",
        "town": "ABC"[i % 3],
        "pay": (i * i) % 1009 * 1000 if i % 50 else None,
        "weight": (i * 37 % 601) / 10,
        "visits": i,
        "seen": DAY + dt.timedelta(i * 7 % 365),
        "rate": (i * 7 % 100) / 100,
    }
    for i in range(ROWS)
]
COLUMNS = {
    "id": {"treat": [{"criterion": 3, "method": "pseudonym", "link": "person"}]},
    "town": {"treat": [{"criterion": 5, "method": "generalize", "hierarchy": {"kind": "suppress"}}]},
    "pay": {"type": "integer", "treat": [{"criterion": 5, "method": "microaggregate"}]},
    "weight": {"type": "number", "treat": [{"criterion": 5, "method": "noise", "scale": 2, "min": 0}]},
    "visits": {"type": "integer", "treat": [{"criterion": 5, "method": "rank_swap", "within": 0.1}]},
    "seen": {"type": "date", "treat": [{"criterion": 5, "method": "noise", "scale": 30}]},
    "rate": {
        "type": "number",
        "treat": [
            {"criterion": 4, "method": "microaggregate", "people": 20, "representative": "median"},
            {"criterion": 5, "method": "rank_swap", "within": 0.05},
        ],
    },
}


def _csv(rows):
    lines = [",".join("" if v is None else str(v) for v in row.values()) for row in rows]
    return "\n".join([",".join(SOURCE[0]), *lines]) + "\n"


def _parquet(rows):
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), sink, row_group_size=100)
    return sink.getvalue()


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
@pytest.mark.parametrize("output_format", ["csv", "parquet", "avro"])
def test_all_three_on_many_chunks(run, monkeypatch, file_format, output_format):
    monkeypatch.setattr(records, "MAX_ROWS", 70)
    monkeypatch.setattr(dealing, "PART_CELLS", 500)
    monkeypatch.setattr(dealing, "SPARE", 2)
    source = {"format": file_format}
    path = f"in/*.{file_format}"
    policy = policy_of(
        COLUMNS,
        source=source,
        path=path,
        person="id",
        rows="several",
        k=K,
        output={"format": output_format},
    )
    encode = _csv if file_format == "csv" else _parquet
    files = {f"in/{i}.{file_format}": encode(SOURCE[i::2]) for i in range(2)}
    done = run(policy, files)
    assert done.status == 0, done.err
    assert len(done.manifest["tables"]["t"]["files"]) >= 2
    rows = done.rows()
    assert len(rows) == ROWS and len({r["id"] for r in rows}) == PEOPLE
    # rank swapping: every value is still there; microaggregation: groups of enough people, nulls stay
    assert sorted(r["visits"] for r in rows) == list(range(ROWS))
    people = defaultdict(set)
    for r in rows:
        people[r["pay"]].add(r["id"])
    assert people.pop(None) and sum(r["pay"] is None for r in rows) == ROWS / 50
    assert len(people) > 20 and all(len(p) >= K for p in people.values())
    assert min(Counter(r["rate"] for r in rows).values()) >= 20
    assert all(type(r["visits"]) is int and isinstance(r["seen"], dt.date) for r in rows)
    assert min(r["weight"] for r in rows) >= 0
    report = done.report["tables"][0]
    columns = {c["name"]: c for c in report["columns"]}
    told = {name: column["steps"][-1] for name, column in columns.items()}
    assert "ミクロアグリゲーション" in told["pay"]["sentence"]
    assert (
        "平均絶対偏差2のラプラス分布" in told["weight"]["sentence"] and "0以上" in told["weight"]["sentence"]
    )
    assert "本人ごとに1つ" in told["seen"]["sentence"]
    assert "データ交換" in told["visits"]["sentence"]
    assert told["visits"]["counts"]["cells_changed"] > 0.95 * ROWS
    assert told["weight"]["counts"]["cells_changed"] > 0.9 * ROWS
    assert [c["method"] for c in columns["rate"]["steps"]] == ["microaggregate", "rank_swap"]
    assert any("実際の値とは限らない" in text for text in done.report["limits"])
    for name in ("weight", "visits", "seen", "pay"):
        for side in ("before", "after"):
            bars = columns[name][side]["bars"]
            assert bars and columns[name][side]["ordered"]
            assert sum(b["records"] for b in bars) >= 0.9 * ROWS
    assert "0.5" in {bar["label"] for bar in columns["rate"]["after"]["bars"]}
    html = (done.release / "report.html").read_text()
    assert all(text["sentence"] in html for text in told.values())


@pytest.fixture
def one_key(monkeypatch):
    """Draw the same key in every run, as a retry of the whole run would find it."""
    from tokumei.transforms.engine.run_key import RunKey

    monkeypatch.setattr(RunKey, "draw", classmethod(lambda cls: cls(bytes(range(32)))))


def _values(done, *names):
    return Counter(tuple(str(r[n]) for n in names) for r in done.rows())


PEOPLE_POLICY = {"person": "id", "rows": "several", "k": K}
NAMES = ("id", "pay", "weight", "visits", "seen", "rate")


def test_the_key_decides_everything(run, one_key, monkeypatch):
    policy = policy_of(COLUMNS, **PEOPLE_POLICY)
    first = run(policy, {"data.csv": _csv(SOURCE)}, output="one")
    again = run(policy, output="two")
    assert first.status == again.status == 0, first.err
    assert _values(first, *NAMES) == _values(again, *NAMES)
    monkeypatch.undo()
    other = run(policy, output="three")
    assert _values(other, "pay") == _values(first, "pay")
    for name in ("weight", "seen"):
        assert _values(other, name) != _values(first, name)
    assert _values(other, "visits", "pay") != _values(first, "visits", "pay")


def test_noise_is_one_a_person_over_all_chunks(run, monkeypatch):
    """Days between two visits of a person stay; their mean tells nothing more than one of them."""
    monkeypatch.setattr(records, "MAX_ROWS", 37)
    keep = {"keep": True, "because": "試験"}
    columns = {**COLUMNS, "visits": {"type": "integer", **keep}, "rate": {"type": "number", **keep}}
    done = run(policy_of(columns, **PEOPLE_POLICY), {"data.csv": _csv(SOURCE)})
    assert done.status == 0, done.err
    shifts = defaultdict(set)
    for r in done.rows():
        shifts[r["id"]].add((r["seen"] - SOURCE[r["visits"]]["seen"]).days)
    assert all(len(s) == 1 for s in shifts.values())
    assert len({min(s) for s in shifts.values()}) > 30
    per_record = json.loads(json.dumps(columns))
    per_record["seen"]["treat"][0]["per"] = "record"
    done = run(policy_of(per_record, **PEOPLE_POLICY), output="record")
    shifts = defaultdict(set)
    for r in done.rows():
        shifts[r["id"]].add((r["seen"] - SOURCE[r["visits"]]["seen"]).days)
    assert sum(len(s) > 1 for s in shifts.values()) > 0.9 * PEOPLE


def test_nothing_of_a_suppressed_record_is_swapped_into_the_release(run):
    """Perturbation sees the released records only."""
    rows = [*(f"{'AB'[i % 2]},{i}" for i in range(40)), "Z,900001", "Z,900002"]
    columns = {
        "town": {
            "treat": [{"criterion": 5, "method": "generalize", "hierarchy": {"kind": "prefix", "keep": [1]}}]
        },
        "pay": {"type": "integer", "treat": [{"criterion": 5, "method": "rank_swap", "within": 1.0}]},
    }
    done = run(policy_of(columns, k=3, limit=0.05), {"data.csv": "\n".join(["town,pay", *rows]) + "\n"})
    assert done.status == 0, done.err
    assert done.report["tables"][0]["records_suppressed"] == 2
    assert sorted(r["pay"] for r in done.rows()) == list(range(40))
    assert done.report["tables"][0]["columns"][1]["steps"][0]["counts"] == {"cells_changed": 40}
