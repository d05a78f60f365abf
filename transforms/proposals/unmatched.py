"""Releases without a case, and cases without a release: what register books and ledgers must tell alike."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from tokumei.transforms.ledger.fold import fold_events
from tokumei.transforms.ledger.journal import journals
from tokumei.transforms.ledger.state import Body
from tokumei.transforms.proposals.package import PACKAGES, folder_name
from tokumei.transforms.register.books import books
from tokumei.transforms.storage.base import Store


class Unmatched(NamedTuple):
    """What has no counterpart.

    Attributes:
        cases: of which a product was made that no register book knows; nothing may be like that.
        releases: that no case has: made for one that goes on, or outside of proposals (法109条).
        packages: that were made and never recorded as handed over.
    """

    cases: tuple[str, ...]
    releases: tuple[str, ...]
    packages: tuple[str, ...]


def unmatched(store: Store, output: str) -> Unmatched:
    """Compare the ledgers of an output's register with its books and packages; only bodies that have cases.

    Raises:
        InputError: a book or a ledger cannot be read.
    """
    register = store.join(output, "register")
    found = [fold_events(journal.read()[0]) for journal in journals(store, register)]
    bodies = [body for body in found if body.cases]
    known = {
        (entry.body, entry.release_id)
        for book in books(store, register)
        for entry in book.entries
        if entry.release_id is not None
    }
    handed = {
        folder_name(case) for body in bodies for case, of in body.cases.items() if "provided" in of.since
    }
    packages = store.folders(store.join(output, PACKAGES)) if bodies else []
    return Unmatched(
        cases=tuple(case for body in bodies for case in _without_release(body, known)),
        releases=tuple(release for body in bodies for release in _without_case(body, known)),
        packages=tuple(sorted(set(packages) - handed)),
    )


def _without_release(body: Body, known: Collection[tuple[str, str]]) -> Iterator[str]:
    for name, case in body.cases.items():
        if "provided" in case.since and (body.name, case.release) not in known:
            yield name


def _without_case(body: Body, known: Collection[tuple[str, str]]) -> Iterator[str]:
    of_cases = {case.release for case in body.cases.values()}
    yield from sorted(release for name, release in known if name == body.name and release not in of_cases)
