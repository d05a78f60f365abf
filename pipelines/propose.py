"""The job `tokumei propose`: proposals (提案) are taken in, completed (補正), withdrawn and listed."""

from __future__ import annotations

import argparse

from tokumei.pipelines.cli import run_as_program
from tokumei.pipelines.launcher.clerk import add_actions, add_place, asked_journals, opened, states, take_in


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be recorded and shown."""
    text = "list the cases: state, and what is missing until when"
    add_place(add_actions(parser, "propose").add_parser("list", help=text, description=text))


def run(args: argparse.Namespace) -> int:
    """Do what was asked; returns 0 also where nothing had to change."""
    return _list(args) if args.action == "list" else take_in(args, "propose")


def _list(args: argparse.Namespace) -> int:
    for journal in asked_journals(args, *opened(args)):
        body = states(journal)
        print(f"{body.name}（{body.kind}）")
        for name, case in body.cases.items():
            until = f"  補正の期限 {case.until}" if case.state == "correcting" else ""
            print(f"  {name}  {case.state}  call {case.call}  file {case.file}{until}")
            for text in case.missing if case.state in {"incomplete", "correcting"} else ():
                print(f"    {text}")
    return 0


if __name__ == "__main__":
    run_as_program(__spec__)
