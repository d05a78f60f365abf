"""Whatever commands are given in whatever order: what they allow folds to a legal state, and time is made up."""

import contextlib
import copy
import datetime as dt
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.clerks import BODY, NO, call, judged, proposal
from support.events import event
from support.journals import MemoryJournal
from support.payloads import case_payloads

from tokumei.schemas import body_events as b
from tokumei.schemas.japan_time import JST
from tokumei.schemas.transitions import transitions
from tokumei.transforms.ledger.conditions import OVER
from tokumei.transforms.ledger.fold import Refused, apply, fold_events
from tokumei.transforms.ledger.state import Body
from tokumei.transforms.proposals.commands import COMMANDS
from tokumei.transforms.proposals.execute import execute
from tokumei.transforms.proposals.occasion import Occasion
from tokumei.transforms.proposals.records import GivenRecord

START = dt.datetime(2025, 10, 1, tzinfo=JST)
FILE = "f" * 16
HOLDS = b.Condition(holds=True, by="甲", reason="確認した")
FAILS = b.Condition(holds=False, by="甲", reason="支障")
LEGAL = {key.split(":", 1)[0]: set() for key, _ in transitions()}
for key, _ in transitions():
    LEGAL[key.split(":", 1)[0]].add(key.split(":", 1)[1])


def states(body):
    yield from (("file", thing.state) for thing in body.files.values())
    yield from (("call", thing.state) for thing in body.calls.values())
    for case in body.cases.values():
        yield from (("case", case.state), ("bar", case.bar), ("proposer", case.proposer))


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["112", "118"]),
    st.sampled_from([2017, 2025]),
    st.lists(st.integers(0, 200), max_size=60),
)
def test_any_events_that_are_allowed_fold_to_a_legal_state(under, year, choices):
    body, history = Body(), []
    at = dt.datetime(year, 11, 1, tzinfo=JST)
    choices = [0, *choices]
    told = case_payloads(under)
    judged_file = b.FileJudged(
        name="名簿",
        people=5000,
        published=HOLDS,
        disclosable=HOLDS,
        unhindered=HOLDS,
        third_party_opinion=True,
    )
    for number, choice in enumerate(choices):
        payload = judged_file if choice == 0 else told[choice % len(told)]
        at += dt.timedelta(hours=9)
        subject = FILE if payload.of == "file" else f"案{choice % 2}"
        made = event(payload, subject, at=at, file=FILE, release="r" if number % 3 == 0 else None)
        before = copy.deepcopy(body)
        try:
            apply(body, made)
        except Refused as refusal:
            assert refusal.what and refusal.status == 4
            assert body == before, "what is refused changes nothing"
        else:
            history.append(made)
            assert all(state in LEGAL[of] for of, state in states(body))
    assert fold_events(history) == body, "to replay is to have applied"
    for case in body.cases.values():
        assert case.bar != "barred" or case.state == "terminated"
        assert case.proposer == "held" or case.state in OVER
        assert case.state not in {"created", "provided"} or (case.paid == 21000 and case.contract)


def test_the_longest_way_goes_through_every_state_of_a_good_case():
    told, body = case_payloads(), Body()
    good = [told[1], *told[5:12], told[13], told[18], told[19], told[21], told[22], told[23]]
    seen = []
    for number, payload in enumerate(good):
        apply(body, event(payload, "案", at=START + dt.timedelta(days=number)))
        seen.append(body.cases["案"].state)
    assert seen == ["received", *["screening"] * 7, "fit", "applied", "paid", "ready", "created", "provided"]


def occasion(day, hour=10):
    return Occasion(
        body=BODY,
        kind="行政機関",
        as_of=START + dt.timedelta(days=day, hours=hour),
        registered={FILE: ENTRY},
        key=b"k",
    )


class ENTRY:
    name, third_party_opinion, small_file_ordinance = "名簿", False, None
    call_for_proposals = True


def given_record(job, action, said):
    model = COMMANDS[job][action].model
    texts = json.loads(json.dumps(said), parse_int=str)
    return GivenRecord(
        1, model.model_validate_strings(texts, strict=False), json.dumps([job, said], sort_keys=True)[:9999]
    )


