"""What the report says of a table's recoding: levels, rescues, models, and what other ways would lose."""

from __future__ import annotations

from collections.abc import Sequence

from tokumei.schemas import report_recoding
from tokumei.schemas.report_queries import Figure, QueryReport
from tokumei.transforms.joined.removal import JoinedRemoval
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.recode.chosen import Recoded
from tokumei.transforms.recode.downcoding import Narrowed
from tokumei.transforms.recode.figures import amount
from tokumei.transforms.recode.models import PrivacyModel
from tokumei.transforms.recode.queries import Answer, mean_error
from tokumei.transforms.recode.ways import COMPARED, WAYS, WayName, comparable

_TITLES: dict[WayName, str] = {
    "full_domain": "全員を同じ段階に一般化し、足りない組合せのレコードは除く",
    "cells": "足りない組合せのレコードは、一部の項目を「*」にして残す（セルの削除）",
    "local": "足りない組合せのレコードは、さらに粗い段階など別の段階にして残す（局所的な一般化）",
    "multidimensional": "値の範囲を領域に分け、領域ごとに段階を変える（多次元の一般化）",
}

_JOINED = (
    "表を結合した組合せで条件を確かめるため、全員を同じ段階にする方法によった。"
    "段階は、結合したすべての表について一度に選んだ。"
)
_NOT_ASKED = (
    "ほかの方法で失われるものとの比較は、方針に report: {compare: true} と書いて実行するか、"
    "予行（tokumei rehearse）をすると、報告に載る。"
)


def recoding_of(
    table: TablePlan, recoded: Recoded, joining: JoinedRemoval | None, *, compared: bool
) -> report_recoding.Recoding:
    """Return the section of one table.

    Args:
        table: the plan.
        recoded: what was decided.
        joining: who was left out because of the tables that it is joined with, if it is.
        compared: whether the policy asks what other ways would lose.
    """
    records, people = (0, 0) if joining is None else (joining.records, joining.persons)
    choice, needed = recoded.choice, table.requirements
    return report_recoding.Recoding(
        k=table.k,
        recoding=recoded.way,
        alternatives=tuple(
            report_recoding.Alternative(
                name=other.way,
                title=_TITLES[other.way],
                loss=other.loss,
                cost=other.cost,
                suppressed_records=other.suppressed_records,
                suppressed_people=other.suppressed_people,
                query_error=other.query_error,
                narrowed=_narrowing(other.narrowed),
                chosen=other.way == recoded.way,
            )
            for other in recoded.alternatives
        ),
        not_compared=_JOINED
        if joining is not None
        else _not_compared(recoded, compared or needed.recoding == "best"),
        rounds=tuple(
            report_recoding.Rescue(
                levels=dict(zip(table.quasi_identifiers, saved.node, strict=True)),
                sentence=_levels(table, recoded, saved.node),
                records=saved.records,
                people=saved.people,
            )
            for saved in recoded.rounds
        ),
        regions=recoded.regions,
        narrowed=_narrowing(recoded.narrowed),
        usual_loss=recoded.usual_loss,
        least_loss=recoded.least_loss,
        cells=None if recoded.blanked is None else recoded.blanked.cells,
        cells_least=None if recoded.blanked is None else recoded.blanked.least,
        metric=needed.minimize,
        queries=tuple(_query(table, answer) for answer in recoded.answers),
        query_error=mean_error(recoded.answers) if recoded.answers else None,
        levels=tuple(level_of(table, recoded, i) for i in range(len(table.quasi_identifiers))),
        loss=recoded.costs["loss"],
        costs=dict(recoded.costs),
        optimum=_levels(table, recoded, choice.node),
        proven=choice.proven,
        gap=choice.gap,
        lattice_nodes=choice.lattice_nodes,
        nodes_checked=choice.nodes_checked,
        suppressed_records=recoded.count.suppressed_records + records,
        suppressed_people=recoded.count.suppressed_people + people,
        suppression_limit=float(needed.suppression_limit),
        models=tuple(
            _model(table, model, reached)
            for model, reached in zip(recoded.models, recoded.reached, strict=True)
        ),
    )


def _narrowing(found: Narrowed | None) -> report_recoding.Narrowing | None:
    if found is None:
        return None
    return report_recoding.Narrowing(people=found.people, to_one=found.to_one, by_values=found.by_values)


