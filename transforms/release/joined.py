"""Verification over joined tables: every model asked again of the classes that a reader finds by joining."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.schemas.errors import RequirementError
from tokumei.transforms.counting.contingency import Contingency
from tokumei.transforms.counting.histogram import Histogram
from tokumei.transforms.counting.people import PEOPLE
from tokumei.transforms.joined.layout import joined_groups
from tokumei.transforms.joined.removal import JoinedAccount, JoinedRemoval
from tokumei.transforms.joined.written import STANDS, JoinedClasses
from tokumei.transforms.planning.plan import Plan, TablePlan
from tokumei.transforms.recode.chosen import Account, Chosen
from tokumei.transforms.recode.figures import amount
from tokumei.transforms.recode.models import PrivacyModel
from tokumei.transforms.recode.together import joined_models, joined_name, where_of

WrittenJoined = dict[str, JoinedClasses]  # by the first table of each join


@dataclass(frozen=True, kw_only=True)
class JoinedFound:
    """What was found in what was written of one join.

    Attributes:
        account: what was decided.
        people: distinct people in any of its tables.
        smallest: people of the smallest class.
        models, reached: what every class satisfies, and what the weakest reaches; none without classes.
    """

    account: JoinedAccount
    people: int
    smallest: int
    models: tuple[PrivacyModel, ...]
    reached: tuple[float, ...]


def verify_joined(
    plan: Plan, chosen: Chosen, written: WrittenJoined, fingerprint: str
) -> tuple[JoinedFound, ...]:
    """Check what was written of joined tables, and return what was found of each join.

    Args:
        plan: the run.
        chosen: what was decided.
        written: the merged recount of each join.
        fingerprint: of the key of this run.

    Raises:
        RequirementError: somebody left out of one table stands in another, or a joined class fails a model;
            the release must not be published.
    """
    checked = []
    for tables in joined_groups(plan.tables):
        accounts = {name: chosen.accounts[name] for name in tables}
        found = written.get(next(iter(tables)))
        if found is None:
            raise _failed(tables, "nothing was written")
        if found.fingerprints != {fingerprint}:
            raise _failed(tables, "parts were made with different keys")
        removals = [account.fitted.removal(JoinedRemoval) for account in accounts.values()]
        if (first := removals[0]) is None or None in removals:
            raise _failed(tables, "the tables were not joined")
        if found.standing:
            raise _failed(tables, f"{found.standing:,} people are left out of one table and stand in another")
        models = _models(tables, accounts) if first.account.smallest is not None else ()
        classes = _histogram(tables, accounts, found)
        _check_models(tables, accounts, classes, models)
        checked.append(
            JoinedFound(
                account=first.account,
                people=found.people,
                smallest=int(classes.records.min()),
                models=models,
                reached=tuple(model.reached(classes) for model in models),
            )
        )
    return tuple(checked)


def _check_models(
    tables: Mapping[str, TablePlan],
    accounts: Mapping[str, Account],
    classes: Histogram,
    models: Sequence[PrivacyModel],
) -> None:
    for model in models:
        small = int(model.failing(classes).sum())
        if small and any(account.settlement is not None for account in accounts.values()):
            raise RequirementError(
                "requirement.promise",
                where=where_of(tables),
                what=f"{small:,} classes of the joined tables fail {model.wording} without the cells that are"
                " blanked because too few people would bear their labels in the release",
                fix="ask for fewer people, or declare may_fall_below: {because: …}",
            )
        if small:
            raise _failed(
                tables,
                f"{small:,} classes of the joined tables fail {model.wording}"
                f" (the weakest reaches {amount(model.reached(classes))})",
            )


def _models(tables: Mapping[str, TablePlan], accounts: Mapping[str, Account]) -> tuple[PrivacyModel, ...]:
    shares = {
        joined_name(name, column): given
        for name, account in accounts.items()
        if (removal := account.fitted.removal(JoinedRemoval)) is not None and removal.given is not None
        for column, given in removal.given.shares.items()
    }
    return joined_models(tables, {name: account.fitted for name, account in accounts.items()}, shares)


def _histogram(
    tables: Mapping[str, TablePlan], accounts: Mapping[str, Account], found: JoinedClasses
) -> Histogram:
    """Return the recounted classes in the form that privacy models look at: people, each once in a class."""
    people = found.classes[PEOPLE].to_numpy()
    return Histogram(
        keys=np.arange(len(people), dtype=np.int64),
        sizes=(len(people),),
        records=people,
        total_people=found.people,
        sensitive={
            joined_name(name, column): _contingency(
                found.classes,
                found.sensitive[name, column],
                accounts[name].fitted.columns[column].domain or (),
            )
            for name, table in tables.items()
            for column in table.protected
            if (name, column) in found.sensitive
        },
        nulls=(-1,),
    )


def _contingency(classes: pl.DataFrame, values: pl.DataFrame, domain: Sequence[str | None]) -> Contingency:
    keys = [name for name in classes.columns if name != PEOPLE]
    place = values.join(
        classes.select(keys).with_row_index("#class"),
        on=keys,
        how="left",
        nulls_equal=True,
        maintain_order="left",
    )["#class"].to_numpy()
    known = pc.index_in(values[STANDS].to_arrow().cast(pa.string()), value_set=pa.array(domain, pa.string()))
    codes = known.fill_null(len(domain)).to_numpy(zero_copy_only=False).astype(np.int64)
    order = np.lexsort((codes, place))
    return Contingency(
        tuples=place[order].astype(np.int64),
        values=codes[order],
        counts=values[PEOPLE].to_numpy()[order],
        size=len(domain) + 1,
    )


def _failed(tables: Mapping[str, TablePlan], what: str) -> RequirementError:
    return RequirementError(
        "verification.failed",
        where=where_of(tables),
        what=f"verification of the written data failed: {what}",
        fix="run again; if it fails again, report it: nothing was released",
    )
