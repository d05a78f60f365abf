"""A release on an engine, from the empty pipeline to its end, however it ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tokumei.pipelines.launcher.stopping import give_up
from tokumei.pipelines.launcher.voice import VERBOSE

if TYPE_CHECKING:
    import apache_beam as beam

    from tokumei.pipelines.launcher.following import Seen
    from tokumei.pipelines.launcher.voice import Voice
    from tokumei.schemas.splits import TableFile
    from tokumei.transforms.planning.plan import Plan


@dataclass(frozen=True)
class Ran:
    """How a job went.

    Attributes:
        described: what became of a job that was only to be described; empty of one that has run.
        stages: those that were seen.
        counters: the engine's, of ours, by name.
    """

    described: str = ""
    stages: Sequence[Seen] = ()
    counters: Mapping[str, int] = field(default_factory=dict)


def release_on(pipeline: beam.Pipeline, plan: Plan, files: Sequence[TableFile], voice: Voice) -> Ran:
    """Run a release on the engine that a pipeline's options name, and wait for it.

    However it ends, what is said of it is true, and stays so: an attempt is cancelled before it is said that
    nothing is published (`stopping`). What it wrote is removed once its job has surely ended.

    Args:
        pipeline: empty, with its options.
        plan: the run.
        files: those that were planned.
        voice: says how far it is.

    Returns:
        How it went, once the release is published or the job described.

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
        return _run(pipeline, plan, files, voice)
    with quiet(engine=True, kept=voice.engine_log):
        build(pipeline, plan, files)
        submit(pipeline)
    return Ran(described)


def _run(pipeline: beam.Pipeline, plan: Plan, files: Sequence[TableFile], voice: Voice) -> Ran:
    from tokumei.pipelines.launcher.following import expected_of
    from tokumei.pipelines.launcher.job import Job
    from tokumei.pipelines.launcher.plain_beam import states_unsampled, steps_unpacked
    from tokumei.pipelines.launcher.terminal import quiet
    from tokumei.pipelines.launcher.watching import Watching
    from tokumei.transforms.engine.spill import spilling
    from tokumei.transforms.planning.kept_chunks import keeping
    from tokumei.transforms.release.attempt import release_dir
    from tokumei.transforms.release.manifest import MANIFEST
    from tokumei.transforms.stages.anonymize import build
    from tokumei.transforms.storage.places import open_store

    store = open_store(plan.output)
    job = Job(pipeline, plan.attempt)
    watching = Watching(voice, expected_of(files, plan.sample), job.look)
    try:
        with watching, quiet(engine=True, kept=voice.engine_log):
            store.check_writable(store.join(release_dir(plan, store), MANIFEST))  # not only after hours
            build(pipeline, plan, files)
            with ExitStack() as alone:
                if job.in_this_process:
                    alone.enter_context(spilling())
                    alone.enter_context(keeping())
                    alone.enter_context(steps_unpacked())
                    alone.enter_context(states_unsampled())
                job.run()
            counters = job.counters()
            watching.take(counters)
    except (Exception, KeyboardInterrupt) as error:
        with quiet(engine=True, kept=voice.engine_log):
            give_up(plan, job, error)
            counters = job.counters()
    if counters:
        told = ", ".join(f"{name} {n:,}" for name, n in sorted(counters.items()))
        voice.say("counters", f"counters of the engine: {told}", level=VERBOSE, counters=counters)
    return Ran(stages=watching.stages(), counters=counters)
