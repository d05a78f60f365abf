"""Days of the law: six months, two years, holidays, the yearly call; and what a proposal must hold."""

import datetime as dt

import pytest
from support.clerks import SHA
from support.events import event
from support.journals import MemoryJournal

from tokumei.schemas import body_events as b
from tokumei.schemas import case_events as c
from tokumei.schemas.events import Paper
from tokumei.schemas.file_items import Period
from tokumei.schemas.japan_time import JST
from tokumei.schemas.proposers import Proposer, right_corporate_number
from tokumei.schemas.regimes import fiscal_year
from tokumei.transforms.ledger.fold import Refused, fold_events
from tokumei.transforms.proposals.calls import calls_owed
from tokumei.transforms.proposals.commands import COMMANDS
from tokumei.transforms.proposals.completeness import (
    fresh,
    missing_items,
    missing_of_proposer,
    missing_papers,
)
from tokumei.transforms.proposals.due import years_after
from tokumei.transforms.proposals.execute import execute
from tokumei.transforms.proposals.notices import notices, office_day
from tokumei.transforms.proposals.occasion import Occasion
from tokumei.transforms.proposals.records import GivenRecord

DAY = dt.date.fromisoformat
HOLDS = b.Condition(holds=True, by="甲", reason="確認した")
DESK = b.Desk(name="窓口", address="千代田区", contact="電話")


@pytest.mark.parametrize(
    ("begin", "free"),
    [("2023-05-01", "2025-05-01"), ("2024-02-29", "2026-03-01"), ("2022-02-28", "2024-02-28")],
)
def test_two_years_begin_with_the_day_itself(begin, free):
    assert years_after(DAY(begin), 2) == DAY(free)


@pytest.mark.parametrize(
    ("day", "open_day"),
    [
        ("2025-11-01", "2025-11-04"),  # Saturday, Sunday, 文化の日
        ("2025-12-01", "2025-12-01"),
        ("2025-12-29", "2026-01-05"),  # 年末年始, then a Sunday
        ("2026-05-03", "2026-05-07"),  # 憲法記念日 on a Sunday, みどりの日, こどもの日, 振替休日
    ],
)
def test_offices_are_closed_on_holidays(day, open_day):
    assert office_day(DAY(day)) == DAY(open_day)


@pytest.mark.parametrize(
    ("issued", "last"),
    [
        ("2025-05-20", "2025-11-20"),
        ("2025-08-31", "2026-02-28"),
        ("2025-06-30", "2025-12-30"),
        ("2025-12-15", "2026-06-15"),
    ],
)
def test_six_months(issued, last):
    assert fresh(DAY(issued), DAY(last)) and not fresh(DAY(issued), DAY(last) + dt.timedelta(days=1))


def test_what_a_person_a_body_and_an_agent_must_give():
    at = DAY("2025-11-20")
    assert missing_papers({}, at, proposer_is="person", agent=True) == (
        "誓約書",
        "事業が新たな産業の創出等に資することを明らかにする書類",
        "本人確認書類",
        "代理権を証する書類",
    )
    seal = Paper(name="印鑑登録証明書", sha256=SHA, issued_on=at)
    undated = Paper(name="登記事項証明書", sha256=SHA)
    assert missing_papers({"印鑑登録証明書": seal}, at, proposer_is="body", agent=False)[2:] == ()
    assert len(missing_papers({"登記事項証明書": undated}, at, proposer_is="body", agent=False)) == 3
    assert missing_of_proposer(Proposer.model_validate({"is": "person"})) == ("1号 氏名又は名称", "1号 住所")
    body = Proposer.model_validate({"is": "body", "name": "社", "address": "所"})
    assert missing_of_proposer(body) == ("1号 代表者の氏名",)


def test_on_a_product_that_exists_neither_people_nor_method_are_stated():
    assert set(missing_items(c.Proposal(), "112")) - set(missing_items(c.Proposal(), "118")) == {
        "3号 本人の数",
        "4号 加工の方法を特定する事項",
    }


def test_a_reference_is_the_same_for_the_same_proposer_and_says_nothing_without_the_key():
    one = Proposer.model_validate({"is": "body", "name": "社", "corporate_number": "5835678256246"})
    other = Proposer.model_validate(
        {"is": "body", "name": "社（新）", "corporate_number": "５８３５６７８２５６２４６"}
    )
    assert one.reference(b"k") == other.reference(b"k") != one.reference(b"l")


