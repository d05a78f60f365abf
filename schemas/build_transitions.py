"""The parts of `schemas/life.md` that tell of the register's life: events and transitions."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any, get_args

from tokumei.schemas.events import AnyPayload
from tokumei.schemas.transitions import lines

PAYLOADS: tuple[type[Any], ...] = get_args(get_args(AnyPayload)[0])


def events() -> str:
    """Return the table of events: of what, by which command, whose act, on which article, saying what."""
    told = {line["event"]: line for line in lines()}
    rows = []
    for payload in PAYLOADS:
        kind = payload.model_fields["kind"].default
        says = (name for name in payload.model_fields if name != "kind")
        line = told[kind]
        rows.append(
            (
                f"`{kind}`",
                line["of"],
                f"`{line['command']}`",
                line["who"],
                f"{line['article']}{'条' * line['article'].isdigit()}",
                " ".join((payload.__doc__ or "").replace("``", "`").split()),
                ", ".join(f"`{name}`" for name in says),
            )
        )
    return markdown_table(("event", "of", "command", "whose act", "article", "means", "says"), rows)


def allowed() -> str:
    """Return what is allowed: state and event to the state afterwards."""
    return markdown_table(
        ("of", "state", "event", "only when", "state afterwards", "until, or from when on"),
        (
            (
                line["of"],
                _states(line["state"]),
                f"`{line['event']}`",
                line["when"],
                f"`{line['next']}`",
                line["deadline"],
            )
            for line in lines()
            if line["next"]
        ),
    )


def denied() -> str:
    """Return what is refused, with the reason; lines of one reason and state together."""
    found = [line for line in lines() if not line["next"]]
    groups = itertools.groupby(found, key=lambda line: (line["of"], line["event"]))
    return markdown_table(
        ("of", "event", "refused in state: reason"),
        (
            (
                of,
                f"`{event}`",
                "<br>".join(
                    f"{_states(line['state'])}{_when(line['when'])}: {line['reason']}" for line in group
                ),
            )
            for (of, event), group in groups
        ),
    )


def markdown_table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table of Markdown."""
    names = list(head)
    cells = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in [names, ["---"] * len(names), *cells])


def _states(text: str) -> str:
    return ", ".join(f"`{state}`" for state in text.split("|"))


def _when(text: str) -> str:
    return f" when {text}" if text else ""
