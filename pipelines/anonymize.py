"""The job `tokumei anonymize`: a policy and its files become a release with its register entry."""

from __future__ import annotations

import argparse
import difflib
import secrets
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from tokumei.pipelines.cli import run_as_program
from tokumei.schemas.errors import InputError, PolicyError, TokumeiError, recover

if TYPE_CHECKING:
    import apache_beam as beam
    from apache_beam.pvalue import PCollection
    from apache_beam.runners.runner import PipelineResult

    from tokumei.schemas.policy import Policy
    from tokumei.schemas.splits import TableFile
    from tokumei.transforms.planning.plan import Plan
    from tokumei.transforms.release.publish import Published


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the job's own arguments; everything else goes to Beam unchanged."""
    parser.add_argument(
        "policy", metavar="POLICY.yaml", help="path or gs:// URI: what the file is and how it is treated"
    )
    parser.add_argument("--output", help="directory or gs:// URI (default: output.directory of the policy)")
    parser.add_argument("--release-id", help="name of the release (default: derived from policy and inputs)")


def build(pipeline: beam.Pipeline, plan: Plan, files: Sequence[TableFile]) -> PCollection[Published]:
    """Wire the graph.

    ``files → splits → pass 1 profile (→ rare combinations) → pass 2 classes → pass 3 criteria and parts
    → verify → publish``. Pass 2 reads only tables whose classes pass 1 could not count on its way.
    Only splits, profiles, histograms, decisions and summaries are shuffled; records never are. The steps of
    the sharded search are there only if the files are large enough to need them.
    """
    import apache_beam as beam

    from tokumei.schemas.splits import TableFile
    from tokumei.transforms.stages.combinations import RemoveCombinations
    from tokumei.transforms.stages.profile import DrawKey, FitCriteria, ProfileSplits
    from tokumei.transforms.stages.read import PlanSplits
    from tokumei.transforms.stages.recode import ChooseRecoding, CountClasses
    from tokumei.transforms.stages.release import AnonymizeSplits, PublishRelease
    from tokumei.transforms.stages.sharded import ChooseSharded

    splits = (
        pipeline
        | "Files" >> beam.Create(list(files)).with_output_types(TableFile)
        | "PlanSplits" >> PlanSplits(plan.sources)
    )
    key = pipeline | "Run" >> beam.Impulse() | "DrawKey" >> DrawKey()
    profile = splits | "Profile" >> ProfileSplits(plan, key)
    fits = splits | "FitCriteria" >> FitCriteria(plan, key, profile)
    fits = splits | "RemoveCombinations" >> RemoveCombinations(plan, key, fits)
    histograms = splits | "CountClasses" >> CountClasses(plan, key, fits)
    sharded = plan.may_outgrow_a_worker(files)
    choose = ChooseSharded if sharded else ChooseRecoding
    chosen = histograms | "ChooseRecoding" >> choose(plan, key, profile, fits)
    written, people = splits | "Anonymize" >> AnonymizeSplits(plan, key, chosen)
    return written | "Publish" >> PublishRelease(plan, key, chosen, people)


def make_plan(policy_path: str, output: str | None, release_id: str | None) -> tuple[Plan, list[TableFile]]:
    """Read the policy, find the files, compare their headers, and fix the release id.

    Raises:
        PolicyError: the policy or the arguments are wrong.
        InputError: no file is found, or its columns are not those declared.
    """
    from tokumei.pipelines.check import check_files, refuse_released
    from tokumei.transforms.planning.plan import Plan, fingerprint, plan_populations, plan_tables
    from tokumei.transforms.storage.policy_folder import folder_of, read_policy

    policy, base = read_policy(policy_path), folder_of(policy_path)
    target = output_of(policy, base, output)
    tables = plan_tables(policy, base)
    populations = plan_populations(tables)
    files = check_files([*tables.values(), *populations.values()], base)
    refuse_released([f.file.uri for f in files], target)
    work = fingerprint(policy, tables, [[f.table, *f.file] for f in files])
    name = release_id or f"r-{work[:16]}"
    return Plan(policy, tables, populations, target, name, work, secrets.token_hex(6)), files