@pytest.mark.parametrize(
    ("changes", "alike"),
    [
        ({"corporate_number": None}, True),
        ({"corporate_number": None, "name": "（株）見本 物流", "address": "名古屋市"}, True),
        ({"corporate_number": None, "name": "㈱見本物流", "representative": "別人"}, True),
        ({"corporate_number": None, "name": "新物流合同会社"}, True),  # same seat and representative
        ({"corporate_number": None, "name": "新物流", "representative": "別人"}, False),
        ({"corporate_number": None, "name": "株式会社", "representative": "別人"}, False),
    ],
)
def test_whoever_leaves_the_number_out_is_known_by_name_or_seat(changes, alike):
    said = {"is": "body", "name": "株式会社見本物流", "address": "大阪市北区", "representative": "見本 太郎"}
    one = Proposer.model_validate({**said, "corporate_number": "5835678256246"})
    other = Proposer.model_validate({**said, **changes})
    assert one.reference(b"k") != other.reference(b"k")
    assert bool(set(one.marks(b"k")) & set(other.marks(b"k"))) == alike
    assert not set(one.marks(b"k")) & set(one.marks(b"l"))


def test_a_person_who_has_moved_is_known_by_name():
    one = Proposer.model_validate({"is": "person", "name": "見本 太郎", "address": "大阪市北区"})
    other = one.model_copy(update={"address": "名古屋市"})
    assert set(one.marks(b"k")) == set(other.marks(b"k")) and one.reference(b"k") != other.reference(b"k")


@pytest.mark.parametrize(("named", "count"), [(None, 0), ("甲;乙；丙", 3), ("甲\n乙\n", 2), ("甲、乙", 2)])
def test_officers_are_counted(named, count):
    said = {"is": "body", "name": "社", "officers": named}
    assert Proposer.model_validate(said).named_officers() == count


def judged(people=5000, **more):
    payload = b.FileJudged(
        name="名簿", people=people, published=HOLDS, disclosable=HOLDS, unhindered=HOLDS, **more
    )
    return lambda **of: event(payload, "f", at=dt.datetime(2018, 1, 10, tzinfo=JST), **of)


@pytest.mark.parametrize(
    ("kind", "day", "owed"),
    [
        ("行政機関", "2018-03-31", True),
        ("独立行政法人等", "2022-04-01", True),
        ("都道府県", "2022-12-01", False),  # not before April 2023
        ("都道府県", "2023-04-01", True),
        ("指定都市", "2025-04-01", True),
        ("市区町村", "2025-04-01", False),  # 附則7条
        ("地方独立行政法人", "2025-04-01", False),
    ],
)
def test_who_must_call_once_a_fiscal_year(kind, day, owed):
    body = fold_events([judged()(body_kind=kind)])
    assert (fiscal_year(DAY(day)) in calls_owed(body, DAY(day))) == owed
    period = Period(start=DAY("2025-04-30"), end=DAY("2025-06-30"))
    said = b.CallAnnounced(title="募集", period=period, files=("f",), window=DESK)
    called = fold_events([judged()(body_kind=kind), event(said, "R7", body_kind=kind)])
    assert 2025 not in calls_owed(called, DAY("2026-03-31"))
    assert (2026 in calls_owed(called, DAY("2026-04-01"))) == (kind not in {"市区町村", "地方独立行政法人"})


def test_years_in_which_no_call_began_are_told_though_they_are_over():
    period = Period(start=DAY("2019-04-01"), end=DAY("2019-06-30"))
    said = b.CallAnnounced(title="募集", period=period, files=("f",), window=DESK)
    kind = {"body_kind": "行政機関"}
    events = [judged()(**kind), event(said, "R1", at=dt.datetime(2019, 3, 1, tzinfo=JST), **kind)]
    body = fold_events(events)
    assert calls_owed(body, DAY("2021-05-01")) == (2017, 2018, 2020, 2021)
    assert [text for text in notices(body, DAY("2021-05-01")) if "fiscal" in text] == [
        "no call for proposals has begun in fiscal year 2021 (法第44条の4)",
        "no call for proposals began in fiscal year(s) 2017, 2018, 2020: once a year it must (規則53条)",
    ]


@pytest.mark.parametrize(
    ("number", "right"),
    [
        ("5835678256246", True),
        ("５８３５６７８２５６２４６", True),
        ("7000012050002", True),
        ("5835678256247", False),
        ("4835678256246", False),
        ("583567825624", False),
        ("58356782562460", False),
    ],
)
def test_the_check_digit_of_a_corporate_number(number, right):
    assert right_corporate_number(number) == right


