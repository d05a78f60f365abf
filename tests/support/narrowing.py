"""Whom a reader who knows the method can narrow, written out class by class; and two small hierarchies."""

import numpy as np

from tokumei.transforms.hierarchies.ladders import Ladder
from tokumei.transforms.recode.downcoding import Narrowed


def tree(values, *groups):
    """A ladder of the values, of each way to put them together, and of ``*``."""
    levels = [tuple(range(len(values))), *groups, (0,) * len(values)]
    codes = tuple(np.array(level, np.int32) for level in levels)
    labels = tuple(tuple(f"{i}.{c}" for c in range(max(level) + 1)) for i, level in enumerate(levels))
    return Ladder(
        values=tuple(values),
        codes=codes,
        labels=labels,
        leaves=tuple(np.bincount(c) for c in codes),
        domain_size=len(values),
        titles=tuple(map(str, levels)),
    )


def defined(assignment, ladders, tuples):
    """Whom the definition narrows: values under finer labels of classes alike in all other columns go."""
    classes = {}
    for t in np.flatnonzero(assignment.of_tuple >= 0):
        node = assignment.nodes[assignment.of_tuple[t]]
        label = tuple(
            frozenset(np.flatnonzero(la.codes[level] == la.codes[level][v]).tolist())
            for la, level, v in zip(ladders, node, tuples.codes[:, t], strict=True)
        )
        classes.setdefault(label, []).append(t)
    some, one = set(), set()
    for label, held in classes.items():
        for i, own in enumerate(label):
            below = [
                other[i]
                for other in classes
                if other[i] < own and all(other[j] == label[j] for j in range(len(label)) if j != i)
            ]
            gone = frozenset().union(*below)
            truly = not any(int(tuples.codes[i, t]) in gone for t in held)
            if gone and own - gone and truly:
                some |= set(held)
                one |= set(held) if len(own - gone) == 1 else set()
    return Narrowed(*(int(tuples.records[sorted(s)].sum()) if s else 0 for s in (some, one)))


CITY = tree(["新宿", "港", "青ヶ島", "御蔵島", "小笠原"], (0, 0, 1, 1, 1))
AGE = tree(["20", "21", "30", "31"], (0, 0, 1, 1))
