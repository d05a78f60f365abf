"""Bad command lines: exit 2, one message with its place, its rule and its fix."""

import json

import pytest
from support.bad_policies import BASE, T, but, run_both

from tokumei.pipelines.cli import main

COMMANDS = {
    "misspelt option": (["--ouput=x"], "usage.option", "did you mean --output?"),
    "abbreviated option": (["--out", "x"], "usage.option", "did you mean --output?"),
    "unknown option": (["--no_such_option"], "usage.option", "--no_such_option"),
    "option with underscore": (["--release_id", "x"], "usage.option", "did you mean --release-id?"),
    "second argument": (["more.csv"], "usage.option", "more.csv"),
    "misspelt option on Flink": (
        ["--runner=FlinkRunner", "--ouput=x"],
        "usage.option",
        "did you mean --output?",
    ),
    "Beam option with a bad value": (["--num_workers=many"], "usage", "num_workers"),
    "Beam option without value": (["--runner"], "usage", "expected one argument"),
    "unknown runner": (["--runner=NoSuchRunner"], "usage.engine", "NoSuchRunner"),
    "runner in no module": (["--runner=no.such.Runner"], "usage.engine", "no"),
    "Dataflow without project": (["--runner=DataflowRunner"], "usage.engine", "required option: project"),
    "dry run in process": (["--dry_run=True"], "usage.option", "only a job for Dataflow has a dry run"),
    "dry run as clean has it": (["--dry-run"], "usage.option", "this one would release"),
    "dry run without a value": (["--dry_run"], "usage.option", "only a job for Dataflow"),
    "dry run that says no": (["--dry_run=False"], "usage.option", "leave it out"),
    "dry run on Flink": (["--runner=FlinkRunner", "--dry-run"], "usage.option", "tokumei check"),
    "dry run on Prism": (["--runner", "PrismRunner", "--dryrun"], "usage.option", "tokumei check"),
    "engine without its runner": (["--job_endpoint=localhost:8099"], "usage.option", "--runner"),
    "Flink's option in process": (["--parallelism=4"], "usage.option", "would run in process"),
    "Dataflow's option in process": (["--runner=DirectRunner", "--region=x"], "usage.option", "in process"),
    "release id with a slash": (["--release-id", "a/b"], "usage.release_id", "--release-id"),
    "release id that climbs": (["--release-id", ".."], "usage.release_id", "--release-id"),
    "empty release id": (["--release-id="], "usage.release_id", "--release-id"),
    "endless release id": (["--release-id", "x" * 65], "usage.release_id", "--release-id"),
    "no output": (["--output="], "usage.output", "output.directory"),
    "output on another store": (["--output=s3://b/x"], "usage.output", "gs://"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_bad_command_line_is_refused(run, tmp_path, name):
    args, code, part = COMMANDS[name]
    error = run_both(run, BASE, tmp_path, *args)
    assert error["code"] == code and part in f"{error['where']}: {error['what']}: {error['fix']}"


def test_flink_takes_options_that_only_its_job_server_knows(run, monkeypatch):
    """They cannot be checked here; the run then fails for want of a Flink, or of a file as here."""
    policy = but(((*T, "source", "path"), "missing.csv"))
    done = run(policy, args=["--runner=FlinkRunner", "--parallelism=4", "--checkpointing_interval=1000"])
    assert done.status == 3 and "input.missing" in done.err


@pytest.mark.parametrize(
    ("argv", "part"),
    [
        ([], "JOB"),
        (["anonymise"], "did you mean anonymize? see tokumei --help"),
        (["anonymize"], "POLICY.yaml"),
        (["anonymize", "policy.yaml", "--output"], "--output"),
        (["check"], "POLICY.yaml"),
        (["check", "policy.yaml", "--runner=FlinkRunner"], "--runner=FlinkRunner"),
        (["schema", "policy.yaml"], "policy.yaml"),
        (["synthesize", "residents", "--output", "x", "--row=1"], "--row=1"),
        (["anonymize", "missing.yaml"], "No such file"),
        (["check", "."], "Is a directory"),
        (["check", "/dev/null"], "YAML mapping"),
    ],
    ids=" ".join,
)
def test_usage_errors(capsys, tmp_path, monkeypatch, argv, part):
    monkeypatch.chdir(tmp_path)
    assert main(argv) == 2
    text = capsys.readouterr().err
    assert text.startswith("error [") and part in text and text.count("error [") == 1
    assert main(["--json", *argv]) == 2
    error = json.loads(capsys.readouterr().err)
    assert f"  what: {error['what']}\n  fix:  {error['fix']}\n" in text
    assert not list(tmp_path.iterdir())
