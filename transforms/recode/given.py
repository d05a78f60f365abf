"""The search of a table whose levels are given: they were chosen over all tables that a reader can join."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tokumei.transforms.joined.removal import GivenNode
from tokumei.transforms.recode.models import PrivacyModel
from tokumei.transforms.recode.objectives.base import Node, NodeCount, Objective
from tokumei.transforms.recode.ranking import Known


class GivenSearch(Known):
    """A search that asks for one node only; asked and told as `tokumei.transforms.recode.search.Search` is.

    Nobody may be left out: whoever had to be, for the sake of joined classes, is gone from every table.
        What it tells of its lattice is what the search over all tables found.
    """

    def __init__(self, objective: Objective, models: Sequence[PrivacyModel], given: GivenNode) -> None:
        super().__init__(objective, models, allowed=0)
        self._given, self._asked = given, False
        self.nodes = given.lattice_nodes

    @property
    def bound(self) -> float:
        """The least that another node could cost."""
        return self.cost - self._given.gap if self.best is not None else math.inf

    def propose(self, n: int) -> list[Node]:
        """Return the node, until it was counted."""
        return [] if self._asked else [self._given.levels][:n]

    def learn(self, count: NodeCount) -> None:
        """Take in the node's count."""
        self.note(count)
        self._asked, self.checked = True, self._given.nodes_checked
