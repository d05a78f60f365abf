"""The job `tokumei terminate`: contracts are terminated (解除, 法120条), and the notices written."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from tokumei.pipelines.cli import run_as_program
from tokumei.pipelines.launcher.casework import add_papers, write_papers
from tokumei.pipelines.launcher.clerk import add_records, asked, given_records, opened, tell

if TYPE_CHECKING:
    from tokumei.schemas.events import Event
    from tokumei.transforms.ledger.state import Body
    from tokumei.transforms.proposals.contract import TerminatedContract
    from tokumei.transforms.proposals.occasion import Occasion
    from tokumei.transforms.proposals.records import GivenRecord


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the records."""
    add_records(parser)
    add_papers(parser)


def run(args: argparse.Namespace) -> int:
    """Terminate the contracts of a file of records, all or none.

    Raises:
        Refused: a case has no contract that goes on; none was terminated.
    """
    from tokumei.transforms.proposals.contract import TerminatedContract, terminate
    from tokumei.transforms.proposals.execute import Command, execute

    store, register = opened(args)
    journal, occasion = asked(args, store, register)
    notices: dict[str, str] = {}

    def decide(body: Body, record: TerminatedContract, occasion: Occasion) -> list[Event]:
        events, notices[record.case] = terminate(body, record, occasion, args.templates)
        return events

    def keep(row: GivenRecord[TerminatedContract]) -> None:
        write_papers(args.papers, row.record.case, {"terminated": notices[row.record.case]})

    rows = given_records(args.records, TerminatedContract, "terminate")
    tell(args, execute(journal, Command("", TerminatedContract, decide), rows, occasion, keep))
    return 0


if __name__ == "__main__":
    run_as_program(__spec__)
