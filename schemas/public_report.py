"""What public-report.json says: the part of a report that may leave the house.

It holds what anyone who has the released data can count, and how the data were made. What tells of people who
are not in the release stays in report.json: how many were left out, why, and how rare their values were.
"""

from __future__ import annotations

from pydantic import Field

from tokumei.schemas.report import Picture, Report, TableReport, TotalReport
from tokumei.schemas.report_histories import HistoryReport
from tokumei.schemas.strict import Strict


class PublicStep(Strict):
    """One treatment, without its counts."""

    criterion: int = Field(ge=1, le=5)
    method: str
    sentence: str


class PublicColumn(Strict):
    """What became of one column, and how its released values are distributed."""

    name: str
    title: str
    type: str
    released: bool
    steps: tuple[PublicStep, ...]
    after: Picture | None = None


class PublicLevel(Strict):
    """The level at which a quasi-identifier is released."""

    column: str
    title: str
    label: str


class PublicModel(Strict):
    """One privacy model that every released class satisfies."""

    model: str
    title: str
    column: str | None
    meaning: str
    after: str


class PublicTotal(Strict):
    """A bound on what one person's lines come to, and what they come to in the release."""

    title: str
    criterion: int = Field(ge=1, le=5)
    sentence: str
    after: Picture = Field(description="People by their highest total; no bar of fewer than k people.")


class PublicTable(Strict):
    """One table of the release."""

    name: str
    title: str
    records_out: int
    people_out: int | None
    columns: tuple[PublicColumn, ...]
    levels: tuple[PublicLevel, ...]
    smallest_class: int | None = Field(description="People; None without quasi-identifiers.")
    capped: bool = Field(description="Larger classes were counted as 'k or more'.")
    models: tuple[PublicModel, ...]
    totals: tuple[PublicTotal, ...] = ()


class PublicGroup(Strict):
    """The levels of columns that became coarser together."""

    table: str
    title: str
    levels: tuple[str, ...]


class PublicHistory(Strict):
    """What is promised of the facts that may be known of a person, and the levels of the release."""

    whose: str
    known: int
    k: int
    guarantee: str
    groups: tuple[PublicGroup, ...]


class PublicJoin(Strict):
    """Tables that a reader can join by pseudonyms, and the smallest class of people found there."""

    titles: tuple[str, ...]
    people: int
    smallest_class: int | None = Field(description="People; None where no table has quasi-identifiers.")


class PublicReport(Strict):
    """The part of a report that may leave the house."""

    release_id: str
    created_at: str
    regime: str
    file_name: str
    body: str
    department: str
    k: int
    people: int
    tables: tuple[PublicTable, ...]
    joined: tuple[PublicJoin, ...] = ()
    histories: tuple[PublicHistory, ...] = ()
    limits: tuple[str, ...]


def public_part(report: Report) -> PublicReport:
    """Return what of a report may leave the house."""
    return PublicReport(
        release_id=report.release_id,
        created_at=report.created_at,
        regime=report.regime,
        file_name=report.file_name,
        body=report.body,
        department=report.department,
        k=report.k,
        people=report.people,
        tables=tuple(_table(table) for table in report.tables),
        joined=tuple(
            PublicJoin(titles=join.titles, people=join.people_after, smallest_class=join.smallest_after)
            for join in report.joined
        ),
        histories=tuple(map(_history, report.histories)),
        limits=report.limits,
    )


def _history(history: HistoryReport) -> PublicHistory:
    return PublicHistory(
        whose=history.whose,
        known=history.known,
        k=history.k,
        guarantee=history.guarantee,
        groups=tuple(
            PublicGroup(
                table=group.table,
                title=group.title,
                levels=tuple(level.title for level in group.levels if level.cells),
            )
            for group in history.groups
            if len(group.levels) > 1
        ),
    )


def _table(table: TableReport) -> PublicTable:
    recoding, risk = table.recoding, table.risk_after
    return PublicTable(
        name=table.name,
        title=table.title,
        records_out=table.records_out,
        people_out=table.people_out,
        columns=tuple(
            PublicColumn(
                name=column.name,
                title=column.title,
                type=column.type,
                released=column.released,
                steps=tuple(
                    PublicStep(
                        criterion=s.criterion, method=s.method, sentence=s.public_sentence or s.sentence
                    )
                    for s in column.steps
                ),
                after=column.after if column.released else None,
            )
            for column in table.columns
        ),
        levels=tuple(
            PublicLevel(column=level.column, title=level.title, label=level.label)
            for level in (recoding.levels if recoding else ())
        ),
        smallest_class=risk.smallest_class if risk else None,
        capped=risk.capped if risk else False,
        models=tuple(
            PublicModel(model=m.model, title=m.title, column=m.column, meaning=m.meaning, after=m.after)
            for m in (recoding.models if recoding else ())
        ),
        totals=tuple(map(_total, table.totals)),
    )


def _total(total: TotalReport) -> PublicTotal:
    step = total.step
    return PublicTotal(
        title=total.title,
        criterion=step.criterion,
        sentence=step.public_sentence or step.sentence,
        after=total.after,
    )
