"""What the commands over ledgers share: whose ledger, as of when, the records, and what is printed."""

from __future__ import annotations

import argparse
import datetime as dt
import time
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from tokumei.schemas import japan_time
from tokumei.schemas.japan_time import JST

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tokumei.schemas.events import BodyKind, Event
    from tokumei.transforms.ledger.journal import Journal
    from tokumei.transforms.ledger.state import Body
    from tokumei.transforms.proposals.execute import Command, Done
    from tokumei.transforms.proposals.occasion import Occasion, Record
    from tokumei.transforms.proposals.records import GivenRecord
    from tokumei.transforms.storage.base import Store

    R = TypeVar("R", bound=Record)


def add_actions(parser: argparse.ArgumentParser, job: str) -> Any:
    """Declare the actions of a job that take records; return argparse's, to which others can be added."""
    from tokumei.transforms.proposals.commands import COMMANDS

    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, command in COMMANDS[job].items():
        action = actions.add_parser(name, help=command.help, description=command.help)
        add_records(action)
        action.add_argument(
            "--body-kind", choices=_kinds(), help="行政機関等の区分; needed with the first records"
        )
    return actions


def add_records(parser: argparse.ArgumentParser) -> None:
    """Declare place, records and day of a command over records."""
    add_place(parser)
    parser.add_argument("records", metavar="RECORDS", help="file of records: a table, JSON lines or YAML")
    add_as_of(parser)


def add_place(parser: argparse.ArgumentParser) -> None:
    """Declare where the register is, and whose ledger is meant."""
    parser.add_argument("output", metavar="OUTPUT", help="directory or gs:// URI that holds register/")
    parser.add_argument("--body", help="行政機関等の名称; default: the only one of this register")


def add_as_of(parser: argparse.ArgumentParser) -> None:
    """Declare the day as of which all is recorded."""
    parser.add_argument(
        "--as-of",
        type=_moment,
        metavar="DATE",
        help="the day, or YYYY-MM-DDTHH:MM, Japanese time; default: now",
    )


def take_in(
    args: argparse.Namespace,
    job: str,
    *,
    through: Callable[[Command], Command] = lambda command: command,
    beside: Callable[[str], None] = lambda _: None,
) -> int:
    """Take the records of a file in, all or none; print what was recorded.

    Args:
        args: of the command line.
        job: whose action it is.
        through: makes another command of the one that the action names.
        beside: called with the case of each record before it is taken in, to write what belongs to it.
    """
    from tokumei.schemas.proposers import KeptProposer
    from tokumei.transforms.ledger.proposers import proposers_of
    from tokumei.transforms.proposals.commands import COMMANDS
    from tokumei.transforms.proposals.execute import execute, proposer_of

    store, register = opened(args)
    command = through(COMMANDS[job][args.action])
    rows = given_records(args.records, command.model, f"{job} {args.action}")
    journal, occasion = asked(args, store, register)
    apart = proposers_of(store, register, occasion.body)

    def keep(row: GivenRecord[Any]) -> None:
        proposer = proposer_of(row.record)
        if proposer is not None:
            apart.keep(row.digest, KeptProposer(case=row.record.case, proposer=proposer))
        beside(getattr(row.record, "case", ""))

    tell(args, execute(journal, command, rows, occasion, keep))
    return 0


def given_records(uri: str, model: type[R], command: str) -> list[GivenRecord[R]]:
    """Read records from a local path or a gs:// URI, for a command."""
    from tokumei.transforms.proposals.records import read_records
    from tokumei.transforms.storage.places import open_store

    return read_records(open_store(uri), uri, model, command)


def opened(args: argparse.Namespace) -> tuple[Store, str]:
    """Return the store of an output, and its register directory."""
    from tokumei.transforms.storage.places import open_store

    store = open_store(args.output)
    return store, store.join(args.output, "register")


def asked(args: argparse.Namespace, store: Store, register: str) -> tuple[Journal, Occasion]:
    """Return the ledger that is meant, and the occasion: its body, the moment, the entries in force.

    Raises:
        PolicyError: a ledger that has no event yet needs to be told what kind of body it is of.
        InputError: it is not said which body is meant; a book or the ledger is damaged.
        Refused: the day is not here yet. Recorded in advance, it would shut the ledger until it comes.
    """
    from tokumei.schemas.regimes import fiscal_year
    from tokumei.transforms.ledger.journal import journal_of
    from tokumei.transforms.ledger.proposers import proposers_of
    from tokumei.transforms.proposals.occasion import Occasion
    from tokumei.transforms.register.books import books

    as_of = _as_of(args)
    found = books(store, register)
    names = [name for book in found for name in book.bodies]
    body = args.body or (names[0] if len(names) == 1 else _only(store, register))
    journal = journal_of(store, register, body)
    entries = {e.entry_id: e for book in found for e in book.current if e.body == body}
    apart = proposers_of(store, register, body)
    keys = apart.keys(year := fiscal_year(as_of.date()))
    return journal, Occasion(
        body=body,
        kind=_kind(args, journal),
        as_of=as_of,
        registered=entries,
        key=keys[year],
        older=[keys[of] for of in sorted(keys, reverse=True) if of != year],
        apart=apart,
    )


