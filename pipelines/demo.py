"""The job `tokumei demo`: anonymizes a published customer master of 21,971 invented people.

The file and its policy are a part of the package.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from tokumei.pipelines.cli import run_as_program

POLICY = Path(__file__).parent / "example" / "policy.yaml"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the job's arguments."""
    parser.add_argument("--output", default="out/demo", help="directory of the release (default: out/demo)")


def run(args: argparse.Namespace, beam_args: Sequence[str]) -> int:
    """Run `tokumei anonymize` on the example."""
    from tokumei.pipelines import anonymize

    print(f"policy: {POLICY}")
    return anonymize.run(
        argparse.Namespace(policy=str(POLICY), output=args.output, release_id=None), beam_args
    )


if __name__ == "__main__":
    run_as_program(__spec__)
