"""The same records from a table, from JSON lines, Avro and YAML; on Cloud Storage; under the law of 2017."""

import io
import json

import fastavro
import polars as pl
import pytest
from support.clerks import BODY, Desk, call, enter, judged, proposal
from support.workbooks import book_of

from tokumei.pipelines.cli import main
from tokumei.transforms.ledger.journal import journal_of
from tokumei.transforms.ledger.proposers import proposers_of
from tokumei.transforms.proposals.commands import COMMANDS
from tokumei.transforms.proposals.occasion import Occasion
from tokumei.transforms.proposals.records import read_records
from tokumei.transforms.storage.gcs import GcsStore
from tokumei.transforms.storage.local import LocalStore


@pytest.fixture
def desk(tmp_path, capsys):
    return Desk(tmp_path, capsys)


def flat(record, above=""):
    for key, value in record.items():
        if isinstance(value, dict):
            yield from flat(value, f"{above}{key}.")
        else:
            yield above + key, str(value)


def avro_of(value, name="r"):
    """A schema for records with parts; names of Avro are ASCII, so parts with Japanese names are maps."""
    if not isinstance(value, dict):
        return "string" if isinstance(value, str) else "long"
    if any(not key.isascii() for key in value):
        first = next(iter(value.values()))
        return {
            "type": "map",
            "values": avro_of(first, name + "_v") if not isinstance(first, dict) else MAPPED,
        }
    fields = [{"name": key, "type": avro_of(part, f"{name}_{key}")} for key, part in value.items()]
    return {"type": "record", "name": name, "fields": fields}


MAPPED = {
    "type": "record",
    "name": "paper",
    "fields": [
        {"name": "sha256", "type": "string"},
        {"name": "issued_on", "type": ["null", "string"], "default": None},
    ],
}


def written(form, records):
    rows = [dict(flat(record)) for record in records]
    if form in {"csv", "tsv", "parquet"}:
        frame, out = pl.DataFrame(rows), io.BytesIO()
        frame.write_parquet(out) if form == "parquet" else frame.write_csv(
            out, separator=",\t"[form == "tsv"]
        )
        return out.getvalue()
    if form == "xlsx":
        return book_of([list(rows[0]), *(list(row.values()) for row in rows)])
    if form == "avro":
        out = io.BytesIO()
        fastavro.writer(out, fastavro.parse_schema(avro_of(records[0])), records)
        return out.getvalue()
    if form == "jsonl":
        return "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records).encode()
    return json.dumps(records, ensure_ascii=False).encode()  # YAML too


FORMS = ["csv", "tsv", "parquet", "xlsx", "avro", "jsonl", "yaml"]


@pytest.mark.parametrize("form", FORMS)
def test_a_record_says_the_same_in_every_format(desk, tmp_path, form):
    file = desk.enter()
    desk("call", "files", judged(file))
    desk("call", "announce", call())
    records = [proposal(file, f"提案{n}") for n in (1, 2)]
    path = tmp_path / f"proposals.{form}"
    path.write_bytes(written(form, records))
    status, _, error = desk.run(
        "--json", "propose", "receive", desk.output, str(path), "--as-of", "2025-11-21"
    )
    assert status == 0, error
    events = journal_of(LocalStore(), f"{desk.output}/register", BODY).read()[0]
    said = [e.model_dump(mode="json", exclude={"event_id"}) for e in events if e.kind == "proposal_received"]
    assert [(s["subject"], s["payload"]["missing"], s["payload"]["proposal"]["people"]) for s in said] == [
        ("提案1", [], 2000),
        ("提案2", [], 2000),
    ]
    (tmp_path / "same.yaml").write_bytes(written("yaml", records[:1]))
    model = COMMANDS["propose"]["receive"].model
    (row,) = read_records(LocalStore(), str(tmp_path / "same.yaml"), model, "propose receive")
    key = proposers_of(LocalStore(), f"{desk.output}/register", BODY).keys(2025)[2025]
    occasion = Occasion(body=BODY, kind="行政機関", as_of=None, registered={}, key=key)
    assert said[0]["record"] == occasion.keyed(row.digest)[0]  # of what is said, not of how it is written


