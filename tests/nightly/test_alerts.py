"""The alert rules: what they read is what runs write, and each fires when it should and not before.

`promtool` (2.42) accepts the file, and its own unit test of these cases passes; that was done once, by hand.
"""

import operator
import re
import time
from pathlib import Path

import pytest
import yaml
from support.helpers import policy_of

DEPLOY = Path(__file__).parents[2] / "deploy"
GROUPS = yaml.safe_load((DEPLOY / "alerts" / "tokumei.rules.yaml").read_text())["groups"]
RULES = {rule["alert"]: rule for group in GROUPS for rule in group["rules"]}
SAMPLE = re.compile(r"(\w+)\{(.*)\} (\S+)")
COMPARED = re.compile(r"(time\(\) - )?(\w+)(?:\{(.*)\})? (!=|>) (\d+)")
ABSENT = re.compile(r"absent\((\w+)(?:\{(.*)\})?\)")


def labels(text):
    return dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', text or ""))


def firing(samples, now):
    """The names of the rules that hold for these samples. Of PromQL it knows what the rules use, and no more."""
    held = set()
    for name, rule in RULES.items():
        if found := ABSENT.fullmatch(rule["expr"]):
            metric, wanted = found[1], labels(found[2])
            holds = not any(m == metric and wanted.items() <= told.items() for m, told, _ in samples)
        else:
            ago, metric, wanted, sign, bound = COMPARED.fullmatch(rule["expr"]).groups()
            compare = {"!=": operator.ne, ">": operator.gt}[sign]
            holds = any(
                compare(now - value if ago else value, int(bound))
                for m, told, value in samples
                if m == metric and labels(wanted).items() <= told.items()
            )
        held |= {name} if holds else set()
    return {name for name in held if not name.startswith("TokumeiJob")}, {
        name for name in held if name.startswith("TokumeiJob")
    }


@pytest.fixture
def night(run, tmp_path):
    """Play a night whose file holds this, and return what the metrics file says."""

    def play(text):
        column = {"type": "integer", "keep": True, "because": "試験"}
        policy = policy_of({"pay": column}, path="in.csv", requirements={"k": 2, "because": "試験"})
        done = run(policy, {"in.csv": text}, args=[f"--metrics-file={tmp_path}/members.prom"])
        found = SAMPLE.findall((tmp_path / "members.prom").read_text())
        return done.status, [(name, labels(told), float(value)) for name, told, value in found]

    return play


@pytest.mark.parametrize(("text", "status"), [("pay\n1\n1\n", 0), ("pay\n1\nx\n", 3), ("pay\n", 3)])
def test_a_run_that_fails_raises_an_alert_and_one_that_does_not_none(night, text, status):
    ended, samples = night(text)
    assert ended == status
    failed = {"TokumeiRunFailed"} if status else set()
    assert firing(samples, time.time() + 3600)[0] == failed
    assert firing(samples, time.time() + 27 * 3600)[0] == failed | {"TokumeiRunMissed"}
    assert "policy" in next(told for name, told, _ in samples if name == "tokumei_exit_status")
    assert firing([], 0)[0] == {"TokumeiNeverRan"}


def test_a_job_of_kubernetes_that_fails_or_does_not_come_raises_one():
    night = {"namespace": "tokumei", "cronjob": "tokumei-members"}
    job = {"namespace": "tokumei", "job_name": "tokumei-members-1"}
    success = ("kube_cronjob_status_last_successful_time", night, 0.0)
    assert firing([success], 24 * 3600)[1] == set()
    assert firing([success], 31 * 3600)[1] == {"TokumeiJobMissed"}
    assert firing([], 0)[1] == {"TokumeiJobUnknown"}
    for condition, value, alerts in (
        ("true", 1.0, {"TokumeiJobFailed"}),
        ("true", 0.0, set()),
        ("false", 1.0, set()),
    ):
        failed = ("kube_job_failed", {**job, "condition": condition}, value)
        assert firing([success, failed], 3600)[1] == alerts
    elsewhere = ("kube_job_failed", {**job, "namespace": "other", "condition": "true"}, 1.0)
    assert firing([success, elsewhere], 3600)[1] == set()


def test_rules_watch_the_namespace_and_stand_as_long_as_the_failed_job():
    cron = yaml.safe_load((DEPLOY / "flink/kubernetes/nightly.yaml").read_text())
    job = cron["spec"]["jobTemplate"]["spec"]
    assert job["ttlSecondsAfterFinished"] == 24 * 3600
    bound = int(COMPARED.fullmatch(RULES["TokumeiJobMissed"]["expr"])[5])
    assert bound == 24 * 3600 + job["activeDeadlineSeconds"]  # a night may last so long
    namespace = yaml.safe_load((DEPLOY / "flink/kubernetes/namespace.yaml").read_text())["metadata"]["name"]
    watched = [labels(rule["expr"]) for rule in RULES.values() if "kube_" in rule["expr"]]
    assert len(watched) == 3 and all(told["namespace"] == namespace for told in watched)
