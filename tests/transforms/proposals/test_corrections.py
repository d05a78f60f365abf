"""Corrections pass the checks of the commands, nothing that rests on an event loses its ground, days are in order."""

import datetime as dt
import json
from dataclasses import replace

import pytest
from support.clerks import BODY, call, judged, proposal
from support.journals import MemoryJournal

from tokumei.schemas import case_events as c
from tokumei.schemas.file_items import Period
from tokumei.schemas.japan_time import JST
from tokumei.transforms.ledger.fold import Refused, fold_events
from tokumei.transforms.proposals.commands import COMMANDS
from tokumei.transforms.proposals.execute import Command, execute
from tokumei.transforms.proposals.notices import notices
from tokumei.transforms.proposals.occasion import Occasion, Record
from tokumei.transforms.proposals.records import GivenRecord

DAY = dt.date.fromisoformat
FILE = "f" * 16
USE = {"start": "2026-04-01", "end": "2027-03-31"}
OFFERED = Period(start=DAY("2026-04-01"), end=DAY("2027-03-31"))


class ENTRY:
    name, third_party_opinion, small_file_ordinance = "名簿", False, None
    call_for_proposals, withdrawn = True, ()


class Clerk:
    """Commands over a ledger in memory: a file, a call, a case that was provided, another on its product."""

    def __init__(self):
        self.journal = MemoryJournal()
        self.do("call", "files", judged(FILE), as_of="2025-10-01")
        self.do("call", "announce", call(), as_of="2025-10-02")
        self.do("propose", "receive", proposal(FILE, "案1", at="2025-11-14T09:00"), as_of="2025-11-14")
        self.fit("案1", "2025-12-10")
        self.contract("案1", "2025-12-20")
        self.add("案1", "2026-04-02", c.ProductCreated(people=2000, minutes=60, offered=OFFERED), release="r")
        self.add("案1", "2026-04-03", c.Provided(package="d" * 64))

    def on_product(self):
        said = proposal(None, "案2", at="2026-05-14T09:00", under="118", release="r", call=None)
        said["papers"]["登記事項証明書"]["issued_on"] = "2026-05-01"
        self.do("propose", "receive", said, as_of="2026-05-14")

    def occasion(self, day):
        at = dt.datetime.combine(DAY(day), dt.time(18), JST)
        return Occasion(body=BODY, kind="行政機関", as_of=at, registered={FILE: ENTRY}, key=b"k")

    def do(self, job, action, said, as_of):
        command = COMMANDS[job][action]
        said = {name: value for name, value in said.items() if value is not None}
        texts = json.loads(json.dumps(said), parse_int=str)
        model = command.model
        record = model.model_validate_strings(texts, strict=False) if job != "ledger" else corrected(said)
        row = GivenRecord(1, record, json.dumps([job, action, said], sort_keys=True))
        return execute(self.journal, command, [row], self.occasion(as_of)).body

    def add(self, case, day, *payloads, **about):
        """Record what a job records that needs more than the ledger."""
        command = Command(
            "", Record, lambda _, r, o: [o.event(r, p, case, "行政機関等", **about) for p in payloads]
        )
        digest = f"{case} {day} {[p.kind for p in payloads]}"
        return execute(self.journal, command, [GivenRecord(1, Record(), digest)], self.occasion(day)).body

    def fit(self, case, day, tests=range(1, 8), pay_until="2026-01-31"):
        passed = [c.ScreeningJudged(test=n, passed=True, computed=n < 4, by="甲", reason="可") for n in tests]
        notice = c.ScreenedFit(fee=21000, pay_how="現金", pay_until=DAY(pay_until), how_provided="媒体")
        self.add(case, day, *passed, notice)

    def contract(self, case, day):
        self.do("contract", "apply", {"case": case}, as_of=day)
        self.do("fee", "pay", {"case": case, "amount": 21000, "how": "現金"}, as_of=day)
        self.do("contract", "conclude", {"case": case}, as_of=day)

    def id_of(self, kind, subject=None):
        return next(
            e.event_id
            for e in reversed(self.journal.events)
            if e.kind == kind and subject in {None, e.subject}
        )

    def correct(self, kind, as_of="2026-06-01", at=None, **payload):
        said = {"event": self.id_of(kind), "payload": payload, **({"at": at} if at else {})}
        return self.do("ledger", "correct", said, as_of)

    def annul(self, kind, subject=None, as_of="2026-06-01"):
        said = {"event": self.id_of(kind, subject), "because": "誤り"}
        return self.do("ledger", "annul", said, as_of)

    def refuses(self, act, *args, why, **said):
        before = list(self.journal.events)
        with pytest.raises(Refused, match=why):
            act(*args, **said)
        assert self.journal.events == before


def corrected(said):
    model = COMMANDS["ledger"]["annul" if "because" in said else "correct"].model
    return model.model_validate_json(json.dumps(said))


@pytest.fixture
def clerk():
    return Clerk()


