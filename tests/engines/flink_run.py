"""A Flink cluster as tests and the benchmark see it: its script, its log, who did what, and breaking it."""

import importlib.util
import os
import re
import signal
import threading
import time
from pathlib import Path

CLUSTER = Path(__file__).parent / "flink" / "cluster.py"
SUBTASKS = 4  # a task manager of the tests' cluster has 4 slots: one can take over what both did


def load_cluster():
    """Return the script that starts a cluster as a module."""
    spec = importlib.util.spec_from_file_location("cluster", CLUSTER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def options(state, parallelism):
    args = [a for a in state["options"] if not a.startswith("--parallelism=")]
    return [*args, f"--parallelism={parallelism}"]


def log_of(state, name):
    return (Path(state["run"]) / "logs" / f"{name}.log").read_text("utf-8", "replace")


def restarts(state):
    """How often tasks were started again so far, in all jobs."""
    return log_of(state, "job-manager").count("to RESTARTING")


def shares(module, state):
    """What each task manager took in of the newest job: by step, the records that Flink handed to it.

    Records are splits where a step reads files. A task manager without a subtask of the step is not listed.
    """
    newest = max(module.overview(state, "/jobs/overview")["jobs"], key=lambda job: job["start-time"])
    found = {}
    for vertex in module.overview(state, f"/jobs/{newest['jid']}")["vertices"]:
        path = f"/jobs/{newest['jid']}/vertices/{vertex['id']}/taskmanagers"
        managers = module.overview(state, path)["taskmanagers"]
        found[vertex["name"]] = {m["taskmanager-id"]: m["metrics"]["read-records"] for m in managers}
    return found


def kill_worker(state):
    """Kill the Python worker that was started last."""
    os.kill(int(re.findall(r"started as process (\d+)", log_of(state, "workers"))[-1]), signal.SIGKILL)


def kill_task_manager(state):
    """Kill the first task manager, with the results that it holds."""
    os.kill(state["pids"]["task-manager-1"], signal.SIGKILL)


def run_and_break(out, run, act):
    """Run a job and act once it writes parts under ``out``, long before its manifest; return what it returns."""
    acted = []

    def watch():
        deadline = time.monotonic() + 240
        while time.monotonic() < deadline:
            if any(out.rglob("part-*")):
                acted.append(act())
                return
            time.sleep(0.01)

    watcher = threading.Thread(target=watch)
    watcher.start()
    done = run()
    watcher.join()
    assert acted
    return done
