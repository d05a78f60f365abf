"""The job `tokumei anonymize`: a policy and its files become a release with its register entry."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING

from tokumei.pipelines.cli import run_as_program
from tokumei.pipelines.launcher.aftermath import accounted, add_aftermath
from tokumei.pipelines.launcher.settings import add_settings, days_of, told_with_day
from tokumei.pipelines.launcher.voice import Voice, voice_of
from tokumei.pipelines.launcher.waiting import once_complete, seconds

if TYPE_CHECKING:
    from tokumei.pipelines.launcher.account import Account
    from tokumei.transforms.planning.plan import Plan


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the job's own arguments; everything else goes to Beam unchanged."""
    parser.add_argument(
        "policy", metavar="POLICY.yaml", help="path or gs:// URI: what the file is and how it is treated"
    )
    parser.add_argument("--output", help="directory or gs:// URI (default: output.directory of the policy)")
    parser.add_argument("--release-id", help="name of the release (default: derived from policy and inputs)")
    add_settings(parser, days=True)
    parser.add_argument(
        "--wait", type=seconds, metavar="TIME", help="wait for inputs that are not complete: 90s, 30m, 2h"
    )
    add_aftermath(parser)


def run(args: argparse.Namespace, beam_args: Sequence[str]) -> int:
    """Run the job; returns 0 once the release is published, also when it already was.

    Of a range of dates each day is a release, in order; the first that fails ends the job, and the same
    command goes on from there. What is published already needs no engine: a scheduler's second run does not
    even import Beam, unless there are options of Beam to check.

    Raises:
        PolicyError: the policy, or an argument or option, is wrong.
        InputError: the input cannot be read as declared, or storage fails.
        RequirementError: a requirement cannot be met or verification failed; nothing is released.
        AlreadyPublishedError: the release id is published with other content.
    """
    voice = voice_of(args)
    for settings in days_of(args):
        with accounted(args, voice, settings.get("date", "")) as account, told_with_day(args, settings):
            _release(args, settings, beam_args, account, voice)
    return 0


def _release(
    args: argparse.Namespace,
    settings: Mapping[str, str],
    beam_args: Sequence[str],
    account: Account,
    voice: Voice,
) -> None:
    from tokumei.pipelines.launcher.dataflow import describe_done
    from tokumei.pipelines.launcher.engine import release_on
    from tokumei.pipelines.launcher.options import (
        begins_job_server,
        empty_pipeline,
        name_job,
        pin_runner,
        refuse_unknown,
    )
    from tokumei.pipelines.launcher.outcome import warnings_of_alike
    from tokumei.pipelines.launcher.own_process import one_temporary_folder
    from tokumei.pipelines.launcher.plain_beam import import_beam
    from tokumei.pipelines.launcher.terminal import quiet

    options = pin_runner(beam_args)
    with quiet():  # libraries log while they are imported
        from tokumei.transforms.planning.ahead import reading_ahead
        from tokumei.transforms.planning.prepare import make_plan
        from tokumei.transforms.release.alike import files_alike
        from tokumei.transforms.release.deliveries import beside_delivered
        from tokumei.transforms.release.earlier import beside_earlier
        from tokumei.transforms.release.publish import find_published, finish
        from tokumei.transforms.storage.places import open_store

        if beam_args:
            refuse_unknown(options)
    planned = partial(make_plan, args.policy, args.output, args.release_id, settings)
    plan, files = once_complete(planned, args.wait)
    account.release, account.output = plan.release_id, plan.output
    if account.lineage is not None:
        account.lineage.begin(plan, files)
    store = open_store(plan.output)
    if find_published(plan, store):
        finish(plan, store)  # completes a run that died between its manifest and its register entry
        account.already = True
        _tell(args, plan, account, voice)
        with quiet():
            describe_done(options, plan.release_id)
        return
    plan = beside_earlier(beside_delivered(plan), plan.output)
    for text in warnings_of_alike(files_alike(plan, plan.output)):
        voice.warn(text)
    with (
        nullcontext() if beam_args else reading_ahead(plan, files)
    ):  # with an engine another process may read
        with quiet():
            import_beam(beam_args)
            begins = begins_job_server(options)
        with one_temporary_folder(until_exit=begins):
            with quiet():
                pipeline = empty_pipeline(options)
                if beam_args:
                    name_job(pipeline, account.name, plan.release_id)
            account.ran = release_on(pipeline, plan, files, voice)
    if account.ran.described:
        print(account.ran.described)
    else:
        _tell(args, plan, account, voice)


def _tell(args: argparse.Namespace, plan: Plan, account: Account, voice: Voice) -> None:
    """Tell what the release holds, as it is asked for: as text, as an object or not at all."""
    from tokumei.pipelines.launcher.account import outcome_of
    from tokumei.pipelines.launcher.outcome import spoken, tell, warnings_of, warnings_of_use

    account.outcome = outcome = outcome_of(plan)
    told = not (args.json or args.quiet)
    if args.json:
        account.end(None)
        with spoken(outcome.places["uri"]):
            print(json.dumps(account.as_dict(), ensure_ascii=False), flush=True)
    elif told:
        note = "already released: same policy, same inputs" if account.already else ""
        tell(plan, outcome, note, account.date if ".." in (args.date or "") else "")
    for text in warnings_of_use(outcome.report):
        if told:  # `tell` has printed it
            voice.note("warning", text)
        else:
            voice.warn(text)
    for text in warnings_of(plan.policy):
        voice.warn(text)


if __name__ == "__main__":
    run_as_program(__spec__)
