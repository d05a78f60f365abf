"""The register books (個人情報ファイル簿) of an output directory: changed by compare-and-swap, never lost.

A body has one book for all its files (令21条2項). The body that comes first has its book in the directory
itself; the book of any other stands in a folder below, named in the first, whose page shows the way. So a
book never moves, and what a body enters neither waits for another's book nor stops where that is damaged.

``book.json`` is the authority and holds every version of every entry. The other files show the entries in
force and are derived from it. Each derived file's version is read *before* the book: if its swap succeeds
nobody has written it since, and whoever has changed the book since writes it again afterwards, so the last
writer always shows the newest book. What a killed writer left undone, the next one does.
"""

from __future__ import annotations

import glob as globbing
import random
import time
from collections.abc import Callable, Iterator
from functools import partial

from pydantic import ValidationError

from tokumei.schemas.errors import InputError, PolicyError, TokumeiError
from tokumei.schemas.register import Book, Erasure, RegisterEntry
from tokumei.transforms.register.views import VIEWS, folder_of
from tokumei.transforms.storage.base import ConflictError, Store

ATTEMPTS = 100
_LONGEST_WAIT = 2.0  # seconds; Cloud Storage takes about one write a second of the same object
_BOOK = "book.json"


def add_entry(store: Store, directory: str, entry: RegisterEntry) -> None:
    """Add a release to the register in ``directory``; the same release again changes nothing.

    Raises:
        InputError: book.json is damaged; it is left as it is.
        TokumeiError: others kept writing the book for as long as this was tried.
    """
    _write(store, directory, entry.body, lambda book: book.with_entry(entry))


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


def books(store: Store, directory: str) -> tuple[Book, ...]:
    """Return the book of each body, the one in ``directory`` first; none where there is no register.

    Raises:
        InputError: a book.json is damaged.
    """
    root = _read(store, directory)
    below = (_read(store, store.join(directory, folder_of(body))) for body in root.others)
    return tuple(book for book in (*root.parts().values(), *below) if book.entries)


def check_book(store: Store, directory: str, body: str) -> None:
    """Check that a body's book, if there is one, can be read and so be added to.

    Raises:
        InputError: it cannot.
    """
    if body in _read(store, directory).others:
        _read(store, store.join(directory, folder_of(body)))


def differences(store: Store, directory: str) -> list[str]:
    """Return the files that are not what the books say: missing, left by a killed writer, or changed.

    Raises:
        InputError: a book.json is damaged.
    """
    root = _read(store, directory)
    if len(root.bodies) > 1:
        return [store.join(directory, _BOOK)]
    return [
        uri
        for folder in _folders(store, directory, root)
        for name, view in VIEWS.items()
        if not store.exists(uri := store.join(folder, name))
        or store.read(uri)[0] != view(_read(store, folder))
    ]


def missing_releases(store: Store, output: str) -> list[str]:
    """Return the manifests of an output's releases that no book knows: their runs died before the entry."""
    known = {e.release_id for book in books(store, store.join(output, "register")) for e in book.entries}
    found = store.glob(store.join(globbing.escape(output), "releases", "*", "manifest.json"))
    return [file.uri for file in found if file.uri.split("/")[-2] not in known]


def repair(store: Store, directory: str) -> None:
    """Make every derived file anew from the books, which stay as they are.

    Raises:
        InputError, TokumeiError: as `add_entry`.
    """
    for folder in _folders(store, directory, _parted(store, directory)):
        _derive(store, folder)


def _write(store: Store, directory: str, body: str, change: Callable[[Book], Book]) -> Book:
    """Change a body's book, then derive what follows from it; return the book."""
    _parted(store, directory)

    def at_root(book: Book) -> Book:
        return change(book) if book.bodies in {(), (body,)} else book.beside(body)

    book = _change(store, directory, at_root)
    if book.bodies != (body,):
        folder = store.join(directory, folder_of(body))
        book = _change(store, folder, change)
        _derive(store, folder)
    _derive(store, directory)
    return book


def _parted(store: Store, directory: str) -> Book:
    """Give every body of a book of format 1 a book of its own: first there, then not here any more."""
    root = _read(store, directory)
    parts = root.parts()
    others = root.bodies[1:]
    if not others:
        return root
    for body in others:
        folder = store.join(directory, folder_of(body))
        _change(store, folder, partial(_or_else, parts[body]))
        _derive(store, folder)
    return _change(store, directory, lambda book: book.beside(*others))


def _or_else(part: Book, book: Book) -> Book:
    return book if book.entries else part


def _folders(store: Store, directory: str, root: Book) -> Iterator[str]:
    if root.entries:
        yield directory
    yield from (store.join(directory, folder_of(body)) for body in root.others)


def _change(store: Store, folder: str, change: Callable[[Book], Book]) -> Book:
    """Change the book in a folder by compare-and-swap; return it as it then is."""
    uri, last = store.join(folder, _BOOK), Book()

    def changed(data: bytes | None) -> bytes:
        nonlocal last
        book = Book() if data is None else _parse(uri, data)
        last = change(book)
        return data if data and last is book else (last.model_dump_json(indent=2) + "\n").encode()

    _swap(store, uri, changed)
    return last


def _derive(store: Store, folder: str) -> None:
    for name, view in VIEWS.items():
        _swap(store, store.join(folder, name), partial(_derived, store, folder, view))


def _derived(store: Store, folder: str, view: Callable[[Book], bytes], _: bytes | None) -> bytes:
    return view(_read(store, folder))


def _swap(store: Store, uri: str, change: Callable[[bytes | None], bytes]) -> None:
    """Replace a file by what ``change`` makes of it, again and again until nobody came between."""
    for attempt in range(ATTEMPTS):
        before, version = store.read(uri) if store.exists(uri) else (None, None)
        after = change(before)
        if after == before:
            return
        try:
            store.replace(uri, after, version)
        except ConflictError:
            time.sleep(random.uniform(0, min(_LONGEST_WAIT, 0.005 * 2**attempt)))  # noqa: S311  (not a secret)
        else:
            return
    raise TokumeiError(
        "register.busy",
        where=uri,
        what=f"the register was being written by others {ATTEMPTS} times in a row",
        fix="run the same command again; of a release, only its register entry is missing",
    )


def _read(store: Store, folder: str) -> Book:
    """Return the book in a folder, an empty one where there is none."""
    uri = store.join(folder, _BOOK)
    return _parse(uri, store.read(uri)[0]) if store.exists(uri) else Book()


def _parse(uri: str, data: bytes) -> Book:
    try:
        return Book.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        faults = f"{error.error_count()} faults; first: {place}: {first['type']}"
        raise InputError(
            "register.damaged",
            where=uri,
            what=f"the register book cannot be read ({faults})",
            fix="restore book.json from a backup, then run again",
        ) from None
