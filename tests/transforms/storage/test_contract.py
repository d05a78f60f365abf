"""The store on local files and on an emulator of Cloud Storage: one contract, tested on both."""

from __future__ import annotations

import os
import threading
import time

import pytest

from tokumei.schemas.errors import InputError
from tokumei.transforms.storage.base import ConflictError
from tokumei.transforms.storage.gcs import GcsStore
from tokumei.transforms.storage.local import LocalStore
from tokumei.transforms.storage.places import open_store


@pytest.fixture(params=["local", "gcs"])
def place(request, tmp_path):
    """A store with a base URI."""
    if request.param == "local":
        return LocalStore(), str(tmp_path)
    return GcsStore(), f"{request.getfixturevalue('bucket').uri}/dir"


def test_create_is_exclusive(place):
    store, base = place
    uri = store.join(base, "sub", "a.json")
    assert not store.exists(uri)
    store.create(uri, b"one")
    with pytest.raises(FileExistsError):
        store.create(uri, b"two")
    assert store.exists(uri)
    assert store.read(uri)[0] == b"one"
    store.delete(uri)
    store.delete(uri)
    assert not store.exists(uri)


def test_input_is_seekable_and_as_it_was_planned(place):
    store, base = place
    uri = store.join(base, "x", "y", "part.bin")
    data = bytes(range(256)) * 12_345
    store.create(uri, data)
    planned = store.stat(uri)
    with store.open_input(planned) as source:
        source.seek(2)
        assert source.read(3) == data[2:5]
        assert source.seek(-3, os.SEEK_END) == len(data) - 3 and source.read() == data[-3:]
        source.seek(1_000)
        assert source.read(2 << 20) == data[1_000 : 1_000 + (2 << 20)]
        source.seek(0)
        assert source.read() == data and source.read(1) == b""
    store.replace(uri, data[::-1], store.read(uri)[1])
    with pytest.raises(InputError, match=r"input\.changed"), store.open_input(planned) as source:
        source.read()


def test_replace_compares_and_swaps(place):
    store, base = place
    uri = store.join(base, "book.json")
    store.replace(uri, b"1", None)
    with pytest.raises(ConflictError):
        store.replace(uri, b"x", None)
    data, version = store.read(uri)
    store.replace(uri, data + b"2", version)
    with pytest.raises(ConflictError):
        store.replace(uri, data + b"3", version)
    assert store.read(uri)[0] == b"12"
    latest = store.read(uri)[1]
    store.delete(uri)
    with pytest.raises(ConflictError):
        store.replace(uri, b"4", latest)
    assert not store.exists(uri)


def test_glob_and_stat(place):
    store, base = place
    for name in ("b.csv", "a.csv", "c.txt", ".hidden.csv", "sub/d.csv", "e[1].csv"):
        store.create(store.join(base, name), name.encode())
    found = store.glob(store.join(base, "*.csv"))
    assert [f.uri for f in found] == [store.join(base, n) for n in ("a.csv", "b.csv", "e[1].csv")]
    assert [f.size for f in found] == [5, 5, 8]
    assert [f.uri for f in store.glob(store.join(base, "*", "?.csv"))] == [store.join(base, "sub", "d.csv")]
    assert [f.uri for f in store.glob(store.join(base, "[ab].csv"))] == [f.uri for f in found[:2]]
    assert store.glob(store.join(base, "e[1].csv")) == [found[2]] == [store.stat(found[2].uri)]
    assert store.glob(store.join(base, "nothing*")) == store.glob(store.join(base, "none.csv")) == []
    with pytest.raises(InputError, match=r"store\.missing"):
        store.stat(store.join(base, "none.csv"))
    with pytest.raises(InputError, match=r"store\.missing"):
        store.read(store.join(base, "none.csv"))


def test_versions_change_with_the_content(place):
    store, base = place
    uri = store.join(base, "a.csv")
    store.create(uri, b"1")
    before, token = store.stat(uri), store.read(uri)[1]
    store.replace(uri, b"2", token)
    if isinstance(store, LocalStore):
        os.utime(uri, ns=(0, int(before.version) + 10**6))  # the clock's ticks may be coarser than this test
    assert store.stat(uri).version != before.version
    assert store.read(uri)[1] != token


def test_when_a_file_was_written_and_that_it_is_there(place):
    store, base = place
    uri = store.join(base, "a.csv")
    store.create(uri, b"1")
    assert abs(store.written_at(uri) - time.time()) < 120
    with pytest.raises(InputError, match=r"store\.missing"):
        store.written_at(store.join(base, "none.csv"))


def test_walk_and_folders(place):
    store, base = place
    names = ["a", "b/c", "b/d/e", ".f"]
    for name in names:
        store.create(store.join(base, name), name.encode())
    found = store.walk(base)
    assert [(f.uri, f.size) for f in found] == sorted((store.join(base, n), len(n)) for n in names)
    assert all(abs(f.modified - time.time()) < 60 for f in found)
    assert [f.uri for f in store.walk(store.join(base, "b"))] == [
        store.join(base, n) for n in ("b/c", "b/d/e")
    ]
    assert (store.folders(base), store.folders(store.join(base, "b"))) == (["b"], ["d"])
    assert store.walk(store.join(base, "none")) == store.folders(store.join(base, "none")) == []


def test_concurrent_swaps_lose_nothing(place):
    store, base = place
    uri = store.join(base, "count")
    store.create(uri, b"0")

    def add():
        for _ in range(10):
            while True:
                data, version = store.read(uri)
                try:
                    store.replace(uri, b"%d" % (int(data) + 1), version)
                    break
                except ConflictError:
                    continue

    threads = [threading.Thread(target=add) for _ in range(4)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert store.read(uri)[0] == b"40"


def test_one_of_many_creators_wins(place):
    store, base = place
    uri, won = store.join(base, "manifest"), []

    def create(i):
        try:
            store.create(uri, b"%d" % i)
            won.append(i)
        except FileExistsError:
            pass

    threads = [threading.Thread(target=create, args=(i,)) for i in range(8)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert len(won) == 1
    assert store.read(uri)[0] == b"%d" % won[0]


def test_open_store_by_scheme(tmp_path):
    assert isinstance(open_store(str(tmp_path)), LocalStore)
    assert isinstance(open_store("gs://bucket/x"), GcsStore)
    with pytest.raises(InputError, match=r"store\.scheme"):
        open_store("s3://bucket/x")
