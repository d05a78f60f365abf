"""The yearly figures (実施状況): what each counts, over the events of registers' ledgers, and what must agree.

A figure is defined by the events that it counts and by what of them: that is all a count needs to know, and all
that a reader is told. The commission collects them (法165条); the figures of fiscal 2017 that it published are
bodies that called, files offered by kind of body, and inquiries by who asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tokumei.schemas.case_events import TEST_NUMBERS

FIRST_YEAR = 2017  # the system began on 30 May 2017
Counted = Literal["bodies", "files", "subjects", "total"]


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A figure of a fiscal year: what happened in it.

    Attributes:
        key: its name in CSV and JSON; it never changes.
        title: what people read.
        unit: what is counted: 件, ファイル, 円, …
        article: by today's number, as `tokumei.schemas.regimes.cited` takes it.
        definition: what is counted, in a sentence; a reader can count it again from it.
        kinds: kinds of the events that are counted, in the fiscal year of their day.
        counted: the bodies, files or subjects (calls, cases, …) of these events, each once, or the sum of their numbers.
        parts: the parts that it is told by, as events name them, with their titles; empty where it has none.
        overlap: whether one subject may be in several parts, so that these need not add up.
    """

    key: str
    title: str
    unit: str
    article: str
    definition: str
    kinds: tuple[str, ...]
    counted: Counted = "subjects"
    parts: tuple[tuple[str, str], ...] = ()
    overlap: bool = False


@dataclass(frozen=True, kw_only=True)
class Stock:
    """A figure of the last day of a fiscal year: what has begun and has not ended, each subject once.

    Attributes:
        key: its name in CSV and JSON.
        title: what people read.
        unit: what is counted.
        article: by today's number.
        definition: what is counted.
        begins: kinds of the events by which a subject begins to be counted.
        ends: kinds of those after which it is not counted any more, until it begins again.
    """

    key: str
    title: str
    unit: str
    article: str
    definition: str
    begins: tuple[str, ...]
    ends: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Step:
    """Days between two steps of one subject, told for the fiscal year of the later one.

    Attributes:
        key: its name in CSV and JSON.
        title: what people read.
        begins: kinds of events, the first of which begins it.
        ends: kinds of events, the first of which ends it.
    """

    key: str
    title: str
    begins: tuple[str, ...]
    ends: tuple[str, ...]


@dataclass(frozen=True)
class Flow:
    """That a stock is what it was a year before, and what came in, less what went out."""

    stock: str
    comes: str
    goes: tuple[str, ...]


# A judgement is counted by how it went.
ELIGIBLE, INELIGIBLE = "file_judged eligible", "file_judged ineligible"
_ASKED_BY = (("agency", "行政機関等"), ("local", "地方公共団体"), ("private", "民間事業者等"))
_UNDER = (("112", "募集に応じた提案"), ("118", "作成済みの情報についての提案"))
_TESTS = tuple(
    zip(
        map(str, TEST_NUMBERS),
        ("欠格事由", "本人の数", "加工の方法", "産業・社会への寄与", "利用の期間", "利用目的・安全管理", "事務への支障"),
        strict=True,
    )
)
_GROUNDS = (("1", "不正の手段"), ("2", "欠格事由への該当"), ("3", "契約の重大な違反"))
_DECIDED = ("screened_fit", "screened_unfit")
_OVER = ("screened_unfit", "proposal_withdrawn", "period_ended", "terminated")

