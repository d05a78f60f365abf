"""The whole job, end to end, on small files: what is released, what is not, and what is refused."""

import hashlib
import io
import itertools
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.helpers import DATA, policy_of

PSEUDONYM = {"criterion": 3, "method": "pseudonym", "link": "person"}
QI = {"criterion": 5, "method": "generalize"}
SUPPRESS = {**QI, "hierarchy": {"kind": "suppress"}}


@pytest.fixture(scope="module")
def demo_policy(tmp_path_factory):
    return DATA / "jdss_100knocks" / "policy.yaml"


def test_demo_releases_every_person_it_claims_and_no_identifier(run, demo_policy):
    done = run(demo_policy)
    assert done.status == 0, done.err
    rows, manifest, report = done.rows("customer"), done.manifest, done.report
    source = (DATA / "jdss_100knocks" / "customer.csv").read_text("utf-8-sig").splitlines()[1:]
    table = report["tables"][0]
    assert table["records_in"] == len(source) == 21971
    assert len(rows) == manifest["people"] == report["people"] == 21971 - table["records_suppressed"]
    assert set(rows[0]) == {"customer_id", "gender", "age", "address", "application_date"}
    classes = Counter((r["gender"], r["age"], r["address"], r["application_date"]) for r in rows)
    assert min(classes.values()) >= 10
    assert len({r["customer_id"] for r in rows}) == len(rows)
    assert all(re.fullmatch(r"[0-9a-f]{32}", r["customer_id"]) for r in rows)
    written = b"".join(p.read_bytes() for p in done.root.rglob("*") if p.is_file())
    for line in source[::500]:
        customer_id, name = line.split(",")[:2]
        assert customer_id.encode() not in written and name.encode() not in written


def test_the_real_master_as_cp932_gives_the_same_release(run, demo_policy, tmp_path):
    """Its UTF-8 begins with a byte order mark; released values and counts must not depend on the encoding."""
    folder = demo_policy.parent
    text, policy = (folder / "customer.csv").read_text("utf-8-sig"), demo_policy.read_text("utf-8")
    assert policy.count("encoding: utf-8") == 1
    files = {
        "customer.csv": text.encode("cp932"),
        "cp932.yaml": policy.replace("encoding: utf-8", "encoding: cp932"),
    }
    released = []
    for done in (run(demo_policy), run(tmp_path / "cp932.yaml", files, output="cp932")):
        assert done.status == 0, done.err
        rows = [{**row, "customer_id": None} for row in done.rows("customer")]
        released.append((sorted(map(str, rows)), done.report["tables"]))
    assert released[0] == released[1]


def test_manifest_lists_exactly_the_parts_with_their_sums(run, demo_policy):
    done = run(demo_policy)
    (table,) = done.manifest["tables"].values()
    listed = {f["path"]: f for f in table["files"]}
    parts = {str(p.relative_to(done.release)) for p in (done.release / "data").rglob("*.parquet")}
    assert set(listed) == parts
    for path, entry in listed.items():
        data = (done.release / path).read_bytes()
        assert (hashlib.sha256(data).hexdigest(), len(data)) == (entry["sha256"], entry["bytes"])
    for name, digest in done.manifest["documents"].items():
        assert hashlib.sha256((done.release / name).read_bytes()).hexdigest() == digest
    assert sum(f["records"] for f in table["files"]) == table["records"] == table["people"]


def test_the_same_work_twice_is_done_once_and_other_work_under_the_same_id_is_refused(run, tmp_path):
    columns = {"a": {"keep": True, "because": "試験"}}
    done = run(policy_of(columns), {"data.csv": "a\n1\n2\n"}, args=["--release-id", "x"])
    before = {p: p.read_bytes() for p in done.root.rglob("*") if p.is_file()}
    again = run(policy_of(columns), args=["--release-id", "x"])
    assert (done.status, again.status) == (0, 0) and "already released" in again.out
    other = run(policy_of(columns), {"data.csv": "a\n1\n2\n3\n"}, args=["--release-id", "x"])
    assert other.status == 5 and "release.taken" in other.err
    assert {p: p.read_bytes() for p in done.root.rglob("*") if p.is_file()} == before