def asked_journals(args: argparse.Namespace, store: Store, register: str) -> list[Journal]:
    """Return the ledger of the body that is named, or of every body.

    Raises:
        InputError: there is none.
    """
    from tokumei.schemas.errors import InputError
    from tokumei.transforms.ledger.journal import journal_of, journals

    found = [journal_of(store, register, args.body)] if args.body else journals(store, register)
    if not found or (args.body and not found[0].first()):
        raise InputError(
            "ledger.none",
            where=register,
            what="there is no ledger with an event",
            fix="name the directory that records were taken into, and the body as it was named",
        )
    return found


def tell(args: argparse.Namespace, done: Done) -> None:
    """Print what was recorded, and delete what it says is destroyed or replaced."""
    for event in done.events:
        print(line_of(event))
    if any(event.kind in {"proposer_destroyed", "proposal_corrected"} for event in done.events):
        destroy(args, done.body)
    if done.before:
        numbers = ", ".join(map(str, done.before))
        print(f"taken in before, nothing to do: record {numbers}")
    if not done.events and not done.before:
        print("nothing to record")


def destroy(args: argparse.Namespace, body: Body) -> None:
    """Delete what identifies proposers and is not kept any more; print what was deleted."""
    from tokumei.transforms.ledger.proposers import proposers_of

    for uri in proposers_of(*opened(args), body.name).purge(body, time.time()):
        print(f"destroyed: {uri}")


def line_of(event: Event) -> str:
    """Return an event as one line."""
    basis = f" ({event.basis})" if event.basis else ""
    of = f", of event {event.corrects}" if event.corrects else ""
    return f"{event.at:%Y-%m-%d %H:%M}  {event.kind}  {event.of} {event.subject}{of}{basis}"


def states(journal: Journal) -> Body:
    """Return what a ledger folds to."""
    from tokumei.transforms.ledger.fold import fold_events

    return fold_events(journal.read()[0])


def _kind(args: argparse.Namespace, journal: Journal) -> BodyKind:
    from tokumei.schemas.errors import PolicyError

    first, said = journal.first(), getattr(args, "body_kind", None)
    if first and said and said != first.body_kind:
        raise PolicyError(
            "usage.body_kind",
            where="--body-kind",
            what=f"the ledger of this body is that of {first.body_kind}",
            fix="correct --body or --body-kind",
        )
    kind: BodyKind | None = first.body_kind if first else said
    if kind is None:
        raise PolicyError(
            "usage.body_kind",
            where="--body-kind",
            what="the ledger of this body has no event yet, and nothing says what kind of body it is",
            fix=f"give --body-kind: {', '.join(_kinds())}",
        )
    return kind


def _only(store: Store, register: str) -> str:
    from tokumei.transforms.ledger.journal import the_only_body

    return the_only_body(store, register)


def _kinds() -> Sequence[str]:
    from tokumei.schemas.events import BodyKind

    return get_args(BodyKind)


def _as_of(args: argparse.Namespace) -> dt.datetime:
    """Return the moment of --as-of, or now; never of a day that has not begun."""
    from tokumei.transforms.ledger.fold import refusal

    as_of: dt.datetime = args.as_of or dt.datetime.now(JST).replace(microsecond=0)
    today = japan_time.today()
    if as_of.date() > today:
        raise refusal(
            "--as-of",
            f"today is {today} in Japan: nothing is recorded as of a day that has not begun",
            article="",
            fix="correct the day, or leave it out: then it is now",
            code="not_yet",
        )
    return as_of


def _moment(text: str) -> dt.datetime:
    try:
        if len(text) not in {10, 16}:
            raise ValueError
        return dt.datetime.fromisoformat(text).replace(tzinfo=JST)
    except ValueError:
        raise argparse.ArgumentTypeError("must be a day, YYYY-MM-DD, or YYYY-MM-DDTHH:MM") from None
