"""The whole job, end to end, on small files: what is released, what is not, and what is refused."""

import hashlib
import itertools
import json
import re
import subprocess
import sys
from collections import Counter

import pytest
from support.helpers import DATA, EXAMPLE, PSEUDONYM, QI, SUPPRESS, policy_of


@pytest.fixture(scope="module")
def demo_policy(tmp_path_factory):
    return EXAMPLE / "policy.yaml"


def test_demo_releases_every_person_it_claims_and_no_identifier(run, demo_policy):
    done = run(demo_policy)
    assert done.status == 0, done.err
    rows, manifest, report = done.rows("customer"), done.manifest, done.report
    source = (EXAMPLE / "customer.csv").read_text("utf-8-sig").splitlines()[1:]
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
    assert "\nholds " in again.out and "\nreleased " not in again.out
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


def test_row_order_does_not_survive(run):
    lines = "\n".join(str(i) for i in range(2000))
    done = run(
        policy_of({"n": {"type": "integer", "keep": True, "because": "試験"}}), {"data.csv": f"n\n{lines}\n"}
    )
    numbers = [r["n"] for r in done.rows()]
    assert sorted(numbers) == list(range(2000)) and numbers != sorted(numbers)
    assert sum(b == a + 1 for a, b in itertools.pairwise(numbers)) < 20


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
        "t.age: integer (1)" in strict.err
        and "t: ragged (2 fields, 3 expected) (1)" in strict.err
        and "x" not in strict.err.split()
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


def test_an_empty_table_stops_the_run(run):
    header = (DATA / "omop_synthea27nj" / "LOCATION.csv").read_text()
    columns = {key: {"keep": True, "because": "試験"} for key in header.strip().split(",")}
    columns |= {key: {"drop": True, "because": "試験"} for key in columns if key.startswith("address")}
    done = run(policy_of(columns), {"data.csv": header})
    assert done.status == 3 and "no record" in done.err and not done.releases


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
    """Many chunks of many splits of many files, and files read together, give what one chunk gives."""
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

    from tokumei.transforms.formats import splits
    from tokumei.transforms.planning import inputs, reading
    from tokumei.transforms.release import dealing
    from tokumei.transforms.stages import release

    real, encode, chunks = splits.plan_splits, release.encode_chunk, []
    monkeypatch.setattr(release, "encode_chunk", lambda *a: chunks.append(a) or encode(*a))
    cut = policy_of(columns, person="id", rows=rows, k=4, limit=0.2, path="cut/*.csv")
    files = {f"cut/{i}.csv": head + "\n".join(lines[i::3]) + "\n" for i in range(3)}
    together = run(cut, files, output="together")
    assert together.status == 0 and len(chunks) == 1, together.err
    monkeypatch.setattr(inputs, "TOGETHER_FILES", 1)
    monkeypatch.setattr(dealing, "PART_CELLS", 200)
    monkeypatch.setattr(dealing, "SPARE", 3)
    monkeypatch.setattr(reading, "MAX_ROWS", 13)
    monkeypatch.setattr(splits, "plan_splits", lambda *a: real(*a, target_bytes=200))
    parts = run(cut, files, output="parts")
    assert parts.status == 0, parts.err
    assert len(chunks) > 10 and len(parts.manifest["tables"]["t"]["files"]) > 1

    def facts(done):
        rows = Counter(tuple(v for k, v in sorted(r.items()) if k != "id") for r in done.rows())
        table = done.report["tables"][0]
        return rows, {**table, "people_check": "", "order": None}, len({r["id"] for r in done.rows()})

    assert facts(whole) == facts(together) == facts(parts)


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


CLEAR = "東京都千代田区霞が関1-1"
BLANKING = {
    "all of five": (5, 5, {}, True),
    "all of four": (4, 4, {}, False),
    "all but one": (7, 8, {}, False),
    "more than the share": (2, 10, {"limit": 0.1}, True),
    "as many as the share": (1, 10, {"limit": 0.1}, False),
    "all, declared": (6, 6, {"limit": 1}, False),
    "one, where none may": (1, 6, {"limit": 0}, True),
}


METHODS = [
    ({"method": "address", "level": "city"}, CLEAR, "霞が関X-1", "漢あ漢A-9"),
    ({"method": "phone_area"}, "03-1234-5678", "3.12E+08", "9.99A+99"),
    ({"method": "postal_prefix"}, "100-0013", "百番", "漢漢"),
]


