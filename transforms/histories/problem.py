"""What is to be protected: facts, their trees, the lines of a release by bucket, and what may be lost.

A *fact* is a tuple of released columns of one line. The guarantee H(k, m): for every set of one to m facts,
the number of people who have all of them is 0 or at least k; with a share h, no sensitive value is held by
more than that share of them (anchors: k^m-anonymity, Terrovitis, Mamoulis, Kalnis, VLDB 2008;
(h,k,p)-coherence, Xu, Wang, Fu, Yu, KDD 2008).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np
import numpy.typing as npt

from tokumei.schemas.histories import LostAtMost

Codes = npt.NDArray[np.int32]
Masks = npt.NDArray[np.uint32]

DROPPED = np.uint32(0xFFFFFFFF)  # the mask of a line that is deleted: all of its cells, and itself


@dataclass(frozen=True, kw_only=True)
class FactGroup:
    """Columns of one table that stand together in facts, with the tree along which they become coarser.

    Attributes:
        table: position of the table.
        chain: shape (levels, leaves), the node of each leaf at each level, finest first. Leaves that share a
            node share every node above it. A node may stand on two levels: a label that does not change. The
            level at which everything is one is not part of it: it says nothing, and equals deletion.
        covered: per node, leaves of the whole domain below it.
        domain: leaves of the whole domain.
    """

    table: int
    chain: Codes
    covered: npt.NDArray[np.int64]
    domain: int

    @property
    def levels(self) -> int:
        """Return the number of levels, at least one."""
        return len(self.chain)

    @property
    def leaves(self) -> int:
        """Return the number of leaves that occur."""
        return int(self.chain.shape[1])

    @property
    def nodes(self) -> int:
        """Return the number of nodes of all levels."""
        return len(self.covered)

    def weights(self) -> npt.NDArray[np.int64]:
        """Return what releasing a leaf at each node loses, in parts of `domain`: the leaves below (NCP)."""
        return np.where(self.covered > 1, self.covered, 0)


@dataclass(frozen=True, kw_only=True)
class FactKind:
    """The facts of one declaration.

    Attributes:
        table: position of the table.
        groups: positions in `Problem.groups` of what it looks at, all of that table.
        seen: per group, what the fact sees of each node (>= 0; -1: nothing, and the line gives no such fact),
            or None where it sees the node itself.
        fixed: whether it also looks at the part of the line that cannot be deleted (a class, a band of a
            measure). A kind of a fixed part alone, without groups, can never be deleted; it is of a table
            whose lines stay.
        delete: what goes where too few people have such a fact: the cell that gives it, or its line.
    """

    table: int
    groups: tuple[int, ...]
    seen: tuple[Codes | None, ...]
    fixed: bool
    delete: Literal["cell", "line"]


@dataclass(frozen=True, kw_only=True)
class Lines:
    """Distinct lines of the people of a bucket, in one table.

    Attributes:
        person: ascending, below the people of the bucket.
        leaves: shape (groups of the table in the order of the problem, lines), -1 for a blank.
        fixed: by position of the kind, the code of the undeletable part, -1 for none. Codes are equal in all
            buckets.
        records: how many records each line stands for, where lines may be deleted; else each is one.
    """

    person: Codes
    leaves: Codes
    fixed: Mapping[int, npt.NDArray[np.int64]]
    records: npt.NDArray[np.int64] | None = None


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """Some people, each whole: their lines in all tables, and distinct (person, sensitive value)."""

    people: int
    lines: tuple[Lines, ...]
    sensitive: tuple[Codes, Codes] | None = None


Buckets = Callable[[], Iterable[Bucket]]


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What an outsider may know, and what has to hold then.

    Attributes:
        tables: how many tables.
        groups: the trees.
        kinds: the declared facts.
        known: m, facts known at once, 1 to 3.
        k: people that share what is known, at least 2.
        share: h, the greatest share of a sensitive value among them; exact as the decimal that it is written
            as.
        sensitive_values: how many sensitive values there are; 0 without `share`.
        granularity: one level for all leaves of a group, or a cut through its tree.
        lost_at_most: what may be deleted.
        seed: bytes derived from the run's key; they decide ties alone.
    """

    tables: int
    groups: tuple[FactGroup, ...]
    kinds: tuple[FactKind, ...]
    known: int
    k: int
    share: float | None
    sensitive_values: int
    granularity: Literal["cut", "level"]
    lost_at_most: LostAtMost
    seed: bytes

    def of_table(self, table: int) -> tuple[int, ...]:
        """Return the positions of the groups of a table: the rows of `Lines.leaves`."""
        return tuple(i for i, group in enumerate(self.groups) if group.table == table)

    def limit(self) -> Fraction | None:
        """Return the share h as the fraction that was written."""
        return None if self.share is None else Fraction(str(self.share))


class TooManyFactsError(ValueError):
    """More facts than can be counted exactly in the memory that is set aside.

    Attributes:
        facts: how many facts are left to count at the coarsest level.
        bound: how many can be counted.
        size: size of the sets that were to be counted, 1 to 3.
    """

    def __init__(self, facts: int, bound: int, size: int) -> None:
        self.facts, self.bound, self.size = facts, bound, size
        super().__init__(f"{facts} facts are more than the {bound} of which sets of {size} can be counted")
