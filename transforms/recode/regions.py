"""Multidimensional recoding: regions that each go as fine as their own people allow, and nobody suppressed.

A region is a set of tuples that share one label tuple at one node: a class of the release. Regions of
different levels may overlap, as in the local recoding of LeFevre, DeWitt & Ramakrishnan (Incognito, SIGMOD
2005, and Mondrian, ICDE 2006): who stands in a coarse region may have values that a finer one covers.
Regions are gathered by regret (`gather_regions`), then dissolved into their neighbours or left by some where
it pays (`Mending`).

Exact: every region is asked every model before it is made, with the whole file's shares, and the classes that
readers will see are asked again at the end.

Greedy: nothing is proven optimal. Where all tuples together cannot pass, those that the full-domain optimum
suppresses stay suppressed. The optimum is taken as it is where it costs no more.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tokumei.transforms.decisions.recoder import SUPPRESSED
from tokumei.transforms.recode.assignment import Assignment, count_assignment, holds
from tokumei.transforms.recode.boxes import Boxes
from tokumei.transforms.recode.cheapest import cheapest
from tokumei.transforms.recode.gather import Regions, gather_regions
from tokumei.transforms.recode.lattice import Lattice
from tokumei.transforms.recode.mending import Mending
from tokumei.transforms.recode.objectives.base import Objective
from tokumei.transforms.recode.prices import label_prices
from tokumei.transforms.values.steady import significant

MAX_DIVIDED = 2_000_000


def multidimensional(lattice: Lattice, objective: Objective, start: Assignment) -> tuple[Assignment, int]:
    """Return the regions as an assignment, and how many they are.

    Args:
        lattice: ladders, models and a histogram of at most `MAX_DIVIDED` tuples.
        objective: the policy's, over the same ladders and histogram.
        start: the full-domain optimum, or another release to compare with.
    """
    prices = label_prices(objective)
    found = [start]
    for chosen in (np.ones(len(lattice.histogram), dtype=bool), start.released):
        boxes = Boxes(lattice, prices, chosen)
        least = cheapest(boxes)
        regions = gather_regions(lattice, boxes, least)
        if regions is None:
            continue
        gathered = _assignment(regions)
        # What every region keeps may break for all together: who stands in several is one person.
        mended = Mending(lattice, boxes, least, gathered).mended(founded=False)
        passing = [
            release
            for release in (gathered, mended)
            if holds(release, lattice.ladders, lattice.histogram, lattice.models)
        ]
        found += passing
        if passing:
            break
    return cheaper(lattice, objective, found)


def cheaper(lattice: Lattice, objective: Objective, releases: Sequence[Assignment]) -> tuple[Assignment, int]:
    """Return the release that costs least, the first of equals, and its classes."""
    counts = [count_assignment(release, lattice.ladders, lattice.histogram) for release in releases]
    costs = [significant(objective.value(count)) for count in counts]
    best = costs.index(min(costs))
    return releases[best], counts[best].kept


def _assignment(regions: Regions) -> Assignment:
    """Return the node of every tuple; the node of most tuples comes first."""
    at, of_region = np.unique(regions.nodes, axis=0, return_inverse=True)
    of_region = of_region.ravel()
    released = regions.of_tuple >= 0
    node = of_region[regions.of_tuple[released]]
    order = np.argsort(-np.bincount(node), kind="stable")
    number = np.argsort(order)
    of_tuple = np.full(len(released), SUPPRESSED, dtype=np.int32)
    of_tuple[released] = number[node]
    return Assignment(at[order], of_tuple)