@pytest.mark.parametrize("options", [[], ["--runner=DirectRunner"]], ids=["no options", "options of Beam"])
def test_what_is_released_already_starts_no_engine(run, tmp_path, options):
    """What a scheduler may run every night costs the start of the command: seen from a process of its own."""
    done = run(policy_of({"a": {"keep": True, "because": "試験"}}), {"data.csv": "a\n1\n2\n"}, args=options)
    assert done.status == 0, done.err
    before = {p: p.stat().st_mtime_ns for p in done.root.rglob("*")}
    watched = """
import sys
from tokumei.pipelines.cli import main
if sys.argv[-1].startswith("--runner"):  # Beam itself must look at its options
    import apache_beam
    def refuse(*_, **__):
        raise AssertionError("a pipeline was built")
    apache_beam.Pipeline.__init__ = refuse
status = main(["anonymize", *sys.argv[1:]])
print("Beam was imported" if "apache_beam" in sys.modules else "no Beam")
sys.exit(status)
"""
    command = [sys.executable, "-c", watched, tmp_path / "policy.yaml", "--output", done.root, *options]
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert again.returncode == 0 and again.stdout.startswith("already released"), again.stderr
    assert again.stdout.splitlines()[-1] == ("Beam was imported" if options else "no Beam")
    assert {p: p.stat().st_mtime_ns for p in done.root.rglob("*")} == before


def test_a_misspelt_option_is_refused_although_it_is_released_already(run):
    policy = policy_of({"a": {"keep": True, "because": "試験"}})
    assert run(policy, {"data.csv": "a\n1\n2\n"}).status == 0
    again = run(policy, args=["--ouput=elsewhere"])
    assert again.status == 2 and "did you mean --output?" in again.err


def test_pseudonyms_join_tables_within_a_run_and_never_between_runs(run, tmp_path):
    members = "id,age\n" + "".join(f"m{i},{20 + i % 2}\n" for i in range(20))
    uses = "use,id\n" + "".join(f"u{i},m{i % 7}\n" for i in range(50))
    policy = policy_of(
        {"id": {"treat": [PSEUDONYM]}, "age": {"treat": [SUPPRESS]}}, person="id", path="m.csv"
    )
    policy["tables"]["uses"] = {
        "source": {"path": "u.csv", "format": "csv"},
        "person": "id",
        "rows_per_person": "several",
        "columns": {"use": {"drop": True, "because": "不要"}, "id": {"treat": [PSEUDONYM]}},
    }
    files = {"m.csv": members, "u.csv": uses}
    first, second = (run(policy, files, output=o) for o in ("one", "two"))
    assert first.status == second.status == 0, first.err
    ids = {r["id"] for r in first.rows()}
    assert len(ids) == 20
    assert Counter(Counter(r["id"] for r in first.rows("uses")).values()) == {8: 1, 7: 6}
    assert {r["id"] for r in first.rows("uses")} < ids
    assert not ids & {r["id"] for r in second.rows()}
    assert first.manifest["people"] == 20
    assert first.manifest["tables"]["uses"] == {
        **first.manifest["tables"]["uses"],
        "records": 50,
        "people": 7,
    }


