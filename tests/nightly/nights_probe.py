"""Run by a real Airflow's Python: play thirty nights of the nightly DAG, and tell what became of each call.

Prints one JSON object on the last line of stdout; all before it is what Airflow logs.
"""

import json
import re
import sys
from datetime import timedelta
from pathlib import Path

import pendulum
from airflow.dag_processing.dagbag import DagBag
from airflow.models.taskinstance import TaskInstance
from airflow.models.xcom import XComModel
from airflow.utils.session import create_session
from support.nights import NIGHTS, Inbox


def main():
    folder = Path(sys.argv[1])
    inbox, told = Inbox(folder), []
    dag = DagBag(folder / "dags").dags["tokumei_nightly"]
    for task in dag.tasks:
        task.retries, task.retry_delay, task.retry_exponential_backoff = 1, timedelta(0), False
    for day, night in NIGHTS.items():
        if night.kind == "asleep":
            inbox.happens("whole", day)
        for call in night.calls:
            inbox.happens(call.happens, day)
            if "killed" in call.happens:
                (folder / "kill").touch()
            first, last = call.days or (day, day)
            outcomes = [outcome(dag, folder, one) for one in range(first, last + 1)]
            told.append([day, call.happens, outcomes])
    with create_session() as session:
        xcoms = session.query(XComModel).count()
    sys.stdout.write(json.dumps({"told": told, "xcoms": xcoms}) + "\n")


def outcome(dag, folder, day):
    """A word for what a run did, and how often it was tried."""
    alerts, before = folder / "alerts", there(folder)
    begun = len(alerts.read_text()) if alerts.exists() else 0
    run = dag.test(logical_date=pendulum.datetime(2026, 4, day, 2, 15, tz="Asia/Tokyo"))
    with create_session() as session:
        (found,) = session.query(TaskInstance).filter_by(dag_id=run.dag_id, run_id=run.run_id)
        state, tries = str(found.state), found.try_number
    if state != "success":
        return [re.search(r"\[([a-z_.]+)\]", alerts.read_text()[begun:])[1], tries]
    new, gone = (now - then for now, then in zip(there(folder), before, strict=True))
    return ["already" if not new else "replaces" if gone else "released", tries]


def there(folder):
    """The manifests, and the withdrawals, that are there."""
    return [{*(folder / "out/releases").glob(f"*/{name}.json")} for name in ("manifest", "withdrawn")]


if __name__ == "__main__":
    main()
