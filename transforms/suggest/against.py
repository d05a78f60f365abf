"""What has changed since a policy was suggested: new columns, types, what columns hold, and shares.

A policy says which columns there are, of which types, and what is deleted. What was seen of the values is
told by its comments, as `written` makes them; where they were taken away, shares are not compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from tokumei.schemas.column import Column
from tokumei.schemas.policy import Policy
from tokumei.schemas.redaction import RedactText
from tokumei.schemas.treatments import Delete
from tokumei.transforms.planning.names import telling_names
from tokumei.transforms.suggest.holdings import Content, Holding
from tokumei.transforms.suggest.tables import SeenTable

_MOVED = 0.1  # of a share
_KEY = re.compile(r"^      (\S.*):$")
_TABLE = re.compile(r"^  (\S+):$")
_TOLD = re.compile(r"型 (?P<pattern>\S+) (?P<share>[0-9]+)%.*?(?P<distinct>[0-9,]+)種／(?P<cells>[0-9,]+)件")
_GONE = frozenset({Holding.CODE, Holding.NAME, Holding.CONTACT, Holding.IDENTIFIER, Holding.TEXT})


class Remembered(NamedTuple):
    """What a comment tells of a column: its most frequent pattern with its share, and distinct ÷ cells."""

    pattern: str
    share: float
    distinct: float


def told_in(text: str) -> dict[tuple[str, str], Remembered]:
    """Return what the comments of a policy tell, by table and column."""
    found: dict[tuple[str, str], Remembered] = {}
    table, seen = "", None
    for line in text.splitlines():
        if line.startswith("      # "):
            seen = _TOLD.search(line) or seen
        elif key := _KEY.match(line):
            if seen is not None:
                cells = int(seen["cells"].replace(",", ""))
                ratio = int(seen["distinct"].replace(",", "")) / max(1, cells)
                found[table, key[1].strip("'\"")] = Remembered(
                    seen["pattern"], int(seen["share"]) / 100, ratio
                )
            seen = None
        elif name := _TABLE.match(line):
            table = name[1]
    return found


def changes(policy: Policy, text: str, seen: Mapping[str, SeenTable]) -> Iterator[str]:
    """Yield in words what is otherwise than the policy has it; no value.

    Args:
        policy: the policy.
        text: the same, with its comments.
        seen: its tables, as their files are now.
    """
    before = told_in(text)
    for name, table in policy.tables.items():
        now = seen[name]
        at = f"tables.{name}.columns"
        telling = telling_names(list(now.found.kinds))
        for place, column in enumerate(now.found.kinds, start=1):
            if column not in table.columns:
                called = f"{at}, number {place} of the file" if place in telling else f"{at}.{column}"
                yield f"{called}: new column{_seems(now.held.get(column))}"
        yield from (f"{at}.{c}: the column is gone" for c in table.columns if c not in now.found.kinds)
        for column, declared in table.columns.items():
            if column in now.held:
                for change in _of_column(
                    declared, column == table.person, column, now, before.get((name, column))
                ):
                    yield f"{at}.{column}: {change}"


def _seems(held: Content | None) -> str:
    """Say what a new column seems to hold; nothing of one that has no values or cannot be told."""
    if held is None or held.holding in {Holding.EMPTY, Holding.CONSTANT, Holding.OPEN}:
        return ""
    return f", which seems to hold {held.holding.name.lower()} ({held.holding.value})"


def _of_column(
    declared: Column, person: bool, name: str, now: SeenTable, before: Remembered | None
) -> Iterator[str]:
    seen, sketch, held = now.seen[name], now.sketch.columns[name], now.held[name]
    kind = declared.type
    if seen is None:
        if before is not None:
            yield "share: no record has a value any more"
        return
    unread = 0 if kind in {"string", "text", "boolean"} else sketch.cells - sketch.fits.get(kind, 0)
    if declared.released and unread:
        yield f"type: {unread:,} of {sketch.cells:,} values cannot be read as {kind}"
    if declared.released and not person and _worse(declared, held):
        yield f"role: values or name say {held.holding.name.lower()}, and the policy releases the column"
    if before is None:
        return
    share = dict(seen.patterns).get(before.pattern, 0.0)
    if abs(share - before.share) > _MOVED:
        yield f"share: {before.pattern} was {before.share:.0%} of the values and is {share:.0%}"
    ratio = min(sketch.distinct, sketch.cells) / max(1, sketch.cells)
    if abs(ratio - before.distinct) > _MOVED:
        yield f"share: {before.distinct:.0%} of the values were distinct and {ratio:.0%} are"


def _worse(declared: Column, held: Content) -> bool:
    """Whether a column should be deleted, or as a text redacted, that is released as anything else."""
    gone = any(isinstance(step, Delete) for step in declared.treat) or declared.pseudonym is not None
    redacted = held.holding is Holding.TEXT and any(isinstance(step, RedactText) for step in declared.treat)
    return held.holding in _GONE and held.doubt is None and not gone and not redacted
