"""The gate of provision: each thing that does not agree stops it, with its article."""

import datetime as dt
from types import SimpleNamespace

import pytest

from tokumei.schemas.case_events import NamedReason
from tokumei.schemas.file_items import Office, Period
from tokumei.schemas.japan_time import JST
from tokumei.transforms.ledger.fold import Refused
from tokumei.transforms.ledger.state import Body, Case
from tokumei.transforms.proposals.occasion import Occasion
from tokumei.transforms.proposals.provision import Offered, ProvidedRelease, refuse_provision

USE = Period(start=dt.date(2026, 4, 1), end=dt.date(2027, 3, 31))
RECORD = ProvidedRelease(case="案1", release="r1")


def column(title, *methods):
    return SimpleNamespace(title=title, released=True, steps=[SimpleNamespace(method=m) for m in methods])


def offered(*, entry=(), newest=(), **more):
    report = {
        "regime": "public",
        "people": 1200,
        "created_at": "2026-02-20T10:00:00+09:00",
        "work_sha256": "w",
        "policy_sha256": "m",
        "tables": [SimpleNamespace(columns=[column("年齢", "generalize")])],
        **more.pop("report", {}),
    }
    items = {
        "entry_id": "f1",
        "call_for_proposals": True,
        "proposal_office": Office(name="窓口", address="1番地"),
        "product_people": report["people"],
        "product_office": Office(name="窓口", address="1番地"),
        "product_period": USE,
        "status": "current",
        "withdrawn": (),
    }
    made = None if entry is None else SimpleNamespace(**{**items, **dict(entry)})
    given = {
        "report": SimpleNamespace(**report),
        "entry": made,
        "newest": SimpleNamespace(**{**items, **dict(newest)}),
        "rules": "m",
        "product": None,
    }
    return Offered(**{**given, **more})


def body(*, under="112", others=(), **more):
    concluded = dt.datetime(2026, 2, 10, 9, tzinfo=JST)
    case = Case(
        state="ready",
        file="f1",
        received=SimpleNamespace(under=under),
        proposal=SimpleNamespace(people=1200),
        contract=SimpleNamespace(period=USE),
        reference="p1",
        **more,
    )
    case.since["contract_concluded"] = concluded
    return Body(name="見本省", cases={"案1": case, **dict(others)}, products={"r0": "案0"})


def gate(state=None, release=None, *, day="2026-04-01", record=RECORD):
    at = dt.datetime.fromisoformat(f"{day}T09:00+09:00")
    occasion = Occasion(body="見本省", kind="行政機関", as_of=at, registered={})
    refuse_provision(state or body(), record, release or offered(), occasion)


def test_what_agrees_passes():
    gate()
    gate(body(under="118"), offered(rules=None, product="w"))


HANDED = Case(
    release="r1", reference="p2", state="provided", since={"provided": dt.datetime(2026, 3, 1, tzinfo=JST)}
)
AGREED = {"other_people": NamedReason(by="審査 花子", because="提案者と合意した")}
CODES = {"tables": [SimpleNamespace(columns=[column("年齢", "pseudonym")])]}


@pytest.mark.parametrize(
    ("found", "why"),
    [
        ({"day": "2027-04-01"}, "period of use"),
        ({"state": body(opinions={"1": True})}, "third party objected"),
        ({"release": offered(entry=None)}, "in no register book"),
        ({"release": offered(entry={"entry_id": "f2"})}, "of another file"),
        ({"release": offered(newest={"status": "erased"})}, "entry is erased"),
        (
            {"release": offered(entry={"call_for_proposals": False, "proposal_office": None})},
            "13, 14 (法第110条)",
        ),
        ({"release": offered(entry={"product_office": None, "product_period": None})}, "16, 17 (法第117条)"),
        ({"release": offered(entry={"product_people": 1199})}, "other numbers of people"),
        ({"release": offered(report={"regime": "public_2022"})}, "another law"),
        (
            {"release": offered(report={"people": 999}), "record": RECORD.model_copy(update=AGREED)},
            "fewer than 1,000",
        ),
        ({"release": offered(report={"people": 1201})}, "1,201 people, and another number was proposed"),
        ({"release": offered(report={"people": 1199})}, "1,199 people, and another number was proposed"),
        ({"release": offered(report={"created_at": "2026-02-09T23:59:59+09:00"})}, "before the contract"),
        ({"release": offered(report={"created_at": "2026-04-01T15:00:00+00:00"})}, "made on 2026-04-02"),
        ({"release": offered(report={"policy_sha256": "n"})}, "other treatments"),
        ({"release": offered(rules="", report={"policy_sha256": ""})}, "not known"),
        ({"record": RECORD.model_copy(update={"release": "r0"})}, "made for another case"),
        ({"state": body(under="118"), "release": offered(product="v", rules=None)}, "another product"),
        ({"state": body(others={"案2": HANDED}), "release": offered(report=CODES)}, "same pseudonyms"),
    ],
)
def test_what_does_not_agree_stops(found, why):
    with pytest.raises(Refused) as refused:
        gate(**found)
    assert why in refused.value.what and "法第" in refused.value.what and "案1" in refused.value.where


def test_another_number_of_people_is_agreed():
    gate(release=offered(report={"people": 1199}), record=RECORD.model_copy(update=AGREED))
    gate(body(under="118"), offered(rules=None, product="w", report={"people": 1500}))


def test_who_objected_cannot_be_in_it():
    state, removed = (
        body(opinions={"1": True, "2": False}),
        NamedReason(by="審査 花子", because="名簿から除いた"),
    )
    without = RECORD.model_copy(update={"objectors_removed": removed})
    with pytest.raises(Refused, match="cannot be without the 1 who objected"):
        gate(state, record=without)
    with pytest.raises(Refused, match="cannot be without the 1 who objected"):
        gate(state, record=without.model_copy(update=AGREED))
    gate(state, offered(report={"people": 1199}), record=without)
    with pytest.raises(Refused, match="another number"):
        gate(state, offered(report={"people": 1198}), record=without)
    with pytest.raises(Refused, match="no third party objected"):
        gate(record=without)


def test_what_making_took_beyond_the_fee_is_left_by_somebody():
    state = body(fit=SimpleNamespace(minutes=660, outsourced=0))
    left = {"beyond_fee": NamedReason(by="審査 花子", because="見積りの誤りによる")}
    gate(state, record=RECORD.model_copy(update={"minutes": 660}))
    more = RECORD.model_copy(update={"minutes": 60000, "outsourced": 9})
    with pytest.raises(Refused, match=r"60,000 minutes, and 660 are in the fee; 9 yen to a contractor"):
        gate(state, record=more)
    gate(state, record=more.model_copy(update=left))
    with pytest.raises(Refused, match="no more than the fee counts"):
        gate(state, record=RECORD.model_copy(update={"minutes": 660, **left}))
    gate(body(fit=SimpleNamespace(minutes=None, outsourced=0)), record=more)  # of 法118条


def test_the_contract_day_itself_and_the_last_day_are_in_time():
    gate(release=offered(report={"created_at": "2026-02-10T00:00:00+09:00"}), day="2027-03-31")
