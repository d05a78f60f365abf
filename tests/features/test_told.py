"""What a run tells of itself: log file, object, metrics file, command; and none of it holds a value."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.canary_job import leaks_in, remains, run_watched, write_input, written_elsewhere
from support.helpers import EXAMPLE

TOKUMEI = str(Path(sys.executable).with_name("tokumei"))
POLICY = str(EXAMPLE / "policy.yaml")
TELL = """#!/bin/sh
env | grep ^TOKUMEI_ | sort > "$1"
echo "$2" >> "$1"
exit "$3"
"""


def tokumei(folder, *args, policy=POLICY, **environment):
    return subprocess.run(
        [TOKUMEI, "anonymize", policy, "--output", str(folder / "out"), *args],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        cwd=folder,
    )


@pytest.fixture
def teller(tmp_path):
    path = tmp_path / "teller"
    path.write_text(TELL)
    path.chmod(0o755)
    return path


def metrics(path):
    """Samples by name and labels; every sample stands below the head of its metric, and each head once."""
    found, heads = {}, []
    for line in path.read_text().splitlines():
        if line.startswith("#"):
            _, kind, name, *rest = line.split(" ", 3)
            heads.append((kind, name))
            assert rest == ["gauge"] or kind == "HELP"
            continue
        name, labels, value = re.fullmatch(r'(\w+)\{((?:\w+="[^"\\]*",?)*)\} (\S+)', line).groups()
        assert heads[-1] == ("TYPE", name)
        found[name, *re.findall(r'\w+="([^"]*)"', labels)] = float(value)
    assert len(heads) == len(set(heads))
    return found


def test_a_run_is_told_of_in_every_way(tmp_path, teller):
    began = time.time()
    done = tokumei(
        tmp_path,
        *("-v", "--json", "--log-file", "run.log", "--log-format", "json"),
        *("--metrics-file", "run.prom", "--notify", f"{teller} told '$(touch x); 秘' 0"),
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["status"], told["people"], told["records"], told["already"]) == (0, 21_629, 21_629, False)
    assert told["tables"] == [
        {"table": "customer", "records_in": 21_971, "records_out": 21_629, "rejected": 0, "dropped": 0,
         "suppressed": 342, "blank": 0}
    ]  # fmt: skip
    assert Path(told["uri"]).name == told["release"] and Path(told["report"]).is_file()
    assert 0 < told["seconds"] < time.time() - began and 50 < told["peak_mib"] < 2000 and told["cpu_seconds"]
    assert {"profile", "search", "release"} <= {stage["stage"] for stage in told["stages"]}

    lines = [json.loads(line) for line in (tmp_path / "run.log").read_text().splitlines()]
    assert [line["event"] for line in lines if line["event"] not in {"progress", "stage"}] == [
        "begin", "counters", "end",
    ]  # fmt: skip
    assert {line["stage"]: line["records"] for line in lines if line["event"] == "stage"}["release"] == 21_971
    assert (lines[-1]["status"], lines[-1]["release"]) == (0, told["release"])
    assert lines[-1]["tables"] == told["tables"] and lines[-1]["seconds"] > 0
    (counters,) = (line["counters"] for line in lines if line["event"] == "counters")
    assert counters["profile_records.customer"] == counters["release_records.customer"] == 21_971
    assert re.search(r"pass 3 criteria: 21,971 records in [0-9.]+ s, begun 20\S+Z\n", done.stderr)
    begun = [line["began"] for line in lines if line["event"] == "stage"]
    assert begun == sorted(begun) and lines[0]["time"] < begun[0] and begun[-1] < lines[-1]["time"]
    assert "profile_records.customer 21,971" in done.stderr
    assert (tmp_path / "run.log.engine").read_text().count("INFO apache_beam") > 0

    found = metrics(tmp_path / "run.prom")
    job = ("anonymize", "policy")
    assert found["tokumei_exit_status", *job] == 0 and found["tokumei_people", *job] == 21_629
    assert found["tokumei_records", *job, "customer", "suppressed"] == 342
    assert found["tokumei_records", *job, "customer", "rejected"] == 0
    assert found["tokumei_counter", *job, "written_records.customer"] == 21_629
    assert began < found["tokumei_last_success_timestamp_seconds", *job] < time.time()
    assert (
        0 < found["tokumei_stage_duration_seconds", *job, "profile"] < found["tokumei_duration_seconds", *job]
    )
    assert oct((tmp_path / "run.prom").stat().st_mode)[-3:] == "644"

    environment = (tmp_path / "told").read_text().splitlines()
    assert f"TOKUMEI_RELEASE={told['release']}" in environment and "TOKUMEI_STATUS=0" in environment
    assert "TOKUMEI_PEOPLE=21629" in environment and environment[-1] == "$(touch x); 秘"
    assert not (tmp_path / "x").exists()  # no shell read the command


def test_the_peak_is_not_that_of_who_began_the_process():
    large = bytearray(b"x" * (256 << 20))
    told = "from tokumei.pipelines.launcher.account import peak_mib; print(peak_mib())"
    done = subprocess.run([sys.executable, "-c", told], check=True, capture_output=True, text=True)
    assert 5 < int(done.stdout) < 250 < len(large)


def test_a_failure_is_told_of_too_and_keeps_when_a_run_last_succeeded(tmp_path, teller):
    assert tokumei(tmp_path, "--metrics-file", "run.prom").returncode == 0
    before = metrics(tmp_path / "run.prom")["tokumei_last_success_timestamp_seconds", "anonymize", "policy"]
    again = tokumei(tmp_path, "--json", "-q")
    assert json.loads(again.stdout)["already"] is True and again.stderr == ""
    done = tokumei(
        tmp_path,
        *("--release-id", "x/y", "--json", "--metrics-file", "run.prom", "--log-file", "run.log"),
        *("--notify", f"{teller} told - 0"),
    )
    assert done.returncode == 2 and done.stdout == ""
    error = json.loads(done.stderr)
    code = error["code"]
    found = metrics(tmp_path / "run.prom")
    assert found["tokumei_exit_status", "anonymize", "policy"] == 2
    assert found["tokumei_last_success_timestamp_seconds", "anonymize", "policy"] == before
    assert not [key for key in found if key[0] in {"tokumei_records", "tokumei_people"}]
    assert {"TOKUMEI_STATUS=2", f"TOKUMEI_CODE={code}", "TOKUMEI_RELEASE="} <= set(
        (tmp_path / "told").read_text().splitlines()
    )
    log = (tmp_path / "run.log").read_text()
    assert re.search(rf"Z end: exit status 2 \({code}\), [0-9.]+ s\n$", log)
    assert f"Z error: [{code}] --release-id: {error['what']}; fix: {error['fix']}\n" in log


def test_quiet_says_nothing_of_a_run_that_is_well(tmp_path):
    done = tokumei(tmp_path, "-q")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(tmp_path.glob("out/releases/*/manifest.json"))


def test_what_cannot_be_told_changes_nothing_but_is_told(tmp_path, teller):
    (tmp_path / "run.prom").mkdir()
    done = tokumei(tmp_path, "--metrics-file", "run.prom", "--notify", f"{teller} told - 7", "-q")
    assert done.returncode == 0 and done.stdout == ""
    first, second = done.stderr.splitlines()
    assert re.fullmatch(r"warning: --metrics-file: the file could not be written \(.+\)", first)
    assert second == "warning: --notify: the command ended with 7"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out", "run.prom", "teller", "told"]


@pytest.mark.parametrize(
    ("args", "status", "code"),
    [
        (("--notify", "no-such-program-here x"), 2, "usage.notify"),
        (("--notify", "sh 'open"), 2, "usage.notify"),
        (("--notify", ""), 2, "usage.notify"),
        (("--metrics-file", "no/such/folder/x.prom"), 3, "metrics.folder"),
        (("--log-file", "no/such/folder/x.log"), 3, "log.open"),
        (("-v", "-q"), 2, "usage"),
    ],
)
def test_what_cannot_be_done_is_refused_before_the_work(tmp_path, args, status, code):
    done = tokumei(tmp_path, "--json", *args)
    assert (done.returncode, json.loads(done.stderr)["code"]) == (status, code)
    assert list(tmp_path.iterdir()) == []


MULTI = ("--direct_running_mode=multi_processing", "--direct_num_workers=2")
EMBED = ("--runner=PortableRunner", "--job_endpoint=embed", "--environment_type=LOOPBACK")


@pytest.mark.parametrize("engine", [(), MULTI, EMBED], ids=["in process", "multi_processing", "embed"])
@pytest.mark.parametrize("fault", [None, "bug"])
def test_no_value_stands_in_anything_that_is_told(tmp_path, teller, engine, fault):
    """Nor in what the engine itself logs, which is kept beside the log."""
    write_input(tmp_path / "in")
    told = tmp_path / "told"
    told.mkdir()
    done = run_watched(
        tmp_path,
        ["-v", "--json", f"--log-file={told}/log", "--log-format=json", f"--metrics-file={told}/m.prom",
         "--notify", f"{teller} {told}/env - 0", *engine],
        fault=fault,
    )  # fmt: skip
    assert done.status == (1 if fault else 0), done.err
    assert {p.name for p in told.iterdir()} == {"log", "log.engine", "m.prom", "env"}
    engine_log = (told / "log.engine").read_text()
    assert "apache_beam" in engine_log
    assert ("unexpected ValueError" in engine_log) == bool(fault)  # an engine's traceback, of our words
    assert leaks_in(tmp_path) == set()
    if not engine:
        assert written_elsewhere(tmp_path, (str(told),)) == set()
        assert remains(tmp_path) == []
