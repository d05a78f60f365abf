"""What the report says of joined tables: whom all of them leave out, and the classes that a reader finds."""

from __future__ import annotations

from collections.abc import Sequence

from tokumei.schemas import report_joined as report
from tokumei.transforms.planning.plan import Plan, TablePlan
from tokumei.transforms.recode.figures import amount
from tokumei.transforms.release.joined import JoinedFound

_OTHER_CODES = (
    "本人の番号ではない仮ID（世帯、伝票など）は、どのレコードが同じ世帯や伝票のものかを示す。それらのレコードを合わせたときの特徴"
    "（世帯の構成など）は測っていない。"
)


def joined_of(plan: Plan, found: Sequence[JoinedFound]) -> tuple[report.JoinedTables, ...]:
    """Return what is told of each join, in the order of the policy.

    Args:
        plan: the run.
        found: what verification recounted.
    """
    return tuple(_joined(plan, join) for join in found)


def _joined(plan: Plan, join: JoinedFound) -> report.JoinedTables:
    tables, account = [plan.tables[name] for name in join.account.tables], join.account
    before, after = account.smallest, join.smallest
    return report.JoinedTables(
        link=tables[0].numbering.name,
        tables=account.tables,
        titles=tuple(map(_title, tables)),
        people_before=account.people,
        people_short=account.short,
        people_dropped=account.dropped,
        people_after=join.people,
        smallest_before=before,
        smallest_after=None if before is None else after,
        models=tuple(
            report.JoinedModel(
                model=model.wording,
                title=model.title,
                column=model.watches,
                before=amount(reached),
                after=amount(now),
            )
            for model, reached, now in zip(join.models, account.reached, join.reached, strict=True)
        ),
    )


def apart_of(plan: Plan) -> tuple[report.ApartTable, ...]:
    """Return the tables that the policy takes out of the join, each with its reason."""
    return tuple(
        report.ApartTable(
            table=name,
            title=_title(table),
            link=table.numbering.name,
            because=table.table.because or "",
        )
        for name, table in plan.tables.items()
        if not table.table.joined
    )


def joined_limits(plan: Plan) -> list[str]:
    """Return what was not measured over several records or tables, in Japanese."""
    codes = any(
        column.pseudonym is not None and name != table.table.person
        for table in plan.tables.values()
        for name, column in table.table.columns.items()
    )
    return [*([_OTHER_CODES] if codes else []), *_over_tables(plan)]


def _over_tables(plan: Plan) -> list[str]:
    if len(plan.tables) < 2 or all(len(table.together) == len(plan.tables) for table in plan.tables.values()):
        return []
    if not any(table.together for table in plan.tables.values()):
        return ["k-匿名性は表ごとに確認した。表をまたいで結合したときの組合せは測っていない。"]
    return [
        "k-匿名性は、本人の仮IDで結合できる表については結合した組合せで、その他の表については表ごとに確認した。"
        "その他の表をまたいで結合したときの組合せは測っていない。"
    ]


def _title(table: TablePlan) -> str:
    return table.table.title or table.name
