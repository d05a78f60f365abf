"""Cases of synthetic ledgers: a proposal and what came of it, by every path that the law allows."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Generator, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from tokumei.schemas import case_events as c
from tokumei.schemas.body_events import BarBegun, BarEnded, ProposerDestroyed
from tokumei.schemas.file_items import Period
from tokumei.transforms.ledger.conditions import LAPSE, TESTS
from tokumei.transforms.synthesis.drafts import Draft, at

_REASONS = {
    1: "欠格事由に該当する。",
    2: "本人の数が1,000人に満たない。",
    3: "求める粒度では加工の基準を満たさない。",
    4: "新たな産業の創出等に資するとは認められない。",
    5: "利用の期間が必要な期間を超える。",
    6: "安全管理の措置が適切でない。",
    7: "事務の遂行に著しい支障を及ぼす。",
}
_FAILING = np.array([0.05, 0.2, 0.25, 0.15, 0.1, 0.15, 0.1])
_COMPUTED = {1, 2, 3}


class Path(NamedTuple):
    """Where a case begins: its id, file and call, and what of the file matters."""

    case: str
    file: str
    call: str
    first: dt.date
    last: dt.date
    heard: bool
    people: int


class Product(NamedTuple):
    """What a case has made: of which file, whether third parties are heard about it, as what, and when."""

    file: str
    heard: bool
    release: str
    day: dt.date


_Drafts = Generator[Draft, None, Product | None]


class _Case:
    """One case that goes on day by day; what is drawn for it is drawn in one order."""

    def __init__(self, path: Path, rng: np.random.Generator) -> None:
        self.path = path
        self._draws: Iterator[float] = iter(rng.random(64).tolist())
        self.day = path.first + dt.timedelta(days=int(self.share() * (path.last - path.first).days))
        self.file, self.heard = path.file, path.heard
        self.release: str | None = None
        self.under = "112"
        self.use_ends = dt.date.max

    def share(self) -> float:
        """Draw a number from 0 to 1."""
        return next(self._draws)

    def wait(self, least: int, most: int) -> dt.date:
        """Let some days pass, and return the day that it then is."""
        self.day += dt.timedelta(days=least + int(self.share() * (most - least + 1)))
        return self.day

    def draft(self, said: object, hour: int = 13) -> Draft:
        """Return what happens to the case on the day that it is."""
        return Draft(at(self.day, hour), said, self.path.case, self.file, self.path.call, self.release)  # type: ignore[arg-type]


def case_of(path: Path, products: Sequence[Product], rng: np.random.Generator) -> _Drafts:
    """Yield what happens in a case, in order; return what it has made, if anything.

    Args:
        path: where it begins.
        products: those of the body so far; one case of eight is on one of these, where one is old enough.
        rng: of the body.
    """
    case = _Case(path, rng)
    existing = [of for of in products[:64] if of.day < case.day]
    if existing and case.share() < 0.125:
        case.file, case.heard, case.release, _ = existing[int(case.share() * len(existing))]
        case.under = "118"
    proposer = f"者{hashlib.sha256(path.case.encode()).hexdigest()[:16]}"
    destroyed = case.day + dt.timedelta(days=183)
    fate = case.share()
    if fate < 0.02 and case.under == "112":
        case.day = path.last + dt.timedelta(days=1 + int(case.share() * 3))
        yield case.draft(c.ProposalLate(**_proposer(case, proposer, destroyed)))
        return None
    missing = ("安全管理の措置",) if case.share() < 0.2 else ()
    yield case.draft(_received(case, proposer, destroyed, missing), 11)
    if fate < 0.05:
        case.wait(1, 9)
        yield case.draft(c.ProposalWithdrawn(because="計画を改めるため。"))
        return None
    asked = bool(missing) or case.share() < 0.1
    overdue = False
    if asked:
        overdue = yield from _corrected(case, missing)
    fit = yield from _screened(case, overdue)
    return (yield from _contracted(case, proposer, fit)) if fit is not None else None


def _received(case: _Case, proposer: str, destroyed: dt.date, missing: tuple[str, ...]) -> c.ProposalReceived:
    return c.ProposalReceived(
        **_proposer(case, proposer, destroyed),
        proposal=_proposal(case, 1000 + int(case.share() * max(case.path.people - 1000, 0)), bool(missing)),
        missing=missing,
    )


def _proposer(case: _Case, proposer: str, destroyed: dt.date) -> dict[str, Any]:
    """Return what an event says of who proposes: nothing that identifies anybody."""
    kept = hashlib.sha256(f"提案者\0{case.path.case}".encode()).hexdigest()[:32]
    return {
        "under": case.under,
        "proposer": proposer,
        "kept": kept,
        "proposer_is": "body" if int(kept[0], 16) % 5 else "person",
        "agent": kept[1] == "0",
        "destroy_on": destroyed,
    }


def _proposal(case: _Case, people: int, unsafe: bool) -> c.Proposal:
    day, case.use_ends = case.day, case.day + dt.timedelta(days=484)
    return c.Proposal(
        people=people,
        wanted=_wanted(),
        purpose="地域の需要の分析",
        use="集計と推計",
        business="調査の受託",
        period=Period(start=day + dt.timedelta(days=120), end=case.use_ends),
        period_reason="一年度の分析に要する。",
        measures=None if unsafe else "取り扱う者を限り、記録を残す。",
        how_provided="電磁的記録媒体",
    )


@cache
def _wanted() -> tuple[c.WantedItem, ...]:
    items = {"住所": "都道府県のみ", "生年月日": "年代", "性別": "そのまま"}
    return tuple(c.WantedItem(item=item, granularity=how) for item, how in items.items())


def _corrected(case: _Case, missing: tuple[str, ...]) -> Generator[Draft, None, bool]:
    """Ask for a correction, in one case of six twice; return whether the days for it passed without one."""
    rounds = 2 if case.share() < 0.17 else 1
    for n in range(rounds):
        case.wait(2, 10)
        until = case.day + dt.timedelta(days=14)
        yield case.draft(c.CorrectionAsked(missing=missing or ("利用の方法の説明",), until=until))
        if n == rounds - 1 and case.share() < 0.1:
            case.day = until + dt.timedelta(days=2)
            return True
        case.wait(1, 12)
        still = missing if n < rounds - 1 else ()
        proposal = _proposal(case, case.path.people or 1000, bool(still))
        yield case.draft(c.ProposalCorrected(proposal=proposal, missing=still))
    return False


def _screened(case: _Case, overdue: bool) -> Generator[Draft, None, c.ScreenedFit | None]:
    """Judge every test that applies, and tell the outcome; return the notice where it fits."""
    case.wait(5, 40)
    failed = {6} if overdue else set()
    if case.share() < 0.3:
        failed |= (
            {_drawn(case.share()), _drawn(case.share())} if case.share() < 0.2 else {_drawn(case.share())}
        )
    failed &= TESTS["112" if case.under == "112" else "118"]
    for number in sorted(TESTS["112" if case.under == "112" else "118"]):
        yield case.draft(_judged(number, number not in failed), 10)
    case.wait(0, 14)
    if failed:
        reasons = tuple(c.UnfitReason(test=n, reason=_REASONS[n]) for n in sorted(failed))
        yield case.draft(c.ScreenedUnfit(reasons=reasons))
        return None
    hours = int(case.share() * 60)
    fit = c.ScreenedFit(
        fee=21_000 + 3_950 * hours,
        pay_how="収入印紙",
        pay_until=case.day + dt.timedelta(days=30),
        how_provided="電磁的記録媒体",
    )
    yield case.draft(fit)
    return fit


def _drawn(share: float) -> int:
    return int(np.searchsorted(np.cumsum(_FAILING), share * _FAILING.sum())) + 1


@cache
def _judged(number: int, passed: bool) -> c.ScreeningJudged:
    return c.ScreeningJudged(
        test=number,
        passed=passed,
        computed=number in _COMPUTED,
        by="tokumei screen" if number in _COMPUTED else "審査担当官",
        reason="基準に適合する。" if passed else _REASONS[number],
    )


def _contracted(case: _Case, proposer: str, fit: c.ScreenedFit) -> _Drafts:
    """Go on from a proposal that fits: third parties, contract, fee, product, provision, end."""
    if case.heard:
        yield from _heard(case)
    fate = case.share()
    if fate < 0.04:
        case.wait(1, 20)
        yield case.draft(c.ProposalWithdrawn(because="事業の開始を見送るため。"))
        return None
    if fate < 0.07:
        case.day = fit.pay_until + LAPSE + dt.timedelta(days=1)
        yield case.draft(c.ProposalLapsed(pay_until=fit.pay_until), 0)
        return None
    case.wait(1, 20)
    yield case.draft(c.ContractApplied())
    paid, period = (
        c.FeePaid(amount=fit.fee, how="収入印紙"),
        Period(start=case.day + dt.timedelta(days=60), end=case.day + dt.timedelta(days=425)),
    )
    steps = (paid, c.ContractConcluded(period=period))
    if fate < 0.1:  # paid, and no contract comes of it
        case.wait(1, 8)
        yield case.draft(paid)
        yield _paid_for_nothing(case, fit, settled=fate < 0.085)
        return None
    for said in steps if case.share() < 0.8 else reversed(steps):
        case.wait(1, 8)
        yield case.draft(said)
    product = None
    if case.under == "112":
        case.wait(10, 50)
        case.release = f"r-{hashlib.sha256(f'{case.file}{case.path.case}'.encode()).hexdigest()[:12]}"
        offered = Period(start=case.day, end=case.day + dt.timedelta(days=1095))
        people = max(1000, int(case.path.people * (0.3 + 0.7 * case.share())))
        yield case.draft(
            c.ProductCreated(people=people, minutes=60 * (fit.fee - 21_000) // 3_950, offered=offered)
        )
        product = Product(case.file, case.heard, case.release, case.day)
    case.wait(0, 7)
    yield case.draft(c.Provided(package=hashlib.sha256(case.path.case.encode()).hexdigest()))
    yield from _ended(case, proposer, period)
    return product


def _paid_for_nothing(case: _Case, fit: c.ScreenedFit, *, settled: bool) -> Draft:
    if settled:
        case.wait(1, 20)
        done = c.NamedReason(by="会計担当官", because="手数料を還付した。")
        return case.draft(c.ProposalWithdrawn(because="事業の開始を見送るため。", fee_settled=done))
    case.day = case.use_ends + dt.timedelta(days=1)
    return case.draft(c.ProposalLapsed(pay_until=fit.pay_until), 0)


def _heard(case: _Case) -> Generator[Draft, None, None]:
    third = 1 + int(case.share() * 5)
    until = case.wait(1, 5) + dt.timedelta(days=14)
    yield case.draft(c.OpinionAsked(third_parties=third, until=until))
    case.day += dt.timedelta(days=7)
    for n in range(third):
        if case.share() < 0.6:
            yield case.draft(c.OpinionGiven(third_party=f"{n + 1}", objected=n % 3 == 0))
    case.day = until + dt.timedelta(days=1)
    yield case.draft(c.OpinionsClosed(), 0)


def _ended(case: _Case, proposer: str, period: Period) -> Generator[Draft, None, None]:
    """End the contract with its period, or terminate it: then its proposer is barred for two years."""
    if case.share() < 0.95:
        case.day = period.end + dt.timedelta(days=1)
        yield case.draft(c.PeriodEnded(), 0)
    else:
        case.day = max(case.day, period.start)
        case.wait(5, 200)
        ground = 1 + int(case.share() * 3)
        yield case.draft(c.Terminated(ground=ground, because="契約に定める措置を怠った。"), 10)
        free = case.day.replace(year=case.day.year + 2) if (case.day.month, case.day.day) != (2, 29) else None
        free = free or dt.date(case.day.year + 2, 3, 1)
        yield case.draft(BarBegun(proposer=proposer, free_on=free), 11)
        case.day = free
        yield case.draft(BarEnded(), 0)
    case.wait(30, 90)
    yield case.draft(ProposerDestroyed(), 0)
