"""The lattice over one histogram: any node's classes, and what counting it tells.

A node is counted from the bottom or, where that is large, rolled up from the classes of a more specific node
that was counted before (LeFevre et al. 2005): classes only merge, so nothing is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from tokumei.transforms.counting.histogram import Histogram, Ints, Mask
from tokumei.transforms.hierarchies.ladders import Ladder
from tokumei.transforms.recode.blocks import Blocks, ruled_out
from tokumei.transforms.recode.models import Monotone, PrivacyModel
from tokumei.transforms.recode.objectives.base import Node, NodeCount
from tokumei.transforms.values.steady import squares

_ROLL_UP = 100_000  # tuples; below, counting from the bottom costs no more than keeping views
_VIEWS = 64  # kept at most, the smallest ones


class Lattice:
    """Counts nodes.

    Args:
        ladders: one a quasi-identifier, in column order.
        histogram: the distinct tuples over the ladders' level-0 codes.
        models: what every released class must satisfy.
    """

    def __init__(
        self, ladders: Sequence[Ladder], histogram: Histogram, models: Sequence[PrivacyModel]
    ) -> None:
        self.ladders, self.histogram, self.models = tuple(ladders), histogram, tuple(models)
        self.bottom: Node = (0,) * len(ladders)
        self.top: Node = tuple(ladder.levels - 1 for ladder in ladders)
        self._views: dict[Node, Histogram] = {self.bottom: histogram}

    def classes(self, node: Node) -> tuple[Histogram, Ints]:
        """Return the equivalence classes of a node, and the class of every tuple of the histogram."""
        return self._coarsen(self.bottom, self.histogram, node)

    def failing(self, node: Node) -> Mask:
        """Return which tuples of the histogram lie in failing classes of a node."""
        classes, of_tuple = self.classes(node)
        return failing_classes(self.models, classes)[0][of_tuple]

    def count_within(self, allowed: int, node: Node) -> NodeCount:
        """Count a node as `count` does; but where more people are doomed, that may be all that is told.

        Of the top all is told.
        """
        return self._counted(node, None if node == self.top else allowed)

    def count(self, node: Node) -> NodeCount:
        """Count a node."""
        return self._counted(node, None)

    def _counted(self, node: Node, enough: int | None) -> NodeCount:
        if self._blocks is not None:
            least = max(model.least_people for model in self.models)
            return self._blocks.count(node, least, enough)
        base_node = self._base(node)
        base = self._views[base_node]
        classes, of_tuple = self._coarsen(base_node, base, node)
        self._keep(node, classes)
        failing, doomed = failing_classes(self.models, classes)
        if enough is not None and classes.people_in(doomed) > enough:
            return ruled_out(node, self.histogram.total_people)
        return count_node(
            self.ladders,
            failing,
            doomed,
            node=node,
            classes=classes,
            base_node=base_node,
            base=base,
            of_tuple=of_tuple,
        )

    @cached_property
    def _blocks(self) -> Blocks | None:
        h = self.histogram
        people_are_records = h.pair_rows is None and h.population is None
        counted = all(model.least_people and not model.full_domain_only for model in self.models)
        if len(h) < _ROLL_UP or not (people_are_records and counted and self.models):
            return None
        return Blocks(self.ladders, h)

    def _coarsen(self, base_node: Node, base: Histogram, node: Node) -> tuple[Histogram, Ints]:
        maps, sizes, nulls = [], [], []
        for ladder, low, high in zip(self.ladders, base_node, node, strict=True):
            maps.append(ladder.upward(low, high))
            sizes.append(len(ladder.labels[high]))
            nulls.append(ladder.null_code(high))
        return base.coarsen(maps, sizes, nulls)

    def _base(self, node: Node) -> Node:
        below = (n for n in self._views if all(a <= b for a, b in zip(n, node, strict=True)))
        return min(below, key=lambda n: (len(self._views[n]), n))

    def _keep(self, node: Node, classes: Histogram) -> None:
        bottom = len(self.histogram)
        if bottom < _ROLL_UP or len(classes) > bottom // 2:
            return
        self._views[node] = classes
        if len(self._views) > _VIEWS:
            largest = max((n for n in self._views if n != self.bottom), key=lambda n: len(self._views[n]))
            del self._views[largest]


def failing_classes(models: Sequence[PrivacyModel], classes: Histogram) -> tuple[Mask, Mask]:
    """Return the classes that fail any model, and those that fail one which is monotone in records.

    Collective models are asked last, about what the others leave.
    """
    failing: npt.NDArray[np.bool_] = np.zeros(len(classes), dtype=bool)
    doomed = failing.copy()
    for model in models:
        if not model.collective:
            fails = model.failing(classes)
            failing |= fails
            if model.monotone is Monotone.RECORDS:
                doomed |= fails
    for model in models:
        if model.collective:
            left = np.flatnonzero(~failing)
            failing[left[model.failing(classes.only(~failing))]] = True
    return failing, doomed


def count_node(
    ladders: Sequence[Ladder],
    failing: Mask,
    doomed: Mask,
    *,
    node: Node,
    classes: Histogram,
    base_node: Node,
    base: Histogram,
    of_tuple: Ints,
) -> NodeCount:
    """Sum up what is known of some classes of a node.

    Args:
        ladders: of the lattice.
        failing: which of its classes fail.
        doomed: which of them fail a model that is monotone in records.
        node: the node.
        classes: whole classes of it.
        base_node: a more specific node, or the same; what it does not resolve of the doomed is bounded by its
            own labels.
        base: its histogram.
        of_tuple: the class of each of the histogram's tuples.
    """
    held = classes.records > 0
    kept = held & ~failing
    same = bool((doomed == failing).all())
    doomed_values = base.marginals(doomed[of_tuple])
    gone = [
        ladder.lift(values, low, high)
        for ladder, values, low, high in zip(ladders, doomed_values, base_node, node, strict=True)
    ]
    unmendable = bool((failing & ~held).any())
    people = classes.people_in(failing)
    return NodeCount(
        node=node,
        classes=int(held.sum()),
        squares=squares(classes.records),
        kept=int(kept.sum()),
        kept_squares=squares(classes.records[kept]),
        suppressed_records=int(classes.records[failing].sum()),
        suppressed_people=classes.total_people + 1 if unmendable else people,
        doomed_records=int(classes.records[doomed].sum()),
        doomed_people=people if same else classes.people_in(doomed),
        gone=tuple(gone if same else classes.marginals(failing)),
        doomed=tuple(doomed_values),
        resolved=base_node,
    )
