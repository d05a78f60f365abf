"""Cases by commands: from the file to the provision; refused, corrected, terminated, 法118条, and that of 2017."""

import hashlib
import json
import shutil

import pytest
import yaml
from support.cases import CLEAN, DATA, NOTICE, WANTED, Cases
from support.clerks import COMPANY, call, proposal


@pytest.fixture
def cases(tmp_path, capsys, quick_beam):
    return Cases(tmp_path, capsys)


def whole(package):
    """The files of a package, which its list of checksums tells, and nothing else."""
    listed = dict(reversed(line.split("  ", 1)) for line in (package / "SHA256SUMS").read_text().splitlines())
    there = {str(p.relative_to(package)): p for p in package.rglob("*") if p.is_file()}
    assert {*there} == {*listed, "SHA256SUMS"}
    for name, digest in listed.items():
        assert hashlib.sha256(there[name].read_bytes()).hexdigest() == digest
    return there


def test_from_the_file_to_the_provision(cases, tmp_path):
    cases.propose()
    status, out, error = cases.screen()
    assert status == 0 and "can be met, for 1,200 people" in out, error
    assert "手数料の額\n　　64,450円" in cases.paper("fit") and "様式第九" in cases.paper("fit")
    assert "様式第十" in cases.paper("application") and "契約書" in cases.paper("contract")
    fit = next(event for event in cases.events if event["payload"]["kind"] == "screened_fit")
    digests = {paper["name"]: paper["sha256"] for paper in fit["papers"]}
    assert digests["審査結果通知書"] == hashlib.sha256(cases.paper("fit").encode()).hexdigest()
    assert cases.kept["items"] == ["年齢", "都道府県"] and cases.kept["people"] == 1200
    status, _, error = cases(
        "fee", "pay", {"case": "案1", "amount": 64_450, "how": "印紙"}, as_of="2026-02-10"
    )
    assert status == 4 and "not applied for" in error["what"]
    cases.ok("contract", "apply", {"case": "案1"}, as_of="2026-02-10")
    cases.ok("contract", "conclude", {"case": "案1"}, as_of="2026-02-10")
    book = tmp_path / "out/register/book.json"
    before = book.read_bytes()
    cases.release("r1")
    status, _, error = cases.provide(release="no-such")
    assert status == 3 and "no-such" in error["where"] and "no published release" in error["what"]
    status, _, error = cases.provide(release="../releases/r1")
    assert (status, error["code"]) == (3, "record.invalid") and "release" in error["what"]
    status, _, error = cases.provide()
    assert status == 4 and "the fee is not paid" in error["what"] and not (tmp_path / "out/packages").exists()
    cases.ok("fee", "pay", {"case": "案1", "amount": 64_450, "how": "収入印紙"}, as_of="2026-02-11")
    assert "release r1: no case" in cases.check()[1]
    status, _, error = cases.provide(minutes=661)
    assert status == 4 and "661 minutes, and 660 are in the fee" in error["what"]
    left = {"by": "審査 花子", "because": "見積りの誤りによる"}
    status, out, error = cases.provide(minutes=661, beyond_fee=left)
    assert status == 0 and "product_created" in out and "provided" in out, error
    there = whole(tmp_path / "out/packages/案1")
    assert {"表示.txt", "利用の条件.txt", "提供の通知.txt", "notice.md"} < {*there}
    assert "report.json" not in there and any(name.endswith(".parquet") for name in there)
    assert there["表示.txt"].read_text().startswith("行政機関等匿名加工情報\n")
    assert "no case" not in cases.check()[1] and cases.state() == "provided"
    again = cases.provide(minutes=661, beyond_fee=left)
    assert again[0] == 0 and "taken in before" in again[1]
    told = there["表示.txt"].read_text()
    there["表示.txt"].write_text(told + "追記\n")
    status, _, error = cases.check()
    assert status == 4 and error["where"] == "案1: changed"
    there["表示.txt"].write_text(told)
    (tmp_path / "out/packages/案1").rename(tmp_path / "out/packages-案1")
    assert cases.check()[2]["where"] == "案1: removed"
    (tmp_path / "out/packages-案1").rename(tmp_path / "out/packages/案1")
    assert cases.check()[0] == 0
    book.write_bytes(before)  # as if it had been restored from a backup that is older than the release
    shutil.rmtree(tmp_path / "out/releases/r1")
    status, _, error = cases.run("--json", "register", "check", cases.output, "--repair")
    assert status == 4 and error["code"] == "register.case_without_release" and "案1" in error["where"]


