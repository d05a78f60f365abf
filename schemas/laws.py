"""The law of each regime: the articles and words that register, report and notice cite."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True)
class Law:
    """The articles and words of one regime, as documents cite them."""

    product: str
    act: str
    creation: str
    rule: str
    ban: str
    body_caption: str = "行政機関等の名称"
    call: str = ""
    outline: str = ""
    electronic: str = "法第60条第2項第1号（電算処理ファイル）"
    manual: str = "法第60条第2項第2号（マニュアル処理ファイル）"
    manual_subset: str = "利用目的及び記録範囲が同じマニュアル処理ファイル"
    opinion: str = ""


_ACT = "個人情報の保護に関する法律"
LAWS = {
    "private": Law(
        product="匿名加工情報",
        act=_ACT,
        creation="法第43条第1項",
        rule="施行規則第34条",
        ban="法第45条",
        body_caption="事業者の名称",
    ),
    "public": Law(
        product="行政機関等匿名加工情報",
        act=_ACT,
        creation="法第116条第1項",
        rule="施行規則第62条",
        ban="法第45条",
        call="法第110条",
        outline="法第117条",
        manual_subset="令第21条第7項に該当するファイル",
    ),
    "public_2022": Law(
        product="行政機関等匿名加工情報",
        act=_ACT,
        creation="法第114条第1項",
        rule="施行規則第62条",
        ban="法第45条",
        call="法第108条",
        outline="法第115条",
    ),
    "public_2017": Law(
        product="行政機関非識別加工情報",
        act="行政機関の保有する個人情報の保護に関する法律",
        creation="法第44条の10第1項",
        rule="法第44条の10第1項の個人情報保護委員会規則",
        ban=f"{_ACT}第38条",
        body_caption="行政機関の名称",
        call="法第44条の3",
        opinion="第三者に対し意見書を提出する機会が与えられる個人情報ファイル（法第44条の3第3号）",
        outline="法第44条の11",
        electronic="法第2条第6項第1号（電算処理ファイル）",
        manual="法第2条第6項第2号（マニュアル処理ファイル）",
    ),
}

# Its twin of 独立行政法人等 in 2017 (平成15年法律第59号): the same numbers of articles, by inference
LAW_OF_CORPORATIONS_2017 = replace(
    LAWS["public_2017"],
    product="独立行政法人等非識別加工情報",
    act="独立行政法人等の保有する個人情報の保護に関する法律",
    body_caption="独立行政法人等の名称",
)
