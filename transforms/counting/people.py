"""How many people share a key: the exact, mergeable count behind every rarity decision.

The law speaks of people, not rows. Where a table has one row a person, rows are counted. Where it has
several, up to ``cap`` keyed person hashes are kept for each key: a union of capped sets is exact below
the cap and "cap or more" above it, so "at least k people share this" is decided exactly in bounded memory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.schemas.errors import RequirementError

PERSON, RECORDS, PEOPLE = "#person", "#records", "#people"
MAX_PAIRS = 50_000_000  # people of all keys together that one worker tells apart
_ROWS = 8  # of a key, from which on they are sorted by themselves


@dataclass(frozen=True)
class PeoplePerKey:
    """Records and people by key.

    Attributes:
        keys: names of the key columns.
        cap: people are counted exactly below this number; None where rows are people (exact everywhere).
        counts: key columns and RECORDS (int64), one row a key.
        pairs: key columns and PERSON (uint64), at most ``cap`` rows a key; None where rows are people.
    """

    keys: tuple[str, ...]
    cap: int | None
    counts: pl.DataFrame
    pairs: pl.DataFrame | None

    def people(self) -> pl.DataFrame:
        """Return key columns, RECORDS and PEOPLE (int64; at the cap it means "cap or more")."""
        if self.pairs is None:
            return self.counts.with_columns(pl.col(RECORDS).alias(PEOPLE))
        heads = self.pairs.group_by(self.keys).agg(pl.len().cast(pl.Int64).alias(PEOPLE))
        return self.counts.join(heads, on=self.keys, how="left", nulls_equal=True)

    def regroup(self, key: str, groups: Mapping[str | None, str]) -> PeoplePerKey:
        """Return the counts by coarser labels of a key; people stay exact below the cap."""
        coarser = pl.col(key).replace_strict(groups, default=None, return_dtype=pl.String)
        counts = self.counts.with_columns(coarser).group_by(self.keys).agg(pl.col(RECORDS).sum())
        if self.pairs is None or self.cap is None:
            return PeoplePerKey(self.keys, None, counts, None)
        pairs = _capped(self.pairs.with_columns(coarser), self.keys, self.cap, counts.height)
        return PeoplePerKey(self.keys, self.cap, counts, pairs)

    def distinct_people(self) -> int:
        """Count people over all keys; exact if no key reached the cap (always, where rows are people)."""
        if self.pairs is None:
            return int(self.counts[RECORDS].sum())
        return self.pairs[PERSON].n_unique()


def count_people(
    frame: pl.DataFrame,
    *,
    persons: npt.NDArray[np.uint64] | None,
    cap: int,
    weights: str | None = None,
) -> PeoplePerKey:
    """Count people and records for each distinct row of ``frame``.

    Args:
        frame: the key columns; nulls are a value of their own.
        persons: one 64-bit keyed hash a row, or None where rows are people. A collision can only count
            too few people, never too many.
        cap: where ``persons`` is given, how many people are told apart for each key.
        weights: name of a column of ``frame`` that holds records a row (then rows are people).
    """
    keys = tuple(c for c in frame.columns if c != weights)
    size = pl.col(weights).sum() if weights else pl.len()
    counts = on_its_own(frame.group_by(keys).agg(size.cast(pl.Int64).alias(RECORDS)))
    if persons is None:
        return PeoplePerKey(keys, None, counts, None)
    pairs = frame.with_columns(pl.Series(PERSON, persons))
    return PeoplePerKey(keys, cap, counts, _capped(pairs, keys, cap, counts.height))


def count_labels(key: str, labels: pa.Array, *, persons: npt.NDArray[np.uint64], cap: int) -> PeoplePerKey:
    """Count people and records by text as `count_people` does, comparing each text once.

    Args:
        key: name of the key column.
        labels: one text or null a row; may be a dictionary array.
        persons: one 64-bit keyed hash a row.
        cap: how many people are told apart for each text.
    """
    if not pa.types.is_dictionary(labels.type):
        labels = pc.dictionary_encode(labels)
    counted = count_people(pl.DataFrame({key: labels.indices}), persons=persons, cap=cap)
    text = pl.col(key).map_batches(pl.Series(labels.dictionary).gather, return_dtype=pl.String)
    pairs = None if counted.pairs is None else on_its_own(counted.pairs.with_columns(text))
    return PeoplePerKey(counted.keys, cap, on_its_own(counted.counts.with_columns(text)), pairs)


def merge_people(parts: Sequence[PeoplePerKey]) -> PeoplePerKey:
    """Merge counts over the same keys; associative and commutative in what `people` returns.

    Raises:
        RequirementError: more than `MAX_PAIRS` people would have to be told apart.
    """
    first = parts[0]
    if len(parts) == 1:
        return first
    counts = on_its_own(pl.concat([p.counts for p in parts]).group_by(first.keys).agg(pl.col(RECORDS).sum()))
    if first.cap is None:
        return PeoplePerKey(first.keys, None, counts, None)
    pairs = _capped(
        pl.concat([p.pairs for p in parts if p.pairs is not None]), first.keys, first.cap, counts.height
    )
    if pairs.height > MAX_PAIRS:
        raise RequirementError(
            "requirement.people_apart",
            where="rows_per_person: several",
            what=f"values or combinations need more than {MAX_PAIRS:,} people to be told apart, more than one"
            " worker holds",
            fix="ask for fewer people; leave out protect, models, combinations and methods that drop records,"
            " for which everybody is told apart; or coarsen columns with fixed methods first",
        )
    return PeoplePerKey(first.keys, first.cap, counts, pairs)


def _capped(pairs: pl.DataFrame, keys: tuple[str, ...], cap: int, number: int) -> pl.DataFrame:
    """Return the ``cap`` smallest hashes of each key, so that the order of merging does not matter.

    Args:
        pairs: key columns and PERSON.
        keys: their names.
        cap: how many are kept.
        number: how many keys there are, roughly: only the work depends on it.
    """
    person = pl.col(PERSON)
    if pairs.height <= cap:
        return on_its_own(pairs.unique())
    if pairs.height > _ROWS * number:
        kept = pairs.group_by(keys).agg(person.unique().sort().head(cap))
    else:  # to sort the few rows of each key by themselves would take longer
        kept = pairs.unique().sort(PERSON).group_by(keys).agg(person.head(cap))
    return on_its_own(kept.explode(PERSON).select(pairs.columns))


def on_its_own(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the same frame with texts of its own.

    Text columns are views: the few labels that are left of a chunk would keep all its texts in memory.
    """
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    copied = frame.select(texts).to_arrow(compat_level=pl.CompatLevel.oldest())
    return frame.with_columns(pl.Series(name, copied.column(name)) for name in texts)
