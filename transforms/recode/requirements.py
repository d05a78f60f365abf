"""From the policy and the counts to what the search needs: one histogram, and the models it must satisfy."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tokumei.schemas.errors import InputError
from tokumei.transforms.counting.contingency import Contingency
from tokumei.transforms.counting.histogram import PACKED, Histogram, Ints
from tokumei.transforms.counting.people import PERSON, RECORDS, PeoplePerKey
from tokumei.transforms.decisions.fitted import FittedTable
from tokumei.transforms.hierarchies.ladders import Ladder
from tokumei.transforms.joined.removal import given_of
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.recode.count import SENSITIVE, TableCount
from tokumei.transforms.recode.models import PrivacyModel, WholeFile, model_of
from tokumei.transforms.recode.models.k_anonymity import KAnonymity


def histogram_of(
    table: TablePlan,
    fitted: FittedTable,
    ladders: Sequence[Ladder],
    counted: TableCount,
    population: TableCount | None,
) -> Histogram:
    """Return the histogram of a table's tuples, those of its population included.

    Args:
        table: the plan.
        fitted: the decisions of pass 1.
        ladders: one a quasi-identifier; their values are the domains that tuples are packed over.
        counted: merged counts.
        population: merged counts of the population, if the table has one.
    """
    own = counted.tuples.counts.sort(PACKED)
    keys, records = own[PACKED].to_numpy(), own[RECORDS].to_numpy()
    people = None
    if population is not None:
        others = population.tuples.counts.sort(PACKED)
        everyone = np.union1d(keys, others[PACKED].to_numpy())
        people = np.zeros(len(everyone), dtype=np.int64)
        people[np.searchsorted(everyone, others[PACKED].to_numpy())] = others[RECORDS].to_numpy()
        in_file = np.zeros(len(everyone), dtype=np.int64)
        in_file[np.searchsorted(everyone, keys)] = records
        keys, records = everyone, in_file
    rows, persons, total = None, None, int(records.sum())
    pairs = counted.tuples.pairs
    if pairs is not None:
        rows, persons = np.searchsorted(keys, pairs[PACKED].to_numpy()), pairs[PERSON].to_numpy()
        total = counted.tuples.distinct_people() if fitted.people is None else fitted.people
    return Histogram(
        keys=keys,
        sizes=tuple(len(ladder.values) for ladder in ladders),
        records=records,
        total_people=total,
        pair_rows=rows,
        pair_persons=persons,
        sensitive={
            name: contingency_of(found, keys, len(fitted.columns[name].domain or ()))
            for name, found in counted.sensitive.items()
        },
        population=people,
        nulls=tuple(ladder.null_code(0) for ladder in ladders),
    )


def covered_by_population(table: TablePlan, histogram: Histogram) -> None:
    """Refuse a population table that cannot hold the file's people.

    Tuples are compared before any generalization. One with a null is not: the file may lack, or a combination
    may have blanked, what the population knows.

    Raises:
        InputError: more people of the file share some values than people of the population do.
    """
    if histogram.population is None:
        return
    nulls = np.array(histogram.nulls, dtype=np.int64)
    known = ~(histogram.codes == nulls[:, None]).any(axis=0)
    beyond = known & (histogram.records > histogram.population)
    if beyond.any():
        raise InputError(
            "input.population",
            where=f"tables.{table.name}.population",
            what=f"{histogram.people_in(beyond):,} people of the file are in classes with more people than"
            " the population has; it is not the population of this file",
            fix="give the population that the file is drawn from, as of the same day, written the same way,"
            " and with one row for every person",
        )


def people_allowed(table: TablePlan, people: int) -> int:
    """Return how many of the people of a table may lose a record."""
    return math.floor(float(table.requirements.suppression_limit) * people + 1e-9)


def contingency_of(found: PeoplePerKey, keys: Ints, size: int) -> Contingency:
    """Return merged counts by tuple and sensitive value.

    Args:
        found: counts over PACKED and SENSITIVE.
        keys: packed tuples, ascending.
        size: number of sensitive values.
    """
    frame = (found.counts if found.pairs is None else found.pairs).sort(PACKED, SENSITIVE)
    people = frame[RECORDS].to_numpy() if found.pairs is None else np.ones(frame.height, dtype=np.int64)
    return Contingency(
        tuples=np.searchsorted(keys, frame[PACKED].to_numpy()),
        values=frame[SENSITIVE].to_numpy().astype(np.int64),
        counts=people,
        size=size,
        persons=None if found.pairs is None else frame[PERSON].to_numpy(),
    )


def models_of(table: TablePlan, fitted: FittedTable, histogram: Histogram) -> tuple[PrivacyModel, ...]:
    """Return the models that every released class of a table must satisfy.

    Shares "in the whole file" are those among the people whom criteria 1 to 4 leave; also where others
    are left out since, because joined classes are too small.

    Raises:
        InputError: values of a protected column are not in its hierarchy; only their number is told.
    """
    needed = table.requirements
    given = given_of(fitted)
    found: list[PrivacyModel] = [KAnonymity.of(needed, WholeFile())]
    found += [model_of(declared, WholeFile()) for declared in needed.models]
    for name in table.protected:
        domain = fitted.columns[name].domain or ()
        own = histogram.sensitive[name].distribution
        shares = tuple(own().tolist()) if given is None else given.shares[name]
        chain = table.chains[name]
        for declared, hierarchy in zip(chain.column.protect, chain.protections, strict=True):
            found.append(model_of(declared, WholeFile(name, domain, shares, hierarchy)))
    return tuple(found)
