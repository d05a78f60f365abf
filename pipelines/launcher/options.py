"""Beam's options: the runner is pinned, what nobody knows is refused, the rest goes to Beam unchanged."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NoReturn

from tokumei.schemas.errors import PolicyError

if TYPE_CHECKING:
    import apache_beam as beam

# Beam's groups of options that a job in process knows.
_IN_PROCESS = ("StandardOptions", "DirectOptions", "TypeOptions", "DebugOptions", "ProfilingOptions")
# Runners whose job server declares options of its own, which only it can check.
_WITH_JOB_SERVER = frozenset({"FlinkRunner", "SparkRunner", "PortableRunner", "PrismRunner"})


def pin_runner(beam_args: Sequence[str]) -> list[str]:
    """Return the options with a runner, in process where none is named.

    Beam's own DirectRunner may fetch and switch to another engine; ours always means in process.
    """
    args = list(beam_args)
    named = [i for i, a in enumerate(args) if a == "--runner" or a.startswith("--runner=")]
    if not named:
        return ["--runner=FnApiRunner", *args]
    for i in named:
        if args[i] == "--runner=DirectRunner":
            args[i] = "--runner=FnApiRunner"
        elif args[i] == "--runner" and args[i + 1 : i + 2] == ["DirectRunner"]:
            args[i + 1] = "FnApiRunner"
    return args


def refuse_unknown(beam_args: Sequence[str]) -> None:
    """Refuse what neither Tokumei nor Beam knows, or what the runner would pass over, as Beam itself does.

    Raises:
        PolicyError: an option is unknown, lacks its value, or means nothing to this runner.
    """
    from apache_beam.options import pipeline_options

    _refuse_dry_run(beam_args)

    class Parser(pipeline_options._BeamArgumentParser):
        def error(self, message: str) -> NoReturn:
            raise PolicyError(
                "usage", where="tokumei anonymize", what=message, fix="correct the Beam options"
            )

    parser = Parser(add_help=False, allow_abbrev=False)
    groups = {}
    for group in pipeline_options.PipelineOptions.__subclasses__():
        before = len(parser._actions)
        group._add_argparse_args(parser)
        added = parser._actions[before:]
        groups.update({name: group.__name__ for action in added for name in action.option_strings})
    known, unknown = parser.parse_known_args(list(beam_args))
    names = ["--output", "--release-id", "--json"]
    runner = str(known.runner).rsplit(".", 1)[-1]
    _refuse_ignored(beam_args, runner, groups)
    served = runner in _WITH_JOB_SERVER
    if not served:
        names += (name for action in parser._actions for name in action.option_strings)
    for arg in unknown:
        name = arg.split("=", 1)[0]
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.75)
        if near or not served:
            hint = f"did you mean {near[0]}? " if near else ""
            raise PolicyError(
                "usage.option",
                where=name,
                what="neither tokumei nor Beam has this option",
                fix=f"{hint}see tokumei anonymize --help",
            )


def name_job(pipeline: beam.Pipeline, policy: str, release: str) -> None:
    """Name a job by its policy and release, unless an option does, so that an engine's own page tells it.

    Letters, digits and hyphens are what every engine takes, of at most 63 (Dataflow's labels).
    """
    from apache_beam.options.pipeline_options import GoogleCloudOptions

    names = pipeline.options.view_as(GoogleCloudOptions)
    if not names.job_name:
        told = re.sub("[^a-z0-9]+", "-", f"tokumei-{policy}-{release}".lower())
        names.job_name = told[:63].rstrip("-")


def begins_job_server(beam_args: Sequence[str]) -> bool:
    """Return whether the runner begins a job server of its own, which it ends at exit."""
    from apache_beam.options.pipeline_options import PipelineOptions, PortableOptions, StandardOptions

    options = PipelineOptions(list(beam_args))
    runner = str(options.view_as(StandardOptions).runner).rsplit(".", 1)[-1]
    return runner in _WITH_JOB_SERVER and not options.view_as(PortableOptions).job_endpoint


def _refuse_dry_run(beam_args: Sequence[str]) -> None:
    """Refuse a dry run, however it is spelt, where it would be none."""
    for arg in beam_args:
        name = arg.split("=", 1)[0]
        if re.sub("[-_]", "", name) == "dryrun" and not any("DataflowRunner" in a for a in beam_args):
            raise PolicyError(
                "usage.option",
                where=name,
                what="only a job for Dataflow has a dry run (--dry_run=True); this one would release",
                fix="leave it out; tokumei check looks at a policy and its files and releases nothing",
            )


def _refuse_ignored(beam_args: Sequence[str], runner: str, groups: Mapping[str, str]) -> None:
    """Refuse options of engines where no engine is named."""
    for arg in beam_args:
        name = arg.split("=", 1)[0]
        if runner == "FnApiRunner" and groups.get(name, _IN_PROCESS[0]) not in _IN_PROCESS:
            raise PolicyError(
                "usage.option",
                where=name,
                what="the job would run in process, which does not take this option",
                fix="name the engine that it is for by --runner, or leave it out",
            )


def empty_pipeline(beam_args: Sequence[str]) -> beam.Pipeline:
    """Return a pipeline with Beam's options.

    Raises:
        PolicyError: an option has a bad value, or the runner lacks one that it needs.
        InputError: a bucket that Dataflow needs is not there, or cannot be read.
    """
    import apache_beam as beam

    from tokumei.pipelines.launcher.beam_options import Options
    from tokumei.pipelines.launcher.dataflow import refuse_missing_buckets

    try:
        refuse_missing_buckets(beam_args)
        return beam.Pipeline(options=Options(beam_args))
    except (ValueError, ImportError, AttributeError) as error:
        # Nothing has been read yet: the text can quote options only.
        raise PolicyError(
            "usage.engine",
            where=next((a for a in beam_args if a.startswith("--runner=")), "--runner"),
            what=" ".join(str(error).split()),
            fix="correct the Beam options",
        ) from None
