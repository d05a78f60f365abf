"""The account of a year: counts and lists of bodies, a ledger at a time; together; and as a site."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from tokumei.schemas.errors import InputError
from tokumei.transforms.figures.columns import ledger_columns
from tokumei.transforms.figures.entries import register_lines
from tokumei.transforms.figures.happened import happened
from tokumei.transforms.figures.published import PublicLists, published
from tokumei.transforms.figures.sums import check
from tokumei.transforms.figures.tally import YearCounts, tally
from tokumei.transforms.figures.views.site import site
from tokumei.transforms.ledger.journal import Journal
from tokumei.transforms.storage.ledger import swap
from tokumei.transforms.storage.places import open_store


@dataclass(frozen=True)
class YearAsked:
    """What is asked for: the fiscal year, the last day that counts, and the directory of the site."""

    year: int
    until: dt.date
    output: str


@dataclass(frozen=True)
class YearAccount:
    """What is counted, and what is public, of some bodies."""

    tally: YearCounts
    bodies: tuple[PublicLists, ...]

    @classmethod
    def together(cls, parts: Sequence[YearAccount]) -> YearAccount:
        """Return the account of all bodies; in any order and grouping, the same."""
        bodies = (body for part in parts for body in part.bodies)
        return cls(
            YearCounts.together([part.tally for part in parts]),
            tuple(sorted(bodies, key=lambda of: (str(of.body["key"]), str(of.body["body"])))),
        )


def account_of(folder: str, asked: YearAsked) -> YearAccount:
    """Return the account of the one body whose ledger stands in a folder.

    Raises:
        InputError: the ledger or the register book is damaged, or storage fails.
    """
    store = open_store(folder)
    events = ledger_columns(Journal(store, folder))
    body, body_kind = events.select("body", "body_kind").row(0)
    own, shared = (folder.rsplit("/", above)[0] for above in (1, 2))
    register = register_lines(store, (own, shared), body, asked.until)
    public = published(events, register.lines, register.withdrawn, asked.until, asked.year)
    return YearAccount(
        tally(happened(events, asked.until), body, body_kind, asked.until),
        () if public is None else (public,),
    )


def publish_account(account: YearAccount, asked: YearAsked) -> int:
    """Write the site of an account, its first page last; return how many bodies it is of.

    Under retry it writes the same bytes. What is there already is replaced.

    Raises:
        InputError: a body has two ledgers, nothing had happened yet, or storage fails.
        RequirementError: sums do not agree; nothing is written.
    """
    names = [str(of.body["body"]) for of in account.bodies]
    if len(set(names)) < len(names):
        raise InputError(
            "figures.body_twice",
            where=asked.output,
            what="a body has two ledgers among those that were given",
            fix="give each register directory once; copies of one do not count",
        )
    if not names:
        raise InputError(
            "figures.nothing",
            where=asked.output,
            what=f"nothing had happened by {asked.until}",
            fix="give a later --as-of",
        )
    agreed = check(account.tally, asked.year)
    store = open_store(asked.output)
    for name, content in site(account.bodies, account.tally, agreed, asked.year, asked.until):
        swap(store, store.join(asked.output, name), partial(_as, content))
    return len(names)


def _as(content: bytes, _: bytes | None) -> bytes:
    return content
