"""A release held against all that its recipients may hold of the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from tokumei.schemas.kept_releases import KeptRecoding, KeptReleases
from tokumei.transforms.counting.people import PEOPLE
from tokumei.transforms.earlier.changes import (
    Changes,
    Counts,
    InClasses,
    few,
    merge_standing,
    tell_changes,
)
from tokumei.transforms.earlier.elsewhere import CLASS, Elsewhere, members, tell_elsewhere
from tokumei.transforms.earlier.kept import KEPT_COUNTS, kept_classes, past_of
from tokumei.transforms.earlier.together import (
    NOW,
    JoinedReleases,
    join_together,
    key_classes,
    merge_rows,
    people_in_rows,
)
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.planning.plan import TablePlan


@dataclass(frozen=True)
class SeenRelease:
    """What is released of a table, as earlier releases are compared with it; adds up over chunks.

    Attributes:
        standing: who stands in which class; None where people cannot be told to be the same.
        rows: people by their class at hand and in each earlier recoding of other levels, as `join_together`
            and, where people are told apart, `tell_elsewhere` take them; None where there is none.
        held: by number of these recodings, values that their classes hold, who is left out included.
        places: who is where, of a table that a reader can join; as `standing_joined` takes it.
    """

    standing: InClasses | None = None
    rows: pl.DataFrame | None = None
    held: Mapping[int, pl.DataFrame] = field(default_factory=dict)
    places: pl.DataFrame | None = None


class SeenReleases(dict[str, SeenRelease]):
    """The same, by table."""


def merge_seen(parts: Sequence[SeenReleases]) -> SeenReleases:
    """Add up what chunks hold, in any order."""
    merged = SeenReleases()
    for name in sorted({name for part in parts for name in part}):
        of_table = [part[name] for part in parts if name in part]
        rows = [seen.rows for seen in of_table if seen.rows is not None]
        standing = [seen.standing for seen in of_table if seen.standing is not None]
        places = [seen.places for seen in of_table if seen.places is not None]
        merged[name] = SeenRelease(
            merge_standing(standing) if standing else None,
            merge_rows(rows) if rows else None,
            {i: pl.concat([s.held[i] for s in of_table]).unique() for i in of_table[0].held},
            pl.concat(places).unique() if places else None,
        )
    return merged


def learnt(table: TablePlan) -> str | None:
    """Return the sensitive column of which values may be left over: the first that is released."""
    columns = table.table.columns.items()
    return next(
        (n for n, c in columns if c.released and not c.quasi_identifier and (c.sensitive or c.protect)), None
    )


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One table, or tables that a reader can join, compared with all earlier releases of it.

    Attributes:
        tables: its name, or theirs.
        people: so many, or nobody, may be shown.
        releases: earlier ones that were compared.
        by_counts: of them, those of which no people are kept, so that counts alone were compared.
        changes: to those of the same levels whose people are kept; None if there are none.
        counts: classes, or unions of classes that both releases have, whose count differs by fewer people.
        joint: with releases of other levels, by their newest: who is in both.
        elsewhere: with the same, where their people are kept: who came, left, stayed and changed.
        together: with all of them at once; None where there are fewer than two.
        unlike: releases with which joined tables cannot be compared, for these were recoded otherwise.
        asked: whether the policy asks for it; else counts of the same levels alone were compared, and what
            they show stops nothing.
        classed: whether the table has classes; else nothing of it was compared.
    """

    tables: tuple[str, ...]
    people: int
    releases: int
    by_counts: int
    changes: Changes | None
    counts: int
    joint: Mapping[str, JoinedReleases]
    elsewhere: Mapping[str, Elsewhere]
    together: JoinedReleases | None
    unlike: tuple[str, ...] = ()
    asked: bool = True
    classed: bool = True

    @property
    def table(self) -> str:
        """The names as one."""
        return " + ".join(self.tables)

    @property
    def classes(self) -> int:
        """Classes of which fewer people are shown, by whom they are or by counts."""
        changes = 0 if self.changes is None else self.changes.classes
        return max(self.counts, changes) + sum(shown.classes for shown in self.elsewhere.values())

    @property
    def problems(self) -> list[str]:
        """What is shown of fewer people, in a clause each."""
        found = []
        if self.unlike:
            found.append(
                "a reader can join these tables, and of joined classes nothing can be told beside releases in"
                f" which they were recoded otherwise, or not compared: {', '.join(self.unlike)}"
            )
        if self.changes is not None and self.changes.classes:
            found.append(
                f"{self.changes.classes:,} classes show fewer than {self.people} people who came, left,"
                f" stayed or changed to whoever compares an earlier release ({self.changes.people:,} people)"
            )
        if self.counts:
            found.append(
                f"{self.counts:,} counts of classes differ from those of an earlier release by fewer than"
                f" {self.people} people"
            )
        for release, joint in self.joint.items():
            if joint.few:
                found.append(
                    f"{joint.few:,} of {joint.people:,} people are in joint classes of fewer than"
                    f" {self.people} with release {release}, {joint.alone:,} of them alone"
                )
            if joint.told:
                found.append(f"of {joint.told:,} people one sensitive value is left with release {release}")
        for release, shown in self.elsewhere.items():
            if shown.classes:
                found.append(
                    f"{shown.classes:,} classes of other levels show fewer than {self.people} people who"
                    f" came, left, stayed or changed since release {release} or one like it"
                    f" ({shown.people:,} people)"
                )
        if self.together is not None and self.together.told:
            found.append(
                f"of {self.together.told:,} people one sensitive value is left with all"
                f" {self.together.recodings} earlier recodings at once"
            )
        if self.together is not None and self.together.few:
            found.append(
                f"{self.together.few:,} of {self.together.people:,} people are in joint classes of fewer than"
                f" {self.people} with all {self.together.recodings} earlier recodings at once,"
                f" {self.together.alone:,} of them alone"
            )
        return found


