"""The ways of recoding that a policy may ask for; where it asks for more, what each of them would lose."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tokumei.transforms.recode.assignment import Assignment
from tokumei.transforms.recode.cells import Round, rescue, rounds_of
from tokumei.transforms.recode.downcoding import Narrowed
from tokumei.transforms.recode.fewest import BlankedCells, fewest_cells
from tokumei.transforms.recode.lattice import Lattice
from tokumei.transforms.recode.local import local
from tokumei.transforms.recode.models import PrivacyModel
from tokumei.transforms.recode.objectives.base import NodeCount, Objective
from tokumei.transforms.recode.regions import MAX_DIVIDED, multidimensional

WayName = Literal["full_domain", "cells", "local", "multidimensional"]
WAYS: tuple[WayName, ...] = ("full_domain", "cells", "local", "multidimensional")
# Distinct tuples, and nodes of the lattice, up to which all ways are worked out for a comparison.
COMPARED = 200_000


class TooManyTuplesError(ValueError):
    """The histogram is larger than regions are gathered of; holds its size."""

    def __init__(self, tuples: int) -> None:
        self.tuples = tuples
        super().__init__(f"{tuples} distinct tuples")


@dataclass(frozen=True)
class Way:
    """One way of recoding, worked out.

    Attributes:
        assignment: the node of every tuple.
        rounds: of the rescue, for cells.
        regions: the number of classes, for local and multidimensional; 0 otherwise.
        blanked: for cells, how many are blanked, and how many are needed at least; None if that is not known.
    """

    assignment: Assignment
    rounds: tuple[Round, ...] = ()
    regions: int = 0
    blanked: BlankedCells | None = None


@dataclass(frozen=True, kw_only=True)
class WayLoss:
    """What one way loses and suppresses; ``cost`` in the policy's metric, ``query_error`` of its queries.

    ``narrowed``: whom a reader who knows the way can narrow; None if that is not known.
    """

    way: WayName
    loss: float
    cost: float
    suppressed_records: int
    suppressed_people: int
    query_error: float | None
    narrowed: Narrowed | None


def work_out(
    lattice: Lattice, objective: Objective, optimum: Assignment, chosen: WayName, *, compared: bool
) -> dict[WayName, Way]:
    """Return the chosen way, and those that it is to be compared with.

    Args:
        lattice: ladders, histogram and models.
        objective: what the policy minimizes.
        optimum: the full-domain optimum.
        chosen: the way that the policy asks for.
        compared: whether the others are asked for as well. They are worked out where little enough is to be
            searched, full-domain recoding wherever.

    Raises:
        TooManyTuplesError: regions are asked for above `MAX_DIVIDED` distinct tuples.
    """
    tuples = len(lattice.histogram)
    if chosen in {"multidimensional", "local"} and tuples > MAX_DIVIDED:
        raise TooManyTuplesError(tuples)
    wanted: set[WayName] = {chosen}
    if compared:
        small = max(tuples, math.prod(objective.shape)) <= COMPARED
        wanted |= {*WAYS} if small and comparable(lattice.models) else {"full_domain"}
    found: dict[WayName, Way] = {"full_domain": Way(optimum)} if "full_domain" in wanted else {}
    if "cells" in wanted:
        fewest, blanked = fewest_cells(lattice, objective, optimum, rescue(lattice, objective, optimum))
        found["cells"] = Way(fewest, rounds_of(fewest, lattice.histogram), blanked=blanked)
    if wanted & {"local", "multidimensional"}:
        regions, classes = multidimensional(lattice, objective, optimum)
        if "local" in wanted:
            assignment, number = local(lattice, objective, regions, classes)
            found["local"] = Way(assignment, regions=number)
        if "multidimensional" in wanted:
            found["multidimensional"] = Way(regions, regions=classes)
    return found


def comparable(models: tuple[PrivacyModel, ...]) -> bool:
    """Whether the models are defined for every way: those of a population and wildcards are not."""
    return not any(model.full_domain_only for model in models)


def compare(
    counts: Mapping[WayName, NodeCount],
    loss: Objective,
    objective: Objective,
    errors: Mapping[WayName, float],
    narrow: Mapping[WayName, Narrowed | None],
) -> tuple[WayLoss, ...]:
    """Return what every way loses, in the order of `WAYS`, from what it keeps and suppresses.

    Args:
        counts: by way.
        loss: the metric of that name.
        objective: what the policy minimizes.
        errors: of the policy's queries, by way; empty where it has none.
        narrow: by way, whom a reader can narrow.
    """
    return tuple(
        WayLoss(
            way=name,
            loss=loss.value(counts[name]),
            cost=objective.value(counts[name]),
            suppressed_records=counts[name].suppressed_records,
            suppressed_people=counts[name].suppressed_people,
            query_error=errors.get(name),
            narrowed=narrow.get(name),
        )
        for name in WAYS
        if name in counts
    )
