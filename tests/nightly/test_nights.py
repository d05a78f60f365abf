"""Thirty nights on a real Airflow: the same table as by cron, and what Airflow does at each exit status."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from support.helpers import policy_of
from support.nights import CANARY, COLUMNS, NIGHTS, PARTS, releases_of, releases_told

from tokumei.pipelines.cli import main

pytestmark = pytest.mark.timeout(3000)  # all nights are played in one fixture: six minutes and more
TESTS = Path(__file__).parents[1]
DEPLOY = TESTS.parent / "deploy" / "airflow"
TRIED_AGAIN = {"input.incomplete"}  # of what happens in these nights, what time may cure
# Stands where Airflow expects the command: it dies by a kill once, if a file says so.
DYING = """#!{python}
import os, signal, sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from support.nights import kill_halfway
kill, real = Path({folder!r}, "kill"), [{command!r}, *sys.argv[1:]]
if kill.exists():
    kill.unlink()
    kill_halfway(real, Path({folder!r}, "out"))
    os.kill(os.getpid(), signal.SIGKILL)
os.execv(real[0], real)
"""


def set_up(folder):
    """Put policy, command, DAG and its settings into a folder; the option --date is the shipped one."""
    (folder / "dags").mkdir()
    (folder / "policy.yaml").write_text(json.dumps(policy_of(COLUMNS, **PARTS)))
    command = str(Path(sys.executable).with_name("tokumei"))
    text = DYING.format(python=sys.executable, tests=str(TESTS), folder=str(folder), command=command)
    (folder / "command").write_text(text)
    (folder / "command").chmod(0o755)
    shutil.copy(DEPLOY / "tokumei_nightly.py", folder / "dags")
    shipped = (DEPLOY / "tokumei_nightly.yaml").read_text()
    options = yaml.safe_load(next(line for line in shipped.splitlines() if "--date" in line).strip(" #"))
    job = {"policy": f"{folder}/policy.yaml", "output": f"{folder}/out", **options}
    settings = {
        "schedule": yaml.safe_load(shipped)["schedule"],
        "command": str(folder / "command"),
        "alert": ["sh", "-c", f"cat >> {folder}/alerts"],
        "policies": {"members": job},
    }
    (folder / "dags" / "tokumei_nightly.yaml").write_text(json.dumps(settings))


@pytest.fixture(scope="module")
def played(nightly_python, tmp_path_factory):
    """Every night played: the folder, what became of each call, and Airflow's log."""
    folder = tmp_path_factory.mktemp("nights")
    set_up(folder)
    environment = {k: v for k, v in os.environ.items() if "AIRFLOW" not in k} | {
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW__CORE__DAGS_FOLDER": f"{folder}/dags",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__FERNET_KEY": "c2VjcmV0LW9mLWFpcmZsb3ctMTIzNDU2Nzg5MDEyMzQ=",
        "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
        "PYTHONPATH": str(TESTS),
    }
    migrate = [nightly_python, "-m", "airflow", "db", "migrate"]
    subprocess.run(migrate, check=True, capture_output=True, env=environment, timeout=300)
    probe = [nightly_python, Path(__file__).with_name("nights_probe.py"), folder]
    done = subprocess.run(probe, check=False, capture_output=True, text=True, env=environment, timeout=2700)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
    return folder, json.loads(done.stdout.splitlines()[-1]), done.stdout + done.stderr


def test_every_call_comes_to_what_the_table_says(played):
    _, told, _ = played
    assert told["told"] == [
        [
            day,
            call.happens,
            [[word, 2 if word in TRIED_AGAIN or "killed" in call.happens else 1] for word in call.says],
        ]
        for day, night in NIGHTS.items()
        for call in night.calls
    ]


def test_releases_and_register_are_those_of_the_table(played, capsys):
    folder, _, _ = played
    assert releases_of(folder) == releases_told()
    assert main(["verify", str(folder / "out")]) == 0
    assert main(["register", "check", str(folder / "out")]) == 0
    assert capsys.readouterr().out.count(": whole") == sum(
        (people is not None) + withdrawn for people, withdrawn in releases_told().values()
    )


def test_every_failure_is_told_once_and_no_value_anywhere(played):
    folder, told, log = played
    said = [word for night in NIGHTS.values() for call in night.calls for word in call.says]
    alerts = (folder / "alerts").read_text()
    assert len(alerts.splitlines()) == len([word for word in said if "." in word]) and told["xcoms"] == 0
    logs = [p.read_text(errors="replace") for p in (folder / "logs").rglob("*") if p.is_file()]
    assert not [text for text in [log, alerts, *logs] if CANARY in text]
