"""The job `tokumei tick`: what time alone brings to registers is recorded, and what is due is told."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from tokumei.pipelines.cli import run_as_program
from tokumei.pipelines.launcher.clerk import (
    add_as_of,
    add_place,
    asked,
    asked_journals,
    destroy,
    opened,
    tell,
)
from tokumei.schemas.errors import TokumeiError

if TYPE_CHECKING:
    from tokumei.transforms.ledger.journal import Journal
    from tokumei.transforms.storage.base import Store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare which registers, and as of when."""
    add_place(parser)
    add_as_of(parser)


def run(args: argparse.Namespace) -> int:
    """Record what time has brought, in order, however many nights were missed; a second time does nothing.

    Raises:
        TokumeiError: the first of what went wrong; other bodies are looked after all the same.
    """
    store, register = opened(args)
    failed: list[TokumeiError] = []
    for journal in asked_journals(args, store, register):
        try:
            _look_after(args, store, register, journal)
        except TokumeiError as error:
            failed.append(error)
    if failed:
        raise failed[0]
    return 0


def _look_after(args: argparse.Namespace, store: Store, register: str, journal: Journal) -> None:
    from tokumei.transforms.proposals.execute import execute
    from tokumei.transforms.proposals.notices import notices
    from tokumei.transforms.proposals.small_files import erase_small_files

    first = journal.first()
    assert first is not None  # noqa: S101  (only ledgers that have begun are looked after)
    args.body = first.body
    _, occasion = asked(args, store, register)
    done = execute(journal, None, (), occasion)
    print(f"{occasion.body}:")
    tell(args, done)
    for name in erase_small_files(store, register, done.body):
        print(f"erased from the register: entry {name}")
    destroy(args, done.body)
    for notice in notices(done.body, occasion.as_of.date()):
        print(f"due: {notice}")


if __name__ == "__main__":
    run_as_program(__spec__)
