"""The store on local files and on an emulator of Cloud Storage: one contract, tested on both."""

from __future__ import annotations

import errno
import fcntl
import io
import os
import tempfile
import threading
import time
from pathlib import Path

import pytest

from tokumei.schemas.errors import InputError
from tokumei.schemas.splits import SourceFile
from tokumei.transforms.storage import gcs
from tokumei.transforms.storage.base import ConflictError, LocalStore, open_store
from tokumei.transforms.storage.durable import written_beside
from tokumei.transforms.storage.gcs import GcsStore


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


def test_local_directories_and_permissions_are_refused(tmp_path):
    store = LocalStore()
    (tmp_path / "sub.csv").mkdir()
    for uri in (tmp_path, tmp_path / "*.csv"):
        with pytest.raises(InputError, match=r"store\.directory"):
            store.glob(str(uri))
    with pytest.raises(InputError, match=r"store\.directory"):
        store.read(str(tmp_path))
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InputError, match=r"store\.missing"):
        store.read(str(tmp_path / "file" / "below"))


def test_local_permissions_are_refused(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    file = LocalStore().stat(str(tmp_path / "file"))

    def deny(*_, **__):
        raise PermissionError  # root may read everything, so the refusal is simulated

    monkeypatch.setattr(Path, "open", deny)
    with pytest.raises(InputError, match=r"store\.permission"):
        LocalStore().open_input(file)


def test_a_device_that_fails_while_an_input_is_read(tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"12345")

    class Failing(io.FileIO):
        def readinto(self, buffer):
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "open", lambda path, *_, **__: Failing(path))
    with (
        LocalStore().open_input(LocalStore().stat(str(tmp_path / "file"))) as source,
        pytest.raises(InputError, match=r"store\.failed.*Input/output error"),
    ):
        source.read()


def test_every_name_on_the_way_is_durable_before_the_file_has_its_own(tmp_path, monkeypatch):
    """A power cut must not take away what a manifest lists: not the data, nor a folder above them."""
    done, sync, link = [], os.fsync, os.link
    monkeypatch.setattr(
        os, "fsync", lambda fd: (done.append(os.readlink(f"/proc/self/fd/{fd}")), sync(fd))[1]
    )
    monkeypatch.setattr(os, "link", lambda a, b: (done.append(str(b)), link(a, b))[1])
    folders = [tmp_path / "out", tmp_path / "out" / "x", tmp_path / "out" / "x" / "y"]
    uri = str(folders[-1] / "part")
    LocalStore().create(uri, b"1")
    above = [str(tmp_path), *map(str, folders[:-1])]
    at = [done.index(folder) for folder in above]
    written = next(i for i, name in enumerate(done) if Path(name).name.startswith(".part."))
    assert at == sorted(at) and at[-1] < written < done.index(uri) and done[-1] == str(folders[-1])
    done.clear()
    LocalStore().create(uri + "2", b"1")
    assert [Path(name).name[:6] for name in done] == [".part2", "part2", "y"]


def test_folders_of_a_killed_run_are_made_durable_by_the_next(tmp_path, monkeypatch):
    (tmp_path / "out" / "x").mkdir(parents=True)  # and whoever made them did not come to syncing them
    done, sync = [], os.fsync
    monkeypatch.setattr(
        os, "fsync", lambda fd: (done.append(os.readlink(f"/proc/self/fd/{fd}")), sync(fd))[1]
    )
    LocalStore().create(str(tmp_path / "out" / "x" / "part"), b"1")
    assert {str(tmp_path), str(tmp_path / "out"), str(tmp_path / "out" / "x")} <= set(done)


@pytest.mark.parametrize("code", [errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_file_system_without_hard_links_is_named(tmp_path, monkeypatch, code):
    monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(OSError(code, "no")))
    with pytest.raises(InputError, match=r"store\.links.*hard links"):
        LocalStore().create(str(tmp_path / "a"), b"x")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_removed_while_a_write_begins_is_made_again(tmp_path, monkeypatch):
    """Another run removes folders that are empty; this one was just about to write into it."""
    real, tries = tempfile.mkstemp, []

    def pruned(**where):
        tries.append(where)
        if len(tries) == 1:
            LocalStore().prune(str(tmp_path / "out"))
        return real(**where)

    monkeypatch.setattr(tempfile, "mkstemp", pruned)
    LocalStore().create(str(tmp_path / "out" / "x" / "part"), b"1")
    assert len(tries) == 2 and (tmp_path / "out" / "x" / "part").read_bytes() == b"1"


def test_a_temporary_file_taken_for_abandoned_before_it_was_locked(tmp_path, monkeypatch):
    real, taken = fcntl.flock, []

    def late(file, how):
        if how == fcntl.LOCK_EX and not taken:
            taken.extend(tmp_path.iterdir())
            assert LocalStore().delete_abandoned(str(taken[0]))
        return real(file, how)

    monkeypatch.setattr(fcntl, "flock", late)
    LocalStore().create(str(tmp_path / "part"), b"1")
    assert taken[0].name.startswith(".part.")
    assert [path.name for path in tmp_path.iterdir()] == ["part"]


def test_a_write_that_goes_on_is_not_abandoned(tmp_path):
    with written_beside(tmp_path / "part", b"1") as temporary:
        assert not LocalStore().delete_abandoned(str(temporary)) and temporary.exists()
    assert LocalStore().delete_abandoned(str(temporary))


def test_a_file_where_a_folder_should_be(tmp_path):
    (tmp_path / "x").touch()
    for uri in (tmp_path / "x" / "part", tmp_path / "x" / "y" / "part"):
        with pytest.raises(InputError, match=r"store\.missing"):
            LocalStore().create(str(uri), b"1")


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


def test_a_failed_local_create_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "disk full")))
    with pytest.raises(InputError, match="disk full"):
        LocalStore().create(str(tmp_path / "a"), b"x")
    assert list(tmp_path.iterdir()) == []


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


def test_open_store_by_scheme(tmp_path):
    assert isinstance(open_store(str(tmp_path)), LocalStore)
    assert isinstance(open_store("gs://bucket/x"), GcsStore)
    with pytest.raises(InputError, match=r"store\.scheme"):
        open_store("s3://bucket/x")


def test_a_folder_that_may_not_be_read_is_not_taken_for_empty(tmp_path, monkeypatch):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.csv").write_text("id")
    real = os.listdir

    def listdir(folder):
        if str(folder).endswith("b"):
            raise PermissionError
        return real(folder)

    monkeypatch.setattr(os, "listdir", listdir)
    store = LocalStore()
    assert [f.uri for f in store.glob(str(tmp_path / "a" / "*.csv"))] == [str(tmp_path / "a" / "x.csv")]
    with pytest.raises(InputError) as raised:
        store.glob(str(tmp_path / "*" / "x.csv"))
    assert raised.value.code == "store.permission"


def test_a_file_that_cannot_be_looked_at_is_not_taken_for_missing(tmp_path, monkeypatch):
    (tmp_path / "x.csv").write_text("id")
    real = os.lstat

    def lstat(path, **options):
        if str(path).endswith("x.csv"):
            raise OSError(errno.EIO, "broken")
        return real(path, **options)

    monkeypatch.setattr(os, "lstat", lstat)
    with pytest.raises(InputError) as raised:
        LocalStore().glob(str(tmp_path / "*.csv"))
    assert raised.value.code == "store.failed"
