"""What a release adds to the ledger of its file: its recoding, its classes, and who stands in them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

import polars as pl

from tokumei.schemas.kept_releases import KeptPeople, KeptRecoding
from tokumei.transforms.counting.people import PEOPLE, PeoplePerKey
from tokumei.transforms.planning.plan import EVERYBODY, TablePlan

if TYPE_CHECKING:  # it brings Beam along, which finding a published release does not need
    from tokumei.transforms.recode.chosen import Account


def kept_recoding(
    table: TablePlan, account: Account, release: str, counted: PeoplePerKey, people: KeptPeople | None
) -> KeptRecoding | None:
    """Return how a table was recoded, and its classes; None where it has none.

    Args:
        table: the plan.
        account: what was decided.
        release: id of the release.
        counted: people of what was written by its quasi-identifiers.
        people: who they are, where that is kept.
    """
    recoded = account.recoded
    if recoded is None:
        return None
    settled = {} if account.settlement is None else account.settlement.generalized
    exact = not table.counts_people or table.people_cap == EVERYBODY
    found = counted.people().sort(counted.keys, nulls_last=True)
    levels = recoded.base if recoded.way == "full_domain" else ()
    return KeptRecoding(
        table=table.name,
        way=recoded.way,
        declared=declared_of(table),
        levels=dict(zip(table.quasi_identifiers, levels, strict=False)),
        removed={name: tuple(sorted(gone)) for name, gone in sorted(settled.items()) if gone},
        releases=(release,),
        classes=tuple(found.select(counted.keys).rows()),
        counts=tuple((n,) for n in found[PEOPLE].to_list()) if exact else None,
        people=people,
    )


def declared_of(table: TablePlan) -> dict[str, str]:
    """Return, by quasi-identifier, the SHA-256 of its declaration and of the file of its hierarchy."""
    declared = {}
    for name in table.quasi_identifiers:
        column, chain = table.table.columns[name], table.chains[name]
        rows = [sorted(h.rows.items()) for h in chain.hierarchies if h.rows]
        text = json.dumps([column.model_dump(mode="json"), rows], ensure_ascii=False, sort_keys=True)
        declared[name] = hashlib.sha256(text.encode()).hexdigest()
    return declared


def kept_classes(recoding: KeptRecoding) -> pl.DataFrame:
    """Return the classes of a recoding as columns e0, e1, … of text."""
    names = [f"e{i}" for i, _ in enumerate(recoding.declared)]
    columns: Mapping[str, list[str | None]] = dict(
        zip(names, map(list, zip(*recoding.classes, strict=True)), strict=True)
    )
    return pl.DataFrame(columns, schema=dict.fromkeys(names, pl.String))
