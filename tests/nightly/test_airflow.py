"""The DAG in a real Airflow: it is loaded, and its tasks run the real command."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from support.events import event
from support.helpers import policy_of

from tokumei.schemas.body_events import InquiryReceived
from tokumei.transforms.ledger.journal import Reached, journal_of
from tokumei.transforms.storage.local import LocalStore

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy" / "airflow"
CANARY = "qanary"
NAMES = ("good", "wrong", "bad_data", "no_data", "hangs")
REGISTER, PAGES = "tick_city", "public_pages"
TEMPLATES = ("on_dataflow", "not_on_dataflow")
# Stands for Google's client: a job of the first policy is pending, untold, running, then done; of the other it fails.
GCLOUD = """#!/usr/bin/env python3
import json, pathlib, sys
asked = pathlib.Path({folder!r}, "asked")
known = asked.read_text() if asked.exists() else ""
asked.write_text(known + json.dumps(sys.argv[1:]) + "\\n")
states = {{"tokumei-on-dataflow": ["PENDING", "", "RUNNING", "DONE"], "tokumei-not-on-dataflow": ["FAILED"]}}
if sys.argv[2] == "flex-template":
    print(json.dumps({{"job": {{"id": sys.argv[4], "currentStateTime": "1970-01-01T00:00:00Z"}}}}, indent=2))
else:
    name = sys.argv[4]
    looks = known[known.rindex('"run", "' + name):].count('"describe", "' + name + '"')
    state = states[name][looks]
    print(state and "JOB_STATE_" + state)
    sys.exit(not state)
"""
# Another DAG, which runs when a policy has made a new release.
CONSUMER = """
from airflow.sdk import DAG, Asset, BaseOperator
with DAG("consumer", schedule=[Asset("tokumei_good")]):
    BaseOperator(task_id="load")
"""
COLUMNS = {
    "name": {"treat": [{"criterion": 1, "method": "delete"}]},
    "pay": {"type": "integer", "keep": True, "because": "試験"},
}


@dataclass
class Night:
    """What Airflow said: its log, the probe's findings, and what the alert command was given."""

    log: str
    told: dict
    alerts: str
    folder: Path


@pytest.fixture(scope="module")
def night(nightly_python, tmp_path_factory):
    """Two nights of policies: good, wrong, with bad data, with data that is not there, and one that hangs."""
    folder = tmp_path_factory.mktemp("airflow")
    dags = folder / "dags"
    dags.mkdir()
    rows = "".join(f"{CANARY}{i},{i % 3}\n" for i in range(30))
    (folder / "good.csv").write_text("name,pay\n" + rows)
    (folder / "bad.csv").write_text("name,pay\n" + rows + f"x,{CANARY}\n")
    policies = {
        "good": policy_of(COLUMNS, path="good.csv"),
        "wrong": policy_of({**COLUMNS, "more": {}, "most": {}}, path="good.csv"),  # a message of two lines
        "bad_data": policy_of(COLUMNS, path="bad.csv"),
        "no_data": policy_of(COLUMNS, path="later.csv"),
    }
    for name, policy in policies.items():
        (folder / f"{name}.yaml").write_text(json.dumps(policy))
    os.mkfifo(folder / "hangs.yaml")
    alert = ["sh", "-c", f"cat >> {folder}/alerts; env >> {folder}/environment"]
    settings = yaml.safe_load((DEPLOY / "tokumei_nightly.yaml").read_text())
    (shipped,) = settings["policies"].values()
    jobs = {n: {**shipped, "policy": f"{folder}/{n}.yaml", "output": f"{folder}/out"} for n in NAMES}
    given = {"region": "asia-northeast1", "parameters": {"date": "2026-04-01"}, "flags": ["--max-workers=8"]}
    at = {"policy": "gs://policies/p.yaml", "output": "gs://releases/out", "dataflow": given}
    jobs |= dict.fromkeys(TEMPLATES, at)
    (folder / "bin").mkdir()
    (folder / "bin" / "gcloud").write_text(GCLOUD.format(folder=str(folder)))
    (folder / "bin" / "gcloud").chmod(0o755)
    ledger = journal_of(LocalStore(), f"{folder}/out/register", "見本市")
    ledger.append([event(InquiryReceived(by="local", about="制度"), "問1")], Reached())
    settings |= {"registers": {"city": f"{folder}/out"}, "pages": f"{folder}/pages"}
    settings |= {"command": str(Path(sys.executable).with_name("tokumei")), "alert": alert, "policies": jobs}
    misspelt = {"good": {**jobs["good"], "option": ["--runner=DirectRunner"]}}
    for place, policies in ((dags, jobs), (folder / "misspelt", misspelt)):
        place.mkdir(exist_ok=True)
        shutil.copy(DEPLOY / "tokumei_nightly.py", place)
        (place / "tokumei_nightly.yaml").write_text(json.dumps({**settings, "policies": policies}))
    (dags / "consumer.py").write_text(CONSUMER)
    done = airflow(nightly_python, folder)
    (folder / "log").write_text(done.stdout + done.stderr)
    told = json.loads(done.stdout.splitlines()[-1])
    return Night(done.stdout + done.stderr, told, (folder / "alerts").read_text(), folder)


