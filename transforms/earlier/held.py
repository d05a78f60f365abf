"""Who is held back, as a removal: records that pass 2 and pass 3 leave out alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from tokumei.transforms.counting.lookup import among
from tokumei.transforms.criteria.coded import kept_rows
from tokumei.transforms.criteria.treated import Treated
from tokumei.transforms.decisions.removal import Removing, Taken
from tokumei.transforms.earlier.changes import InClasses, Keys, Past
from tokumei.transforms.earlier.hold import hold_back
from tokumei.transforms.earlier.standing import labels_at, pair_keys
from tokumei.transforms.engine.chunks import Chunk
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.planning.plan import TablePlan


@dataclass(frozen=True, kw_only=True)
class HeldBack:
    """People kept out of a class so that no comparison shows fewer than k of them; a `Removal`.

    Attributes:
        pairs: keys of people and classes, ascending; 8 bytes each.
        salt: the key of all releases of the file, by which they are made.
        records: how many this leaves out.
        waiting: of the people, who were in no earlier release in this class.
    """

    cause: ClassVar[str] = "people held back for earlier releases"

    pairs: Keys
    salt: RunKey
    records: int
    waiting: int

    def apply(
        self, plan: TablePlan, chunk: Chunk[Removing], treated: Mapping[str, Treated]
    ) -> tuple[dict[str, Treated], Taken]:
        """Drop the records of people held back, in their class, under criterion 5; see `Removal.apply`."""
        left = dict(treated)
        if self.records == 0 or plan.table.person is None:  # a population
            return left, Taken((), (0, 0))
        labels = labels_at(plan, plan.frozen, chunk.work.decision.columns, treated)
        gone = among(self.pairs, pair_keys(plan, chunk, labels, self.salt)[1])
        gone &= kept_rows(chunk.batch.num_rows, treated)
        if gone.any():
            name, first = next(iter(treated.items()))
            left[name] = replace(first, drop=gone if first.drop is None else first.drop | gone)
        return left, Taken((), (0, int(gone.sum())))

    def expected(self, plan: TablePlan) -> Taken:
        """Return what the whole file must lose by the removal."""
        return Taken((), (0, self.records))


def held_back(today: InClasses, past: Past, k: int, *, key: RunKey, salt: RunKey) -> HeldBack:
    """Return who is held back; see `hold_back`."""
    pairs = hold_back(today, past, k, key)
    held = today.only(among(pairs, today.pairs))
    return HeldBack(
        pairs=pairs,
        salt=salt,
        records=int(held.lines.sum()),
        waiting=int((~among(past.people.keys, held.pairs)).sum()),
    )