# day → what a clerk does; the days of calls, contracts and bars lie between
DEEDS = {
    0: ("call", "files", judged(FILE)),
    2: ("call", "announce", call()),
    45: ("propose", "receive", proposal(FILE, "提案1", at="2025-11-14T09:00", destroy_on="2026-02-01")),
    50: (
        "propose",
        "receive",
        proposal(FILE, "提案2", at="2025-11-20T09:00", items={}, destroy_on="2025-12-01"),
    ),
    70: ("propose", "withdraw", {"case": "提案2", "because": "都合"}),
    80: ("propose", "receive", proposal(FILE, "提案3", at="2025-12-10T09:00", destroy_on="2026-01-15")),
    90: ("call", "files", judged(FILE, people=10, published=NO)),
    100: ("propose", "withdraw", {"case": "提案1", "because": "都合"}),
}


def lived(deeds, nights):
    """What the ledger says after clerks' deeds and nights of ticks; deeds that are refused are not done."""
    journal = MemoryJournal()
    for day in range(0, 140):
        if day in nights:
            execute(journal, None, (), occasion(day, hour=2))
        if day in deeds:
            job, action, said = DEEDS[day]
            with contextlib.suppress(Refused):
                execute(journal, COMMANDS[job][action], [given_record(job, action, said)], occasion(day))
    execute(journal, None, (), occasion(140))
    return journal


@settings(max_examples=40, deadline=None)
@given(st.sets(st.sampled_from(sorted(DEEDS))), st.sets(st.integers(0, 139)))
def test_missed_nights_are_made_up_in_order(deeds, nights):
    nightly = lived(deeds, set(range(140)))
    seldom = lived(deeds, nights)
    assert seldom.events == nightly.events
    length = len(seldom.events)
    assert execute(seldom, None, (), occasion(140)).events == []
    assert execute(seldom, None, (), occasion(140, hour=12)).events == [] and len(seldom.events) == length
    assert fold_events(seldom.events) == fold_events(nightly.events)


def test_all_deeds_are_done_and_time_brings_what_it_must():
    kinds = [e.kind for e in lived(set(DEEDS), set()).events]
    assert kinds == [
        "file_judged",
        "call_announced",
        "call_opened",
        "proposal_received",
        "proposal_received",
        "correction_asked",
        "call_closed",
        "proposal_withdrawn",
        "proposer_destroyed",
        "proposal_late",
        "file_judged",
        "file_erased",
        "proposal_withdrawn",
        "proposer_destroyed",
        "proposer_destroyed",
    ]


@pytest.mark.parametrize("years", [1, 3])
def test_a_bar_lasts_two_years_and_then_what_is_kept_goes(years):
    told, journal = case_payloads(), MemoryJournal()
    good = [told[1], *told[5:12], told[13], told[18], told[19], told[21], told[25]]
    first = dt.datetime(2023, 4, 18, 9, tzinfo=JST)
    steps = [
        event(p, "案", at=first + dt.timedelta(days=n), body=BODY, body_kind="行政機関")
        for n, p in enumerate(good)
    ]
    terminated = event(
        told[25], "案", at=dt.datetime(2023, 5, 1, 9, tzinfo=JST), body=BODY, body_kind="行政機関"
    )
    journal.append([*steps[:-1], terminated], journal.read()[1])
    for year in range(2023, 2023 + years + 1):
        execute(journal, None, (), occasion((dt.date(year, 6, 1) - START.date()).days))
    later = [(e.kind, str(e.at.date())) for e in journal.events[len(steps) :]]
    ended = [("bar_ended", "2025-05-01"), ("proposer_destroyed", "2026-01-01")]
    assert later == [("bar_begun", "2023-05-01"), *(ended if years == 3 else [])]
    begun = next(e.payload for e in journal.events if e.kind == "bar_begun")
    assert begun.free_on == dt.date(2025, 5, 1)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 40), max_size=4))
def test_whatever_is_annulled_the_rest_follows_and_time_is_up_to_date(picks):
    journal = lived(set(DEEDS), set())
    for number, pick in enumerate(picks):
        before = list(journal.events)
        wrong = before[pick % len(before)].event_id
        said = {"event": wrong, "because": f"誤り{number}"}
        try:
            done = execute(
                journal, COMMANDS["ledger"]["annul"], [given_record("ledger", "annul", said)], occasion(140)
            )
        except Refused:
            assert journal.events == before
            continue
        assert journal.events[: len(before)] == before, "nothing that was recorded is changed"
        assert fold_events(journal.events) == done.body
        assert all(state in LEGAL[of] for of, state in states(done.body))
        assert execute(journal, None, (), occasion(140)).events == []
