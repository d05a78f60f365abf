"""How pass 3 recodes quasi-identifiers: the outcome of the search, in the form that is applied to records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tokumei.transforms.counting.histogram import Codes, Ints, Mask, pack
from tokumei.transforms.counting.lookup import NOT_FOUND, places_in

Numbers = npt.NDArray[np.int8] | npt.NDArray[np.int32]
SUPPRESSED = -1  # in place of the number of a node: the tuple is not released


@dataclass(frozen=True, kw_only=True)
class Recoder:
    """Which tuple is released at which levels, or suppressed; small where few tuples are exceptions.

    Attributes:
        sizes: number of values of each quasi-identifier.
        tables: per quasi-identifier, (level, place in the domain) → label number; shape (levels, values).
        labels: per quasi-identifier, label number → text; where the nodes in use bear it.
        nodes: the nodes in use; all tuples but the exceptions are released at the first.
        exceptions, groups: packed tuples, ascending, and the node of each, or `SUPPRESSED`.
    """

    sizes: tuple[int, ...]
    tables: tuple[Numbers, ...]
    labels: tuple[tuple[str | None, ...], ...]
    nodes: npt.NDArray[np.int32]
    exceptions: Ints
    groups: npt.NDArray[np.int32]

    def apply(self, codes: Sequence[Codes]) -> tuple[list[Numbers], Mask]:
        """Return the label number of each row, per quasi-identifier, and which rows are released."""
        rows = len(codes[0])
        of_row = np.zeros(rows, dtype=np.int32)
        if len(self.exceptions):
            place = places_in(self.exceptions, pack(codes, self.sizes))
            of_row = np.where(place != NOT_FOUND, self.groups[place], 0).astype(np.int32)
        released = of_row != SUPPRESSED
        tables = enumerate(zip(self.tables, codes, strict=True))
        if len(self.nodes) == 1:
            return [table[self.nodes[0, i]].take(code) for i, (table, code) in tables], released
        levels = self.nodes[np.maximum(of_row, 0)]
        return [table[levels[:, i], code] for i, (table, code) in tables], released
