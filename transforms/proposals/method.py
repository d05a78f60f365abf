"""Test 3 (法114条1項3号): the policy that a proposal implies, and what its rehearsal answers.

An item that is wanted so fine is fixed at that level: it is released so, or, where the search cannot meet the
requirements, as ``*``. Whatever is not wanted is dropped, since what a recipient does not need is deleted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml
from pydantic import Field

from tokumei.schemas.column import Column
from tokumei.schemas.errors import InputError
from tokumei.schemas.policy import Policy
from tokumei.schemas.policy_file import parse_policy, written_policy
from tokumei.schemas.report import Report
from tokumei.schemas.report_rehearsal import RehearsedChoice
from tokumei.schemas.screening import WantedLevel, WantedMethod
from tokumei.schemas.strict import Strict
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
    by_item = {item.item: item for item in wanted.items}
    content: dict[str, Any] = yaml.safe_load(written_policy(policy))
    found: set[str] = set()
    for name, table in policy.tables.items():
        columns = content["tables"][name]["columns"]
        for column_name, column in table.columns.items():
            item = _wanted(by_item, column_name, column)
            if item is None:
                if column.released:
                    columns[column_name] = _without(columns[column_name])
                continue
            found.add(item.item)
            if as_wanted and item.level is not None:
                columns[column_name]["treat"] = _fixed(columns[column_name].get("treat", []), column, item)
        if not any(_wanted(by_item, n, c) for n, c in table.columns.items()):
            del content["tables"][name]
    if missing := set(by_item) - found:
        raise InputError(
            "screening.item",
            where=f"method.items ({len(missing)} of {len(by_item)})",
            what="an item that is wanted is no column or title of the policy",
            fix="write it as the policy does, or ask the proposer what is meant (corrections)",
        )
    return parse_policy(yaml.safe_dump(content, sort_keys=False), wanted.policy)


def unreleased(policy: Policy, wanted: WantedMethod) -> tuple[str, ...]:
    """Return, in Japanese, why items cannot be released at all: the policy deletes them."""
    by_item = {item.item: item for item in wanted.items}
    deleted = [
        item.item
        for table in policy.tables.values()
        for name, column in table.columns.items()
        if (item := _wanted(by_item, name, column)) is not None and not column.released
    ]
    return tuple(f"「{item}」は、加工の基準により削除する記録項目である。" for item in deleted)


def answer_of(
    choice: RehearsedChoice, freely: RehearsedChoice | None, *, policy: Policy, starred: Sequence[str]
) -> MethodAnswer:
    """Return the answer from rehearsals.

    Args:
        choice: of the policy that the proposal implies.
        freely: of the same items at levels of the search's choice, where the first does not answer.
        policy: the one implied.
        starred: as `starred_items` returns them.
    """
    reasons = [f"「{title}」は、求める粒度では加工の基準を満たさない。" for title in starred]
    if choice.refused is not None:
        reasons.append(
            "求める記録項目及び粒度の組合せでは、加工の基準を満たす匿名加工情報を作成することができない。"
        )
    instead = () if freely is None or freely.refused is not None else freely.levels
    if reasons and instead:
        reasons.append(f"次の粒度であれば、加工の基準を満たす。{'、'.join(instead)}。")
    return MethodAnswer(
        reasons=tuple(reasons),
        people=choice.people,
        left_out=choice.left_out,
        loss=choice.loss,
        instead=instead,
        items=released_titles(policy),
        policy=written_policy(policy),
    )


def starred_items(report: Report, wanted: WantedMethod) -> tuple[str, ...]:
    """Return the titles of items that are wanted at a level, and would be ``*`` for everybody."""
    levels = {item.item for item in wanted.items if item.level is not None}
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


def _wanted(by_item: Mapping[str, WantedLevel], name: str, column: Column) -> WantedLevel | None:
    return by_item.get(column.title or name) or by_item.get(name)


def _without(column: dict[str, Any]) -> dict[str, Any]:
    return {**{key: column[key] for key in _KEPT_OF_COLUMN if key in column}, **_DROPPED}


def _fixed(steps: list[dict[str, Any]], column: Column, item: WantedLevel) -> list[dict[str, Any]]:
    """Return the chain with its search replaced by the wanted level, which stands or falls as a whole."""
    last = column.treat[-1] if column.treat else None
    if not isinstance(last, Generalize):
        raise InputError(
            "screening.level",
            where="method.items",
            what="a level is wanted of an item that the policy does not generalize by a hierarchy",
            fix="leave level out (as the policy treats it), or generalize the column in the policy",
        )
    return [*_recoded(steps, item.level or 0), {**steps[-1], "hierarchy": {"kind": "suppress"}}]


def _recoded(steps: list[dict[str, Any]], level: int) -> Iterator[dict[str, Any]]:
    yield from steps[:-1]
    if level:
        hierarchy = steps[-1]["hierarchy"]
        yield {"criterion": 5, "method": "recode", "hierarchy": hierarchy, "level": level}