def test_a_certificate_made_since_the_proposal_completes_it():
    asked = DAY("2025-11-20")
    since = {"登記事項証明書": Paper(name="登記事項証明書", sha256=SHA, issued_on=DAY("2025-12-05"))}
    body = {"proposer_is": "body", "agent": False}
    assert len(missing_papers(since, asked, **body)) == 3
    assert len(missing_papers(since, asked, **body, given=DAY("2025-12-05"))) == 2
    assert len(missing_papers(since, asked, **body, given=DAY("2025-12-04"))) == 3


def occasion(day):
    as_of = dt.datetime.fromisoformat(f"{day}T10:00+09:00")
    return Occasion(body="見本市", kind="市区町村", as_of=as_of, registered={}, key=b"k")


def test_a_small_file_stays_where_an_ordinance_keeps_it():
    for kept, kinds in ((True, []), (False, ["file_erased"])):
        journal = MemoryJournal()
        journal.append([judged(people=10, by_ordinance=kept)()], journal.read()[1])
        assert [e.kind for e in execute(journal, None, (), occasion("2018-02-01")).events] == kinds


def test_the_hearing_of_third_parties_ends_at_midnight():
    journal = MemoryJournal()
    at = dt.datetime(2018, 4, 1, 9, tzinfo=JST)
    who = {
        "proposer": "p",
        "kept": "k",
        "proposer_is": "body",
        "destroy_on": DAY("2030-01-01"),
        "under": "112",
    }
    told = [
        c.ProposalReceived(proposal=c.Proposal(), **who),
        *(c.ScreeningJudged(test=n, passed=True, computed=False, by="甲", reason="可") for n in range(1, 8)),
        c.ScreenedFit(fee=21000, pay_how="収入印紙", pay_until=DAY("2018-06-30"), how_provided="媒体"),
        c.OpinionAsked(third_parties=2, until=DAY("2018-05-10")),
        c.OpinionGiven(third_party="1", objected=True),
    ]
    events = [judged(third_party_opinion=True)(), *(event(p, "案", at=at, file="f") for p in told)]
    journal.append(events, journal.read()[1])
    assert execute(journal, None, (), occasion("2018-05-10")).events == []
    (closed,) = execute(journal, None, (), occasion("2018-05-11")).events
    assert closed.kind == "opinions_closed" and closed.basis == "法第44条の8"
    body = fold_events(journal.events)
    assert body.cases["案"].state == "heard" and body.cases["案"].opinions == {"1": True}
    (fee,) = [n for n in notices(body, DAY("2018-06-20")) if "案" in n]
    assert "2018-06-30, a closed day; the next open one is 2018-07-02" in fee


def on_product(**more):
    said = {"case": "案2", "under": "118", "release": "r", "proposer": {"is": "person", "name": "甲"}, **more}
    model = COMMANDS["propose"]["receive"].model
    return GivenRecord(1, model.model_validate_strings(said, strict=False), f"{more}")


def made():
    """A ledger of a product that is offered during 2025."""
    who = {
        "proposer": "p",
        "kept": "k",
        "proposer_is": "body",
        "destroy_on": DAY("2030-01-01"),
        "under": "112",
    }
    year = Period(start=DAY("2025-01-01"), end=DAY("2025-12-31"))
    told = [
        c.ProposalReceived(proposal=c.Proposal(), **who),
        *(c.ScreeningJudged(test=n, passed=True, computed=False, by="甲", reason="可") for n in range(1, 8)),
        c.ScreenedFit(fee=21000, pay_how="現金", pay_until=DAY("2024-06-30"), how_provided="媒体"),
        c.ContractApplied(),
        c.FeePaid(amount=21000, how="現金"),
        c.ContractConcluded(period=year),
        c.ProductCreated(people=2000, minutes=60, offered=year),
    ]
    at = dt.datetime(2024, 6, 1, tzinfo=JST)
    journal = MemoryJournal()
    events = [
        event(p, "案1", at=at, file="f", release="r" if p.kind == "product_created" else None) for p in told
    ]
    journal.append(events, journal.read()[1])
    return journal


@pytest.mark.parametrize(
    ("day", "kind"), [("2025-12-31", "proposal_received"), ("2026-01-01", "proposal_late")]
)
def test_a_proposal_on_a_product_finds_it_while_it_is_offered(day, kind):
    journal = made()
    done = execute(journal, COMMANDS["propose"]["receive"], [on_product()], occasion(day))
    assert kind in [e.kind for e in done.events]
    case = done.body.cases["案2"]
    assert case.release == "r" and case.file == "f"


def test_a_product_that_is_not_offered_is_refused():
    for said, day in ((on_product(release="s"), "2025-06-01"), (on_product(), "2024-12-31")):
        with pytest.raises(Refused, match="118"):
            execute(made(), COMMANDS["propose"]["receive"], [said], occasion(day))
