"""The workflow that runs a Flex Template every night: taken apart, and walked through with stand-ins for Dataflow."""

import json
import os
import re
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from google.cloud.dataflow_v1beta3.types import FlexResourceSchedulingGoal, FlexTemplateRuntimeEnvironment

DEPLOY = Path(__file__).parents[2] / "deploy"
FOLDER = DEPLOY / "scheduler"
WORKFLOW = yaml.safe_load((FOLDER / "nightly.workflow.yaml").read_text())
STEPS = {name: step for entry in WORKFLOW["main"]["steps"] for name, step in entry.items()}
DATAFLOW = "googleapis.dataflow.v1b3.projects.locations"
# What may be called, and with what arguments, as documented for Workflows' connectors and standard library.
CALLS = {
    f"{DATAFLOW}.flexTemplates.launch": {"projectId", "location", "body", "connector_params"},
    f"{DATAFLOW}.jobs.get": {"projectId", "location", "jobId"},
    f"{DATAFLOW}.jobs.update": {"projectId", "location", "jobId", "body"},
    "sys.sleep": {"seconds"},
}
FUNCTIONS = {"sys.get_env", "sys.now"}
STEP_KEYS = {"assign", "call", "args", "result", "switch", "next", "raise"}


class Raised(Exception):
    """What a workflow raises."""


class Map(dict):
    """A map whose values are also reached by dots, as in Workflows' expressions."""

    __getattr__ = dict.__getitem__


def mapped(value):
    if isinstance(value, dict):
        return Map({key: mapped(each) for key, each in value.items()})
    return value


def texts(found):
    """Yield every text at any depth."""
    if isinstance(found, str):
        yield found
    for each in found.values() if isinstance(found, dict) else found if isinstance(found, list) else ():
        yield from texts(each)


def names(text):
    """The dotted names in the expression that a text is, if it is one; what stands in quotes is none."""
    if not text.startswith("${"):
        assert "${" not in text, text  # Workflows does not look inside other texts
        return set()
    inside = re.sub(r'"[^"]*"', "", text[2:-1])
    return set(re.findall(r"[A-Za-z_][\w.]*", inside)) - {"in", "and", "or", "not", "true", "false", "null"}


def test_steps_have_known_keys_calls_and_arguments():
    assert len(STEPS) == len(WORKFLOW["main"]["steps"]) and set(WORKFLOW["main"]) == {"params", "steps"}
    for name, step in STEPS.items():
        assert set(step) <= STEP_KEYS, name
        if "call" in step:
            assert set(step["args"]) <= CALLS[step["call"]], name
            assert CALLS[step["call"]] - {"connector_params"} <= set(step["args"]), name


def test_every_jump_has_a_target():
    jumps = [step["next"] for step in STEPS.values() if "next" in step]
    jumps += [case["next"] for step in STEPS.values() for case in step.get("switch", []) if "next" in case]
    assert jumps and set(jumps) <= set(STEPS)


def test_every_name_is_assigned_before_it_is_used():
    known = set(WORKFLOW["main"]["params"])
    for step in STEPS.values():  # no jump forward skips an assignment: those are all before the first switch
        for assignment in step.get("assign", []):
            (variable, value), *_ = assignment.items()
            assert {n.split(".")[0] for text in texts(value) for n in names(text) - FUNCTIONS} <= known
            known.add(variable)
        used = {
            n for key in ("args", "switch", "raise") for text in texts(step.get(key)) for n in names(text)
        }
        assert {n.split(".")[0] for n in used - FUNCTIONS} <= known, used
        known |= {step["result"]} if "result" in step else set()
    order = list(STEPS)
    assert all(order.index(n) < order.index("judge") for n in STEPS if {"assign", "result"} & set(STEPS[n]))


ARGUMENTS = {
    key: f"<{key}>"
    for key in (
        "region",
        "job_name",
        "template",
        "policy",
        "output",
        "image",
        "service_account",
        "temp_bucket",
        "max_workers",
        "machine_type",
        "labels",
        "flexrs_goal",
    )
} | {"hours": 6}


