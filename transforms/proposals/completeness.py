"""What a proposal must hold (法112条2項, 118条2項; 規則54条), and what is missing of it (補正)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from tokumei.schemas.case_events import Proposal
from tokumei.schemas.events import Paper
from tokumei.schemas.proposers import Proposer

PAPER_MONTHS = 6  # 規則54条: how old a paper of registration may be
PLEDGE = "誓約書"
PURPOSE = "事業が新たな産業の創出等に資することを明らかにする書類"
IDENTITY = "本人確認書類"
AUTHORITY = "代理権を証する書類"
REGISTERED = ("登記事項証明書", "印鑑登録証明書")  # of a body, one of them
_FIRST = "1号 "  # begins what is missing of the proposer, who is no part of the events
FILE = "2号 個人情報ファイルの名称（募集の対象であるもの）"


def missing_of_proposer(proposer: Proposer) -> tuple[str, ...]:
    """Return what is missing of 法112条2項1号: 氏名・住所, of a body 代表者の氏名."""
    wanted = {"氏名又は名称": proposer.name, "住所": proposer.address}
    if proposer.is_ == "body":
        wanted["代表者の氏名"] = proposer.representative
    return tuple(_FIRST + name for name, value in wanted.items() if value is None)


def still_missing_of_proposer(missing: Iterable[str]) -> tuple[str, ...]:
    """Return those of what was missing that `missing_of_proposer` had found."""
    return tuple(text for text in missing if text.startswith(_FIRST))


def missing_items(proposal: Proposal, under: Literal["112", "118"]) -> tuple[str, ...]:
    """Return what is missing of 法112条2項3号–8号; on a product that exists, of 5号–8号 (118条2項)."""
    wanted: dict[str, object] = {
        "5号 利用の目的": proposal.purpose,
        "5号 利用の方法": proposal.use,
        "5号 事業の内容": proposal.business,
        "6号 利用の期間": proposal.period,
        "6号 利用の期間の理由": proposal.period_reason,
        "7号 漏えいの防止その他管理のための措置": proposal.measures,
        "8号 提供の方法": proposal.how_provided,
    }
    if under == "112":
        method = {"3号 本人の数": proposal.people, "4号 加工の方法を特定する事項": proposal.wanted or None}
        wanted = {**method, **wanted}
    return tuple(name for name, value in wanted.items() if value is None)


def missing_papers(
    papers: Mapping[str, Paper],
    at: dt.date,
    *,
    proposer_is: Literal["person", "body"],
    agent: bool,
    given: dt.date | None = None,
) -> tuple[str, ...]:
    """Return the papers that are missing, or too old, of a proposal.

    Args:
        papers: by name.
        at: the day on which the proposal arrived.
        proposer_is: a person, or a body.
        agent: whether an agent makes it.
        given: the day on which it is completed (補正): a paper may have been made since the proposal.
    """
    return tuple(_missing_papers(papers, at, proposer_is, given or at, agent=agent))


def _missing_papers(
    papers: Mapping[str, Paper],
    at: dt.date,
    proposer_is: Literal["person", "body"],
    until: dt.date,
    *,
    agent: bool,
) -> Iterator[str]:
    needed = [
        PLEDGE,
        PURPOSE,
        *([IDENTITY] if proposer_is == "person" else []),
        *([AUTHORITY] if agent else []),
    ]
    yield from (name for name in needed if name not in papers)
    if proposer_is == "body":
        there = [papers[name].issued_on for name in REGISTERED if name in papers]
        if not any(issued and (fresh(issued, at) or at < issued <= until) for issued in there):
            yield f"{'又は'.join(REGISTERED)}（提案の日前{PAPER_MONTHS}月以内に作成されたもの）"


def fresh(issued: dt.date, at: dt.date) -> bool:
    """Return whether a paper was made within the six months before a day, its first and last day included."""
    month = issued.month + PAPER_MONTHS
    year, month = issued.year + (month - 1) // 12, (month - 1) % 12 + 1
    following = dt.date(year + month // 12, month % 12 + 1, 1)
    last = min(issued.day, (following - dt.timedelta(days=1)).day)  # 民法143条: the end of a shorter month
    return issued <= at <= dt.date(year, month, last)
