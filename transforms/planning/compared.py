"""Which columns' source values are held against what is released."""

from __future__ import annotations

from tokumei.schemas.named_columns import answered, left_whole
from tokumei.schemas.table import Table
from tokumei.transforms.planning.name_columns import birth_columns


def held_against_others(table: Table) -> tuple[str, ...]:
    """Return the columns that tell or link people, of whose values no table of the same people may hold one.

    Birth dates are among them, whatever is made of them. Not others of which a part is released (a
    municipality): that part is no more than what others hold.
    """
    births = birth_columns(table)
    return tuple(
        name
        for name, column in table.columns.items()
        if name in births
        or (
            name != table.person
            and column.sought
            and column.identifies
            and not any(step.keeps_coarse for step in column.treat)
        )
    )


def compared_columns(
    table: Table, k: int, sought: tuple[str, ...], judged: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the columns to read for the search of a release, each once.

    Args:
        table: its declaration.
        k: how many people must share a value.
        sought: the columns whose values are searched for; none where no cell is searched.
        judged: those of which nothing may be released if they are codes.

    Returns:
        These; those whose names ask for it; where cells are searched or days released, birth dates that are
        not kept; and days that are treated and may be such.
    """
    searched = sought or any(column.carries_days for column in table.columns.values())
    by_name = (*left_whole(table.columns, k), *answered(table.columns))
    births = birth_columns(table) if searched else ()
    days = (name for name, column in table.columns.items() if column.carries_days and column.treat)
    return tuple(dict.fromkeys((*sought, *judged, *by_name, *births, *days)))
