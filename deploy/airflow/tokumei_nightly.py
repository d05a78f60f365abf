"""Airflow 3: `tokumei anonymize` every night, one task a policy, and `tokumei tick`, one task a register.

After the ticks `tokumei statistics` makes the public pages of all these registers.

Put this file and tokumei_nightly.yaml, which says what is run, into the folder of DAGs. The command has an
environment of its own, never Airflow's. Running it again is safe: the same work ends at once as already
released, with exit status 0. What waiting may cure is retried (unexpected errors, storage or an engine that
is away, inputs that are not delivered yet); what somebody must correct fails at once.

A release that is new is told to other DAGs: `schedule=[Asset("tokumei_members")]` runs one after each of the
policy members. Log, alert and asset hold what the command prints, which is never a value of the data; nothing
goes into XCom.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pendulum
import yaml
from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger
from airflow.sdk import DAG, Asset, AssetAlias, BaseOperator, CronTriggerTimetable
from airflow.sdk.exceptions import AirflowException, AirflowFailException

SETTINGS = Path(__file__).with_suffix(".yaml")
TIMEZONE = "Asia/Tokyo"
# Exit status 3 is an input or a store that cannot be used. Of its codes, time alone cures these.
CURED_BY_TIME = frozenset(
    {
        "engine.unreachable",
        "input.changed",
        "input.incomplete",
        "input.missing",
        "store.credentials",
        "store.failed",
        "store.unavailable",
    }
)
# The time that a job has to cancel itself on its engine and to remove its parts.
GRACE_SECONDS = 120
_PAGES = "public_pages"


class TokumeiOperator(BaseOperator):
    """Run the command; its exit status decides whether the task succeeds, is retried, or fails at once.

    Args:
        command: program and arguments, with `--json`. Shown in the user interface: no secret belongs there.
        released: name of the asset that each new release is an event of, or None. An asset among the outlets
            would have one whenever the task succeeds, as when the work was done already: an alias has not.

    Raises:
        AirflowException: retried: exit status 1, or 3 with a code of `CURED_BY_TIME`, or ended by a signal.
        AirflowFailException: never retried: all else.
    """

    template_fields = ("command",)

    def __init__(self, *, command: list[str], released: str | None = None, **settings: Any) -> None:
        super().__init__(**settings, outlets=[AssetAlias(released)] if released else [])
        self.command, self.released = command, released
        self._process: subprocess.Popen[str] | None = None

    def execute(self, context: Any) -> None:
        """Run to the end, then log what was printed."""
        self._process = subprocess.Popen(  # noqa: S603  # no shell
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=_environment(),
        )
        printed, complaint = self._process.communicate()
        for line in printed.splitlines():
            self.log.info(line)
        status = self._process.returncode
        if status == 0:
            self._tell_others(context, printed)
            return
        code, message = _error(complaint)
        message = f"exit status {status}: {message}"
        if status < 0 or status == 1 or (status == 3 and code in CURED_BY_TIME):
            raise AirflowException(message)
        raise AirflowFailException(message)

    def _tell_others(self, context: Any, printed: str) -> None:
        """Add an event of the asset for each release that is new, or that an earlier try may have made."""
        for made in _objects(printed) if self.released else ():
            if "already" in made and (not made["already"] or context["ti"].try_number > 1):
                told = {name: made[name] for name in ("release", "uri", "people", "records")}
                context["outlet_events"][AssetAlias(self.released)].add(Asset(self.released), extra=told)

    def on_kill(self) -> None:
        """Tell the command to end, as Ctrl-C does; called at a time-out and when the task is stopped."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()


class TemplateOperator(BaseOperator):
    """Launch the Flex Template by `gcloud`, and defer while its job runs: no worker of Airflow waits for it.

    A job that failed is not launched again: its log says why. Dataflow refuses a job while another of its
    name runs, so that nights never overlap.

    Args:
        command: `gcloud dataflow flex-template run` with all that the job needs. Shown in the user interface.
        region: where the job runs.
        released: name of the asset that each job which is done is an event of.

    Raises:
        AirflowException: retried: the job could not be launched.
        AirflowFailException: never retried: it ended otherwise than done, or was cancelled after `PATIENCE`.
    """

    template_fields = ("command",)
    LOOK_EVERY = timedelta(minutes=1)
    PATIENCE = timedelta(hours=6)
    ENDED = frozenset(f"JOB_STATE_{state}" for state in ("FAILED", "CANCELLED", "DRAINED", "UPDATED"))

    def __init__(self, *, command: list[str], region: str, released: str, **settings: Any) -> None:
        super().__init__(**settings, outlets=[AssetAlias(released)])
        self.command, self.region, self.released = command, region, released

    def execute(self, context: Any) -> None:
        """Launch, and defer."""
        del context
        launched = self._gcloud(self.command)
        if launched is None:
            raise AirflowException("the job could not be launched; run the command by hand to see why")
        self._wait(json.loads(launched)["job"]["id"], pendulum.now("UTC").timestamp())

    def look(self, context: Any, job: str, begun: float, event: Any = None) -> None:
        """End, fail or defer again by the state of the job; if it is not told, the next look may tell it."""
        del event
        jobs, place = ["gcloud", "dataflow", "jobs"], f"--region={self.region}"
        told = self._gcloud([*jobs, "describe", job, place, "--format=value(currentState)"])
        state = (told or "").strip()
        self.log.info("%s: %s", job, state or "not told")
        if state == "JOB_STATE_DONE":
            context["outlet_events"][AssetAlias(self.released)].add(Asset(self.released), extra={"job": job})
        elif state in self.ENDED:
            raise AirflowFailException(f"nothing was released by job {job}, {state}: its log says why")
        elif pendulum.now("UTC").timestamp() - begun > self.PATIENCE.total_seconds():
            self._gcloud([*jobs, "cancel", job, place])
            raise AirflowFailException(f"job {job} took too long, and was cancelled")
        else:
            self._wait(job, begun)

    def _wait(self, job: str, begun: float) -> None:
        trigger = TimeDeltaTrigger(self.LOOK_EVERY)
        self.defer(trigger=trigger, method_name="look", kwargs={"job": job, "begun": begun})

    def _gcloud(self, command: list[str]) -> str | None:
        done = subprocess.run(  # noqa: S603  # no shell
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=_environment(),
            timeout=600,
            check=False,
        )
        return done.stdout if done.returncode == 0 else None


