"""What identifies proposers, and what was found of them, is gone once destroyed: it cannot be guessed either."""

import datetime as dt
import hashlib
import hmac
import json

import pytest
from support.cases import CLEAN, Cases
from support.clerks import COMPANY, call

from tokumei.schemas.proposers import Proposer

SERVED = {**CLEAN, "sentences": {"1": {"penalty": "罰金", "under_act": True, "ended": "2025-01-10"}}}


@pytest.fixture
def cases(tmp_path, capsys, quick_beam):
    return Cases(tmp_path, capsys)


def apart(cases):
    (folder,) = cases.folder.rglob("proposers")
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.endswith(".lock")}


def whole_ledger(cases):
    return json.dumps(cases.events, ensure_ascii=False)


def test_why_somebody_is_disqualified_stands_apart_and_is_destroyed_with_them(cases):
    cases.propose()
    cases.screen(wanted={}, officers={"1": SERVED}, correct_until="2026-01-31")
    text = cases.paper("unfit")
    assert "役員に法第113条第4号に該当する者がある" in text and cases.state() == "unfit"
    grounds = [json.loads(data) for data in apart(cases).values() if b"grounds" in data]
    assert [found["case"] for found in grounds] == ["案1"] and grounds[0]["reason"] in text
    ledger = whole_ledger(cases)
    assert "欠格事由に該当する。" in ledger and "第4号" not in ledger and "刑" not in ledger
    (unfit,) = [e for e in cases.events if e["payload"]["kind"] == "screened_unfit"]
    (digest,) = [paper["sha256"] for paper in unfit["papers"] if paper["name"] == "審査結果通知書"]
    assert digest != hashlib.sha256(text.encode()).hexdigest()  # else texts could be tried on it
    assert digest == hmac.new(apart(cases)["key-2025"], text.encode(), hashlib.sha256).hexdigest()
    assert cases.tick("2030-11-02")[0] == 0
    assert [*apart(cases)] == ["key-2030"]


def test_what_test_1_did_not_find_needs_no_keeping(cases):
    cases.propose()
    assert cases.screen()[0] == 0 and cases.state() == "fit"
    assert len(apart(cases)) == 2 and "欠格事由に該当しない。" in whole_ledger(cases)
    (fit,) = [e for e in cases.events if e["payload"]["kind"] == "screened_fit"]
    assert hashlib.sha256(cases.paper("fit").encode()).hexdigest() in {p["sha256"] for p in fit["papers"]}


def test_the_key_of_a_year_goes_with_the_last_of_its_proposers(cases):
    cases.propose(destroy_on="2026-06-01")
    (first,) = [e["payload"] for e in cases.events if e["payload"]["kind"] == "proposal_received"]
    reference = Proposer.model_validate(COMPANY).reference
    assert first["proposer"] == reference(apart(cases)["key-2025"]) and first["keyed_in"] == 2025
    cases.ok("propose", "withdraw", {"case": "案1", "because": "中止"}, as_of="2026-03-01")
    cases.tick("2026-05-31")
    assert "key-2025" in apart(cases)
    assert "key-2025" in cases.tick("2026-06-01")[1]
    guesses = {reference(data) for name, data in apart(cases).items() if name.startswith("key-")}
    assert not guesses & set(json.dumps(first).split('"'))


def test_a_proposer_is_known_again_after_the_year(cases):
    cases.propose()
    cases.screen()
    cases.contract()
    said = {"case": "案1", "ground": 3, "because": "目的外に利用した。"}
    assert cases.on_cases("terminate", said=said, as_of="2026-03-30")[0] == 0
    cases.ok("call", "announce", call("R8", "2026-06-01", "2026-07-31"), as_of="2026-05-01")
    later = {"period": {"start": "2027-04-01", "end": "2028-03-31"}}
    cases.propose("案2", at="2026-06-10", call="R8", items=later)
    told = [e["payload"] for e in cases.events if e["payload"]["kind"] == "proposal_received"]
    assert told[1]["proposer"] != told[0]["proposer"] and told[1]["older"] == [told[0]["proposer"]]
    assert cases.screen("案2", as_of="2026-08-01")[0] == 0 and cases.state("案2") == "unfit"
    assert "契約を解除された日（令和8年3月30日）" in cases.paper("unfit", "案2")


def test_a_record_of_the_year_before_is_known_again(cases):
    said = {"inquiry": "問1", "by": "private", "about": "様式"}
    at = {"at": "2026-03-31T10:00"}
    cases.ok("inquire", "receive", {**said, **at}, as_of="2026-03-31")
    assert "taken in before" in cases.ok("inquire", "receive", {**said, **at}, as_of="2026-04-01")


def test_a_ground_that_is_over_is_told_of_the_day_of_the_proposal(cases):
    cases.propose()
    ended = {"1": {"penalty": "懲役", "under_act": False, "ended": "2024-01-01"}}
    cases.screen(wanted={}, proposer={**CLEAN, "sentences": ended}, as_of="2026-01-15")
    assert "提案の日（令和7年11月1日）において、法第113条第4号に該当する。" in cases.paper("unfit")
    assert cases.clock.date() == dt.date(2026, 1, 15)