def test_all_records_or_none(cases):
    cases.propose()
    cases.propose("案2")
    asked = {
        "case": "案1",
        "proposer": CLEAN,
        "officers": {"1": CLEAN},
        "corrections": "粒度を示すこと。",
        "correct_until": "2026-01-31",
    }
    undecided = {key: value for key, value in asked.items() if key != "correct_until"} | {"case": "案2"}
    status, _, error = cases.on_cases("screen", "decide", said=[asked, undecided], as_of="2026-01-15")
    assert status == 4 and "record 2" in error["what"] and "record 1" not in error["what"]
    assert cases.state() == cases.state("案2") == "received" and not (cases.folder / "papers").exists()
    said = [asked, {**undecided, "correct_until": "2026-01-31"}]
    assert cases.on_cases("screen", "decide", said=said, as_of="2026-01-15")[0] == 0
    assert cases.state() == cases.state("案2") == "correcting" and "粒度" in cases.paper("correction", "案2")


def test_refused_with_reasons(cases):
    cases.propose(items={"people": 1201, "wanted": {"氏名": "そのまま", "年齢": "そのまま"}})
    status, out, _ = cases.screen(wanted={"氏名": "policy", "年齢": 0})
    assert status == 0 and "cannot be met" in out and cases.state() == "unfit"
    text = cases.paper("unfit")
    assert "様式第十一" in text and "法第114条第1項第2号" in text and "法第114条第1項第3号" in text
    assert "「氏名」は、加工の基準により削除する記録項目である。" in text
    status, _, error = cases("contract", "apply", {"case": "案1"}, as_of="2026-02-10")
    assert status == 4 and "unfit" in error["what"]


def test_every_officer_that_a_body_names_is_examined(cases):
    cases.propose(proposer={**COMPANY, "officers": "甲;乙;丙"})
    status, _, error = cases.screen()
    assert status == 4 and "of 3 or more" in error["what"] and cases.state() == "received"
    assert cases.screen(officers=dict.fromkeys("123", CLEAN))[0] == 0 and cases.state() == "fit"


def test_an_item_that_the_file_does_not_have_is_a_question(cases):
    cases.propose()
    status, _, error = cases.screen(wanted={"職業": 0, "年齢": 1})
    assert (status, error["code"]) == (3, "screening.item") and error["where"].startswith("record 1, ")
    assert "職業" not in json.dumps(error, ensure_ascii=False) and cases.state() == "received"


def test_what_cannot_be_met_is_told_with_what_could_be(cases):
    cases.policy_file.write_text(
        json.dumps({**cases.policy, "requirements": {"k": 30, "because": "試験"}}, ensure_ascii=False)
    )
    cases.propose()
    cases.screen(wanted={"年齢": 0, "都道府県": 0})
    text = cases.paper("unfit")
    assert "次の粒度であれば、加工の基準を満たす。年齢 10ごとの区間、都道府県 そのまま。" in text


def test_corrected(cases):
    cases.propose()
    status, _, error = cases.screen(wanted={}, corrections="求める項目の粒度を示すこと。")
    assert status == 4 and "補正" in error["what"]
    assert cases.screen(wanted={}, correct_until="2026-01-31")[0] == 0 and cases.state() == "correcting"
    assert "令和8年1月31日まで" in cases.paper("correction") and "粒度" in cases.paper("correction")
    status, _, error = cases.screen()
    assert status == 4 and "補正" in error["what"]  # until it is mended, or the day is over
    wanted = {"年齢": "5歳階級", "都道府県": "そのまま"}
    cases.ok("propose", "complete", {"case": "案1", "items": {"wanted": wanted}}, as_of="2026-01-20")
    assert cases.screen(as_of="2026-01-21")[0] == 0 and cases.state() == "fit"


