"""The paper by which a proposer is asked to complete a proposal (補正の依頼), wherever that is recorded."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from tokumei.schemas.case_events import CorrectionAsked, ProposalReceived
from tokumei.schemas.events import Event, Paper
from tokumei.transforms.ledger.state import Body, Case
from tokumei.transforms.proposals.papers import PAPER_NAMES, paper
from tokumei.transforms.proposals.screen import about_case
from tokumei.transforms.proposals.writing import contents


def asked_in_writing(
    body: Body, events: Sequence[Event], templates: Path | None
) -> tuple[list[Event], str | None]:
    """Return the events of a record, that which asks resting on its paper, and the text of the paper.

    Args:
        body: as it was before these events.
        events: of one record about a case; where none of them asks, there is no paper.
        templates: a folder of the body's own; None: those of the package.
    """
    told, text = list(events), None
    for number, event in enumerate(events):
        if isinstance(event.payload, CorrectionAsked):
            text = _paper(body, events, event, event.payload, templates)
            digest = hashlib.sha256(text.encode()).hexdigest()
            told[number] = event.resting_on(Paper(name=PAPER_NAMES["correction"], sha256=digest))
    return told, text


def _paper(
    body: Body, events: Sequence[Event], event: Event, asked: CorrectionAsked, templates: Path | None
) -> str:
    case, proposed = body.cases.get(event.subject) or Case(), event.at
    for before in events:  # where the proposal has only just come
        if isinstance(before.payload, ProposalReceived):
            case, proposed = Case(file=before.file, received=before.payload), before.at
    named = body if body.name else Body(name=event.body, kind=event.body_kind)
    day, came = event.at.date(), case.since.get("proposal_received", proposed).date()
    said = contents(case, asked, day, came)["correction"]
    return paper("correction", about_case(named, case, event.subject, day), templates=templates, **said)