def _environment() -> dict[str, str]:
    """Return the environment without Airflow's settings, some of which are secrets."""
    return {name: value for name, value in os.environ.items() if "AIRFLOW" not in name}


def _objects(printed: str) -> Iterator[dict[str, Any]]:
    """Yield the objects that `--json` has printed; all else there is an engine's and stays unsaid."""
    for line in printed.splitlines():
        with suppress(ValueError):
            if isinstance(found := json.loads(line), dict):
                yield found


def _error(complaint: str) -> tuple[str, str]:
    """Return code and text of the last error object on stderr."""
    for found in reversed([*_objects(complaint)]):
        with suppress(KeyError):
            return found["code"], " ".join("[{code}] {where}: {what}; {fix}".format_map(found).split())
    return "", "no message; run the command by hand to see why"


def _alert(command: list[str]) -> Any:
    """Return a callback that gives one line about a task that will not be retried to a command's stdin."""

    def tell(context: Any) -> None:
        task = context["task_instance"]
        _send(command, f"{task.dag_id} {task.task_id} failed: {context.get('exception')}\n")

    return tell


def _alert_of_night(command: list[str]) -> Any:
    """Return the same for a night that takes too long: Airflow ends its tasks without calling theirs."""

    def tell(context: Any) -> None:
        if context["reason"] == "timed_out":
            _send(command, f"{context['dag'].dag_id} failed: the night was cut off, not all tasks have run\n")

    return tell


def _send(command: list[str], line: str) -> None:
    subprocess.run(command, input=line, text=True, check=True, timeout=60, env=_environment())  # noqa: S603


def _only(given: dict[str, Any], needed: set[str], optional: set[str], where: str) -> dict[str, Any]:
    """Return the settings if all that is needed is there and nothing else; a typing error must not pass."""
    if missing := needed - set(given):
        raise ValueError(f"{SETTINGS.name}: {where} lacks {', '.join(sorted(missing))}")
    if unknown := set(given) - needed - optional:
        raise ValueError(f"{SETTINGS.name}: {where} has unknown {', '.join(sorted(unknown))}")
    return given


def _launch(name: str, job: dict[str, Any], where: str) -> None:
    """Make the task of a policy that runs as a template on Dataflow."""
    told = _only(job["dataflow"], {"region", "parameters", "flags"}, set(), f"{where}.dataflow")
    given = {"policy": job["policy"], "output": job["output"], **told["parameters"]}
    command = ["gcloud", "dataflow", "flex-template", "run", f"tokumei-{name.replace('_', '-')}"]
    command += told["flags"]
    command += [f"--region={told['region']}", "--format=json"]
    command.append("--parameters=" + ",".join(f"{key}={value}" for key, value in given.items()))
    TemplateOperator(task_id=name, command=command, region=told["region"], released=f"tokumei_{name}")


def build() -> DAG:
    """Build the DAG that the settings describe.

    Raises:
        ValueError: the settings lack something, or have something that is not known.
    """
    settings = yaml.safe_load(SETTINGS.read_text(encoding="utf-8"))
    _only(settings, {"schedule", "command", "policies"}, {"alert", "registers", "pages"}, "the file")
    registers = settings.get("registers", {})
    if "pages" in settings and not registers:
        raise ValueError(f"{SETTINGS.name}: pages are those of registers, and there are none")
    with DAG(
        "tokumei_nightly",
        description="匿名加工情報の作成",
        schedule=CronTriggerTimetable(settings["schedule"], timezone=TIMEZONE),
        start_date=pendulum.datetime(2026, 1, 1, tz=TIMEZONE),
        catchup=False,
        max_active_runs=1,
        max_active_tasks=1,  # each has the whole machine, or cluster
        dagrun_timeout=timedelta(hours=23),
        on_failure_callback=[_alert_of_night(settings["alert"])] if "alert" in settings else [],
        default_args={
            "retries": 3,
            "retry_delay": timedelta(minutes=10),
            "retry_exponential_backoff": True,
            "execution_timeout": timedelta(hours=6),
            "do_xcom_push": False,
            "on_failure_callback": [_alert(settings["alert"])] if "alert" in settings else [],
        },
    ) as dag:
        ticks = [
            TokumeiOperator(task_id=f"tick_{name}", command=[settings["command"], "--json", "tick", output])
            for name, output in registers.items()
        ]
        if "pages" in settings:
            command = [settings["command"], "--json", "statistics", *registers.values()]
            command += ["--pages", settings["pages"]]
            # whatever became of a tick: a ledger that is damaged stops the pages by itself
            ticks >> TokumeiOperator(task_id=_PAGES, command=command, trigger_rule="all_done")
        for name, job in settings["policies"].items():
            where = f"policies.{name}"
            _only(job, {"policy", "output"}, {"dataflow"} if "dataflow" in job else {"options"}, where)
            if "dataflow" in job:
                _launch(name, job, where)
                continue
            command = [settings["command"], "--json", "anonymize", job["policy"], "--output", job["output"]]
            command += job.get("options", [])
            TokumeiOperator(task_id=name, command=command, released=f"tokumei_{name}")
    return dag


dag = build()