def compare_table(
    table: TablePlan,
    seen: SeenRelease,
    now: KeptRecoding,
    earlier: Sequence[KeptRecoding],
    *,
    k: int,
    salt: RunKey,
) -> Compared:
    """Compare a release of one table with all earlier ones of it.

    Args:
        table: the plan.
        seen: what is released.
        now: its recoding.
        earlier: all recodings of this table, at the places that ``seen`` numbers; of other tables too.
        k: so many people, or nobody, may be shown.
        salt: the key of all releases of the file.
    """
    counts, by_counts, joint, elsewhere, changes = 0, 0, {}, {}, None
    rows = seen.rows
    for i, recoding in enumerate(earlier):
        if recoding.table != table.name:
            continue
        if recoding.same(now):
            counts += _counts_apart(now, recoding, k)
            by_counts += len(recoding.releases)
            if recoding.people is not None and seen.standing is not None:
                releases = len(recoding.people.releases)
                by_counts -= releases
                changes = tell_changes(seen.standing, past_of(recoding.people), k, releases)
        elif rows is not None and seen.rows is not None:
            newest, kept = recoding.releases[-1], recoding.people
            there = kept_classes(recoding)
            released = key_classes(there.drop(KEPT_COUNTS), salt)
            apart = _unions_apart(rows, str(i), released, there[KEPT_COUNTS].list.first().to_numpy(), k)
            rows = rows.with_columns(pl.when(pl.col(str(i)).is_in(released.implode())).then(pl.col(str(i))))
            if kept is not None and seen.standing is not None:
                past = past_of(kept)
                elsewhere[newest] = tell_elsewhere(seen.rows, i, past, k)
                keys = np.unique(past.classes)
                numbers = past.counts_of(keys)
                apart = max(apart, _unions_apart(seen.rows, f"{CLASS}{i}", pl.Series(keys), numbers, k))
                if kept.releases == recoding.releases:
                    rows = rows.with_columns(members(rows, i, past))
            counts += apart
            joint[newest] = join_together(rows, {i: seen.held[i]}, k)
    together = None
    if rows is not None and len(seen.held) > 1:
        together = join_together(rows, seen.held, k)
    return Compared(
        tables=(table.name,),
        people=k,
        releases=sum(len(r.releases) for r in earlier if r.table == table.name),
        changes=changes,
        by_counts=by_counts,
        counts=counts,
        joint=joint,
        elsewhere=elsewhere,
        together=together,
    )


