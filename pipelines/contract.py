"""The job `tokumei contract`: contracts are applied for and concluded (契約, 法115条)."""

from __future__ import annotations

import argparse

from tokumei.pipelines.cli import run_as_program
from tokumei.pipelines.launcher.clerk import add_actions, take_in


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be recorded."""
    add_actions(parser, "contract")


def run(args: argparse.Namespace) -> int:
    """Do what was asked; returns 0 also where nothing had to change."""
    return take_in(args, "contract")


if __name__ == "__main__":
    run_as_program(__spec__)
