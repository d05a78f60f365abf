"""The job `tokumei rehearse`: all that `anonymize` does but publish; a report in a private folder."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from tokumei.pipelines.cli import run_as_program
from tokumei.pipelines.launcher.settings import add_settings
from tokumei.pipelines.launcher.voice import add_voice, voice_of

FOLDER = "tokumei-rehearsal"
SAMPLE = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the job's own arguments; everything else goes to Beam unchanged."""
    parser.add_argument(
        "policy", metavar="POLICY.yaml", help="path or gs:// URI: what the file is and how it is treated"
    )
    parser.add_argument(
        "--output", help="where releases are: a finished one is not rehearsed (default: that of the policy)"
    )
    parser.add_argument(
        "--report-folder",
        default=FOLDER,
        metavar="DIR",
        help=f"private folder (mode 0700) or gs:// URI of the report (default: {FOLDER})",
    )
    parser.add_argument(
        "--try",
        action="append",
        dest="tries",
        metavar="KEY=A,B,…",
        help="also with other requirements, as k=5,10,20 or recoding=cells,local; several: every mix",
    )
    parser.add_argument("--versus", action="append", metavar="OTHER.yaml", help="also another policy")
    parser.add_argument(
        "--sample",
        nargs="?",
        type=int,
        const=SAMPLE,
        metavar="N",
        help=f"a first look: of each large file one stretch in N (default: {SAMPLE})",
    )
    add_settings(parser)
    add_voice(parser)


def run(args: argparse.Namespace, beam_args: Sequence[str]) -> int:
    """Rehearse a policy, and the choices beside it; returns 0 where it would be published.

    Raises:
        PolicyError: a policy, or an argument or option, is wrong.
        InputError: the input cannot be read as declared, or storage fails.
        RequirementError: the release would be refused, or is finished already; where it would be refused for
            what it exposes, the report is there nevertheless.
    """
    from tokumei.pipelines.launcher.options import pin_runner, refuse_unknown
    from tokumei.pipelines.launcher.rehearsal import Stage, choices_of, rehearse
    from tokumei.pipelines.launcher.settings import settings_of
    from tokumei.pipelines.launcher.terminal import quiet
    from tokumei.schemas.errors import PolicyError

    if args.sample is not None and args.sample < 1:
        raise PolicyError(
            "usage.sample", where="--sample", what="one stretch in at least 1 is read", fix="give 1 or more"
        )
    options = pin_runner(beam_args)
    with quiet():
        if beam_args:
            refuse_unknown(options)
        choices = choices_of(args.policy, args.tries or (), args.versus or (), settings_of(args))
    stage = Stage(
        folder=args.report_folder,
        output=args.output,
        sample=args.sample,
        options=options,
        voice=voice_of(args),
    )
    rehearse(choices, stage)
    return 0


if __name__ == "__main__":
    run_as_program(__spec__)