RECORDS = [
    {
        "code": f"{i % 4:03d}",
        "age": 20 + i % 30 if i else 116,
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
    assert len(facts[0]) == 60 and sum('"90歳以上"' in r for r in facts[0]) == 1
    assert all(re.search(r'"born": "19\d\d"', r) for r in facts[0])


@pytest.mark.parametrize("file_format", ["parquet", "avro", "csv"])
def test_every_output_format_holds_the_same_rows(run, file_format):
    policy = policy_of(dict(FORMAT_COLUMNS.items()), limit=0.1, output={"format": file_format})
    done = run(policy, {"data.csv": _csv("utf-8")})
    assert done.status == 0, done.err
    rows = done.rows()
    assert len(rows) == 60
    assert Counter(str(r["town"]) for r in rows) == {"東京都": 20, "大阪府": 20, "北海道": 20}
    assert sum(str(r["pay"]).endswith("以上") for r in rows) == 5
    assert all(f["path"].endswith(file_format) for f in done.manifest["tables"]["t"]["files"])


def test_row_order_does_not_survive(run):
    lines = "\n".join(str(i) for i in range(2000))
    done = run(
        policy_of({"n": {"type": "integer", "keep": True, "because": "試験"}}), {"data.csv": f"n\n{lines}\n"}
    )
    numbers = [r["n"] for r in done.rows()]
    assert sorted(numbers) == list(range(2000)) and numbers != sorted(numbers)
    assert sum(b == a + 1 for a, b in itertools.pairwise(numbers)) < 20


def test_people_are_counted_not_rows(run):
    """Rows would pass k=5 where people fail: 19 (sex, birth month) classes have one row, 535 one person."""
    data = Path(DATA / "anonypy" / "receipt.csv").read_bytes()
    columns = {
        name: {"drop": True, "because": "不要"}
        for name in [
            "rid",
            "r_type",
            "family",
            "start_obs_ym",
            "end_obs_ym",
            "start_treatment_ym",
            "icd10",
            "treatment_ym",
        ]
    }
    columns["iid"] = {"treat": [PSEUDONYM]}
    columns["sex"] = {"treat": [SUPPRESS]}
    columns["birth_ym"] = {
        "type": "month",
        "treat": [{**QI, "hierarchy": {"kind": "dates", "levels": ["year", "decade"]}}],
    }
    order = data.decode().splitlines()[0].split(",")
    policy = policy_of({n: columns[n] for n in order}, person="iid", rows="several", k=5, limit=0.02)
    done = run(policy, {"data.csv": data})
    assert done.status == 0, done.err
    people = {}
    for row in done.rows():
        people.setdefault((row["sex"], row["birth_ym"]), set()).add(row["iid"])
    assert min(len(p) for p in people.values()) >= 5
    table = done.report["tables"][0]
    assert (table["records_in"], table["people_in"]) == (14231, 947)
    before = {bar["label"]: bar["classes"] for bar in table["risk_before"]["sizes"]}
    assert before["1人"] == 535
    assert table["people_out"] == len(set().union(*people.values())) == done.manifest["people"]
    lost = 947 - table["people_out"]
    assert lost <= table["recoding"]["suppressed_people"] <= 0.02 * 947


def people_csv():
    """198 people over ten towns, and two alone in theirs."""
    towns = [f"t{i % 10}" for i in range(198)] + ["t10", "t11"]
    return "id,town\n" + "".join(f"p{i:03},{town}\n" for i, town in enumerate(towns))


def people_policy(**requirements):
    policy = policy_of(
        {"id": {"treat": [PSEUDONYM]}, "town": {"treat": [SUPPRESS]}}, person="id", k=3, limit=0.1
    )
    policy["requirements"] |= requirements
    return policy


def test_the_risk_told_is_the_risk_of_the_file_and_of_what_was_written(run):
    done = run(people_policy(population_size=4000), {"data.csv": people_csv()})
    assert done.status == 0, done.err
    (table,) = done.report["tables"]
    before, after = table["risk_before"], table["risk_after"]
    assert (before["people"], before["classes"], before["highest_risk"]) == (200, 12, 1.0)
    assert (before["average_risk"], before["at_risk"], before["sample_uniqueness"]) == (
        12 / 200,
        2 / 200,
        2 / 200,
    )
    estimate = before["population_uniqueness"]
    assert estimate["population"] == 4000 and 0 < estimate["uniqueness"] < 2 / 200
    assert estimate["uniqueness"] == estimate[estimate["estimator"]]
    sizes = Counter(row["town"] for row in done.rows())
    assert set(sizes) == {f"t{i}" for i in range(10)} and table["records_suppressed"] == 2
    assert (after["people"], after["classes"]) == (198, 10) == (sum(sizes.values()), len(sizes))
    assert after["highest_risk"] == 1 / min(sizes.values()) and after["average_risk"] == 10 / 198
    assert (after["at_risk"], after["sample_uniqueness"]) == (0, 0)
    assert (
        after["population_uniqueness"]["uniqueness"] == 0 and not after["population_uniqueness"]["estimator"]
    )
    assert "4,000人の母集団から" in (done.release / "report.html").read_text()


def test_without_a_population_none_is_estimated(run):
    done = run(people_policy(), {"data.csv": people_csv()})
    assert done.status == 0 and done.report["tables"][0]["risk_before"]["population_uniqueness"] is None


def test_a_file_larger_than_its_population_is_refused(run):
    done = run(people_policy(population_size=199), {"data.csv": people_csv()})
    assert done.status == 2 and "requirements.population_size" in done.err and "200 people" in done.err
    assert not done.releases
    whole = run(people_policy(population_size=200), output="whole")
    assert whole.status == 0, whole.err
    counted = whole.report["tables"][0]["risk_before"]["population_uniqueness"]
    assert (counted["uniqueness"], counted["estimator"]) == (2 / 200, None)


def test_what_capped_counts_cannot_tell_is_left_out(run):
    policy = people_policy(population_size=4000)
    policy["tables"]["t"]["rows_per_person"] = "several"
    done = run(policy, {"data.csv": people_csv()})
    assert done.status == 0, done.err
    before = done.report["tables"][0]["risk_before"]
    told = ("at_risk", "sample_uniqueness", "population_uniqueness")
    assert before["capped"] and [before[name] for name in told] == [None] * 3
    assert (before["unique_people"], before["highest_risk"]) == (2, 1.0)
    (model,) = done.report["tables"][0]["recoding"]["models"]
    assert (model["before"], model["after"]) == ("1", f"{policy['requirements']['k']}以上")


def test_one_row_a_person_is_checked(run):
    columns = {"id": {"treat": [PSEUDONYM]}, "x": {"keep": True, "because": "試験"}}
    twice = run(policy_of(columns, person="id"), {"data.csv": "id,x\nb,1\na,2\nb,3\n"})
    assert twice.status == 3 and "3 records belong to 2 people" in twice.err
    shuffled = run(policy_of(columns, person="id"), {"data.csv": "id,x\nb,1\na,2\nc,3\n"})
    assert shuffled.status == 0
    assert "鍵付きハッシュ" in shuffled.report["tables"][0]["people_check"]
    ascending = run(policy_of(columns, person="id"), {"data.csv": "id,x\na,1\nb,2\nc,3\n"}, output="asc")
    assert "昇順" in ascending.report["tables"][0]["people_check"]


def test_dropped_records_do_not_count_for_k(run):
    """Nine people share a town, but four of them carry a rare disease and go as records: five are left."""
    rows = "".join(f"{'奇病' if i < 4 else '風邪'},A\n" for i in range(9))
    columns = {
        "disease": {
            "treat": [{"criterion": 4, "method": "rare_values", "values": ["奇病"], "action": "record"}]
        },
        "town": {"treat": [SUPPRESS]},
    }
    enough = run(policy_of(columns, k=5), {"data.csv": f"disease,town\n{rows}"})
    assert enough.status == 0 and len(enough.rows()) == 5
    assert {r["disease"] for r in enough.rows()} == {"風邪"}
    short = run(policy_of(columns, k=6), {"data.csv": f"disease,town\n{rows}"}, output="short")
    assert short.status == 4 and not short.releases


def test_rejects_are_counted_and_left_out_in_every_pass(run):
    text = "id,age,town\n1,20,A\n2,x,A\n3,20\n4,20,A\n5,20,B\n6,99,B\n"
    columns = {
        "id": {"treat": [PSEUDONYM]},
        "age": {"type": "integer", "keep": True, "because": "試験"},
        "town": {"treat": [SUPPRESS]},
    }
    strict = run(policy_of(columns, person="id"), {"data.csv": text})
    assert strict.status == 3 and not strict.releases
    assert (
        "t.age: integer (1)" in strict.err and "t: ragged (1)" in strict.err and "x" not in strict.err.split()
    )
    lenient = run(policy_of(columns, person="id", rejects={"limit": 2}), {"data.csv": text}, output="lenient")
    assert lenient.status == 0, lenient.err
    assert Counter(r["town"] for r in lenient.rows()) == {"A": 2, "B": 2}
    table = lenient.report["tables"][0]
    assert (table["records_in"], table["records_rejected"], table["records_out"]) == (6, 2, 4)


@pytest.mark.parametrize(
    ("text", "status", "code"),
    [
        ("", 3, "input"),
        ("a,b\n", 3, "input.empty"),
        ("a,b\nx,y\n", 4, "requirement"),
        ("a,b\n,y\n,y\n", 0, ""),
    ],
    ids=["empty", "header only", "one row", "all-null column"],
)
def test_small_inputs(run, text, status, code):
    columns = {"a": {"treat": [SUPPRESS]}, "b": {"keep": True, "because": "試験"}}
    done = run(policy_of(columns), {"data.csv": text})
    assert done.status == status and code in done.err
    if status == 0:
        assert done.rows() == [{"a": None, "b": "y"}] * 2
    else:
        assert not done.releases


def test_omop_people_are_too_few(run):
    """28 people cannot be 30 to a class: exit 4, a clear message, nothing released."""
    data = (DATA / "omop_synthea27nj" / "PERSON.csv").read_text()
    drop = {"drop": True, "because": "不要"}
    columns = dict.fromkeys(data.splitlines()[0].split(","), drop)
    columns["person_id"] = {"treat": [{"criterion": 3, "method": "delete"}]}
    columns["gender_source_value"] = {"treat": [SUPPRESS]}
    columns["year_of_birth"] = {
        "type": "integer",
        "treat": [{**QI, "hierarchy": {"kind": "intervals", "widths": [10, 20]}}],
    }
    columns["race_source_value"] = {"treat": [SUPPRESS]}
    failed = run(policy_of(columns, k=30, person="person_id", limit=0.5), {"data.csv": data})
    assert failed.status == 4 and not failed.releases
    assert "k=30 cannot be met" in failed.err and "28 of 28 people" in failed.err
    fine = run(policy_of(columns, k=5, person="person_id", limit=0.5), {"data.csv": data}, output="fine")
    assert fine.status == 0 and fine.manifest["people"] >= 14


def test_an_empty_table_stops_the_run(run):
    header = (DATA / "omop_synthea27nj" / "LOCATION.csv").read_text()
    columns = {key: {"keep": True, "because": "試験"} for key in header.strip().split(",")}
    done = run(policy_of(columns), {"data.csv": header})
    assert done.status == 3 and "no record" in done.err and not done.releases


def test_public_regime_refuses_fewer_than_a_thousand_people(run):
    office = {"name": "窓口", "address": "千代田区"}
    policy = policy_of({"a": {"keep": True, "because": "試験"}})
    policy["regime"] = "public"
    policy["file"] = {
        **policy["file"],
        "scope": "住民",
        "collection": "届出",
        "request_office": office,
        "product_office": office,
        "product_period": {"start": "2026-04-01", "end": "2027-03-31"},
    }
    small = run(policy, {"data.csv": "a\n" + "1\n" * 999})
    assert small.status == 4 and "999 people" in small.err and not list(small.root.rglob("*.parquet"))
    enough = run(policy, {"data.csv": "a\n" + "1\n" * 1000})
    assert enough.status == 0, enough.err
    assert "1,000" in (enough.root / "register" / "index.html").read_text()


def test_labels_of_suppressed_classes_are_in_no_file(run):
    """A Parquet dictionary page may hold values that no row bears."""
    text = "town\n" + "千代田区\n" * 60 + "青ヶ島村\n" * 2
    done = run(policy_of({"town": {"treat": [SUPPRESS]}}, k=5, limit=0.1), {"data.csv": text})
    assert done.status == 0 and len(done.rows()) == 60
    assert all("青ヶ島村".encode() not in p.read_bytes() for p in done.root.rglob("*") if p.is_file())


def test_columns_may_have_any_name(run):
    names = ["label", "0", "1", "#tuple", "#value", "名前 with space", "a,b"]
    columns = {name: {"treat": [SUPPRESS]} for name in names}
    header = ",".join(f'"{name}"' for name in names)
    done = run(policy_of(columns), {"data.csv": header + "\n" + "1,2,3,4,5,6,7\n" * 3})
    assert done.status == 0, done.err
    assert done.rows() == [dict(zip(names, "1234567", strict=True))] * 3


@pytest.mark.parametrize("rows", ["one", "several"])
def test_how_the_input_is_cut_changes_nothing(run, monkeypatch, rows):
    """Many chunks of many splits of many files give what one chunk gives."""
    people = 300 if rows == "one" else 60
    lines = [
        f"p{i % people:03d},{20 + i * 7 % 50},{'ABCDEFG'[i % 7]},{'稀' if i % 97 == 0 else '普'},{i * i % 1009}"
        for i in range(300)
    ]
    columns = {
        "id": {"treat": [PSEUDONYM]},
        "age": {"type": "integer", "treat": [{**QI, "hierarchy": {"kind": "intervals", "widths": [10, 20]}}]},
        "town": {"treat": [SUPPRESS]},
        "kind": {"treat": [{"criterion": 4, "method": "rare_categories", "people": 8, "action": "record"}]},
        "pay": {"type": "integer", "treat": [{"criterion": 4, "method": "tail", "side": "both"}]},
    }
    head = "id,age,town,kind,pay\n"
    policy = policy_of(columns, person="id", rows=rows, k=4, limit=0.2)
    whole = run(policy, {"data.csv": head + "\n".join(lines) + "\n"}, output="whole")
    assert whole.status == 0, whole.err

    from tokumei.transforms.stages import read as records

    real = records.plan_splits
    monkeypatch.setattr(records, "CHUNK_ROWS", 13)
    monkeypatch.setattr(records, "plan_splits", lambda *a: real(*a, target_bytes=200))
    cut = policy_of(columns, person="id", rows=rows, k=4, limit=0.2, path="cut/*.csv")
    files = {f"cut/{i}.csv": head + "\n".join(lines[i::3]) + "\n" for i in range(3)}
    parts = run(cut, files, output="parts")
    assert parts.status == 0, parts.err
    assert len(parts.manifest["tables"]["t"]["files"]) > 10

    def facts(done):
        rows = Counter(tuple(v for k, v in sorted(r.items()) if k != "id") for r in done.rows())
        table = done.report["tables"][0]
        return rows, {**table, "people_check": ""}, len({r["id"] for r in done.rows()})

    assert facts(whole) == facts(parts)


def test_values_that_were_not_understood_are_counted_and_told(run):
    """Over every chunk: 3 of 8 addresses, 1 of 10 phone numbers, no postal code."""
    town, unknown = "東京都千代田区霞が関1-1", "霞が関のどこか"
    rows = [
        (f"p{i}", town if i < 5 else unknown if i < 8 else "", "03-1234-5678", "100-0013") for i in range(10)
    ]
    rows[0] = (*rows[0][:2], "なし", rows[0][3])
    text = ["id,address,phone,postal", *(",".join(row) for row in rows)]
    columns = {
        "id": {"treat": [PSEUDONYM]},
        "address": {"title": "住所", "treat": [{"criterion": 1, "method": "address", "level": "city"}]},
        "phone": {"treat": [{"criterion": 1, "method": "phone_area"}]},
        "postal": {"treat": [{"criterion": 1, "method": "postal_prefix"}]},
    }
    halves = {f"in/{n}.csv": "\n".join([text[0], *text[1 + n :: 2]]) + "\n" for n in range(2)}
    done = run(policy_of(columns, path="in/*.csv", person="id"), halves)
    assert done.status == 0, done.err
    counts = {c["name"]: c["steps"][0]["counts"] for c in done.report["tables"][0]["columns"]}
    assert counts["address"] == {"cells_changed": 8, "cells_blanked": 3}
    assert counts["phone"] == {"cells_changed": 10, "cells_blanked": 1}
    assert counts["postal"] == {"cells_changed": 10}
    assert re.findall(r"^ +(\w+: .* not understood .*)$", done.out, re.MULTILINE) == [
        "address: 3 of 8 values were not understood and are blank",
        "phone: 1 of 10 values were not understood and are blank",
    ]
    page = (done.release / "report.html").read_text()
    assert '<li><span>空欄にしたセル</span><span class="n">3件</span></li>' in page
