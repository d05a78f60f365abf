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

from tokumei.schemas.errors import RequirementError
from tokumei.transforms.counting.histogram import MAX_TUPLES, pack, unpack

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
    if not weights and frame.dtypes == [pl.Int64] and not frame.to_series().null_count():
        # Sorting numbers takes a third of the time of grouping by them.
        values, records = np.unique(frame.to_series().to_numpy(), return_counts=True)
        counts = pl.DataFrame({keys[0]: values, RECORDS: records.astype(np.int64)})
    else:
        size = pl.col(weights).sum() if weights else pl.len()
        counts = on_its_own(frame.group_by(keys).agg(size.cast(pl.Int64).alias(RECORDS)))
    if persons is None:
        return PeoplePerKey(keys, None, counts, None)
    pairs = frame.with_columns(pl.Series(PERSON, persons))
    return PeoplePerKey(keys, cap, counts, _capped(pairs, keys, cap, counts.height))


def count_rows(
    columns: Mapping[str, pa.Array], *, persons: npt.NDArray[np.uint64] | None, cap: int
) -> PeoplePerKey:
    """Count people and records by row of some columns as `count_people` does.

    Of a dictionary array no label is compared but its place: as many columns of labels as fit are one number.

    Args:
        columns: by name, one value or null a row; labels of a dictionary stand in it once each.
        persons: as of `count_people`.
        cap: as of `count_people`.
    """
    labelled = {name: _places(column) for name, column in columns.items() if _is_labelled(column)}
    sizes = {name: len(labels) for name, (_, labels) in labelled.items()}
    runs = {f"#run{i}": run for i, run in enumerate(_fitting(sizes))}
    numbers = {
        key: pack([labelled[name][0] for name in run], [sizes[name] for name in run])
        for key, run in runs.items()
    }
    others = {name: column for name, column in columns.items() if name not in labelled}
    counted = count_people(pl.DataFrame(others | numbers), persons=persons, cap=cap)

    def spread(found: pl.DataFrame) -> pl.DataFrame:
        texts = [
            pl.Series(name, labelled[name][1].take(pa.array(codes)))
            for key, run in runs.items()
            for name, codes in zip(
                run, unpack(found[key].to_numpy(), [sizes[name] for name in run]), strict=True
            )
        ]
        told = [name for name in found.columns if name not in others and name not in runs]
        return found.with_columns(texts).select(*columns, *told)

    pairs = None if counted.pairs is None else spread(counted.pairs)
    return PeoplePerKey(tuple(columns), counted.cap, spread(counted.counts), pairs)


def _is_labelled(column: pa.Array) -> bool:
    return bool(pa.types.is_dictionary(column.type))


def _places(labels: pa.DictionaryArray) -> tuple[npt.NDArray[np.int32], pa.Array]:
    """Return each row's place among the labels, of which null is the last."""
    places = labels.indices.fill_null(len(labels.dictionary)) if labels.null_count else labels.indices
    return places.to_numpy(), pa.concat_arrays([labels.dictionary, pa.nulls(1, labels.dictionary.type)])


def _fitting(sizes: Mapping[str, int]) -> list[list[str]]:
    """Return columns, by how many values each has, in runs whose tuples fit one integer each."""
    runs: list[list[str]] = []
    possible = 0
    for name, size in sizes.items():
        possible *= size
        if not runs or possible > MAX_TUPLES:
            runs.append([])
            possible = size
        runs[-1].append(name)
    return runs


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
