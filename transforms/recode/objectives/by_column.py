"""Metrics that are made of one number a column: loss, precision, entropy, normalized entropy."""

from __future__ import annotations

import itertools
import math
from abc import abstractmethod
from collections.abc import Sequence
from functools import cached_property

import numpy as np

from tokumei.transforms.hierarchies.ladders import Ladder
from tokumei.transforms.recode.objectives.base import Floats, Ints, Node, NodeCount, Objective
from tokumei.transforms.values.steady import log2, log2_of_counts, power, product_of_powers


class Columnwise(Objective):
    """A metric that is made of one number a column."""

    @cached_property
    def plain(self) -> list[Floats]:
        """Return, per column, the cost of each level without suppression."""
        return self._plain()

    @abstractmethod
    def _plain(self) -> list[Floats]: ...

    def floor(self, node: Node) -> float:
        """Return the node's cost without suppression."""
        return self._total([costs[level] for costs, level in zip(self.plain, node, strict=True)])

    def floors(self, low: Node, high: Node) -> Floats:
        """Return the nodes' costs without suppression."""
        return self._over_lattice([c[n : h + 1] for c, n, h in zip(self.plain, low, high, strict=True)])

    def value(self, count: NodeCount) -> float:
        """Return the node's cost."""
        return self._total(self.columns(count))

    @abstractmethod
    def columns(self, count: NodeCount) -> tuple[float, ...]:
        """Return the cost of each column."""

    def _total(self, columns: Sequence[float]) -> float:
        return math.fsum(v * w for v, w in zip(columns, self.weights, strict=True))

    def _over_lattice(self, levels: Sequence[Floats]) -> Floats:
        total: Floats = np.zeros(())
        for costs, weight in zip(levels, self.weights, strict=True):
            total = total[..., None] + costs * weight
        return total


class Loss(Columnwise):
    """Loss: per column (Σ share − N/|domain|)/(N − N/|domain|), over the columns Π(v+1)^w − 1.

    Share = leaves under the label ÷ |domain|, 1 for suppressed records; w sums to 1. ARX's loss metric,
    geometric mean, after Iyengar 2002.
    """

    name = "loss"

    def __init__(
        self, ladders: Sequence[Ladder], marginals: Sequence[Ints], weights: Sequence[float]
    ) -> None:
        super().__init__(ladders, marginals, weights)
        self._leaves: list[Floats] = [
            (la.leaves_above(0) @ n).astype(float) for la, n in zip(self.ladders, self.marginals, strict=True)
        ]

    def _plain(self) -> list[Floats]:
        return [self._loss(i, leaves, 0) for i, leaves in enumerate(self._leaves)]

    @cached_property
    def _plain_powers(self) -> list[list[float]]:
        return [powers.tolist() for powers in self._powers(self.plain)]

    def floor(self, node: Node) -> float:
        """Return the node's cost without suppression."""
        return math.prod(powers[level] for powers, level in zip(self._plain_powers, node, strict=True)) - 1

    def below(self, count: NodeCount) -> Floats:
        """Return the losses of the more specific nodes if only the doomed were suppressed."""
        levels = []
        for i, (ladder, low, high, doomed) in enumerate(_doomed(self.ladders, count)):
            leaves = self._leaves[i][: high + 1] - ladder.leaves_above(low)[: high + 1] @ doomed
            levels.append(self._loss(i, leaves, count.doomed_records))
        return self._over_lattice(levels)

    def columns(self, count: NodeCount) -> tuple[float, ...]:
        """Return the loss of each column."""
        columns = []
        for i, ladder in enumerate(self.ladders):
            leaves = sum(int(ladder.leaves[level] @ n) for level, n in self.kept(i, count).items())
            columns.append(float(self._loss(i, np.array(float(leaves)), count.suppressed_records)))
        return tuple(columns)

    def _loss(self, column: int, leaves: Floats, suppressed: float) -> Floats:
        """Return the loss, given Σ leaves over the kept records."""
        size, n = self.ladders[column].domain_size, self.records
        # (Σ share − N/size)/(N − N/size), multiplied by size: all sums are of whole numbers, hence exact.
        whole = n * (size - 1)
        return (leaves + suppressed * size - n) / whole if whole else leaves * 0.0

    def _total(self, columns: Sequence[float]) -> float:
        return product_of_powers([v + 1 for v in columns], self.weights.tolist()) - 1

    def _over_lattice(self, levels: Sequence[Floats]) -> Floats:
        product: Floats = np.ones(())
        for powers in self._powers(levels):
            product = product[..., None] * powers
        return product - 1

    def _powers(self, levels: Sequence[Floats]) -> list[Floats]:
        """Return (loss + 1)^weight of each level, per column."""
        sizes = [len(losses) for losses in levels]
        return _parted(power(np.concatenate(levels) + 1, np.repeat(self.weights, sizes)), sizes)


