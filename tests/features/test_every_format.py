"""Every input and output format gives the same release."""

import io
import json
import re
from collections import Counter

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.helpers import SUPPRESS, policy_of

RECORDS = [
    {
        "code": f"{i % 4:03d}",
        "age": 20 + i % 30 if i > 1 else 116,  # two people: a label of one would be refused
        "born": f"19{60 + i % 30}-0{1 + i % 9}-1{i % 10}",
        "pay": None if i % 11 == 0 else i * 1000.5,
        "ok": i % 2 == 0,
        "town": ["東京都千代田区", "大阪府堺市", "北海道函館市"][i % 3] + "一丁目",
    }
    for i in range(60)
]


FORMAT_COLUMNS = {
    "code": {"treat": [SUPPRESS]},
    "age": {
        "type": "integer",
        "treat": [{"criterion": 4, "method": "top_code", "at": 90, "label": "90歳以上"}],
    },
    "born": {"type": "date", "treat": [{"criterion": 1, "method": "year"}]},
    "pay": {"type": "number", "treat": [{"criterion": 4, "method": "tail", "people": 5}]},
    "ok": {"type": "boolean", "keep": True, "because": "試験"},
    "town": {"treat": [{"criterion": 1, "method": "address", "level": "prefecture"}]},
}


def _csv(encoding):
    lines = [",".join(RECORDS[0])]
    for r in RECORDS:
        cells = ["" if v is None else str(v).lower() if isinstance(v, bool) else str(v) for v in r.values()]
        lines.append(",".join(cells))
    return ("\r\n".join(lines) + "\r\n").encode(encoding)


def _parquet():
    sink = io.BytesIO()
    import datetime as dt

    rows = [{**r, "born": dt.date.fromisoformat(r["born"])} for r in RECORDS]
    pq.write_table(pa.Table.from_pylist(rows), sink, row_group_size=25)
    return sink.getvalue()


def _avro():
    sink = io.BytesIO()
    kinds = {
        "code": "string",
        "age": "long",
        "born": "string",
        "pay": ["null", "double"],
        "ok": "boolean",
        "town": "string",
    }
    schema = {"type": "record", "name": "R", "fields": [{"name": n, "type": t} for n, t in kinds.items()]}
    fastavro.writer(sink, schema, RECORDS, sync_interval=500)
    return sink.getvalue()


def _jsonl():
    return "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in RECORDS).encode()


FORMATS = {
    "utf-8": ({"format": "csv"}, _csv("utf-8")),
    "bom": ({"format": "csv"}, _csv("utf-8-sig")),
    "cp932": ({"format": "csv", "encoding": "cp932"}, _csv("cp932")),
    "parquet": ({"format": "parquet"}, _parquet()),
    "avro": ({"format": "avro"}, _avro()),
    "jsonl": ({"format": "jsonl"}, _jsonl()),
}


def _facts(done):
    """All of a release that must not depend on the input's format."""
    report = done.report
    table = report["tables"][0]
    rows = sorted(json.dumps(r, ensure_ascii=False, default=str) for r in done.rows())
    return rows, {**table, "people_check": ""}, report["people"]


@pytest.fixture(scope="module")
def reference():
    return {}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_release(run, reference, name):
    source, content = FORMATS[name]
    done = run(policy_of(FORMAT_COLUMNS, source=source, limit=0.1), {"data.csv": content})
    assert done.status == 0, done.err
    facts = _facts(done)
    assert facts == reference.setdefault("facts", facts)
    assert len(facts[0]) == 60 and sum('"90歳以上"' in r for r in facts[0]) == 2
    assert all(re.search(r'"born": "19\d\d"', r) for r in facts[0])


@pytest.mark.parametrize("file_format", ["parquet", "avro", "csv", "xlsx"])
def test_every_output_format_holds_the_same_rows(run, file_format):
    policy = policy_of(dict(FORMAT_COLUMNS.items()), limit=0.1, output={"format": file_format})
    done = run(policy, {"data.csv": _csv("utf-8")})
    assert done.status == 0, done.err
    rows = done.rows()
    assert len(rows) == 60
    assert Counter(str(r["town"]) for r in rows) == {"東京都": 20, "大阪府": 20, "北海道": 20}
    assert sum(str(r["pay"]).endswith("以上") for r in rows) == 5
    assert all(f["path"].endswith(file_format) for f in done.manifest["tables"]["t"]["files"])
