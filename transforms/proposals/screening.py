"""The seven tests of a proposal (審査, 法114条1項): computed where they can be, judged by name where not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pydantic import Field

from tokumei.schemas.file_items import Period
from tokumei.schemas.register import SMALL_FILE
from tokumei.schemas.screening import (
    Examined,
    Judgement,
    NeededUntil,
    NoticeOfFit,
    SameProposer,
    Serial,
    WantedMethod,
)
from tokumei.schemas.strict import Day, Text
from tokumei.transforms.ledger.fold import refusal
from tokumei.transforms.pages.environment import number
from tokumei.transforms.pages.letters import era_day as written
from tokumei.transforms.proposals.bars import BarringGround
from tokumei.transforms.proposals.method import MethodAnswer
from tokumei.transforms.proposals.occasion import Record, TextLines

ScreeningOutcome = Literal["適合", "不適合", "補正"]
A_GROUND, NO_GROUND = "欠格事由に該当する。", "欠格事由に該当しない。"
JUDGED = {
    4: "事業が新たな産業の創出又は活力ある経済社会若しくは豊かな国民生活の実現に資する",
    6: "利用の目的及び方法並びに管理のための措置が本人の権利利益を保護するために適切である",
    7: "作成が事務の遂行に著しい支障を及ぼさない",
}


class ScreenedCase(Record):
    """What is entered for the screening of one case."""

    case: Text = Field(description="受付番号")
    proposer: Examined = Field(description="Test 1: the proposer.")
    officers: dict[Serial, Examined] = Field(
        default={}, description="Test 1: the officers of a body, by a number of your own, never a name."
    )
    same_as: dict[Text, SameProposer] = Field(
        default={},
        description="Test 1: whether the proposer is that of a terminated case, where the ledger doubts it.",
    )
    method: WantedMethod | None = Field(default=None, description="Test 3; not for 法118条.")
    needed_until: NeededUntil | None = Field(default=None, description="Test 5: what officers find.")
    judgements: dict[Literal["4", "6", "7"], Judgement] = Field(
        default={}, description="What officers judge of tests 4, 6 and 7."
    )
    corrections: TextLines = Field(
        default=(), description="What the proposer must mend (補正), each on a line."
    )
    correct_until: Day | None = Field(default=None, description="The last day for corrections.")
    notice: NoticeOfFit | None = Field(default=None, description="Where the proposal turns out fit.")


@dataclass(frozen=True)
class FoundByTest:
    """What one test came to.

    Attributes:
        test: its number in 法114条1項.
        passes: whether it is met; None where the proposal must be mended first.
        reason: in Japanese, as a paper gives it.
        by: who judged; None where it was computed.
    """

    test: int
    passes: bool | None
    reason: str
    by: str | None = None


@dataclass(frozen=True, kw_only=True)
class ProposalTerms:
    """What a proposal asks for, and of which file, as far as tests need it.

    Attributes:
        existing: of a product that is there; then neither people nor method are tested (法118条2項).
        people: 本人の数 of the product; people_of_file: of the file.
        sample: how a part of the people is drawn (抽出の方法); None: the method is applied to all.
        use: the period of use; use_because: why it is needed for so long.
        day: of the screening.
    """

    existing: bool
    people: int | None
    people_of_file: int | None
    sample: str | None
    use: Period | None
    use_because: str | None
    day: dt.date


@dataclass(frozen=True)
class Screened:
    """The outcome, with every test in its order, and what the proposer must mend."""

    outcome: ScreeningOutcome
    findings: tuple[FoundByTest, ...]
    corrections: tuple[str, ...]

    @property
    def fits(self) -> bool:
        """Whether every test is met."""
        return self.outcome == "適合"


def screened(
    asked: ProposalTerms,
    record: ScreenedCase,
    *,
    grounds: Sequence[BarringGround],
    method: MethodAnswer | None,
    final: bool = False,
) -> Screened:
    """Return what the tests come to; a judgement that nobody has given passes nothing.

    Args:
        asked: the proposal.
        record: what officers entered.
        grounds: of disqualification that apply on the day, the register's own included.
        method: what a rehearsal answered to test 3; None: there was none.
        final: the day for corrections is over; what is missing still is not met (規則54条7項).

    Raises:
        Refused: what officers find of test 4, 5, 6 or 7 is missing, and nothing else decides.
    """
    findings = [_of_grounds(grounds, record.same_as)]
    if not asked.existing:
        tried = _of_method(asked, method)
        findings += [_of_people(asked), tried if method is None else _of_sample(asked, record, tried)]
    period = _of_period(asked, record.needed_until)
    findings += [*([] if period is None else [period]), *map(_of_judgement, record.judgements.items())]
    findings.sort(key=lambda finding: finding.test)
    if final:
        findings = [replace(f, passes=False) if f.passes is None else f for f in findings]
    mend = (*record.corrections, *(f.reason for f in findings if f.passes is None))
    if any(finding.passes is False for finding in findings):
        return Screened("不適合", tuple(findings), ())
    if mend:
        return Screened("補正", tuple(findings), tuple(dict.fromkeys(mend)))
    missing = [str(test) for test in (*JUDGED, 5) if test not in {finding.test for finding in findings}]
    if missing:
        raise refusal(
            f"case {record.case}",
            f"test(s) {', '.join(missing)} of 法114条1項 need the judgement of a named officer; they are"
            " never passed by default",
            article="",
            fix="enter judgements.4, .6 and .7 with passes, by and because; for 5, needed_until with day, by"
            " and because",
        )
    return Screened("適合", tuple(findings), ())


def _of_grounds(grounds: Sequence[BarringGround], same_as: Mapping[str, SameProposer]) -> FoundByTest:
    found = "".join(f"{_when(g)}{g.article}に該当する。{g.reason}。" for g in grounds)
    told = "".join(
        f"受付番号{case}の提案者と{'同一' if said.same else '別'}の者であると認める。"
        + _sentence(said.because)
        for case, said in same_as.items()
    )
    by = "、".join(dict.fromkeys(said.by for said in same_as.values()))
    return FoundByTest(1, not grounds, (found or NO_GROUND) + told, by or None)


def _when(ground: BarringGround) -> str:
    return f"提案の日（{written(ground.on)}）において、" if ground.on else ""


def _of_people(asked: ProposalTerms) -> FoundByTest:
    if asked.people is None:
        return FoundByTest(2, None, "作成する匿名加工情報の本人の数を記載すること。")
    told = f"提案に係る本人の数は{number(asked.people)}人"
    if asked.people < SMALL_FILE:
        return FoundByTest(2, False, f"{told}であり、{number(SMALL_FILE)}人に満たない。")
    if asked.people_of_file is None:
        raise refusal(
            "people of the file",
            "the proposed number of people is compared with that of the file, which is not recorded",
            article="",
            fix="judge the file first (tokumei call files)",
        )
    if asked.people > asked.people_of_file:
        most = number(asked.people_of_file)
        return FoundByTest(
            2, False, f"{told}であり、個人情報ファイルを構成する本人の数（{most}人）を超える。"
        )
    return FoundByTest(
        2, True, f"{told}であり、{number(SMALL_FILE)}人以上で、個人情報ファイルの本人の数以下である。"
    )


def _of_method(asked: ProposalTerms, answer: MethodAnswer | None) -> FoundByTest:
    if answer is None:
        return FoundByTest(
            3, None, "求める記録項目及びその粒度を、加工の方法が特定できるように記載すること。"
        )
    if answer.reasons:
        return FoundByTest(3, False, "".join(answer.reasons))
    if asked.people is not None and answer.people < asked.people:
        return FoundByTest(
            3,
            False,
            f"求める粒度で加工の基準を満たす本人の数は{number(answer.people)}人であり、"
            f"提案に係る本人の数（{number(asked.people)}人）に満たない。",
        )
    return FoundByTest(
        3, True, f"求める粒度で、{number(answer.people)}人について加工の基準を満たすことを確認した。"
    )


def _of_sample(asked: ProposalTerms, record: ScreenedCase, tried: FoundByTest) -> FoundByTest:
    """Return what test 3 comes to where a part of the people is wanted: whether that part was tried."""
    wanted = record.method
    said = wanted.sampled if wanted else None
    if (said is None) != (asked.sample is None):
        raise refusal(
            f"case {record.case}",
            "the proposal wants a part of the people (抽出, 112条2項4号): nobody says this part was tried"
            if said is None
            else "the proposal wants no part of the people (抽出), and method.sampled tells of one",
            article="",
            fix="try the method on the part, and enter method.sampled with passes, by and because"
            if said is None
            else "leave method.sampled out",
        )
    if said is None:
        return tried
    met = "によるものと認める。" if said.passes else "によるものとは認められない。"
    told = f"試した記録は、提案に係る抽出の方法{met}{_sentence(said.because)}"
    return replace(tried, passes=tried.passes and said.passes, reason=tried.reason + told, by=said.by)


def _of_period(asked: ProposalTerms, needed: NeededUntil | None) -> FoundByTest | None:
    """Return the finding of test 5; None where nobody has said until when the business needs the product."""
    if asked.use is None or not asked.use_because:
        return FoundByTest(5, None, "利用の期間及びその期間を必要とする理由を記載すること。")
    told = f"{written(asked.use.start)}から{written(asked.use.end)}まで"
    if asked.use.end < asked.day:
        return FoundByTest(5, None, f"利用の期間（{told}）は既に終わっているため、改めて記載すること。")
    if needed is None:
        return None
    if asked.use.end > needed.day:
        reason = f"利用の期間（{told}）は、事業に必要な期間（{written(needed.day)}まで）を超える。"
        return FoundByTest(5, False, f"{reason}{_sentence(needed.because)}", needed.by)
    reason = f"利用の期間（{told}）は、事業に必要な期間（{written(needed.day)}まで）を超えないと認める。"
    return FoundByTest(5, True, f"{reason}{_sentence(needed.because)}", needed.by)


def _of_judgement(judged: tuple[str, Judgement]) -> FoundByTest:
    test, judgement = int(judged[0]), judged[1]
    met = "と認める。" if judgement.passes else "とは認められない。"
    return FoundByTest(
        test, judgement.passes, f"{JUDGED[test]}{met}{_sentence(judgement.because)}", judgement.by
    )


def _sentence(text: str) -> str:
    return text if text.endswith("。") else f"{text}。"
