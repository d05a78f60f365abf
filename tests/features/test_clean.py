"""`tokumei clean`: removes what killed and beaten runs left, and nothing else."""

import json
import os
import subprocess
import sys
import tempfile
import time

import pytest
from support.helpers import policy_of

from tokumei.pipelines.cli import main
from tokumei.pipelines.launcher.own_process import one_temporary_folder
from tokumei.transforms.release import orphans
from tokumei.transforms.storage.gcs import GcsStore
from tokumei.transforms.storage.local import LocalStore

KEEP = {"keep": True, "because": "試験"}
A, B = "aaaaaaaaaaaa", "bbbbbbbbbbbb"
PART = f"data/t/part-{A}-{1:024x}.parquet"
DAY = 86_400


@pytest.fixture
def place(request, tmp_path, bucket):
    return (LocalStore(), str(tmp_path / "out")) if request.param == "local" else (GcsStore(), bucket.uri)


both = pytest.mark.parametrize("place", ["local", "gcs"], indirect=True)


def manifest(parts, documents=()):
    tables = {"t": {"files": [{"path": path} for path in parts]}}
    content = {"work": "w", "attempt": A, "tables": tables, "documents": dict.fromkeys(documents, "0")}
    return json.dumps({**content, "documents_path": f"documents/{A}-00000000"}).encode()


def put(store, output, *names, data=b"x"):
    for name in names:
        store.create(store.join(output, name), data)


def left(store, output):
    return {file.uri.removeprefix(output).lstrip("/") for file in store.walk(output)}


def cleaned(store, output, *, days=-1, dry_run=False):
    """Clean with everything written so far counting as old."""
    done = orphans.clean(store, output, time.time() - days * DAY, dry_run=dry_run)
    return {uri.removeprefix(output).lstrip("/") for uri in (*done.files, *done.folders)}, done


@both
def test_only_what_attempts_left_goes(place):
    store, output = place
    listed = [f"data/t/part-{B}-{1:024x}.csv", f"documents/{A}-00000000/report.json"]
    orphaned = [PART, f"data/u/part-{B}-{2:024x}.avro", f"documents/{B}-0000000f/notice.md"]
    foreign = [
        "data/t/part-1.parquet",
        "data/t/other.csv",
        f"{PART}.bak",
        "notes.txt",
        "documents/x/report.json",
    ]
    put(store, output, *(f"releases/r/{name}" for name in (*listed, *orphaned, *foreign, "report.json")))
    put(store, output, "releases/r/manifest.json", data=manifest(listed[:1], ["report.json"]))
    put(store, output, f"releases/dead/{PART}", f"releases/kept/{PART}", "releases/kept/report.json")
    put(store, output, "register/book.json", "register/notes.txt", "else/part.txt")
    before = left(store, output)
    gone = {f"releases/r/{name}" for name in orphaned} | {f"releases/{r}/{PART}" for r in ("dead", "kept")}
    would, _ = cleaned(store, output, dry_run=True)
    assert left(store, output) == before
    told, done = cleaned(store, output)
    assert told == would == gone | {"releases/dead"}
    assert left(store, output) == before - gone
    assert done.unknown == len(foreign) + 1 and not done.problems
    assert cleaned(store, output)[0] == set() and store.folders(f"{output}/releases") == ["kept", "r"]


@both
@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[1]", b"\xff", manifest([])[:-9], b"[" * 100_000, b'{"work":1,"attempt":1,"tables":3}'],
)
def test_a_release_with_a_damaged_manifest_is_left_alone_and_named(place, content, capsys):
    store, output = place
    put(store, output, "releases/a/manifest.json", data=content)
    put(store, output, f"releases/a/{PART}", f"releases/b/{PART}")
    told, done = cleaned(store, output)
    assert told == {f"releases/b/{PART}", "releases/b"}
    assert left(store, output) == {"releases/a/manifest.json", f"releases/a/{PART}"}
    assert [(p.code, p.status) for p in done.problems] == [("release.damaged", 3)]
    assert main(["clean", output]) == 3 and "releases/a/manifest.json" in capsys.readouterr().err


@both
def test_what_is_young_stays_and_so_does_what_is_of_the_future(place):
    store, output = place
    put(store, output, f"releases/r/{PART}")
    assert cleaned(store, output, days=1)[0] == set()
    told, done = cleaned(store, output, days=0.5)
    assert (told, done.young) == (set(), 1) and left(store, output) == {f"releases/r/{PART}"}


def aged(path, days):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    os.utime(path, (time.time() - days * DAY,) * 2)


def test_an_attempt_is_as_young_as_its_newest_file(tmp_path):
    """A run of nine days wrote its first parts long ago; it is the last that says that it goes on."""
    out, store = tmp_path / "out", LocalStore()
    for attempt, ages in ((A, (9, 8.5, 0.1)), (B, (9, 8.5, 7.1))):
        for i, age in enumerate(ages):
            aged(out / f"releases/r/data/t/part-{attempt}-{i:024x}.csv", age)
    aged(out / f"releases/r/data/t/.part-{A}-{9:024x}.csv.abcdefgh", 8)
    aged(out / f"releases/f/{PART}", -400)
    told, done = cleaned(store, str(out), days=7)
    assert told == {f"releases/r/data/t/part-{B}-{i:024x}.csv" for i in range(3)} and done.young == 5


