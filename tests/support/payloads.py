"""What events of a case say, for tests."""

import datetime as dt

from tokumei.schemas import body_events as b
from tokumei.schemas import case_events as c
from tokumei.schemas.file_items import Period

PERIOD = Period(start=dt.date(2026, 4, 1), end=dt.date(2027, 3, 31))
WHO = {"proposer": "p" * 24, "kept": "k" * 32, "proposer_is": "body", "destroy_on": dt.date(2026, 1, 1)}


def case_payloads(under="112"):
    """One or two of each kind of event of a case, in the order in which they can follow."""
    return [
        c.ProposalReceived(under=under, proposal=c.Proposal(), missing=("1号",), **WHO),
        c.ProposalReceived(under=under, proposal=c.Proposal(), **WHO),
        c.ProposalLate(under=under, **WHO),
        c.CorrectionAsked(missing=("1号",), until=dt.date(2025, 12, 1)),
        c.ProposalCorrected(proposal=c.Proposal()),
        *(c.ScreeningJudged(test=n, passed=True, computed=n < 4, by="甲", reason="可") for n in range(1, 8)),
        c.ScreeningJudged(test=4, passed=False, computed=False, by="甲", reason="否"),
        c.ScreenedFit(fee=21000, pay_how="収入印紙", pay_until=dt.date(2026, 1, 31), how_provided="媒体"),
        c.ScreenedUnfit(reasons=(c.UnfitReason(test=4, reason="否"),)),
        c.OpinionAsked(third_parties=2, until=dt.date(2026, 1, 10)),
        c.OpinionGiven(third_party="1", objected=True),
        c.OpinionsClosed(),
        c.ContractApplied(),
        c.FeePaid(amount=21000, how="収入印紙"),
        c.FeePaid(amount=1, how="収入印紙"),
        c.ContractConcluded(period=PERIOD),
        c.ProductCreated(people=2000, minutes=600),
        c.Provided(package="d" * 64),
        c.PeriodEnded(),
        c.Terminated(ground=3, because="違反"),
        b.BarBegun(proposer="p" * 24, free_on=dt.date(2028, 1, 1)),
        b.BarEnded(),
        b.ProposerDestroyed(),
        c.ProposalWithdrawn(because="都合"),
        c.ProposalLapsed(pay_until=dt.date(2026, 1, 31)),
    ]
