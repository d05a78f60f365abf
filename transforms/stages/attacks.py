"""Attacks as a step beside pass 3: some people are looked for among all records, as they are released."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

import apache_beam as beam
import polars as pl
from apache_beam.coders.typecoders import registry
from apache_beam.pvalue import AsSingleton, PCollection

from tokumei.schemas.attack_rules import table_attacked
from tokumei.schemas.attacks import (
    AttackOnRecords,
    HabitProfile,
    Intersection,
    Linkage,
    Signature,
    SinglingOut,
)
from tokumei.schemas.splits import Split
from tokumei.transforms.attacks.earlier import SharedClasses, intersect, merge_overlaps, overlap
from tokumei.transforms.attacks.habits import habits, recognize
from tokumei.transforms.attacks.joint import JointClasses
from tokumei.transforms.attacks.likeness import Recognized, merge_lines
from tokumei.transforms.attacks.scouting import (
    Hunts,
    Linked,
    Scouted,
    Trail,
    follow,
    hunt,
    linked,
    merge_scouted,
    merge_trails,
    scout,
)
from tokumei.transforms.attacks.signatures import match, signatures
from tokumei.transforms.attacks.singled import count_singling
from tokumei.transforms.counting.people import PeoplePerKey, merge_people
from tokumei.transforms.decisions.decision import Decision
from tokumei.transforms.engine.chunks import Chunk, Work
from tokumei.transforms.engine.combine import merge_globally
from tokumei.transforms.engine.guard import guarded
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.engine.spill import SpilledCoder
from tokumei.transforms.engine.steps import each, each_to_many
from tokumei.transforms.engine.treat_chunks import TreatChunks
from tokumei.transforms.planning.plan import Plan, TablePlan
from tokumei.transforms.recode.chosen import Chosen
from tokumei.transforms.release.anonymize import anonymize_chunk
from tokumei.transforms.stages.read import ReadChunks

A = TypeVar("A", bound=AttackOnRecords)
Attacks = Mapping[int, tuple[TablePlan, A]]  # by place among the requirements


class Scouts(dict[int, Scouted | SharedClasses | PeoplePerKey | pl.DataFrame]):
    """Whom attacks may look for, classes of two releases, tuples, or lines, by the attack's place."""


class Trails(dict[int, Trail]):
    """How well records fit whom attacks look for, by the same places."""


class AttackedRecords(dict[int, Linked | JointClasses | Recognized | PeoplePerKey]):
    """What attacks came to, by the same places."""


registry.register_coder(Scouts, SpilledCoder)
registry.register_coder(Trails, SpilledCoder)


@dataclass(frozen=True)
class Hunting:
    """What a split is bound to: the decision about its table, and whom attacks on it look for."""

    decision: Decision
    hunts: Hunts

    @property
    def rejected(self) -> Mapping[str, tuple[int, ...]]:
        """Numbers of the records to leave out, by split id."""
        return self.decision.rejected

    @property
    def seen(self) -> Mapping[str, bytes]:
        """What pass 1 has read of each split, by its id."""
        return self.decision.seen


class AttackRecords(beam.PTransform):
    """Splits to what declared attacks on records come to: linkage, singling out, histories, earlier releases.

    Element types: `Split` → `AttackedRecords` (exactly one). Tables that are attacked are read once more,
    treated as pass 3 treats them; and for linkage again, to compare targets with all records. Nothing is
    written; what crosses a shuffle are the targets of each chunk with what is known of them, scores, and
    counts of classes. Under retry the same people are drawn.
    """

    def __init__(self, plan: Plan, key: PCollection[RunKey], chosen: PCollection[Chosen]) -> None:
        super().__init__()
        self._k, self._key, self._chosen = plan.policy.requirements.k, key, chosen
        self._attacks: Attacks[AttackOnRecords] = {
            i: (plan.tables[table_attacked(attack, plan.policy.tables)], attack)
            for i, attack in enumerate(plan.policy.requirements.attacks)
            if isinstance(attack, AttackOnRecords)
        }

    def expand(self, splits: PCollection[Split]) -> PCollection[AttackedRecords]:
        """`Split` → `Scouts` (one); where people are looked for, `Trails` (one) → `AttackedRecords` (one)."""
        attacks, key, chosen = self._attacks, AsSingleton(self._key), AsSingleton(self._chosen)
        tables = {table.name: table for table, _ in attacks.values()}
        merge: Any = partial(_merge_scouts, attacks)
        scouts = (
            splits
            | "BindChosen" >> each_to_many(_bind_chosen, tables, key, chosen).with_output_types(Work)
            | "Read" >> ReadChunks(tables, columns=TablePlan.output_types, stage="targets")
            | "Scout" >> beam.ParDo(TreatChunks(partial(_scout, attacks))).with_output_types(Scouts)
            | "MergeScouts" >> merge_globally(merge, Scouts)
        )
        linkage: Attacks[Linkage] = {
            i: (table, attack) for i, (table, attack) in attacks.items() if isinstance(attack, Linkage)
        }
        trails: Any = Trails()
        if linkage:
            trails = AsSingleton(self._trails(splits, scouts, linkage))
        return scouts | "Sum" >> each(_outcome, attacks, self._k, key, trails).with_output_types(
            AttackedRecords
        )

    def _trails(
        self, splits: PCollection[Split], scouts: PCollection[Scouts], attacks: Attacks[Linkage]
    ) -> PCollection[Trails]:
        """`Split`, `Scouts` (one) → `Trails` (one): all records are compared with those looked for."""
        key, chosen = AsSingleton(self._key), AsSingleton(self._chosen)
        tables = {table.name: table for table, _ in attacks.values()}
        hunts = scouts | "Hunt" >> each(_hunt, attacks, key, chosen).with_output_types(dict)
        return (
            splits
            | "BindHunts"
            >> each_to_many(_bind_hunts, attacks, key, chosen, AsSingleton(hunts)).with_output_types(Work)
            | "ReadAgain" >> ReadChunks(tables, columns=TablePlan.output_types, stage="attacks")
            | "Follow" >> beam.ParDo(TreatChunks(partial(_follow, attacks))).with_output_types(Trails)
            | "MergeTrails" >> merge_globally(_merge_trails, Trails)
        )