def test_temporary_files_of_killed_writes_go_and_those_of_others_stay(tmp_path):
    out, store = tmp_path / "out", LocalStore()
    ours = [f"releases/r/data/t/.part-{A}-{1:024x}.csv.abcd_f12", "releases/r/.manifest.json.abcdefgh"]
    ours += [
        "releases/r/.report.html.00000000",
        "register/.book.json.abcdefgh",
        "register/.index.html.zzzzzzzz",
        "register/0123456789abcdef/.entries.csv.00000000",
    ]
    foreign = ["register/.book.json.lock", "register/.notes.txt.abcdefgh", "releases/r/.hidden"]
    for name in (*ours, *foreign):
        aged(out / name, 30)
    (out / "releases/r/data/t/.part.swp").touch()
    (out / f"releases/r/{PART}").symlink_to(tmp_path / "elsewhere")
    (out / "releases/linked").symlink_to(tmp_path)
    going_on = (out / ours[1]).open("rb")
    import fcntl

    fcntl.flock(going_on, fcntl.LOCK_EX)
    told, _ = cleaned(store, str(out), days=7)
    assert told == {*ours} - {ours[1]}
    going_on.close()
    assert cleaned(store, str(out), days=7)[0] == {ours[1]}
    assert left(store, str(out)) == {*foreign, "releases/r/data/t/.part.swp"}
    assert (out / f"releases/r/{PART}").is_symlink()


def test_after_a_run_nothing_goes_and_a_folder_emptied_goes_too(run, tmp_path, capsys):
    done = run(policy_of({"a": KEEP}), {"data.csv": "a\n1\n2\n3\n"})
    for path in done.root.rglob("*"):
        os.utime(path, (0, 0))
    before = {path: path.read_bytes() for path in done.root.rglob("*") if path.is_file()}
    assert main(["clean", str(done.root)]) == 0
    assert capsys.readouterr().out == "removed 0 file(s) of no release and 0 empty folder(s)\n"
    stale = done.root / "releases" / "dead" / PART
    aged(stale, 8)
    assert main(["clean", str(done.root), "--dry-run"]) == 0 and stale.exists()
    assert "would remove 1 file(s) of no release and 1 empty folder(s)" in capsys.readouterr().out
    assert main(["clean", str(done.root), "--older-than", "9"]) == 0 and stale.exists()
    assert "kept 1 younger than 9 day(s)" in capsys.readouterr().out
    assert main(["clean", str(done.root)]) == 0 and not stale.parents[2].exists()
    assert str(stale) in capsys.readouterr().out
    assert {path: path.read_bytes() for path in done.root.rglob("*") if path.is_file()} == before


def test_temporary_folders_of_killed_runs_go_and_those_of_live_ones_stay(tmp_path, monkeypatch, capsys):
    """A process that holds one is killed; another, and this one, live on."""
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", None)
    (tmp_path / "tmp").mkdir()
    (tmp_path / "out" / "releases").mkdir(parents=True)
    (tmp_path / "tmp" / "tokumei-run-x").symlink_to(tmp_path / "out")
    (tmp_path / "tmp" / "tokumei-abcdefgh").mkdir()  # of an older version, which locks nothing
    code = (
        "import sys, tempfile; from tokumei.pipelines.launcher.own_process import one_temporary_folder\n"
        "with one_temporary_folder(until_exit=False):\n"
        "    open(tempfile.gettempdir() + '/spill', 'w'); print(tempfile.gettempdir(), flush=True); sys.stdin.read()"
    )
    killed, alive = (
        subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    )
    dead, live = (process.stdout.readline().strip() for process in (killed, alive))
    killed.kill()
    killed.wait()
    command = ["clean", str(tmp_path / "out")]
    assert main([*command, "--dry-run"]) == 0 and dead in capsys.readouterr().out
    with one_temporary_folder(until_exit=False):  # a run sweeps, too
        mine = tempfile.gettempdir()
        assert not os.path.exists(dead) and os.path.exists(f"{live}/spill")
        assert main(command) == 0 and "temporary" not in capsys.readouterr().out
        assert os.path.exists(mine)
    alive.kill()
    alive.wait()
    assert main(command) == 0
    told = capsys.readouterr().out.splitlines()
    assert told == [
        f"  {live}",
        "removed 0 file(s) of no release and 0 empty folder(s)",
        "removed 1 temporary folder(s) of killed runs of this user on this machine",
    ]
    assert sorted(os.listdir(tmp_path / "tmp")) == ["tokumei-abcdefgh", "tokumei-run-x"]


@pytest.mark.parametrize("days", ["0", "-1", "1.5", "", "x", "1e3", "99999", "9" * 400, "٣"])
def test_days_are_days(tmp_path, capsys, days):
    assert main(["clean", str(tmp_path), "--older-than", days]) == 2
    assert capsys.readouterr().err.count("error [usage]") == 1


@pytest.mark.parametrize("place", ["nowhere", "empty", "s3://b/x", "gs://"])
def test_there_must_be_something_to_clean(tmp_path, capsys, place):
    (tmp_path / "empty").mkdir()
    output = place if "://" in place else str(tmp_path / place)
    assert main(["clean", output]) == 3
    assert capsys.readouterr().err.startswith("error [")


def test_a_part_that_went_before_the_manifest_stops_the_run(run, monkeypatch):
    """Somebody cleaned up too early: what is not there is not listed."""
    from tokumei.transforms.release import publish

    real = publish._manifest

    def cleaned_meanwhile(plan, *args):
        store = LocalStore()
        (part,) = store.glob(f"{plan.output}/releases/*/data/t/*")
        store.delete(part.uri)
        return real(plan, *args)

    monkeypatch.setattr(publish, "_manifest", cleaned_meanwhile)
    done = run(policy_of({"a": KEEP}), {"data.csv": "a\n1\n2\n3\n"})
    assert done.status == 4 and "verification.parts" in done.err and not done.releases
