"""`python -m tokumei.pipelines.<job>` is `tokumei <job>`, for every job there is."""

import importlib
import json
import pkgutil
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from support.id_pos_release import id_pos_report

from tokumei import pipelines
from tokumei.pipelines import cli

TOKUMEI = str(Path(sys.executable).with_name("tokumei"))
PACKAGE = pipelines.__name__
ENTRY = '\n\nif __name__ == "__main__":\n    run_as_program(__spec__)\n'


def shown(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("job", cli.JOBS)
@pytest.mark.parametrize("args", [["--help"], ["--no-such-option"], ["--no-such-option", "--json"], []])
def test_a_job_is_the_same_as_a_module(job, args, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if (job, args) == ("demo", []):
        args = ["--runner=NoSuchRunner"]  # by itself it would do all its work
    module = shown(sys.executable, "-m", f"{PACKAGE}.{job}", *args)
    assert module == shown(TOKUMEI, job, *args)
    status, out, err = module
    if "--help" in args:
        assert status == 0 and out.startswith(f"usage: tokumei {job}") and not err
        assert ("options go to Beam unchanged" in " ".join(out.split())) == (job in cli._BEAM_JOBS)
    elif args or job != "schema":
        assert status == 2 and err
        if "--json" in args:
            assert json.loads(err)["status"] == 2
    else:
        assert status == 0 and json.loads(out)["title"] == "Policy"


def test_the_schema_of_reports_is_that_of_what_is_written():
    schema = json.loads(shown(TOKUMEI, "schema", "--of", "report")[1])
    assert schema["title"] == "Report" and schema["properties"]["format"]["const"] == "tokumei-report-1"
    told = json.loads(id_pos_report().model_dump_json())
    assert told["format"] == "tokumei-report-1" and told.keys() == schema["properties"].keys()


@pytest.mark.filterwarnings("ignore:.* found in sys.modules:RuntimeWarning")
@pytest.mark.parametrize("job", cli.JOBS)
def test_the_process_of_a_module_is_settled_as_the_command_is(job, monkeypatch, capsys):
    settled = []
    monkeypatch.setattr(cli, "settle", lambda: settled.append(job))
    monkeypatch.setattr(sys, "argv", [job, "--help"])
    with pytest.raises(SystemExit, match=r"^0$"):
        runpy.run_module(f"{PACKAGE}.{job}", run_name="__main__")
    assert settled == [job] and capsys.readouterr().out.startswith(f"usage: tokumei {job}")


def test_every_job_is_known_and_ends_with_the_same_entry():
    names = [module.name for module in pkgutil.iter_modules(pipelines.__path__, f"{PACKAGE}.")]
    jobs = [name for name in names if hasattr(importlib.import_module(name), "add_arguments")]
    assert [name.rpartition(".")[2] for name in jobs] == sorted(cli.JOBS)
    for name in jobs:
        assert Path(sys.modules[name].__file__).read_text().endswith(ENTRY), name
