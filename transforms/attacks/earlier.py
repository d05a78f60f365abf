"""An earlier release of the same file, as its recipients may still hold it, joined with the one at hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.schemas.attacks import Intersection
from tokumei.schemas.errors import RequirementError
from tokumei.transforms.attacks.joint import HeldValues, Ints, JointClasses, join_classes
from tokumei.transforms.counting.people import PEOPLE, PeoplePerKey, count_people, merge_people
from tokumei.transforms.decisions.decision import Decision
from tokumei.transforms.engine.chunks import Chunk
from tokumei.transforms.hierarchies.steps import ANY
from tokumei.transforms.planning.persons import persons_of
from tokumei.transforms.planning.plan import EVERYBODY, TablePlan
from tokumei.transforms.values.cells import as_text

_VALUE = "value"


@dataclass(frozen=True)
class SharedClasses:
    """Classes of both releases, counted; adds up over chunks.

    Attributes:
        both: people by class in the release at hand, class in the earlier one, and value.
        earlier: people by class in the earlier release, and value, those included who are left out now.
    """

    both: PeoplePerKey
    earlier: PeoplePerKey


def overlap(
    plan: TablePlan,
    attack: Intersection,
    chunk: Chunk[Decision],
    released: tuple[pa.RecordBatch, pa.Array],
) -> SharedClasses:
    """Count a chunk's people by their classes in both releases.

    Args:
        plan: of the table.
        attack: as declared, with the levels of the earlier release.
        chunk: its records as they were read, bound to the decisions.
        released: its records as they are released, and which of those that were read each is.
    """
    batch, order = released
    names = plan.quasi_identifiers
    earlier = earlier_labels(plan, attack.levels, chunk, {}).with_columns(
        learnt_values(plan, attack.learns, chunk)
    )
    persons = persons_of(plan, chunk)[:, 0] if plan.counts_people else None
    now = pl.DataFrame(
        {f"n{i}": pl.Series(as_text(batch.column(n))).cast(pl.String) for i, n in enumerate(names)}
    )
    rows = order.to_numpy()
    both = pl.concat([now, earlier[rows]], how="horizontal")
    return SharedClasses(
        count_people(both, persons=None if persons is None else persons[rows], cap=EVERYBODY),
        count_people(earlier, persons=persons, cap=EVERYBODY),
    )


def learnt_values(plan: TablePlan, learns: str | None, chunk: Chunk[Decision]) -> pl.Series:
    """Return the value of each record that is learnt, as text; null where none is."""
    if learns is None:
        return pl.Series(_VALUE, [None] * chunk.batch.num_rows, pl.String)
    chain, fitted = plan.chains[learns], chunk.work.decision.columns.get(learns)
    values = plan.values_of(learns, chunk.batch)
    if fitted is not None:
        values = chain.apply(fitted, values, chunk.work.key).rows()
    return pl.Series(_VALUE, as_text(values)).cast(pl.String)


def earlier_labels(
    plan: TablePlan, levels: Mapping[str, int], chunk: Chunk[Decision], removed: Mapping[str, Sequence[str]]
) -> pl.DataFrame:
    """Return the labels of each record at the levels of the earlier release, as columns e0, e1 and so on.

    Args:
        plan: of the table.
        levels: by quasi-identifier; others were ``*``.
        chunk: its records as they were read, bound to the decisions.
        removed: by quasi-identifier, labels that were ``*`` in the earlier release.
    """
    names = plan.quasi_identifiers
    return pl.DataFrame(
        {f"e{i}": _earlier(plan, levels, chunk, name, removed.get(name, ())) for i, name in enumerate(names)}
    )


def _earlier(
    plan: TablePlan, levels: Mapping[str, int], chunk: Chunk[Decision], name: str, removed: Sequence[str]
) -> pl.Series:
    """Return the label of each record's value at the level of the earlier release.

    Raises:
        RequirementError: the hierarchy has no such level.
    """
    fitted, chain = chunk.work.decision.columns[name], plan.chains[name]
    ladder = chain.ladder(fitted)
    level = levels.get(name, ladder.levels - 1)
    if level >= ladder.levels:
        raise RequirementError(
            "attack.level",
            where=f"requirements.attacks, levels of {name}",
            what=f"level {level} is above the highest of the hierarchy, {ladder.levels - 1}",
            fix="give the level that the earlier release had, as its report tells",
        )
    texts = as_text(chain.apply(fitted, plan.values_of(name, chunk.batch), chunk.work.key).rows())
    place = pc.index_in(texts, value_set=pa.array(ladder.values, pa.string())).fill_null(0)
    codes = ladder.codes[level][place.to_numpy(zero_copy_only=False)]
    labels = [ANY if label in removed else label for label in ladder.labels[level]]
    return pl.Series(pa.array(labels, pa.string()).take(pa.array(codes))).cast(pl.String)


def merge_overlaps(parts: Sequence[SharedClasses]) -> SharedClasses:
    """Add up what chunks hold, in any order."""
    return SharedClasses(merge_people([p.both for p in parts]), merge_people([p.earlier for p in parts]))


def intersect(attack: Intersection, k: int, found: SharedClasses) -> JointClasses:
    """Join both releases; classes of the earlier one that were too small were not released then.

    Args:
        attack: as declared.
        k: of the release at hand; of the earlier one, where the attack does not say.
        found: what was counted.
    """
    both, before = found.both.people(), found.earlier.people()
    now = [name for name in both.columns if name.startswith("n")]
    then = [name for name in both.columns if name.startswith("e")]
    kept = before.filter(pl.col(PEOPLE).sum().over(then) >= (attack.k or k))
    both = both.join(kept.select(then).unique(), on=then, how="semi", nulls_equal=True)
    pairs = both.group_by([*now, *then], maintain_order=True).agg(pl.col(PEOPLE).sum())
    one, other = pairs.select(now), pairs.select(then)
    held = None
    if attack.learns is not None:
        known = before[_VALUE].drop_nulls().unique().to_arrow()
        held = (_held(found.both.people(), one, known), _held(kept, other, known))
    people = pairs[PEOPLE].to_numpy().astype(np.int64)
    return join_classes(_number(one, one), _number(other, other), people, k, held)


def _number(frame: pl.DataFrame, among: pl.DataFrame) -> Ints:
    """Return the number of each row's class among some, -1 where it is none of them."""
    keys = among.unique(maintain_order=True).with_row_index("#number")
    found = frame.join(keys, on=frame.columns, how="left", nulls_equal=True, maintain_order="left")
    return found["#number"].cast(pl.Int64).fill_null(-1).to_numpy().astype(np.int64)


def _held(people: pl.DataFrame, among: pl.DataFrame, known: pa.Array) -> HeldValues:
    """Return which of some classes hold which of the known values."""
    pairs = people.select([*among.columns, _VALUE]).unique(maintain_order=True).drop_nulls(_VALUE)
    classes = _number(pairs.select(among.columns), among)
    values = pc.index_in(pairs[_VALUE].to_arrow(), value_set=known).to_numpy().astype(np.int64)
    return HeldValues(classes[classes >= 0], values[classes >= 0])
