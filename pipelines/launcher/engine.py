"""A release on an engine, from the empty pipeline to its end, however it ends."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from tokumei.pipelines.launcher.stopping import give_up

if TYPE_CHECKING:
    import apache_beam as beam

    from tokumei.schemas.splits import TableFile
    from tokumei.transforms.planning.plan import Plan


def release_on(pipeline: beam.Pipeline, plan: Plan, files: Sequence[TableFile]) -> str:
    """Run a release on the engine that a pipeline's options name, and wait for it.

    However it ends, what is said of it is true, and stays so: an attempt is cancelled before it is said that
    nothing is published (`stopping`). What it wrote is removed once its job has surely ended.

    Args:
        pipeline: empty, with its options.
        plan: the run.
        files: those that were planned.

    Returns:
        What became of a job that was only to be described; empty once the release is published.

    Raises:
        TokumeiError: of the kind that the cause has, wherever the engine met it.
        KeyboardInterrupt: told to stop once more, while it was stopping.
        Exception: anything unexpected, as the engine raised it.
    """
    from tokumei.pipelines.launcher.dataflow import described_only, refuse_what_workers_lack, submit
    from tokumei.pipelines.launcher.terminal import quiet
    from tokumei.transforms.stages.anonymize import build

    refuse_what_workers_lack(pipeline, [*(f.file.uri for f in files), plan.output])
    described = described_only(pipeline)
    if not described:
        _run(pipeline, plan, files)
        return ""
    with quiet(engine=True):
        build(pipeline, plan, files)
        submit(pipeline)
    return described


def _run(pipeline: beam.Pipeline, plan: Plan, files: Sequence[TableFile]) -> None:
    from tokumei.pipelines.launcher.job import Job
    from tokumei.pipelines.launcher.plain_beam import steps_unpacked
    from tokumei.pipelines.launcher.terminal import Progress, quiet
    from tokumei.transforms.engine.spill import spilling
    from tokumei.transforms.planning.kept_chunks import keeping
    from tokumei.transforms.release.attempt import release_dir
    from tokumei.transforms.release.manifest import MANIFEST
    from tokumei.transforms.stages.anonymize import build
    from tokumei.transforms.storage.places import open_store

    store = open_store(plan.output)
    job = Job(pipeline, plan.attempt)
    try:
        with Progress(), quiet(engine=True):
            store.check_writable(store.join(release_dir(plan, store), MANIFEST))  # not only after hours
            build(pipeline, plan, files)
            with ExitStack() as alone:
                if job.in_this_process:
                    alone.enter_context(spilling())
                    alone.enter_context(keeping())
                    alone.enter_context(steps_unpacked())
                job.run()
    except (Exception, KeyboardInterrupt) as error:
        with quiet(engine=True):
            give_up(plan, job, error)
