"""What declared statistics answer on the file and on its release, and how far they are apart.

Whoever has the release sees labels. A label counts as spread evenly over the values of the file that it
covers, each column by itself; what is suppressed is missing. So an answer follows from the histogram and the
assignment alone, without the records. What settles promises or histories afterwards is not looked at.

Errors are from 0 to 1:

- counts: the total variation distance of the two tables, in which what is missing is a cell of its own.
- mean: how far the mean of a group moves, in standard deviations of the column in the file (in its own unit
  where that is 0), at most 1, and 1 where the group is gone; averaged over the records of the file.
- regression: how far the standardized coefficients move on average, at most 1. A column that the ones before
  it determine has the coefficient 0.

Texts among numbers (a top code) and nulls are missing in means and regressions, before and after.

Answers are the same on every processor: sums are added up in the order of the histogram, or rounded once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tokumei.schemas.errors import RequirementError
from tokumei.schemas.queries import Query
from tokumei.transforms.counting.histogram import Histogram
from tokumei.transforms.decisions.fitted import FittedTable
from tokumei.transforms.hierarchies.ladders import Ladder
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.recode.assignment import Assignment, full_domain
from tokumei.transforms.recode.query_statistics import Statistics, View
from tokumei.transforms.values.steady import significant

MAX_CELLS = 1 << 22  # combinations of values of the columns that a query tells apart


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one query answers before and after.

    Attributes:
        query: as declared.
        before, after: the mean of everybody, or the coefficients; empty for counts and for means by groups,
            and where too few people are behind them to be told.
        error: from 0 to 1.
    """

    query: Query
    before: tuple[float, ...]
    after: tuple[float, ...]
    error: float


class Queries:
    """The queries of one table over its histogram; false where it has none.

    Args:
        asked: queries by where they are declared; all of them fit the table.
        ladders: of the quasi-identifiers, by name.
        histogram: of their tuples.
        protected: the values of each protected column, by name.
        k: people who must be behind a figure that is told.

    Raises:
        RequirementError: a query tells more combinations of values apart than `MAX_CELLS`.
    """

    def __init__(
        self,
        asked: Mapping[str, Query],
        ladders: Mapping[str, Ladder],
        histogram: Histogram,
        *,
        protected: Mapping[str, Sequence[str | None]],
        k: int,
    ) -> None:
        self._k = k
        self._raw = full_domain((0,) * len(ladders), np.zeros(len(histogram), dtype=bool))
        self._views = []
        for where, query in asked.items():
            view = View(query, ladders, histogram, protected)
            cells = math.prod(len(view.ladders[name].values) for name in query.groups)
            if cells > MAX_CELLS:
                raise RequirementError(
                    "requirement.query",
                    where=where,
                    what=f"its columns have {cells:,} combinations of values, more than a query tells apart"
                    f" ({MAX_CELLS:,})",
                    fix="name fewer columns, or coarsen them with fixed methods first",
                )
            self._views.append((view, Statistics(view, self._raw)))

    def __bool__(self) -> bool:
        return bool(self._views)

    def answers(self, assignment: Assignment) -> tuple[Answer, ...]:
        """Return what each query answers on the file and on a release."""
        return tuple(self._answer(view, before, assignment) for view, before in self._views)

    def error(self, assignment: Assignment) -> float:
        """Return the mean error of the queries; what is equal but for rounding is equal."""
        return mean_error(self.answers(assignment))

    def _answer(self, view: View, before: Statistics, assignment: Assignment) -> Answer:
        after = Statistics(view, assignment)
        told = not view.query.groups and min(before.people, after.people) >= self._k
        return Answer(
            query=view.query,
            before=before.figures if told else (),
            after=after.figures if told else (),
            error=min(max(before.distance(after), 0.0), 1.0),
        )


def mean_error(answers: Sequence[Answer]) -> float:
    """Return the mean error of queries, rounded so that what is equal but for rounding is equal."""
    return significant(math.fsum(answer.error for answer in answers) / len(answers))


def queries_of(
    table: TablePlan, fitted: FittedTable, ladders: Sequence[Ladder], histogram: Histogram
) -> Queries:
    """Return the policy's queries that the table answers.

    Raises:
        RequirementError: see `Queries`.
    """
    return Queries(
        {
            f"requirements.metric.queries[{i}]": query
            for i, query in enumerate(table.requirements.queries)
            if query.fits(table.quasi_identifiers, table.protected)
        },
        dict(zip(table.quasi_identifiers, ladders, strict=True)),
        histogram,
        protected={name: fitted.columns[name].domain or () for name in table.protected},
        k=table.k,
    )
