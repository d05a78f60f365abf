"""What nobody can be told for less: the cheapest labels that enough records of the file share.

Whoever is released stands in a class of k people, who all are covered by the labels of the class. So its
labels are shared by k records of the file, and cost at least as much as the cheapest that are, whatever the
way of recoding and whoever else is released. A walk through the nodes finds these for every tuple at once.
"""

from __future__ import annotations

import numpy as np

from tokumei.transforms.counting.histogram import Ints
from tokumei.transforms.recode.boxes import Boxes


def cheapest(boxes: Boxes) -> Ints:
    """Return, by tuple, what the cheapest labels cost that enough records share; at most what ``*`` costs.

    Where the walk is cut short, less may be returned than they cost, never more.
    """
    found = boxes.price(boxes.top)
    limits = found - 1
    for visit in boxes.walk(limits, all_count=True):
        found[visit.places] = np.minimum(found[visit.places], visit.price)
        limits[visit.places] = found[visit.places] - 1
    return found
