"""Tables that criterion 5 takes more of than its limit says: the limit counts people of the whole.

Two people in a hundred may have half of the lines of a table, and be most of those of a small one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tokumei.schemas.report import LostShares, TableReport
from tokumei.transforms.pages.environment import number, percent

_TIMES, _LEAST = 3, 0.05  # of the limit; and what is little of any table


def left_out_of(
    limit: float, *, records: tuple[int, int], people: tuple[int | None, int | None]
) -> LostShares | None:
    """Return what criterion 5 takes of a table; None where it is about as much as the limit says.

    Args:
        limit: share of people who may be left out.
        records: suppressed, and all that were read.
        people: in the table before and after; None where they are not told apart.
    """
    (suppressed, read), (before, after) = records, people
    lines = suppressed / read if read else 0.0
    persons = 1 - after / before if before and after is not None else None
    if not suppressed or max(lines, persons or 0.0) <= max(_TIMES * limit, _LEAST):
        return None
    return LostShares(records=lines, people=persons, limit=limit)


def left_out_warnings(tables: Sequence[TableReport]) -> Iterable[str]:
    """Return one sentence a table of which much is left out."""
    for table in tables:
        if (found := table.left_out) is not None:
            people = "" if found.people is None else f"、本人の{percent(found.people)}"
            yield (
                f"「{table.title}」は、条件を満たさない人とともにレコード{number(table.records_suppressed)}件"
                f"（{percent(found.records)}{people}）が除かれている。"
                f"除いてよい人の割合の上限（{percent(found.limit)}）は、全体の人数に対するものである。"
                "この表の合計や傾向は、元のデータと大きく違い得る。"
            )
