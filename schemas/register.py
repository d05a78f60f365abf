"""The personal-information file register (個人情報ファイル簿): its entries, and the book of one body.

An entry has the items of 法74条1項, 75条1項・4項, 令21条6項, 110条 and 117条, numbered 1 to 17 as in a 単票.
It is made when a file is held (令21条1項) or released, corrected at once when an item changes (3項), and
erased when the file is no longer held or has fewer than 1,000 people (4項); earlier versions stay.
A company has no statutory register; its entries record what was made and how it is provided (法43条).
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, Self

from pydantic import Field, model_validator

from tokumei.schemas.file_items import Office, Ordinance, Period
from tokumei.schemas.people import PeopleBasis
from tokumei.schemas.policy import Policy
from tokumei.schemas.register_ends import Erasure, Withdrawal
from tokumei.schemas.strict import Strict, broken

SMALL_FILE = 1000  # 令20条2項, 規則56条: fewer people are no register matter, and no product


class TableItems(Strict):
    """The items of one table of the product (情報の項目)."""

    table: str
    items: tuple[str, ...]


class RegisterEntry(Strict):
    """One version of one file's entry. ``number`` and ``version`` are 0 until a book takes it in.

    Items 15 to 17 and ``how_provided`` speak of the product; they are empty until there is one.
    """

    entry_id: str = Field(description="The same for all versions of one file of one body.")
    number: int = Field(default=0, ge=0, description="通し番号 within the body's book.")
    version: int = Field(default=0, ge=0, description="1 when the file was entered, then counting.")
    status: Literal["current", "superseded", "erased"] = "current"
    regime: Literal["private", "public", "public_2022", "public_2017"]
    release_id: str | None = Field(description="The release that items 15 to 17 speak of.")
    delivery: str | None = Field(default=None, description="Of it: fingerprint of file, rules, parameters.")
    created_at: str = Field(description="When the file was entered; anew after an erasure.")
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
    third_party_opinion: bool = Field(
        default=False,
        description="第三者に意見書提出の機会が与えられる旨（2017年の行個法44条の3第3号）",
    )
    product_people: int | None = Field(ge=0, description="15 概要：本人の数（法117条1号、規則63条）")
    product_people_basis: PeopleBasis | None = Field(
        default=None, description="15 概要：本人の数の根拠。番号による計数（codes）か、記録の数（records）か"
    )
    product_items: tuple[TableItems, ...] = Field(description="15 概要：情報の項目（法117条1号、規則63条）")
    product_office: Office | None = Field(description="16 作成済み情報の提案を受ける組織（法117条2号）")
    product_period: Period | None = Field(description="17 その提案ができる期間（法117条3号）")
    how_provided: str | None = Field(description="提供の方法（法43条4項）")
    small_file_ordinance: Ordinance | None = Field(
        default=None, description=f"本人が{SMALL_FILE:,}人未満のとき、その記載を定める条例（法75条5項）"
    )
    remarks: str | None = Field(description="備考")
    erased: Erasure | None = Field(default=None, description="消去（令21条4項）; with status erased alone.")
    withdrawn: tuple[Withdrawal, ...] = Field(
        default=(), description="取下げ: releases of the file that are in force no longer, oldest first."
    )


_PLACE = {"number", "version", "status", "created_at", "updated_at", "withdrawn"}  # set by the book alone
_PRODUCT: dict[str, object] = {  # what an entry says of a release, where there is none
    **dict.fromkeys(("release_id", "delivery", "product_people", "product_people_basis", "product_office")),
    **dict.fromkeys(("product_period", "how_provided")),
    "product_items": (),
}


def entry_of_file(policy: Policy, at: str, *, small: bool) -> RegisterEntry:
    """Return the entry of a file as such, without a release; item 15 is for the book to know.

    Args:
        policy: names the file, and its columns (記録項目).
        at: the moment, ISO 8601 with offset.
        small: whether there are fewer than `SMALL_FILE` people.
    """
    file = policy.file
    columns = (named for table in policy.tables.values() for named in table.columns.items())
    titles = (column.title or name for name, column in columns)
    return RegisterEntry(
        entry_id=file.entry_id,
        regime=policy.regime,
        release_id=None,
        created_at=at,
        updated_at=at,
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
        third_party_opinion=file.third_party_opinion,
        product_people=None,
        product_items=(),
        product_office=file.product_office,
        product_period=file.product_period,
        how_provided=file.how_provided,
        small_file_ordinance=file.small_file_ordinance if small else None,
        remarks=file.remarks,
    )


def body_folder(body: str) -> str:
    """Return the folder of a body's book, below the book of the body that came first."""
    return hashlib.sha256(body.encode()).hexdigest()[:16]


