"""The personal-information file as such: the items that its register entry and notice are made of."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Literal, Self

from pydantic import Field, model_validator

from tokumei.schemas.strict import Day, Strict, Text, broken


class Office(Strict):
    """An office with its address (組織の名称・所在地)."""

    name: Text = Field(description="組織の名称")
    address: Text = Field(description="所在地")


class Period(Strict):
    """From a day to a day, both included."""

    start: Day = Field(description="The first day.")
    end: Day = Field(description="The last day.")

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.end < self.start:
            raise broken("period.order", "the period ends before it starts", "swap start and end", ["end"])
        return self


class Ordinance(Strict):
    """An ordinance of a local government (条例) and the article that is relied on."""

    name: Text = Field(description="条例の名称")
    article: Text = Field(description="条項")

    def __str__(self) -> str:
        return f"{self.name}{self.article}"


class FileItems(Strict):
    """The personal-information file, as its register entry names it (法74条・75条・110条・117条)."""

    name: Text = Field(description="1 個人情報ファイルの名称")
    body: Text = Field(description="2 行政機関等の名称")
    body_is_company: bool = Field(
        default=False,
        description="regime private: the body is no public one (行政機関等), though its name sounds like it.",
    )
    department: Text = Field(description="2 事務をつかさどる組織の名称")
    purpose: Text = Field(description="3 利用目的")
    scope: Text | None = Field(default=None, description="4 記録範囲 (whose data)")
    collection: Text | None = Field(default=None, description="5 記録情報の収集方法")
    sensitive: bool | None = Field(
        default=None,
        description="6 要配慮個人情報が含まれる; to be stated where a column is sensitive, else false",
    )
    recipients: tuple[Text, ...] = Field(default=(), description="7 経常的提供先")
    request_office: Office | None = Field(default=None, description="8 開示請求等を受理する組織")
    special_procedure: Text | None = Field(default=None, description="9 訂正・利用停止の特別手続")
    kind: Literal["electronic", "manual"] = Field(default="electronic", description="10 電算/マニュアルの別")
    manual_subset: bool = Field(default=False, description="11 令21条7項に該当するファイル")
    ordinance_sensitive: bool = Field(default=False, description="12 条例要配慮個人情報")
    call_for_proposals: bool = Field(default=False, description="13 提案の募集をするファイル")
    proposal_office: Office | None = Field(default=None, description="14 提案を受ける組織")
    third_party_opinion: bool = Field(
        default=False,
        description="2017 alone: third parties get a chance to give an opinion (行個法44条の3第3号)",
    )
    product_office: Office | None = Field(default=None, description="16 作成済み情報の提案を受ける組織")
    product_period: Period | None = Field(default=None, description="17 その提案ができる期間")
    people: Text | None = Field(
        default=None,
        description="15 本人の数: the link whose people are counted, or a table without one."
        " Default: the only one.",
    )
    how_provided: Text = Field(description="提供の方法 (public notice)")
    small_file_ordinance: Ordinance | None = Field(
        default=None,
        description="the ordinance under which a local government enters and releases a file of fewer than"
        " 1,000 people, in a book of its own (法75条5項)",
    )
    remarks: Text | None = Field(default=None, description="備考")

    @property
    def entry_id(self) -> str:
        """The id of the file's entry in the register, the same for all versions of it."""
        return hashlib.sha256(f"{self.body}\0{self.name}".encode()).hexdigest()[:16]

    def period_over(self, day: dt.date) -> bool:
        """Return whether the period of item 17 ended before a day, so that nobody can propose any more."""
        return self.product_period is not None and self.product_period.end < day

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.manual_subset and self.kind == "manual":
            raise broken(
                "file.manual_subset",
                "manual_subset says that a computer file includes a manual one (令21条6項2号)",
                "use kind: electronic, or remove manual_subset",
                ["manual_subset"],
            )
        if self.third_party_opinion and not self.call_for_proposals:
            raise broken(
                "file.third_party_opinion",
                "third parties are heard on proposals, and this file calls for none (行個法44条の3)",
                "add call_for_proposals: true, or remove third_party_opinion",
                ["third_party_opinion"],
            )
        return self
