"""The people of one bucket, whole: each with their joined tuples over all tables of a link.

A person's joined tuples are the outer join of their records, as a reader of the release makes it: every
record of one table beside every record of the others; who has none in a table is absent there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from tokumei.schemas.errors import RequirementError
from tokumei.transforms.counting.histogram import PACKED, Ints
from tokumei.transforms.counting.people import PERSON, RECORDS
from tokumei.transforms.engine.distinct import distinct
from tokumei.transforms.joined.deal import Dealt, People
from tokumei.transforms.joined.layout import LEFT_OUT, JoinedLayout
from tokumei.transforms.planning.plan import TablePlan

JOINED, HELD = "#joined", "#held"
MAX_EXCLUDED = 2_000_000  # people left out of joined tables, 8 bytes each, on every worker
MAX_JOINED = 20_000_000  # joined tuples of the people of one bucket that one worker holds


@dataclass(frozen=True, kw_only=True)
class JoinedPeople:
    """The people of one bucket.

    Attributes:
        tuples: PERSON and JOINED: the distinct packed tuples of everybody who is left out of no table.
        sensitive: by table and protected column, PERSON, JOINED and HELD, each distinct.
        records: by table, PERSON and RECORDS: of everybody, also of who is left out.
        out: people of whom one table or more lost all records before tables were joined; ascending.
    """

    tuples: pl.DataFrame
    sensitive: Mapping[tuple[str, str], pl.DataFrame]
    records: Mapping[str, pl.DataFrame]
    out: People


def join_people(
    tables: Mapping[str, TablePlan], layout: JoinedLayout, dealt: Iterable[Dealt]
) -> JoinedPeople:
    """Join the records of one bucket by person.

    Raises:
        RequirementError: people have too many different records in several tables, each of which a reader can
            put beside each.
    """
    held = {name: list[pl.DataFrame]() for name in tables}
    for part in dealt:
        held[part.table].append(part.frame())
    frames = {name: _added(parts) for name, parts in held.items() if parts}
    records, out = {}, [np.empty(0, np.uint64)]
    for name, frame in frames.items():
        of_person = frame.group_by(PERSON).agg(pl.col(RECORDS).cast(pl.Int64).sum())
        records[name] = of_person
        out.append(of_person.filter(pl.col(RECORDS) == 0)[PERSON].to_numpy())
    gone = distinct(np.concatenate(out))
    kept = {
        name: frame.filter(pl.col(PACKED) != LEFT_OUT).join(_people(gone), on=PERSON, how="anti")
        for name, frame in frames.items()
    }
    joined = _joined(tables, layout, kept)
    sensitive = {
        (name, column): _beside(
            joined.with_columns(_own(layout, name).alias(PACKED)), kept.get(name), f"s{i}"
        )
        for name, table in tables.items()
        for i, column in enumerate(table.protected)
    }
    return JoinedPeople(tuples=joined, sensitive=sensitive, records=records, out=gone)


def _added(parts: list[pl.DataFrame]) -> pl.DataFrame:
    """Return one row for each person and what a record tells, with its records over all chunks."""
    frame = pl.concat(parts)
    same = [name for name in frame.columns if name != RECORDS]
    return frame.group_by(same).agg(pl.col(RECORDS).cast(pl.Int64).sum())


def _people(people: People) -> pl.DataFrame:
    return pl.DataFrame({PERSON: people}, schema={PERSON: pl.UInt64})


def _beside(joined: pl.DataFrame, kept: pl.DataFrame | None, column: str) -> pl.DataFrame:
    """Return the values of a protected column beside the joined tuples that have its record's own tuple."""
    if kept is None:  # nobody of the bucket is in the table
        return joined.select(PERSON, JOINED, pl.lit(0, pl.Int32).alias(HELD)).clear()
    values = kept.select(PERSON, PACKED, pl.col(column).alias(HELD)).unique()
    return joined.join(values, on=[PERSON, PACKED]).select(PERSON, JOINED, HELD)


def _own(layout: JoinedLayout, name: str) -> pl.Expr:
    """Return a table's packed tuple out of the joined one."""
    return pl.col(JOINED) // layout.weight(name) % int(np.prod(layout.sizes[name], dtype=object))


