"""Hostile surroundings: links, special files, places that cannot be written, formulas, and what may be read."""

import csv
import json
import os
import re
import resource
import socket
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.helpers import policy_of
from support.refusals import nothing_released, refused

from tokumei.pipelines.cli import main
from tokumei.schemas.errors import TokumeiError
from tokumei.transforms.engine.combine import MergeAll
from tokumei.transforms.engine.guard import guarded, guarded_steps
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.planning.plan import Plan
from tokumei.transforms.values.formulas import inert, neutralized

ROOT = Path(__file__).parents[2]
KEEP = {"keep": True, "because": "試験"}
ONE = {"a": KEEP}
DATA = {"data.csv": "a\n1\n1\n2\n2\n"}


@pytest.fixture
def special(tmp_path, monkeypatch):
    """Things with a name that are no files."""
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
    (tmp_path / "gone.csv").symlink_to(tmp_path / "nothing.csv")
    (tmp_path / "zero.csv").symlink_to("/dev/zero")
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("socket.csv")
        yield


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("pipe.csv", "store.special"),
        ("socket.csv", "store.special"),
        ("zero.csv", "store.special"),
        ("loop.csv", "store.failed"),
        ("gone.csv", "store.missing"),
        ("pi*.csv", "store.special"),
        ("g*.csv", "store.missing"),
        ("/proc/self/environ", "input.empty"),
        ("/dev/fd/0", "store.special"),
    ],
)
def test_an_input_that_is_no_file(run, special, path, code):
    refused(run, policy_of(ONE, path=path), {}, code, path if "*" not in path else ".csv")


@pytest.mark.parametrize("path", ["pipe.csv", "zero.csv", "/dev/zero", "."])
def test_a_hierarchy_that_is_no_file(run, special, path):
    step = {"criterion": 5, "method": "generalize", "hierarchy": {"kind": "file", "path": path}}
    done = run(policy_of({"a": {"treat": [step]}}), DATA)
    assert done.status == 2 and ", not a file" in done.err


def test_a_hierarchy_without_end(run, monkeypatch):
    from tokumei.transforms.storage import policy_folder

    monkeypatch.setattr(policy_folder, "MAX_FILE_BYTES", 100)
    step = {"criterion": 5, "method": "generalize", "hierarchy": {"kind": "file", "path": "h.csv"}}
    done = run(policy_of({"a": {"treat": [step]}}), {**DATA, "h.csv": "1;x\n" * 26})
    assert done.status == 2 and "more than 0 MiB" in done.err


def test_links_to_files_are_followed_and_named_as_given(run, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "real.csv").write_text(DATA["data.csv"])
    (tmp_path / "data.csv").symlink_to("elsewhere/real.csv")
    assert len(run(policy_of(ONE)).rows()) == 4
    assert run(policy_of(ONE, path="elsewhere/../data.csv"), output="other").status == 0


@pytest.mark.parametrize("path", ["out/releases/*/data/t/*.csv", "link/*/data/t/*.csv"])
def test_a_release_is_not_read_into_its_own_output(run, tmp_path, path):
    """A glob that reaches into the output would publish what it published again and again."""
    csv_out = {"output": {"format": "csv"}}
    assert run(policy_of(ONE, **csv_out), DATA).status == 0
    (tmp_path / "link").symlink_to(tmp_path / "out" / "releases")
    policy = policy_of(ONE, path=path, **csv_out)
    done = run(policy)
    assert done.status == 3 and "[input.released]" in done.err and len(done.releases) == 1
    assert run(policy, output="other").status == 0


def test_the_folder_of_the_input_may_be_the_output(run):
    for told, files in (("released", DATA), ("already released", {})):
        done = run(policy_of(ONE, path="*.csv", output={"format": "csv"}), files, output=".")
        assert done.status == 0 and done.out.startswith(told)


def test_parts_are_not_written_through_a_link_that_takes_their_place(run, tmp_path):
    done = run(policy_of(ONE), DATA, args=["--release-id", "x"])
    (stale := done.release / "data" / "t" / "part-dead-1.parquet").symlink_to(tmp_path / "data.csv")
    (done.release / "report.html").unlink()
    (done.release / "report.html").symlink_to(tmp_path / "victim")
    (tmp_path / "victim").write_text("not ours")
    again = run(policy_of(ONE), args=["--release-id", "x"])
    assert again.status == 0, again.err
    assert (tmp_path / "data.csv").read_text() == DATA["data.csv"]
    assert (tmp_path / "victim").read_text() == "not ours" and stale.is_symlink()  # which no manifest lists
    assert not (done.release / "report.html").is_symlink()


