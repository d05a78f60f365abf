"""Official papers of a case (通知書, 契約書等): plain Japanese, by templates that a body may replace.

Papers name the case (受付番号), never the proposer: names and addresses are written on them when they are
sent, and stay out of what this keeps.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from jinja2 import TemplateError

from tokumei.schemas.errors import PolicyError
from tokumei.schemas.events import BodyKind
from tokumei.schemas.laws import LAW_OF_CORPORATIONS_2017, LAWS, Law
from tokumei.schemas.regimes import PublicRegime, cited, regime_of
from tokumei.transforms.pages.letters import letters
from tokumei.transforms.proposals.occasion import GivenPaper, Record

R = TypeVar("R", bound=Record)

PaperKind = Literal[
    "fit", "unfit", "correction", "application", "contract", "terminated", "mark", "terms", "receipt"
]
PAPER_NAMES: dict[PaperKind, str] = {
    "fit": "審査結果通知書",
    "unfit": "審査結果通知書",
    "correction": "補正の依頼",
    "application": "契約申込書",
    "contract": "契約書",
    "terminated": "契約解除通知書",
    "mark": "表示",
    "terms": "利用の条件",
    "receipt": "提供の通知",
}
# As far as they are known: of today's rule, for proposals under 法112条. No other number is invented.
_FORMS = {"fit": "様式第九", "application": "様式第十", "unfit": "様式第十一"}
_CITED = ("112", "113", "114", "115", "118", "119", "120", "121")
_ITEM = re.compile(r"\A(\d)号 (.+)\Z")  # as `completeness` names what is missing
_RECIPIENT = {"provide": "第44条", "ban": "第45条", "measures": "第46条"}
_RECIPIENT_2017 = {"provide": "第37条", "ban": "第38条", "measures": "第39条"}  # of 個情法


@dataclass(frozen=True, kw_only=True)
class About:
    """What every paper of a case says.

    Attributes:
        case: its id (受付番号); file_name: 個人情報ファイルの名称; body: 行政機関等の名称; kind: its 区分.
        at: the day that the paper is dated.
        regime: of that day.
        existing: whether it is about a product that is there (法118条).
    """

    case: str
    file_name: str
    body: str
    kind: BodyKind
    at: dt.date
    regime: PublicRegime
    existing: bool

    @property
    def sender(self) -> str:
        """Who writes: the head of the body, by title where its name and kind tell it."""
        if self.kind == "都道府県" and self.body[-1] in "都道府県":
            return f"{self.body}知事"
        if self.kind in {"指定都市", "市区町村"} and self.body[-1] in "市区町村":
            return f"{self.body}長"
        return f"{self.body}の長"

    @property
    def due(self) -> str:
        """What is paid: 独立行政法人等 take a 利用料 (法119条5項), all others a 手数料."""
        return "利用料" if self.kind == "独立行政法人等" else "手数料"


def paper(kind: PaperKind, about: About, *, templates: Path | None, **said: Any) -> str:
    """Return a paper.

    Args:
        kind: which one; its template is ``<kind>.txt.j2``.
        about: the case.
        templates: a folder of the body's own; None: those of the package.
        said: what this kind says beside.

    Raises:
        PolicyError: the body's own template is wrong, or asks for what is not there.
    """
    regime, existing = about.regime, about.existing
    article = {number: cited(number, regime) for number in _CITED}
    known = regime == "public" and not existing
    old = regime == "public_2017"
    recipient = {
        key: ("個情法" if old else "法") + number
        for key, number in (_RECIPIENT_2017 if old else _RECIPIENT).items()
    }
    if "corrections" in said:
        said["corrections"] = [
            _ITEM.sub(rf"\2（{article['112']}第2項第\1号）", s) for s in said["corrections"]
        ]
    told_by = f"{article['114']}第{3 if kind == 'unfit' else 2}項"
    applied = f"{article['118']}第2項において準用する" if existing else ""
    try:
        return (
            letters(templates)
            .get_template(f"papers/{kind}.txt.j2")
            .render(
                case=about.case,
                file_name=about.file_name,
                body=about.body,
                at=about.at,
                existing=existing,
                law=_law(about, regime),
                article=article,
                proposed_by=_proposed_by(about, said.get("proposed_at", about.at)),
                told_by=applied + told_by,
                contracted_by=applied + article["115"],
                sender=about.sender,
                due=about.due,
                form=_FORMS.get(kind, "") if known else "",
                act_of_2017=old,
                recipient=recipient,
                **said,
            )
        )
    except TemplateError:
        raise PolicyError(
            "paper.template",
            where=f"{kind}.txt.j2",
            what="the template cannot be filled in: it is no jinja2, or asks for what papers are not told",
            fix="start from the template of the package (transforms/pages/templates/papers)",
        ) from None


def _law(about: About, regime: PublicRegime) -> Law:
    """Return the law of a regime for a body: in 2017 独立行政法人等 had an Act of their own."""
    own = about.kind == "独立行政法人等" and regime == "public_2017"
    return LAW_OF_CORPORATIONS_2017 if own else LAWS[regime]


def _proposed_by(about: About, proposed_at: dt.date) -> str:
    """Return the article of a proposal, as a paper of today names it, and as it was called when it came."""
    number, then = "118" if about.existing else "112", regime_of(proposed_at)
    now = f"{_law(about, about.regime).act}（以下「法」という。）{cited(number, about.regime)[1:]}第1項"
    if then == about.regime:
        return now
    return f"{now}（受付の日においては、{_law(about, then).act}{cited(number, then)[1:]}第1項）"


def plain_digest(text: str) -> str:
    """Return the SHA-256 of a paper's file."""
    return hashlib.sha256(text.encode()).hexdigest()


def sealed_digest(key: bytes, text: str) -> str:
    """Return the digest of a paper that tells what is destroyed one day; no text can be tried on it."""
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def with_papers(record: R, papers: Mapping[PaperKind, str], digest: Callable[[str], str] = plain_digest) -> R:
    """Return a record that rests on papers too: the event that is made of it holds their digests.

    Args:
        record: of a command.
        papers: by kind.
        digest: another than the plain one, of papers that tell what is destroyed one day.
    """
    made = {PAPER_NAMES[kind]: GivenPaper(sha256=digest(text)) for kind, text in papers.items()}
    return record.model_copy(update={"papers": {**record.papers, **made}})