def _joined(
    tables: Mapping[str, TablePlan], layout: JoinedLayout, kept: Mapping[str, pl.DataFrame]
) -> pl.DataFrame:
    rows = {name: frame.select(PERSON, PACKED).unique() for name, frame in kept.items()}
    everybody = pl.concat([_people(np.empty(0, np.uint64)), *(f.select(PERSON) for f in rows.values())])
    joined = everybody.unique().with_columns(pl.lit(0, pl.Int64).alias(JOINED))
    _refuse_too_many(tables, joined, rows)
    for name in tables:
        weight, absent = layout.weight(name), layout.absent(name)
        if name not in rows:
            joined = joined.with_columns(pl.col(JOINED) + absent * weight)
            continue
        joined = joined.join(rows[name], on=PERSON, how="left").select(
            PERSON, pl.col(JOINED) + pl.col(PACKED).fill_null(absent) * weight
        )
    return joined


def _refuse_too_many(
    tables: Mapping[str, TablePlan], people: pl.DataFrame, rows: Mapping[str, pl.DataFrame]
) -> None:
    several = [name for name, table in tables.items() if table.counts_people and table.quasi_identifiers]
    if len(several) < 2:  # then there are no more joined tuples than were dealt
        return
    counts = people.with_columns(pl.lit(1.0).alias(RECORDS))
    for name in several:
        if name in rows:
            own = rows[name].group_by(PERSON).agg(pl.len().alias("of"))
            counts = counts.join(own, on=PERSON, how="left").select(
                PERSON, pl.col(RECORDS) * pl.col("of").fill_null(1)
            )
    total = float(counts[RECORDS].sum())
    if total > MAX_JOINED:
        raise RequirementError(
            "requirement.joined_records",
            where=", ".join(f"tables.{name}" for name in several),
            what="people have several different records in each of these tables, and a reader can put each"
            " beside each: more combinations than one worker holds",
            fix="coarsen their quasi-identifiers with fixed methods first, or take a table out of the join:"
            " joined: false with because: …",
        )


@dataclass(frozen=True)
class Excluded:
    """People whom no table of a join may release; adds up over buckets, which share nobody.

    Attributes:
        people: keyed hashes.
        lost: by table, the records that it loses with them, and how many of them have any there.
    """

    people: People
    lost: Mapping[str, tuple[int, int]]


def excluded_of(found: JoinedPeople, failing: Ints, people: People) -> Excluded:
    """Return whom of a bucket no table may release, and what each table loses with them.

    Args:
        found: the people of the bucket.
        failing: joined tuples that too few people share, ascending.
        people: others who are left out, of any bucket.
    """
    short = found.tuples.join(pl.DataFrame({JOINED: failing}, {JOINED: pl.Int64}), on=JOINED, how="semi")
    own = found.tuples.join(_people(people), on=PERSON, how="semi")
    out = distinct(np.concatenate([found.out, short[PERSON].to_numpy(), own[PERSON].to_numpy()]))
    lost = {
        name: frame.join(_people(out), on=PERSON, how="semi").filter(pl.col(RECORDS) > 0)
        for name, frame in found.records.items()
    }
    return Excluded(out, {name: (int(frame[RECORDS].sum()), frame.height) for name, frame in lost.items()})


def add_excluded(parts: Sequence[Excluded]) -> Excluded:
    """Add up different buckets; people come ascending.

    Raises:
        RequirementError: more people are left out than every worker can be told of.
    """
    people = np.sort(np.concatenate([np.empty(0, np.uint64), *(part.people for part in parts)]))
    if len(people) > MAX_EXCLUDED:
        raise RequirementError(
            "requirement.joined_people",
            where="requirements.suppression_limit",
            what=f"{len(people):,} people would be left out of the joined tables, more than each worker can"
            f" be told of ({MAX_EXCLUDED:,})",
            fix="lower suppression_limit, so that values are generalized further; or drop fewer records",
        )
    names = {name for part in parts for name in part.lost}
    of = {name: [part.lost[name] for part in parts if name in part.lost] for name in names}
    return Excluded(people, {n: (sum(r for r, _ in lost), sum(p for _, p in lost)) for n, lost in of.items()})
