"""What `tokumei check` tells of a policy and of the first records of its files."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.helpers import PSEUDONYM, QI, policy_of
from support.refusals import CANARY

COLUMNS = {
    "id": {"released_as": "仮ID", "treat": [{"criterion": 3, "method": "pseudonym", "link": "person"}]},
    "born": {"type": "date", "treat": [{"criterion": 1, "method": "year"}]},
    "name": {"treat": [{"criterion": 1, "method": "delete"}]},
    "ward": {"treat": [{"criterion": 5, "method": "generalize", "hierarchy": {"kind": "suppress"}}]},
}


def test_what_is_released_under_the_name_of_what_it_was_is_told(run):
    done = run(policy_of(COLUMNS), {"data.csv": "id,born,name,ward\n1,1990-01-01,x,A\n"}, job="check")
    assert done.status == 0, done.err
    assert done.out.splitlines() == [
        "t: 1 file(s), 3 of 4 columns released",
        "  quasi-identifiers: ward",
        "  released_as is missing: the notice will call them what they were: born",
        "  looked at all 1 records of 1 file(s)",
        "the policy is valid; nothing that stops a run was found in all records",
        "not looked at: classes of k people, rare combinations, what else the whole file decides; people over"
        " several tables, and how many people the release holds",
    ]
    named = {**COLUMNS, "born": {**COLUMNS["born"], "released_as": "生年"}}
    assert "released_as" not in run(policy_of(named), job="check").out


KEEP = {"keep": True, "because": "試験"}
DATE = {"type": "date", "treat": [{"criterion": 1, "method": "year"}]}
DELETED = {"treat": [{"criterion": 1, "method": "delete"}]}
AREA = {"treat": [{"criterion": 1, "method": "phone_area"}]}
BAND = {"treat": [{**QI, "hierarchy": {"kind": "file", "path": "h.csv"}}]}
GOOD = "1990-01-01"


def lines(values, start=1):
    return "id,d\n" + "".join(f"{i},{v}\n" for i, v in enumerate(values, start))


def code(done):
    return done.status, json.loads(done.err)["code"] if done.err else ""


@pytest.mark.parametrize(
    ("columns", "text", "more", "expected"),
    [
        ({"id": KEEP, "d": DATE}, f"id,d\n1,{CANARY}\n", {}, (3, "input.rejects")),
        (
            {"id": KEEP, "d": {**KEEP, "type": "integer"}},
            f"id,d\n1,5\n2,{CANARY}\n",
            {},
            (3, "input.rejects"),
        ),
        ({"id": KEEP, "d": KEEP}, "id,d\n1,東京\n".encode("cp932"), {}, (3, "input.encoding")),
        ({"id": KEEP, "d": KEEP}, f"id,d\n1,{CANARY},3\n", {}, (3, "input.rejects")),
        ({"id": KEEP, "d": BAND}, f"id,d\n1,a\n2,{CANARY}\n", {}, (3, "input.not_in_hierarchy")),
        (
            {"id": {"treat": [PSEUDONYM]}, "d": KEEP},
            "id,d\n1,a\n,b\n",
            {"person": "id"},
            (3, "input.person_missing"),
        ),
        (
            {"id": {"treat": [PSEUDONYM]}, "d": KEEP},
            "id,d\n2,a\n1,b\n2,c\n",
            {"person": "id"},
            (3, "input.several_rows"),
        ),
        ({"id": DELETED, "d": KEEP}, "id,d\n山田花子,山田花子様\n佐藤,x\n", {}, (4, "verification.leak")),
        ({"id": KEEP, "d": KEEP}, "id,d\n", {}, (3, "input.empty")),
    ],
    ids=["date", "integer", "encoding", "ragged", "hierarchy", "whose", "several rows", "leak", "empty"],
)
def test_what_the_first_records_show_ends_as_the_run_would(run, columns, text, more, expected):
    policy = policy_of(columns, **more)
    files = {"data.csv": text, "h.csv": "a;x;*\nb;x;*\n"}
    checked = run(policy, files, job="check", args=["--json"])
    assert code(checked) == expected and CANARY not in checked.out + checked.err
    assert code(run(policy, args=["--json"])) == expected


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_a_type_that_a_file_of_any_format_has_not_is_seen_without_reading_more(run, kind, tmp_path):
    if kind == "parquet":
        pq.write_table(pa.table({"id": ["1"], "d": [True]}), tmp_path / "data.parquet")
    text = {"csv": f"id,d\n1,{CANARY}\n", "jsonl": '{"id":"1","d":true}\n', "parquet": None}[kind]
    policy = policy_of({"id": KEEP, "d": DATE}, path=f"data.{kind}", source={"format": kind})
    done = run(policy, {f"data.{kind}": text} if text else {}, job="check", args=["--json"])
    assert code(done) in {(3, "input.rejects"), (3, "input.type")}


@pytest.mark.parametrize("bad", range(1, 7))
@pytest.mark.parametrize("most", [1, 3, 5, 9])
def test_so_many_records_of_each_file_are_looked_at_and_no_more(run, bad, most):
    """The record that is bad is counted among them; what stands after them is not seen."""
    values = [GOOD] * 6
    values[bad - 1] = CANARY
    policy = policy_of({"id": KEEP, "d": DATE}, path="part*.csv", rejects={"limit": 1})
    done = run(
        policy,
        {"part1.csv": lines([GOOD]), "part2.csv": lines(values)},
        job="check",
        args=["--sample", str(most)],
    )
    assert done.status == 0
    which = "all" if most >= 6 else "the first"
    assert f"looked at {which} {1 + min(most, 6)} records of 2 file(s)" in done.out
    assert ("unreadable, and left out under rejects.limit: d: date (1)" in done.out) is (bad <= most)
    seen = "all records" if most >= 6 else f"the first {most} records of each file"
    assert f"nothing that stops a run was found in {seen}" in done.out


def test_values_that_will_be_blank_and_columns_without_values_are_told(run):
    text = "id,tel,x\n" + "".join(f"{i},{'03-9999-9999' if i < 3 else '?'},\n" for i in range(1, 6))
    done = run(policy_of({"id": KEEP, "tel": AREA, "x": KEEP}), {"data.csv": text}, job="check")
    assert "  tel: 3 of 5 values are not understood and will be blank" in done.out
    assert "  x: no record has a value" in done.out
    assert "id is kept" not in done.out, "too few to tell"


def test_a_kept_column_that_tells_everybody_apart_is_told(run):
    text = "id,item,shop\n" + "".join(f"{i % 7},m{i},s{i % 3}\n" for i in range(200))
    done = run(policy_of({"id": KEEP, "item": KEEP, "shop": KEEP}), {"data.csv": text}, job="check")
    assert "  item is kept, and 200 of 200 values are different: does it tell people apart?" in done.out
    assert "shop is kept" not in done.out and "id is kept" not in done.out


def test_a_kept_column_of_a_longer_file_whose_values_repeat_is_looked_at(run):
    """Such cells are read as a dictionary; shorter files show too little of what repeats."""
    text = "item,shop\n" + "".join(f"m{i:05},店舗{i % 3:030}\n" for i in range(5_000))
    done = run(policy_of({"item": KEEP, "shop": KEEP}), {"data.csv": text}, job="check")
    assert done.status == 0, done.err
    assert "  item is kept, and 5,000 of 5,000 values are different" in done.out
    assert "shop is kept" not in done.out


FACTS = {"known": 2, "because": "試験", "facts": [{"table": "t", "columns": ["d"]}]}


def test_what_a_hierarchy_of_a_coarsened_column_lacks_is_seen(run):
    columns = {"id": {"treat": [PSEUDONYM]}, "d": {"treat": [{**BAND["treat"][0], "method": "coarsen"}]}}
    policy = {**policy_of(columns, person="id", rows="several"), "histories": [FACTS]}
    files = {"data.csv": f"id,d\n1,a\n2,{CANARY}\n", "h.csv": "a;x;*\nb;x;*\n"}
    checked = run(policy, files, job="check", args=["--json"])
    assert code(checked) == (3, "input.not_in_hierarchy") and CANARY not in checked.out + checked.err
    assert code(run(policy, args=["--json"])) == (3, "input.not_in_hierarchy")


def test_facts_are_told_as_those_of_a_period_where_pseudonyms_change(run):
    columns = {
        "id": {"treat": [{**PSEUDONYM, "per": "month", "time": "on"}]},
        "on": {"type": "date", "treat": [{"criterion": 1, "method": "year_month"}]},
        "d": KEEP,
    }
    policy = {**policy_of(columns, person="id", rows="several"), "histories": [FACTS]}
    done = run(policy, {"data.csv": "id,on,d\n1,2026-01-02,a\n2,2026-02-03,a\n"}, job="check")
    assert "whoever knows up to 2 of these facts about a person, of one month, finds nobody" in done.out


def test_insurers_numbers_that_are_kept_are_told(run):
    """Numbers that pass by chance are for the whole file to decide; that they may stop the run is told before."""
    text = "id,no\n" + "".join(f"{i},{n}\n" for i, n in enumerate(["06139463", "01130012", "06140016"] * 9))
    policy = policy_of({"id": KEEP, "no": KEEP})
    done = run(policy, {"data.csv": text}, job="check", args=["--sample", "20"])
    assert done.status == 0
    assert "  if the whole file is like this, the run will stop: " in done.out
    assert "no: 3 value(s) hold: insurer number" in done.out
    assert "what may stop a run stands above: it was found in the first 20 records of each file" in done.out
    for job in ("check", "anonymize"):  # now all of it is known
        assert code(run(policy, job=job, args=["--json"])) == (4, "verification.leak")


def test_without_a_sample_only_headers_are_read(run):
    policy = policy_of({"id": KEEP, "d": DATE})
    done = run(policy, {"data.csv": f"id,d\n1,{CANARY}\n"}, job="check", args=["--sample", "0"])
    assert done.status == 0 and "looked at" not in done.out.replace("no record was looked at", "")
    assert done.out.endswith("fits the headers of its files; no record was looked at (--sample 0)\n")
    assert run(policy, job="check", args=["--sample", "-1"]).status == 2
