"""Test 3 (法114条1項3号): the policy that a proposal implies, and what its rehearsal answers.

An item that is wanted so fine is fixed at that level: it is released so, or, where the search cannot meet the
requirements, as ``*``. Whatever is not wanted is dropped, since what a recipient does not need is deleted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml
from pydantic import Field

from tokumei.schemas.column import Column
from tokumei.schemas.errors import InputError
from tokumei.schemas.policy import Policy
from tokumei.schemas.policy_file import parse_policy, written_policy
from tokumei.schemas.report import Report
from tokumei.schemas.report_rehearsal import RehearsedChoice
from tokumei.schemas.screening import WantedMethod
from tokumei.schemas.strict import Strict
from tokumei.schemas.table import Table
from tokumei.schemas.treatments import Generalize

_DROPPED = {"drop": True, "because": "提案で求められていない"}
_KEPT_OF_COLUMN = ("type", "title", "codes", "date_format", "future_eras", "sensitive")


class MethodAnswer(Strict):
    """What a rehearsal says of the wanted method; kept with the case."""

    reasons: tuple[str, ...] = Field(description="Why it cannot be met, in Japanese; none where it can.")
    people: int = Field(description="Who would be in the product.")
    left_out: int = Field(description="Records that would be left out.")
    loss: float | None = Field(description="Of detail, by the search; None where nothing is searched.")
    instead: tuple[str, ...] = Field(description="Levels that could be met where the wanted ones cannot.")
    items: tuple[str, ...] = Field(description="Titles of the items that are wanted.")
    policy: str = Field(description="What was rehearsed, as YAML.")
    rules: str = Field(
        default="", description="Fingerprint of its rules, as reports have it; empty where none was tried."
    )


def implied_policy(policy: Policy, wanted: WantedMethod, *, as_wanted: bool = True) -> Policy:
    """Return the policy that a proposal implies: items that are wanted, so fine; nothing else.

    Args:
        policy: the body's own for the file.
        wanted: of the proposal.
        as_wanted: fix items at the wanted level; else the search may choose among the policy's levels.

    Raises:
        InputError: an item that is wanted is none of the policy's, or has no such level.
        PolicyError: what is left is no policy.
    """
    content: dict[str, Any] = yaml.safe_load(written_policy(policy))
    found: set[str] = set()
    for name, table in policy.tables.items():
        columns = content["tables"][name]["columns"]
        here = {column: item for column, item in _items(table, wanted).items() if item is not None}
        for column_name, column in table.columns.items():
            item = here.get(column_name)
            level = None if item is None else wanted.items[item]
            if item is None and column.released:
                columns[column_name] = _without(columns[column_name])
            elif as_wanted and isinstance(level, int):
                columns[column_name]["treat"] = _fixed(columns[column_name].get("treat", []), column, level)
        found |= set(here.values())
        if not here:
            del content["tables"][name]
    if missing := set(wanted.items) - found:
        raise InputError(
            "screening.item",
            where=f"method.items ({len(missing)} of {len(wanted.items)})",
            what="an item that is wanted is no column or title of the policy",
            fix="write it as the policy does, or ask the proposer what is meant (corrections)",
        )
    return parse_policy(yaml.safe_dump(content, sort_keys=False), wanted.policy)


def unreleased(policy: Policy, wanted: WantedMethod) -> tuple[str, ...]:
    """Return, in Japanese, why items cannot be released at all: the policy deletes them."""
    deleted = [
        item
        for table in policy.tables.values()
        for name, item in _items(table, wanted).items()
        if item is not None and not table.columns[name].released
    ]
    return tuple(f"「{item}」は、加工の基準により削除する記録項目である。" for item in deleted)


def answer_of(
    choice: RehearsedChoice,
    freely: RehearsedChoice | None,
    *,
    policy: Policy,
    starred: Sequence[str],
    rules: str,
) -> MethodAnswer:
    """Return the answer from rehearsals.

    Args:
        choice: of the policy that the proposal implies.
        freely: of the same items at levels of the search's choice, where the first does not answer.
        policy: the one implied.
        starred: as `starred_items` returns them.
        rules: fingerprint of the policy's rules, by the report of its rehearsal; empty where there is none.
    """
    titles = "、".join(f"「{title}」" for title in starred)
    reasons = (
        [f"求める粒度の組合せでは、加工の基準を満たすために{titles}を削る必要がある。"] if titles else []
    )
    if choice.refused is not None:
        reasons.append(
            "求める記録項目及び粒度の組合せでは、加工の基準を満たす匿名加工情報を作成することができない。"
        )
    instead = () if freely is None or freely.refused is not None else freely.levels
    if reasons and instead:
        plainly = "、".join(map(_plainly, instead))
        reasons.append(f"次の粒度であれば、加工の基準を満たす。{plainly}。")
    return MethodAnswer(
        reasons=tuple(reasons),
        people=choice.people,
        left_out=choice.left_out,
        loss=choice.loss,
        instead=instead,
        items=released_titles(policy),
        policy=written_policy(policy),
        rules=rules,
    )


def _plainly(level: str) -> str:
    """Return an item and its level in words for a citizen."""
    return level.replace(" 一般化なし", " そのまま").replace(" 全て「*」", " 削除")


def starred_items(report: Report, wanted: WantedMethod) -> tuple[str, ...]:
    """Return the titles of items that are wanted at a level, and would be ``*`` for everybody."""
    levels = {item for item, level in wanted.items.items() if isinstance(level, int)}
    return tuple(
        level.title
        for table in report.tables
        if table.recoding is not None
        for level in table.recoding.levels
        if {level.title, level.column} & levels and level.finest == level.levels - 1
    )


def released_titles(policy: Policy) -> tuple[str, ...]:
    """Return the titles of the columns that a policy releases."""
    columns = ((n, c) for table in policy.tables.values() for n, c in table.columns.items())
    return tuple(column.title or name for name, column in columns if column.released)


def _items(table: Table, wanted: WantedMethod) -> dict[str, str | None]:
    """Return, by column, the item that is wanted of it: named by title or column; None where none is."""
    names = {name: (column.title or name, name) for name, column in table.columns.items()}
    return {name: next((n for n in both if n in wanted.items), None) for name, both in names.items()}


def _without(column: dict[str, Any]) -> dict[str, Any]:
    return {**{key: column[key] for key in _KEPT_OF_COLUMN if key in column}, **_DROPPED}


def _fixed(steps: list[dict[str, Any]], column: Column, level: int) -> list[dict[str, Any]]:
    """Return the chain with its search replaced by the wanted level, which stands or falls as a whole."""
    if not column.treat or not isinstance(column.treat[-1], Generalize):
        raise InputError(
            "screening.level",
            where="method.items",
            what="a level is wanted of an item that the policy does not generalize by a hierarchy",
            fix="say policy in place of the level, or generalize the column in the policy",
        )
    *before, search = steps
    fixed = {"criterion": 5, "method": "recode", "hierarchy": search["hierarchy"], "level": level}
    return [*before, *([fixed] if level else []), {**search, "hierarchy": {"kind": "suppress"}}]
