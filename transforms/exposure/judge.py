"""From counts to findings: whom the released columns single out, and what they tell of the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from tokumei.schemas.exposure import CountedHow, ExposureKind
from tokumei.transforms.engine.distinct import distinct
from tokumei.transforms.exposure.betrayed import Betrayed, betrayals_of
from tokumei.transforms.exposure.count import Exposed
from tokumei.transforms.exposure.moved import Moved, recognized, step
from tokumei.transforms.exposure.repeated import Repeated, same_people
from tokumei.transforms.exposure.scope import Columns, ExposureScope, exposure_scope
from tokumei.transforms.exposure.sources import SourceExposed
from tokumei.transforms.exposure.tuples import TupleCounts, distinct_tuples, people_by_tuple
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.values.cells import Mask

_LINK = 0.5  # share of people with a value of their own, from which on a column tells people apart
_SMALL_STEP = 0.01  # of the spread; noise and swaps within do not hide whose value it is
_RECOGNIZED = 0.5  # share of values whose nearest source value is their own
_FOLLOWS = 2.0  # values of a column that go with one of another, at most, if it tells them
_VARIED = 4  # times so many values must the told column have


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One exposure of a table.

    Attributes:
        kind: what it is.
        columns: that it is about.
        people: whom it concerns, and of them ``alone`` those whom nobody shares it with.
        of: people of the table.
        counted: how the people were.
        figures: further numbers that are told.
    """

    kind: ExposureKind
    columns: Columns
    people: int
    of: int
    alone: int = 0
    counted: CountedHow = "exactly"
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class _Shared:
    """People by how few share their tuple, over the tuples of one set; of a column without its blank."""

    people_few: int
    people_alone: int
    tuples_few: int
    tuples: int
    blank: int
    blank_there: bool
    counted: CountedHow


def findings_of(
    plan: TablePlan, exposed: Exposed, sources: SourceExposed, people: int
) -> tuple[Finding, ...]:
    """Return what was found of one table, by kind.

    Args:
        plan: the table.
        exposed: what was counted of the parts.
        sources: what was looked at where source values still were.
        people: of the released table.
    """
    scope = exposure_scope(plan)
    if not people:
        return ()
    single = {name: _shared(exposed.sets[(name,)], plan.k, people, blank=False) for name in scope.watched}
    links = {name for name, found in single.items() if found.people_alone >= _LINK * people}
    return (
        *_of_columns(plan, single, links, people),
        *_of_sets(plan, scope, exposed, links, people),
        *_restored(plan, scope, exposed, sources.betrayed, people),
        *_pseudonyms(plan, scope, exposed, people),
        *_homogeneous(plan, exposed, people),
        *_perturbed(sources.moved, people),
        *_persons(plan, sources.repeated, people),
    )


def _shared(counts: TupleCounts, k: int, people: int, *, blank: bool) -> _Shared:
    """Return whom the tuples of a set single out; ``blank``: also who has none of its values, the hash 0."""
    sizes = people_by_tuple(counts)
    begins = (
        np.append(0, np.flatnonzero(np.diff(counts.tuples)) + 1) if len(counts.tuples) else np.empty(0, int)
    )
    blanks = counts.tuples[begins] == 0
    few, alone = (sizes < k) & (blank | ~blanks), (sizes == 1) & (blank | ~blanks)
    scale = 2**counts.zeros

    def whom(mask: Mask) -> int:
        if counts.seconds is None:
            return min(people, int((np.where(blanks, 1, scale) * sizes)[mask].sum()))  # 0 is always drawn
        rows = np.repeat(mask, sizes)
        return len(distinct(counts.seconds[rows]))  # of tuples that were drawn: at least so many

    return _Shared(
        people_few=whom(few),
        people_alone=whom(alone),
        tuples_few=int(few.sum()) * scale,
        tuples=int((~blanks).sum()) * scale,
        blank=int(sizes[blanks].sum()),
        blank_there=bool(blanks.any()),
        counted=_counted(counts),
    )


def _counted(counts: TupleCounts) -> CountedHow:
    """Return how people are counted by tuple: of tuples drawn, those who have any are at least so many."""
    if counts.zeros == 0:
        return "exactly"
    return "about" if counts.seconds is None else "at_least"


def _of_columns(
    plan: TablePlan, single: Mapping[str, _Shared], links: set[str], people: int
) -> Iterator[Finding]:
    """Links kept as plain values, labels that few bear, and blanks that point at few."""
    for name, found in single.items():
        if found.people_few:
            yield Finding(
                kind="links" if name in links else "labels",
                columns=(name,),
                people=found.people_few,
                alone=found.people_alone,
                of=people,
                counted=found.counted,
                figures={"labels": found.tuples_few, "of_labels": found.tuples},
            )
        if found.blank_there and found.blank < plan.k:
            yield Finding(
                kind="blanks",
                columns=(name,),
                people=found.blank,
                alone=found.blank if found.blank == 1 else 0,
                of=people,
            )


