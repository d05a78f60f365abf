"""What of a release may leave the house says nothing of the people who are not in it."""

import json
import re

import pytest
from support.helpers import QI, policy_of

from tokumei.schemas.public_report import PublicReport

KEEP = {"keep": True, "because": "内部の事情"}


@pytest.fixture(scope="module")
def rows():
    return [("男", "米")] * 23 + [("女", "茶")] * 19 + [("不明", "塩")]


def released(run, people, **more):
    policy = policy_of(
        {"sex": {"treat": [{**QI, "hierarchy": {"kind": "suppress"}}]}, "item": KEEP}, k=3, limit=0.1, **more
    )
    done = run(policy, {"data.csv": "sex,item\n" + "".join(f"{sex},{item}\n" for sex, item in people)})
    assert done.status == 0, done.err
    return done


def public(done):
    return json.loads((done.release / "public-report.json").read_text())


def test_a_release_with_one_person_left_out_reads_as_one_without_that_person(run, rows, tmp_path):
    """Nothing of the public part tells that anybody was there who is not now."""
    with_one = released(run, rows)
    assert with_one.report["tables"][0]["records_suppressed"] == 1, "the internal report tells it"
    told = public(with_one)
    for folder in (tmp_path / "out").glob("releases/*"):
        folder.rename(tmp_path / "first")
    without = public(released(run, rows[:-1]))
    for one in (told, without):
        one.pop("release_id"), one.pop("created_at")
    assert told == without


def test_the_public_page_has_the_figures_of_the_public_part_and_no_others(run, rows):
    done = released(run, rows)
    page = (done.release / "public-report.html").read_text()
    body = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    assert "42件" in body and "最も小さいグループ" in body and "19人" in body and "男　23件" in body
    for hidden in ("43件", "43人", "内部の事情", "不明", "suppressed"):
        assert hidden not in body
    assert "内部用" in (done.release / "report.html").read_text()


def test_the_manifest_says_which_documents_are_for_whom(run, rows):
    done = released(run, rows)
    assert done.manifest["documents_for"] == {
        "notice.html": "public",
        "notice.md": "public",
        "public-report.html": "public",
        "public-report.json": "public",
        "report.html": "internal",
        "report.json": "internal",
    }
    assert set(done.manifest["documents"]) == set(done.manifest["documents_for"])
    assert {path.name for path in done.release.iterdir() if path.is_file()} == {
        "manifest.json",
        *done.manifest["documents_for"],
    }


def test_no_field_of_the_public_part_counts_what_was_left_out():
    names = json.dumps(PublicReport.model_json_schema())
    for hidden in (
        "rejected",
        "dropped",
        "suppressed",
        "counts",
        "before",
        "records_in",
        "people_in",
        "unique",
        "because",
    ):
        assert f'"{hidden}' not in names and f"_{hidden}" not in names


@pytest.mark.parametrize("change", ["gone", "longer", "shorter"])
def test_a_release_whose_part_was_touched_is_not_said_to_be_there(run, rows, change):
    done = released(run, rows)
    part = done.release / done.manifest["tables"]["t"]["files"][0]["path"]
    if change == "gone":
        part.unlink()
    else:
        part.write_bytes(part.read_bytes() + b"x" if change == "longer" else part.read_bytes()[:-1])
    policy = json.loads((done.root.parent / "policy.yaml").read_text())
    again = run(policy, args=["--json"])
    error = json.loads(again.err)
    assert (again.status, error["code"]) == (3, "release.damaged") and error["where"] == str(part)
    assert "already released" not in again.out


def test_sentences_of_the_public_part_do_not_count_rare_labels(run):
    """How many labels were blanked, and how many people bear rare ones, is for the officer."""
    rows = [("東京都港区", 5 + i % 40) for i in range(60)] + [("東京都青ヶ島村", 70), ("大阪府堺市", 70)]
    bands = {"method": "bands", "edges": [30, 60, 80], "labels": ["30未満", "30台から", "60台から", "80以上"]}
    columns = {
        "town": {"treat": [{"criterion": 1, "method": "address", "level": "city"}]},
        "pay": {"type": "integer", "treat": [{"criterion": 4, **bands}]},
        "again": {
            "type": "integer",
            "may_fall_below": {"because": "既に公表されている"},
            "treat": [{"criterion": 4, "method": "top_code", "at": 60, "label": "60以上"}],
        },
    }
    data = "town,pay,again\n" + "".join(f"{town},{pay},{pay}\n" for town, pay in rows)
    done = run(policy_of(columns, k=3), {"data.csv": data})
    assert done.status == 0, done.err
    for source, counted in ((public(done), False), (done.report, True)):
        columns = source["tables"][0]["columns"]
        town, pay, again = ("".join(step["sentence"] for step in column["steps"]) for column in columns)
        assert ("2種類（2人）" in town) == counted == ("1種類（2人）" in again), (town, again)
        assert ("区分2種類" in pay) == counted and "3人未満となった区分" in pay, pay
        assert ("ありうる" in town) == (not counted) == ("ありうる" in again)
    assert not re.search("[0-9]種類", (done.release / "public-report.html").read_text())
