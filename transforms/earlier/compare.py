"""A release held against all that its recipients may hold of the file; whether the policy lets it pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from tokumei.schemas.attacks import Intersection
from tokumei.schemas.earlier import Frozen
from tokumei.schemas.errors import RequirementError
from tokumei.schemas.kept_releases import KeptRecoding
from tokumei.schemas.privacy_models import Requirements
from tokumei.transforms.attacks.earlier import SharedClasses, intersect, merge_overlaps
from tokumei.transforms.attacks.joint import JointClasses
from tokumei.transforms.counting.people import PEOPLE, PeoplePerKey, merge_people
from tokumei.transforms.earlier.changes import Changes, InClasses, few, merge_standing, tell_changes
from tokumei.transforms.earlier.kept import KEPT_COUNTS, kept_classes, past_of
from tokumei.transforms.earlier.together import JoinedReleases, join_together
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.planning.plan import TablePlan


@dataclass(frozen=True)
class SeenRelease:
    """What is released of a table, as earlier releases are compared with it; adds up over chunks.

    Attributes:
        standing: who stands in which class; None where people cannot be told to be the same.
        shared: by number of an earlier recoding of other levels, classes of both.
        together: classes of all these at once, of a person each; None where there are fewer than two.
    """

    standing: InClasses | None = None
    shared: Mapping[int, SharedClasses] = field(default_factory=dict)
    together: PeoplePerKey | None = None


class SeenReleases(dict[str, SeenRelease]):
    """The same, by table."""


def merge_seen(parts: Sequence[SeenReleases]) -> SeenReleases:
    """Add up what chunks hold, in any order."""
    merged = SeenReleases()
    for name in sorted({name for part in parts for name in part}):
        of_table = [part[name] for part in parts if name in part]
        together = [seen.together for seen in of_table if seen.together is not None]
        standing = [seen.standing for seen in of_table if seen.standing is not None]
        merged[name] = SeenRelease(
            merge_standing(standing) if standing else None,
            {i: merge_overlaps([s.shared[i] for s in of_table]) for i in of_table[0].shared},
            merge_people(together) if together else None,
        )
    return merged


def as_attack(recoding: KeptRecoding, learns: str | None) -> Intersection:
    """Return an earlier recoding as what somebody knows who holds a release of it."""
    return Intersection(attack="intersection", levels=dict(recoding.levels), learns=learns, at_most=0)


def learnt(table: TablePlan) -> str | None:
    """Return the sensitive column of which values may be left over: the first that is released."""
    columns = table.table.columns.items()
    return next(
        (n for n, c in columns if c.released and not c.quasi_identifier and (c.sensitive or c.protect)), None
    )


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One table, compared with all earlier releases of it.

    Attributes:
        table: its name.
        people: so many, or nobody, may be shown.
        releases: earlier ones that were compared.
        by_counts: of them, those of which no people are kept, so that counts alone were compared.
        changes: to those of the same levels whose people are kept; None if there are none.
        counts: classes, or unions of classes that both releases have, whose count differs by fewer people.
        joint: with releases of other levels, by their newest: who is in both.
        together: with all of them at once; None where there are fewer than two.
    """

    table: str
    people: int
    releases: int
    by_counts: int
    changes: Changes | None
    counts: int
    joint: Mapping[str, JointClasses]
    together: JoinedReleases | None

    @property
    def problems(self) -> list[str]:
        """What is shown of fewer people, in a clause each."""
        found = []
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
    counts, by_counts, joint, changes = 0, 0, {}, None
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
        else:
            found, classes = seen.shared[i], kept_classes(recoding).drop(KEPT_COUNTS)
            newest = recoding.releases[-1]
            joint[newest] = intersect(as_attack(recoding, learnt(table)), k, found, classes)
            counts += _unions_apart(found, recoding, k)
    together = None
    if seen.together is not None:
        together = join_together(seen.together, {i: earlier[i] for i in seen.shared}, k, salt)
    return Compared(
        table=table.name,
        people=k,
        releases=sum(len(r.releases) for r in earlier if r.table == table.name),
        changes=changes,
        by_counts=by_counts,
        counts=counts,
        joint=joint,
        together=together,
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


def _unions_apart(found: SharedClasses, earlier: KeptRecoding, k: int) -> int:
    """Count the smallest unions of classes that releases of other levels have in common, as `_counts_apart`.

    A reader of both counts people only in unions of classes of the one that are unions of the other's.
    """
    from scipy import sparse  # of few runs, and it takes a quarter of the time in which one starts
    from scipy.sparse.csgraph import connected_components

    both = found.both.people()
    names = {side: [n for n in both.columns if n.startswith(side)] for side in ("n", "e")}
    pairs = both.group_by(*names["n"], *names["e"], maintain_order=True).agg(pl.col(PEOPLE).sum())
    classes = kept_classes(earlier).with_columns(pl.col(KEPT_COUNTS).list.first())
    every = pl.concat([pairs.select(names["e"]), classes.select(names["e"])]).unique(maintain_order=True)
    then = every.with_row_index("#e")
    now = pairs.select(names["n"]).unique(maintain_order=True).with_row_index("#n")
    pairs = pairs.join(now, on=names["n"], nulls_equal=True).join(then, on=names["e"], nulls_equal=True)
    size = now.height + then.height
    links = (np.ones(pairs.height), (pairs["#n"].to_numpy(), pairs["#e"].to_numpy() + now.height))
    _, part = connected_components(sparse.coo_matrix(links, shape=(size, size)), directed=False)
    people, before = np.zeros(size, np.int64), np.zeros(size, np.int64)
    np.add.at(people, part[pairs["#n"].to_numpy()], pairs[PEOPLE].to_numpy())
    held = classes.join(then, on=names["e"], nulls_equal=True)
    np.add.at(before, part[held["#e"].to_numpy() + now.height], held[KEPT_COUNTS].to_numpy())
    return int((few(np.abs(people - before), k) & (before > 0)).sum())


def refuse_shown(compared: Sequence[Compared], needed: Requirements) -> None:
    """Stop the run where a release shows fewer people, beside earlier ones, than the policy asks for.

    Args:
        compared: the tables.
        needed: what the policy has; the advice names only what it lacks.

    Raises:
        RequirementError: it does.
    """
    for found in compared:
        if problems := found.problems:
            raise RequirementError(
                "requirement.earlier_releases",
                where=f"tables.{found.table}",
                what="; ".join(problems),
                fix=_advice(found, needed),
            )


def _advice(found: Compared, needed: Requirements) -> str:
    """Return what is left to do, of what the policy does not do already."""
    advice = []
    if not isinstance(needed.recoding, Frozen):
        advice.append(
            "levels: recoding: {frozen: <id of the last release>} keeps the classes that recipients hold"
            " already"
        )
    if not needed.hold_back:
        advice.append(
            f"people: action: hold_back keeps out who comes alone until {found.people} share a class"
        )
    elif found.by_counts:
        advice.append(
            f"of {found.by_counts:,} of the earlier releases no people are kept, for they were made without"
            " earlier_releases or person: nobody can be held back for them, and their counts stand against"
            " every further one of these levels"
        )
    return "; ".join([*advice, "or publish less often, or coarser"])