def walk(states):
    """Run the workflow with jobs.get giving these states, an hour apart; return its result and its calls."""
    clock, calls, left = [0], [], list(states)

    def call(name, args):
        calls.append((name.removeprefix(DATAFLOW + "."), args))
        if name == "sys.sleep":
            clock[0] += 3600
        if name.endswith("launch"):
            return {"job": {"id": "job-1"}}
        return {"id": args["jobId"], "currentState": left.pop(0)} if name.endswith("get") else None

    system = SimpleNamespace(now=lambda: clock[0], get_env={"GOOGLE_CLOUD_PROJECT_ID": "p"}.__getitem__)
    scope = {"sys": system, "args": mapped(ARGUMENTS)}

    def value(found):
        if isinstance(found, dict):
            return {key: value(each) for key, each in found.items()}
        is_expression = isinstance(found, str) and found.startswith("${")
        return eval(found[2:-1], {}, scope) if is_expression else found

    order = list(STEPS)
    at = order[0]
    while True:
        step = STEPS[at]
        following = step.get("next") or order[(order.index(at) + 1) % len(order)]
        for assignment in step.get("assign", []):
            scope |= {key: value(each) for key, each in assignment.items()}
        if "call" in step:
            scope[step.get("result", "_")] = mapped(call(step["call"], value(step["args"])))
        for case in step.get("switch", []):
            if value(case["condition"]):
                if "return" in case:
                    return value(case["return"]), calls
                following = case["next"]
                break
        if "raise" in step:
            raise Raised(value(step["raise"]), calls)
        at = following


def test_it_waits_until_the_job_is_done():
    result, calls = walk(["JOB_STATE_QUEUED", "JOB_STATE_PENDING", "JOB_STATE_RUNNING", "JOB_STATE_DONE"])
    assert result == "job-1"
    get_and_sleep = ["jobs.get", "sys.sleep"] * 3 + ["jobs.get"]
    assert [name for name, _ in calls] == ["flexTemplates.launch", *get_and_sleep]
    launch = calls[0][1]["body"]["launchParameter"]
    assert launch["parameters"] == {
        "policy": "<policy>",
        "output": "<output>",
        "sdk_container_image": "<image>",
    }
    assert launch["environment"] == {
        "serviceAccountEmail": "<service_account>",
        "stagingLocation": "<temp_bucket>/staging",
        "tempLocation": "<temp_bucket>/temp",
        "ipConfiguration": "WORKER_IP_PRIVATE",
        "maxWorkers": "<max_workers>",
        "machineType": "<machine_type>",
        "additionalUserLabels": "<labels>",
        "flexrsGoal": "<flexrs_goal>",
    }
    known = FlexTemplateRuntimeEnvironment.pb().DESCRIPTOR.fields_by_camelcase_name
    assert set(launch["environment"]) <= set(known)


@pytest.mark.parametrize("state", ["FAILED", "CANCELLED", "DRAINED", "UPDATED"])
def test_it_fails_when_the_job_ends_otherwise(state):
    with pytest.raises(Raised, match=f"nothing was released by job job-1, JOB_STATE_{state}"):
        walk(["JOB_STATE_RUNNING", f"JOB_STATE_{state}"])


def test_it_cancels_a_job_that_takes_too_long():
    with pytest.raises(Raised, match="JOB_STATE_RUNNING") as raised:
        walk(["JOB_STATE_RUNNING"] * 20)
    calls = raised.value.args[1]
    assert [name for name, _ in calls].count("sys.sleep") == 7
    assert calls[-1] == (
        "jobs.update",
        {
            "projectId": "p",
            "location": "<region>",
            "jobId": "job-1",
            "body": {"requestedState": "JOB_STATE_CANCELLED"},
        },
    )


def schedule(folder, *, there_already, **more):
    """What schedule.sh asks of Google's client, replaced by one that writes it down."""
    fake = folder / "gcloud"
    fake.write_text(
        "#!/usr/bin/env python3\nimport json, os, sys\n"
        "print(json.dumps(sys.argv[1:]), file=open(os.environ['ASKED'], 'a'))\n"
        f"there = {there_already}\n"
        "if there and 'list' in sys.argv: print('projects/my-project/alertPolicies/7')\n"
        "sys.exit('describe' in sys.argv and not there)\n"
    )
    fake.chmod(0o755)
    image = "asia-northeast1-docker.pkg.dev/my-project/tokumei/tokumei:1"
    settings = {"PROJECT": "my-project", "REGION": "asia-northeast1", "IMAGE": image}
    settings |= {"POLICIES": "my-policies", "BUCKET": "my-releases", "TEMP": "my-temp"}
    settings["CHANNEL"] = "projects/my-project/notificationChannels/123"
    settings["TEMPLATE"] = "gs://my-temp/templates/tokumei-0.1.0.json"
    environment = {
        **os.environ,
        **settings,
        **more,
        "PATH": f"{folder}:{os.environ['PATH']}",
        "ASKED": f"{folder}/asked",
    }
    subprocess.run([FOLDER / "schedule.sh", "members"], check=True, env=environment, timeout=60)
    deploy, _, job, _, alert = map(json.loads, (folder / "asked").read_text().splitlines())
    options = dict(arg.split("=", 1) for arg in job if "=" in arg)
    return deploy, job, alert, options, json.loads(json.loads(options["--message-body"])["argument"])


