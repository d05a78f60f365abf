"""The search over shards, one round at a time.

A round: the search proposes nodes, every shard rolls its tuples up to their classes, the classes are
exchanged so that each is whole in one place, the places count them, and the search learns the sums.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from tokumei.transforms.counting.histogram import Histogram
from tokumei.transforms.decisions.fitted import Fits
from tokumei.transforms.planning.plan import Plan
from tokumei.transforms.recode.count import Histograms
from tokumei.transforms.recode.given import GivenSearch
from tokumei.transforms.recode.infeasible import closest_node
from tokumei.transforms.recode.lattice import Lattice, count_node, failing_classes
from tokumei.transforms.recode.objectives.base import Node, NodeCount
from tokumei.transforms.recode.ranking import Choice, InfeasibleError
from tokumei.transforms.recode.search import Search, conclude
from tokumei.transforms.recode.sharded.parts import add_counts, join, split
from tokumei.transforms.recode.sharded.terms import AllTerms, Terms, histograms_of

ClassPlace = tuple[str, Node, int]  # where classes become whole: of a table, at a node, one part of them
Counts = dict[tuple[str, Node], NodeCount]


@dataclass(frozen=True)
class State:
    """Where the searches are, and the nodes that they ask for next; none once they have ended."""

    searches: Mapping[str, Search | GivenSearch] = field(default_factory=dict)
    asked: Mapping[str, tuple[Node, ...]] = field(default_factory=dict)


def start(terms: AllTerms) -> State:
    """Begin with the top, which is feasible if any node is; or with the node that is given."""
    searches = {name: _search(t) for name, t in terms.items()}
    return State(
        searches,
        {
            name: (search.top,) if isinstance(search, Search) else tuple(search.propose(1))
            for name, search in searches.items()
        },
    )


def _search(t: Terms) -> Search | GivenSearch:
    objective = t.objectives[t.table.requirements.minimize]
    return (
        Search(objective, t.models, t.allowed)
        if t.given is None
        else GivenSearch(objective, t.models, t.given)
    )


@dataclass(frozen=True)
class RoundCount:
    """What a round has counted so far; adds up over places.

    Attributes:
        counts: by table and node.
        state: of the searches that asked; it comes once in a round, apart from all counts.
    """

    counts: Counts
    state: State | None = None


def add_round(parts: Sequence[RoundCount]) -> RoundCount:
    """Add up the counts of disjoint places, and keep the state."""
    states = [part.state for part in parts if part.state is not None]
    return RoundCount(add_counts([part.counts for part in parts]), states[0] if states else None)


def learn(state: State, counts: Counts, batch: int) -> State:
    """Tell the searches what was counted, and ask them for at most ``batch`` nodes a table."""
    searches = copy.deepcopy(state.searches)  # an element that others may hold is never changed
    for (name, _), count in sorted(counts.items(), key=lambda item: item[0]):
        searches[name].learn(count)
    asked = {name: tuple(search.propose(batch)) for name, search in searches.items()}
    return State(searches, {name: nodes for name, nodes in asked.items() if nodes})


def roll_up(
    plan: Plan, fits: Fits, shard: Histograms, asked: Mapping[str, Sequence[Node]]
) -> Iterator[tuple[ClassPlace, Histogram]]:
    """Roll a shard up to the classes of the nodes asked for, parted by class."""
    wanted = {name: table for name, table in shard.items() if asked.get(name)}
    for name, ladders, histogram in histograms_of(plan, fits, wanted):
        lattice = Lattice(ladders, histogram, ())
        for node in asked[name]:
            for place, part in split(lattice.classes(node)[0], plan.shards):
                yield (name, node, place), part


def count_place(terms: AllTerms, place: ClassPlace, parts: Sequence[Histogram]) -> Counts:
    """Count the whole classes of one place."""
    name, node, _ = place
    t, classes = terms[name], join(parts)
    of_tuple = np.arange(len(classes))
    count = count_node(
        t.ladders,
        *failing_classes(t.models, classes),
        node=node,
        classes=classes,
        base_node=node,
        base=classes,
        of_tuple=of_tuple,
    )
    return {(name, node): count}


Choices = dict[str, Choice]


def conclude_all(terms: AllTerms, state: State) -> Choices:
    """Return the node chosen for each table.

    Raises:
        RequirementError: none was found.
    """
    choices: Choices = {}
    for name, search in state.searches.items():
        closest = search.closest
        if closest is None:
            raise TypeError("the top was not counted")
        try:
            choices[name] = conclude(search, partial(_already, closest))
        except InfeasibleError as error:
            t = terms[name]
            raise closest_node(
                f"tables.{name}",
                dict(zip(t.table.quasi_identifiers, t.ladders, strict=True)),
                t.models,
                error.closest,
                t.summary.everybody.total_people,
                allowed=t.allowed,
            ) from None
    return choices


def _already(closest: NodeCount, _: Node) -> NodeCount:
    return closest
