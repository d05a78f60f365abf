"""The register books (個人情報ファイル簿) of an output directory: changed by compare-and-swap, never lost.

A body has one book for all its files (令21条2項). The body that comes first has its book in the directory
itself; the book of any other stands in a folder below, named in the first, whose page shows the way. So a
book never moves, and what a body enters neither waits for another's book nor stops where that is damaged.

Each book is a ledger of its own: ``book.json`` holds every version of every entry, and the other files show
the entries in force.
"""

from __future__ import annotations

import datetime as dt
import glob as globbing
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from tokumei.schemas.errors import InputError, PolicyError
from tokumei.schemas.register import Book, RegisterEntry, body_folder
from tokumei.schemas.register_ends import Erasure, Withdrawal
from tokumei.transforms.register.views import VIEWS, VIEWS_BELOW
from tokumei.transforms.storage.base import Store
from tokumei.transforms.storage.ledger import Ledger, LedgerForm

CLOCKS_APART = dt.timedelta(minutes=5)  # so much the clocks of two machines may differ
REGISTER = LedgerForm(
    name="register",
    book="book.json",
    model=Book,
    views=VIEWS,
    when_busy="run the same command again; of a release, only its register entry is missing",
    when_damaged="restore book.json from a backup, then run again",
    when_of_other_format="run the version of Tokumei that wrote it, or a newer one",
)

_BELOW = replace(REGISTER, views=VIEWS_BELOW)


def add_entry(
    store: Store, directory: str, entry: RegisterEntry, replaced: tuple[Withdrawal, ...] = ()
) -> None:
    """Add a release to the register in ``directory``; the same release again changes nothing.

    Args:
        store: where the register is.
        directory: of the register.
        entry: of the release.
        replaced: releases of the same file that it replaces; one version tells both.

    Raises:
        InputError: book.json is damaged; it is left as it is.
        TokumeiError: others kept writing the book for as long as this was tried.
    """
    _write(store, directory, entry.body, lambda book: book.with_entry(entry, replaced))


def enter_file(store: Store, directory: str, entry: RegisterEntry) -> RegisterEntry:
    """Enter a file that is held, or correct its entry (令21条1項・3項); return the entry in force.

    The same items again change nothing. What has been released of the file stays as it is.

    Raises:
        PolicyError: a company's file has no entry yet; it gets one with its first release.
        InputError, TokumeiError: as `add_entry`.
    """
    if entry.regime == "private" and not any(b.newest(entry.entry_id) for b in books(store, directory)):
        raise PolicyError(
            "register.private",
            where="regime: private",
            what="a company keeps a record of its releases, not a register of its files (法43条・75条)",
            fix="run tokumei anonymize; afterwards its entry can be corrected",
        )
    newest = _write(store, directory, entry.body, lambda b: b.with_file(entry)).newest(entry.entry_id)
    assert newest is not None  # noqa: S101  (it has just been written)
    return newest


def erase_entry(store: Store, directory: str, entry_id: str, erasure: Erasure) -> RegisterEntry:
    """Erase an entry from the register (令21条4項); return its last version, which stays in the book.

    What is erased already stays as it was.

    Raises:
        PolicyError: no book here has such an entry, or a company's would be erased for its size.
        InputError, TokumeiError: as `add_entry`.
    """
    found = [entry for book in books(store, directory) if (entry := book.newest(entry_id))]
    if not found:
        raise PolicyError(
            "register.unknown_entry",
            where="--entry",
            what="no register book of this output has such an entry",
            fix="take the id from tokumei register show",
        )
    if erasure.people is not None and found[0].regime == "private":
        raise PolicyError(
            "register.private",
            where="--people",
            what="the number of people decides about a public body's register only (法74条2項9号)",
            fix="use --no-longer-held",
        )
    newest = _write(store, directory, found[0].body, lambda b: b.without(entry_id, erasure)).newest(entry_id)
    assert newest is not None  # noqa: S101  (entries are never removed)
    return newest


def entry_of_release(store: Store, directory: str, release_id: str) -> RegisterEntry:
    """Return the newest version of the entry of a release's file.

    Raises:
        InputError: no book here knows the release, or a book is damaged.
    """
    for book in books(store, directory):
        if (found := book.of_release(release_id)) is not None:
            return found
    raise InputError(
        "register.unknown_release",
        where=directory,
        what="no register book of this output has an entry of this release",
        fix="take the name from tokumei register show --history; where a run died before it entered its"
        " release, run the same tokumei anonymize again first",
    )


def enter_withdrawal(store: Store, directory: str, withdrawal: Withdrawal, at: str) -> RegisterEntry:
    """Record that a release is no longer in force; return the newest version of its file's entry.

    What the book knows already stays as it was.

    Args:
        store: where the register is.
        directory: of the register.
        withdrawal: of the release.
        at: the moment of the new version, ISO 8601 with offset.

    Raises:
        InputError, TokumeiError: as `add_entry` and `entry_of_release`.
    """
    body = entry_of_release(store, directory, withdrawal.release_id).body
    newest = _write(store, directory, body, lambda b: b.after_withdrawal(withdrawal, at)).of_release(
        withdrawal.release_id
    )
    assert newest is not None  # noqa: S101  (entries are never removed)
    return newest


