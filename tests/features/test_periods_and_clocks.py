"""What a policy and a clock say of time, and whose rules a body goes by: told or asked, never silently wrong."""

import datetime as dt
import json

import pytest
from support.helpers import policy_of

from tokumei.schemas import japan_time

OFFICE = {"name": "市民課", "address": "みなと市本町1"}
ROWS = {"data.csv": "a\n" + "1\n" * 1000}


def public(**file):
    policy = policy_of({"a": {"keep": True, "because": "区分", "title": "区分"}})
    policy["regime"] = "public"
    policy["file"] = (
        policy["file"]
        | {"body": "みなと市長", "scope": "住民", "collection": "届出"}
        | {"request_office": OFFICE, "product_office": OFFICE}
        | {"product_period": {"start": "2020-04-01", "end": "2099-03-31"}}
        | file
    )
    return policy


@pytest.mark.parametrize("end", ["2020-04-01", "2021-03-31"])
def test_a_period_that_is_over_is_told_everywhere(run, end):
    policy = public(product_period={"start": "2019-04-01", "end": end})
    checked = run(policy, ROWS, job="check")
    assert checked.status == 0 and "product_period is over" in checked.err
    done = run(policy, ROWS)
    assert done.status == 0 and "product_period is over" in done.err
    (warning,) = done.report["warnings"]
    assert f"{int(end[:4])}年" in warning and warning in (done.release / "report.html").read_text()


def test_a_period_that_runs_is_no_matter(run):
    done = run(public(product_period={"start": "2020-04-01", "end": japan_time.today().isoformat()}), ROWS)
    assert done.status == 0 and not done.err and done.report["warnings"] == []
    company = policy_of({"a": {"keep": True, "because": "区分"}})
    company["file"] = company["file"] | {"product_period": {"start": "2019-04-01", "end": "2020-03-31"}}
    assert not run(company, ROWS, output="company").err


def at(monkeypatch, days):
    moment = (dt.datetime.now(japan_time.JST) + dt.timedelta(days=days)).isoformat(timespec="seconds")
    monkeypatch.setattr(japan_time, "now", lambda: moment)


def test_a_clock_behind_the_newest_version_is_refused(run, register_of, monkeypatch):
    at(monkeypatch, 400)
    assert run(public(), ROWS, args=["--release-id", "r1"]).status == 0
    at(monkeypatch, 0)
    again = run(public(), args=["--release-id", "r1"])  # nothing new is dated
    assert again.status == 0 and "already released" in again.out
    late = run(public(), ROWS, args=["--release-id", "r2"])
    assert late.status == 3 and "register.clock" in late.err and len(late.releases) == 1
    status, err = register_of("enter", "--people", "1200")
    assert status == 3 and "register.clock" in err
    other = run(public(body="みなと県知事"), ROWS, args=["--release-id", "r3"])  # a book of its own
    assert other.status == 0
    at(monkeypatch, 400.001)
    assert run(public(), ROWS, args=["--release-id", "r2"]).status == 0
    book = json.loads((late.root / "register" / "book.json").read_text())
    moments = [e["updated_at"] for e in book["entries"]]
    assert moments == sorted(moments)


def test_an_erasure_has_its_time_too(run, register_of, monkeypatch):
    assert run(public(), ROWS).status == 0
    (entry,) = json.loads(register_of.book().read_text())["entries"]
    at(monkeypatch, -1)
    erase = ("erase", "--entry", entry["entry_id"], "--no-longer-held", "--because", "廃止")
    status, err = register_of(*erase)
    assert status == 3 and "register.clock" in err
    at(monkeypatch, 1)
    assert register_of(*erase)[0] == 0
    at(monkeypatch, 0)
    status, err = register_of("enter", "--people", "1200")
    assert status == 3 and "register.clock" in err


def test_two_machines_may_differ_by_minutes(run, monkeypatch):
    assert run(public(), ROWS, args=["--release-id", "r1"]).status == 0
    at(monkeypatch, -4 / 24 / 60)
    assert run(public(), ROWS, args=["--release-id", "r2"]).status == 0


@pytest.fixture
def register_of(tmp_path, capsys):
    from tokumei.pipelines.cli import main

    def go(action, *args):
        place = [str(tmp_path / "policy.yaml"), "--output", str(tmp_path / "out")]
        capsys.readouterr()
        status = main(["register", action, *([str(tmp_path / "out")] if action == "erase" else place), *args])
        return status, capsys.readouterr().err

    go.book = lambda: tmp_path / "out" / "register" / "book.json"
    return go


@pytest.mark.parametrize(
    "body", ["みなと市", "みなと市教育委員会", "独立行政法人みなと", "国立大学法人みなと大学"]
)
def test_a_public_body_under_private_is_asked_about(run, body):
    policy = policy_of({"a": {"keep": True, "because": "区分"}})
    policy["file"] = policy["file"] | {"body": body}
    done = run(policy, ROWS)
    assert done.status == 0 and "public body" in done.err and "body_is_company: true" in done.err
    assert "規則第56条の人数は確かめていない" in (done.release / "report.html").read_text()
    policy["file"]["body_is_company"] = True
    answered = run(policy, ROWS, output="answered")
    assert answered.status == 0 and not answered.err and answered.report["warnings"] == []
    wrong = run(public(body=body, body_is_company=True), ROWS)
    assert wrong.status == 2 and "policy.body_is_company" in wrong.err
