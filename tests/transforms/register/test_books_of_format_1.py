"""Books of format 1, which held several bodies, are read, grown and parted."""

from __future__ import annotations

import pytest
from support.books import SCHOOLS, WATER, D, format_1, states
from support.registers import assert_agree, told
from support.stores import MemoryStore

from tokumei.schemas.register import body_folder
from tokumei.transforms.register.books import (
    add_entry,
    books,
    differences,
    enter_file,
    repair,
)


def test_a_book_of_format_1_is_read_and_grown(entry, held, parse):
    store = MemoryStore()
    store.files["reg/book.json"] = (format_1(entry("r1"), entry("r2", name="別のファイル")), "old")
    add_entry(store, "reg", entry("r1"))
    assert store.files["reg/book.json"][1] == "old" and differences(store, "reg") == []
    enter_file(store, "reg", held(department="産業局"))
    assert b"tokumei-register-2" in store.read("reg/book.json")[0]
    assert states(store) == [
        (1, 1, "superseded", "r1", D),
        (1, 2, "current", "r1", "産業局"),
        (2, 1, "current", "r2", D),
    ]
    assert_agree(*reversed(told(store, "reg")), parse)


@pytest.mark.parametrize("how", ["add", "repair"])
def test_a_book_of_format_1_with_several_bodies_is_parted(entry, parse, how):
    store = MemoryStore()
    old = [
        entry("r1"),
        entry("r2", body=SCHOOLS),
        entry("r3", name="児童名簿", body=SCHOOLS),
        entry("r4", body=WATER),
    ]
    store.files["reg/book.json"] = (format_1(*old), "old")
    assert [len(book.entries) for book in books(store, "reg")] == [1, 2, 1]
    assert differences(store, "reg") == ["reg/book.json"]
    repair(store, "reg") if how == "repair" else add_entry(
        store, "reg", entry("r3", name="児童名簿", body=SCHOOLS)
    )
    assert [[e.release_id for e in book.entries] for book in books(store, "reg")] == [
        ["r1"],
        ["r2", "r3"],
        ["r4"],
    ]
    assert differences(store, "reg") == []
    for place in ("reg", f"reg/{body_folder(SCHOOLS)}", f"reg/{body_folder(WATER)}"):
        assert_agree(*reversed(told(store, place)), parse)


def test_two_that_part_an_old_book_at_once_keep_what_came_between(entry):
    """The slower one comes with the old entries after the other's book below has grown."""

    class Overtaken(MemoryStore):
        overtaken = False

        def replace(self, uri, data, expected_version):
            if not self.overtaken:
                self.overtaken = True
                add_entry(self, "reg", entry("r9", name="児童名簿", body=SCHOOLS))
            super().replace(uri, data, expected_version)

    store = Overtaken()
    store.files["reg/book.json"] = (format_1(entry("r1"), entry("r2", body=SCHOOLS)), "old")
    add_entry(store, "reg", entry("r3", name="別のファイル"))
    assert [[e.release_id for e in book.entries] for book in books(store, "reg")] == [
        ["r1", "r3"],
        ["r2", "r9"],
    ]
    assert differences(store, "reg") == []
