"""The job `tokumei propose`: proposals (提案) are taken in, completed (補正), withdrawn and listed."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tokumei.pipelines.cli import run_as_program
from tokumei.pipelines.launcher.casework import add_papers, write_papers
from tokumei.pipelines.launcher.clerk import add_actions, add_place, asked_journals, opened, states, take_in

if TYPE_CHECKING:
    from tokumei.schemas.events import Event
    from tokumei.transforms.ledger.state import Body
    from tokumei.transforms.proposals.execute import Command
    from tokumei.transforms.proposals.occasion import Occasion

_ASKING = ("receive", "ask")  # actions that may ask for corrections


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be recorded and shown."""
    text = "list the cases: state, and what is missing until when"
    actions = add_actions(parser, "propose")
    for name in _ASKING:
        add_papers(actions.choices[name])
    add_place(actions.add_parser("list", help=text, description=text))


def run(args: argparse.Namespace) -> int:
    """Do what was asked; returns 0 also where nothing had to change."""
    if args.action == "list":
        return _list(args)
    return _take_in(args) if args.action in _ASKING else take_in(args, "propose")


def _take_in(args: argparse.Namespace) -> int:
    """Take records in, and write the papers by which proposers are asked to complete theirs."""
    from tokumei.transforms.proposals.requests import asked_in_writing

    papers: dict[str, str] = {}

    def through(command: Command) -> Command:
        def decide(body: Body, record: Any, occasion: Occasion) -> list[Event]:
            events, text = asked_in_writing(body, command.decide(body, record, occasion), args.templates)
            if text is not None:
                papers[record.case] = text
            return events

        return replace(command, decide=decide)

    def beside(case: str) -> None:
        if case in papers:
            write_papers(args.papers, case, {"correction": papers[case]})

    status = take_in(args, "propose", through=through, beside=beside)
    for case in papers:
        print(f"papers of case {case} in {args.papers}: correction")
    return status


def _list(args: argparse.Namespace) -> int:
    for journal in asked_journals(args, *opened(args)):
        body = states(journal)
        print(f"{body.name}（{body.kind}）")
        for name, case in body.cases.items():
            until = f"  補正の期限 {case.until}" if case.state == "correcting" else ""
            print(f"  {name}  {case.state}  call {case.call or '―'}  file {case.file or '―'}{until}")
            for text in case.missing if case.state in {"incomplete", "correcting"} else ():
                print(f"    {text}")
    return 0


if __name__ == "__main__":
    run_as_program(__spec__)
