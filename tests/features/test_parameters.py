"""Parameters of a policy: declared, limited, set from outside, told by the report; a range of dates in order."""

import copy
import json
import re

import pytest
from support.helpers import FILE

from tokumei.pipelines.cli import main
from tokumei.schemas.errors import PolicyError
from tokumei.schemas.policy_file import parse_policy, written_policy

POLICY = {
    "version": 1,
    "regime": "private",
    "file": FILE,
    "parameters": {
        "date": {"type": "date"},
        "ward": {"pattern": "[a-z]{1,8}", "default": "minato"},
        "k": {"type": "integer", "default": "2"},
        "env:TOKUMEI_INBOX": {"pattern": "in[a-z/]*", "default": "in"},
    },
    "reference_date": "${date|last 03-31}",
    "tables": {
        "t": {
            "source": {"path": "${env:TOKUMEI_INBOX}/${ward}/${date|YYYYMMDD}.csv", "format": "csv"},
            "rows_per_person": "one",
            "columns": {"a": {"keep": True, "because": "${ward}の試験", "title": "区分"}},
        }
    },
    "requirements": {"k": "${k}", "because": "${date}の試験"},
}


def read(settings, **changes):
    return parse_policy(json.dumps({**copy.deepcopy(POLICY), **changes}), "p.yaml", settings)


def refused(settings, **changes):
    with pytest.raises(PolicyError) as found:
        read(settings, **changes)
    return found.value


def test_values_stand_wherever_they_are_used():
    policy = read({"date": "2026-11-30", "k": "7"})
    assert policy.tables["t"].source.path == "in/minato/20261130.csv"
    assert (policy.requirements.k, policy.requirements.because) == (7, "2026-11-30の試験")
    assert (
        f"{policy.reference_date}" == "2026-03-31"
        and policy.tables["t"].columns["a"].because == "minatoの試験"
    )
    assert parse_policy(written_policy(policy), "again") == policy
    assert "${" not in written_policy(policy)


@pytest.mark.parametrize(
    ("day", "form", "found"),
    [
        ("2026-03-31", "last 03-31", "2026-03-31"),
        ("2026-03-30", "last 03-31", "2025-03-31"),
        ("2024-02-29", "YYYY/MM/DD", "2024/02/29"),
        ("2024-02-29", "YYYY-MM", "2024-02"),
    ],
)
def test_forms_of_a_date(day, form, found):
    policy = read({"date": day}, requirements={"k": 2, "because": f"${{date|{form}}}"})
    assert policy.requirements.because == found


@pytest.mark.parametrize("form", ["last 02-29", "last 13-01", "YY", "DDD", "", "text", "2026", "MM01x"])
def test_other_forms_are_refused(form):
    because = {"k": 2, "because": f"${{date|{form}}}"}
    assert refused({"date": "2026-11-30"}, requirements=because).code == "policy.parameter_form"


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({}, "policy.parameter_unset"),
        ({"date": "2026-02-30"}, "policy.parameter_value"),
        ({"date": "20260230"}, "policy.parameter_value"),
        ({"date": "2026-11-30", "ward": "../etc"}, "policy.parameter_value"),
        ({"date": "2026-11-30", "ward": "minato\n"}, "policy.parameter_value"),
        ({"date": "2026-11-30", "k": "1e3"}, "policy.parameter_value"),
        ({"date": "2026-11-30", "k": "1"}, "policy.range"),  # as if it stood there
        ({"date": "2026-11-30", "limit": "1"}, "usage.parameter"),
        ({"date": "2026-11-30", "env:TOKUMEI_INBOX": "in"}, "usage.parameter"),
    ],
)
def test_only_what_is_declared_can_be_set_and_to_what_it_may_be(settings, code):
    error = refused(settings)
    assert error.code == code
    assert not any(value in error.message() for value in settings.values() if value not in {"1", "in"})


@pytest.mark.parametrize(
    "declared",
    [
        {"type": "text"},
        {"type": "date", "pattern": ".*"},
        {"pattern": "("},
        {"type": "date", "default": "today"},
        {"type": "number"},
        {"pattern": ".*", "default": "${date}"},
    ],
)
def test_a_parameter_must_be_limited(declared):
    found = refused({"date": "2026-11-30"}, parameters={**POLICY["parameters"], "x": declared})
    assert found.code in {"policy.parameter", "policy.value"} and "parameters.x" in found.where


