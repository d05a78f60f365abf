"""What classes of the release tell of its sensitive columns: people by class and value, as written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from tokumei.schemas.attacks import Homogeneity, Inference
from tokumei.transforms.attacks.classes import ClassAttack, attack_classes
from tokumei.transforms.counting.people import PEOPLE, PeoplePerKey, count_people, merge_people
from tokumei.transforms.planning.plan import EVERYBODY, TablePlan
from tokumei.transforms.values.cells import as_text

_VALUE = "#value"
Learned = Mapping[str, PeoplePerKey]


def learnt_columns(plan: TablePlan) -> tuple[str, ...]:
    """Return the columns to count for attacks: sensitive ones, and those that declared attacks name.

    What models protect is counted for these already. Values that were moved at random are nobody's, and
    pseudonyms tell nothing. Where a person may have several rows, everybody would have to be told apart in
    every class, for columns of which the policy asks nothing: there only what attacks name is counted.
    """
    if not plan.quasi_identifiers:
        return ()
    named = {
        attack.learns
        for attack in plan.requirements.attacks
        if isinstance(attack, Homogeneity | Inference) and attack.table in {None, plan.name}
    }
    sensitive = {
        name
        for name, column in plan.table.columns.items()
        if column.sensitive and not (column.quasi_identifier or column.link or name in plan.by_record)
    }
    if plan.counts_people:
        sensitive = set()
    return tuple(n for n in plan.table.released if n in named | sensitive and n not in plan.protected)


def count_learned(
    plan: TablePlan, batch: pa.RecordBatch, persons: npt.NDArray[np.uint64] | None
) -> dict[str, PeoplePerKey]:
    """Count people by class and value in written rows, for every column of `learnt_columns`.

    Args:
        plan: the table.
        batch: released columns.
        persons: 128-bit keyed hash of each row's person; None where rows are people.
    """
    learnt = learnt_columns(plan)
    if not learnt:
        return {}
    heads = persons[:, 0] if plan.counts_people and persons is not None else None
    classes = {str(i): batch.column(name) for i, name in enumerate(plan.quasi_identifiers)}
    frame = pl.DataFrame(classes)
    names = list(classes)
    return {
        name: _as_text(
            count_people(
                frame.with_columns(pl.Series(_VALUE, as_text(batch.column(name)))),
                persons=heads,
                cap=EVERYBODY,
            ),
            names,
        )
        for name in learnt
    }


def _as_text(counted: PeoplePerKey, names: Sequence[str]) -> PeoplePerKey:
    text = pl.col(names).cast(pl.String)
    pairs = None if counted.pairs is None else counted.pairs.with_columns(text)
    return PeoplePerKey(counted.keys, counted.cap, counted.counts.with_columns(text), pairs)


def merge_learned(parts: Sequence[Learned]) -> dict[str, PeoplePerKey]:
    """Add up counts of parts, in any order."""
    names = sorted({name for part in parts for name in part})
    return {name: merge_people([part[name] for part in parts if name in part]) for name in names}


def attack_learned(found: PeoplePerKey) -> ClassAttack:
    """Attack the classes of a column.

    Args:
        found: people by class and value; the value is the last of the keys.
    """
    entries, (*classes, value) = found.people(), found.keys
    people = entries[PEOPLE].to_numpy().astype(np.int64)
    return attack_classes(_numbered(entries.select(classes)), _numbered(entries.select(value)), people)


def _numbered(frame: pl.DataFrame) -> npt.NDArray[np.int64]:
    """Return a number for each row, from 0 without gaps, equal where all columns are."""
    keys = frame.unique(maintain_order=True).with_row_index("#number")
    numbers = frame.join(keys, on=frame.columns, how="left", nulls_equal=True, maintain_order="left")
    return numbers["#number"].to_numpy().astype(np.int64)
