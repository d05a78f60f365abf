"""The job `tokumei ledger`: the events of a register are shown and checked, wrong ones corrected."""

from __future__ import annotations

import argparse

from tokumei.pipelines.cli import run_as_program
from tokumei.pipelines.launcher.casework import add_papers, write_papers
from tokumei.pipelines.launcher.clerk import add_actions, add_place, asked_journals, opened, states, take_in


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be recorded, shown and checked."""
    actions = add_actions(parser, "ledger")
    for name, text in (
        ("show", "print the events as JSON lines, as they stand in the ledger"),
        ("check", "check that no segment is missing or changed, and that the events follow from one another"),
    ):
        add_place(actions.add_parser(name, help=text, description=text))
    text = "make the papers of cases again, byte for byte, from the events: 通知書, 依頼, 契約書"
    papers = actions.add_parser("papers", help=text, description=text)
    add_place(papers)
    add_papers(papers)
    papers.add_argument("--case", metavar="ID", help="受付番号; default: every case")


def run(args: argparse.Namespace) -> int:
    """Do what was asked; returns 0 also where nothing had to change."""
    actions = {"show": _show, "check": _check, "papers": _papers}
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


def _papers(args: argparse.Namespace) -> int:
    """Write papers again; those that would not be what was sent are told, and not written.

    Raises:
        RequirementError: there are such papers.
    """
    from tokumei.schemas.errors import RequirementError
    from tokumei.transforms.ledger.proposers import proposers_of
    from tokumei.transforms.proposals.rewriting import papers_again

    store, register = opened(args)
    unlike = []
    for journal in asked_journals(args, store, register):
        events, _ = journal.read()
        apart = proposers_of(store, register, events[0].body)
        for made in papers_again(events, apart, args.templates, args.case):
            if made.same:
                write_papers(args.papers, made.case, {made.kind: made.text})
                print(f"paper of case {made.case} in {args.papers}: {made.kind}")
            else:
                unlike.append(f"{made.case}: {made.kind}")
    if unlike:
        raise RequirementError(
            "papers.unlike",
            where=", ".join(unlike),
            what="made again, these papers are not to the byte what was sent; they were not written",
            fix="give the templates of that time (--templates); what test 1 found is not told once destroyed",
        )
    return 0


if __name__ == "__main__":
    run_as_program(__spec__)
