"""Which columns and sets of columns of a table are counted, and how much of each is held."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, combinations, islice
from math import comb

from tokumei.transforms.planning.plan import TablePlan

MOST_SETS = 64  # columns and sets counted of one table; of wider ones every column, each with fewer entries
LARGEST = 3
_MOST = 1 << 16  # entries of one count, where rows are people
_DRAWN = 1 << 14  # the same of all columns together, and of pseudonyms, which nearly all people have alone
_MOST_PEOPLE, _FEWEST = 1 << 14, 1 << 11  # the same of people, by one column; and by sets of several

Columns = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ExposureScope:
    """What is counted of a table.

    Attributes:
        watched: released columns whose values an outsider may know: no pseudonyms, none that are perturbed.
        sets: of these, single ones first; sets of quasi-identifiers alone hold k people anyway.
        of_sets: how many there would be without `MOST_SETS`.
        codes: columns of pseudonyms of others than the person.
        sensitive: sensitive columns that no model protects.
        entries: how many entries of each count are held; of sets of people, ``of_people``.
    """

    watched: Columns
    sets: tuple[Columns, ...]
    of_sets: int
    codes: Columns
    sensitive: Columns
    entries: int
    of_people: int

    def most(self, names: Columns) -> int:
        """Return how many entries of a set are held."""
        most = self.entries if len(names) == 1 else self.of_people
        most = min(most, _DRAWN) if len(names) > LARGEST or names[0] in self.codes else most
        return min(most, most * MOST_SETS // len(self.sets)) if self.sets else most


def exposure_scope(plan: TablePlan) -> ExposureScope:
    """Return what is counted of a table; it depends on the policy alone."""
    columns, released = plan.table.columns, plan.table.released
    codes = tuple(name for name in released if columns[name].pseudonym and name != plan.table.person)
    watched = tuple(
        name
        for name in released
        if name not in codes and name != plan.table.person and name not in plan.by_record
    )
    held = set() if plan.requirements.nulls == "wildcard" else {*plan.quasi_identifiers} & {*watched}
    # wide tables have billions of sets of three: those beyond the counted ones are counted, never made
    sizes = {size: comb(len(watched), size) - comb(len(held), size) for size in range(2, LARGEST + 1)}
    found = chain(
        ((name,) for name in watched),
        [watched] if len(watched) > LARGEST else [],
        (names for size in sizes for names in combinations(watched, size) if not held.issuperset(names)),
    )
    sets = tuple(islice(found, max(MOST_SETS, len(watched))))
    return ExposureScope(
        watched=watched,
        sets=sets,
        of_sets=len(watched) + (len(watched) > LARGEST) + sum(sizes.values()),
        codes=codes,
        sensitive=tuple(n for n in watched if columns[n].sensitive and not columns[n].protect),
        entries=_MOST_PEOPLE if plan.counts_people else _MOST,
        of_people=_FEWEST if plan.counts_people else _MOST,
    )
