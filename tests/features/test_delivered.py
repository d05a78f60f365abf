"""`source.expect`: half a delivery is not released; it is told what is missing, and waited for."""

import hashlib
import json
import os
import time
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from support.helpers import KEEP_ALL, policy_of

from tokumei.pipelines.launcher import waiting
from tokumei.schemas.errors import InputError, PolicyError
from tokumei.schemas.policy_file import parse_policy
from tokumei.transforms.planning.prepare import make_plan

ROWS = "a\n1\n2\n"


def policy(**expect):
    source = {"expect": expect} if expect else {}
    return policy_of({"a": KEEP_ALL}, path="in/*.csv", source=source)


def sums(**files):
    return "".join(
        f"{hashlib.sha256(text.encode()).hexdigest()}  {name}.csv\n" for name, text in files.items()
    )


@pytest.fixture
def work(tmp_path):
    """The fingerprint of a run, or the error that planning it ends with."""

    def go(policy, **files):
        for path in (tmp_path / "in").glob("*"):
            path.unlink()
        (tmp_path / "in").mkdir(exist_ok=True)
        for name, text in files.items():
            (tmp_path / "in" / name.replace("_csv", ".csv")).write_text(text)
        (tmp_path / "p.yaml").write_text(json.dumps(policy))
        try:
            return make_plan(str(tmp_path / "p.yaml"), str(tmp_path / "out"), None)[0].work
        except InputError as error:
            return error

    return go


@pytest.mark.parametrize(
    ("expect", "files", "words"),
    [
        ({"files": 2}, {"x_csv": ROWS}, "1 of 2 files are there"),
        ({"files": 1}, {"x_csv": ROWS, "y_csv": ROWS}, "2 of 1 files are there"),
        ({"files": 1}, {}, "0 of 1 files are there (in/*.csv)"),
        ({"marker": "_SUCCESS"}, {"x_csv": ROWS}, "there is no _SUCCESS"),
        ({"checksums": "SUMS"}, {"x_csv": ROWS}, "there is no SUMS"),
        (
            {"checksums": "SUMS"},
            {"x_csv": ROWS, "SUMS": sums(x=ROWS, y=ROWS)},
            "1 of 2 listed files are missing",
        ),
        (
            {"checksums": "SUMS"},
            {"x_csv": ROWS, "y_csv": ROWS, "SUMS": sums(x=ROWS)},
            "1 files are in no list",
        ),
        ({"checksums": "SUMS"}, {"x_csv": ROWS[:-2], "SUMS": sums(x=ROWS)}, "x.csv is not the file"),
        (
            {"newer_than": "9999-12-31"},
            {"x_csv": ROWS},
            "1 of 1 files are older than 9999-12-31: the first is x.csv",
        ),
    ],
)
def test_what_is_missing_is_told(work, expect, files, words):
    error = work(policy(**expect), **files)
    assert (error.code, error.status) == ("input.incomplete", 3) and words in error.what
    assert error.where == "tables.t.source.expect"


def test_no_list_of_checksums_is_an_error_of_its_own(work):
    for text in ("", "abc  x.csv\n", sums(x=ROWS) + "../y\n"):
        assert work(policy(checksums="SUMS"), x_csv=ROWS, SUMS=text).code == "input.checksums"


@pytest.mark.parametrize(
    "listed", [sums(x=ROWS), sums(x=ROWS).replace("  ", " *").upper().replace("X.CSV", "x.csv")]
)
def test_a_complete_delivery_is_read(work, listed):
    found = work(policy(files=1, marker="_OK", checksums="SUMS"), x_csv=ROWS, _OK="", SUMS=listed)
    assert isinstance(found, str)


def test_what_is_expected_is_no_part_of_the_work(tmp_path, work):
    (tmp_path / "in").mkdir()
    works = set()
    file = tmp_path / "in" / "x.csv"
    file.write_text(ROWS)
    for expect in ({}, {"files": 1}):
        (tmp_path / "p.yaml").write_text(json.dumps(policy(**expect)))
        works.add(make_plan(str(tmp_path / "p.yaml"), str(tmp_path / "out"), None)[0].work)
    assert len(works) == 1


@pytest.mark.parametrize(
    ("path", "expect"),
    [
        ("in/*.csv", {}),
        ("in/*/x.csv", {"marker": "_OK"}),
        ("in/[ab]/*.csv", {"checksums": "SUMS"}),
        ("in/*.csv", {"marker": "../_OK"}),
        ("in/*.csv", {"files": 0}),
        ("in/*.csv", {"newer_than": "2026-02-30"}),
        ("in/*.csv", {"newer_than": "0h"}),
        ("in/*.csv", {"newer_than": "yesterday"}),
        ("in/*.csv", {"rows": [2, 1]}),
        ("in/*.csv", {"rows": [1]}),
        ("in/*.csv", {"people": [-1, 2]}),
    ],
)
def test_an_expectation_that_cannot_be_met_is_refused(path, expect):
    wrong = policy_of({"a": KEEP_ALL}, path=path, source={"expect": expect})
    with pytest.raises(PolicyError, match="expect"):
        parse_policy(json.dumps(wrong), "p.yaml")


