"""Flink in particular: the work is shared, and what is killed in the middle leaves one whole release."""

import os
import re
import signal
import threading
import time
from pathlib import Path

from one_job import anonymize, check_same, write_input

SUBTASKS = 4  # a task manager of the cluster has 4 slots: one can take over what both did


def options(state):
    args = [a for a in state["options"] if not a.startswith("--parallelism=")]
    return [*args, f"--parallelism={SUBTASKS}"]


def log_of(state, name):
    return (Path(state["run"]) / "logs" / f"{name}.log").read_text("utf-8", "replace")


def anonymize_and_break(folder, state, act):
    """Run the job and call ``act`` once parts are being written, long before the manifest."""
    write_input(folder)
    acted = []

    def watch():
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            if any((folder / "out").rglob("part-*")):
                acted.append(act())
                return
            time.sleep(0.01)

    watcher = threading.Thread(target=watch)
    watcher.start()
    done = anonymize(folder, options(state))
    watcher.join()
    assert acted
    return done


def test_both_task_managers_read_records(cluster, tmp_path, expected):
    module, state = cluster
    write_input(tmp_path)
    done = anonymize(tmp_path, options(state))
    assert done.status == 0, done.err
    check_same(done, expected)
    (job,) = module.overview(state, "/jobs")["jobs"]
    vertices = module.overview(state, f"/jobs/{job['id']}")["vertices"]
    shares = []
    for vertex in vertices:
        if vertex["parallelism"] == SUBTASKS:
            managers = module.overview(state, f"/jobs/{job['id']}/vertices/{vertex['id']}/taskmanagers")
            shares.append([m["metrics"]["read-records"] for m in managers["taskmanagers"]])
            print(vertex["name"][:60], shares[-1])
    assert any(len(share) == 2 and min(share) > 0 for share in shares), shares


def test_a_killed_python_worker(cluster, tmp_path, expected):
    _, state = cluster

    def kill():
        pids = re.findall(r"started as process (\d+)", log_of(state, "workers"))
        os.kill(int(pids[-1]), signal.SIGKILL)

    before = log_of(state, "job-manager").count("to RESTARTING")
    done = anonymize_and_break(tmp_path, state, kill)
    assert log_of(state, "job-manager").count("to RESTARTING") > before
    assert done.status == 0, done.err
    check_same(done, expected)


def test_a_killed_task_manager(cluster, tmp_path, expected):
    """Its intermediate results are lost with it, perhaps the key of the run too.

    Each lost result costs one attempt. Where the key was lost another is drawn, and what was made with the
    first one may still be there: such a mixture is refused, and nothing is left of it.
    """
    _, state = cluster
    before = log_of(state, "job-manager").count("to RESTARTING")
    pid = state["pids"]["task-manager-1"]
    done = anonymize_and_break(tmp_path, state, lambda: os.kill(pid, signal.SIGKILL))
    assert log_of(state, "job-manager").count("to RESTARTING") > before
    if done.status == 4:
        assert "different keys" in done.err, done.err
        assert not list(done.root.rglob("manifest.json")) and not list(done.root.rglob("part-*"))
        done = anonymize(tmp_path, options(state))
    assert done.status == 0, done.err
    check_same(done, expected)