@pytest.mark.parametrize(
    ("case", "told"), [*((case, METHODS[0]) for case in BLANKING), *(("all of five", m) for m in METHODS[1:])]
)
def test_a_column_that_turns_blank_stops_the_run(run, case, told):
    method, clear, unclear, pattern = told
    blank, rows, limit, stops = BLANKING[case]
    values = [unclear] * blank + [clear] * (rows - blank)
    columns = {"id": {"treat": [PSEUDONYM]}, "c": {"treat": [{"criterion": 1, **method}]}}
    policy = policy_of(columns, not_understood=limit)
    done = run(policy, {"data.csv": "id,c\n" + "".join(f"p{i},{v}\n" for i, v in enumerate(values))})
    if not stops:
        assert done.status == 0 and f"{blank} of {rows} values were not understood" in done.out, done.err
        return
    assert done.status == 4 and "requirement.not_understood" in done.err and not done.releases
    assert f"c: {blank} of {rows} values, written like {pattern} × {blank}" in done.err
    assert unclear not in done.err + done.out


def test_listed_values_that_never_occur_are_told_by_their_place(run):
    rare = {
        "criterion": 4,
        "method": "rare_values",
        "values": ["Ａ−１型", "特無", "ハンセン病"],
        "action": "cell",
    }
    columns = {"id": {"treat": [PSEUDONYM]}, "c": {"treat": [rare]}}
    done = run(policy_of(columns), {"data.csv": "id,c\np1,A-1型\np2,ﾊﾝｾﾝ病 \np3,風邪\n"})
    assert done.status == 0, done.err
    assert sorted(row["c"] or "" for row in done.rows()) == ["", "", "風邪"]
    assert "c: 1 of the values that rare_values lists never occur (number 2)" in done.out
    step = done.report["tables"][0]["columns"][1]["steps"][0]
    assert step["counts"]["listed_unmet"] == 1 and step["unmet"] == [2]
    page = (done.release / "report.html").read_text()
    assert "一覧にあるが一度も現れなかった値" in page and "特無" not in page


JOINED = {"criterion": 1, "method": "address", "level": "city", "with": ["pref"]}


@pytest.mark.parametrize("quasi", [False, True])
def test_a_prefecture_in_another_column_is_read_before_the_address(run, quasi):
    generalize = [{"criterion": 5, "method": "generalize", "hierarchy": {"kind": "address"}}] if quasi else []
    columns = {
        "id": {"treat": [PSEUDONYM]},
        "address": {"treat": [JOINED, *generalize]},
        "pref": {"drop": True, "because": "住所に含まれる"},
    }
    text = "東京都,府中市宮町 広島県,府中市府川町 ,府中市1 広島県,広島県府中市 東京都, ,市川市1 千葉県,市川市"
    lines = "".join(f"p{i},{line}\n" for i, line in enumerate(text.split(" ") * 2))
    done = run(policy_of(columns, limit=0.9), {"data.csv": "id,pref,address\n" + lines})
    assert done.status == 0, done.err
    found = Counter(row["address"] or "" for row in done.rows())
    assert found == {"東京都府中市": 2, "広島県府中市": 4, "": 4, "千葉県市川市": 4}
    assert all(set(row) == {"id", "address"} for row in done.rows())


@pytest.mark.parametrize("other", ["nowhere", "address", "day"])
def test_with_names_text_columns_of_the_table(run, other):
    columns = {
        "address": {"treat": [{**JOINED, "with": [other]}]},
        "day": {"type": "date", "drop": True, "because": "不要"},
        "x": {"keep": True, "because": "試験"},
    }
    done = run(policy_of(columns), {"data.csv": "address,day,x\nA,2024-04-01,1\n"})
    assert done.status == 2 and "table.with" in done.err


@pytest.mark.parametrize(("form", "extension"), [("csv", "csv"), ("jsonl", "jsonl")])
def test_texts_that_mean_no_value_are_known_in_any_spelling(run, form, extension):
    rows = [
        ("不明", "N/A"),
        (" 不明　", "Ｎ／Ａ"),
        ("ﾌﾒｲ", "n/a"),
        ("フメイ", " N/A"),
        ("−", "x"),
        ("", "－"),
    ]
    columns = {name: {"keep": True, "because": "試験"} for name in ("a", "b")}
    text = "a,b\n" + "".join(f"{a},{b}\n" for a, b in rows)
    if form == "jsonl":
        text = "".join(json.dumps({"a": a, "b": b}, ensure_ascii=False) + "\n" for a, b in rows)
    source = {"format": form, "null_values": ["", "不明", "フメイ", "N/A", "-"]}
    policy = policy_of(columns, path=f"data.{extension}", source=source)
    done = run(policy, {f"data.{extension}": text})
    assert done.status == 0, done.err
    others = {(None, "n/a"): 1, (None, "x"): 1}
    assert Counter((row["a"], row["b"]) for row in done.rows()) == others
    assert done.report["tables"][0]["records_blank"] == 4
    policy["tables"]["t"]["source"]["blank_records"] = "keep"
    kept = run(policy, {f"data.{extension}": text}, output="kept")
    assert Counter((row["a"], row["b"]) for row in kept.rows()) == {(None, None): 4, **others}
