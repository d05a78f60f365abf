"""A release can be compared with earlier ones of its file, and the levels of one be applied once more."""

from __future__ import annotations

from collections.abc import Mapping

from tokumei.schemas.earlier import Frozen
from tokumei.schemas.joined import joined_tables
from tokumei.schemas.privacy_models import Requirements
from tokumei.schemas.strict import broken
from tokumei.schemas.table import Table


def check_earlier(requirements: Requirements, tables: Mapping[str, Table]) -> None:
    """Check that a release can be compared with earlier ones, and frozen levels be applied.

    Args:
        requirements: of the policy.
        tables: of the policy.

    Raises:
        PydanticCustomError: it cannot.
    """
    needed, frozen = requirements.earlier_releases, isinstance(requirements.recoding, Frozen)
    at = ("requirements", "earlier_releases")
    classed = {name: table for name, table in tables.items() if table.quasi_identifiers}
    if (needed is not None or frozen) and not classed:
        raise broken(
            "earlier.classes",
            "releases are compared by their classes, and no table has a quasi-identifier",
            "treat the identifying columns with generalize, or remove it",
            at if needed is not None else ("requirements", "recoding"),
        )
    if frozen and joined_tables(tables):
        raise broken(
            "earlier.joined",
            "a reader can join tables of this policy by their people; their levels are chosen over all of"
            " them, and cannot be those of an earlier release",
            "use recoding: full_domain; or say joined: false, with because, on tables",
            ("requirements", "recoding"),
        )
    if needed is not None or frozen:
        for name, table in classed.items():
            _refuse_decided(name, table)
    if needed is None:
        return
    if requirements.way != "full_domain":
        raise broken(
            "earlier.recoding",
            f"recoding: {requirements.way} gives records levels of their own, which cannot be applied to"
            " another day's file without values of this one",
            "use recoding: full_domain, or the frozen levels of a release",
            ("requirements", "recoding"),
        )
    if requirements.nulls == "wildcard":
        raise broken(
            "earlier.nulls",
            "with nulls: wildcard a person is in several classes, which no comparison counts",
            "use nulls: value",
            ("requirements", "nulls"),
        )
    if needed.action == "hold_back":
        _hold_back_works(frozen, classed)


def _refuse_decided(name: str, table: Table) -> None:
    for column in table.quasi_identifiers:
        for i, step in enumerate(table.columns[column].treat):
            if step.data_driven:
                raise broken(
                    "earlier.decided",
                    f"{step.method} decides from the whole file of the day, so labels of two days cannot be"
                    " compared",
                    "use a method of fixed bounds before generalize, for example bands",
                    ("tables", name, "columns", column, "treat", i),
                )


def _hold_back_works(frozen: bool, classed: Mapping[str, Table]) -> None:
    at = ("requirements", "earlier_releases", "action")
    if not frozen:
        raise broken(
            "earlier.frozen",
            "hold_back keeps classes as they were, and the search may choose other ones every time",
            "publish a first release without hold_back, then say recoding: {frozen: <its id>}",
            at,
        )
    for name, table in classed.items():
        if table.person is None or table.person_missing == "each_alone":
            raise broken(
                "earlier.person",
                f"hold_back must know who was released before, and tables.{name} does not say whose every"
                " record is",
                "add person: <column>, and person_missing: drop where some have none; or use action: refuse",
                at,
            )
