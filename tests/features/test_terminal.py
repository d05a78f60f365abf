"""Progress is for terminals: shown there; elsewhere a line now and then, of runs that are long."""

import os
import pty
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

from support.helpers import EXAMPLE

from tokumei.pipelines.launcher import watching
from tokumei.pipelines.launcher.following import Expected, Seen, stages_seen
from tokumei.pipelines.launcher.terminal import quiet
from tokumei.pipelines.launcher.voice import Voice
from tokumei.pipelines.launcher.watching import Look, Watching
from tokumei.transforms.engine import progress
from tokumei.transforms.engine.progress import StageCount

TOKUMEI = str(Path(sys.executable).with_name("tokumei"))
POLICY = str(EXAMPLE / "policy.yaml")


def shown_on_a_terminal(out, **environment):
    master, slave = pty.openpty()
    env = {**os.environ, "TERM": "xterm-256color", **environment}
    with subprocess.Popen(
        [TOKUMEI, "anonymize", POLICY, "--output", str(out)], stdout=subprocess.DEVNULL, stderr=slave, env=env
    ) as job:
        os.close(slave)
        shown = b""
        while True:
            try:
                shown += os.read(master, 4096)
            except OSError:  # the terminal is closed
                break
    os.close(master)
    assert job.returncode == 0
    return shown.decode()


def test_a_terminal_sees_a_bar_a_stage_with_its_share(tmp_path):
    text = shown_on_a_terminal(tmp_path)
    assert "starting" in text and "100%" in text and "━" in text
    for stage in ("pass 1 profile: 21,971 records", "pass 3 criteria", "written: 21,629 records"):
        assert stage in text
    assert re.search(r"\x1b\[[0-9;]*3[0-9]", text)  # colours


def test_a_terminal_shows_no_colour_where_none_is_wanted(tmp_path):
    text = shown_on_a_terminal(tmp_path, NO_COLOR="1")
    assert "written: 21,629 records" in text and "━" in text
    assert not re.search(r"\x1b\[[0-9;]*m", text.replace("\x1b[0m", "").replace("\x1b[1m", ""))


def test_a_pipe_sees_nothing_but_the_result(tmp_path):
    done = subprocess.run(
        [TOKUMEI, "anonymize", POLICY, "--output", str(tmp_path)], check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("released 21,629 records of 21,629 people")


def test_a_log_of_a_long_run_hears_how_far_it_is(tmp_path, monkeypatch):
    for name in ("AFTER", "EVERY"):
        monkeypatch.setattr(watching, name, 0.01)
    path = tmp_path / "log"
    with path.open("w") as log:
        monkeypatch.setattr(sys, "stderr", log)
        with Watching(Voice(), Expected()), quiet():
            progress.note_node(0.25)
            while "lowest cost so far 0.25" not in path.read_text():
                time.sleep(0.01)
    lines = path.read_text().splitlines()
    assert any(line.startswith("0 s: search of levels: 1 combinations") for line in lines)


def test_a_job_elsewhere_is_told_of_by_its_engine(tmp_path, monkeypatch):
    """Its workers count in their own processes: the engine's state and counters are what there is."""
    for name in ("AFTER", "EVERY"):
        monkeypatch.setattr(watching, name, 0.01)
    log = tmp_path / "log"
    looks = iter([Look(state="running"), OSError(), Look("running", {"profile_records.a": 30, "x": 1})])
    said = []

    def look():
        found = next(looks, Look("running", {"profile_records.a": 60, "profile_records.b": 5}))
        said.append(found)
        if isinstance(found, Exception):
            raise found
        return found

    with Watching(Voice(log=str(log)), Expected({"a": 100, "b": 10}, {"a": 900, "b": 100}), look):
        while len(said) < 8:
            time.sleep(0.01)
    text = log.read_text()
    assert "0 s: running\n" in text
    assert "0 s: pass 1 profile: 65 records, 59% (running)" in text  # 60 % of nine tenths, half of the rest


def test_a_stage_tells_share_rate_and_time_left():
    counts = {
        "profile": StageCount({"a": 60, "b": 5}, {"a": 0, "b": 50}, 100.0, 104.0),
        "release": StageCount({"a": 15}, {}, 104.0, 106.0),
    }
    expected = Expected({"a": 60}, {"a": 900, "b": 100})  # what b holds is known by its bytes alone
    profile, release = stages_seen(counts, expected, 107.0)
    assert profile.line() == "pass 1 profile: 65 records, 95%, 16 a second, 0 s left"
    assert release.line() == "pass 3 criteria: 15 records, 25%, 5 a second, 9 s left"
    assert release.fields() == {
        "stage": "release", "records": 15, "seconds": 3.0, "percent": 25.0, "rate": 5, "seconds_left": 9,
    }  # fmt: skip
    assert stages_seen(counts, expected, None)[-1].ended() == "pass 3 criteria: 15 records in 2.0 s"
    (alone,) = stages_seen({"profile": counts["profile"]}, Expected(), 107.0)
    assert alone.line() == "pass 1 profile: 65 records, 9 a second"


def test_help_is_fast_because_it_imports_nothing_heavy():
    code = (
        "import sys; from tokumei.pipelines.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
    )
    code += (
        "print([m for m in ('apache_beam', 'polars', 'pyarrow', 'pydantic', 'faker') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip().endswith("[]")


def test_a_long_search_shows_what_it_has_counted_and_found():
    progress.reset()
    for cost in (None, 0.5, 0.25):
        progress.note_node(cost)
    (shown,) = stages_seen(progress.seen(), Expected(), time.monotonic())
    assert shown.line() == "search of levels: 3 combinations, lowest cost so far 0.25"
    nothing = Seen(stage="search", records=1200, seconds=3)
    assert nothing.line() == "search of levels: 1,200 combinations, none feasible yet"
    progress.reset()
    assert progress.seen() == {}


def test_threads_of_an_engine_are_not_heard_after_the_job_either(capsys):
    def traceback():
        print("Traceback (most recent call last): 秘密", file=sys.stderr)

    for still_running in (True, False):
        late = threading.Thread(target=traceback)
        with quiet(engine=True):
            print("noise", file=sys.stderr)
            if still_running:
                late.start()
        if not still_running:
            late.start()
        late.join()
    print("our message", file=sys.stderr)
    assert capsys.readouterr().err == "our message\n"
