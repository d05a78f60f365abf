"""The store of local paths: durable, whole or not at all, and what its file system refuses."""

from __future__ import annotations

import errno
import fcntl
import io
import os
import tempfile
from pathlib import Path

import pytest

from tokumei.schemas.errors import InputError
from tokumei.transforms.storage.durable import written_beside
from tokumei.transforms.storage.local import LocalStore


def test_local_directories_and_permissions_are_refused(tmp_path):
    store = LocalStore()
    (tmp_path / "sub.csv").mkdir()
    for uri in (tmp_path, tmp_path / "*.csv"):
        with pytest.raises(InputError, match=r"store\.directory"):
            store.glob(str(uri))
    with pytest.raises(InputError, match=r"store\.directory"):
        store.read(str(tmp_path))
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InputError, match=r"store\.file"):
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
        with pytest.raises(InputError, match=r"store\.file"):
            LocalStore().create(str(uri), b"1")


def test_a_failed_local_create_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "disk full")))
    with pytest.raises(InputError, match="disk full"):
        LocalStore().create(str(tmp_path / "a"), b"x")
    assert list(tmp_path.iterdir()) == []


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


def test_a_file_where_a_folder_is_needed_is_named(tmp_path):
    (tmp_path / "out").write_text("x")
    store, inside = LocalStore(), str(tmp_path / "out" / "releases" / "r")
    for call in (store.check_writable, store.folders, store.walk, store.read):
        with pytest.raises(InputError) as raised:
            call(inside)
        assert (raised.value.code, raised.value.where) == ("store.file", str(tmp_path / "out")), call
