"""All earlier releases of other levels and the one at hand together: who shares every class that is shown.

Each two of three releases may leave k people, and the three of them nobody: whoever holds all has the people
of all their classes at once. Classes are keyed hashes, so that a person's are one row, however many.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl
import pyarrow as pa

from tokumei.schemas.kept_releases import KeptRecoding
from tokumei.transforms.attacks.targets import combination_of
from tokumei.transforms.counting.people import PERSON, RECORDS, PeoplePerKey
from tokumei.transforms.earlier.kept import KEPT_COUNTS, kept_classes
from tokumei.transforms.engine.run_key import RunKey

NOW = "now"


@dataclass(frozen=True)
class JoinedReleases:
    """Who is in joint classes of all releases.

    Attributes:
        recodings: earlier ones of other levels.
        people: of today, with the records of each class they are in.
        few: of them, in joint classes of fewer people than may be shown.
        alone: of them, with nobody.
    """

    recodings: int
    people: int
    few: int
    alone: int


def key_classes(labels: pl.DataFrame, salt: RunKey) -> pl.Series:
    """Return a keyed number of the class of each row; columns are its labels, in the order of the levels."""
    columns = [labels[name].to_arrow().cast(pa.string()) for name in labels.columns]
    records = pa.RecordBatch.from_arrays(columns, names=labels.columns)
    return pl.Series(combination_of(records, labels.columns, salt), dtype=pl.UInt64)


def join_together(
    found: PeoplePerKey, earlier: Mapping[int, KeptRecoding], k: int, salt: RunKey
) -> JoinedReleases:
    """Count who shares the classes of all releases that show them.

    A class that was too small then was not released: it shows nothing of its people, who are counted with all
    that share their other classes.

    Args:
        found: people by `NOW` and by the number of each recoding, as text: keys of their classes.
        earlier: the recodings by number.
        k: fewer people than this are few.
        salt: by which the keys are made.
    """
    names, rows = [NOW, *map(str, earlier)], found.counts if found.pairs is None else found.pairs
    for i, recoding in earlier.items():
        released = key_classes(kept_classes(recoding).drop(KEPT_COUNTS), salt)
        there = pl.col(str(i)).is_in(released.implode())
        rows = rows.with_columns(pl.when(there).then(pl.col(str(i))))
    size = pl.col(RECORDS).sum() if found.pairs is None else pl.col(PERSON).n_unique().cast(pl.Int64)
    shown = rows.select(pl.col(name).is_not_null() for name in names).unique(maintain_order=True)
    people = few = alone = 0
    for pattern in shown.iter_rows():
        seen = [name for name, there in zip(names, pattern, strict=True) if there]
        hidden = [name for name in names if name not in seen]
        among = rows.filter(pl.all_horizontal(pl.col(seen).is_not_null()))
        sizes = among.group_by(seen).agg(size.alias("#of"))
        theirs = rows.filter(pl.all_horizontal(pl.col(seen).is_not_null(), pl.col(hidden).is_null()))
        joint = theirs.group_by(seen).agg(size.alias("#here")).join(sizes, on=seen)
        people += _sum(joint, joint["#of"] > 0)
        few += _sum(joint, joint["#of"] < k)
        alone += _sum(joint, joint["#of"] == 1)
    return JoinedReleases(len(earlier), people, few, alone)


def _sum(joint: pl.DataFrame, chosen: pl.Series) -> int:
    return int(joint.filter(chosen)["#here"].sum())


def classes_of_all(
    now: Sequence[pa.Array], then: Mapping[int, pl.DataFrame], order: pa.Array, salt: RunKey
) -> pl.DataFrame:
    """Return the keys of the classes of each released record, as `join_together` takes them.

    Args:
        now: its labels as they are released.
        then: by number of a recoding, labels of each record that was read.
        order: which of those that were read each released one is.
        salt: the key of all releases of the file.
    """
    rows = order.to_numpy()
    labels = pl.DataFrame({f"n{i}": pl.Series(texts).cast(pl.String) for i, texts in enumerate(now)})
    keys = {NOW: key_classes(labels, salt)}
    return pl.DataFrame(keys | {str(i): key_classes(frame, salt)[rows] for i, frame in then.items()})