class Precision(Columnwise):
    """1 − Prec: level ÷ height, averaged over cells; 1 for suppressed records (Sweeney 2002)."""

    name = "precision"

    def _plain(self) -> list[Floats]:
        return [self._heights(ladder) for ladder in self.ladders]

    def below(self, count: NodeCount) -> Floats:
        """Return the costs of the more specific nodes if only the doomed were suppressed."""
        share = count.doomed_records / self.records
        heights = [
            self._heights(ladder)[: level + 1] for ladder, level in zip(self.ladders, count.node, strict=True)
        ]
        return self._over_lattice([height + (1 - height) * share for height in heights])

    def columns(self, count: NodeCount) -> tuple[float, ...]:
        """Return the cost of each column."""
        columns = []
        for i, ladder in enumerate(self.ladders):
            heights = self._heights(ladder)
            climbed = sum(heights[level] * int(n.sum()) for level, n in self.kept(i, count).items())
            columns.append(float(climbed + count.suppressed_records) / self.records)
        return tuple(columns)

    @staticmethod
    def _heights(ladder: Ladder) -> Floats:
        return np.arange(ladder.levels) / max(ladder.levels - 1, 1)


class Entropy(Columnwise):
    """Non-uniform entropy: Σ columns, records of −log2 P(value | label), in bits (Gionis & Tassa 2009).

    P is taken over the whole file. Suppressed records are charged as if released, and the entropy of their
    labels among the suppressed besides. Weights are relative to their mean: equal ones give the plain sum.
    """

    name = "entropy"

    def __init__(
        self, ladders: Sequence[Ladder], marginals: Sequence[Ints], weights: Sequence[float]
    ) -> None:
        super().__init__(ladders, marginals, weights)
        self.weights = self.weights * len(ladders)
        self._levels = [_lost(levels) for levels in self.by_level]

    def _plain(self) -> list[Floats]:
        return self._levels

    def below(self, count: NodeCount) -> Floats:
        """Charge the doomed: the entropy of a larger suppressed set, or of finer labels, is no smaller."""
        labels = [
            [ladder.lift(doomed, low, max(low, level)) for level in range(high + 1)]
            for ladder, low, high, doomed in _doomed(self.ladders, count)
        ]
        sizes = [len(levels) for levels in labels]
        bits = _parted(_informations([n for levels in labels for n in levels]), sizes)
        return self._over_lattice(
            [levels[:size] + more for levels, size, more in zip(self._levels, sizes, bits, strict=True)]
        )

    def columns(self, count: NodeCount) -> tuple[float, ...]:
        """Return the bits that each column loses."""
        spread_of_gone = _informations(count.gone).tolist()
        if count.kept_labels is None:
            levels = zip(self._levels, count.node, spread_of_gone, strict=True)
            return tuple(float(bits[level]) + more for bits, level, more in levels)
        columns = []
        for i, (level, gone) in enumerate(zip(count.node, count.gone, strict=True)):
            labels = [(self.by_level[i][at], n) for at, n in count.kept_labels[i].items()]
            labels.append((self.by_level[i][level], gone))
            spread = math.fsum(float((n * log2_of_counts(all_)).sum()) for all_, n in labels)
            values = self.marginals[i]
            lost = spread - float((values * log2_of_counts(values)).sum())
            columns.append(max(0.0, lost) + spread_of_gone[i])
        return tuple(columns)


class NormalizedEntropy(Entropy):
    """Non-uniform entropy of each column ÷ what it would be at the highest level, averaged (ARX's variant).

    So a column of many values weighs no more than one of few. 1 where everything is ``*``; suppressed records
    are charged as in `Entropy`.
    """

    name = "normalized_entropy"

    def __init__(
        self, ladders: Sequence[Ladder], marginals: Sequence[Ints], weights: Sequence[float]
    ) -> None:
        super().__init__(ladders, marginals, weights)
        most = np.array([levels[-1] for levels in self._levels])
        # A column of one value loses nothing at any level.
        self.weights = self.weights / len(ladders) / np.where(most > 0, most, 1.0)


def _doomed(ladders: Sequence[Ladder], count: NodeCount) -> list[tuple[Ladder, int, int, Ints]]:
    return list(zip(ladders, count.resolved, count.node, count.doomed, strict=True))


def _parted(values: Floats, sizes: Sequence[int]) -> list[Floats]:
    """Cut what was computed at once into parts of these sizes."""
    ends = itertools.accumulate(sizes)
    return [values[end - size : end] for end, size in zip(ends, sizes, strict=True)]


def _lost(levels: Sequence[Ints]) -> Floats:
    """Return the bits that each level loses: none where labels are only renamed, whatever was rounded."""
    bits, values = _informations(levels), [np.count_nonzero(counts) for counts in levels]
    return np.where(np.array(values) == values[0], 0.0, np.maximum(bits[0] - bits, 0.0))


def _informations(groups: Sequence[Ints]) -> Floats:
    """Return Σ n · log2(N/n) of each group of counts."""
    sizes = [len(counts) for counts in groups]
    starts = np.cumsum([0, *sizes[:-1]])
    counts = np.concatenate(groups)
    totals = np.repeat(np.add.reduceat(counts, starts), sizes)
    ratios = np.divide(totals, counts, out=np.ones(len(counts)), where=counts > 0)
    return np.add.reduceat(counts * log2(ratios), starts)
