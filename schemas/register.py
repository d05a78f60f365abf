"""The personal-information file register (個人情報ファイル簿): its entries, the book, and the law they cite.

An entry has the items of 法74条1項, 75条1項・4項, 令21条6項, 110条 and 117条, numbered 1 to 17 as in a 単票.
A company has no statutory register; its entries record what was made and how it is provided (法43条).
"""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass
from typing import Literal, Self

from pydantic import Field, model_validator

from schemas.file_items import Office, Period
from schemas.policy import Policy
from schemas.report import Report
from schemas.strict import Strict, broken
from schemas.table import Table


@dataclass(frozen=True)
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
        outline="法第44条の11",
        electronic="法第2条第6項第1号（電算処理ファイル）",
        manual="法第2条第6項第2号（マニュアル処理ファイル）",
    ),
}


class TableItems(Strict):
    """The items of one table of the product (情報の項目)."""

    table: str
    items: tuple[str, ...]


class RegisterEntry(Strict):
    """One version of one file's entry. ``number`` and ``version`` are 0 until a book takes it in."""

    entry_id: str = Field(description="The same for all versions of one file of one body.")
    number: int = Field(default=0, ge=0, description="通し番号 within the body's book.")
    version: int = Field(default=0, ge=0, description="1 for the first release of the file, then counting.")
    status: Literal["current", "superseded"] = "current"
    regime: Literal["private", "public", "public_2022", "public_2017"]
    release_id: str
    created_at: str = Field(description="When the first version was made.")
    updated_at: str = Field(description="When this version was made.")
    name: str = Field(description="1 個人情報ファイルの名称（法74条1項1号）")
    body: str = Field(description="2 行政機関等の名称（法74条1項2号）")
    department: str = Field(description="2 事務をつかさどる組織の名称（法74条1項2号）")
    purpose: str = Field(description="3 利用目的（法74条1項3号）")
    record_items: str = Field(description="4 記録項目（法74条1項4号）")
    record_scope: str | None = Field(description="4 記録範囲（法74条1項4号）")
    collection: str | None = Field(description="5 記録情報の収集方法（法74条1項5号）")
    sensitive: bool = Field(description="6 要配慮個人情報が含まれる旨（法74条1項6号）")
    recipients: tuple[str, ...] = Field(description="7 経常的提供先（法74条1項7号）")
    request_office: Office | None = Field(description="8 開示請求等を受理する組織（法74条1項9号）")
    special_procedure: str | None = Field(description="9 訂正・利用停止の特別手続（法74条1項10号）")
    kind: Literal["electronic", "manual"] = Field(description="10 電算・マニュアルの別（令21条6項1号）")
    manual_subset: bool = Field(description="11 令21条7項に該当するファイル（令21条6項2号）")
    ordinance_sensitive: bool = Field(description="12 条例要配慮個人情報が含まれる旨（法75条4項）")
    call_for_proposals: bool = Field(description="13 提案の募集をするファイルである旨（法110条1号）")
    proposal_office: Office | None = Field(description="14 提案を受ける組織（法110条2号）")
    product_people: int = Field(ge=0, description="15 概要：本人の数（法117条1号、規則63条）")
    product_items: tuple[TableItems, ...] = Field(description="15 概要：情報の項目（法117条1号、規則63条）")
    product_office: Office | None = Field(description="16 作成済み情報の提案を受ける組織（法117条2号）")
    product_period: Period | None = Field(description="17 その提案ができる期間（法117条3号）")
    how_provided: str = Field(description="提供の方法（法43条4項）")
    remarks: str | None = Field(description="備考")


def entry_of(policy: Policy, report: Report) -> RegisterEntry:
    """Return the entry that a release adds to the register.

    Items 1 to 14, 16 and 17 come from the policy, 本人の数 (distinct people, 規則63条) from the report.
    """
    file = policy.file
    titles = [
        title for table in policy.tables.values() for title in column_titles(table, tuple(table.columns))
    ]
    return RegisterEntry(
        entry_id=hashlib.sha256(f"{file.body}\0{file.name}".encode()).hexdigest()[:16],
        regime=policy.regime,
        release_id=report.release_id,
        created_at=report.created_at,
        updated_at=report.created_at,
        name=file.name,
        body=file.body,
        department=file.department,
        purpose=file.purpose,
        record_items="、".join(f"{i}{title}" for i, title in enumerate(dict.fromkeys(titles), 1)),
        record_scope=file.scope,
        collection=file.collection,
        sensitive=bool(file.sensitive),
        recipients=file.recipients,
        request_office=file.request_office,
        special_procedure=file.special_procedure,
        kind=file.kind,
        manual_subset=file.manual_subset,
        ordinance_sensitive=file.ordinance_sensitive,
        call_for_proposals=file.call_for_proposals,
        proposal_office=file.proposal_office,
        product_people=report.people,
        product_items=released_items(policy),
        product_office=file.product_office,
        product_period=file.product_period,
        how_provided=file.how_provided,
        remarks=file.remarks,
    )


def released_items(policy: Policy) -> tuple[TableItems, ...]:
    """Return the titles of the released columns by table (情報の項目; 法43条3項, 117条1号)."""
    return tuple(
        TableItems(
            table=table.title or name,
            items=tuple(table.columns[n].released_as or table.columns[n].title or n for n in table.released),
        )
        for name, table in policy.tables.items()
    )


def column_titles(table: Table, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return what people call these columns: the title, or the name where there is none."""
    return tuple(table.columns[name].title or name for name in names)


class Book(Strict):
    """The register book: every version of every entry, in the order in which they came."""

    format: Literal["tokumei-register-1"] = "tokumei-register-1"
    entries: tuple[RegisterEntry, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len({e.release_id for e in self.entries}) != len(self.entries):
            raise broken("book.release_twice", "a release stands in the book twice", "restore the book")
        by_file = sorted(self.entries, key=lambda e: (e.entry_id, e.version))
        for _, group in itertools.groupby(by_file, key=lambda e: e.entry_id):
            versions = list(group)
            statuses = [e.status for e in versions]
            if [e.version for e in versions] != list(range(1, len(versions) + 1)) or statuses != [
                *["superseded"] * (len(versions) - 1),
                "current",
            ]:
                raise broken("book.versions", "the versions of an entry do not follow", "restore the book")
        return self

    @property
    def current(self) -> tuple[RegisterEntry, ...]:
        """The entries in force, by body and number."""
        return tuple(
            sorted((e for e in self.entries if e.status == "current"), key=lambda e: (e.body, e.number))
        )

    def with_entry(self, entry: RegisterEntry) -> Book:
        """Return the book with this entry in it; unchanged where it has the release already.

        A new release of a file supersedes the version in force, which stays as history (令21条3項).
        """
        if any(e.release_id == entry.release_id for e in self.entries):
            return self
        last = next((e for e in self.current if e.entry_id == entry.entry_id), None)
        if last is None:
            taken = [e.number for e in self.entries if e.body == entry.body]
            fresh = {"number": max(taken, default=0) + 1, "version": 1}
            return Book(entries=(*self.entries, entry.model_copy(update=fresh)))
        older = tuple(e.model_copy(update={"status": "superseded"}) if e is last else e for e in self.entries)
        follows = {"number": last.number, "version": last.version + 1, "created_at": last.created_at}
        return Book(entries=(*older, entry.model_copy(update=follows)))
