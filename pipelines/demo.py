"""The job `tokumei demo`: anonymizes a customer master of 21,971 invented people, and real purchases.

The files and their policies are a part of the package.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from tokumei.pipelines.cli import run_as_program

_EXAMPLE = Path(__file__).parent / "example"
POLICIES = (_EXAMPLE / "policy.yaml", _EXAMPLE / "id_pos.yaml")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the job's arguments."""
    parser.add_argument("--output", default="out/demo", help="directory of the releases (default: out/demo)")


def run(args: argparse.Namespace, beam_args: Sequence[str]) -> int:
    """Run `tokumei anonymize` on the examples, one after the other."""
    from tokumei.pipelines import anonymize

    options = argparse.ArgumentParser()
    anonymize.add_arguments(options)
    for policy in POLICIES:
        if not args.json:
            print(f"policy: {policy}")
        given = options.parse_args([str(policy), "--output", args.output])
        status = anonymize.run(argparse.Namespace(**{**vars(args), **vars(given)}), beam_args)
        if status:
            return status
    return 0


if __name__ == "__main__":
    run_as_program(__spec__)
