"""The two looks of a linkage attack at the file: whom to look for, and how well all records fit them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tokumei.schemas.attacks import Linkage
from tokumei.transforms.attacks.knowledge import Spread, aim_at, comes_near, merge_spreads, spread_of
from tokumei.transforms.attacks.linkage import Aim, Shots, count_same, merge_shots, shoot
from tokumei.transforms.attacks.targets import (
    Pool,
    combination_of,
    combinations_first,
    earliest,
    first,
    held_out,
    marks_of,
    order_of,
    pool_of,
    rarest,
)
from tokumei.transforms.decisions.decision import Decision
from tokumei.transforms.engine.chunks import Chunk
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.values.cells import Mask


@dataclass(frozen=True, kw_only=True)
class Scouted:
    """Of one linkage attack, who may be looked for, and what the release looks like; adds up over chunks.

    Attributes:
        drawn: from whom targets are chosen.
        absent: people who are held out, and looked for all the same.
        spreads: of the released columns that are known.
    """

    drawn: Pool
    absent: Pool
    spreads: dict[str, Spread]


@dataclass(frozen=True, kw_only=True)
class Linked:
    """What a linkage attack came to.

    Attributes:
        people: who were looked for and are in what is attacked.
        left_out: people who were looked for and of whom no record is released: nobody can find them.
        found: of the targets, whose record was taken for theirs; expected where several fit equally well.
        swapped: the same, looking for somebody with what is known of somebody else.
        unreleased: the same in the source itself, where every value stands as it is known.
        absent: people who were looked for and were held out.
        named: of them, for whom one single record fits best, though it is somebody else's.
    """

    people: int
    left_out: int
    found: float
    swapped: float
    unreleased: float
    absent: int
    named: int


def known_records(plan: TablePlan, attack: Linkage, chunk: Chunk[Decision]) -> pa.RecordBatch:
    """Return the source columns of what is known, with those that they are joined with."""
    return chunk.batch.select(list(plan.types(*attack.knows)))


def scout(plan: TablePlan, attack: Linkage, chunk: Chunk[Decision], released: pa.RecordBatch) -> Scouted:
    """Look at a chunk for people to look for.

    Args:
        plan: of the table.
        attack: as declared.
        chunk: its records as they were read, bound to the decisions.
        released: its records as they are released.
    """
    key, records = chunk.work.key, known_records(plan, attack, chunk)
    marks = marks_of(plan, chunk)
    order = order_of(marks, key)
    combination, held = combination_of(records, attack.knows, key), held_out(order, attack.held_out)
    few = held | (earliest(order, attack.targets, attack.held_out) if attack.people == "everybody" else True)
    rows = np.flatnonzero(few)
    some = pool_of(records.take(pa.array(rows)), marks[rows], order[rows], combination[rows])
    part = Scouted(
        drawn=_only(some, ~held[rows]),
        absent=_only(some, held[rows]),
        spreads={
            name: spread_of(released.column(name), key, near=comes_near(plan, name)) for name in attack.knows
        },
    )
    return merge_scouted(attack, [part])


def _only(pool: Pool, mask: Mask) -> Pool:
    rows = np.flatnonzero(mask)
    return Pool(pool.who[rows], pool.records.take(pa.array(rows)))


def merge_scouted(attack: Linkage, parts: Sequence[Scouted]) -> Scouted:
    """Add up what was seen of chunks, in any order; keeps no more people than are looked for."""
    drawn = [part.drawn for part in parts]
    return Scouted(
        drawn=combinations_first(drawn) if attack.people == "rarest" else first(drawn, attack.targets),
        absent=first([part.absent for part in parts], attack.targets),
        spreads={name: merge_spreads([part.spreads[name] for part in parts]) for name in parts[0].spreads},
    )


@dataclass(frozen=True)
class Hunt:
    """Whom one attack looks for: people of the release, and people who are held out of it."""

    present: Aim
    absent: Aim


def hunt(plan: TablePlan, attack: Linkage, decision: Decision, key: RunKey, found: Scouted) -> Hunt:
    """Choose the targets, and work out what is known of them.

    Args:
        plan: of the table.
        attack: as declared.
        decision: about the table.
        key: of the run.
        found: in all chunks.
    """
    drawn = rarest(found.drawn, attack.targets) if attack.people == "rarest" else found.drawn
    present, absent = (aim_at(plan, decision, key, pool, found.spreads) for pool in (drawn, found.absent))
    return Hunt(present, absent)


Trail = tuple[Shots, Shots]  # of those who are there, and of those who are held out


def follow(
    plan: TablePlan,
    attack: Linkage,
    chunk: Chunk[Decision],
    targets: Hunt,
    released: tuple[pa.RecordBatch, pa.Array],
) -> Trail:
    """Compare targets with all records of a chunk but those of people who are held out.

    Args:
        plan: of the table.
        attack: as declared.
        chunk: its records as they were read, bound to the decisions.
        targets: whom to look for.
        released: its records as they are released, and which of those that were read each is.
    """
    key, (batch, order) = chunk.work.key, released
    marks = marks_of(plan, chunk)
    held = held_out(order_of(marks, key), attack.held_out)
    left = np.flatnonzero(~held[order.to_numpy()])
    candidates, whose = batch.take(pa.array(left)), marks[order.to_numpy()[left]]
    combinations = combination_of(known_records(plan, attack, chunk), attack.knows, key)
    shots = []
    for aim in (targets.present, targets.absent):
        same, own_same = count_same(aim, combinations, marks)
        shots.append(shoot(aim, candidates, whose, same=same, own_same=own_same))
    return shots[0], shots[1]


def merge_trails(parts: Sequence[Trail]) -> Trail:
    """Add up what chunks came to, in any order."""
    present, absent = zip(*parts, strict=True)
    return merge_shots(present), merge_shots(absent)


def linked(trail: Trail) -> Linked:
    """Return what an attack came to: sums alone, nothing of anybody."""
    present, absent = trail
    there = present.own >= 0
    unreleased = present.own_same / np.maximum(present.same, 1)
    return Linked(
        people=int(there.sum()),
        left_out=int((~there).sum()),
        found=_hits(present.best, present.ties, present.own, present.own_ties),
        swapped=_hits(present.best, present.ties, present.other, present.other_ties),
        unreleased=float(unreleased[there].sum()),
        absent=len(absent.best),
        named=int((absent.ties == 1).sum()),
    )


def _hits(*scores: np.ndarray[tuple[int], np.dtype[np.int64]]) -> float:
    best, ties, own, own_ties = scores
    return float((own_ties / np.maximum(ties, 1))[(own == best) & (own >= 0)].sum())


Hunts = Mapping[int, Hunt]  # by the attack's place among the requirements