def books(store: Store, directory: str) -> tuple[Book, ...]:
    """Return the book of each body, the one in ``directory`` first; none where there is no register.

    Raises:
        InputError: a book.json is damaged.
    """
    root = _ledger(store, directory).read()
    below = (_ledger(store, directory, body).read() for body in root.others)
    return tuple(book for book in (*root.parts().values(), *below) if book.entries)


def check_clock(store: Store, directory: str, body: str, now: str) -> None:
    """Check that the clock does not run behind a body's book: entries would be dated before earlier ones.

    Args:
        store: where the register is.
        directory: of the register.
        body: whose book is asked.
        now: the moment that the clock tells, ISO 8601 with offset.

    Raises:
        InputError: the book has a version of more than `CLOCKS_APART` later; or it cannot be read.
    """
    root = _ledger(store, directory)
    book = root.read()
    ledger = _ledger(store, directory, body) if body in book.others else root
    moments = [moment for entry in ledger.read().entries if entry.body == body for moment in _moments(entry)]
    newest = max(moments, default=None)
    if newest is None or dt.datetime.fromisoformat(now) + CLOCKS_APART >= newest:
        return
    raise InputError(
        "register.clock",
        where=ledger.uri,
        what=f"the clock says {now}, but the newest version in the register book is of"
        f" {newest.isoformat(timespec='seconds')}",
        fix="set the clock of this machine right; if it is right, another one ran ahead: correct updated_at"
        " in book.json, then run tokumei register check --repair",
    )


def _moments(entry: RegisterEntry) -> Iterator[dt.datetime]:
    yield dt.datetime.fromisoformat(entry.updated_at)
    if entry.erased is not None:
        yield dt.datetime.fromisoformat(entry.erased.at)


def check_book(store: Store, directory: str, body: str) -> None:
    """Check that a body's book, if there is one, can be read and so be added to.

    Raises:
        InputError: it cannot.
    """
    if body in _ledger(store, directory).read().others:
        _ledger(store, directory, body).read()


def differences(store: Store, directory: str) -> list[str]:
    """Return the files that are not what the books say: missing, left by a killed writer, or changed.

    Raises:
        InputError: a book.json is damaged.
    """
    ledger = _ledger(store, directory)
    root = ledger.read()
    if len(root.bodies) > 1:
        return [ledger.uri]
    return [uri for each in _ledgers(store, directory, root) for uri in each.differences()]


def missing_releases(store: Store, output: str) -> list[str]:
    """Return the manifests of an output's releases that no book knows: their runs died before the entry."""
    known = {e.release_id for book in books(store, store.join(output, "register")) for e in book.entries}
    found = store.glob(store.join(globbing.escape(output), "releases", "*", "manifest.json"))
    return [file.uri for file in found if file.uri.split("/")[-2] not in known]


def lost_releases(store: Store, output: str) -> list[str]:
    """Return the manifests that are not there, although entries in force speak of their releases."""
    current = [entry for book in books(store, store.join(output, "register")) for entry in book.current]
    names = sorted({entry.release_id for entry in current if entry.release_id is not None})
    uris = [store.join(output, "releases", name, "manifest.json") for name in names]
    return [uri for uri in uris if not store.exists(uri)]


def repair(store: Store, directory: str) -> None:
    """Make every derived file anew from the books, which stay as they are.

    Raises:
        InputError, TokumeiError: as `add_entry`.
    """
    for ledger in _ledgers(store, directory, _parted(store, directory)):
        ledger.derive()


def _write(store: Store, directory: str, body: str, change: Callable[[Book], Book]) -> Book:
    """Change a body's book, then derive what follows from it; return the book."""
    _parted(store, directory)

    def at_root(book: Book) -> Book:
        return change(book) if book.bodies in {(), (body,)} else book.beside(body)

    root = _ledger(store, directory)
    book = root.change(at_root)
    if book.bodies != (body,):
        own = _ledger(store, directory, body)
        book = own.change(change)
        own.derive()
    root.derive()
    return book


def _parted(store: Store, directory: str) -> Book:
    """Give every body of a book of format 1 a book of its own: first there, then not here any more."""
    ledger = _ledger(store, directory)
    root = ledger.read()
    parts = root.parts()
    others = root.bodies[1:]
    if not others:
        return root
    for body in others:
        own = _ledger(store, directory, body)
        own.change(partial(_or_else, parts[body]))
        own.derive()
    return ledger.change(lambda book: book.beside(*others))


def _or_else(part: Book, book: Book) -> Book:
    return book if book.entries else part


def _ledgers(store: Store, directory: str, root: Book) -> Iterator[Ledger[Book]]:
    """Yield the ledger of each body, the one in ``directory`` first."""
    if root.entries:
        yield _ledger(store, directory)
    yield from (_ledger(store, directory, body) for body in root.others)


def _ledger(store: Store, directory: str, body: str | None = None) -> Ledger[Book]:
    """Return the ledger in ``directory``, or that of a body which has its own below."""
    if body is None:
        return Ledger(REGISTER, store, directory)
    return Ledger(_BELOW, store, store.join(directory, body_folder(body)))
