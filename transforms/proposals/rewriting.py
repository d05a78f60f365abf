"""Papers of a case made again, byte for byte, from the ledger: where they were lost, or never written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tokumei.schemas.events import Event
from tokumei.schemas.regimes import fiscal_year
from tokumei.transforms.ledger.fold import apply, fold_events
from tokumei.transforms.ledger.proposers import Proposers
from tokumei.transforms.ledger.state import Body, Case
from tokumei.transforms.proposals.papers import PAPER_NAMES, PaperKind, paper, plain_digest, sealed_digest
from tokumei.transforms.proposals.screen import about_case
from tokumei.transforms.proposals.screening import FoundByTest
from tokumei.transforms.proposals.writing import contents


@dataclass(frozen=True)
class RewrittenPaper:
    """A paper of a case, and whether it is, to the byte, the one that the event rests on."""

    case: str
    kind: PaperKind
    text: str
    same: bool


def papers_again(
    events: Sequence[Event], apart: Proposers, templates: Path | None, only: str | None
) -> list[RewrittenPaper]:
    """Return the papers of cases, of each kind the last that was written.

    Args:
        events: all of a ledger.
        apart: where grounds of test 1 are kept; once they are destroyed, the notice cannot be made again.
        templates: a folder of the body's own; None: those of the package.
        only: a case; None: all.

    Raises:
        PolicyError: a template is wrong.
        InputError: what is kept apart is damaged.
    """
    found: dict[tuple[str, PaperKind], RewrittenPaper] = {}
    keys, body = apart.present_keys(), Body()
    for number, event in enumerate(events, 1):
        if event.corrects is not None:
            body = fold_events(events[:number])
            continue
        if event.of == "case" and only in {None, event.subject}:
            key = keys.get(fiscal_year(event.recorded_at.date()), b"")
            found |= {(made.case, made.kind): made for made in _of_event(body, event, apart, key, templates)}
        apply(body, event)
    return list(found.values())


def _of_event(
    body: Body, event: Event, apart: Proposers, key: bytes, templates: Path | None
) -> Iterator[RewrittenPaper]:
    case = body.cases.get(event.subject) or Case()
    proposed = case.since.get("proposal_received", event.at).date()
    digests, day = {paper.name: paper.sha256 for paper in event.papers}, event.at.date()
    for kind, says in contents(case, event.payload, day, proposed, _findings(case, apart)).items():
        text = paper(kind, about_case(body, case, event.subject, day), templates=templates, **says)
        same = digests.get(PAPER_NAMES[kind]) in {plain_digest(text), sealed_digest(key, text)}
        yield RewrittenPaper(event.subject, kind, text, same)


def _findings(case: Case, apart: Proposers) -> Iterator[FoundByTest]:
    for number, test in sorted(case.judged.items()):
        kept = apart.grounds(test.kept) if test.kept else None
        reason = kept.reason if kept else test.reason
        yield FoundByTest(number, test.passed, reason, None if test.computed else test.by)
