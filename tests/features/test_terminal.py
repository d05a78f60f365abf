"""Progress is for terminals: shown there; elsewhere a line now and then, of runs that are long."""

import os
import pty
import subprocess
import sys
import threading
import time
from pathlib import Path

from support.helpers import EXAMPLE

from tokumei.pipelines.launcher import terminal
from tokumei.pipelines.launcher.terminal import describe, quiet
from tokumei.transforms.engine import progress

TOKUMEI = str(Path(sys.executable).with_name("tokumei"))
POLICY = str(EXAMPLE / "policy.yaml")


def test_a_terminal_sees_records_by_stage(tmp_path):
    master, slave = pty.openpty()
    with subprocess.Popen(
        [TOKUMEI, "anonymize", POLICY, "--output", str(tmp_path)], stdout=subprocess.DEVNULL, stderr=slave
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
    text = shown.decode()
    assert "starting" in text and "written: 21,629 records" in text


def test_a_pipe_sees_nothing_but_the_result(tmp_path):
    done = subprocess.run(
        [TOKUMEI, "anonymize", POLICY, "--output", str(tmp_path)], check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("released 21,629 records of 21,629 people")


def test_a_log_of_a_long_run_hears_how_far_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr(terminal, "EVERY", 0.01)
    path = tmp_path / "log"
    with path.open("w") as log:
        monkeypatch.setattr(sys, "stderr", log)
        with terminal.Progress(), quiet():
            progress.note_node(0.25)
            while "lowest cost so far 0.25" not in path.read_text():
                time.sleep(0.01)
    assert path.read_text().startswith("0 s: search of levels: 1 combinations")


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
    (shown,) = (describe(stage, n, progress.best_cost()) for stage, n in progress.seen().items())
    assert shown == "search of levels: 3 combinations, lowest cost so far 0.25"
    assert describe("search", 1200, None) == "search of levels: 1,200 combinations, none feasible yet"
    assert describe("count", 1200, 0.25) == "pass 2 classes: 1,200 records"
    progress.reset()
    assert progress.seen() == {} and progress.best_cost() is None


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
