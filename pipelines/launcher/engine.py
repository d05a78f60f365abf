"""A release on an engine, from the empty pipeline to its end, however it ends."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from tokumei.schemas.errors import TokumeiError, recover

if TYPE_CHECKING:
    import apache_beam as beam
    from apache_beam.runners.runner import PipelineResult

    from tokumei.schemas.splits import TableFile
    from tokumei.transforms.planning.plan import Plan


def release_on(pipeline: beam.Pipeline, plan: Plan, files: Sequence[TableFile]) -> str:
    """Run a release on the engine that a pipeline's options name, and wait for it.

    What an attempt wrote is removed where it ends without a release; a job that may still run keeps it.

    Args:
        pipeline: empty, with its options.
        plan: the run.
        files: those that were planned.

    Returns:
        What became of a job that was only to be described; empty once the release is published.

    Raises:
        TokumeiError: of the kind that the cause has, wherever the engine met it.
        KeyboardInterrupt: the run was told to stop.
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
    from tokumei.pipelines.launcher.dataflow import submit
    from tokumei.pipelines.launcher.terminal import Progress, quiet
    from tokumei.transforms.release.manifest import MANIFEST
    from tokumei.transforms.release.publish import discard, release_dir
    from tokumei.transforms.stages.anonymize import build
    from tokumei.transforms.storage.places import open_store

    store = open_store(plan.output)
    result = None
    try:
        with Progress(), quiet(engine=True):
            store.check_writable(store.join(release_dir(plan, store), MANIFEST))  # not only after hours
            build(pipeline, plan, files)
            result = submit(pipeline)
            result.wait_until_finish()
    except Exception as error:
        known = recover(error)
        if known is None and "KeyboardInterrupt" in str(error):  # an engine wraps it like any other
            raise KeyboardInterrupt from None
        if known is None:
            raise
        raise known from None
    finally:
        if result is None or _ended(result):
            with suppress(TokumeiError):
                discard(plan)


def _ended(result: PipelineResult) -> bool:
    """Stop what may still run on an engine elsewhere; return whether it surely has ended.

    Until then its parts must stay: it could publish a manifest that lists them.
    """
    from apache_beam.runners.runner import PipelineState

    with suppress(Exception):  # the engine cannot be reached; what it leaves, the next run removes
        if not PipelineState.is_terminal(result.state):
            result.cancel()
        return bool(PipelineState.is_terminal(result.state))
    return False
