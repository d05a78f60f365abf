"""The tree of a group of columns: what each tuple of their values becomes, level by level.

Columns that are coarsened together form one tree: the last of them becomes coarser first, and once it is
``*``, the one before. The level at which all are ``*`` tells nothing and is no level: cells are blanked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from tokumei.transforms.counting.histogram import Codes, Ints, unpack
from tokumei.transforms.hierarchies.ladders import Ladder

BLANK = -1


@dataclass(frozen=True, kw_only=True)
class Tree:
    """A group's tree over the tuples of values that occur.

    Attributes:
        leaves: the packed tuples, ascending.
        chain: shape (levels, leaves), the node of each leaf at each level.
        nodes: shape (nodes, columns), the number of the label of each column; `BLANK` where it has none.
        texts: by column, its labels.
        levels: what each level of the tree is: the level of each column.
        titles: by column, what each of its levels means.
    """

    leaves: Ints
    chain: npt.NDArray[np.int32]
    nodes: npt.NDArray[np.int32]
    texts: tuple[tuple[str, ...], ...]
    levels: tuple[tuple[int, ...], ...]
    titles: tuple[tuple[str, ...], ...]

    def covered(self) -> Ints:
        """Return how many leaves stand below each node."""
        found = np.zeros(len(self.nodes), np.int64)
        for of_leaf in self.chain:
            np.maximum(found, np.bincount(of_leaf, minlength=len(found)), out=found)
        return found

    def seen(self, prefix: int) -> npt.NDArray[np.int32]:
        """Return what a fact that names so many of the columns sees of each node, or `BLANK`."""
        known = self.nodes[:, :prefix]
        _, places = np.unique(known, axis=0, return_inverse=True)
        return np.where((known == BLANK).any(axis=1), BLANK, places.ravel()).astype(np.int32)


def tree_of(leaves: Ints, sizes: Sequence[int], ladders: Sequence[Ladder]) -> Tree:
    """Return the tree of a group.

    Args:
        leaves: the packed tuples of its values that occur, ascending.
        sizes: how many values each column has.
        ladders: of each column, over its domain.
    """
    codes = unpack(leaves, sizes)
    texts, numbers = zip(*(_numbered(ladder) for ladder in ladders), strict=True)
    levels = tuple(_levels([ladder.levels for ladder in ladders]))
    rows = [
        np.stack(
            [number[level][code] for number, level, code in zip(numbers, at, codes, strict=True)], axis=1
        )
        for at in levels
    ]
    nodes, chain = _nodes(rows)
    return Tree(
        leaves=leaves,
        chain=chain,
        nodes=nodes,
        texts=texts,
        levels=levels,
        titles=tuple(ladder.titles for ladder in ladders),
    )


def _nodes(rows: Sequence[npt.NDArray[np.int32]]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Return the nodes as labels, and the node of each leaf at each level.

    Equal labels are one node, as they are to a reader; unless a label stands on two levels below different
    nodes. Then they are told apart by level: people who share either share the label.
    """
    nodes, places = np.unique(np.concatenate(rows), axis=0, return_inverse=True)
    chain = places.reshape(len(rows), -1)
    pairs = np.concatenate(
        [np.stack([low, high]).T for low, high in pairwise(chain)] or [np.empty((0, 2), int)]
    )
    steps = np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0)
    if len(np.unique(steps[:, 0])) < len(steps):
        marked = [np.column_stack([np.full(len(row), level), row]) for level, row in enumerate(rows)]
        nodes, places = np.unique(np.concatenate(marked), axis=0, return_inverse=True)
        nodes, chain = nodes[:, 1:], places.reshape(len(rows), -1)
    return nodes.astype(np.int32), chain.astype(np.int32)


def _levels(heights: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Yield the level of every column, from the finest to the last that tells something."""
    at = [0] * len(heights)
    yield tuple(at)
    for column in reversed(range(len(heights))):
        last = heights[column] - (2 if column == 0 else 1)
        while at[column] < last:
            at[column] += 1
            yield tuple(at)


def _numbered(ladder: Ladder) -> tuple[tuple[str, ...], list[Codes]]:
    """Return the labels of all levels, each once, and of every level the number of each value's label."""
    texts: dict[str, int] = {}
    numbers = []
    for codes, labels in zip(ladder.codes, ladder.labels, strict=True):
        of_label = [BLANK if text is None else texts.setdefault(text, len(texts)) for text in labels]
        numbers.append(np.array(of_label, np.int32)[codes])
    return tuple(texts), numbers
