"""The machinery of every command: all records of a file are decided and appended together, or nothing is.

What time has brought comes first (`due`), so that a late proposal is late although no night was run. If
another has appended since, all is read and decided again. A record that was taken in before (by a killed run,
say) is told and changes nothing.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tokumei.schemas.errors import TokumeiError
from tokumei.schemas.events import Event
from tokumei.schemas.proposers import Proposer
from tokumei.transforms.ledger.fold import Refused, apply, fold_events, refusal
from tokumei.transforms.ledger.journal import Journal, Reached
from tokumei.transforms.ledger.state import Body
from tokumei.transforms.proposals.corrections import revise
from tokumei.transforms.proposals.due import bring_forward
from tokumei.transforms.proposals.names_apart import refuse_names
from tokumei.transforms.proposals.occasion import Occasion, Record
from tokumei.transforms.proposals.record_files import told_of_rows
from tokumei.transforms.proposals.records import GivenRecord

TRIES = 200
_LONGEST_WAIT = 1.0  # seconds


@dataclass(frozen=True)
class Command:
    """What a command does with a record.

    Attributes:
        help: what it does, in a line.
        model: what a record says.
        decide: state, record of that model, occasion → events; raises `Refused`. It is pure.
    """

    help: str
    model: type[Any]
    decide: Callable[[Body, Any, Occasion], list[Event]]


@dataclass(frozen=True)
class Done:
    """What a command has done.

    Attributes:
        events: what was appended, in order.
        before: numbers of the records that had been taken in before.
        body: the state afterwards.
    """

    events: Sequence[Event]
    before: Sequence[int]
    body: Body


def execute(
    journal: Journal,
    command: Command | None,
    rows: Sequence[GivenRecord[Any]],
    occasion: Occasion,
    keep: Callable[[GivenRecord[Any]], None] = lambda _: None,
) -> Done:
    """Decide all records and append what comes of them; without a command, what time has brought alone.

    Args:
        journal: the ledger.
        command: what is done with each record.
        rows: the records.
        occasion: whose ledger it is, and as of when.
        keep: called with each record that will be taken in, before it is; its digest is the keyed one.

    Raises:
        Refused: records are refused; the message names each, and nothing was appended.
        InputError: the ledger is damaged.
        TokumeiError: others kept appending for as long as this was tried.
    """
    history: list[Event] = []
    head = Reached()
    for attempt in range(TRIES):
        new, head = journal.read(head)
        history += new
        done = _decided(history, command, rows, occasion)
        if not done.events:
            return done
        for row in rows:
            if row.number not in done.before:
                keep(replace(row, digest=occasion.keyed(row.digest)[0]))
        if journal.append(done.events, head):
            return done
        time.sleep(random.uniform(0, min(_LONGEST_WAIT, 0.005 * 2**attempt)))  # noqa: S311  (not a secret)
    raise TokumeiError(
        "ledger.busy",
        where=journal.folder,
        what=f"the ledger was being written by others {TRIES} times in a row",
        fix="run the same command again",
    )


def _decided(
    history: Sequence[Event], command: Command | None, rows: Sequence[GivenRecord[Any]], occasion: Occasion
) -> Done:
    body = fold_events(history)
    if occasion.as_of.date() < body.day:
        raise refusal(
            "--as-of",
            f"the ledger has events recorded as of {body.day}, which is later",
            article="",
            fix="give that day or a later one; for what happened before it, say so in at",
            code="as_of",
        )
    seen = [*history, *bring_forward(body, occasion)]
    before: list[int] = []
    faults: list[tuple[int, Refused]] = []
    for row in rows:
        digest, *older = occasion.keyed(row.digest)
        if body.records & {digest, *older}:
            before.append(row.number)
            continue
        assert command is not None  # noqa: S101  (there are no records without one)
        try:
            this = replace(occasion, record=digest, events=seen)
            events = command.decide(body, row.record, this)
            refuse_names(events, body, row.record, this)
            body = _applied(body, events, seen, this)
        except Refused as refused:
            faults.append((row.number, refused))
    if faults:
        told = [f"record {number}: {fault.where}: {fault.what}" for number, fault in faults]
        fixes = dict.fromkeys(fault.fix for _, fault in faults)
        raise Refused(
            faults[0][1].code,
            where=f"{len(faults)} of {len(rows)} records; none was taken in",
            what=told_of_rows(told),
            fix="; ".join(fixes),
        )
    seen += bring_forward(body, occasion)
    return Done(seen[len(history) :], before, body)


def _applied(body: Body, events: Sequence[Event], seen: list[Event], occasion: Occasion) -> Body:
    """Return the state after the events of one record, which join those seen if all are allowed."""
    if any(event.corrects for event in events):
        revised = revise([*seen, *events], occasion)
        seen[:] = revised
        return fold_events(revised)
    for event in events:
        apply(body, event)
    seen += events
    return body


def proposer_of(record: Record) -> Proposer | None:
    """Return the proposer that a record names, who is kept apart."""
    found = getattr(record, "proposer", None)
    return found if isinstance(found, Proposer) else None
