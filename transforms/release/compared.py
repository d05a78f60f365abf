"""What is released beside all earlier releases of the file: as the policy asks, or by counts alone."""

from __future__ import annotations

from tokumei.schemas.errors import InputError
from tokumei.schemas.kept_releases import ReleaseRecord
from tokumei.transforms.earlier.compare import (
    Compared,
    SeenReleases,
    compare_counts,
    compare_none,
    compare_table,
)
from tokumei.transforms.earlier.joins import compare_joins
from tokumei.transforms.earlier.kept import ledger_of
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.planning.plan import Plan
from tokumei.transforms.release.earlier import read_earlier
from tokumei.transforms.storage.places import open_store


def compared_with(plan: Plan, seen: SeenReleases, record: ReleaseRecord) -> tuple[Compared, ...]:
    """Compare what is released with all earlier releases of the file.

    Where the policy does not ask, counts alone are compared, which costs no pass. A sample of a file is
    compared with none.

    Raises:
        TokumeiError: another release of the file has come since the run was planned.
    """
    needed = plan.policy.requirements
    if plan.sample:
        return ()
    if needed.earlier_releases is None:
        return _counts_beside(plan, record)
    kept, k = read_earlier(plan), needed.compared_people
    salt = RunKey(bytes.fromhex(record.salt))
    of_tables = (
        compare_table(plan.tables[now.table], seen[now.table], now, kept.recodings, k=k, salt=salt)
        for now in record.tables
        if now.table in seen
    )
    joined = {name for join in record.joins for name in join.tables}
    unclassed = (compare_none(name, kept, k) for name in record.unclassed if name not in joined)
    return *of_tables, *unclassed, *compare_joins(record.joins, seen, kept, k)


def _counts_beside(plan: Plan, record: ReleaseRecord) -> tuple[Compared, ...]:
    try:
        kept = ledger_of(open_store(plan.published), plan.published, record.entry_id).read()
        found = [compare_counts(now, kept, plan.policy.requirements.k) for now in record.tables]
        found += [
            compare_none(name, kept, plan.policy.requirements.k, asked=False) for name in record.unclassed
        ]
    except InputError:  # nobody asked; whoever does is told
        return ()
    return tuple(compared for compared in found if compared.releases)