def output_of(policy: Policy, base: str, output: str | None) -> str:
    """Return where a policy's release is written: ``output``, or what the policy says, from its folder on.

    Raises:
        PolicyError: neither says it, or it is no place that can be written to.
    """
    from tokumei.pipelines.check import is_text
    from tokumei.transforms.storage.policy_folder import locate

    target = output or (policy.output.directory and locate(base, policy.output.directory))
    if not target:
        raise PolicyError(
            "usage.output",
            where="--output",
            what="there is nowhere to write the release",
            fix="give --output DIR, or output.directory in the policy",
        )
    if "://" in target and not target.startswith("gs://"):
        raise PolicyError(
            "usage.output",
            where="--output",
            what="a release can be written only to a local path or a gs:// URI",
            fix="give --output DIR or --output gs://bucket/folder",
        )
    if not is_text(target):
        raise PolicyError(
            "usage.output",
            where="--output",
            what="the path is not UTF-8",
            fix="name a directory by characters that are text",
        )
    if "://" not in target:
        target = str(Path(target).absolute())  # workers elsewhere have another working directory
    return target


def run(args: argparse.Namespace, beam_args: Sequence[str]) -> int:
    """Run the job; returns 0 once the release is published, also when it already was.

    What is published already needs no engine: a scheduler's second run does not even import Beam, unless
    there are options of Beam to check.
    """
    from tokumei.pipelines.launcher.dataflow import describe_done
    from tokumei.pipelines.launcher.terminal import quiet

    with quiet():
        from tokumei.transforms.release.publish import find_published, finish
        from tokumei.transforms.storage.base import open_store

        if beam_args:
            _refuse_unknown_options(_pinned_runner(beam_args))
    if args.release_id is not None and not _good_id(args.release_id):
        raise PolicyError(
            "usage.release_id",
            where="--release-id",
            what="a release id has 1 to 64 letters, digits, dots, dashes and underscores, and starts with"
            " a letter or digit",
            fix="for example --release-id 2026-11-23",
        )
    plan, files = make_plan(args.policy, args.output, args.release_id)
    store = open_store(plan.output)
    if find_published(plan, store):
        finish(plan, store)  # completes a run that died between its manifest and its register entry
        print("already released: same policy, same inputs")
        _tell(plan)
        with quiet():
            describe_done(_pinned_runner(beam_args), plan.release_id)
        return 0
    with quiet():
        pipeline = _empty_pipeline(_pinned_runner(beam_args))
    try:
        return _run_on(pipeline, plan, files)
    finally:
        shutil.rmtree(pipeline.local_tempdir, ignore_errors=True)  # Beam does so only if it was run


def _run_on(pipeline: beam.Pipeline, plan: Plan, files: Sequence[TableFile]) -> int:
    from tokumei.pipelines.launcher.dataflow import described_only, refuse_what_workers_lack, submit
    from tokumei.pipelines.launcher.terminal import Progress, quiet
    from tokumei.transforms.release.manifest import MANIFEST
    from tokumei.transforms.release.publish import discard, release_dir
    from tokumei.transforms.storage.base import open_store

    store = open_store(plan.output)
    refuse_what_workers_lack(pipeline, [*(f.file.uri for f in files), plan.output])
    if described := described_only(pipeline):
        with quiet(engine=True):
            build(pipeline, plan, files)
            submit(pipeline)
        print(described)
        return 0
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
    _tell(plan)
    return 0


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


def _good_id(text: str) -> bool:
    import re

    return re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", text) is not None


def _pinned_runner(beam_args: Sequence[str]) -> list[str]:
    """Beam's own DirectRunner may fetch and switch to another engine; ours always means in process."""
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


