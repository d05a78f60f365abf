"""The quasi-identifiers of a chunk's records as they are released, and which of the records are."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from tokumei.transforms.criteria.coded import domain_codes
from tokumei.transforms.criteria.treated import Treated
from tokumei.transforms.decisions.decision import Decision
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.values.cells import Mask, labelled


def recoded(
    plan: TablePlan, decision: Decision, treated: Mapping[str, Treated], reaching: Mask
) -> tuple[dict[str, pa.DictionaryArray], Mask]:
    """Generalize and suppress.

    Args:
        plan: the table.
        decision: about it.
        treated: its columns after their own treatments and all removals.
        reaching: the rows that these leave.

    Returns:
        The labels of every row by quasi-identifier; and which rows are released.

    Raises:
        InputError: a value is not in its domain, so the input changed between two passes.
    """
    if decision.recoder is None:
        return {}, reaching
    codes = [
        domain_codes(treated[name], decision.columns[name].domain or (), f"tables.{plan.name}.columns.{name}")
        for name in plan.quasi_identifiers
    ]
    labels, released = decision.recoder.apply(codes)
    columns = {
        name: labelled(code, pa.array(texts, pa.string()))
        for name, code, texts in zip(plan.quasi_identifiers, labels, decision.recoder.labels, strict=True)
    }
    return columns, reaching & released
