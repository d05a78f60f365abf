"""Metrics of the sizes of classes alone: discernibility and average class size."""

from __future__ import annotations

from tokumei.transforms.recode.objectives.base import Floats, Node, NodeCount, Objective


class Discernibility(Objective):
    """Σ over kept classes of |E|², plus suppressed records × N (Bayardo & Agrawal 2005)."""

    name = "discernibility"

    def floor(self, node: Node) -> float:
        """Return N: every record is at least indiscernible from itself."""
        return self.records

    def value(self, count: NodeCount) -> float:
        """Return the metric."""
        return count.kept_squares + count.suppressed_records * self.records

    def below(self, count: NodeCount) -> Floats:
        """Charge the doomed."""
        doomed = count.doomed_records
        return self._flat(count, doomed * self.records + (self.records - doomed))

    def above(self, count: NodeCount) -> float:
        """Return Σ|E|² over all classes: merging classes raises it, and suppression costs more."""
        return count.squares


class AverageClassSize(Objective):
    """N ÷ (kept classes, and one more if anything is suppressed) (LeFevre et al. 2006; ARX's variant)."""

    name = "average_class_size"

    def floor(self, node: Node) -> float:
        """Return 1: there are no more classes than records."""
        return 1.0

    def value(self, count: NodeCount) -> float:
        """Return the metric."""
        return self.records / max(count.kept + (count.suppressed_records > 0), 1)

    def below(self, count: NodeCount) -> Floats:
        """Bound the classes by the records that are not doomed."""
        classes = self.records - count.doomed_records + (count.doomed_records > 0)
        return self._flat(count, self.records / max(classes, 1))

    def above(self, count: NodeCount) -> float:
        """Bound the classes by those here; the suppressed count as one more only if two or more merge."""
        return self.records / max(count.classes, 1)