@pytest.mark.parametrize("name", ["../x", "a/b", ".", "..", "-x", "x" * 65, "é", "a\n", ""])
def test_a_release_id_is_a_name_and_nothing_else(run, name):
    done = run(policy_of(ONE), DATA, args=[f"--release-id={name}"])
    assert done.status == 2 and "[usage.release_id]" in done.err and not done.root.exists()


# A user who may not: root would be let through.


@pytest.fixture
def nobody(monkeypatch):
    """A directory of the user nobody, who this process is for the time of the test."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        (work := Path(folder, "work")).mkdir()
        root = os.geteuid() == 0
        if root:
            os.chown(work, 65534, 65534)
            os.seteuid(65534)
        yield work
        if root:
            os.seteuid(0)
        work.chmod(0o755)


def start(work, capsys, output="out", **files):
    for name, text in {"data.csv": DATA["data.csv"], **files}.items():
        (work / name).write_text(text)
    (work / "policy.yaml").write_text(json.dumps(policy_of(ONE)))
    capsys.readouterr()
    status = main(["anonymize", str(work / "policy.yaml"), "--output", str(work / output)])
    return status, capsys.readouterr().err


@pytest.fixture
def no_pass(monkeypatch):
    """No record may be read."""
    from tokumei.transforms.stages import anonymize

    monkeypatch.setattr(anonymize, "build", lambda *_: pytest.fail("the work has begun"))


def test_an_output_that_cannot_be_written_is_found_before_the_work(nobody, no_pass, capsys):
    (nobody / "out").mkdir(mode=0o500)
    status, err = start(nobody, capsys)
    assert status == 3 and "[store.permission]" in err and str(nobody) in err
    assert not list((nobody / "out").iterdir())


def test_an_output_that_is_a_file_is_found_before_the_work(run, no_pass, tmp_path):
    for place in ("file", "file/below"):
        done = run(policy_of(ONE), {**DATA, "file": "mine"}, output=place)
        assert done.status == 3 and "[store." in done.err
    assert (tmp_path / "file").read_text() == "mine"


def test_an_input_that_cannot_be_read(nobody, capsys):
    (nobody / "data.csv").write_text(DATA["data.csv"])
    (nobody / "policy.yaml").write_text(json.dumps(policy_of(ONE)))
    (nobody / "data.csv").chmod(0)
    status = main(["anonymize", str(nobody / "policy.yaml"), "--output", str(nobody / "out")])
    assert status == 3 and "[store.permission]" in capsys.readouterr().err
    assert not (nobody / "out").exists()


def test_nothing_of_the_check_stays(run):
    columns = {"a": {"treat": [{"criterion": 5, "method": "generalize", "hierarchy": {"kind": "suppress"}}]}}
    done = run(policy_of(columns, k=5), DATA)
    assert done.status == 4
    nothing_released(done)
    done = run(policy_of(ONE))
    assert done.status == 0 and not list(done.root.rglob(".manifest*"))


@pytest.mark.parametrize("mask", [0o022, 0o027, 0o077])
def test_files_have_the_modes_that_the_umask_says(run, mask):
    before = os.umask(mask)
    try:
        done = run(policy_of(ONE), DATA)
    finally:
        os.umask(before)
    assert done.status == 0
    files = [p for p in done.root.rglob("*") if p.is_file() and ".lock" not in p.name]
    private = [p for p in files if (done.root / "register" / "private") in p.parents]
    assert {stat.S_IMODE(p.stat().st_mode) for p in files if p not in private} == {0o666 & ~mask}
    assert {stat.S_IMODE(p.stat().st_mode) for p in private} == {0o600}


def test_a_file_is_private_until_it_is_whole(run, monkeypatch):
    from tokumei.transforms.storage import durable

    seen, real = [], os.fsync

    def look(descriptor):
        found = os.fstat(descriptor)
        if stat.S_ISREG(found.st_mode):
            seen.append((stat.S_IMODE(found.st_mode), found.st_size))
        real(descriptor)

    chmods, real_chmod = [], os.fchmod
    monkeypatch.setattr(durable.os, "fsync", look)
    monkeypatch.setattr(durable.os, "fchmod", lambda d, m: chmods.append(os.fstat(d)) or real_chmod(d, m))
    assert run(policy_of(ONE), DATA).status == 0
    assert seen and all(stat.S_IMODE(f.st_mode) == 0o600 and f.st_size for f in chmods)


def test_a_disk_that_is_full_in_earnest(tmp_path):
    """The kernel refuses to write more than 2 KiB into any file, as it would on a full disk."""
    (tmp_path / "data.csv").write_text("a\n" + "".join(f"{i}\n{i}\n" for i in range(20_000)))
    (tmp_path / "policy.yaml").write_text(json.dumps(policy_of(ONE)))
    command = [sys.executable, "-m", "tokumei.pipelines.cli", "anonymize", "policy.yaml", "--output", "out"]
    done = subprocess.run(
        command, check=False, cwd=tmp_path, capture_output=True, text=True, timeout=120,
        # no bytecode, which would be cut off too, and then be read by all that come after
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048)),
    )  # fmt: skip
    assert done.returncode == 3 and "[store.failed]" in done.stderr, done.stderr
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == ["data.csv", "policy.yaml"]


# What the terminal and the file system take for text.


def test_names_that_are_no_text(run, tmp_path, capsys):
    done = run(policy_of(ONE), DATA, output="out\udcff")
    assert done.status == 2 and "[usage.output]" in done.err
    os.rename(tmp_path / "data.csv", os.fsencode(tmp_path) + b"/data\xff.csv")
    done = run(policy_of(ONE, path="*.csv"))
    assert done.status == 3 and "[input.name]" in done.err
    (tmp_path / "policy\udcff.yaml").write_text(json.dumps(policy_of(ONE)))
    assert main(["check", str(tmp_path / "policy\udcff.yaml")]) == 3


def test_a_terminal_that_knows_no_japanese(tmp_path):
    (tmp_path / "data.csv").write_text(DATA["data.csv"])
    (tmp_path / "policy.yaml").write_text(json.dumps(policy_of(ONE)))
    command = [sys.executable, "-m", "tokumei.pipelines.cli", "anonymize", "policy.yaml", "--output", "出力"]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        command, check=False, cwd=tmp_path, capture_output=True, text=True, timeout=120, env=env
    )
    assert done.returncode == 0, done.stderr
    assert "\\u51fa\\u529b" in done.stdout


# Text that is odd, but text.


def test_odd_characters_are_read_as_they_are_or_rejected(run):
    """NUL is no text; a byte order mark begins another file; of mixed encodings the declared one counts."""
    lines = b"a\n" + b"x\n" * 30 + "\ufeffx\n\ufeffx\n".encode() + b"n\0l\n" + "匿名\n".encode("cp932")
    done = run(policy_of(ONE, rejects={"limit": 4}), {"data.csv": lines})
    assert done.status == 0, done.err
    assert [row["a"] for row in done.rows()] == ["x"] * 30
    told = {r["reason"]: r["records"] for r in done.report["rejects"]}
    assert told == {"undecodable": 1, "undecodable_cp932": 1, "byte_order_mark": 2}


def test_a_thousand_columns(run):
    names = [f"c{i:04d}" for i in range(1000)]
    files = {"data.csv": f"{','.join(names)}\n" + f"{','.join(names).upper()}\n" * 3}
    done = run(policy_of({name: {"drop": True, "because": "x"} for name in names} | {"c0007": KEEP}), files)
    assert done.status == 0 and done.rows() == [{"c0007": "C0007"}] * 3


def test_a_file_from_the_past_or_the_future(run, tmp_path):
    run(policy_of(ONE), DATA, job="check")
    for when in (-86_400, 2**33):
        os.utime(tmp_path / "data.csv", (when, when))
        assert run(policy_of(ONE)).status == 0


# Formulas.

RISKY = ["=1+1", "+cmd|x", "-2+3", "@SUM(A1)", "\tx", "\rx", "\nx", "＝1", "＋1", "－1", "＠x"]
RISKY += [
    "  =1+1",
    "\u3000=1",
    "\u3000\u3000＝1",
    "\xa0+cmd",
    " \t@x",
    "\u200b=1",
    "\ufeff-x",
    "\x0b=1",
    "−1+2",
    "﹦1",
]
HARMLESS = [
    "x=1",
    "-5",
    "+5",
    "-1.5e3",
    "",
    "'",
    "090-1234",
    ".5",
    "東京都",
    "  -5",
    "  東京都",
    "\u3000",
    "(=1)",
    "ー1",
]


def test_formulas_are_neutralized_on_request(run):
    rows = "".join(f'-1,"{text}"\n' * 2 for text in [*RISKY, *HARMLESS])
    columns = {"n": {"type": "integer", **KEEP}, "a": KEEP}
    source = {"path": "data.csv", "format": "csv", "null_values": []}
    for wanted in (False, True):
        policy = policy_of(columns, source=source, output={"format": "csv", "neutralize_formulas": wanted})
        done = run(policy, {"data.csv": "n,a\n" + rows}, output=f"out{wanted}")
        assert done.status == 0, done.err
        (part,) = done.release.rglob("part-*.csv")
        with part.open(newline="", encoding="utf-8") as file:
            cells = [tuple(row) for row in csv.reader(file)][1:]
        mark = "'" if wanted else ""
        assert set(cells) == {("-1", mark + t) for t in RISKY} | {("-1", t) for t in HARMLESS}


@given(text=st.text(max_size=8) | st.text(" \u3000\t\r\n\xa0\u200b=+-@＝'5x", max_size=6))
def test_the_register_takes_the_same_for_formulas(text):
    """A register's cells are read by people: there numbers and apostrophes are marked as well."""
    (released,) = neutralized(pa.table({"s": [text]}))["s"].to_pylist()
    number = re.fullmatch(r" *[+-](\d+\.?\d*|\.\d+)(e[+-]?\d+)?", text, re.ASCII | re.IGNORECASE)
    assert inert(text) == (f"'{text}" if text.startswith("'") or number else released)