FIGURES = (
    Figure(key="bodies_called", title="提案募集をした機関", unit="機関", article="111", counted="bodies",
           kinds=("call_opened",), definition="その年度に募集の期間が始まった提案募集が一つ以上ある機関"),
    Figure(key="calls", title="提案募集", unit="件", article="111", kinds=("call_opened",),
           definition="その年度に募集の期間が始まった提案募集"),
    Figure(key="files_offered", title="提案募集ファイル", unit="ファイル", article="111", counted="files",
           kinds=("call_opened",), definition="その年度に始まった提案募集の対象である個人情報ファイル。二度募集したものも一つと数える"),
    Figure(key="files_judged", title="三つの要件を判断したファイル", unit="ファイル", article="60", kinds=(ELIGIBLE, INELIGIBLE),
           definition="募集の対象とするかをその年度に判断した個人情報ファイル",
           parts=(("eligible", "要件を満たすとしたもの"), ("ineligible", "満たさないとしたもの")),
           overlap=True),
    Figure(key="files_erased", title="記載を消除したファイル", unit="ファイル", article="75", kinds=("file_erased",),
           definition="保有をやめ、又は本人が1,000人未満となり、その年度に帳簿の記載を消除した個人情報ファイル"),
    Figure(key="proposals", title="受け付けた提案", unit="件", article="112", kinds=("proposal_received",),
           definition="その年度に受け付けた提案。募集の期間の後に届いたものを含まない", parts=_UNDER),
    Figure(key="proposals_late", title="期間の後に届いた提案", unit="件", article="112", kinds=("proposal_late",),
           definition="募集の期間が終わった後に届き、受け付けなかった提案"),
    Figure(key="corrections_asked", title="補正を求めた提案", unit="件", article="112", kinds=("correction_asked",),
           definition="その年度に補正又は説明を求めた提案。何度求めても一件と数える"),
    Figure(key="proposals_corrected", title="補正された提案", unit="件", article="112", kinds=("proposal_corrected",),
           definition="その年度に補正された提案"),
    Figure(key="proposals_withdrawn", title="取り下げられた提案", unit="件", article="112", kinds=("proposal_withdrawn",),
           definition="手数料の納付又は契約の締結の前に取り下げられた提案"),
    Figure(key="proposals_fit", title="適合と通知した提案", unit="件", article="114", kinds=("screened_fit",),
           definition="審査の基準に適合すると認めて通知した提案"),
    Figure(key="proposals_unfit", title="不適合と通知した提案", unit="件", article="114", kinds=("screened_unfit",),
           definition="審査の基準に適合しないと認めて通知した提案", parts=_TESTS, overlap=True),
    Figure(key="opinions_asked", title="第三者の意見を聴いた提案", unit="件", article="44条の8", kinds=("opinion_asked",),
           definition="第三者に意見書を提出する機会を与えた提案"),
    Figure(key="third_parties", title="意見を求めた第三者", unit="者", article="44条の8", counted="total",
           kinds=("opinion_asked",), definition="意見書を提出する機会を与えた第三者の数の計"),
    Figure(key="contracts", title="締結した利用契約", unit="件", article="115", kinds=("contract_concluded",),
           definition="その年度に締結した利用契約"),
    Figure(key="fees", title="納付された手数料", unit="円", article="119", counted="total", kinds=("fee_paid",),
           definition="その年度に納付された手数料・利用料の計"),
    Figure(key="products", title="作成した匿名加工情報", unit="件", article="116", kinds=("product_created",),
           definition="その年度に作成した行政機関等匿名加工情報（平成29年度からの制度では非識別加工情報）"),
    Figure(key="product_people", title="作成した情報に含まれる本人", unit="人", article="117", counted="total",
           kinds=("product_created",), definition="作成した情報ごとの本人の数の計。同じ人が二つに含まれれば二人と数える"),
    Figure(key="provisions", title="提供", unit="件", article="109", kinds=("provided",),
           definition="その年度に契約の相手方に提供した件数"),
    Figure(key="contracts_ended", title="期間が満了した利用契約", unit="件", article="115", kinds=("period_ended",),
           definition="利用の期間がその年度に終わった利用契約"),
    Figure(key="contracts_terminated", title="解除した利用契約", unit="件", article="120", kinds=("terminated",),
           definition="その年度に解除した利用契約", parts=_GROUNDS),
    Figure(key="complaints", title="受け付けた苦情", unit="件", article="128", kinds=("complaint_received",),
           definition="その年度に受け付けた苦情"),
    Figure(key="complaints_answered", title="回答した苦情", unit="件", article="128", kinds=("complaint_answered",),
           definition="その年度に回答した苦情"),
    Figure(key="inquiries", title="総合案内所への問合せ", unit="件", article="169", kinds=("inquiry_received",),
           definition="その年度に案内所が受け付けた問合せ", parts=_ASKED_BY),
    Figure(key="inquiries_answered", title="回答した問合せ", unit="件", article="169", kinds=("inquiry_answered",),
           definition="その年度に回答した問合せ"),
)  # fmt: skip