def airflow(python, home):
    environment = {k: v for k, v in os.environ.items() if "AIRFLOW" not in k} | {
        "PATH": f"{home}/bin:{os.environ['PATH']}",
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": f"{home}/dags",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__FERNET_KEY": "c2VjcmV0LW9mLWFpcmZsb3ctMTIzNDU2Nzg5MDEyMzQ=",
        "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
    }
    migrate = [python, "-m", "airflow", "db", "migrate"]
    subprocess.run(migrate, check=True, capture_output=True, env=environment, timeout=200)
    probe = [python, Path(__file__).with_name("airflow_probe.py"), f"{home}/dags", f"{home}/misspelt"]
    done = subprocess.run(probe, check=False, capture_output=True, text=True, env=environment, timeout=400)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
    return done


def test_it_is_loaded_and_has_the_agreed_structure(night):
    assert night.told["errors"] == {} and night.told["dags"] == ["consumer", "tokumei_nightly"]
    structure = night.told["structure"]
    command = str(Path(sys.executable).with_name("tokumei"))
    assert structure.pop("tasks") == {
        name: [
            command,
            "--json",
            "anonymize",
            f"{night.folder}/{name}.yaml",
            "--output",
            f"{night.folder}/out",
        ]
        for name in NAMES
    } | {
        REGISTER: [command, "--json", "tick", f"{night.folder}/out"],
        PAGES: [command, "--json", "statistics", f"{night.folder}/out", "--pages", f"{night.folder}/pages"],
        **{name: launch_of(name) for name in TEMPLATES},
    }
    assert structure == {
        "upstream": [REGISTER],  # of the pages alone: one policy that fails does not keep the others back
        "catchup": False,
        "max_active_runs": 1,
        "max_active_tasks": 1,
        "dagrun_timeout": 23 * 3600,
        "cron": "15 2 * * *",
        "timezone": "Asia/Tokyo",
        "retries": [3],
        "execution_timeout": [6 * 3600],
        "xcom": [False],
        "alerts": [1],
        "outlets": {name: [f"tokumei_{name}"] for name in (*NAMES, *TEMPLATES)} | {REGISTER: [], PAGES: []},
    }


def launch_of(name):
    given = "policy=gs://policies/p.yaml,output=gs://releases/out,date=2026-04-01"
    run = ["gcloud", "dataflow", "flex-template", "run", f"tokumei-{name.replace('_', '-')}"]
    return [*run, "--max-workers=8", "--region=asia-northeast1", "--format=json", f"--parameters={given}"]


def test_a_template_is_launched_once_and_looked_at_until_its_job_has_ended(night):
    """A state that is not told is asked for again; a job that failed is not launched again."""
    asked = [json.loads(line) for line in (night.folder / "asked").read_text().splitlines()]
    for name, looks, state in zip(TEMPLATES, (4, 1), ("success", "failed"), strict=True):
        job = f"tokumei-{name.replace('_', '-')}"
        look = [
            "dataflow",
            "jobs",
            "describe",
            job,
            "--region=asia-northeast1",
            "--format=value(currentState)",
        ]
        assert [call for call in asked if job in call] == [launch_of(name)[1:], *[look] * looks] * 2
        assert [run[name][0] for run in night.told["runs"]] == [state] * 2
    assert sorted(night.told["deferred"]) == sorted([*[TEMPLATES[0]] * 4, TEMPLATES[1]] * 2)
    assert night.alerts.count("nothing was released by job tokumei-not-on-dataflow, JOB_STATE_FAILED") == 2