def _of_sets(
    plan: TablePlan, scope: ExposureScope, exposed: Exposed, links: set[str], people: int
) -> Iterator[Finding]:
    """Of the sets of each size, the one that singles out most; those of links are told already.

    What the policy accepts hides nothing that it does not, and what it refuses comes before what it passes.
    """
    declared = plan.requirements.exposure
    alike: dict[tuple[int, bool], list[tuple[bool, int, int, Columns, CountedHow]]] = {}
    for names in scope.sets:
        if len(names) > 1 and not links.intersection(names):
            found = _shared(exposed.sets[names], plan.k, people, blank=True)
            few, alone = found.people_few, found.people_alone
            over = declared is not None and few > declared.at_most * people
            accepted = declared is not None and declared.because("sets", names) is not None
            if few:
                told = over, alone, few, names, found.counted
                alike.setdefault((len(names), accepted), []).append(told)
    for _, sets in sorted(alike.items()):
        _, alone, few, names, counted = max(sets)
        yield Finding(
            kind="sets",
            columns=names,
            people=few,
            alone=alone,
            of=people,
            counted=counted,
            figures={"sets": len(sets)},
        )


def _restored(
    plan: TablePlan, scope: ExposureScope, exposed: Exposed, told: Betrayed | None, people: int
) -> Iterator[Finding]:
    """Columns whose values tell those of a treated one, as it is released or as it was before."""
    found = {finding.columns: finding for finding in _released_twice(plan, scope, exposed, people)}
    yield from found.values()
    if told is None:
        return
    for teller, name, share in betrayals_of(plan, told):
        if (teller, name) not in found:
            yield Finding(
                kind="restored",
                columns=(teller, name),
                people=people,
                of=people,
                counted="exactly" if len(told.draws) == people else "about",
                figures={"told": share},
            )


def _released_twice(
    plan: TablePlan, scope: ExposureScope, exposed: Exposed, people: int
) -> Iterator[Finding]:
    """Columns that tell a treated one, or leave two of its values: a year of birth beside an age."""
    values = {name: exposed.sets[(name,)] for name in scope.watched}
    treated = [name for name in scope.watched if plan.table.columns[name].treat]
    for told in treated:
        for teller in scope.watched:
            both = exposed.sets.get(tuple(n for n in scope.watched if n in {told, teller}))
            if teller == told or both is None or teller in plan.quasi_identifiers:
                continue
            if values[teller].zeros or values[told].zeros or both.zeros:
                continue
            tellers, tolds = distinct_tuples(values[teller]), distinct_tuples(values[told])
            a, b = len(tellers), len(tolds)
            if a * plan.k > people:  # values that few people share tell anything: told of the column itself
                continue
            # With a blank, the hash of a pair is that of the other value.
            beside = np.isin(distinct_tuples(both), np.append(tellers, tolds), invert=True)
            pairs = int(beside.sum())
            blank = int(people_by_tuple(values[told])[tolds == 0].sum())
            if 2 * blank < people and 0 < pairs <= _FOLLOWS * a and b >= _VARIED * pairs / a:
                yield Finding(
                    kind="restored",
                    columns=(teller, told),
                    people=people,
                    of=people,
                    figures={"values": pairs / a},
                )


def _pseudonyms(plan: TablePlan, scope: ExposureScope, exposed: Exposed, people: int) -> Iterator[Finding]:
    """Pseudonyms of what is no code: many people bear each, and how many tells which it is."""
    for name in scope.codes:
        sizes = people_by_tuple(exposed.sets[(name,)])
        if len(sizes) and float(np.median(sizes)) >= plan.k:
            yield Finding(
                kind="pseudonyms",
                columns=(name,),
                people=people,
                of=people,
                figures={"labels": len(sizes) * 2 ** exposed.sets[(name,)].zeros},
            )


def _homogeneous(plan: TablePlan, exposed: Exposed, people: int) -> Iterator[Finding]:
    """Classes in which all have one value of a sensitive column that no model protects."""
    for name, counts in exposed.alike.items():
        if counts.records is None or not len(counts.tuples):
            continue
        values = people_by_tuple(counts)
        begins = np.append(0, np.flatnonzero(np.diff(counts.tuples)) + 1)
        records = np.add.reduceat(counts.records, begins)
        alike = (values == 1) & (counts.seconds is not None and counts.seconds[begins] != 0)
        if alike.any():
            yield Finding(
                kind="homogeneous",
                columns=(*plan.quasi_identifiers, name),
                people=min(people, int(records[alike].sum()) * 2**counts.zeros),
                of=people,
                counted="about" if counts.zeros or plan.counts_people else "exactly",
                figures={
                    "classes": int(alike.sum()) * 2**counts.zeros,
                    "of_classes": len(begins) * 2**counts.zeros,
                },
            )


def _perturbed(moved: Mapping[str, Moved], people: int) -> Iterator[Finding]:
    for name, found in moved.items():
        share, moves = recognized(found), step(found)
        if found.cells and (share >= _RECOGNIZED or moves < _SMALL_STEP):
            yield Finding(
                kind="perturbed",
                columns=(name,),
                people=round(share * people) if share >= _RECOGNIZED else people,
                of=people,
                counted="exactly" if found.cells == len(found.draws) else "about",
                figures={"recognized": share, "step": moves},
            )


def _persons(plan: TablePlan, repeated: Repeated | None, people: int) -> Iterator[Finding]:
    if repeated is None:
        return
    same, rows, columns = same_people(plan, repeated)
    if same:
        yield Finding(
            kind="persons",
            columns=columns,
            people=round(same * people / rows) if repeated.zeros else min(same, people),
            of=people,
            counted="about" if repeated.zeros else "exactly",
        )
