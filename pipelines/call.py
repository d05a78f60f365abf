"""The job `tokumei call`: files are judged for calls (提案の募集), calls are announced and listed."""

from __future__ import annotations

import argparse

from tokumei.pipelines.cli import run_as_program
from tokumei.pipelines.launcher.clerk import add_actions, add_place, asked_journals, opened, states, take_in


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be recorded and shown."""
    text = "list the calls with their windows (窓口), and the files that each offers"
    add_place(add_actions(parser, "call").add_parser("list", help=text, description=text))


def run(args: argparse.Namespace) -> int:
    """Do what was asked; returns 0 also where nothing had to change."""
    return _list(args) if args.action == "list" else take_in(args, "call")


def _list(args: argparse.Namespace) -> int:
    for journal in asked_journals(args, *opened(args)):
        body = states(journal)
        print(f"{body.name}（{body.kind}）")
        for name, call in body.calls.items():
            said = call.announced
            assert said is not None  # noqa: S101  (no call is there without)
            desk = said.window
            print(f"  {name}  {said.title}  {said.period.start}–{said.period.end}  ({call.state})")
            print(f"    窓口: {desk.name}, {desk.address}, {desk.contact}")
            for file in said.files:
                judged = body.files[file].judged if file in body.files else None  # annulled since
                print(f"    {file}  {judged.name if judged else ''}")
    return 0


if __name__ == "__main__":
    run_as_program(__spec__)
