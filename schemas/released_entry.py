"""What a release adds to the register: the entry of its file, with what its report says of the product."""

from __future__ import annotations

from tokumei.schemas.policy import Policy
from tokumei.schemas.register import SMALL_FILE, RegisterEntry, TableItems, entry_of_file
from tokumei.schemas.report import Report


def entry_of(policy: Policy, report: Report) -> RegisterEntry:
    """Return the entry that a release adds to the register.

    Items 1 to 14, 16 and 17 come from the policy, 本人の数 (distinct people, 規則63条) and 情報の項目 from
    the report, which knows what is left of each.
    """
    small = report.people < SMALL_FILE
    return entry_of_file(policy, report.created_at, small=small).model_copy(
        update={
            "release_id": report.release_id,
            "delivery": report.delivery_sha256,
            "product_people": report.people,
            "product_people_basis": report.people_basis,
            "product_items": released_items(report),
        }
    )


def released_items(report: Report) -> tuple[TableItems, ...]:
    """Return what is released by table, as `ColumnReport.item` (情報の項目; 法43条3項, 117条1号)."""
    return tuple(
        TableItems(table=table.title, items=tuple(c.item for c in table.columns if c.item is not None))
        for table in report.tables
    )