class Book(Strict):
    """The register of one body: every version of every entry, in the order in which they came (令21条2項)."""

    format: Literal["tokumei-register-1", "tokumei-register-2"] = "tokumei-register-2"
    entries: tuple[RegisterEntry, ...] = ()
    others: tuple[str, ...] = Field(
        default=(), description="Bodies whose own books stand in folders below this one."
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.format == "tokumei-register-2" and len(self.bodies) > 1:
            raise broken("book.bodies", "the book holds entries of several bodies", "restore the book")
        by_file = sorted(self.entries, key=lambda e: (e.entry_id, e.version))
        groups = [list(group) for _, group in itertools.groupby(by_file, key=lambda e: e.entry_id)]
        if not all(map(_follow, groups)):
            raise broken("book.versions", "the versions of an entry do not follow", "restore the book")
        if len({(group[0].body, group[0].number) for group in groups}) != len(groups):
            raise broken("book.numbers", "two entries have the same number", "restore the book")
        runs = [key for key, _ in itertools.groupby(by_file, key=lambda e: (e.entry_id, e.release_id))]
        releases = [release for _, release in runs if release is not None]
        if len(set(releases)) != len(releases):
            raise broken("book.release_twice", "a release stands in the book twice", "restore the book")
        return self

    @property
    def bodies(self) -> tuple[str, ...]:
        """Whose files these are: one body, but for books of format 1."""
        return tuple(dict.fromkeys(e.body for e in self.entries))

    @property
    def current(self) -> tuple[RegisterEntry, ...]:
        """The entries in force, by number."""
        return tuple(
            sorted((e for e in self.entries if e.status == "current"), key=lambda e: (e.body, e.number))
        )

    def newest(self, entry_id: str) -> RegisterEntry | None:
        """Return the newest version of an entry, in force or erased; None where there is none."""
        return max((e for e in self.entries if e.entry_id == entry_id), key=lambda e: e.version, default=None)

    def with_entry(self, entry: RegisterEntry, replaced: tuple[Withdrawal, ...] = ()) -> Book:
        """Return the book with this release's entry in it; unchanged where it has the release already.

        A new release of a file supersedes the version in force, which stays as history (令21条3項). The same
        version says which releases it replaces.
        """
        if any(e.release_id == entry.release_id for e in self.entries):
            return self
        newest = self.newest(entry.entry_id)
        known = newest.withdrawn if newest is not None else ()
        new = tuple(w for w in replaced if w.release_id not in {one.release_id for one in known})
        return self._with(entry, {"withdrawn": (*known, *new)})

    def with_file(self, entry: RegisterEntry) -> Book:
        """Return the book with a file entered, or its entry corrected; unchanged where nothing changed.

        What was released of the file is known to the book alone and stays; without a release the entry says
        nothing of a product.
        """
        newest = self.newest(entry.entry_id)
        if newest is None or newest.release_id is None:
            of_release = dict.fromkeys(("product_office", "product_period", "how_provided"))
        else:
            names = ("release_id", "delivery", "product_people", "product_people_basis", "product_items")
            of_release = {name: getattr(newest, name) for name in names}
        entry = entry.model_copy(update=of_release)
        if newest is not None and newest.model_dump(exclude=_PLACE) == entry.model_dump(exclude=_PLACE):
            return self
        return self._with(entry)

    def without(self, entry_id: str, erasure: Erasure) -> Book:
        """Return the book with an entry erased; unchanged where it is erased already, or unknown.

        The version that was in force stays in the book with date and reason, and is shown no more.
        """
        newest = self.newest(entry_id)
        if newest is None or newest.status == "erased":
            return self
        gone: dict[str, object] = {"status": "erased", "erased": erasure}
        return Book(entries=self._but(newest, gone), others=self.others)

    def of_release(self, release_id: str) -> RegisterEntry | None:
        """Return the newest version of the entry of a release's file; None where no version knows it."""
        found = next((e for e in self.entries if e.release_id == release_id), None)
        return None if found is None else self.newest(found.entry_id)

    def after_withdrawal(self, withdrawal: Withdrawal, at: str) -> Book:
        """Return the book without a release in force; unchanged where it knows that, or not the release.

        A new version of the entry says so, and nothing of a product if it spoke of that release: what a later
        one superseded does not come back. An erased entry stays erased, and says so too.

        Args:
            withdrawal: of the release.
            at: the moment of the new version, ISO 8601 with offset.
        """
        newest = self.of_release(withdrawal.release_id)
        if newest is None or any(w.release_id == withdrawal.release_id for w in newest.withdrawn):
            return self
        changes: dict[str, object] = {"withdrawn": (*newest.withdrawn, withdrawal)}
        if newest.status == "erased":
            return Book(entries=self._but(newest, changes), others=self.others)
        if newest.release_id == withdrawal.release_id:
            changes |= _PRODUCT
        return self._with(newest.model_copy(update={"updated_at": at}), changes)

    def parts(self) -> dict[str, Book]:
        """Return the book of each body: a book of format 1 may hold several."""
        return {body: Book(entries=tuple(e for e in self.entries if e.body == body)) for body in self.bodies}

    def beside(self, *bodies: str) -> Book:
        """Return the book naming these bodies as having books below it, without any entry of theirs."""
        others = tuple(dict.fromkeys((*self.others, *bodies)))
        if others == self.others:
            return self
        return Book(entries=tuple(e for e in self.entries if e.body not in others), others=others)

    def _with(self, entry: RegisterEntry, changes: Mapping[str, object] = MappingProxyType({})) -> Book:
        newest = self.newest(entry.entry_id)
        if newest is None:
            taken = [e.number for e in self.entries]
            place: dict[str, object] = {"number": max(taken, default=0) + 1, "version": 1}
        else:
            place = {"number": newest.number, "version": newest.version + 1, "withdrawn": newest.withdrawn}
        older = self.entries
        if newest is not None and newest.status == "current":
            place["created_at"] = newest.created_at
            older = self._but(newest, {"status": "superseded"})
        return Book(entries=(*older, entry.model_copy(update={**place, **changes})), others=self.others)

    def _but(self, entry: RegisterEntry, changes: dict[str, object]) -> tuple[RegisterEntry, ...]:
        return tuple(e.model_copy(update=changes) if e is entry else e for e in self.entries)


def _follow(versions: list[RegisterEntry]) -> bool:
    """Return whether these are all versions of one entry: numbered on, the newest in force or erased."""
    *before, last = versions
    return (
        [e.version for e in versions] == list(range(1, len(versions) + 1))
        and len({(e.body, e.number) for e in versions}) == 1
        and last.status != "superseded"
        and all(e.status != "current" for e in before)
        and all((e.status == "erased") == (e.erased is not None) for e in versions)
        and all(
            new.withdrawn[: len(old.withdrawn)] == old.withdrawn for old, new in itertools.pairwise(versions)
        )
        and not (last.status == "current" and last.release_id in {w.release_id for w in last.withdrawn})
    )
