"""`tokumei register`: files are entered, corrected, erased, shown and checked, each with its exit status."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys

import pytest
from support.helpers import policy_of
from support.pages import Page
from support.registers import assert_agree, told

from tokumei.pipelines.cli import main
from tokumei.transforms.storage.local import LocalStore

OFFICE = {"name": "窓口", "address": "千代田区"}
PUBLIC = {
    "name": "名簿",
    "body": "みなと市長",
    "department": "市民課",
    "purpose": "試験",
    "scope": "住民",
    "collection": "届出",
    "request_office": OFFICE,
    "product_office": OFFICE,
    "product_period": {"start": "2026-04-01", "end": "2027-03-31"},
    "how_provided": "媒体の手渡し",
}
ORDINANCE = {"name": "みなと市個人情報保護法施行条例", "article": "第5条"}


def public(regime="public", **items):
    policy = policy_of({"a": {"keep": True, "because": "試験", "title": "区分"}})
    file = {key: value for key, value in {**PUBLIC, **items}.items() if value is not None}
    return {**policy, "regime": regime, "file": file}


@pytest.fixture
def register(tmp_path, capsys):
    """Run ``tokumei register``; a policy may be plain data."""

    def go(action, *args, policy=None, output="out"):
        if policy is not None:
            path = tmp_path / "policy.yaml"
            path.write_text(json.dumps(policy, ensure_ascii=False))
            args = (str(path), "--output", str(tmp_path / output), *args)
        else:
            args = (str(tmp_path / output), *args)
        capsys.readouterr()
        status = main(["register", action, *args])
        out, err = capsys.readouterr()
        return status, out, err

    return go


def entry_id(out):
    return re.search(r"entry ([0-9a-f]{16})", out)[1]


def agree(tmp_path):
    book, files = told(LocalStore(), str(tmp_path / "out" / "register"))
    assert_agree(files, book, Page)
    return book


def rows(tmp_path):
    text = (tmp_path / "out" / "register" / "entries.csv").read_text(encoding="utf-8-sig")
    return list(csv.DictReader(text.splitlines(keepends=True)))


def test_the_life_of_an_entry(register, run, tmp_path):
    status, out, err = register("enter", "--people", "1200", policy=public())
    assert (status, err) == (0, "") and "1. 名簿" in out and "version 1" in out and "no release" in out
    name = entry_id(out)
    assert (
        register("enter", "--people", "1300", policy=public())[1].count("version 1 ") == 1
    )  # no item changed
    (row,) = rows(tmp_path)
    assert row["事務をつかさどる組織の名称"] == "市民課" and row["匿名加工情報の概要"] == "―"

    assert run(public(), {"data.csv": "a\n" + "1\n" * 1100}, args=["--release-id", "r1"]).status == 0
    status, out, _ = register("enter", "--people", "1200", policy=public(department="戸籍住民課"))
    assert status == 0 and "version 3" in out and "release r1" in out
    (row,) = rows(tmp_path)
    assert row["事務をつかさどる組織の名称"] == "戸籍住民課"
    assert row["匿名加工情報の概要"] == (
        "本人の数：1,100人（記録の数と同じであり、本人の番号による計数はしていない）\n情報の項目：1区分"
    )
    assert register("check")[0] == 0

    status, out, _ = register("erase", "--entry", name, "--people", "999", "--because", "転出による減少")
    assert status == 0 and "erased" in out and rows(tmp_path) == []
    status, out, _ = register("show")
    assert (status, out) == (0, "みなと市長\n")
    status, out, _ = register("show", "--history")
    assert [line.split("(")[1].split(",")[0] for line in out.splitlines()[1:]] == [
        "superseded",
        "superseded",
        "erased",
    ]
    assert "転出による減少" in out
    status, again, _ = register("erase", "--entry", name, "--no-longer-held", "--because", "別の理由")
    assert status == 0 and "転出による減少" in again and "別の理由" not in again

    status, out, _ = register("enter", "--people", "1000", policy=public())
    assert status == 0 and "1. 名簿" in out and "version 4" in out and "current" in out
    book = agree(tmp_path)
    assert [e.erased.people for e in book.entries if e.erased] == [999]
    assert register("check")[:2] == (0, "the register is whole: 1 book(s), 1 entries in force\n")


def test_fewer_than_a_thousand_people_are_not_registered(register, tmp_path):
    for regime in ("public", "public_2022", "public_2017"):
        status, _, err = register("enter", "--people", "999", policy=public(regime))
        assert status == 4 and "requirement.small_file" in err and "999 people" in err
        assert ("file.small_file_ordinance" in err) == (regime == "public")
    assert not (tmp_path / "out").exists()
    assert register("enter", "--people", "1000", policy=public())[0] == 0


def test_the_number_of_people_must_be_told(register, tmp_path):
    status, _, err = register("enter", policy=public())
    assert status == 2 and "usage.people" in err and not (tmp_path / "out").exists()
    for bad in ("-1", "1e3", "1,200", "１２００", "all"):
        assert register("enter", f"--people={bad}", policy=public())[0] == 2


def test_an_ordinance_lets_a_small_file_in(register, run, tmp_path):
    policy = public(small_file_ordinance=ORDINANCE)
    status, _, err = register(
        "enter",
        "--people",
        "640",
        policy=public(small_file_ordinance=ORDINANCE, call_for_proposals=True, proposal_office=OFFICE),
    )
    assert status == 2 and "register.small_call" in err
    assert register("enter", "--people", "640", policy=policy)[0] == 0
    done = run(policy, {"data.csv": "a\n" + "1\n" * 600})
    assert done.status == 0, done.err
    (row,) = rows(tmp_path)
    assert (row["帳簿"], row["条例の定め"]) == ("条例に基づく帳簿", "みなと市個人情報保護法施行条例第5条")
    assert done.report["small_file_ordinance"] == "みなと市個人情報保護法施行条例第5条"
    assert (
        "1,000人未満。みなと市個人情報保護法施行条例第5条による" in (done.release / "report.html").read_text()
    )
    assert run(policy, {"data.csv": "a\n" + "1\n" * 1000}, args=["--release-id", "large"]).status == 0
    large = tmp_path / "out" / "releases" / "large"
    assert json.loads((large / "report.json").read_text())["small_file_ordinance"] is None
    assert "条例" not in (large / "report.html").read_text()
    (row,) = rows(tmp_path)
    assert (row["帳簿"], row["条例の定め"]) == ("個人情報ファイル簿", "")


def test_a_small_release_is_refused_without_an_ordinance(run):
    small = run(public(), {"data.csv": "a\n" + "1\n" * 999})
    assert small.status == 4 and "requirement.small_file" in small.err and "999 people" in small.err
    assert "条例" in small.err and "file.small_file_ordinance" in small.err and not small.releases
    old = run(public("public_2022"), {"data.csv": "a\n" + "1\n" * 999})
    assert old.status == 4 and "条例" not in old.err


def test_an_entry_is_not_erased_for_its_size_if_it_is_large(register, tmp_path):
    _, out, _ = register("enter", "--people", "1200", policy=public())
    status, _, err = register("erase", "--entry", entry_id(out), "--people", "1000", "--because", "試験")
    assert status == 4 and "register.large_file" in err and len(rows(tmp_path)) == 1


@pytest.mark.parametrize(
    ("args", "status", "word"),
    [
        (["--entry", "x", "--because", "y"], 2, "--no-longer-held --people"),
        (["--entry", "x", "--because", "y", "--no-longer-held", "--people", "5"], 2, "not allowed with"),
        (["--entry", "x", "--no-longer-held"], 2, "--because"),
        (["--no-longer-held", "--because", "y"], 2, "--entry"),
        (["--entry", "x", "--no-longer-held", "--because", " "], 2, "blank"),
        (["--entry", "x", "--no-longer-held", "--because", "y", "--force"], 2, "--force"),
        (["--entry", "0123456789abcdef", "--no-longer-held", "--because", "y"], 2, "register.unknown_entry"),
    ],
)
def test_an_erasure_needs_an_entry_one_ground_and_a_reason(register, tmp_path, args, status, word):
    register("enter", "--people", "1200", policy=public())
    before = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    found, _, err = register("erase", *args)
    assert found == status and word in err
    assert before == {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "action", [["show"], ["check"], ["erase", "--entry", "x", "--no-longer-held", "--because", "y"]]
)
def test_where_there_is_no_register_it_says_so(register, action):
    status, out, err = register(*action)
    assert (status, out) == (3, "") and "register.none" in err


def test_a_damaged_book_is_an_input_error_and_left_alone(register, tmp_path):
    register("enter", "--people", "1200", policy=public())
    book = tmp_path / "out" / "register" / "book.json"
    book.write_text("{broken")
    for action in (["show"], ["check"], ["check", "--repair"]):
        status, _, err = register(*action)
        assert status == 3 and "register.damaged" in err
    status, _, err = register("enter", "--people", "1200", policy=public())
    assert status == 3 and book.read_text() == "{broken"


def test_the_check_names_what_differs_and_repairs_it(register, tmp_path):
    register("enter", "--people", "1200", policy=public())
    where = tmp_path / "out" / "register" / "index.html"
    where.write_text(where.read_text().replace("市民課", "税務課"))
    status, _, err = register("check")
    assert (
        status == 4
        and "register.differs" in err
        and str(where) in err
        and "entries" not in err.split("\n")[0]
    )
    assert register("check", "--repair")[0] == 0 and register("check")[0] == 0
    agree(tmp_path)


def test_the_check_names_a_release_that_has_no_entry(register, run, tmp_path):
    register("enter", "--people", "1200", policy=public())
    manifest = tmp_path / "out" / "releases" / "r9" / "manifest.json"
    manifest.parent.mkdir(parents=True)
    manifest.write_text("{}")
    status, _, err = register("check", "--repair")
    assert status == 4 and "register.release_missing" in err and str(manifest) in err


def test_items_of_another_time_are_refused(register):
    for items, regime in (
        ({"third_party_opinion": True, "call_for_proposals": True, "proposal_office": OFFICE}, "public"),
        ({"ordinance_sensitive": True}, "public_2022"),
        ({"small_file_ordinance": ORDINANCE}, "public_2017"),
    ):
        status, _, err = register("enter", "--people", "1200", policy=public(regime, **items))
        assert status == 2 and "policy.regime_item" in err
    called = {"call_for_proposals": True, "proposal_office": OFFICE, "third_party_opinion": True}
    assert register("enter", "--people", "1200", policy=public("public_2017", **called))[0] == 0


def test_registers_stand_on_cloud_storage_too(bucket, tmp_path, capsys):
    def go(*args):
        assert main(["register", *args]) == 0
        return capsys.readouterr().out

    out = f"{bucket.uri}/out"
    for body in ("みなと市長", "教育委員会"):
        path = tmp_path / "policy.yaml"
        path.write_text(json.dumps(public(body=body), ensure_ascii=False))
        name = entry_id(go("enter", str(path), "--output", out, "--people", "5000"))
    bucket.proxy.fault("create", "lost", name="book.json")
    go("erase", out, "--entry", name, "--no-longer-held", "--because", "廃止")
    assert "2 book(s), 1 entries" in go("check", out)
    (folder,) = {name.split("/")[2] for name in bucket.generations("out/register/") if name.count("/") == 3}
    books = [json.loads(bucket.get(f"out/register/{where}book.json")) for where in ("", f"{folder}/")]
    assert [[e["status"] for e in book["entries"]] for book in books] == [["current"], ["erased"]]
    bucket.put("out/register/entries.csv", "")
    assert main(["register", "check", out]) == 4
    assert f"{out}/register/entries.csv" in capsys.readouterr().err


def test_writers_in_processes_of_their_own_lose_nothing(tmp_path):
    """Eight commands at once: entries of two bodies, and erasures of what stood there before."""
    cli = [sys.executable, "-m", "tokumei.pipelines.cli", "register"]
    out = str(tmp_path / "out")

    def enter(i, body, name):
        path = tmp_path / f"{i}.yaml"
        path.write_text(json.dumps(public(name=name, body=body), ensure_ascii=False))
        return ["enter", str(path), "--output", out, "--people", "5000"]

    first = [
        entry_id(
            subprocess.run(
                [*cli, *enter(i, "みなと市長", f"廃止{i}")], capture_output=True, text=True, check=True
            ).stdout
        )
        for i in range(2)
    ]
    work = [["erase", out, "--entry", name, "--no-longer-held", "--because", "廃止"] for name in first]
    work += [enter(3 + i, ("みなと市長", "教育委員会")[i % 2], f"新{i}") for i in range(6)]
    started = [subprocess.Popen([*cli, *args], stdout=subprocess.DEVNULL) for args in work]
    assert [one.wait(60) for one in started] == [0] * len(work)
    assert main(["register", "check", out]) == 0
    book = agree(tmp_path)
    assert sorted(e.name for e in book.current) == ["新0", "新2", "新4"]
    assert sorted(e.name for e in book.entries if e.status == "erased") == ["廃止0", "廃止1"]
    (folder,) = (p for p in (tmp_path / "out" / "register").iterdir() if p.is_dir())
    other, files = told(LocalStore(), str(folder))
    assert_agree(files, other, Page)
    assert sorted(e.name for e in other.current) == ["新1", "新3", "新5"]
