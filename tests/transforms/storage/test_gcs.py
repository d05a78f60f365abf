"""The store of gs:// URIs against an emulator whose answers fail, or are lost."""

from __future__ import annotations

import os

import pytest

from tokumei.schemas.errors import InputError
from tokumei.schemas.splits import SourceFile
from tokumei.transforms.storage import gcs
from tokumei.transforms.storage.base import ConflictError
from tokumei.transforms.storage.gcs import GcsStore


def every_call(store, uri):
    """What the store can be asked about one object, by the kind of request that is made first."""
    file = SourceFile(uri, 5, "1")
    return {
        "list": lambda: store.glob(f"{uri}*.csv"),
        "stat": lambda: store.stat(uri),
        "download": lambda: store.read(uri),
        "create": lambda: store.create(uri, b"12345"),
        "exists": lambda: store.exists(uri),
        "open": lambda: store.open_input(file).read(),
        "replace": lambda: store.replace(uri, b"12345", None),
    }


def test_a_missing_bucket_is_not_taken_for_an_empty_one(bucket):
    for call in every_call(GcsStore(), f"{bucket.uri}x/a").values():
        with pytest.raises(InputError) as caught:
            call()
        assert caught.value.code in {"store.missing", "input.changed"} and "bucket" in str(caught.value.where)
    with pytest.raises(InputError, match=r"store\.missing"):
        GcsStore().exists("gs:///a")


def test_a_folder_is_not_a_file(bucket):
    bucket.put("dir/a.csv", "1")
    for uri in (bucket.uri, f"{bucket.uri}/", f"{bucket.uri}/dir", f"{bucket.uri}/dir/"):
        with pytest.raises(InputError, match=r"store\.directory"):
            GcsStore().glob(uri)


@pytest.mark.parametrize(
    ("status", "code", "fix"),
    [
        ("403", "store.permission", "storage.objects."),
        ("401", "store.credentials", "gcloud"),
        ("400", "store.failed", "name"),
        ("503", "store.unavailable", "network"),
        ("reset", "store.unavailable", "network"),
    ],
)
def test_refusals_are_input_errors_and_quote_nothing(bucket, monkeypatch, status, code, fix):
    monkeypatch.setattr(gcs, "_RETRY", gcs._RETRY.with_timeout(0.2))
    kinds = ("list", "stat", "download", "create", "delete")
    for kind in kinds:
        bucket.proxy.fault(kind, status, times=1000)
    calls = every_call(GcsStore(), f"{bucket.uri}/a") | {
        "delete": lambda: GcsStore().delete(f"{bucket.uri}/a")
    }
    for call in calls.values():
        with pytest.raises(InputError) as caught:
            call()
        assert (caught.value.code, caught.value.where) == (
            code,
            f"{bucket.uri}/a",
        ) or "*" in caught.value.where
        assert fix in caught.value.fix and "HIMITSU" not in str(caught.value)


@pytest.mark.parametrize("action", ["503", "429", "408", "500", "reset", "truncated", "lost", "done-reset"])
def test_every_request_is_repeated_until_it_succeeds_once(bucket, action):
    """After ``lost`` the server has done it: the second try meets our own object, and that is success."""
    store, uri = GcsStore(), f"{bucket.uri}/a"
    for kind in ("create", "stat", "download", "list", "delete"):
        bucket.proxy.fault(kind, action)
    store.create(uri, b"one")
    assert store.stat(uri).size == 3
    data, version = store.read(uri)
    bucket.proxy.fault("create", action)
    store.replace(uri, data + b"two", version)
    bucket.proxy.fault("download", action)
    with store.open_input(store.stat(uri)) as source:
        assert source.read() == b"onetwo"
    assert [f.uri for f in store.glob(f"{bucket.uri}/*")] == [uri]
    store.delete(uri)
    assert bucket.generations() == {}
    assert all(fault.struck == 1 for fault in bucket.proxy.faults)
    done = action in {"lost", "done-reset", "truncated"}
    assert len(bucket.proxy.statuses("create")) == 4
    assert bucket.proxy.statuses("create").count(412) == (2 if done else 0)


def test_someone_elses_object_is_not_taken_for_ones_own(bucket):
    """The answer is lost, and before the second try another writer has replaced what was written."""
    store, uri = GcsStore(), f"{bucket.uri}/a"
    bucket.proxy.fault("create", "lost")
    bucket.proxy.fault("create", lambda: bucket.put("a", "mine"))
    with pytest.raises(FileExistsError):
        store.create(uri, b"mine")
    version = store.read(uri)[1]
    bucket.proxy.fault("create", "lost")
    bucket.proxy.fault("create", lambda: bucket.put("a", "theirs"))
    with pytest.raises(ConflictError):
        store.replace(uri, b"ours", version)
    assert bucket.get("a") == b"theirs"


@pytest.mark.parametrize("action", ["503", "reset", "lost", "done-reset"])
@pytest.mark.parametrize("kind", ["begin", "chunk"])
def test_a_large_object_is_created_whole_and_once(bucket, kind, action):
    data = os.urandom(9 << 20)  # above 8 MiB an upload has several requests
    bucket.proxy.fault(kind, action)
    GcsStore().create(f"{bucket.uri}/big", data)
    assert bucket.proxy.faults[0].struck == 1 and bucket.get("big") == data
    with pytest.raises(FileExistsError):
        GcsStore().create(f"{bucket.uri}/big", b"x" * (9 << 20))
    assert bucket.get("big") == data


def test_reads_ask_for_what_they_need(bucket):
    """A request for each small read would be slow, and fetching much more than is asked for costly."""
    uri = bucket.put("a", bytes(5 << 20))
    with GcsStore().open_input(GcsStore().stat(uri)) as source:
        for _ in range(1000):
            source.read(100)
        assert len(bucket.proxy.statuses("download")) == 1
        source.seek(1 << 20)
        assert len(source.read(4 << 20)) == 4 << 20
        assert len(bucket.proxy.statuses("download")) == 2