STOCKS = (
    Stock(key="files_eligible_now", title="募集の対象とするファイル", unit="ファイル", article="60",
          definition="三つの要件を満たすと判断され、帳簿から消除されていない個人情報ファイル",
          begins=(ELIGIBLE,), ends=(INELIGIBLE, "file_erased")),
    Stock(key="proposals_open", title="審査中の提案", unit="件", article="114",
          definition="受け付けて、結果を通知しておらず、取り下げられてもいない提案",
          begins=("proposal_received",), ends=(*_DECIDED, "proposal_withdrawn")),
    Stock(key="cases_open", title="終わっていない事案", unit="件", article="112",
          definition="提案を受け付けて、不適合と通知しておらず、取り下げられておらず、契約が終わってもいない事案",
          begins=("proposal_received",), ends=_OVER),
    Stock(key="contracts_in_force", title="効力のある利用契約", unit="件", article="115",
          definition="締結して、期間が満了しておらず、解除されてもいない利用契約",
          begins=("contract_concluded",), ends=("period_ended", "terminated")),
    Stock(key="proposers_barred", title="提案をすることができない者", unit="者", article="113",
          definition="契約を解除されて二年を経過していない者",
          begins=("bar_begun",), ends=("bar_ended",)),
    Stock(key="complaints_open", title="回答していない苦情", unit="件", article="128",
          definition="受け付けて、回答していない苦情",
          begins=("complaint_received",), ends=("complaint_answered",)),
    Stock(key="inquiries_open", title="回答していない問合せ", unit="件", article="169",
          definition="受け付けて、回答していない問合せ",
          begins=("inquiry_received",), ends=("inquiry_answered",)),
)  # fmt: skip

FLOWS = (
    Flow(
        "cases_open",
        "proposals",
        ("proposals_unfit", "proposals_withdrawn", "contracts_ended", "contracts_terminated"),
    ),
    Flow("contracts_in_force", "contracts", ("contracts_ended", "contracts_terminated")),
    Flow("complaints_open", "complaints", ("complaints_answered",)),
    Flow("inquiries_open", "inquiries", ("inquiries_answered",)),
)

STEPS = (
    Step(key="announced_opened", title="公示 → 募集の開始", begins=("call_announced",), ends=("call_opened",)),
    Step(key="opened_closed", title="募集の開始 → 終了", begins=("call_opened",), ends=("call_closed",)),
    Step(key="asked_corrected", title="補正の求め → 補正", begins=("correction_asked",), ends=("proposal_corrected",)),
    Step(key="received_decided", title="提案 → 審査の結果", begins=("proposal_received",), ends=_DECIDED),
    Step(key="fit_contract", title="適合の通知 → 契約", begins=("screened_fit",), ends=("contract_concluded",)),
    Step(key="contract_created", title="契約 → 作成", begins=("contract_concluded",), ends=("product_created",)),
    Step(key="created_provided", title="作成 → 提供", begins=("product_created",), ends=("provided",)),
    Step(key="received_provided", title="提案 → 提供", begins=("proposal_received",), ends=("provided",)),
    Step(key="complaint_answered", title="苦情 → 回答", begins=("complaint_received",), ends=("complaint_answered",)),
    Step(key="inquiry_answered", title="問合せ → 回答", begins=("inquiry_received",), ends=("inquiry_answered",)),
)  # fmt: skip
