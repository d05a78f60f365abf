"""What the command says once a release is there: how much of what, left out where, and where to look."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tokumei.schemas import japan_time
from tokumei.schemas.errors import InputError

if TYPE_CHECKING:
    from tokumei.schemas.column import Column
    from tokumei.schemas.policy import Policy
    from tokumei.transforms.planning.plan import Plan


def tell(plan: Plan, *, already: bool = False) -> None:
    """Print what the release holds, from the release itself.

    Args:
        plan: the run.
        already: an earlier run has released it.

    Raises:
        InputError: there is none though the job has ended, or it cannot be read.
    """
    from tokumei.transforms.release.publish import release_dir
    from tokumei.transforms.storage.places import open_store

    store = open_store(plan.output)
    base = release_dir(plan, store)
    uri = store.join(base, "manifest.json")
    if not store.exists(uri):
        raise InputError(
            "release.missing",
            where=uri,
            what="the job ended without a release",
            fix="look at the engine's log",
        )
    manifest = json.loads(store.read(uri)[0])
    report = json.loads(store.read(store.join(base, "report.json"))[0])
    records = sum(t["records"] for t in manifest["tables"].values())
    uncounted = " (as many as records: there is no person column to count by)"
    print(
        f"{'holds' if already else 'released'} {records:,} records of {manifest['people']:,} people"
        f"{uncounted if report['people_basis'] == 'records' else ''}"
    )
    for table in report["tables"]:
        _tell_table(table, plan.policy.tables[table["name"]].columns)
    print(f"  release:  {base}")
    print(f"  report:   {store.join(base, 'report.html')}")
    print(f"  notice:   {store.join(base, 'notice.md')}")
    print(f"  register: {store.join(plan.output, 'register', 'index.html')}")
    warn(plan.policy)


def warn(policy: Policy) -> None:
    """Say on stderr what the policy states and may not mean."""
    if policy.regime != "private" and policy.file.period_over(japan_time.today()):
        print("warning: file.product_period is over, and would be published as it is", file=sys.stderr)


def _tell_table(table: dict[str, Any], declared: Mapping[str, Column]) -> None:
    left_out = {k: table[f"records_{k}"] for k in ("rejected", "dropped", "suppressed")}
    alone = table["records_without_person"]
    if table["person_missing"] == "drop":
        left_out["without a person code"] = alone
    told = ", ".join(f"{n:,} {k}" for k, n in left_out.items() if n) or "none left out"
    print(f"  {table['name']}: {table['records_out']:,} of {table['records_in']:,} records ({told})")
    if alone and table["person_missing"] == "each_alone":
        print(f"    {alone:,} records without a person code: each counted as a person, without pseudonym")
    for column in table["columns"]:
        for spec, step in zip(declared[column["name"]].treat, column["steps"], strict=False):
            if spec.reads:
                _tell_blanks(column["name"], step["counts"])
    for level in (table["recoding"] or {"levels": ()})["levels"]:
        at = f"level {level['level']}"
        if level["level"] is None:
            at = f"levels {level['finest']} to {level['coarsest']}"
        print(f"    {level['column']}: {at} of {level['levels'] - 1} ({level['label']})")


def _tell_blanks(column: str, counts: dict[str, int]) -> None:
    """Say how many values a method could not read; what rarity blanked stands in the report."""
    if counts.get("cells_blanked"):
        blank, values = counts["cells_blanked"], counts["cells_changed"]
        print(f"    {column}: {blank:,} of {values:,} values were not understood and are blank")
