"""What an OpenLineage event says of a run: its job, parent, inputs and outputs, and the error it ended with.

An event holds names, places, counts and times alone, and of columns those that are released. The classes are
those of OpenLineage's own client; facets as in version 2-0-2 (openlineage.io).
"""

from __future__ import annotations

import datetime as dt
import os
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tokumei.schemas.errors import TokumeiError

if TYPE_CHECKING:
    from openlineage.client.event_v2 import InputDataset, OutputDataset, RunEvent

    from tokumei.pipelines.launcher.account import Account
    from tokumei.schemas.splits import TableFile
    from tokumei.transforms.planning.plan import Plan

_PRODUCER = "urn:tokumei"
_RUNS = uuid.UUID("5d6d5f0a-3a6b-5d0c-9d3e-0d7a6a1c2b52")  # under which the ids of runs are derived
# As OpenLineage's integrations take it: namespace/job/run; the job may have slashes.
_PARENT = re.compile(r"([^/]+)/(.+)/([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})")


@dataclass(kw_only=True)
class Events:
    """Makes the events of one run.

    Attributes:
        account: of the run.
        namespace: of the job.
        parent: ``namespace/job/run`` of the run that has started this one; empty or anything else: none.
        plan, files: the run's work and inputs; None and none until they are known.
    """

    account: Account
    namespace: str
    parent: str
    plan: Plan | None = None
    files: Sequence[TableFile] = ()
    _unknown: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def run(self) -> str:
        """The run's id. Equal work has an equal one, so that a retry is seen to be the same run once more.

        Of a run that ends before its inputs are known, nothing says which work it is: its id is random.
        """
        if self.plan is None:
            return self._unknown
        return str(uuid.uuid5(_RUNS, f"{self.plan.work} {self.plan.output} {self.plan.release_id}"))

    def event(self, kind: str) -> RunEvent:
        """Return an event.

        Args:
            kind: START, COMPLETE, FAIL or ABORT.
        """
        from openlineage.client import event_v2
        from openlineage.client.facet_v2 import job_type_job

        account, plan = self.account, self.plan
        typed = job_type_job.JobTypeJobFacet("BATCH", "TOKUMEI", "JOB", producer=_PRODUCER)
        return event_v2.RunEvent(
            eventTime=dt.datetime.now(dt.UTC).isoformat(),
            producer=_PRODUCER,
            eventType=event_v2.RunState[kind],
            run=event_v2.Run(self.run, self._run_facets()),
            job=event_v2.Job(self.namespace, f"{account.job}.{account.name}", {"jobType": typed}),
            inputs=[] if plan is None else list(_inputs(plan, self.files, account)),
            outputs=[] if plan is None or kind != "COMPLETE" else list(_outputs(plan, account)),
        )

    def _run_facets(self) -> dict[str, Any]:
        from openlineage.client.facet_v2 import error_message_run, parent_run, tags_run

        account = self.account
        facets: dict[str, Any] = {}
        if account.release:
            tag = tags_run.TagsRunFacetFields("release", account.release, "TOKUMEI")
            facets["tags"] = tags_run.TagsRunFacet([tag], producer=_PRODUCER)
        if parent := _PARENT.fullmatch(self.parent):
            namespace, job, run = parent.groups()
            started_by = parent_run.Run(run), parent_run.Job(namespace, job)
            facets["parent"] = parent_run.ParentRunFacet(*started_by, producer=_PRODUCER)
        if account.code:
            error, told = account.error, account.code
            if isinstance(error, TokumeiError):
                told = f"[{error.code}] {_without_credentials(error.where)}: {error.what}"
            facets["errorMessage"] = error_message_run.ErrorMessageRunFacet(
                told, "Python", producer=_PRODUCER
            )
        return facets


def _inputs(plan: Plan, files: Sequence[TableFile], account: Account) -> list[InputDataset]:
    """Return what is read, by place: tables that read the same files are one."""
    from openlineage.client.event_v2 import InputDataset
    from openlineage.client.facet_v2 import input_statistics_input_dataset as statistics

    from tokumei.transforms.storage.policy_folder import folder_of, locate

    records = {t["table"]: t["records_in"] for t in account.tables}
    found: dict[tuple[str, str], InputDataset] = {}
    for table, source in plan.sources.items():
        sizes = [each.file.size for each in files if each.table == table]
        place = _dataset(locate(folder_of(account.policy), source.table.source.path))
        counted = statistics.InputStatisticsInputDatasetFacet(
            rowCount=records.get(table), size=sum(sizes), fileCount=len(sizes), producer=_PRODUCER
        )
        found.setdefault(place, InputDataset(*place, inputFacets={"inputStatistics": counted}))
    return list(found.values())


def _outputs(plan: Plan, account: Account) -> list[OutputDataset]:
    """Return what was published, a dataset a table, with its columns and what was written."""
    from openlineage.client.event_v2 import OutputDataset
    from openlineage.client.facet_v2 import dataset_version_dataset, schema_dataset
    from openlineage.client.facet_v2 import output_statistics_output_dataset as statistics

    if account.outcome is None:
        return []
    found = []
    for name, table in account.outcome.manifest["tables"].items():
        columns = plan.policy.tables[name].columns
        fields = [
            schema_dataset.SchemaDatasetFacetFields(
                each["name"],
                each["type"],
                columns[each["name"]].released_as or columns[each["name"]].title,
                number,
            )
            for number, each in enumerate(table["columns"], 1)
        ]
        size = sum(file["bytes"] for file in table["files"])
        written = statistics.OutputStatisticsOutputDatasetFacet(
            table["records"], size, len(table["files"]), producer=_PRODUCER
        )
        facets = {
            "schema": schema_dataset.SchemaDatasetFacet(fields, producer=_PRODUCER),
            "version": dataset_version_dataset.DatasetVersionDatasetFacet(
                account.release, producer=_PRODUCER
            ),
        }
        place = _dataset(f"{account.outcome.places['uri']}/data/{name}")
        found.append(OutputDataset(*place, facets=facets, outputFacets={"outputStatistics": written}))
    return found


def _dataset(uri: str) -> tuple[str, str]:
    """Return namespace and name of a place; of a pattern, those of the folder that all of it lies in."""
    folder = re.split(r"/[^/]*[*?\[]", uri)[0]
    if not folder.startswith("gs://"):
        return "file", os.path.normpath(folder or "/")
    bucket, _, key = _without_credentials(folder)[len("gs://") :].partition("/")
    return f"gs://{bucket}", key or "/"


def _without_credentials(text: str) -> str:
    return re.sub(r"(://)[^/@\s]*@", r"\1", text)
