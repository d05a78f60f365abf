"""What a release adds to the ledger of its file: its recoding, its classes, and who stands in them."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import polars as pl

from tokumei.schemas.kept_releases import KeptPeople, KeptRecoding
from tokumei.transforms.counting.people import PEOPLE, PeoplePerKey
from tokumei.transforms.earlier.kept import KEPT_COUNTS, packed_classes
from tokumei.transforms.planning.plan import EVERYBODY, TablePlan

if TYPE_CHECKING:  # it brings Beam along, which finding a published release does not need
    from tokumei.transforms.recode.chosen import Account, Recoded


def kept_recoding(
    table: TablePlan,
    account: Account,
    recoded: Recoded,
    release: str,
    counted: PeoplePerKey,
    *,
    people: KeptPeople | None,
) -> KeptRecoding:
    """Return how a table was recoded, and its classes.

    Args:
        table: the plan.
        account: what was decided.
        recoded: of that, how it was recoded.
        release: id of the release.
        counted: people of what was written by its quasi-identifiers.
        people: who they are, where that is kept.
    """
    settled = {} if account.settlement is None else account.settlement.generalized
    exact = not table.counts_people or table.people_cap == EVERYBODY
    found = counted.people().rename({key: f"e{i}" for i, key in enumerate(counted.keys)})
    levels = recoded.base if recoded.way == "full_domain" else ()
    return KeptRecoding(
        table=table.name,
        way=recoded.way,
        declared=declared_of(table),
        levels=dict(zip(table.quasi_identifiers, levels, strict=False)),
        removed={name: tuple(sorted(gone)) for name, gone in sorted(settled.items()) if gone},
        releases=(release,),
        classes=packed_classes(found.with_columns(pl.concat_list(PEOPLE).alias(KEPT_COUNTS))),
        exact=exact,
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
