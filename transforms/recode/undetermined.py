"""A cut that does not tell what was left out: a reader who knows the method can conclude nothing from it.

A method that always takes the finest labels that are to be had can be run backwards: where a finer label
stands beside a coarse one, nobody in the coarse class has its values (`downcoding`); where a finer level
would have had its k people, some of its classes broke a model of sensitive values (`minimality`). Against
both the key of the run decides some of it, and not the data alone.

**Ways with levels of their own** (cells, local, multidimensional). Wherever the audit finds a class that
could be narrowed, people of one of the finer classes beside it, drawn by the key, are released at the coarse
label too: one tuple of values, where the finer class keeps its k people without it; else the whole finer
class, which is gone then. So the coarse label stands for values of which a finer one was to be had, and to
exclude them is wrong. That is repeated until the audit finds nobody. People only ever go to a coarser label,
so it ends, at the latest with everybody at one. A whole class is moved wherever more than k is asked, or a
person may have several records: what holds for two classes holds for both together, and that is counted again
for all models before it is taken.

**One level for everybody** (full_domain). The key draws one of the columns, or none, each as likely, and that
column is released one level coarser than the optimum. Whoever sees a release at some levels cannot tell the
optimum from the optimum one level below in one column: either gives these levels with about the same
likelihood, so that they tell next to nothing of why the finer ones were not taken, which is what the
minimality attack lives from (Wong and others, VLDB 2007, whose own way, m-confidentiality, falsifies
sensitive values). Of two levels below, less likely ones, something may still be concluded.

What is promised stays exact: classes are counted as readers see them. The loss is higher, and is told beside
that of the usual cut. Equal key and counts give an equal cut.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from tokumei.schemas.errors import RequirementError
from tokumei.transforms.counting.histogram import Ints
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.recode.assignment import Assignment, count_assignment, full_domain, holds
from tokumei.transforms.recode.cells import rounds_of
from tokumei.transforms.recode.downcoding import NarrowedClass, narrowed_classes
from tokumei.transforms.recode.lattice import Lattice
from tokumei.transforms.recode.models.k_anonymity import KAnonymity
from tokumei.transforms.recode.objectives.base import Node, NodeCount, Objective
from tokumei.transforms.recode.ranking import Choice
from tokumei.transforms.recode.requirements import people_allowed
from tokumei.transforms.recode.ways import Way, WayName
from tokumei.transforms.values.cells import Mask


def cut_anew(
    table: TablePlan,
    lattice: Lattice,
    objective: Objective,
    choice: Choice,
    *,
    ways: Mapping[WayName, Way],
    key: RunKey,
) -> tuple[Choice, dict[WayName, Way]]:
    """Return what is chosen, and the ways, with cuts that do not tell what was left out.

    Args:
        table: the plan.
        lattice: its ladders, histogram and models.
        objective: what the policy minimizes.
        choice: the full-domain optimum.
        ways: that were worked out, full_domain by that optimum.
        key: of the run.

    Raises:
        RequirementError: for the way that is asked for none was found.
    """
    found = dict[WayName, Way]()
    for name, way in ways.items():
        seed = key.derive("\0".join(("undetermined cut", table.name, name)))
        if name == "full_domain":
            allowed = people_allowed(table, lattice.histogram.total_people)
            count = _coarser(lattice, choice.count, allowed, seed)
            cost = objective.value(count)
            choice = replace(choice, count=count, cost=cost, gap=choice.gap + cost - choice.cost)
            found[name] = Way(full_domain(count.node, lattice.failing(count.node)))
            continue
        mixed = undetermined(lattice, way.assignment, seed)
        if mixed is None and name != table.requirements.recoding:
            continue  # it is only compared with
        if mixed is None:
            raise RequirementError(
                "requirement.deterministic_cut",
                where=f"tables.{table.name}",
                what=f"no cut of recoding: {name} was found that leaves nobody to narrow and meets the"
                " requirements",
                fix="use recoding: full_domain, or remove deterministic_cut: false",
            )
        rounds = rounds_of(mixed, lattice.histogram) if name == "cells" else ()
        regions = count_assignment(mixed, lattice.ladders, lattice.histogram).classes if way.regions else 0
        found[name] = Way(mixed, rounds, regions)
    return choice, found


def undetermined(lattice: Lattice, assignment: Assignment, seed: bytes) -> Assignment | None:
    """Return a release of which nobody can be narrowed by who knows the method.

    Args:
        lattice: ladders, histogram and models.
        assignment: the node of every tuple; its classes hold every model.
        seed: from the key of the run.

    Returns:
        The release; None where there are too many classes to audit, or a model breaks.
    """
    spares = _spares(lattice)
    for spare in (True, False) if spares else (False,):
        found = _Mixing(lattice, assignment, seed, spare=spare).mixed()
        if found is not None and holds(found, lattice.ladders, lattice.histogram, lattice.models):
            return found
    return None


def _spares(lattice: Lattice) -> bool:
    """Whether a class holds what is asked as long as it keeps its people."""
    plain = all(isinstance(model, KAnonymity) and not model.wildcard for model in lattice.models)
    return plain and lattice.histogram.pair_rows is None


class _Mixing:
    """Moves people to coarser labels until nobody can be narrowed."""

    def __init__(self, lattice: Lattice, assignment: Assignment, seed: bytes, *, spare: bool) -> None:
        self._lattice, self._spare = lattice, spare
        self._draw = np.random.Generator(np.random.PCG64(int.from_bytes(seed, "big")))
        self._nodes: list[Node] = [tuple(map(int, node)) for node in assignment.nodes]
        self._numbers = {node: number for number, node in reversed([*enumerate(self._nodes)])}
        self._of_tuple = assignment.of_tuple.copy()

    def mixed(self) -> Assignment | None:
        """Return the release, of which models are not counted yet; None: too many classes to audit."""
        ladders, histogram = self._lattice.ladders, self._lattice.histogram
        while True:
            assignment = Assignment(np.array(self._nodes, np.int32), self._of_tuple.copy())
            found = narrowed_classes(assignment, ladders, histogram)
            if found is None:
                return None
            touched = np.zeros(len(histogram), bool)
            for each in found:
                self._mix(each, touched)
            if not touched.any():
                return _used(assignment)

    def _mix(self, found: NarrowedClass, touched: Mask) -> None:
        """Release people of a finer class at the label of a coarse one; none that changed since the audit."""
        if touched[found.tuples].any() or any(touched[finer].any() for finer in found.finer):
            return
        drawn = [found.finer[i] for i in self._draw.permutation(len(found.finer)).tolist()]
        moved = next((one for finer in drawn if len(one := self._spared(finer))), drawn[0])
        level = self._nodes[int(self._of_tuple[found.tuples[0]])][found.column]
        for place in moved.tolist():
            node = self._nodes[self._of_tuple[place]]
            self._of_tuple[place] = self._number(
                (*node[: found.column], int(level), *node[found.column + 1 :])
            )
        for tuples in (found.tuples, *found.finer):
            touched[tuples] = True

    def _spared(self, finer: Ints) -> Ints:
        """Return a tuple without which a class keeps k people; none where there is none."""
        records = self._lattice.histogram.records[finer]
        least = max(model.least_people for model in self._lattice.models)
        can = np.flatnonzero(records.sum() - records >= least) if self._spare else records[:0]
        return finer[self._draw.choice(can, 1)] if len(can) else finer[:0]

    def _number(self, node: Node) -> int:
        if node not in self._numbers:
            self._numbers[node] = len(self._nodes)
            self._nodes.append(node)
        return self._numbers[node]


def _used(assignment: Assignment) -> Assignment:
    """Return the same without nodes at which nobody is released any more; the first stays."""
    used, place = np.unique(assignment.of_tuple[assignment.released], return_inverse=True)
    kept = np.union1d([0], used)
    of_tuple = assignment.of_tuple.copy()
    of_tuple[assignment.released] = np.searchsorted(kept, used)[place]
    return Assignment(assignment.nodes[kept], of_tuple)


def _coarser(lattice: Lattice, count: NodeCount, allowed: int, seed: bytes) -> NodeCount:
    """Return the node that is released at one level for everybody: the optimum, or one level above it.

    Args:
        lattice: ladders, histogram and models.
        count: of the optimum.
        allowed: people who may lose a record.
        seed: from the key of the run.
    """
    draw = np.random.Generator(np.random.PCG64(int.from_bytes(seed, "big")))
    node = list(count.node)
    column = int(draw.integers(len(node) + 1))
    if column == len(node) or node[column] == lattice.top[column]:
        return count
    node[column] += 1
    above = lattice.count(tuple(node))
    return above if above.suppressed_people <= allowed else count