def test_a_misspelt_setting_is_told_and_nothing_is_scheduled(night):
    (error,) = night.told["misspelt"]
    assert "tokumei_nightly.yaml: policies.good has unknown option" in error


def test_the_first_night_releases_and_the_second_finds_it_done(night):
    first, second = night.told["runs"]
    assert first["good"] == second["good"] == ["success", 1]
    assert len(list(night.folder.glob("out/releases/*/manifest.json"))) == 1
    told = re.findall(r"already\W+(true|false)\W+people\W+\d+\W+records\W+(\d+)", night.log)
    assert told == [("false", "30"), ("true", "30")]


def test_a_new_release_is_an_event_that_other_dags_run_after_and_one_that_was_there_is_none(night):
    (release,) = night.folder.glob("out/releases/*")
    told = {"release": release.name, "uri": str(release), "people": 30, "records": 30}
    there = [[name, extra, first] for name, extra, first in night.told["events"] if name == "tokumei_good"]
    assert there == [["tokumei_good", told, True]]
    done = [[extra, first] for name, extra, first in night.told["events"] if name == "tokumei_on_dataflow"]
    job = {"job": "tokumei-on-dataflow"}
    assert sorted(done, key=str) == [[job, False], [job, True]] and len(night.told["events"]) == 3
    assert night.told["to_run"] == ["consumer"]


def test_every_night_the_register_is_looked_after(night):
    assert [run[REGISTER] for run in night.told["runs"]] == [["success", 1]] * 2
    assert night.log.count("inquiry 問1: not answered for") == 2
    assert [run[PAGES] for run in night.told["runs"]] == [["success", 1]] * 2
    assert "見本市" in (night.folder / "pages" / "bodies.html").read_text()


def test_only_what_time_may_cure_is_tried_again(night):
    for run in night.told["runs"]:
        assert {name: run[name] for name in ("wrong", "bad_data", "no_data")} == {
            "wrong": ["failed", 1],
            "bad_data": ["failed", 1],
            "no_data": ["failed", 4],
        }
    assert "wrong failed: exit status 2: [column.undecided]" in night.alerts
    assert "bad_data failed: exit status 3: [input.rejects]" in night.alerts
    assert "no_data failed: exit status 3: [input.missing]" in night.alerts


def test_a_failure_is_told_once_and_names_task_and_reason(night):
    *lines, cut_off = night.alerts.splitlines()
    assert cut_off == "tokumei_nightly failed: the night was cut off, not all tasks have run"
    assert sorted(line.split(" ")[1] for line in lines) == sorted([*NAMES[1:], TEMPLATES[1]] * 2)
    assert all(
        re.match(
            r"tokumei_nightly (hangs failed|\w+ failed: exit status|not_on_dataflow failed: nothing)", line
        )
        for line in lines
    )


def test_no_value_and_no_secret_leaves_a_task(night):
    logs = [p.read_text(errors="replace") for p in (night.folder / "logs").rglob("*") if p.is_file()]
    for text in [night.log, night.alerts, *logs]:
        assert CANARY not in text
    assert night.told["xcoms"] == 0
    assert "AIRFLOW" not in (night.folder / "environment").read_text()


def test_at_a_time_out_the_command_ends_too(night):
    assert [run["hangs"] for run in night.told["runs"]] == [["failed", 1]] * 2
    with pytest.raises(OSError, match="No such device"):  # nobody reads the pipe any more
        os.open(night.folder / "hangs.yaml", os.O_WRONLY | os.O_NONBLOCK)


def test_what_it_retries_are_codes_that_exist():
    """A code that is renamed would no longer be tried again. Those of stores are made of two words."""
    source = (DEPLOY / "tokumei_nightly.py").read_text()
    (codes,) = re.findall(r"CURED_BY_TIME = frozenset\(\s*\{(.*?)\}\s*\)", source, re.DOTALL)
    floors = "".join(p.read_text() for f in ("transforms", "pipelines") for p in (ROOT / f).rglob("*.py"))
    known = {*re.findall(r'InputError\(\s*"([a-z_.]+)"', floors)}
    known |= set(re.findall(r'"(engine\.[a-z_]+)"', floors))
    known |= {f"store.{reason}" for reason in re.findall(r'refused\(uri, "([a-z_]+)"', floors)}
    assert set(re.findall(r'"([a-z_.]+)"', codes)) <= known
