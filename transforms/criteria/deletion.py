"""Deletion of a whole column (項目削除); codes of 二号 and 三号 have sentences of their own."""

from __future__ import annotations

import pyarrow as pa

from tokumei.schemas import treatments as t
from tokumei.transforms.criteria.base import Applied, Criterion
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.values.cells import present


class Delete(Criterion[None, None], treats=t.Delete, numbers=(1, 4, 5)):
    """Delete the whole column: it is never read for output."""

    def apply(self, decision: None, values: pa.Array, key: RunKey) -> Applied:
        """Return nulls; a job does not even do this, because the release leaves the column out."""
        return Applied(pa.nulls(len(values), pa.string()), present(values))

    def explain(self, decision: None) -> str:
        """Return that the whole item is deleted."""
        return "項目の全部を削除した。"