@pytest.mark.parametrize("form", ["csv", "yaml", "jsonl"])
def test_blanks_around_a_value_say_nothing(desk, tmp_path, form):
    desk.enter()
    desk("inquire", "receive", {"inquiry": "A1", "by": "local", "about": "x"})
    path = tmp_path / f"again.{form}"
    path.write_bytes(written(form, [{"inquiry": " A1　", "by": "local ", "about": "x"}]))
    _, out, _ = desk.run("--json", "inquire", "receive", desk.output, str(path), "--as-of", "2025-10-01")
    assert "taken in before" in out


@pytest.mark.parametrize("encoding", ["cp932", "utf-8-sig", "utf-16", "euc_jp"])
def test_a_table_may_be_written_as_spreadsheets_in_japan_write_it(desk, tmp_path, encoding):
    file = desk.enter()
    desk("call", "files", judged(file))
    desk("call", "announce", call())
    path = tmp_path / "proposals.csv"
    path.write_bytes(written("csv", [proposal(file)]).decode().encode(encoding))  # Japanese in the header too
    status, _, error = desk.run(
        "--json", "propose", "receive", desk.output, str(path), "--as-of", "2025-11-21"
    )
    assert status == 0, error
    event = journal_of(LocalStore(), f"{desk.output}/register", BODY).read()[0][-1]
    assert event.payload.proposal.purpose == "需要の予測" and event.payload.missing == ()


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("r.csv", b"case,because\nx,y\nx\nx,y\nx,y,z\n", ["record 2: ", "record 4: ", "number of fields"]),
        ("r.csv", "case,because\nx,理由\nx,y\n".encode() + b"x,\xff\n", ["record 3: ", "decoded"]),
        ("r.csv", b"case,because,because\nx,y,z\n", ["column 2", "same name"]),
        ("r.csv", b"case,case.x,because\nx,y,z\n", ["column 1", "behind a dot"]),
        ("r.csv", b"case.x,because,case\nx,y,z\n", ["column 3", "behind a dot"]),
        ("r.jsonl", b'{"case": 1, "because": 2}\n\n{"case": 1,\n', ["record 2", "one object"]),
        ("r.jsonl", b'{"case": 1, "because": 2, "case": 3}\n', ["record 1", "each key once"]),
        ("r.jsonl", '{"case": "名"}\n'.encode("cp932"), ["record 1", "UTF-8"]),
        ("r.yaml", "- {case: 名}\n".encode("cp932"), ["UTF-8"]),
        ("r.yaml", b"- case: x\n  because: y\n  case: z\n", ["line 3", "twice"]),
        ("r.yaml", b"- case: x\n- [a\n", ["line 3", "no YAML"]),
        ("r.yaml", b"- ? [a]\n  : y\n", ["line 1", "no text"]),
        ("r.avro", b"Obj\x01nonsense", ["cut short"]),
    ],
)
def test_a_message_tells_where_a_file_is_broken(desk, tmp_path, name, data, told):
    desk.enter()
    (tmp_path / name).write_bytes(data)
    args = ("--body-kind", "行政機関")
    status, _, error = desk.run("--json", "propose", "withdraw", desk.output, str(tmp_path / name), *args)
    assert (status, error["code"]) == (3, "record.broken")
    for text in told:
        assert text in error["where"] + ": " + error["what"]


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("r.txt", b"x", "record.format"),
        ("r.yaml", b"a: 1\n", "record.broken"),
        ("r.yaml", b"- &a {case: x}\n- *a\n", "record.broken"),
        ("r.yaml", "é".encode("latin-1"), "record.broken"),
        ("r.avro", b"Obj\x01nonsense", "record.broken"),
        ("r.jsonl", b'{"case": 1}\n[]\n', "record.broken"),
        ("r.yaml", b"[]\n", "record.none"),
        ("r.csv", b"case\n", "record.none"),
        ("r.yaml", b"- {case: x, because: y, himitsu: HIMITSU}\n", "record.invalid"),
        ("r.csv", b"case,because\nHIMITSU,\n", "record.invalid"),
        ("r.yaml", b"- HIMITSU\n", "record.invalid"),
        ("r.yaml", b"- {case: x, because: y, at: HIMITSU}\n", "record.invalid"),
        ("r.yaml", b"- {case: x, because: y, at: [HIMITSU]}\n", "record.invalid"),
        ("r.yaml", b"- {case: x, because: y, HIMITSU: z}\n", "record.invalid"),
        ("r.yaml", b"- {case: x, because: y, papers: {HIMITSU: z}}\n", "record.invalid"),
        ("r.csv", b"case,because,papers.HIMITSU.sha256\nx,y,z\n", "record.invalid"),
        ("r.csv", b"HIMITSU,x\nz,HIMITSU\n", "record.invalid"),
        (
            "r.yaml",
            b"- {case: x, because: y, papers: {z: {sha256: HIMITSU, issued_on: HIMITSU}}}\n",
            "record.invalid",
        ),
        ("r.yaml", b'- {case: "\\ud800", because: y}\n', "record.broken"),
        ("r.yaml", b"- {case: " + b"x" * 300_000 + b", becaus: y}\n", "record.invalid"),
    ],
)
def test_what_cannot_be_read_is_told_without_a_value(desk, tmp_path, name, data, code):
    desk.enter()
    (tmp_path / name).write_bytes(data)
    args = ("--body-kind", "行政機関")
    status, out, error = desk.run("--json", "propose", "withdraw", desk.output, str(tmp_path / name), *args)
    assert (status, error["code"]) == (3, code)
    assert "HIMITSU" not in out + json.dumps(error)


