"""Counting ledgers on an engine, from the empty pipeline to the site that is written."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import apache_beam as beam

    from tokumei.transforms.figures.account import YearAsked


def count_on(pipeline: beam.Pipeline, folders: Sequence[str], asked: YearAsked) -> str:
    """Count ledgers on the engine that a pipeline's options name, and wait until their site is written.

    Args:
        pipeline: empty, with its options.
        folders: of the ledgers.
        asked: year, last day and directory of the site.

    Returns:
        What became of a job that was only to be described; else empty.

    Raises:
        TokumeiError: of the kind that the cause has, wherever the engine met it.
        KeyboardInterrupt: told to stop.
    """
    from tokumei.pipelines.launcher.dataflow import described_only, refuse_what_workers_lack, submit
    from tokumei.pipelines.launcher.job import Job
    from tokumei.pipelines.launcher.plain_beam import steps_unpacked
    from tokumei.pipelines.launcher.terminal import quiet
    from tokumei.transforms.stages.figures import CountLedgers

    refuse_what_workers_lack(pipeline, [*folders, asked.output])
    described = described_only(pipeline)
    job = Job(pipeline, f"figures-{asked.year}")
    with quiet(engine=True):
        pipeline | CountLedgers(folders, asked)
        if described:
            submit(pipeline)
            return described
        try:
            with ExitStack() as alone:
                if job.in_this_process:
                    alone.enter_context(steps_unpacked())
                job.run()
        except (Exception, KeyboardInterrupt):
            job.end()  # what it wrote is whole, file by file, and written again by the next
            raise
    return ""
