"""Books that are written by several at once, or by one who is killed: nothing is lost."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.books import CITY, GONE, SCHOOLS, WATER, format_1
from support.registers import assert_agree, told
from support.stores import MemoryStore

from tokumei.schemas.register import body_folder
from tokumei.transforms.register.books import (
    add_entry,
    books,
    differences,
    enter_file,
    erase_entry,
    repair,
)
from tokumei.transforms.storage.local import LocalStore


class Killed(BaseException):
    """The process is gone."""


class Mortal(MemoryStore):
    """Dies before the write with a given number, and never after."""

    def __init__(self, files, dies_at):
        super().__init__()
        self.files, self.left = dict(files), dies_at

    def replace(self, uri, data, expected_version):
        if self.left == 0:
            raise Killed
        self.left -= 1
        super().replace(uri, data, expected_version)


def before(entry, held, old):
    """Files of a register of two bodies, or of a book of format 1 that still holds both."""
    store = MemoryStore()
    if old:
        store.files["reg/book.json"] = (format_1(entry("r1"), entry("r2", body=SCHOOLS)), "old")
    else:
        add_entry(store, "reg", entry("r1"))
        add_entry(store, "reg", entry("r2", body=SCHOOLS))
    return store.files


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("mended", ["again", "other", "repair"])
@pytest.mark.parametrize("action", ["add", "new body", "correct", "erase"])
def test_killed_at_any_write_everything_is_mended_by_the_next(entry, held, parse, action, mended, old):
    actions = {
        "add": lambda store: add_entry(store, "reg", entry("r9", body=SCHOOLS)),
        "new body": lambda store: enter_file(store, "reg", held("水道使用者ファイル", body=WATER)),
        "correct": lambda store: enter_file(store, "reg", held(department="産業局")),
        "erase": lambda store: erase_entry(store, "reg", entry("r2", body=SCHOOLS).entry_id, GONE),
    }
    menders = {
        "again": actions[action],
        "other": lambda store: [
            add_entry(store, "reg", entry("r7", name="町会名簿", body=body))
            for body in (CITY, SCHOOLS, WATER)
        ],
        "repair": lambda store: repair(store, "reg"),
    }
    files = before(entry, held, old)
    whole = Mortal(files, -1)
    actions[action](whole)
    for n in range(whole.writes):
        store = Mortal(files, n)
        with pytest.raises(Killed):
            actions[action](store)
        assert {e.release_id for book in books(store, "reg") for e in book.entries} >= {"r1", "r2"}
        store.left = -1
        menders[mended](store)
        assert differences(store, "reg") == []
        for book in books(store, "reg"):
            place = "reg" if book.bodies == (CITY,) else f"reg/{body_folder(book.bodies[0])}"
            assert_agree(*reversed(told(store, place)), parse)
        if mended == "again":
            assert {uri: data for uri, (data, _) in store.files.items()} == {
                uri: data for uri, (data, _) in whole.files.items()
            }


@pytest.mark.parametrize("kind", ["memory", "local"])
def test_entering_erasing_and_releasing_at_once_loses_nothing(entry, held, parse, kind, tmp_path):
    """Two bodies, each with a dozen writers: releases, corrections of one shared file, erasures."""
    store, directory = (
        (MemoryStore(), "reg") if kind == "memory" else (LocalStore(), str(tmp_path / "register"))
    )
    bodies = (CITY, SCHOOLS)
    work = []
    for body in bodies:
        for i in range(4):
            work.append(
                lambda b=body, i=i: add_entry(
                    store, directory, entry(f"{b}-{i}", name=f"ファイル{i}", body=b)
                )
            )
            work.append(
                lambda b=body, i=i: enter_file(store, directory, held("共有", body=b, department=f"{i}課"))
            )
            work.append(lambda b=body, i=i: enter_file(store, directory, held(f"台帳{i}", body=b)))
    for body in bodies:  # something to erase meanwhile
        for i in range(3):
            enter_file(store, directory, held(f"廃止{i}", body=body))
            work.append(
                lambda b=body, i=i: erase_entry(store, directory, held(f"廃止{i}", body=b).entry_id, GONE)
            )
    gate = threading.Barrier(len(work))

    def start(one):
        gate.wait()
        one()

    with ThreadPoolExecutor(len(work)) as pool:
        list(pool.map(start, work))
    assert [book.bodies for book in books(store, directory)] == [(body,) for body in bodies]
    for body, book in zip(bodies, books(store, directory), strict=True):
        by_name = {}
        for e in book.entries:
            by_name.setdefault(e.name, []).append(e)
        assert set(by_name) == {f"{kind}{i}" for kind in ("ファイル", "台帳") for i in range(4)} | {
            "共有"
        } | {f"廃止{i}" for i in range(3)}
        assert sorted(e.department for e in by_name["共有"]) == [f"{i}課" for i in range(4)]
        assert all(by_name[f"廃止{i}"][-1].status == "erased" for i in range(3))
        assert [by_name[f"ファイル{i}"][-1].release_id for i in range(4)] == [f"{body}-{i}" for i in range(4)]
        assert sorted({e.number for e in book.entries}) == list(range(1, 13))
        place = directory if body == CITY else store.join(directory, body_folder(body))
        assert_agree(*reversed(told(store, place)), parse)
    assert differences(store, directory) == []


def test_two_bodies_that_come_first_at_once_get_a_book_each(entry):
    """Both find no register; the slower one, whose book another has begun, begins its own below."""

    class Overtaken(MemoryStore):
        overtaken = False

        def replace(self, uri, data, expected_version):
            if not self.overtaken:
                self.overtaken = True
                add_entry(self, "reg", entry("r2", body=SCHOOLS))
            super().replace(uri, data, expected_version)

    store = Overtaken()
    add_entry(store, "reg", entry("r1"))
    assert [book.bodies for book in books(store, "reg")] == [(SCHOOLS,), (CITY,)]
    assert [len(book.entries) for book in books(store, "reg")] == [1, 1]
    assert differences(store, "reg") == []