def _levels(table: TablePlan, recoded: Recoded, node: Sequence[int]) -> str:
    return "、".join(
        f"{_title(table, name)}は「{titles[level]}」"
        for name, titles, level in zip(table.quasi_identifiers, recoded.titles, node, strict=True)
    )


def sentence_of(table: TablePlan, recoded: Recoded, name: str) -> str:
    """Say in Japanese how far a quasi-identifier was generalized."""
    level = level_of(table, recoded, table.quasi_identifiers.index(name))
    if level.level is None:
        done = f"次の段階まで一般化した：{level.label}"
    else:
        done = f"「{level.label}」の段階まで一般化した" if level.level else "一般化せずに残した"
    return f"準識別子として、定めた条件（同じ組合せの人が{table.k}人以上など）を満たすように調べ、{done}。"


def generalized_cells(recoded: Recoded, column: int) -> int:
    """Return how many released cells of a quasi-identifier are above the original level."""
    kept = recoded.count.kept_labels
    if kept is None:
        raise TypeError("the release is counted by assignment")
    return sum(int(records.sum()) for level, records in kept[column].items() if level)


def _not_compared(recoded: Recoded, compared: bool) -> str | None:
    if len(recoded.alternatives) == len(WAYS):
        return None
    if not comparable(recoded.models):
        return (
            "母集団と比べる条件や、空欄をどの値にも当てはまるとする数え方は、"
            "全員を同じ段階にする方法でだけ使えるため、他の方法は調べていない。"
        )
    if not compared:
        return _NOT_ASKED
    return (
        f"値の組合せか段階の組合せが{COMPARED // 10_000}万通りを超えるため、選んでいない方法は調べていない。"
    )


def level_of(table: TablePlan, recoded: Recoded, column: int) -> report_recoding.LevelReport:
    """Return the level at which a quasi-identifier, by its place among them, is released."""
    titles, (finest, coarsest) = recoded.titles[column], recoded.levels[column]
    base, name = recoded.base[column], table.quasi_identifiers[column]
    level = finest if finest == coarsest else None
    if level is not None:
        label = titles[level]
    elif recoded.regions:
        label = f"{titles[finest]}から{titles[coarsest]}まで（グループごと）"
    else:
        others = sorted({saved.node[column] for saved in recoded.rounds} - {base})
        label = f"{titles[base]}。一部のレコードは{'・'.join(titles[other] for other in others)}"
    return report_recoding.LevelReport(
        column=name,
        title=_title(table, name),
        level=level,
        finest=finest,
        coarsest=coarsest,
        levels=len(titles),
        label=label,
        loss=recoded.column_loss[column],
    )


def _query(table: TablePlan, answer: Answer) -> QueryReport:
    query = answer.query
    groups = "・".join(_title(table, name) for name in query.groups)
    explaining = [_title(table, name) for name in query.explained_by]
    if query.mean is not None:
        title = f"{_title(table, query.mean)}の平均" + (f"（{groups}ごと）" if groups else "")
        names = ["平均"]
    elif query.regression is not None:
        title = f"{_title(table, query.regression)}の重回帰（{'・'.join(explaining)}で説明する）"
        names = [f"{name}の標準化係数" for name in explaining]
    else:
        title, names = f"{groups}の度数", []
    return QueryReport(
        title=title,
        figures=tuple(
            Figure(title=name, before=amount(before), after=amount(after))
            for name, before, after in zip(
                names if answer.before else (), answer.before, answer.after, strict=True
            )
        ),
        error=answer.error,
    )


def _title(table: TablePlan, name: str) -> str:
    return table.table.columns[name].title or name


def _model(
    table: TablePlan, model: PrivacyModel, reached: tuple[float, float]
) -> report_recoding.ModelReport:
    column = model.watches
    counted = model.least_people if table.counts_people else 0  # people of a class are told apart up to it
    before, after = (
        f"{amount(value)}以上" if counted and value >= counted else amount(value) for value in reached
    )
    return report_recoding.ModelReport(
        model=model.wording,
        title=model.title,
        column=column,
        meaning=model.meaning("" if column is None else _title(table, column)),
        before=before,
        after=after,
    )
