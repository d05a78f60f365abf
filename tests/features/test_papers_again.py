"""Papers and packages that were lost are made again from what is recorded, byte for byte, or not at all."""

import shutil

import pytest
from support.cases import CLEAN, WANTED, Cases


@pytest.fixture
def cases(tmp_path, capsys, quick_beam):
    return Cases(tmp_path, capsys)


def written(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix == ".txt"}


def again(cases, *more):
    return cases.run(
        "--json", "ledger", "papers", cases.output, "--papers", str(cases.folder / "again"), *more
    )


def test_every_paper_is_made_again(cases):
    for case, items in (("案1", {}), ("案2", {"people": 1201}), ("案3", {"purpose": None})):
        cases.propose(case, items=items)
    assert cases.screen()[0] == 0
    assert cases.screen("案2", wanted=WANTED)[0] == 0
    cases.contract()
    ended = {"case": "案1", "ground": 3, "because": "目的外に利用した"}
    assert cases.on_cases("terminate", said=ended, as_of="2026-05-01")[0] == 0
    cases.ok(
        "call", "files", *refiled(cases), as_of="2026-05-02"
    )  # what the file is called now tells nothing
    papers = written(cases.folder / "papers")
    assert {name.removesuffix(".txt") for name in papers} == {
        *("案1-fit", "案1-application", "案1-contract", "案1-terminated"),
        *("案2-unfit", "案3-correction"),
    }
    status, out, error = again(cases)
    assert status == 0 and out.count("paper of case") == 6, error
    assert written(cases.folder / "again") == papers
    shutil.rmtree(cases.folder / "again")
    assert again(cases, "--case", "案2")[0] == 0
    assert [*written(cases.folder / "again")] == ["案2-unfit.txt"]


def refiled(cases):
    (judged,) = [e["payload"] for e in cases.events if e["payload"]["kind"] == "file_judged"]
    kept = ("people", "published", "disclosable", "unhindered")
    return [{"file": cases.file, **{key: judged[key] for key in kept}, "people": 1300}]


def test_what_was_sent_is_made_again_though_it_was_annulled_since(cases):
    cases.propose(items={"people": 999})
    cases.screen()
    sent = cases.paper("unfit")
    mine = [e for e in cases.events if e["payload"]["kind"] in {"screening_judged", "screened_unfit"}]
    for event in reversed(mine):
        cases.ok("ledger", "annul", {"event": event["event_id"], "because": "入力の誤り"}, as_of="2026-01-16")
    assert again(cases)[0] == 0
    assert (cases.folder / "again" / "案1-unfit.txt").read_text() == sent


def test_a_notice_whose_grounds_are_destroyed_is_not_made_again(cases):
    cases.propose(destroy_on="2026-06-01")
    barred = {**CLEAN, "minor": True}
    cases.screen(wanted={}, proposer=barred)
    assert {e["payload"]["test"] for e in cases.events if e["payload"]["kind"] == "screening_judged"} == {
        *(1, 2, 4, 5, 6, 7)  # of 3 nothing was found: no method was tried
    }
    assert again(cases)[0] == 0
    assert written(cases.folder / "again") == written(cases.folder / "papers")
    shutil.rmtree(cases.folder / "again")
    cases.tick("2026-06-01")
    status, _, error = again(cases)
    assert (status, error["code"], error["where"]) == (4, "papers.unlike", "案1: unfit")
    assert not (cases.folder / "again").exists()


def test_other_templates_make_other_papers(cases, tmp_path):
    cases.propose(items={"purpose": None})
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "correction.txt.j2").write_text("受付番号 {{ case }}")
    status, _, error = again(cases, "--templates", str(tmp_path / "own"))
    assert status == 4 and error["where"] == "案1: correction"


def test_a_package_that_is_gone_is_made_again(cases, tmp_path):
    cases.propose()
    cases.screen()
    cases.contract()
    cases.release("r1")
    assert cases.provide()[0] == 0
    package = tmp_path / "out/packages/案1"
    before = {p.relative_to(package): p.read_bytes() for p in package.rglob("*") if p.is_file()}
    shutil.rmtree(package)
    assert cases.check()[0] == 4
    status, out, error = cases.provide(as_of="2026-04-05")
    assert status == 0 and "made again, package of case 案1" in out, error
    assert {p.relative_to(package): p.read_bytes() for p in package.rglob("*") if p.is_file()} == before
    assert cases.check()[0] == 0 and "made again" not in cases.provide(as_of="2026-04-05")[1]
