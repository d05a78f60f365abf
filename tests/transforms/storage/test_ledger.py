"""Ledgers of any kind: no change is lost, views say what the book says, and errors bear the kind's name."""

from __future__ import annotations

import json
import threading
from typing import Literal

import pytest
from support.stores import MemoryStore

from tokumei.schemas.errors import InputError, TokumeiError
from tokumei.schemas.strict import Strict
from tokumei.transforms.storage import ledger
from tokumei.transforms.storage.base import ConflictError
from tokumei.transforms.storage.ledger import Ledger, LedgerForm


class Calls(Strict):
    format: Literal[2] = 2
    names: tuple[str, ...] = ()

    def with_name(self, name):
        return self if name in self.names else Calls(names=(*self.names, name))


FORM = LedgerForm(
    name="calls",
    book="calls.json",
    model=Calls,
    views={"names.txt": lambda book: " ".join(book.names).encode(), "count": lambda b: b"%d" % len(b.names)},
    when_busy="call again",
    when_damaged="restore it",
    when_of_other_format="use what wrote it",
)


def test_a_ledger_begins_with_its_first_change():
    store = MemoryStore()
    calls = Ledger(FORM, store, "out")
    assert calls.read() == Calls() and store.files == {}
    assert calls.change(lambda book: book.with_name("a")) == calls.read() == Calls(names=("a",))
    assert set(store.files) == {"out/calls.json"} and calls.differences() == ["out/names.txt", "out/count"]
    calls.derive()
    assert {uri.removeprefix("out/") for uri in store.files} == FORM.files and calls.differences() == []


def test_the_same_again_writes_nothing():
    store = MemoryStore()
    calls = Ledger(FORM, store, "out")
    for _ in range(2):
        calls.change(lambda book: book.with_name("a"))
        calls.derive()
    assert store.writes == 3


def test_writers_at_once_lose_nothing():
    store = MemoryStore()

    def add(name):
        calls = Ledger(FORM, store, "out")
        calls.change(lambda book: book.with_name(name))
        calls.derive()

    names = [f"n{i}" for i in range(8)]
    threads = [threading.Thread(target=add, args=(name,)) for name in names]
    [t.start() for t in threads]
    [t.join() for t in threads]
    calls = Ledger(FORM, store, "out")
    assert sorted(calls.read().names) == names and calls.differences() == []


def test_a_damaged_book_is_left_as_it_is():
    store = MemoryStore()
    store.files["out/calls.json"] = (b'{"names": 5}', "x")
    calls = Ledger(FORM, store, "out")
    for call in (calls.read, calls.derive, lambda: calls.change(lambda book: book.with_name("a"))):
        with pytest.raises(InputError, match=r"calls\.damaged") as caught:
            call()
        assert caught.value.where == "out/calls.json" and "names" in caught.value.what
    assert store.files["out/calls.json"] == (b'{"names": 5}', "x")


@pytest.mark.parametrize("written", ["1", "3", '"tokumei-calls-1"'])
def test_a_book_of_another_format_is_not_called_damaged(written):
    """Found by use: what an older version had kept was told to be damaged, and a backup to be restored."""
    store = MemoryStore()
    store.files["out/calls.json"] = (f'{{"format": {written}, "people": 5}}'.encode(), "x")
    with pytest.raises(InputError, match=r"calls\.format") as caught:
        Ledger(FORM, store, "out").read()
    assert f"is of format {json.loads(written)}, which another version" in caught.value.what
    assert "this one writes format 2" in caught.value.what and caught.value.fix == "use what wrote it"


@pytest.mark.parametrize("written", ['"甲野"', "true", "null", "2", "[1]", '{"a": 1}', "12345"])
def test_what_is_no_format_is_damage(written):
    store = MemoryStore()
    store.files["out/calls.json"] = (f'{{"format": {written}, "people": 5}}'.encode(), "x")
    with pytest.raises(InputError, match=r"calls\.damaged"):
        Ledger(FORM, store, "out").read()


def test_endless_conflicts_say_what_to_do(monkeypatch):
    class Busy(MemoryStore):
        def replace(self, uri, data, expected_version):
            raise ConflictError(uri)

    monkeypatch.setattr(ledger, "ATTEMPTS", 2)
    with pytest.raises(TokumeiError, match=r"calls\.busy") as caught:
        Ledger(FORM, Busy(), "out").change(lambda book: book.with_name("a"))
    assert caught.value.fix == "call again"