def test_terminated_and_barred(cases):
    cases.propose()
    cases.screen()
    cases.contract()
    said = {"case": "案1", "ground": 3, "because": "目的外に利用した。"}
    status, out, error = cases.on_cases("terminate", said=said, as_of="2026-05-01")
    assert status == 0 and "bar_begun" in out, error
    assert "法第120条第3号" in cases.paper("terminated").replace("（以下「法」という。）", "法")
    assert "令和10年4月30日まで" in cases.paper("terminated")
    cases.release("r1")
    status, _, error = cases.provide(as_of="2026-05-02")
    assert status == 4 and "terminated" in error["what"]
    assert cases.run("register", "withdraw", cases.output, "--release-id", "r1", "--because", "誤り")[0] == 0
    status, _, error = cases.provide(as_of="2026-05-02")
    assert status == 4 and "was withdrawn" in error["what"]
    cases.ok("call", "announce", call("R10", "2028-04-01", "2028-05-31"), as_of="2028-03-01")
    later = {"period": {"start": "2028-08-01", "end": "2029-03-31"}}
    cases.propose("案2", at="2028-04-30", call="R10", items=later)
    cases.propose("案3", at="2028-05-01", call="R10", items=later)
    notice = {**NOTICE, "pay_until": "2028-07-01"}
    for case, outcome in (("案2", "unfit"), ("案3", "fit")):
        status, _, error = cases.screen(case, as_of="2028-06-10", notice=notice)
        assert status == 0 and cases.state(case) == outcome, error
    assert "法第114条第1項第1号" in cases.paper("unfit", "案2")
    assert "法第113条第5号に該当する。契約を解除された日（令和8年5月1日）から起算して2年" in cases.paper(
        "unfit", "案2"
    )


def test_a_proposal_on_a_product_that_is_there(cases, tmp_path):
    cases.propose()
    cases.screen()
    cases.contract()
    cases.release("r1")
    assert cases.provide()[0] == 0
    other = {**COMPANY, "name": "別の会社", "corporate_number": "7000012050002"}
    cases.propose("案2", at="2026-06-11", proposer=other, under="118", release="r1")
    cases.propose("案3", at="2026-06-11", under="118", release="r1")
    for case, fee in (("案2", 64_450), ("案3", 12_600)):
        status, _, error = cases.screen(
            case, as_of="2026-07-01", wanted={}, notice={**NOTICE, "pay_until": "2026-07-31"}
        )
        assert status == 0, error
        assert "様式第" not in cases.paper("fit", case) and "（第2号及び第3号を除く。）" in cases.paper(
            "fit", case
        )
        cases.contract(case, amount=fee, as_of="2026-07-01")
        status, out, error = cases.provide(case, as_of="2026-07-01")
        assert status == 0 and "product_created" not in out, error
        whole(tmp_path / "out" / "packages" / case)
    assert "no case" not in cases.check()[1]
    cases.run("--json", "tick", cases.output, "--as-of", "2027-04-01")
    bases = {(e["subject"], e["payload"]["kind"]): e["basis"] for e in cases.events}
    for kind, basis in {
        "proposal_received": "112",
        "screening_judged": "114",
        "screened_fit": "114",
        "contract_applied": "115",
        "contract_concluded": "115",
        "period_ended": "115",
    }.items():
        assert (bases["案1", kind], bases["案2", kind]) == (f"法第{basis}条", "法第118条")
    assert bases["案2", "fee_paid"] == "法第119条" and bases["案2", "provided"] == "法第109条"


