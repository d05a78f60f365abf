"""The job `tokumei demo`: anonymizes the real customer master of this repository under the example policy."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from tokumei.pipelines.cli import run_as_program
from tokumei.schemas.errors import PolicyError

POLICY = Path(__file__).parents[1] / "tests" / "data" / "jdss_100knocks" / "policy.yaml"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the job's arguments."""
    parser.add_argument("--output", default="out/demo", help="directory of the release (default: out/demo)")


def run(args: argparse.Namespace, beam_args: Sequence[str]) -> int:
    """Run `tokumei anonymize` on the example.

    Raises:
        PolicyError: the example is not there, because Tokumei was installed without its repository.
    """
    from tokumei.pipelines import anonymize

    if not POLICY.exists():
        raise PolicyError(
            "demo.missing",
            where=str(POLICY),
            what="the example data is part of the repository, not of the package",
            fix="run `make demo` in a checkout, or try `tokumei synthesize`",
        )
    print(f"policy: {POLICY}")
    return anonymize.run(
        argparse.Namespace(policy=str(POLICY), output=args.output, release_id=None), beam_args
    )


if __name__ == "__main__":
    run_as_program(__spec__)
