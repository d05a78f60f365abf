"""Tables that a reader can join, beside earlier releases: who came into a joined class, left it or stayed.

A person's joined class are their classes in all tables of the join, absence included. It is compared as the
class of one table is (`changes`), with earlier releases in which all these tables were recoded alike; with
others the classes of the join cannot be told, and the release is refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import polars as pl

from tokumei.schemas.kept_releases import KeptJoin, KeptRecoding, KeptReleases
from tokumei.transforms.counting.keyed import joint_keys
from tokumei.transforms.counting.people import PERSON
from tokumei.transforms.earlier.changes import InClasses, tell_changes
from tokumei.transforms.earlier.compare import Compared, SeenReleases
from tokumei.transforms.earlier.kept import kept_people, past_of
from tokumei.transforms.earlier.standing import PLACE
from tokumei.transforms.joined.layout import joined_groups
from tokumei.transforms.planning.plan import TablePlan

_HOW = ("table", "way", "declared", "levels", "removed")


def standing_joined(places: Sequence[pl.DataFrame]) -> InClasses:
    """Return who stands in which joined class.

    Args:
        places: of the tables of a join, `PERSON` and the class of a record of theirs, `PLACE`.
    """
    rows = pl.concat(places).unique().sort(PERSON)
    persons, own = rows[PERSON].to_numpy(), rows[PLACE].to_numpy()
    starts = np.flatnonzero(np.append(True, persons[1:] != persons[:-1])) if len(persons) else persons[:0]
    starts = starts.astype(np.int64)
    classes = np.add.reduceat(own, starts) if len(starts) else own
    pairs = joint_keys(persons[starts], classes.view(np.int64))
    return InClasses(classes, pairs, {}, np.ones(len(pairs), np.int64))


def kept_joins(
    tables: Mapping[str, TablePlan], seen: SeenReleases, recodings: Sequence[KeptRecoding], release: str
) -> Iterator[KeptJoin]:
    """Yield what is kept of each join: who stands in which of its classes.

    Args:
        tables: of the plan.
        seen: what is released; nothing where nothing is compared.
        recodings: of the release at hand.
        release: its id.
    """
    for names in joined_groups(tables):
        places = _places(seen, names)
        if places and any(tables[name].quasi_identifiers for name in names):
            how = [r.model_dump(include={*_HOW}) for r in recodings if r.table in names]
            text = json.dumps(how, ensure_ascii=False, sort_keys=True)
            yield KeptJoin(
                tables=tuple(names),
                recoded=hashlib.sha256(text.encode()).hexdigest(),
                releases=(release,),
                people=kept_people(release, standing_joined(places)),
            )


def compare_joins(
    joins: Sequence[KeptJoin], seen: SeenReleases, kept: KeptReleases, k: int
) -> Iterator[Compared]:
    """Yield the comparison of each join with all earlier releases of its tables.

    Args:
        joins: of the release at hand.
        seen: what is released.
        kept: all that is kept of earlier releases.
        k: so many people, or nobody, may be shown.
    """
    for join in joins:
        today = standing_joined(_places(seen, join.tables))
        of_tables = {release for r in kept.recodings if r.table in join.tables for release in r.releases}
        of_tables |= {release for name in join.tables for release in kept.unclassed.get(name, ())}
        same = next((j for j in kept.joins if j.same(join)), None)
        told = () if same is None or same.people is None else same.people.releases
        changes = None
        if same is not None and same.people is not None:
            changes = tell_changes(today, past_of(same.people), k, len(told))
        yield Compared(
            tables=join.tables,
            people=k,
            releases=len(of_tables),
            by_counts=0,
            changes=changes,
            counts=0,
            joint={},
            elsewhere={},
            together=None,
            unlike=tuple(sorted(of_tables - {*told})),
        )


def _places(seen: SeenReleases, names: Iterable[str]) -> list[pl.DataFrame]:
    found = (seen[name].places for name in names if name in seen)
    return [frame for frame in found if frame is not None]