def test_a_release_by_finer_treatments_than_were_screened_is_not_provided(cases):
    cases.propose()
    cases.screen(wanted={"年齢": 2, "都道府県": 0})
    cases.contract()
    kept = json.loads(json.dumps(yaml.safe_load(cases.kept["policy"])))
    for name, change in (
        ("k", {"requirements": {**kept["requirements"], "k": 2}}),
        ("level", {"tables": json.loads(json.dumps(kept["tables"]).replace('"level": 2', '"level": 1'))}),
    ):
        finer = json.dumps({**kept, **change}, ensure_ascii=False)
        assert finer != json.dumps(kept, ensure_ascii=False)
        cases.release(name, finer)
        status, _, error = cases.provide(release=name)
        assert status == 4 and "than were screened" in error["what"], name
    said = {**kept, "file": {**kept["file"], "remarks": "提供中"}, "report": {"compare": False}}
    cases.release("same", json.dumps(said, ensure_ascii=False))
    assert cases.provide(release="same")[0] == 0


def test_pseudonyms_are_of_one_recipient_alone(cases):
    wanted = {"番号": "policy", **WANTED}
    cases.propose(items={"wanted": dict.fromkeys(wanted, "方針のとおり")})
    cases.screen(wanted=wanted)
    cases.contract()
    cases.release("r1")
    assert cases.provide()[0] == 0
    other = {**COMPANY, "name": "別の会社", "corporate_number": "7000012050002"}
    cases.propose("案2", at="2026-05-11", proposer=other, under="118", release="r1")
    cases.screen("案2", as_of="2026-05-20", wanted={}, notice={**NOTICE, "pay_until": "2026-06-30"})
    cases.contract("案2", as_of="2026-06-01")
    status, _, error = cases.provide("案2", as_of="2026-06-02")
    assert status == 4 and "same pseudonyms" in error["what"]
    cases.release("r2", json.dumps({**cases.policy, "report": {"compare": False}}, ensure_ascii=False))
    status, _, error = cases.provide("案2", release="r2", as_of="2026-06-02")
    assert status == 4 and "another product" in error["what"]
    cases.release("r3")
    assert cases.provide("案2", release="r3", as_of="2026-06-02")[0] == 0


def test_of_2017_with_third_parties(tmp_path, capsys, quick_beam):
    cases = Cases(
        tmp_path, capsys, regime="public_2017", start="2018-02-26", end="2018-03-28", third_party_opinion=True
    )
    use = {"period": {"start": "2018-10-01", "end": "2019-09-30"}}
    cases.propose(at="2018-03-28", items=use)
    notice = {**NOTICE, "fee": {"hours": "10", "third_parties": 3}, "pay_until": "2018-08-31"}
    status, _, error = cases.screen(as_of="2018-04-20", notice=notice)
    assert status == 0, error
    text = cases.paper("fit")
    assert "61,130円" in text and "3人×210円" in text and "法第44条の7第2項" in text and "様式" not in text
    assert "行政機関の保有する個人情報の保護に関する法律（以下「法」という。）第44条の5" in text
    status, _, error = cases("contract", "apply", {"case": "案1"}, as_of="2018-04-25")
    assert status == 4 and "44条の8" in error["what"]
    cases.ok("screen", "hear", {"case": "案1", "third_parties": 3, "until": "2018-05-31"}, as_of="2018-04-25")
    cases.ok("screen", "opinion", {"case": "案1", "third_party": "1", "objected": True}, as_of="2018-05-10")
    cases.contract(amount=61_130, as_of="2018-06-01")
    cases.release("r1")
    status, _, error = cases.provide(as_of="2018-07-01")
    assert status == 4 and "a third party objected" in error["what"]
    removed = {"by": "審査 花子", "because": "該当する本人の記録を除いた名簿から作成した。"}
    status, _, error = cases.provide(as_of="2018-07-01", objectors_removed=removed)
    assert status == 4 and "cannot be without the 1 who objected" in error["what"]  # it is the same release
    kept = yaml.safe_load(cases.kept["policy"])
    table = kept["tables"]["t"]
    data = DATA.splitlines(keepends=True)
    (tmp_path / "without.csv").write_text("".join(data[:-1]))
    table["source"]["path"] = "without.csv"
    cases.release("r2", yaml.safe_dump(kept))
    status, _, error = cases.provide(release="r2", as_of="2018-07-01", objectors_removed=removed)
    assert status == 0, error
    provided = next(event for event in cases.events if event["payload"]["kind"] == "provided")
    assert provided["payload"]["objectors_removed"] == removed
    there = whole(tmp_path / "out/packages/案1")
    assert cases.events[-1]["payload"]["objectors_removed"] == removed
    assert "個情法第38条" in there["利用の条件.txt"].read_text()
    assert there["表示.txt"].read_text().startswith("行政機関非識別加工情報\n")


