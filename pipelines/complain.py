"""The job `tokumei complain`: complaints (苦情, 法128条) come in and are answered."""

from __future__ import annotations

import argparse

from tokumei.pipelines.cli import run_as_program
from tokumei.pipelines.launcher.clerk import add_actions, take_in


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be recorded."""
    add_actions(parser, "complain")


def run(args: argparse.Namespace) -> int:
    """Take the records in, all or none; returns 0 also where all had been taken in before."""
    return take_in(args, "complain")


if __name__ == "__main__":
    run_as_program(__spec__)