def compare_counts(now: KeptRecoding, kept: KeptReleases, k: int) -> Compared:
    """Compare counts of the same levels, as far as they are exact, where the policy asks for nothing.

    Args:
        now: its recoding.
        kept: all that is kept of earlier releases.
        k: so many people, or nobody, may be shown.
    """
    of_table = [r for r in kept.recodings if r.table == now.table]
    same = [r for r in of_table if r.same(now) and r.exact and now.exact]
    return Compared(
        tables=(now.table,),
        people=k,
        releases=kept.number_of(now.table),
        by_counts=sum(len(r.releases) for r in same),
        changes=None,
        counts=sum(_counts_apart(now, r, k) for r in same),
        joint={},
        elsewhere={},
        together=None,
        asked=False,
    )


def compare_none(table: str, kept: KeptReleases, k: int, *, asked: bool = True) -> Compared:
    """Tell of a table without classes how many earlier releases have it, of which nothing can be compared."""
    return Compared(
        tables=(table,),
        people=k,
        releases=kept.number_of(table),
        by_counts=0,
        changes=None,
        counts=0,
        joint={},
        elsewhere={},
        together=None,
        asked=asked,
        classed=False,
    )


def _counts_apart(now: KeptRecoding, earlier: KeptRecoding, k: int) -> int:
    """Count the classes of the same levels whose number differs from one of theirs by fewer than k."""
    today, before = kept_classes(now), kept_classes(earlier)
    labels = [name for name in before.columns if name != KEPT_COUNTS]
    found = today.join(before, on=labels, how="full", coalesce=True, nulls_equal=True, suffix="_before")
    people = pl.col(KEPT_COUNTS).list.first().fill_null(0)
    each = found.select(people.alias("now"), pl.col(f"{KEPT_COUNTS}_before").alias("then")).with_row_index(
        "class"
    )
    apart = (pl.col("now") - pl.col("then").fill_null(0)).abs()
    return each.explode("then").filter(apart.is_between(1, k - 1))["class"].n_unique()


def _unions_apart(rows: pl.DataFrame, then: str, classes: pl.Series, counts: Counts, k: int) -> int:
    """Count the smallest unions of classes that releases of other levels have in common, as `_counts_apart`.

    A reader of both counts people only in unions of classes of the one that are unions of the other's.

    Args:
        rows: people of today, by `NOW` and their class of then.
        then: the column of the latter.
        classes: that were released then.
        counts: people of each of them; shape (c, v), where they are known of several releases.
        k: so many people, or nobody, may be shown.
    """
    from scipy import sparse  # of few runs, and it takes a quarter of the time in which one starts
    from scipy.sparse.csgraph import connected_components

    pairs = rows.group_by(NOW, pl.col(then).alias("#then")).agg(people_in_rows(rows).alias(PEOPLE))
    held = pl.DataFrame({"#then": classes}).with_row_index("#c")
    before = pl.concat([pairs.select("#then"), held.select("#then")]).unique().with_row_index("#e")
    now = pairs.select(NOW).unique().with_row_index("#n")
    pairs, held = pairs.join(now, on=NOW).join(before, on="#then"), held.join(before, on="#then").sort("#c")
    size, then_at = now.height + before.height, pairs["#e"].to_numpy() + now.height
    links = (np.ones(pairs.height), (pairs["#n"].to_numpy(), then_at))
    _, part = connected_components(sparse.coo_matrix(links, shape=(size, size)), directed=False)
    counts = counts.reshape(len(counts), -1)
    people, there = np.zeros((size, 1), np.int64), np.zeros((size, counts.shape[1]), np.int64)
    np.add.at(people, part[pairs["#n"].to_numpy()], pairs[PEOPLE].to_numpy()[:, None])
    np.add.at(there, part[held["#e"].to_numpy() + now.height], counts)
    return int((few(np.abs(people - there), k) & (there > 0)).any(axis=1).sum())