def _empty_pipeline(args: Sequence[str]) -> beam.Pipeline:
    """Return a pipeline with Beam's options.

    Raises:
        PolicyError: an option has a bad value, or the runner lacks one that it needs.
    """
    import apache_beam as beam
    from apache_beam.options.pipeline_options import PipelineOptions

    from tokumei.pipelines.launcher.dataflow import refuse_missing_buckets

    try:
        refuse_missing_buckets(args)
        return beam.Pipeline(options=PipelineOptions(list(args)))
    except (
        ValueError,
        ImportError,
        AttributeError,
    ) as error:  # nothing has been read: it quotes options only
        raise PolicyError(
            "usage.engine",
            where=next((a for a in args if a.startswith("--runner=")), "--runner"),
            what=" ".join(str(error).split()),
            fix="correct the Beam options",
        ) from None


# Runners whose job server declares options of its own, which only it can check.
_WITH_JOB_SERVER = frozenset({"FlinkRunner", "SparkRunner", "PortableRunner", "PrismRunner"})


def _refuse_unknown_options(args: Sequence[str]) -> None:
    """Refuse what neither Tokumei nor Beam knows; Beam itself would pass over it."""
    from apache_beam.options import pipeline_options

    class Parser(pipeline_options._BeamArgumentParser):
        def error(self, message: str) -> NoReturn:
            raise PolicyError(
                "usage", where="tokumei anonymize", what=message, fix="correct the Beam options"
            )

    parser = Parser(add_help=False, allow_abbrev=False)
    for group in pipeline_options.PipelineOptions.__subclasses__():
        group._add_argparse_args(parser)
    known, unknown = parser.parse_known_args(list(args))
    ours = ["--output", "--release-id", "--json"]
    served = str(known.runner).rsplit(".", 1)[-1] in _WITH_JOB_SERVER
    names = (
        ours if served else [*ours, *(name for action in parser._actions for name in action.option_strings)]
    )
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


def _tell(plan: Plan) -> None:
    import json

    from tokumei.transforms.release.publish import release_dir
    from tokumei.transforms.storage.base import open_store

    store = open_store(plan.output)
    base = release_dir(plan, store)
    uri = store.join(base, "manifest.json")
    if not store.exists(uri):
        raise InputError(
            "release.missing",
            where=uri,
            what="the job ended without a release",
            fix="look at the engine's log",
        )
    manifest = json.loads(store.read(uri)[0])
    report = json.loads(store.read(store.join(base, "report.json"))[0])
    records = sum(t["records"] for t in manifest["tables"].values())
    print(f"released {records:,} records of {manifest['people']:,} people")
    for table in report["tables"]:
        left_out = {k: table[f"records_{k}"] for k in ("rejected", "dropped", "suppressed")}
        told = ", ".join(f"{n:,} {k}" for k, n in left_out.items() if n) or "none left out"
        print(f"  {table['name']}: {table['records_out']:,} of {table['records_in']:,} records ({told})")
        declared = plan.policy.tables[table["name"]].columns
        for column in table["columns"]:
            for spec, step in zip(declared[column["name"]].treat, column["steps"], strict=False):
                if spec.reads:
                    _tell_blanks(column["name"], step["counts"])
        for level in (table["recoding"] or {"levels": ()})["levels"]:
            at = f"level {level['level']}"
            if level["level"] is None:
                at = f"levels {level['finest']} to {level['coarsest']}"
            print(f"    {level['column']}: {at} of {level['levels'] - 1} ({level['label']})")
    print(f"  release:  {base}")
    print(f"  report:   {store.join(base, 'report.html')}")
    print(f"  notice:   {store.join(base, 'notice.md')}")
    print(f"  register: {store.join(plan.output, 'register', 'index.html')}")


def _tell_blanks(column: str, counts: dict[str, int]) -> None:
    """Say how many values a method could not read; what rarity blanked stands in the report."""
    if counts.get("cells_blanked"):
        blank, values = counts["cells_blanked"], counts["cells_changed"]
        print(f"    {column}: {blank:,} of {values:,} values were not understood and are blank")


if __name__ == "__main__":
    run_as_program(__spec__)