def test_a_paid_case_is_withdrawn_or_lapses(cases):
    both = ("案1", "案2")
    for case in both:
        cases.propose(case)
    for case in both:
        assert cases.screen(case)[0] == 0
    cases.ok("contract", "apply", *({"case": case} for case in both), as_of="2026-02-10")
    paid = {"amount": 64_450, "how": "収入印紙"}
    cases.ok("fee", "pay", *({"case": case, **paid} for case in both), as_of="2026-02-10")
    said = {"case": "案1", "because": "事業の中止"}
    status, _, error = cases("propose", "withdraw", said, as_of="2026-02-20")
    assert status == 4 and "fee_settled" in error["what"]
    settled = {"by": "会計課長", "because": "還付した"}
    cases.ok("propose", "withdraw", {**said, "fee_settled": settled}, as_of="2026-02-20")
    assert cases.state() == "withdrawn"
    out = cases.tick("2026-03-02")[1]
    assert "case 案2: the fee is paid, and no contract concluded for 20 days (法115条)" in out
    assert "proposal_lapsed" not in cases.tick("2027-03-31")[1]
    assert "2027-04-01 00:00  proposal_lapsed  case 案2" in cases.tick("2027-04-01")[1]
    assert cases.state("案2") == "lapsed"


def test_the_policy_that_was_tried_is_printed(cases):
    cases.propose()
    cases.screen()
    status, out, _ = cases.run("screen", "policy", cases.output, "--case", "案1")
    assert status == 0 and yaml.safe_load(out) == yaml.safe_load(cases.kept["policy"]) and "年齢" in out
    status, _, error = cases.run("--json", "screen", "policy", cases.output, "--case", "案2")
    assert (status, error["code"]) == (3, "evidence.none")


def test_no_proposal_is_taken_in_on_a_product_that_was_withdrawn(cases):
    cases.propose()
    cases.screen()
    cases.contract()
    cases.release("r1")
    assert cases.provide()[0] == 0
    assert cases.run("register", "withdraw", cases.output, "--release-id", "r1", "--because", "誤り")[0] == 0
    said = proposal(None, case="案2", at="2026-06-11T10:00", under="118", call=None, release="r1")
    status, _, error = cases("propose", "receive", said, as_of="2026-06-11")
    assert status == 4 and "was withdrawn (取下げ)" in error["what"]
    pages = cases.folder / "pages"
    made = ("statistics", cases.output, "--year", "2026", "--pages", str(pages), "--as-of", "2026-06-11")
    assert cases.run(*made)[0] == 0
    assert json.loads((pages / "products.json").read_text())["rows"] == []
    (entry,) = json.loads((pages / "register.json").read_text())["rows"]
    assert entry["withdrawn"].startswith("リリース r1") and "取下げ" in (pages / "register.html").read_text()


def test_a_number_that_is_no_corporate_number_is_refused(cases):
    wrong = proposal(
        cases.file, at="2025-11-01T10:00", proposer={**COMPANY, "corporate_number": "5835678256247"}
    )
    status, _, error = cases("propose", "receive", wrong, as_of="2025-11-01")
    assert status == 4 and "法人番号" in error["what"] and "5835678256247" not in json.dumps(error)


def test_what_is_missing_is_asked_for_in_plain_words(cases):
    cases.propose(items={"purpose": None})
    assert "（1）利用の目的（法第112条第2項第5号）" in cases.paper("correction")
