"""The register book (個人情報ファイル簿) of an output directory: added to by compare-and-swap, never lost.

``book.json`` is the authority and holds every version of every entry. ``entries.avro``, ``entries.json`` and
``index.html`` show the entries in force (法75条1項, 令21条) and are derived from it. Each derived file's
version is read *before* the book: if its swap succeeds nobody has written it since, and whoever has changed
the book since writes it again afterwards, so the last writer always shows the newest book.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import random
import time
from collections.abc import Callable
from functools import cache, partial
from importlib import resources
from typing import Any, NamedTuple

import fastavro
from pydantic import ValidationError

from schemas.errors import InputError, TokumeiError
from schemas.file_items import Office
from schemas.register import LAWS, Book, RegisterEntry
from transforms.release.templates import day, html, number
from transforms.store import ConflictError, Store

ATTEMPTS = 100
_LONGEST_WAIT = 2.0  # seconds; Cloud Storage takes about one write a second of the same object


class Cell(NamedTuple):
    """One cell of a 単票."""

    caption: str
    text: str


class Sheet(NamedTuple):
    """The 単票 of one file."""

    entry: RegisterEntry
    cells: tuple[Cell, ...]


class Volume(NamedTuple):
    """The part of the page that is one body's book (令21条2項: one book for all files of a body)."""

    title: str
    body: str
    basis: str
    sheets: tuple[Sheet, ...]


def add_entry(store: Store, directory: str, entry: RegisterEntry) -> None:
    """Add a release to the register in ``directory``; the same release again changes nothing.

    Raises:
        InputError: book.json is damaged; it is left as it is.
        TokumeiError: others kept writing the book for as long as this was tried.
    """
    book_uri = store.join(directory, "book.json")

    def added(data: bytes | None) -> bytes:
        book = Book() if data is None else _read_book(book_uri, data)
        grown = book.with_entry(entry)
        return data if data and grown is book else (grown.model_dump_json(indent=2) + "\n").encode()

    _swap(store, book_uri, added)
    for name, derive in _DERIVED.items():
        _swap(store, store.join(directory, name), partial(_derived, store, book_uri, derive))


def check_book(store: Store, directory: str) -> None:
    """Check that the register book, if there is one, can be read and so be added to.

    Raises:
        InputError: it cannot.
    """
    uri = store.join(directory, "book.json")
    if store.exists(uri):
        _read_book(uri, store.read(uri)[0])


def _derived(store: Store, book_uri: str, derive: Callable[[Book], bytes], _: bytes | None) -> bytes:
    return derive(_read_book(book_uri, store.read(book_uri)[0]))


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
        fix="run the same command again; the release is complete and only its register entry is missing",
    )


def _read_book(uri: str, data: bytes) -> Book:
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


def entries_json(book: Book) -> bytes:
    """Return the entries in force as a JSON array."""
    entries = [entry.model_dump(mode="json") for entry in book.current]
    return (json.dumps(entries, ensure_ascii=False, indent=2) + "\n").encode()


def entries_avro(book: Book) -> bytes:
    """Return the entries in force as an Avro file; the same book gives the same bytes."""
    out = io.BytesIO()
    entries = [entry.model_dump() for entry in book.current]
    marker = hashlib.sha256(book.model_dump_json().encode()).digest()[:16]
    fastavro.writer(out, avro_schema(), entries, codec="deflate", sync_marker=marker)
    return out.getvalue()


@cache
def avro_schema() -> Any:
    """Return the Avro schema of an entry."""
    text = resources.files("schemas").joinpath("register_entry.avsc").read_text(encoding="utf-8")
    return fastavro.parse_schema(json.loads(text))


def page(book: Book) -> bytes:
    """Return the entries in force as a readable page, one 単票 a file."""

    def volume_of(entry: RegisterEntry) -> tuple[str, bool]:
        return entry.body, entry.regime == "private"

    groups = itertools.groupby(sorted(book.current, key=volume_of), key=volume_of)
    volumes = [_volume(body, private, tuple(entries)) for (body, private), entries in groups]
    return html().get_template("register.html.j2").render(volumes=volumes).encode()


