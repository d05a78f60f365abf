"""The histogram of combined tuples, over the records that the columns' own treatments and removals leave."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from tokumei.schemas.combinations import Combination
from tokumei.schemas.errors import RequirementError
from tokumei.transforms.combinations.removal import domains_of, packed_tuples
from tokumei.transforms.counting.histogram import MAX_TUPLES, PACKED, radices
from tokumei.transforms.counting.people import PeoplePerKey, count_people, merge_people
from tokumei.transforms.criteria.coded import kept_rows
from tokumei.transforms.decisions.fitted import FittedTable
from tokumei.transforms.decisions.removal import remove_all
from tokumei.transforms.engine.chunks import Chunk
from tokumei.transforms.planning.persons import persons_of
from tokumei.transforms.planning.plan import TablePlan

MAX_HELD = 10_000_000  # distinct tuples that one worker holds and decides about

Combined = dict[str, PeoplePerKey]


def people_of(plan: TablePlan, combination: Combination) -> int:
    """Return how many people must share a combination."""
    return combination.people or plan.k


def count_combined(plan: TablePlan, chunk: Chunk[FittedTable]) -> Combined:
    """Count records and people per distinct tuple of combined values of one chunk.

    Raises:
        RequirementError: more possible or distinct tuples than can be counted exactly.
    """
    fitted, batch, key = chunk.work.decision, chunk.batch, chunk.work.key
    sizes = [len(domain) for domain in domains_of(plan, fitted.columns)]
    if radices(sizes)[1] > MAX_TUPLES:
        raise _too_many(plan.name, f"have more than {MAX_TUPLES:.2g} possible combinations of values")
    treated = {
        name: plan.chains[name].apply(fitted.columns[name], plan.values_of(name, batch), key)
        for name in {*plan.combined, *plan.dropping}
    }
    treated, _ = remove_all(plan, chunk, treated)
    keep = kept_rows(batch.num_rows, treated)
    packed = packed_tuples(plan, fitted.columns, treated, sizes)[keep]
    persons = None
    if plan.counts_people:
        persons = persons_of(plan, chunk)[keep, 0]
    cap = max(people_of(plan, combination) for combination in plan.table.combinations)
    counted = count_people(pl.DataFrame({PACKED: packed}), persons=persons, cap=cap)
    return {plan.name: refuse_many(plan.name, counted)}


def merge_combined(parts: Sequence[Combined]) -> Combined:
    """Merge the counts of any chunks, in any order; raises RequirementError as `count_combined` does."""
    names = sorted({name for part in parts for name in part})
    return {
        name: refuse_many(name, merge_people([part[name] for part in parts if name in part]))
        for name in names
    }


def refuse_many(name: str, counted: PeoplePerKey) -> PeoplePerKey:
    """Return counts of a table's tuples; raises RequirementError where they are more than a worker holds."""
    if counted.counts.height > MAX_HELD:
        raise _too_many(name, f"take more than {MAX_HELD:,} different combinations of values")
    return counted


def _too_many(name: str, what: str) -> RequirementError:
    return RequirementError(
        "requirement.combinations",
        where=f"tables.{name}.combinations",
        what=f"the columns combined {what}, more than are decided about exactly",
        fix="combine fewer columns, or coarsen them with fixed methods first",
    )
