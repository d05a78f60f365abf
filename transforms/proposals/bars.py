"""Grounds of disqualification (欠格事由, 法113条): who may not propose on a day, and until when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tokumei.schemas.regimes import PublicRegime, cited
from tokumei.schemas.screening import CONFINEMENT, EndedContract, Examined, Sentence
from tokumei.transforms.pages.letters import era_day as written
from tokumei.transforms.proposals.due import BAR_YEARS, years_after

_GRAVE = frozenset({"死刑", "懲役", "禁錮", "拘禁刑"})  # 禁錮, from 2025-06-01 拘禁刑, or heavier


@dataclass(frozen=True)
class BarringGround:
    """One ground that applies: its article, why, and its last day; None: no end is known.

    ``on`` is the day of the proposal, where the ground is over on that of the screening.
    """

    article: str
    reason: str
    until: dt.date | None
    on: dt.date | None = None


def last_barred(event: dt.date) -> dt.date:
    """Return the last day of the two years that begin on the day of the event itself (起算).

    Of 2023-05-01 it is 2025-04-30.
    """
    return years_after(event, BAR_YEARS) - dt.timedelta(days=1)


def grounds_of(
    proposer: Examined, officers: Sequence[Examined], *, day: dt.date, regime: PublicRegime
) -> tuple[BarringGround, ...]:
    """Return every ground that applies to a proposer on a day, those of officers included.

    Args:
        proposer: a person, or a body.
        officers: of the body.
        day: on which the proposal is looked at.
        regime: of that day.
    """
    found = [*_grounds(proposer, day, regime)]
    article = cited("113", regime) + ("第7号" if regime == "public_2017" else "第6号")
    for ground in (ground for officer in officers for ground in _grounds(officer, day, regime)):
        reason = f"役員に{ground.article}に該当する者がある（{ground.reason}）"
        found.append(BarringGround(article, reason, ground.until))
    return tuple(dict.fromkeys(found))


def _grounds(person: Examined, day: dt.date, regime: PublicRegime) -> Iterator[BarringGround]:
    article = cited("113", regime)
    if person.minor:
        yield BarringGround(f"{article}第1号", "未成年者である", None)
    if person.incapable:
        yield BarringGround(f"{article}第2号", "心身の故障により事業を適正に行うことができない", None)
    if person.bankrupt:
        yield BarringGround(f"{article}第3号", "破産手続開始の決定を受けて復権を得ていない", None)
    for sentence in person.sentences.values():
        until = None if sentence.ended is None else last_barred(sentence.ended)
        if (sentence.under_act or sentence.penalty in _GRAVE) and (until is None or day <= until):
            yield BarringGround(f"{article}第4号", _sentence(sentence, day, until), until)
    for contract in person.terminated.values():
        if (until := last_barred(contract.terminated)) >= day >= contract.terminated:
            yield BarringGround(
                f"{article}{_contract_number(contract, regime)}", _contract(contract, until), until
            )


def _sentence(sentence: Sentence, day: dt.date, until: dt.date | None) -> str:
    least = "拘禁刑" if day >= CONFINEMENT else "禁錮"
    what = f"{least}以上の刑" if sentence.penalty in _GRAVE else "法の規定により刑"
    if until is None:
        return f"{what}に処せられ、その執行を終わっていない"
    served = "その執行を終わり、又は執行を受けることがなくなった日から起算して2年を経過しない"
    return f"{what}に処せられ、{served}（{written(until)}まで）"


def _contract_number(contract: EndedContract, regime: PublicRegime) -> str:
    return "第6号" if regime == "public_2017" and contract.of_corporation else "第5号"


def _contract(contract: EndedContract, until: dt.date) -> str:
    began = written(contract.terminated)
    return f"契約を解除された日（{began}）から起算して2年を経過しない（{written(until)}まで）"
