"""The store on local files, and on Cloud Storage against a fake client that keeps generations."""

from __future__ import annotations

import io
import os
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from google.api_core import exceptions as api

from schemas.errors import InputError
from transforms.gcs import GcsStore
from transforms.store import ConflictError, LocalStore, open_store


class FakeBlob:
    """What the store uses of google.cloud.storage.Blob, with the preconditions enforced."""

    def __init__(self, bucket, name):
        self.bucket, self.name, self.generation = bucket, name, None

    @property
    def _objects(self):
        if self.bucket.name == "missing":
            raise api.NotFound("no bucket")
        if self.bucket.name == "secret":
            raise api.Forbidden("himitsu")
        return self.bucket.objects

    @property
    def size(self):
        return len(self._objects[self.name][0])

    def upload_from_string(self, data, content_type, if_generation_match):
        if self._objects.get(self.name, (b"", 0))[1] != if_generation_match:
            raise api.PreconditionFailed("412")
        self.bucket.clock[0] += 1
        self._objects[self.name] = (data, self.bucket.clock[0])

    def download_as_bytes(self):
        return self._objects[self.name][0]

    def delete(self):
        if self._objects.pop(self.name, None) is None:
            raise api.NotFound("gone")

    def open(self, mode, if_generation_match=None, **_):
        if mode == "rb":
            return io.BytesIO(self.download_as_bytes())
        blob = self

        class Writer(io.BytesIO):
            def close(self):
                if not self.closed:
                    blob.upload_from_string(self.getvalue(), "", if_generation_match)
                super().close()

            def terminate(self):
                super().close()

        return Writer()


class FakeBucket(SimpleNamespace):
    def blob(self, name):
        return FakeBlob(self, name)

    def get_blob(self, name):
        blob = FakeBlob(self, name)
        try:
            blob.generation = blob._objects[name][1]
        except (KeyError, api.NotFound):
            return None
        return blob

    def list_blobs(self, prefix):
        for name in FakeBlob(self, "")._objects:
            if name.startswith(prefix):
                yield self.get_blob(name)


class FakeClient:
    def __init__(self):
        self.buckets = {}

    def bucket(self, name):
        return self.buckets.setdefault(name, FakeBucket(name=name, objects={}, clock=[1000]))


@pytest.fixture(params=["local", "gcs"])
def place(request, tmp_path):
    """A store with a base URI."""
    return (
        (LocalStore(), str(tmp_path)) if request.param == "local" else (GcsStore(FakeClient()), "gs://b/dir")
    )


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


def test_output_is_exclusive_and_makes_directories(place):
    store, base = place
    uri = store.join(base, "x", "y", "part.bin")
    with store.open_output(uri) as out:
        out.write(b"123")
        out.write(b"45")
    with store.open_input(uri) as source:
        source.seek(2)
        assert source.read() == b"345"
    with pytest.raises(FileExistsError), store.open_output(uri) as out:
        out.write(b"other")
    assert store.read(uri)[0] == b"12345"


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
        store.open_input(store.join(base, "none.csv"))


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


def test_local_directories_and_permissions_are_refused(tmp_path):
    store = LocalStore()
    (tmp_path / "sub.csv").mkdir()
    for uri in (tmp_path, tmp_path / "*.csv"):
        with pytest.raises(InputError, match=r"store\.directory"):
            store.glob(str(uri))
    with pytest.raises(InputError, match=r"store\.directory"):
        store.open_input(str(tmp_path))
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InputError, match=r"store\.missing"):
        store.open_input(str(tmp_path / "file" / "below"))


def test_local_permissions_are_refused(tmp_path, monkeypatch):
    (tmp_path / "file").touch()

    def deny(*_):
        raise PermissionError  # root may read everything, so the refusal is simulated

    monkeypatch.setattr(Path, "open", deny)
    with pytest.raises(InputError, match=r"store\.permission"):
        LocalStore().open_input(str(tmp_path / "file"))


def test_a_failed_local_create_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "disk full")))
    with pytest.raises(InputError, match="disk full"):
        LocalStore().create(str(tmp_path / "a"), b"x")
    assert list(tmp_path.iterdir()) == []


def test_concurrent_swaps_lose_nothing(tmp_path):
    store, uri = LocalStore(), str(tmp_path / "count")
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


def test_one_of_many_creators_wins(tmp_path):
    store, uri, won = LocalStore(), str(tmp_path / "manifest"), []

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


def test_gcs_output_given_up_publishes_nothing():
    store = GcsStore(FakeClient())
    with pytest.raises(ZeroDivisionError), store.open_output("gs://b/x") as out:
        out.write(b"half")
        raise ZeroDivisionError
    assert not store.exists("gs://b/x")


@pytest.mark.parametrize(("bucket", "code"), [("missing", "missing"), ("secret", "permission")])
def test_gcs_refusals_are_input_errors(bucket, code):
    store = GcsStore(FakeClient())
    attempts = [
        lambda: store.glob(f"gs://{bucket}/*.csv"),
        lambda: store.stat(f"gs://{bucket}/a"),
        lambda: store.read(f"gs://{bucket}/a"),
        lambda: store.open_input(f"gs://{bucket}/a"),
        lambda: store.create(f"gs://{bucket}/a", b"x"),
        lambda: store.replace(f"gs://{bucket}/a", b"x", None),
        lambda: store.open_output(f"gs://{bucket}/a").close(),
    ]
    for attempt in attempts:
        with pytest.raises(InputError) as caught:
            attempt()
        assert caught.value.code == f"store.{code}"
        assert "himitsu" not in str(caught.value)


def test_open_store_by_scheme(tmp_path):
    assert isinstance(open_store(str(tmp_path)), LocalStore)
    assert isinstance(open_store("gs://bucket/x"), GcsStore)
    with pytest.raises(InputError, match=r"store\.scheme"):
        open_store("s3://bucket/x")
