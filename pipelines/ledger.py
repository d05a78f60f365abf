"""The job `tokumei ledger`: the events of a register are shown and checked, wrong ones corrected."""

from __future__ import annotations

import argparse

from tokumei.pipelines.cli import run_as_program
from tokumei.pipelines.launcher.clerk import add_actions, add_place, asked_journals, opened, states, take_in


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be recorded, shown and checked."""
    actions = add_actions(parser, "ledger")
    for name, text in (
        ("show", "print the events as JSON lines, as they stand in the ledger"),
        ("check", "check that no segment is missing or changed, and that the events follow from one another"),
    ):
        add_place(actions.add_parser(name, help=text, description=text))


def run(args: argparse.Namespace) -> int:
    """Do what was asked; returns 0 also where nothing had to change."""
    actions = {"show": _show, "check": _check}
    return actions[args.action](args) if args.action in actions else take_in(args, "ledger")


def _show(args: argparse.Namespace) -> int:
    for journal in asked_journals(args, *opened(args)):
        for event in journal.read()[0]:
            print(event.model_dump_json())
    return 0


def _check(args: argparse.Namespace) -> int:
    for journal in asked_journals(args, *opened(args)):
        events, head = journal.read()
        body = states(journal)
        print(
            f"{body.name}: {len(events)} events in {head.number} segments, {len(body.calls)} calls,"
            f" {len(body.cases)} cases; all follow from one another"
        )
    return 0


if __name__ == "__main__":
    run_as_program(__spec__)
