"""Whether the histogram of a run may be larger than one worker holds, told before any record is read."""

from __future__ import annotations

import math
from collections.abc import Iterable

from tokumei.schemas.formats import COMPRESSED
from tokumei.schemas.splits import TableFile
from tokumei.transforms.planning.plan import Plan


def may_outgrow_a_worker(plan: Plan, files: Iterable[TableFile]) -> bool:
    """Say whether these files may hold more tuples than one worker does; if not, nothing is sharded.

    There are no more tuples than records. Where a file does not state their number, a record takes at
    least a character and its separator a column in plain text; elsewhere the bits that tell so many
    tuples apart, which no compression saves.
    """
    bits = math.log2(max(plan.tuples_a_worker, 2)) / 8
    tuples = 0.0
    for name, file, records, *_ in files:
        table = plan.sources[name]
        plain = table.table.source.facts.text and not file.uri.endswith(COMPRESSED)
        if table.quasi_identifiers:
            most = file.size / (2.0 * len(table.table.columns) if plain else bits)
            tuples += most if records is None else records
    return tuples > plan.tuples_a_worker