@guarded
def _bind_chosen(
    split: Split, tables: Mapping[str, TablePlan], key: RunKey, chosen: Chosen
) -> Sequence[Work[Decision]]:
    return [Work(split, key, chosen.decisions[split.table])] if split.table in tables else []


def _scout(attacks: Attacks[AttackOnRecords], chunk: Chunk[Decision]) -> Scouts:
    table, own = _of_table(attacks, chunk.work.split.table)
    done = anonymize_chunk(table, chunk, people=table.counts_people)
    found, released = Scouts(), (done.batch, done.order)
    for i, attack in own.items():
        if isinstance(attack, Linkage):
            found[i] = scout(table, attack, chunk, done.batch)
        elif isinstance(attack, Intersection):
            found[i] = overlap(table, attack, chunk, released)
        elif isinstance(attack, SinglingOut):
            found[i] = count_singling(table, attack, chunk, released)
        elif isinstance(attack, Signature):
            found[i] = signatures(table, attack, chunk, released)
        else:
            found[i] = habits(table, attack, chunk, released)
    return found


def _of_table(attacks: Attacks[A], name: str) -> tuple[TablePlan, dict[int, A]]:
    """Return the plan of a table, and the attacks on it."""
    own = {i: attack for i, (table, attack) in attacks.items() if table.name == name}
    return attacks[next(iter(own))][0], own


def _merge_scouts(attacks: Attacks[AttackOnRecords], parts: Sequence[Scouts]) -> Scouts:
    merged = Scouts()
    for i in sorted({i for part in parts for i in part}):
        of_attack, (_, attack) = [part[i] for part in parts if i in part], attacks[i]
        if isinstance(attack, Linkage):
            merged[i] = merge_scouted(attack, [found for found in of_attack if isinstance(found, Scouted)])
        elif isinstance(attack, Intersection):
            merged[i] = merge_overlaps([found for found in of_attack if isinstance(found, SharedClasses)])
        elif isinstance(attack, SinglingOut):
            merged[i] = merge_people([found for found in of_attack if isinstance(found, PeoplePerKey)])
        else:
            merged[i] = merge_lines([found for found in of_attack if isinstance(found, pl.DataFrame)])
    return merged


@guarded
def _hunt(scouts: Scouts, attacks: Attacks[Linkage], key: RunKey, chosen: Chosen) -> dict[int, Any]:
    return {
        i: hunt(table, attack, chosen.decisions[table.name], key, found)
        for i, (table, attack) in attacks.items()
        if isinstance(found := scouts[i], Scouted)
    }


@guarded
def _bind_hunts(
    split: Split, attacks: Attacks[Linkage], key: RunKey, chosen: Chosen, hunts: Hunts
) -> Sequence[Work[Hunting]]:
    own = {i: hunts[i] for i, (table, _) in attacks.items() if table.name == split.table}
    return [Work(split, key, Hunting(chosen.decisions[split.table], own))] if own else []


def _follow(attacks: Attacks[Linkage], chunk: Chunk[Hunting]) -> Trails:
    table, own = _of_table(attacks, chunk.work.split.table)
    work = chunk.work
    bound = _rebound(chunk, Work(work.split, work.key, work.decision.decision))
    done = anonymize_chunk(table, bound, people=table.counts_people)
    released, hunts = (done.batch, done.order), work.decision.hunts
    return Trails({i: follow(table, attack, bound, hunts[i], released) for i, attack in own.items()})


def _rebound(chunk: Any, work: Work[Decision]) -> Chunk[Decision]:
    bound: Chunk[Decision] = replace(chunk, work=work)
    return bound


def _merge_trails(parts: Sequence[Trails]) -> Trails:
    places = sorted({i for part in parts for i in part})
    return Trails({i: merge_trails([part[i] for part in parts if i in part]) for i in places})


@guarded
def _outcome(
    scouts: Scouts,
    attacks: Attacks[AttackOnRecords],
    k: int,
    key: RunKey,
    trails: Trails,
) -> AttackedRecords:
    outcome = AttackedRecords({i: linked(trail) for i, trail in trails.items()})
    for i, (_, attack) in attacks.items():
        found = scouts[i]
        if isinstance(attack, Intersection) and isinstance(found, SharedClasses):
            outcome[i] = intersect(attack, k, found)
        elif isinstance(found, PeoplePerKey):
            outcome[i] = found
        elif isinstance(attack, HabitProfile) and isinstance(found, pl.DataFrame):
            outcome[i] = recognize(attack, key, found)
        elif isinstance(attack, Signature) and isinstance(found, pl.DataFrame):
            outcome[i] = match(attack, key, found)
    return outcome
