"""What becomes of each tuple, so that no rare combination is left: decided once, for the whole file.

Equal tuples get equal treatment. A blanked cell or a dropped record takes support from the combinations that
it was part of, which may make them rare in turn; so all declarations are applied again until a count over
everything that is left finds none. Each round takes something away, so the rounds end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from tokumei.transforms.combinations.count import people_of
from tokumei.transforms.combinations.kernel import (
    MISSING,
    CombinedTuples,
    Rare,
    cells_to_blank,
    rare_combinations,
)
from tokumei.transforms.combinations.removal import CombinationRemoval, Removed, domains_of
from tokumei.transforms.combinations.suda import dis_suda, suda
from tokumei.transforms.counting.contingency import group
from tokumei.transforms.counting.histogram import PACKED, Ints, Mask, pack, radices, unpack
from tokumei.transforms.counting.people import PERSON, RECORDS, PeoplePerKey
from tokumei.transforms.decisions.fitted import FittedTable
from tokumei.transforms.engine.distinct import distinct
from tokumei.transforms.planning.plan import TablePlan


def remove_rare(plan: TablePlan, fitted: FittedTable, counted: PeoplePerKey) -> FittedTable:
    """Decide about every tuple of one table; returns the fits with the decision in them.

    A column in which cells are blanked gets null into its domain, at its end: other codes stay.
    """
    domains = domains_of(plan, fitted.columns)
    sizes = tuple(len(domain) for domain in domains)
    packed, tuples = _unpacked(counted, sizes, [None in domain for domain in domains])
    removal = decide_tuples(plan, packed, tuples, sizes)
    blanked = int(np.bitwise_or.reduce(removal.blank, initial=0))
    columns = dict(fitted.columns)
    for i, (name, domain) in enumerate(zip(plan.combined, domains, strict=True)):
        if blanked >> i & 1 and None not in domain:
            columns[name] = replace(columns[name], domain=(*domain, None))
    return replace(fitted, columns=columns, removals=(*fitted.removals, removal))


def decide_tuples(
    plan: TablePlan, packed: Ints, tuples: CombinedTuples, sizes: tuple[int, ...]
) -> CombinationRemoval:
    """Remove rare combinations until none is left.

    Args:
        plan: the table, with its declarations.
        packed: the distinct tuples as integers, ascending.
        tuples: the same, as codes of the combined columns.
        sizes: number of values of each combined column.
    """
    declared = plan.table.combinations
    columns = [[plan.combined.index(name) for name in c.columns] for c in declared]
    left = replace(tuples, codes=tuples.codes.copy())
    blanked_by = np.full(tuples.codes.shape, -1, dtype=np.int8)
    dropped_by = np.full(len(packed), -1, dtype=np.int8)
    found = [[0] * c.size for c in declared]
    standing_out = [
        _standing_out(replace(tuples, codes=tuples.codes[at]), c.size, plan.requirements.population_size)
        for c, at in zip(declared, columns, strict=True)
    ]
    clean = turn = 0
    while clean < len(declared):
        combination, at = declared[turn], columns[turn]
        rare = rare_combinations(left, at, combination.size, people_of(plan, combination))
        clean = 0 if rare else clean + 1
        for r in rare:
            found[turn][len(r.columns) - 1] += r.combinations
        if rare and combination.action == "record":
            gone = distinct(np.concatenate([r.tuples for r in rare]))
            left.codes[:, gone] = MISSING  # neither looked at again, nor anyone's support
            dropped_by[gone] = turn
        elif rare:
            _blank(left, blanked_by, rare, at, turn)
        turn = turn if rare else (turn + 1) % len(declared)
    stays = dropped_by < 0
    removed = tuple(
        Removed(
            combinations=tuple(found[i]),
            records=int(tuples.records[dropped_by == i].sum()),
            cells=tuple(int(tuples.records[stays & (blanked_by[c] == i)].sum()) for c in at),
            contributions=standing_out[i][0],
            highest_dis=standing_out[i][1],
        )
        for i, at in enumerate(columns)
    )
    bits = ((blanked_by >= 0) & stays).T @ (1 << np.arange(len(sizes), dtype=np.int64))
    criteria = np.array([*(c.criterion for c in declared), 0], dtype=np.int8)[dropped_by]
    changed: Mask = (bits > 0) | ~stays
    return CombinationRemoval(
        sizes=sizes, tuples=packed[changed], blank=bits[changed], drop=criteria[changed], removed=removed
    )


def _standing_out(
    tuples: CombinedTuples, size: int, population: int | None
) -> tuple[tuple[float, ...], float | None]:
    """Return each column's share of the SUDA scores, and the highest DIS-SUDA risk if it can be told."""
    found = suda(tuples, size)
    people = int(tuples.records.sum())
    dis = None
    if population is not None and people < population and tuples.pair_rows is None:
        sizes = [int(codes.max()) + 2 for codes in tuples.codes]  # one more for MISSING
        keys, place = group(pack(tuples.codes + 1, sizes), radices(sizes)[1])
        records = np.bincount(place, weights=tuples.records, minlength=len(keys)).astype(np.int64)
        scores = np.zeros(len(keys))
        scores[place] = found.scores  # equal for equal values
        risks = dis_suda(scores, records, len(tuples.codes), people / population)
        dis = float(risks.max(initial=0))
    return tuple(found.contributions.tolist()), dis


def _blank(
    left: CombinedTuples, blanked_by: npt.NDArray[np.int8], rare: Sequence[Rare], at: Sequence[int], turn: int
) -> None:
    touched, blank = cells_to_blank(rare, at)
    for column, mask in zip(at, blank, strict=True):
        left.codes[column, touched[mask]] = MISSING
        blanked_by[column, touched[mask]] = turn


def _unpacked(
    counted: PeoplePerKey, sizes: Sequence[int], nulls: Sequence[bool]
) -> tuple[Ints, CombinedTuples]:
    """Turn merged counts into tuples of codes; null, the last of a domain, becomes MISSING."""
    counts = counted.counts.sort(PACKED)
    packed = counts[PACKED].to_numpy()
    codes = unpack(packed, sizes)
    for column, size, null in zip(codes, sizes, nulls, strict=True):
        if null:
            column[column == size - 1] = MISSING
    if counted.pairs is None:
        return packed, CombinedTuples(codes, counts[RECORDS].to_numpy())
    return packed, CombinedTuples(
        codes,
        counts[RECORDS].to_numpy(),
        np.searchsorted(packed, counted.pairs[PACKED].to_numpy()),
        counted.pairs[PERSON].to_numpy(),
    )


def removals(
    tables: Mapping[str, TablePlan], fits: Mapping[str, FittedTable], counted: Mapping[str, PeoplePerKey]
) -> dict[str, FittedTable]:
    """Decide for every table that declares combinations; the others stay as they are."""
    return {
        name: remove_rare(tables[name], fit, counted[name]) if tables[name].combined else fit
        for name, fit in fits.items()
    }
