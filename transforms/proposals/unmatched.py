"""Releases without a case, cases without a release, other packages: what books and ledgers tell unlike."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from tokumei.transforms.ledger.fold import fold_events
from tokumei.transforms.ledger.journal import journals
from tokumei.transforms.ledger.state import Body
from tokumei.transforms.proposals.package import PACKAGES, folder_name, unlike_package
from tokumei.transforms.register.books import books
from tokumei.transforms.storage.base import Store


class Unmatched(NamedTuple):
    """What has no counterpart.

    Attributes:
        cases: of which a product was made that no register book knows; nothing may be like that.
        releases: that no case has: made for one that goes on, or outside of proposals (法109条).
        packages: that were made and never recorded as handed over.
        unlike: that were handed over and are not as they were, each with how; nothing may be like that.
        people: cases of whose product the book tells another number of people; nothing may be like that.
    """

    cases: tuple[str, ...]
    releases: tuple[str, ...]
    packages: tuple[str, ...]
    unlike: Mapping[str, str]
    people: tuple[str, ...]


def unmatched(store: Store, output: str) -> Unmatched:
    """Compare the ledgers of an output's register with its books and packages; only bodies that have cases.

    Raises:
        InputError: a book or a ledger cannot be read.
    """
    register = store.join(output, "register")
    found = [fold_events(journal.read()[0]) for journal in journals(store, register)]
    bodies = [body for body in found if body.cases]
    known = {
        (entry.body, entry.release_id): entry.product_people
        for book in books(store, register)
        for entry in book.entries
        if entry.release_id is not None
    }
    handed = {
        folder_name(case): (case, of.package)
        for body in bodies
        for case, of in body.cases.items()
        if of.package is not None
    }
    packages = store.folders(store.join(output, PACKAGES)) if bodies else []
    return Unmatched(
        cases=tuple(case for body in bodies for case in _without_release(body, known)),
        releases=tuple(release for body in bodies for release in _without_case(body, known)),
        packages=tuple(sorted(set(packages) - set(handed))),
        unlike={
            case: how
            for folder, (case, digest) in handed.items()
            if (how := _unlike(store, output, folder, digest, there=folder in packages))
        },
        people=tuple(case for body in bodies for case in _of_other_people(body, known)),
    )


def _unlike(store: Store, output: str, folder: str, digest: str, *, there: bool) -> str | None:
    return unlike_package(store, store.join(output, PACKAGES, folder), digest) if there else "removed"


def _of_other_people(body: Body, known: Mapping[tuple[str, str], int | None]) -> Iterator[str]:
    for name, case in body.cases.items():
        entered = known.get((body.name, case.release or ""))
        if case.product is not None and entered not in {None, case.product.people}:
            yield name


def _without_release(body: Body, known: Collection[tuple[str, str]]) -> Iterator[str]:
    for name, case in body.cases.items():
        if case.package is not None and (body.name, case.release) not in known:
            yield name


def _without_case(body: Body, known: Collection[tuple[str, str]]) -> Iterator[str]:
    of_cases = {case.release for case in body.cases.values()}
    yield from sorted(release for name, release in known if name == body.name and release not in of_cases)
