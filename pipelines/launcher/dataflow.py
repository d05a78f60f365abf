"""Jobs that Dataflow shall run: described for a Flex Template or to look at, and not waited for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tokumei.schemas.errors import PolicyError, TokumeiError, recover

if TYPE_CHECKING:
    import apache_beam as beam
    from apache_beam.runners.runner import PipelineResult


def described_only(pipeline: beam.Pipeline) -> str:
    """Say what becomes of a graph that is only to be described; empty where it is to be run."""
    from apache_beam.options.pipeline_options import GoogleCloudOptions, TestOptions

    if not _is_dataflow(pipeline):
        return ""
    if pipeline.options.view_as(TestOptions).dry_run:
        return "dry run: the job was built, and not submitted"
    template = pipeline.options.view_as(GoogleCloudOptions).template_location
    return f"the job is described in {template}" if template else ""


def refuse_missing_buckets(beam_args: Sequence[str]) -> None:
    """Look at the buckets that Dataflow needs for itself; Beam would ask for one in vain for minutes.

    Raises:
        InputError: one of them is not there, or cannot be read.
    """
    from apache_beam.options.pipeline_options import (
        GoogleCloudOptions,
        PipelineOptions,
        StandardOptions,
        TestOptions,
    )

    from tokumei.transforms.storage.places import open_store

    options = PipelineOptions(list(beam_args))
    runner = str(options.view_as(StandardOptions).runner).rsplit(".", 1)[-1]
    if runner != "DataflowRunner" or options.view_as(TestOptions).dry_run:
        return
    places = options.view_as(GoogleCloudOptions)
    for uri in (places.temp_location, places.staging_location):
        if uri and uri.startswith("gs://"):
            open_store(uri).glob(f"{uri.rstrip('/')}/pipeline.pb")


def refuse_what_workers_lack(pipeline: beam.Pipeline, uris: Iterable[str]) -> None:
    """Check what Dataflow's workers, which are machines of their own, need of a job that is to run.

    Args:
        pipeline: with its options.
        uris: what the job reads and writes.

    Raises:
        PolicyError: something lies on this machine's disk, or the workers would not have Tokumei.
    """
    from apache_beam.options.pipeline_options import SetupOptions, TestOptions, WorkerOptions

    if not _is_dataflow(pipeline) or pipeline.options.view_as(TestOptions).dry_run:
        return
    setup = pipeline.options.view_as(SetupOptions)
    image = pipeline.options.view_as(WorkerOptions).sdk_container_image
    if not (image or setup.extra_packages or setup.setup_file):
        raise PolicyError(
            "usage.image",
            where="--sdk_container_image",
            what="Dataflow's own image, which its workers would use, holds no Tokumei",
            fix="give the image that deploy/Dockerfile builds",
        )
    for uri in uris:
        if not uri.startswith("gs://"):
            raise PolicyError(
                "usage.local",
                where=uri,
                what="this lies on the launcher's own disk, which Dataflow's workers cannot reach",
                fix="put inputs, population and output into Cloud Storage (gs://)",
            )


def describe_done(beam_args: Sequence[str], release_id: str) -> None:
    """Describe a job that ends at once, where one is asked for: a Flex Template without a job has failed.

    Args:
        beam_args: Beam's options; nothing is done where they ask for no description.
        release_id: the release that exists already.

    Raises:
        InputError: a bucket that Dataflow needs is not there, or cannot be read.
        TokumeiError: Dataflow does not take the job.
    """
    if not any(arg.split("=", 1)[0] == "--template_location" for arg in beam_args):
        return
    import apache_beam as beam
    from apache_beam.options.pipeline_options import PipelineOptions

    refuse_missing_buckets(beam_args)
    pipeline = beam.Pipeline(options=PipelineOptions(list(beam_args)))
    if described_only(pipeline):
        pipeline | "AlreadyReleased" >> beam.Create([release_id]).with_output_types(str)
        submit(pipeline)


def submit(pipeline: beam.Pipeline) -> PipelineResult:
    """Hand a graph to its engine.

    Raises:
        TokumeiError: Dataflow, or a bucket that it needs, does not take the job.
    """
    try:
        return pipeline.run()
    except Exception as error:
        if not _is_dataflow(pipeline) or recover(error):
            raise
        raise TokumeiError(
            "engine.refused",
            where="--runner=DataflowRunner",
            what=f"the job could not be submitted ({type(error).__name__}); nothing was released",
            fix="check --project, --region, --staging_location, --temp_location and this account's roles",
        ) from None


def _is_dataflow(pipeline: beam.Pipeline) -> bool:
    return type(pipeline.runner).__name__ == "DataflowRunner"