@pytest.mark.parametrize(
    ("kind", "said", "why"),
    [
        ("call_announced", {"period": {"start": "2025-11-01", "end": "2025-11-20"}}, "30 days"),
        ("call_announced", {"period": {"start": "2025-10-02", "end": "2025-12-01"}}, "before its first day"),
        (
            "call_announced",
            {"period": {"start": "2025-11-20", "end": "2025-12-31"}},
            "would have come before",
        ),
        ("call_announced", {"period": {"start": "2025-10-03", "end": "2025-11-13"}}, "proposal_late"),
        ("call_announced", {"files": ["g" * 16]}, "not eligible"),
        ("contract_concluded", {"period": {"start": "2026-01-01", "end": "2040-10-31"}}, "screened"),
        ("contract_concluded", {"period": {"start": "2026-04-01", "end": "2026-04-01"}}, "before provided"),
        ("product_created", {"people": 5}, "by hand: people"),
        ("provided", {"package": "zz"}, "by hand: package"),
        ("proposal_received", {"proposer": "0" * 24}, "by hand: proposer"),
        ("proposal_received", {"proposal": {}}, "missing does not say: 3"),
        ("screened_fit", {"fee": 1}, "by hand: fee"),
        ("call_opened", {}, "by hand: call_opened"),
        ("file_judged", {"people": 10}, "1,000"),
        ("file_judged", {"disclosable": {"holds": False, "by": "甲", "reason": "否"}}, "not eligible"),
        ("fee_paid", {"amount": 1}, "not the fee"),
        ("contract_applied", {"at": "2025-12-09T10:00"}, "before screened_fit of 2025-12-10"),
        ("contract_applied", {"at": "2025-12-21T10:00"}, "before contract_applied of 2025-12-21"),
    ],
)
def test_a_correction_passes_the_checks_of_the_command(clerk, kind, said, why):
    clerk.refuses(clerk.correct, kind, why=why, **said)


def test_what_passes_them_is_corrected_with_its_papers(clerk):
    clerk.correct("call_announced", period={"start": "2025-11-01", "end": "2025-12-15"})
    clerk.correct("product_created", minutes=90)
    items = {**proposal(FILE)["items"], "wanted": [{"item": "年齢", "granularity": "5歳"}]}
    case = clerk.correct("proposal_received", proposal={**items, "purpose": "研究"}).cases["案1"]
    assert case.proposal.purpose == "研究" and len(case.papers) == 3 and case.product.minutes == 90
    assert case.state == "provided"


def test_nothing_is_annulled_that_other_cases_rest_on(clerk):
    clerk.refuses(clerk.annul, "call_announced", why="proposal_received of 2025-11-14 would no longer")
    clerk.refuses(clerk.annul, "file_judged", why="call_announced of 2025-10-02 would no longer")
    clerk.on_product()
    clerk.annul("provided")
    clerk.refuses(clerk.annul, "product_created", why="proposal_received of 2026-05-14 would no longer")
    clerk.annul("proposal_received", "案2")
    assert clerk.annul("product_created").cases["案1"].state == "ready"


def test_what_was_wrong_already_stops_no_correction(clerk):
    clerk.occasion = lambda day, of=clerk.occasion: replace(of(day), registered={})  # erased since
    assert clerk.correct("product_created", minutes=90).cases["案1"].product.minutes == 90


@pytest.mark.parametrize(
    ("job", "action", "said"),
    [
        ("contract", "apply", {}),
        ("propose", "withdraw", {"because": "都合"}),
    ],
)
def test_nothing_happens_before_what_it_rests_on(clerk, job, action, said):
    clerk.on_product()
    clerk.fit("案2", "2026-05-20", (1, 4, 5, 6, 7), "2026-06-30")
    said = {"case": "案2", "at": "2026-05-19T10:00", **said}
    clerk.refuses(clerk.do, job, action, said, "2026-05-21", why="before screen")
    clerk.do(job, action, {**said, "at": "2026-05-20T08:00"}, "2026-05-21")  # of that day


def test_a_proposal_on_a_product_comes_after_it_and_an_answer_after_what_it_answers(clerk):
    said = proposal(None, "案2", at="2026-04-01T09:00", under="118", release="r", call=None)
    clerk.refuses(clerk.do, "propose", "receive", said, "2026-05-14", why="before product_created")
    clerk.do("complain", "receive", {"complaint": "苦1", "about": "遅い"}, "2026-05-14")
    said = {"complaint": "苦1", "outcome": "説明", "at": "2001-01-01T09:00"}
    clerk.refuses(clerk.do, "complain", "answer", said, "2026-05-15", why="before complaint_received")
    said = call("R8-1", "2026-07-01", "2026-08-01", at="2025-09-30T10:00")
    clerk.refuses(clerk.do, "call", "announce", said, "2026-05-15", why="before file_judged")
    assert fold_events(clerk.journal.events).complaints["苦1"].state == "open"


def test_a_fit_case_lapses_when_its_fee_stays_away_and_then_its_proposer_goes(clerk):
    clerk.on_product()
    clerk.fit("案2", "2026-05-20", (1, 4, 5, 6, 7), "2026-06-30")
    applied = {"case": "案2", "at": "2026-06-30T10:00"}
    clerk.do("contract", "apply", applied, "2026-07-30")
    paid = {"case": "案2", "amount": 21000, "how": "現金", "at": "2026-06-30T10:00"}
    clerk.refuses(clerk.do, "fee", "pay", paid, "2026-07-31", why="lapsed")
    done = execute(clerk.journal, None, (), clerk.occasion("2026-07-31"))
    (lapsed,) = done.events
    assert (lapsed.kind, str(lapsed.at), lapsed.basis) == (
        "proposal_lapsed",
        "2026-07-31 00:00:00+09:00",
        "法第119条",
    )
    assert not [text for text in notices(done.body, DAY("2026-08-20")) if "案2" in text]
    notice = clerk.id_of("screened_fit", "案2")
    longer = {"event": notice, "payload": {"pay_until": "2026-08-31"}}
    assert clerk.do("ledger", "correct", longer, "2026-08-01").cases["案2"].state == "applied"
    done = execute(clerk.journal, None, (), clerk.occasion("2031-06-01"))
    case = done.body.cases["案2"]
    assert (case.state, case.proposer) == ("lapsed", "destroyed")