def test_a_late_delivery_is_waited_for(run, tmp_path, monkeypatch, capsys):
    slept = []

    def sleep(length):
        slept.append(length)
        name = {1: "y.csv", 2: "_OK"}[len(slept)]
        (tmp_path / "in" / name).write_text(ROWS if name == "y.csv" else "")

    monkeypatch.setattr(waiting.time, "sleep", sleep)
    expected = policy(files=2, marker="_OK")
    late = run(expected, {"in/x.csv": ROWS})
    assert late.status == 3 and "1 of 2 files" in late.err and not slept and not late.releases
    done = run(expected, args=("--wait", "2h"))
    assert done.status == 0 and slept == [30.0, 30.0]
    told = [line for line in done.err.splitlines() if line.startswith("waiting: ")]
    assert len(told) == 2 and "1 of 2 files" in told[0] and "no _OK" in told[1]


def test_time_is_over(run, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(waiting.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(waiting.time, "sleep", lambda length: now.__setitem__(0, now[0] + length))
    done = run(policy(files=2), {"in/x.csv": ROWS}, args=("--wait", "100s"))
    assert done.status == 3 and "input.incomplete" in done.err and now == [100.0]
    for wrong in ("0s", "2", "25h", "-1h", "1d"):
        assert run(policy(files=2), args=(f"--wait={wrong}",)).status == 2


@pytest.mark.parametrize(
    ("age", "newer_than", "there"),
    [
        (timedelta(hours=25), "26h", True),
        (timedelta(hours=27), "26h", False),
        (timedelta(days=2, hours=23), "3d", True),
        (timedelta(days=3, hours=1), "3d", False),
    ],
)
def test_an_age_is_told_from_when_a_file_was_written(tmp_path, work, age, newer_than, there):
    (tmp_path / "in").mkdir()
    then = time.time() - age.total_seconds()
    written = work(policy(newer_than="1h"), x_csv=ROWS)
    os.utime(tmp_path / "in/x.csv", (then, then))
    (tmp_path / "p.yaml").write_text(json.dumps(policy(newer_than=newer_than)))
    plan = partial(make_plan, str(tmp_path / "p.yaml"), str(tmp_path / "out"), None)
    if there:
        assert plan()[0].work == written  # when a file was written is no part of the work
    else:
        with pytest.raises(InputError, match="older than"):
            plan()


def test_a_day_begins_at_midnight_in_japan(tmp_path, work):
    work(policy(files=1), x_csv=ROWS)
    (tmp_path / "p.yaml").write_text(json.dumps(policy(newer_than="2026-11-30")))
    midnight = datetime(2026, 11, 29, 15, tzinfo=UTC).timestamp()
    found = []
    for written in (midnight - 1, midnight):
        os.utime(tmp_path / "in/x.csv", (written, written))
        try:
            make_plan(str(tmp_path / "p.yaml"), str(tmp_path / "out"), None)
            found.append("there")
        except InputError as error:
            found.append(error.code)
    assert found == ["input.incomplete", "there"]


PEOPLE = "id,a\n" + "".join(f"p{i % 4},v\n" for i in range(10))  # ten records of four people


@pytest.mark.parametrize(
    ("expect", "missing"),
    [
        ({"rows": [10, 10], "people": [4, 4]}, None),
        ({"rows": [0, 99]}, None),
        ({"rows": [11, 99]}, "10 records are there, not 11 to 99"),
        ({"rows": [1, 9]}, "10 records are there, not 1 to 9"),
        ({"people": [5, 10]}, "4 people are there, not 5 to 10"),
        ({"people": [0, 3]}, "4 people are there, not 0 to 3"),
    ],
)
def test_records_and_people_are_counted_before_anything_is_published(run, tmp_path, expect, missing):
    columns = {"id": {"treat": [{"criterion": 3, "method": "pseudonym", "link": "x"}]}, "a": KEEP_ALL}
    given = policy_of(columns, path="in/*.csv", person="id", rows="several", source={"expect": expect})
    done = run(given, {"in/x.csv": PEOPLE})
    if missing is None:
        assert done.status == 0 and len(done.releases) == 1
        return
    assert (
        done.status == 3 and "[input.incomplete] tables.t.source.expect" in done.err and missing in done.err
    )
    assert not done.releases and "p1" not in done.err
    assert not [p for p in (tmp_path / "out").rglob("*") if p.is_file()]


def test_of_one_row_a_person_people_are_records(run):
    columns = {"a": KEEP_ALL}
    done = run(policy_of(columns, path="in/*.csv", source={"expect": {"people": [3, 3]}}), {"in/x.csv": ROWS})
    assert done.status == 3 and "2 people are there, not 3 to 3" in done.err