def test_what_is_not_declared_is_not_used():
    requirements = {"k": 2, "because": "${nobody}"}
    error = refused({"date": "2026-11-30"}, requirements=requirements)
    assert error.code == "policy.parameter" and "requirements.because" in error.where
    without = {key: part for key, part in POLICY.items() if key != "parameters"}
    with pytest.raises(PolicyError, match="not declared"):
        parse_policy(json.dumps(without), "p.yaml")


def test_the_environment_says_only_where_files_are(monkeypatch):
    monkeypatch.setenv("TOKUMEI_INBOX", "in/box")
    assert read({"date": "2026-11-30"}).tables["t"].source.path == "in/box/minato/20261130.csv"
    monkeypatch.setenv("TOKUMEI_INBOX", "/etc")
    assert refused({"date": "2026-11-30"}).code == "policy.parameter_value"
    monkeypatch.delenv("TOKUMEI_INBOX")
    requirements = {"k": 2, "because": "${env:TOKUMEI_INBOX}"}
    assert refused({"date": "2026-11-30"}, requirements=requirements).code == "policy.parameter_env"


def test_a_range_of_dates_is_a_release_a_day_in_order(run, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("TOKUMEI_INBOX", "in/box")
    days = ("20261129", "20261130")
    files = {f"in/box/minato/{day}.csv": "a\n" + "1\n" * (3 + i) for i, day in enumerate(days)}
    done = run(POLICY, files, args=("--date", "2026-11-29..2026-12-01"))
    assert done.status == 3 and "[input.missing]" in done.err  # the third is not delivered yet
    assert done.err.splitlines()[0].endswith(" (--date 2026-12-01)")
    reports = [json.loads((path / "report.json").read_text()) for path in done.releases]
    by_day = sorted(reports, key=lambda report: report["parameters"][0]["value"])
    assert [report["people"] for report in by_day] == [3, 4]
    # both may be made within one second, so the day before is made no later, not earlier
    assert by_day[0]["created_at"] <= by_day[1]["created_at"]
    assert by_day[1]["parameters"] == [
        {"name": "date", "value": "2026-11-30"},
        {"name": "ward", "value": "minato"},
        {"name": "k", "value": "2"},
        {"name": "env:TOKUMEI_INBOX", "value": None},
    ]
    page = (
        next(p for p in done.releases if "2026-11-30" in (p / "report.html").read_text()) / "report.html"
    ).read_text()
    assert "環境変数による" in page and "in/box" not in page
    assert "in/box" not in "".join((path / "report.json").read_text() for path in done.releases)
    (tmp_path / "in/box/minato/20261201.csv").write_text("a\n" + "1\n" * 9)
    again = run(POLICY, args=("--date", "2026-11-29..2026-12-01"))
    assert again.status == 0 and "9 records" in again.out
    firsts = re.findall(r"^(2026-\d\d-\d\d):\n(already released|released)", again.out, re.MULTILINE)
    assert firsts == [
        ("2026-11-29", "already released"), ("2026-11-30", "already released"), ("2026-12-01", "released"),
    ]  # fmt: skip
    assert main(["verify", str(tmp_path / "out")]) == 0
    policy = str(tmp_path / "policy.yaml")
    assert main(["check", policy, "--date", "2026-11-30"]) == 0
    assert main(["register", "enter", policy, "--output", str(tmp_path / "out"), "--date", "2026-11-30"]) == 0


@pytest.mark.parametrize("command", [("check",), ("rehearse",), ("register", "enter")])
def test_a_range_is_for_releases_alone(run, tmp_path, capsys, command):
    run(POLICY, args=("--date", "x..y"))
    capsys.readouterr()
    more = ("--output", str(tmp_path / "out")) if command != ("check",) else ()
    assert main([*command, str(tmp_path / "policy.yaml"), "--date", "2026-11-29..2026-11-30", *more]) == 2
    err = capsys.readouterr().err
    assert err.startswith("error [usage.date] --date\n  what: this command takes one day\n")


@pytest.mark.parametrize(
    "args",
    [
        ("--date", "2026-11-30..2026-11-29"),
        ("--date", "2026-11-30..x"),
        ("--date", "2026-11-29..2026-11-30", "--release-id", "r"),
        ("--date", "2026-11-30", "--set", "date=2026-11-29"),
        ("--set", "date"),
    ],
)
def test_what_is_set_wrongly_is_an_error_of_usage(run, args):
    done = run(POLICY, args=args)
    assert done.status == 2 and "[usage." in done.err and not done.releases