def test_the_first_records_of_a_body_say_what_kind_it_is(desk, tmp_path):
    desk.enter()
    (tmp_path / "r.yaml").write_text("- {inquiry: a, by: local, about: x}\n")
    status, _, error = desk.run("--json", "inquire", "receive", desk.output, str(tmp_path / "r.yaml"))
    assert (status, error["code"]) == (2, "usage.body_kind")
    assert desk.run("--json", "tick", desk.output)[2]["code"] == "ledger.none"
    inquiry = {"inquiry": "a", "by": "local", "about": "x"}
    assert desk("inquire", "receive", inquiry)[0] == 0
    status, _, error = desk("inquire", "receive", {**inquiry, "inquiry": "b"}, kind="市区町村")
    assert status == 2 and "行政機関" in error["what"]


def test_the_regime_is_that_of_the_day(desk):
    """行個法 until March 2022: 44条の4, 44条の5; the articles two numbers lower until March 2023."""
    file = desk.enter(regime="public_2017")
    assert desk("call", "files", judged(file), as_of="2018-01-10")[0] == 0
    assert desk("call", "announce", call("H29", "2018-02-26", "2018-03-28"), as_of="2018-02-20")[0] == 0
    said = proposal(file, call="H29", at="2018-03-28T23:00")
    said["papers"]["登記事項証明書"]["issued_on"] = "2018-01-01"
    assert desk("propose", "receive", said, as_of="2018-03-28")[0] == 0
    assert desk("call", "announce", call("R3", "2022-04-10", "2022-05-10"), as_of="2022-04-01")[0] == 0
    events = journal_of(LocalStore(), f"{desk.output}/register", BODY).read()[0]
    assert [(e.kind, e.regime, e.basis) for e in events] == [
        ("file_judged", "public_2017", "法第2条"),
        ("call_announced", "public_2017", "法第44条の4"),
        ("call_opened", "public_2017", "法第44条の4"),
        ("proposal_received", "public_2017", "法第44条の5"),
        ("call_closed", "public_2017", "法第44条の4"),
        ("call_announced", "public_2022", "法第109条"),
    ]


def test_on_cloud_storage(bucket, tmp_path, capsys):
    output, store = f"{bucket.uri}/out", GcsStore()
    file = enter(store, f"{output}/register", "名簿")
    for number, (job, action, records, day) in enumerate(
        [
            ("call", "files", [judged(file)], "2025-10-01"),
            ("call", "announce", [call()], "2025-10-02"),
            ("propose", "receive", [proposal(file, destroy_on="2025-12-01")], "2025-11-21"),
            ("propose", "withdraw", [{"case": "提案1", "because": "都合"}], "2025-12-03"),
        ]
    ):
        bucket.put(f"in/{number}.yaml", json.dumps(records, ensure_ascii=False).encode())
        where = [output, f"{bucket.uri}/in/{number}.yaml", "--body-kind", "行政機関", "--as-of", day]
        assert main(["--json", job, action, *where]) == 0, capsys.readouterr().err
    assert main(["tick", output, "--as-of", "2025-12-04"]) == 0
    assert "destroyed: " in capsys.readouterr().out
    events, head = journal_of(store, f"{output}/register", BODY).read()
    assert head.number == 4 and [e.kind for e in events][-2:] == ["proposal_withdrawn", "proposer_destroyed"]