@pytest.mark.parametrize(("there_already", "verb"), [(False, "create"), (True, "update")])
def test_the_schedule_gives_the_workflow_what_it_reads(tmp_path, there_already, verb):
    deploy, job, alert, options, given = schedule(tmp_path, there_already=there_already)
    assert deploy[:3] == ["workflows", "deploy", "tokumei-nightly"]
    assert job[:5] == ["scheduler", "jobs", verb, "http", "tokumei-members"]
    assert (options["--schedule"], options["--time-zone"]) == ("15 2 * * *", "Asia/Tokyo")
    assert options["--uri"].endswith("/workflows/tokumei-nightly/executions")
    used = {n for step in STEPS.values() for text in texts(step) for n in names(text)}
    assert set(given) == {n.split(".")[1] for n in used if n.startswith("args.")} == set(ARGUMENTS)
    assert (given["policy"], given["output"]) == ("gs://my-policies/members.yaml", "gs://my-releases/out")
    assert alert[:3] == ["monitoring", "policies", verb]
    set_or_given = "--set-notification-channels" if there_already else "--notification-channels"
    assert f"{set_or_given}=projects/my-project/notificationChannels/123" in alert
    assert ("projects/my-project/alertPolicies/7" in alert) == there_already


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ({}, (8, "n2-standard-2", {}, "FLEXRS_UNSPECIFIED", 6)),
        (
            {
                "MAX_WORKERS": "3",
                "MACHINE_TYPE": "n2-highmem-4",
                "LABELS": '{"team": "statistics"}',
                "FLEXRS": "1",
            },
            (3, "n2-highmem-4", {"team": "statistics"}, "FLEXRS_COST_OPTIMIZED", 12),
        ),
    ],
)
def test_size_labels_and_price_are_those_that_are_asked_for(tmp_path, asked, given):
    """A job that FlexRS begins within six hours has six hours more until it is cancelled."""
    *_, arguments = schedule(tmp_path, there_already=False, **asked)
    wanted = ("max_workers", "machine_type", "labels", "flexrs_goal", "hours")
    assert tuple(arguments[name] for name in wanted) == given
    assert arguments["flexrs_goal"] in FlexResourceSchedulingGoal.__members__


def test_the_alert_watches_this_workflow():
    """A night that fails, and one that does not come: the longest night ends 12 hours after the next has begun."""
    policy = json.loads((FOLDER / "alert.json").read_text())
    failed, missed = (c["conditionPrometheusQueryLanguage"]["query"] for c in policy["conditions"])
    name = re.search(r"gcloud workflows deploy (\S+)", (FOLDER / "schedule.sh").read_text())[1]
    assert all(f'workflow_id="{name}"' in query for query in (failed, missed)) and policy["combiner"] == "OR"
    assert 'status!="SUCCEEDED"' in failed and failed.endswith("> 0")
    assert 'status="SUCCEEDED"' in missed and "[36h]" in missed and missed.endswith("or vector(0)) < 1")


def test_the_template_takes_what_it_is_given(tmp_path):
    """Every parameter is one of the template's, none that it needs is missing, and the values are of its form."""
    *_, given = schedule(tmp_path, there_already=False)
    template = {
        p["name"]: p for p in json.loads((DEPLOY / "dataflow" / "metadata.json").read_text())["parameters"]
    }
    parameters = STEPS["launch"]["args"]["body"]["launchParameter"]["parameters"]
    needed = {name for name, parameter in template.items() if not parameter.get("isOptional")}
    assert needed <= set(parameters) <= set(template)
    for name, expression in parameters.items():
        value = given[re.fullmatch(r"\$\{args\.(\w+)\}", expression)[1]]
        assert all(re.fullmatch(pattern, value) for pattern in template[name]["regexes"]), name
