"""The one table of transitions: what may happen to what, in which state, by whom, on which article.

`tables/transitions.csv` has a line for each group of states and each event. A line with ``next`` allows the
event (``when`` its condition holds), one without refuses it, with the reason. What folds events, the
reference, and the test of all pairs are made from it.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

NEW = "none"  # the state of what no event has been about


@dataclass(frozen=True, kw_only=True)
class Transition:
    """One pair of state and event: allowed where ``next`` says what the state becomes, else refused.

    Attributes:
        of: what kind of thing; state: the state that it is in; event: what would happen to it.
        next: the state that it is in afterwards; empty where the event is refused.
        command: the command of tokumei that records the event.
        who: whose act it is.
        article: of the law, by today's number; or as it is cited, where there is none today.
        when: name of the condition, empty for none.
        deadline: until when, or from when on, in words; empty for none.
        reason: why it is refused; empty where it is allowed.
    """

    of: str
    state: str
    event: str
    next: str
    command: str
    who: str
    article: str
    when: str
    deadline: str
    reason: str


@cache
def transitions() -> Mapping[tuple[str, str], tuple[Transition, ...]]:
    """Return the table by state (with what it is the state of, ``case:fit``) and event.

    Of a pair, lines come in the order of the table: those with a condition first.
    """
    found: dict[tuple[str, str], tuple[Transition, ...]] = {}
    for line in lines():
        for state in line["state"].split("|"):
            key = (f"{line['of']}:{state}", line["event"])
            found[key] = (*found.get(key, ()), Transition(**{**line, "state": state}))
    return found


@cache
def lines() -> tuple[dict[str, str], ...]:
    """Return the lines of the table as they are written, states of a line in one text."""
    with resources.files("tokumei.schemas.tables").joinpath("transitions.csv").open(encoding="utf-8") as file:
        return tuple(csv.DictReader(file))


@cache
def articles() -> Mapping[str, str]:
    """Return the article of each event."""
    return {line["event"]: line["article"] for line in lines()}


def transition(of: str, state: str, event: str, holds: Callable[[str], bool]) -> Transition:
    """Return the line for a state and an event: the first whose condition holds.

    Args:
        of: what kind of thing.
        state: its state.
        event: kind of the event.
        holds: whether a condition of the table holds.

    Raises:
        KeyError: the table does not know the pair.
    """
    return next(t for t in transitions()[f"{of}:{state}", event] if not t.when or holds(t.when))