_DERIVED: dict[str, Callable[[Book], bytes]] = {
    "entries.json": entries_json,
    "entries.avro": entries_avro,
    "index.html": page,
}


def _volume(body: str, private: bool, entries: tuple[RegisterEntry, ...]) -> Volume:
    return Volume(
        title="匿名加工情報　作成・提供の記録" if private else "個人情報ファイル簿",
        body=body,
        basis=(
            "民間事業者には個人情報ファイル簿の作成義務がありません。この記録は、作成した匿名加工情報と"
            "その提供の方法（個人情報の保護に関する法律第43条第3項・第4項）を手元で確かめるためのものです。"
            if private
            else f"{LAWS[entries[-1].regime].act}に基づき、保有する個人情報ファイルについて作成するものです。"
        ),
        sheets=tuple(Sheet(entry, cells_of(entry)) for entry in entries),
    )


def cells_of(entry: RegisterEntry) -> tuple[Cell, ...]:
    """Return the cells of an entry's 単票 in their usual order; a company's has fewer."""
    law = LAWS[entry.regime]
    public = entry.regime != "private"
    outline = f"本人の数：{number(entry.product_people)}人\n情報の項目：{_items(entry)}"
    period = entry.product_period
    rows: list[tuple[bool, str, str | None]] = [
        (True, "個人情報ファイルの名称", entry.name),
        (True, law.body_caption, entry.body),
        (True, "個人情報ファイルが利用に供される事務をつかさどる組織の名称", entry.department),
        (True, "個人情報ファイルの利用目的", entry.purpose),
        (True, "記録項目", entry.record_items),
        (True, "記録範囲", entry.record_scope),
        (True, "記録情報の収集方法", entry.collection),
        (True, "要配慮個人情報が含まれるときは、その旨", "含む" if entry.sensitive else "含まない"),
        (True, "記録情報の経常的提供先", "、".join(entry.recipients) or None),
        (public, "開示請求等を受理する組織の名称及び所在地", _office(entry.request_office)),
        (public, "訂正及び利用停止に関する他の法令による特別の手続等", entry.special_procedure),
        (public, "個人情報ファイルの種別", law.electronic if entry.kind == "electronic" else law.manual),
        (public, law.manual_subset, "有" if entry.manual_subset else "無"),
        (
            entry.regime == "public",
            "条例要配慮個人情報が含まれるときは、その旨",
            "含む" if entry.ordinance_sensitive else None,
        ),
        (
            public,
            f"{law.product}の提案の募集をする個人情報ファイル（{law.call}第1号）",
            "該当" if entry.call_for_proposals else "非該当",
        ),
        (
            public,
            f"{law.product}の提案を受ける組織の名称及び所在地（{law.call}第2号）",
            _office(entry.proposal_office),
        ),
        (True, f"{law.product}の概要" + (f"（{law.outline}第1号）" if public else ""), outline),
        (
            public,
            f"作成された{law.product}に関する提案を受ける組織の名称及び所在地（{law.outline}第2号）",
            _office(entry.product_office),
        ),
        (
            public,
            f"作成された{law.product}に関する提案をすることができる期間（{law.outline}第3号）",
            f"{day(period.start)}から{day(period.end)}まで" if period else None,
        ),
        (True, "提供の方法", entry.how_provided),
        (True, "備考", entry.remarks),
    ]
    return tuple(Cell(caption, text or "―") for shown, caption, text in rows if shown)


def _office(office: Office | None) -> str | None:
    return f"（名称）{office.name}\n（所在地）{office.address}" if office else None


def _items(entry: RegisterEntry) -> str:
    tables = [
        (t.table, "、".join(f"{i}{title}" for i, title in enumerate(t.items, 1))) for t in entry.product_items
    ]
    if len(tables) == 1:
        return tables[0][1]
    return "".join(f"\n【{name}】{items}" for name, items in tables)
