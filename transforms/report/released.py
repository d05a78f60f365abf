"""What notice and register call what is released of a column (情報の項目): from what was released.

The policy names items before anybody knows how far the search will generalize. 「生年」 of which every cell
is ``*`` is not provided, and 「市区町村」 of which 都道府県 are left says more than is; so an item says
the level.
"""

from __future__ import annotations

import unicodedata

from tokumei.schemas.pseudonym_periods import PERIOD_NAMES
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.recode.chosen import Account
from tokumei.transforms.release.written import TableWritten
from tokumei.transforms.report.recoding import level_of


def released_item(table: TablePlan, name: str, account: Account, written: TableWritten) -> str | None:
    """Return the item of a column, with its level or the period of its pseudonyms (仮IDの期間).

    Args:
        table: the plan.
        name: of the column.
        account: the decisions about the table.
        written: what was written of it.

    Returns:
        None where nothing is left of the column.
    """
    column = table.table.columns[name]
    if not column.released or _is_blank(name, written):
        return None
    item, said = column.released_as or column.title or name, None
    if name in table.quasi_identifiers and account.recoded is not None:
        level = level_of(table, account.recoded, table.quasi_identifiers.index(name))
        if level.finest == level.levels - 1:  # all *
            return None
        said = level.label if level.coarsest else None
    elif column.pseudonym is not None and column.pseudonym.per is not None:
        said = f"仮IDの期間：{PERIOD_NAMES[column.pseudonym.per]}"
    return item if said is None or _plain(said) in _plain(item) else f"{item}（{said}）"


def _is_blank(name: str, written: TableWritten) -> bool:
    """Whether every cell that was written is blank; not looked at of pseudonyms and of perturbed values."""
    exposed = written.recount.exposed
    counts = None if exposed is None else exposed.sets.get((name,))
    return counts is not None and len(counts.tuples) > 0 and not counts.tuples.any()


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text)
