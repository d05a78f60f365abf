"""Groups and buckets of histories from labels, one array a level: for tests and benchmarks of the kernel."""

import numpy as np

from tokumei.schemas.histories import LostAtMost
from tokumei.transforms.histories.problem import Bucket, FactGroup, FactKind, Lines, Problem


def lines_of(person, leaf):
    """Return one bucket of distinct (person, leaf)."""
    people, person = np.unique(person, return_inverse=True)
    both = np.unique(person.astype(np.int64) << 32 | leaf)
    lines = Lines(
        person=(both >> 32).astype(np.int32), leaves=(both & 0xFFFFFFFF).astype(np.int32)[None], fixed={}
    )
    return Bucket(people=len(people), lines=(lines,))


def tree_of(*labels):
    """Return (leaf of each line, group), from each line's label at each level, finest first."""
    distinct, first, leaf = np.unique(labels[0], return_index=True, return_inverse=True)
    chain, covered = [], [np.zeros(0, np.int64)]
    for level in labels:
        _, node, below = np.unique(level[first], return_inverse=True, return_counts=True)
        chain.append(node + sum(len(c) for c in covered))
        covered.append(below)
    group = FactGroup(
        table=0, chain=np.array(chain, np.int32), covered=np.concatenate(covered), domain=len(distinct)
    )
    return leaf, group


def one_fact(group, **changes):
    """Return the problem of one tree whose nodes are the facts: k = 5, two known at once."""
    stated = {
        "tables": 1,
        "groups": (group,),
        "kinds": (FactKind(table=0, groups=(0,), seen=(None,), fixed=False, delete="cell"),),
        "known": 2,
        "k": 5,
        "share": None,
        "sensitive_values": 0,
        "granularity": "cut",
        "lost_at_most": LostAtMost(people=1.0),
        "seed": bytes(16),
    }
    return Problem(**(stated | changes))
