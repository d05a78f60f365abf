"""Earlier releases of other levels beside the one at hand: who shares every class that is shown.

Each two of three releases may leave k people, and the three of them nobody: whoever holds all has the people
of all their classes at once, and of the values that they may have those that all these classes hold. Classes
are keyed hashes, so that a person's are one row, however many.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl
import pyarrow as pa

from tokumei.transforms.attacks.targets import combination_of
from tokumei.transforms.counting.people import PERSON, RECORDS
from tokumei.transforms.engine.run_key import RunKey

NOW, LEFT_VALUE = "now", "#value"
_JOINED = 1 << 16  # joint classes whose values are compared at once


@dataclass(frozen=True)
class JoinedReleases:
    """Who is in joint classes of the release at hand and of earlier ones.

    Attributes:
        recodings: earlier ones of other levels.
        people: of today, who are in one of them at least.
        few: of them, in joint classes of fewer people than may be shown.
        alone: of them, with nobody.
        told: of them, of whose sensitive values one is left that all these classes hold.
    """

    recodings: int
    people: int
    few: int
    alone: int
    told: int


def key_classes(labels: pl.DataFrame, salt: RunKey) -> pl.Series:
    """Return a keyed number of the class of each row; columns are its labels, in the order of the levels."""
    columns = [labels[name].to_arrow().cast(pa.string()) for name in labels.columns]
    records = pa.RecordBatch.from_arrays(columns, names=labels.columns)
    return pl.Series(combination_of(records, labels.columns, salt), dtype=pl.UInt64)


def key_values(values: pl.Series, salt: RunKey) -> pl.Series:
    """Return a keyed number of each value; null where there is none."""
    keys = key_classes(values.to_frame(), salt)
    return pl.select(pl.when(values.is_not_null()).then(keys)).to_series()


def merge_rows(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Bring rows of chunks together: those of people stay, and those that only count are added up."""
    rows = pl.concat(parts)
    if PERSON in rows.columns:
        return rows
    keys = [name for name in rows.columns if name != RECORDS]
    return rows.group_by(keys).agg(pl.col(RECORDS).sum())


def people_in_rows(rows: pl.DataFrame) -> pl.Expr:
    """Return how many people some rows are."""
    counted = pl.col(RECORDS).sum() if PERSON not in rows.columns else pl.col(PERSON).n_unique()
    return counted.cast(pl.Int64)


def join_together(rows: pl.DataFrame, held: Mapping[int, pl.DataFrame], k: int) -> JoinedReleases:
    """Count who shares the classes of all releases that show them.

    A class that was too small then was not released: it shows nothing of its people, who are counted with all
    that share their other classes. Nor does a release of somebody who was not in it.

    Args:
        rows: people by `NOW` and by the number of each recoding, as text: keys of their classes, null where
            they are not shown; with `LEFT_VALUE` and `PERSON`, or `RECORDS`.
        held: by number of each recoding to join, the values that its classes hold: its column, `LEFT_VALUE`.
        k: fewer people than this are few.
    """
    names, size = [NOW, *map(str, held)], people_in_rows(rows)
    values = {NOW: rows.select(NOW, LEFT_VALUE)} | {str(i): frame for i, frame in held.items()}
    values = {name: frame.drop_nulls().unique() for name, frame in values.items()}
    shown = rows.select(pl.col(name).is_not_null() for name in names).unique(maintain_order=True)
    people = few = alone = told = 0
    for pattern in shown.iter_rows():
        seen = [name for name, there in zip(names, pattern, strict=True) if there]
        hidden = [name for name in names if name not in seen]
        if seen == [NOW]:
            continue
        among = rows.filter(pl.all_horizontal(pl.col(seen).is_not_null()))
        sizes = among.group_by(seen).agg(size.alias("#of"))
        theirs = among.filter(pl.all_horizontal(pl.col(hidden).is_null()))
        joint = theirs.group_by(seen).agg(size.alias("#here")).join(sizes, on=seen)
        people += int(joint["#here"].sum())
        few += _sum(joint, joint["#of"] < k)
        alone += _sum(joint, joint["#of"] == 1)
        told += sum(_told(some, seen, values) for some in joint.iter_slices(_JOINED))
    return JoinedReleases(len(held), people, few, alone, told)


def _sum(joint: pl.DataFrame, chosen: pl.Series) -> int:
    return int(joint.filter(chosen)["#here"].sum())


def _told(joint: pl.DataFrame, seen: Iterable[str], values: Mapping[str, pl.DataFrame]) -> int:
    """Return of how many people one value is left."""
    left = joint.join(values[NOW], on=NOW)
    for name in seen:
        left = left.join(values[name], on=[name, LEFT_VALUE], how="semi")
    one = left.group_by(list(seen)).agg(pl.col("#here").first(), pl.len()).filter(pl.col("len") == 1)
    return int(one["#here"].sum())
