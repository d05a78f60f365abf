"""Which tuple is released at which levels: the common outcome of every way of recoding, and what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tokumei.transforms.counting.contingency import group
from tokumei.transforms.counting.histogram import Codes, Histogram, Ints, Mask, pack, radices
from tokumei.transforms.decisions.recoder import SUPPRESSED, Numbers, Recoder
from tokumei.transforms.hierarchies.ladders import Ladder
from tokumei.transforms.recode.models import PrivacyModel
from tokumei.transforms.recode.objectives.base import Node, NodeCount
from tokumei.transforms.values.cells import ONE_BYTE
from tokumei.transforms.values.steady import squares


@dataclass(frozen=True)
class Assignment:
    """The node of every tuple.

    Attributes:
        nodes: shape (g, columns), the nodes in use; the first is that of most tuples, or of those released
            before a rescue began.
        of_tuple: shape (u,), which node each tuple is released at, or `SUPPRESSED`.
    """

    nodes: npt.NDArray[np.int32]
    of_tuple: npt.NDArray[np.int32]

    @property
    def released(self) -> Mask:
        """Which tuples are released."""
        released: Mask = self.of_tuple != SUPPRESSED
        return released


def full_domain(node: Node, failing: Mask) -> Assignment:
    """Return one node for all tuples but those in failing classes."""
    return Assignment(np.array([node], np.int32), np.where(failing, SUPPRESSED, 0).astype(np.int32))


def recoder_of(assignment: Assignment, ladders: Sequence[Ladder], histogram: Histogram) -> Recoder:
    """Return the assignment as pass 3 applies it."""
    tables, labels = zip(*map(_in_use, *label_tables(ladders), assignment.nodes.T), strict=True)
    other = np.flatnonzero(assignment.of_tuple != 0)
    return Recoder(
        sizes=histogram.sizes,
        tables=tables,
        labels=labels,
        nodes=assignment.nodes,
        exceptions=histogram.keys[other],
        groups=assignment.of_tuple[other],
    )


def _in_use(
    table: Codes, texts: tuple[str | None, ...], levels: npt.NDArray[np.int32]
) -> tuple[Numbers, tuple[str | None, ...]]:
    """Number the labels of some levels alone, ascending, null last, in one byte where they are few.

    At other levels there is no label (-1).
    """
    used = sorted(np.unique(table[levels]).tolist(), key=lambda place: (texts[place] is None, texts[place]))
    numbers = np.full(len(texts), -1, np.int8 if len(used) <= ONE_BYTE else np.int32)
    numbers[used] = np.arange(len(used))
    in_use = np.where(np.isin(np.arange(len(table)), levels)[:, None], numbers[table], numbers.dtype.type(-1))
    return in_use, tuple(texts[place] for place in used)


def label_tables(ladders: Sequence[Ladder]) -> tuple[list[Codes], list[tuple[str | None, ...]]]:
    """Number the labels of all levels of each column; equal texts are one label, as readers see them.

    Returns:
        Per column, (level, place in the domain) → label number, shape (levels, values); and the texts.
    """
    tables, all_labels = [], []
    for ladder in ladders:
        number: dict[str | None, int] = {}
        levels = []
        for codes, labels in zip(ladder.codes, ladder.labels, strict=True):
            of_label = np.array([number.setdefault(text, len(number)) for text in labels], dtype=np.int32)
            levels.append(of_label[codes])
        tables.append(np.array(levels))
        all_labels.append(tuple(number))
    return tables, all_labels


def released_classes(
    assignment: Assignment, ladders: Sequence[Ladder], histogram: Histogram
) -> tuple[Histogram, Ints]:
    """Return the classes that readers of the release will see, and the class of each tuple.

    Codes number the labels in use, so that they fit wherever the tuples did. Tuples that are not released are
    in no class (-1).
    """
    tables, labels = label_tables(ladders)
    levels = assignment.nodes[assignment.of_tuple[assignment.released]]
    codes, sizes, nulls = [], [], []
    for i, (table, texts, values) in enumerate(zip(tables, labels, histogram.codes, strict=True)):
        used, code = np.unique(table[levels[:, i], values[assignment.released]], return_inverse=True)
        null = texts.index(None) if None in texts else -1
        codes.append(code.astype(np.int32))
        sizes.append(len(used))
        nulls.append(int(np.searchsorted(used, null)) if null in used else -1)
    keys, of_class = group(pack(codes, sizes), radices(sizes)[1])
    classes = histogram.only(assignment.released).regroup(keys, tuple(sizes), tuple(nulls), of_class)
    of_tuple = np.full(len(histogram), -1, dtype=np.int64)
    of_tuple[assignment.released] = of_class
    return classes, of_tuple


def holds(
    assignment: Assignment,
    ladders: Sequence[Ladder],
    histogram: Histogram,
    models: Sequence[PrivacyModel],
) -> bool:
    """Return whether the classes that readers will see satisfy every model."""
    classes, _ = released_classes(assignment, ladders, histogram)
    return not any(model.failing(classes).any() for model in models)


def count_assignment(assignment: Assignment, ladders: Sequence[Ladder], histogram: Histogram) -> NodeCount:
    """Sum up what an assignment keeps and suppresses, in the form that objectives read.

    ``node`` is the first node in use; the suppressed are charged as if they had been released there.
    """
    classes, _ = released_classes(assignment, ladders, histogram)
    first: Node = tuple(int(level) for level in assignment.nodes[0])
    suppressed = ~assignment.released
    gone = histogram.marginals(suppressed)
    kept: list[dict[int, Ints]] = []
    released = np.flatnonzero(assignment.released)
    at = assignment.of_tuple[released]
    for i, ladder in enumerate(ladders):
        levels, codes = assignment.nodes[at, i], histogram.codes[i, released]
        keys = levels.astype(np.int64) * len(ladder.values) + codes
        records_at = np.bincount(
            keys, weights=histogram.records[released], minlength=ladder.levels * len(ladder.values)
        ).reshape(ladder.levels, -1)
        kept.append(
            {
                level: ladder.lift(records_at[level], 0, level)
                for level in np.unique(assignment.nodes[:, i]).tolist()
            }
        )
    records = classes.records
    people = histogram.people_in(suppressed)
    return NodeCount(
        node=first,
        classes=int((records > 0).sum()),
        squares=squares(records),
        kept=int((records > 0).sum()),
        kept_squares=squares(records),
        suppressed_records=int(histogram.records[suppressed].sum()),
        suppressed_people=people,
        doomed_records=0,
        doomed_people=people,
        gone=tuple(la.lift(g, 0, level) for la, g, level in zip(ladders, gone, first, strict=True)),
        doomed=(),
        resolved=first,
        kept_labels=tuple(kept),
    )
