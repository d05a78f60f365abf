"""What the papers of a case say, by the event that they go with: when it is recorded, and again later."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from tokumei.schemas.case_events import CorrectionAsked, ScreenedFit, ScreenedUnfit, Terminated
from tokumei.schemas.event_base import Payload
from tokumei.transforms.ledger.state import Case
from tokumei.transforms.proposals.bars import last_barred
from tokumei.transforms.proposals.papers import PaperKind
from tokumei.transforms.proposals.screening import FoundByTest

Contents = Mapping[PaperKind, Mapping[str, Any]]


def contents(
    case: Case, payload: Payload, day: dt.date, proposed: dt.date, findings: Iterable[FoundByTest] = ()
) -> Contents:
    """Return what each paper of an event says; none where the event has no papers of this kind.

    Args:
        case: before the event.
        payload: what the event says.
        day: of the event.
        proposed: the day on which the proposal came.
        findings: of the screening, as papers give them; taken only where a paper does.
    """
    match payload:
        case CorrectionAsked():
            asked = {"corrections": payload.missing, "until": payload.until}
            return {"correction": {"proposed_at": proposed, **asked}}
        case ScreenedUnfit():
            return {"unfit": {"proposed_at": proposed, "findings": tuple(findings)}}
        case ScreenedFit():
            terms = _terms(case, payload)
            fit = {"proposed_at": proposed, "findings": tuple(findings), **terms}
            return {"fit": fit, "application": terms, "contract": terms}
        case Terminated():
            why = {"ground": payload.ground, "because": payload.because}
            return {"terminated": {**why, "barred_until": last_barred(day)}}
        case _:
            return {}


def _terms(case: Case, fit: ScreenedFit) -> dict[str, Any]:
    proposal = case.proposal
    return {
        "fee": {"yen": fit.fee, "basis": fit.fee_basis, "lines": fit.fee_lines},
        "period": proposal and proposal.period,
        "people": proposal and proposal.people,
        "pay_how": fit.pay_how,
        "pay_until": fit.pay_until,
        "how_provided": fit.how_provided,
    }
