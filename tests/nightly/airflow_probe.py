"""Run by a real Airflow's Python: load the DAGs of a folder, run the nightly one twice, tell what happened.

Prints one JSON object on the last line of stdout; all before it is what Airflow logs.
"""

import json
import sys
from datetime import timedelta

import pendulum
from airflow.dag_processing.dagbag import DagBag
from airflow.models.asset import AssetDagRunQueue, AssetEvent
from airflow.models.taskinstance import TaskInstance
from airflow.models.xcom import XComModel
from airflow.sdk.definitions import dag as definitions
from airflow.serialization.serialized_objects import DagSerialization
from airflow.utils.session import create_session


def structure(dag):
    """What of the DAG is agreed; read back from its serialized form where the scheduler sees only that."""
    stored = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))
    return {
        "tasks": {t.task_id: t.command for t in dag.tasks},
        "upstream": sorted(up for t in dag.tasks for up in t.upstream_task_ids),
        "catchup": stored.catchup,
        "max_active_runs": stored.max_active_runs,
        "max_active_tasks": stored.max_active_tasks,
        "dagrun_timeout": stored.dagrun_timeout.total_seconds(),
        "cron": dag.timetable.expression,
        "timezone": str(dag.timetable.timezone),
        "retries": sorted({t.retries for t in dag.tasks}),
        "execution_timeout": sorted({t.execution_timeout.total_seconds() for t in dag.tasks}),
        "xcom": sorted({t.do_xcom_push for t in dag.tasks}),
        "alerts": sorted({len(t.on_failure_callback) for t in dag.tasks}),
        "outlets": {t.task_id: [alias.name for alias in t.outlets] for t in dag.tasks},
    }


def outcome(run):
    """State and number of tries of every task of the run."""
    with create_session() as session:
        found = session.query(TaskInstance).filter_by(dag_id=run.dag_id, run_id=run.run_id)
        return {ti.task_id: [str(ti.state), ti.try_number] for ti in found}


def deferrals():
    """Let triggers fire at once, and return a list that grows by what each deferred task is resumed with.

    Where a trigger tells an event, `dag.test` forgets what the task asked to be resumed with, which the
    scheduler adds the event to.
    """
    seen = []

    def fire(trigger, ti):
        assert trigger.moment > pendulum.now("UTC").add(seconds=50)
        assert run_inline(type(trigger)(moment=pendulum.now("UTC")), ti) is not None
        seen.append(ti.task_id)

    run_inline, definitions._run_inline_trigger = definitions._run_inline_trigger, fire
    return seen


def main():
    bag = DagBag(sys.argv[1])
    told = {"errors": bag.import_errors, "dags": sorted(bag.dags), "runs": []}
    told["misspelt"] = list(DagBag(sys.argv[2]).import_errors.values())
    dag = bag.dags["tokumei_nightly"]
    told["structure"] = structure(dag)
    deferred = deferrals()
    for task in dag.tasks:
        task.retry_delay = timedelta(0)
        task.retry_exponential_backoff = False
        if task.task_id == "hangs":
            task.retries, task.execution_timeout = 0, timedelta(seconds=5)
    runs = [dag.test() for _ in range(2)]
    told["runs"], told["deferred"] = [outcome(run) for run in runs], deferred
    runs[-1].execute_dag_callbacks(dag, success=False, reason="timed_out")
    with create_session() as session:
        told["xcoms"] = session.query(XComModel).count()
        events = session.query(AssetEvent)
        told["events"] = [[e.asset.name, e.extra, e.source_run_id == runs[0].run_id] for e in events]
        told["to_run"] = [queued.target_dag_id for queued in session.query(AssetDagRunQueue)]
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