def test_formulas_of_other_types_and_nulls_stay():
    table = pa.table({"s": ["=1", None, "-1"], "n": [-1, None, 2], "=h": ["x", "y", "z"]})
    found = neutralized(table)
    assert found.to_pydict() == {"s": ["'=1", None, "-1"], "n": [-1, None, 2], "=h": ["x", "y", "z"]}
    assert found.schema == table.schema


def test_formulas_belong_to_csv(run):
    done = run(policy_of(ONE, output={"format": "parquet", "neutralize_formulas": True}), DATA)
    assert done.status == 2 and "[output.neutralize_formulas]" in done.err


# Errors of libraries.


class Panic(BaseException):
    """As libraries in Rust raise it."""


def test_panics_lose_their_text_and_interrupts_pass():
    def fail(error):
        raise error

    def drive(error):
        yield fail(error)

    merged = MergeAll(lambda parts: fail(parts[0])).extract_output
    for call in (guarded(fail), lambda e: list(guarded_steps(drive)(e)), lambda e: merged([e])):
        with pytest.raises(TokumeiError) as caught:
            call(Panic("CANARY"))
        assert "Panic" in caught.value.what and "CANARY" not in str(caught.value)
    for kind in (KeyboardInterrupt, SystemExit):
        with pytest.raises(kind):
            guarded(fail)(kind())


def test_a_panic_of_the_launcher_is_not_quoted(run, monkeypatch):
    from tokumei.transforms.planning import prepare

    monkeypatch.setattr(prepare, "check_files", lambda *_: (_ for _ in ()).throw(Panic("CANARY")))
    done = run(policy_of(ONE), DATA)
    assert done.status == 1 and "unexpected Panic" in done.err and "CANARY" not in done.err


def test_a_crash_leaves_no_core_dump(run):
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    run(policy_of(ONE), DATA, job="check")
    assert resource.getrlimit(resource.RLIMIT_CORE) == (0, before[1])


def test_the_key_shows_itself_nowhere():
    secret = bytes(range(32))
    key = RunKey(secret)
    shown = [
        repr(key),
        str(key),
        f"{key}",
        f"{key!a}",
        repr([key]),
        repr(key.__reduce__()[0]),
        key.fingerprint,
    ]
    assert not [text for text in shown if secret.hex() in text or repr(secret)[2:20] in text]
    with pytest.raises(TypeError):
        vars(key)
    assert "key" not in Plan.__dataclass_fields__
