"""Progress is for terminals: shown there, silent elsewhere."""

import os
import pty
import subprocess
import sys
from pathlib import Path

from helpers import DATA

TOKUMEI = str(Path(sys.executable).with_name("tokumei"))
POLICY = str(DATA / "jdss_100knocks" / "policy.yaml")


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


def test_help_is_fast_because_it_imports_nothing_heavy():
    code = "import sys; from pipelines.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
    code += (
        "print([m for m in ('apache_beam', 'polars', 'pyarrow', 'pydantic', 'faker') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip().endswith("[]")
