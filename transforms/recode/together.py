"""The search over joined tables: one lattice of all their quasi-identifiers, and whom all leave out."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from tokumei.schemas.errors import RequirementError
from tokumei.transforms.counting.histogram import PACKED, Histogram, Ints
from tokumei.transforms.counting.people import PERSON, RECORDS, PeoplePerKey, count_people
from tokumei.transforms.decisions.fitted import Fits, FittedTable
from tokumei.transforms.hierarchies.ladders import Ladder
from tokumei.transforms.joined.deal import People
from tokumei.transforms.joined.join import HELD, JOINED, Excluded, JoinedPeople
from tokumei.transforms.joined.layout import JoinedLayout
from tokumei.transforms.joined.removal import GivenNode, JoinedAccount, JoinedRemoval
from tokumei.transforms.planning.plan import EVERYBODY, TablePlan
from tokumei.transforms.recode.attacked import average_risk
from tokumei.transforms.recode.choose import ladders_of, nobody_left, weight_of
from tokumei.transforms.recode.count import SENSITIVE, TableCount
from tokumei.transforms.recode.infeasible import no_node
from tokumei.transforms.recode.lattice import Lattice
from tokumei.transforms.recode.models import PrivacyModel, WholeFile, model_of
from tokumei.transforms.recode.models.k_anonymity import KAnonymity
from tokumei.transforms.recode.objectives import OBJECTIVES
from tokumei.transforms.recode.people_lattice import PeopleLattice
from tokumei.transforms.recode.ranking import Choice, InfeasibleError, Known
from tokumei.transforms.recode.requirements import contingency_of
from tokumei.transforms.recode.search import affordable_checks, counter, find_optimum
from tokumei.transforms.risk.sizes import ClassSizes

MAX_SEARCHED = 20_000_000  # joined tuples; their search is not spread over workers
_ABSENT = "\0"  # the label of who is not in a table; it is never written
_NOBODY: People = np.empty(0, np.uint64)

_Tables = Mapping[str, TablePlan]
_Fitted = Mapping[str, FittedTable]
_Shares = Mapping[str, tuple[float, ...]]


@dataclass(frozen=True, kw_only=True)
class JoinedChoice:
    """What the search over joined tables found.

    Attributes:
        given: the levels of each table with quasi-identifiers.
        failing: packed joined tuples that are left out, ascending; where joined tuples are people.
        people: who is left out, ascending; where people have several joined tuples.
        total, short: people in the tables, and how many of them are left out.
        smallest: people of the smallest joined class before any generalization; None where no table has
            quasi-identifiers, and so nobody is left out for a class.
        reached: what the weakest of these classes reaches, by model.
    """

    given: Mapping[str, GivenNode]
    failing: Ints
    people: People
    total: int
    short: int
    smallest: int | None
    reached: tuple[float, ...]


def joined_name(table: str, column: str) -> str:
    """Return what a column of a table is called among those of joined tables."""
    return f"{table}.{column}"


def count_joined(tables: _Tables, found: JoinedPeople) -> TableCount:
    """Count the people of one bucket by joined tuple.

    Where a person may have several, everybody is told apart: who is left out for one tuple is left out of
        all.
    """
    apart = any(table.counts_people and table.quasi_identifiers for table in tables.values())

    def counted(frame: pl.DataFrame) -> PeoplePerKey:
        persons = frame[PERSON].to_numpy() if apart else None
        return count_people(frame.drop(PERSON), persons=persons, cap=EVERYBODY)

    return TableCount(
        counted(found.tuples.select(PERSON, pl.col(JOINED).alias(PACKED))),
        {
            joined_name(*names): counted(
                frame.select(PERSON, pl.col(JOINED).alias(PACKED), pl.col(HELD).alias(SENSITIVE))
            )
            for names, frame in found.sensitive.items()
        },
    )


def choose_joined(
    tables: _Tables, fits: _Fitted, layout: JoinedLayout, counted: TableCount, watch: Callable[[Known], None]
) -> JoinedChoice:
    """Search the levels of all quasi-identifiers of joined tables at once.

    Args:
        tables: those that are joined.
        fits: what was decided of them.
        layout: how their tuples are packed.
        counted: the people of all buckets by joined tuple.
        watch: is told of every node counted.

    Raises:
        RequirementError: no levels meet the requirements within the suppression limit, or nobody is left.
        InputError: values are not in their hierarchy.
    """
    if not any(table.quasi_identifiers for table in tables.values()):
        return JoinedChoice(
            given={},
            failing=np.empty(0, np.int64),
            people=_NOBODY,
            total=counted.tuples.distinct_people(),
            short=0,
            smallest=None,
            reached=(),
        )
    ladders = _ladders(tables, fits)
    histogram = _histogram(tables, fits, layout, counted)
    shares = {name: tuple(found.distribution().tolist()) for name, found in histogram.sensitive.items()}
    models = joined_models(tables, fits, shares)
    apart = histogram.pair_rows is not None
    lattice = (PeopleLattice if apart else Lattice)(list(ladders.values()), histogram, models)
    choice = _search(tables, ladders, lattice, watch)
    people = lattice.left_out(choice.node) if isinstance(lattice, PeopleLattice) else _NOBODY
    failing = np.zeros(len(histogram), dtype=bool) if apart else lattice.failing(choice.node)
    return JoinedChoice(
        given=_given(tables, layout, choice, histogram, models=models, shares=shares),
        failing=histogram.keys[failing],
        people=people,
        total=histogram.total_people,
        short=choice.count.suppressed_people,
        smallest=int(histogram.people.min()),
        reached=tuple(model.reached(histogram) for model in models),
    )


def remove_excluded(tables: _Tables, fits: _Fitted, choice: JoinedChoice, excluded: Excluded) -> Fits:
    """Return the fits of joined tables with what joining takes from each, and the levels it chose."""
    account = JoinedAccount(
        tables=tuple(tables),
        people=choice.total,
        short=choice.short,
        dropped=len(excluded.people) - choice.short,
        smallest=choice.smallest,
        reached=choice.reached,
    )
    found = {}
    for name in tables:
        records, persons = excluded.lost.get(name, (0, 0))
        removal = JoinedRemoval(
            people=excluded.people if records else _NOBODY,
            records=records,
            persons=persons,
            given=choice.given.get(name),
            account=account,
        )
        found[name] = replace(fits[name], removals=(*fits[name].removals, removal))
    return found


def _ladders(tables: _Tables, fits: _Fitted) -> dict[str, Ladder]:
    """Return the ladder of each column of the joined tuple, absence included."""
    found = {}
    for name, table in tables.items():
        for column, ladder in zip(table.quasi_identifiers, ladders_of(table, fits[name]), strict=True):
            found[joined_name(name, column)] = ladder.with_value(_ABSENT)
        if not table.quasi_identifiers:
            found[name] = Ladder.flat(("", _ABSENT))
    return found


def joined_models(tables: _Tables, fits: _Fitted, shares: _Shares) -> tuple[PrivacyModel, ...]:
    """Return the models that every joined class must satisfy.

    Args:
        tables: those that are joined.
        fits: what was decided of them.
        shares: of people with each value, by joined name of a protected column.

    Raises:
        InputError: values of a protected column are not in its hierarchy; only their number is told.
    """
    needed = next(iter(tables.values())).requirements
    found: list[PrivacyModel] = [KAnonymity.of(needed, WholeFile())]
    found += [model_of(declared, WholeFile()) for declared in needed.models]
    for table_name, table in tables.items():
        for column in table.protected:
            name, domain = joined_name(table_name, column), fits[table_name].columns[column].domain or ()
            chain = table.chains[column]
            for declared, hierarchy in zip(chain.column.protect, chain.protections, strict=True):
                found.append(model_of(declared, WholeFile(name, domain, shares[name], hierarchy)))
    return tuple(found)


def _histogram(tables: _Tables, fits: _Fitted, layout: JoinedLayout, counted: TableCount) -> Histogram:
    own = counted.tuples.counts.sort(PACKED)
    keys, pairs = own[PACKED].to_numpy(), counted.tuples.pairs
    if len(keys) == 0:
        raise RequirementError(
            "requirement.nobody_left",
            where=where_of(tables),
            what="nobody is left in the tables: who is left out of one is left out of all",
            fix="relax the criterion-4 methods that drop records, or take a table out of the join:"
            " joined: false with because: …",
        )
    if len(keys) > MAX_SEARCHED:
        raise RequirementError(
            "requirement.joined_large",
            where=where_of(tables),
            what=f"the joined tables have {len(keys):,} distinct combinations of quasi-identifiers, more than"
            f" one worker searches ({MAX_SEARCHED:,})",
            fix="coarsen columns with fixed methods first, or take a table out of the join: joined: false"
            " with because: …",
        )
    domains = {
        joined_name(name, column): fits[name].columns[column].domain or ()
        for name, table in tables.items()
        for column in table.protected
    }
    return Histogram(
        keys=keys,
        sizes=layout.flat,
        records=own[RECORDS].to_numpy(),
        total_people=counted.tuples.distinct_people(),
        pair_rows=None if pairs is None else np.searchsorted(keys, pairs[PACKED].to_numpy()),
        pair_persons=None if pairs is None else pairs[PERSON].to_numpy(),
        sensitive={
            name: contingency_of(found, keys, len(domains[name])) for name, found in counted.sensitive.items()
        },
        nulls=(-1,) * len(layout.flat),  # nulls: wildcard is refused
    )


def where_of(tables: _Tables) -> str:
    """Return joined tables as messages name them."""
    return " + ".join(f"tables.{name}" for name in tables)


def _search(
    tables: _Tables, ladders: Mapping[str, Ladder], lattice: Lattice, watch: Callable[[Known], None]
) -> Choice:
    needed = next(iter(tables.values())).requirements
    weights = [
        weight
        for table in tables.values()
        for weight in [weight_of(table, column) for column in table.quasi_identifiers] or [1.0]
    ]
    objective = OBJECTIVES[needed.minimize](list(ladders.values()), lattice.histogram.marginals(), weights)
    allowed = math.floor(float(needed.suppression_limit) * lattice.histogram.total_people + 1e-9)
    checks = affordable_checks(len(lattice.histogram))
    try:
        count = counter(lattice, objective, allowed)
        return find_optimum(objective, lattice.models, count, allowed, max_checks=checks, watch=watch)
    except InfeasibleError as error:
        raise no_node(where_of(tables), list(ladders), lattice, error.closest, allowed) from None


def _given(
    tables: _Tables,
    layout: JoinedLayout,
    choice: Choice,
    histogram: Histogram,
    *,
    models: tuple[PrivacyModel, ...],
    shares: _Shares,
) -> dict[str, GivenNode]:
    """Return the part of each table in the node, and how it stood before anybody was left out."""
    found, start = {}, 0
    for name, table in tables.items():
        end = start + len(layout.sizes[name])
        if table.quasi_identifiers:
            alone = _alone(histogram, layout, slice(start, end))
            if len(alone) == 0:
                raise nobody_left(table)
            own = {joined_name(name, column) for column in table.protected}
            found[name] = GivenNode(
                levels=choice.node[start:end],
                lattice_nodes=choice.lattice_nodes,
                nodes_checked=choice.nodes_checked,
                gap=choice.gap,
                shares={column: shares[joined_name(name, column)] for column in table.protected},
                classes_before=ClassSizes.of(alone.people),
                people_before=alone.people_in(np.ones(len(alone), dtype=bool)),
                reached_before=tuple(
                    m.reached(alone) for m in models if m.watches is None or m.watches in own
                ),
                average_before=average_risk(alone),
            )
        start = end
    return found


def _alone(histogram: Histogram, layout: JoinedLayout, own: slice) -> Histogram:
    """Return the classes of one table, before any generalization, of whom it holds."""
    first = own.start
    there = histogram.only(histogram.codes[first] < layout.flat[first] - 1)
    columns = range(len(layout.flat))
    maps = [
        np.arange(size, dtype=np.int32) if own.start <= i < own.stop else np.zeros(size, np.int32)
        for i, size in zip(columns, layout.flat, strict=True)
    ]
    sizes = [size if own.start <= i < own.stop else 1 for i, size in zip(columns, layout.flat, strict=True)]
    return there.coarsen(maps, sizes, histogram.nulls)[0]
