"""What is left out so that nobody is above a bound: decided for all lines of a person together.

Lines that are left out by one declaration lower what others measure, and a receipt may reach into another
window; so all declarations are applied again until a count over everything that is left finds none above. No
measure grows when lines go, so the rounds end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from tokumei.schemas.errors import RequirementError
from tokumei.transforms.counting.keyed import joint_keys
from tokumei.transforms.counting.lookup import among
from tokumei.transforms.counting.people import PERSON
from tokumei.transforms.engine.distinct import distinct
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.totals.bound import COMES_TO, lines_by_table, values_of_people
from tokumei.transforms.totals.lines import LINES, Hashes, Placed, TotalLines, placed_totals

MAX_KEYS = 10_000_000  # people, windows and receipts that are left out of a table; every worker holds them


@dataclass(frozen=True, kw_only=True)
class LeftAbove:
    """What one declaration leaves out; adds up over people.

    Attributes:
        keys: of the people, windows or receipts, ascending; see `keys_of`.
        people: who lose lines by it.
        lines: that it leaves out, and no declaration before it.
        amount: of these lines, in units of the measure; 0 where it measures no sum.
    """

    keys: Hashes
    people: int
    lines: int
    amount: int


AllAbove = dict[str, tuple[LeftAbove, ...]]


def keys_of(placed: Placed, lines: pl.DataFrame) -> Hashes:
    """Return by which key a declaration leaves out each line: the person's, the window's or the receipt's."""
    persons, by = lines[PERSON].to_numpy(), placed.left_out_by
    return persons if by is None else joint_keys(persons, lines[by].to_numpy())


def decide_bucket(
    tables: Mapping[str, TablePlan], batches: Sequence[TotalLines], bounds: Mapping[str, tuple[int, ...]]
) -> AllAbove:
    """Decide about all people of one bucket; raises RequirementError where they are too many lines."""
    return {
        name: decide_lines(placed_totals(tables[name]), lines, bounds[name])
        for name, lines in lines_by_table(batches).items()
    }


def decide_lines(
    totals: Sequence[Placed], lines: pl.DataFrame, bounds: Sequence[int]
) -> tuple[LeftAbove, ...]:
    """Leave out lines until nobody is above a bound.

    Args:
        totals: the declarations.
        lines: all lines of some people, as `frame_of` makes them.
        bounds: of the declarations.

    Returns:
        What each declaration leaves out, in their order.
    """
    named = {_key(i): keys_of(placed, lines) for i, placed in enumerate(totals)}
    lines = lines.with_columns(**{name: pl.Series(keys, dtype=pl.UInt64) for name, keys in named.items()})
    gone: list[list[pl.Series]] = [[] for _ in totals]
    left = lines
    while True:
        touched = []
        for i, (placed, bound) in enumerate(zip(totals, bounds, strict=True)):
            above = values_of_people(left, placed).filter(pl.col(COMES_TO) > bound).select(placed.group)
            if above.height == 0:
                continue
            of_those = left.join(above, on=placed.group, how="semi")
            thins = placed.total.above == "thin"
            keys = thinned(of_those, placed, _key(i), bound) if thins else of_those[_key(i)].unique()
            gone[i].append(keys)
            hit = pl.col(_key(i)).is_in(keys.implode())
            touched.append(left.filter(hit)[PERSON])
            left = left.filter(~hit)
        if not touched:
            return _account(totals, lines, gone)
        # Whoever lost nothing in this round is above nothing in the next.
        left = left.filter(pl.col(PERSON).is_in(pl.concat(touched).unique().implode()))


def thinned(lines: pl.DataFrame, placed: Placed, key: str, bound: int) -> pl.Series:
    """Choose receipts to leave out of windows that are above, until they are not.

    Of largest and largest_basket they are the receipts that are above. Of others they are the first in the
    order of their keys, which are random under the key of the run: what is left is a sample of receipts.

    Args:
        lines: the lines of these windows.
        placed: the declaration.
        key: name of the column of the receipts' keys.
        bound: what no window may be above.

    Returns:
        Keys of receipts.
    """
    total, group = placed.total, [*placed.group]
    receipt = pl.col(placed.receipt or "")
    by = [*group, key]
    if total.measure == "largest":
        return lines.filter(pl.col(placed.value or "") > bound)[key].unique()
    if total.measure == "largest_basket":
        baskets = lines.filter(receipt != 0).group_by(by).agg(pl.col(LINES).sum())
        return baskets.filter(pl.col(LINES) > bound)[key].unique()
    if total.measure == "distinct":
        # A value counts at the last of the receipts that hold it: there it is left longest.
        values = lines.filter(pl.col(placed.value or "") != 0).group_by(*group, placed.value or "")
        last = values.agg(pl.col(key).max()).group_by(by).agg(pl.len().cast(pl.Int64).alias(COMES_TO))
    elif total.measure == "receipts":
        last = (
            lines.filter(receipt != 0).select(by).unique().with_columns(pl.lit(1, pl.Int64).alias(COMES_TO))
        )
    else:
        added = LINES if placed.value is None else placed.value
        last = lines.group_by(by).agg(pl.col(added).sum().alias(COMES_TO))
    ordered = last.sort(key)
    rest = pl.col(COMES_TO).cum_sum(reverse=True).over(group)  # of this receipt and all after it
    return ordered.filter(rest > bound)[key].unique()


def _key(i: int) -> str:
    return f"#key{i}"


def _account(
    totals: Sequence[Placed], lines: pl.DataFrame, gone: Sequence[Sequence[pl.Series]]
) -> tuple[LeftAbove, ...]:
    taken = np.zeros(lines.height, bool)
    found = []
    for i, placed in enumerate(totals):
        keys = distinct(np.concatenate([k.to_numpy() for k in gone[i]] or [np.empty(0, np.uint64)]))
        hit = among(keys, lines[_key(i)].to_numpy())
        own = lines.filter(hit & ~taken)
        taken |= hit
        summed = placed.value if placed.total.measure == "sum" else None
        found.append(
            LeftAbove(
                keys=keys,
                people=lines.filter(hit)[PERSON].n_unique(),
                lines=int(own[LINES].sum()),
                amount=0 if summed is None else int(own[summed].sum()),
            )
        )
    return tuple(found)


def merge_above(parts: Sequence[AllAbove]) -> AllAbove:
    """Add up what is left out of different people.

    Raises:
        RequirementError: it is more than every worker can hold.
    """
    merged: AllAbove = {}
    for name in sorted({name for part in parts for name in part}):
        of_total = zip(*(part[name] for part in parts if name in part), strict=True)
        merged[name] = tuple(map(_added, of_total))
        keys = sum(len(above.keys) for above in merged[name])
        if keys > MAX_KEYS:
            raise RequirementError(
                "requirement.totals",
                where=f"tables.{name}.totals",
                what=f"{keys:,} people, windows or receipts would be left out, more than {MAX_KEYS:,}",
                fix="ask for fewer people, so that bounds are higher; or write above: drop_person",
            )
    return merged


def _added(parts: Sequence[LeftAbove]) -> LeftAbove:
    return LeftAbove(
        keys=np.sort(np.concatenate([part.keys for part in parts])),
        people=sum(part.people for part in parts),
        lines=sum(part.lines for part in parts),
        amount=sum(part.amount for part in parts),
    )
