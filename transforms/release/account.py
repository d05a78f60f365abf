"""From counts to the report: what was done and measured, in the words officers read."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import re
from collections.abc import Mapping

import numpy as np
import polars as pl

from schemas.report import (
    Bar,
    ColumnReport,
    Picture,
    RejectCount,
    Report,
    StepReport,
    TableReport,
)
from schemas.table import Column
from transforms.combinations.explain import LIMIT, column_steps, explain_removal
from transforms.criteria import Criterion
from transforms.criteria.chain import Chain
from transforms.plan import Plan, TablePlan
from transforms.profile import pictures
from transforms.profile.people import PEOPLE, RECORDS, PeoplePerKey
from transforms.profile.pictures import LABEL
from transforms.recode.choose import Account, Chosen
from transforms.release.recoding import generalized_cells, recoding_of, sentence_of
from transforms.release.recount import classes_of
from transforms.release.risk import measured_risk
from transforms.release.verify import TableWritten, Written

_MAX_BARS = 16
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?\Z")
_OTHERS = "その他（少数の区分の合計）"
_EMPTY, _BEYOND = "（空欄）", "（範囲外）"


def build_report(
    plan: Plan, chosen: Chosen, written: Written, people: Mapping[str, int], total: int
) -> Report:
    """Assemble the report of a verified release.

    Args:
        plan: the run.
        chosen: its decisions.
        written: what was written.
        people: released people by table, where they were counted one by one.
        total: people of the release (本人の数).
    """
    policy = plan.policy
    return Report(
        release_id=plan.release_id,
        created_at=dt.datetime.now(dt.timezone(dt.timedelta(hours=9))).isoformat(timespec="seconds"),
        regime=policy.regime,
        file_name=policy.file.name,
        body=policy.file.body,
        department=policy.file.department,
        purpose=policy.file.purpose,
        work_sha256=plan.work,
        requirements_because=policy.requirements.because,
        k=policy.requirements.k,
        people=total,
        tables=tuple(
            _table(plan, table, chosen.accounts[name], written[name], people)
            for name, table in plan.tables.items()
        ),
        rejects=tuple(
            RejectCount(table=name, column=column, reason=reason, records=n)
            for name, account in chosen.accounts.items()
            for (column, reason), n in sorted(account.fitted.rejects.items())
        ),
        reject_limit=policy.rejects.limit,
        secrets="仮IDと人数の計数に用いた鍵は、この処理のためだけにOSの乱数から生成し、どこにも保存していない。"
        "処理の終了とともに失われた。仮IDと元の符号の対応表は作成していない。",
        order="各ファイル内の行の順序を無作為に入れ替え、ファイル名も無作為に付けた。"
        "ただし、1つのファイルには、元の並びで近い範囲の行が入っている。",
        limits=_limits(plan),
        versions={
            name: importlib.metadata.version(name) for name in ("tokumei", "apache-beam", "pyarrow", "polars")
        },
    )


def _limits(plan: Plan) -> tuple[str, ...]:
    limits = [
        "k-匿名性は、方針で準識別子とした項目の組合せについてのみ確認した。kの値を定めた法令はない。",
        "四号の希少性は、加工前のファイル全体で判定した。五号による除外の後では、"
        "基準とした人数より少なくなる値がありうる。",
        "自由記述や他の項目の中に残る個人識別符号の検出は行っていない。",
        "同じ人の複数の記録の組合せ（履歴）による特徴は測っていない。",
    ]
    methods = {s.method for t in plan.tables.values() for c in t.chains.values() for s in c.steps}
    if "microaggregate" in methods:
        limits.append(
            "ミクロアグリゲーションの組の人数は、加工前のファイル全体で数えた。"
            "他の加工による除外の後では、それより少なくなりうる。"
        )
    if methods & {"noise", "rank_swap"}:
        limits.append(
            "ノイズの付加又はデータ交換をした項目の値は、その人の実際の値とは限らない。"
            "これらの項目の値の間や、他の項目との間の計算（合計、差など）は、元と同じにはならない。"
        )
    if len(plan.tables) > 1:
        limits.append("k-匿名性は表ごとに確認した。表をまたいで仮IDで結合したときの組合せは測っていない。")
    if any(t.combined for t in plan.tables.values()):
        limits.append(LIMIT)
    if any(t.table.person is None for t in plan.tables.values()):
        limits.append("本人を示す項目のない表では、1人1行であるという申告を確認できない。")
    return tuple(limits)


def _table(
    plan: Plan, table: TablePlan, account: Account, written: TableWritten, people: Mapping[str, int]
) -> TableReport:
    tally, fitted = written.tally, account.fitted
    after, before = None, None
    if account.recoded is not None and written.classes is not None:
        classes = classes_of(written.classes, fitted, account.recoded.population)
        after = measured_risk(
            classes.people,
            classes.population,
            records=tally.records_out,
            people=people.get(table.name, tally.records_out),
            table=table,
        )
        records = fitted.records - tally.dropped - tally.taken.dropped[1]
        before = measured_risk(
            account.recoded.classes_before,
            account.recoded.population_before,
            records=records,
            people=account.recoded.people_before,
            table=table,
        )
    return TableReport(
        name=table.name,
        title=table.table.title or table.name,
        records_in=fitted.records + sum(fitted.rejects.values()),
        records_rejected=sum(fitted.rejects.values()),
        records_dropped=tally.dropped,
        records_suppressed=tally.suppressed,
        records_out=tally.records_out,
        people_in=fitted.people,
        people_left=None if account.recoded is None else account.recoded.people_before,
        people_out=None if table.table.person is None else people.get(table.name, tally.records_out),
        people_check=_people_check(table, account),
        columns=tuple(_column(table, name, c, account, written) for name, c in table.table.columns.items()),
        recoding=None if account.recoded is None else recoding_of(table, account.recoded),
        risk_before=before,
        risk_after=after,
        combinations=explain_removal(table, fitted.removal, written.combined),
    )


def _people_check(table: TablePlan, account: Account) -> str:
    if table.table.person is None:
        return "本人を示す項目がないため、1人1行であるという申告による。"
    if table.counts_people:
        return "1人に複数の行がある。鍵付きハッシュにより異なる人を正確に数えた。"
    if account.fitted.proven:
        return "1人1行であることを、本人を示す項目が重複なく昇順に並ぶことにより確認した。"
    return "1人1行であることを、鍵付きハッシュにより異なる人を正確に数えて確認した。"


def _column(
    table: TablePlan, name: str, column: Column, account: Account, written: TableWritten
) -> ColumnReport:
    chain, tally = table.chains[name], written.tally
    steps = []
    if chain.steps:
        changed = list(tally.changed.get(name, (0,) * len(chain.steps)))
        sentences = chain.explain(account.fitted.columns[name])
        if chain.generalize is not None and account.recoded is not None:
            changed[-1] = generalized_cells(account.recoded, table.quasi_identifiers.index(name))
            sentences = (*sentences[:-1], sentence_of(table, account.recoded, name))
        steps = [
            StepReport(
                criterion=step.number,
                method=step.method,
                sentence=sentence,
                counts={_counted(step): n} if name in tally.changed else {},
            )
            for step, sentence, n in zip(chain.steps, sentences, changed, strict=True)
        ]
    elif not column.keep and not column.drop:
        steps = [
            StepReport(
                criterion=1, method="delete", sentence="自由記述のため、項目の全部を削除した。", counts={}
            )
        ]
    steps += column_steps(table, account.fitted.removal, name)
    numeric = column.type in {"integer", "number", "date", "month", "datetime"}
    return ColumnReport(
        name=name,
        title=column.title or name,
        type=column.type,
        released=column.released,
        sensitive=column.sensitive,
        because=column.because,
        steps=tuple(steps),
        before=_picture(tally.before[name], max(table.k, chain.picture_people), numeric, _listed(chain))
        if name in tally.before
        else _no_picture(chain),
        after=_picture(tally.after[name], 0, numeric) if name in tally.after else None,
    )


def _counted(step: Criterion) -> str:
    return "records_dropped" if getattr(step.spec, "action", None) == "record" else "cells_changed"


def _no_picture(chain: Chain) -> Picture | None:
    if not chain.steps or not chain.column.released:
        return None
    if not chain.pictured:
        return Picture(note="仮IDの値には意味がないため、図を省略した。")
    return Picture(note="個人の識別に使える元の値であるため、図に示さない。")


def _listed(chain: Chain) -> frozenset[str]:
    """Values that the policy calls peculiar: they are not shown, however many people share them."""
    return frozenset(v for step in chain.steps for v in getattr(step.spec, "values", ()))


def _picture(
    counted: pictures.Picture, k: int, numeric: bool, listed: frozenset[str] = frozenset()
) -> Picture:
    """Turn counts into bars; those ``listed``, or borne by fewer than ``k`` people, are merged unnamed."""
    if counted is None:
        return Picture(note="値の種類が多いため、図を省略した。")
    texts = {label: _EMPTY if label is None else label for label in counted.counts[LABEL]}
    numbers = [label for label in texts.values() if _NUMBER.match(label)]
    if numeric and len(numbers) > _MAX_BARS:
        texts.update(_bins(counted, k))
    bars = counted.regroup(LABEL, texts).people()
    small = bars.filter((pl.col(PEOPLE) < k) | pl.col(LABEL).is_in([_BEYOND, *listed]))[LABEL]
    texts = {label: _OTHERS if text in set(small) else text for label, text in texts.items()}
    merged = counted.regroup(LABEL, texts).people()
    rows = [
        (str(label), int(records))
        for label, records, people in merged.select(LABEL, RECORDS, PEOPLE).iter_rows()
        if people >= k  # of the merged bar as well: one for fewer people would point at them
    ]
    hidden = sum(n for label, n in rows if label == _OTHERS)
    rows = [row for row in rows if row[0] != _OTHERS]
    ordered = numeric or all(_NUMBER.match(label) for label, _ in rows)
    rows.sort(key=(lambda r: _natural(r[0])) if ordered else (lambda r: (-r[1], r[0])))
    if len(rows) > _MAX_BARS and not ordered:
        hidden += sum(n for _, n in rows[_MAX_BARS:])
        rows = rows[:_MAX_BARS]
    if hidden:
        rows.append((_OTHERS, hidden))
    return Picture(bars=tuple(Bar(label=label, records=n) for label, n in rows), ordered=ordered)


def _natural(label: str) -> tuple[int, float, str]:
    number = re.match(r"-?\d+(\.\d+)?", label)
    return (0, float(number.group()), label) if number else (1, 0.0, label)


def _bins(counted: PeoplePerKey, k: int) -> dict[str | None, str]:
    """Assign numeric labels to bins of one nice width.

    The range of the bins leaves out the outermost people, fewer than ``k`` on either side: an extreme value
    must not show in the width of the bars.
    """
    people = counted.people().select(LABEL, PEOPLE).iter_rows()
    numbers = sorted(
        (float(label), label, n) for label, n in people if label is not None and _NUMBER.match(label)
    )
    low, high = (_kth_value(side, k) for side in (numbers, numbers[::-1]))
    width = _nice(max(high - low, 0) / _MAX_BARS)
    bins: dict[str | None, str] = {}
    for value, label, _ in numbers:
        start = float(np.floor(value / width) * width)
        inside = low <= value <= high
        bins[label] = (
            _BEYOND if not inside else f"{start:g}～{start + width - 1:g}" if width >= 2 else f"{start:g}"
        )
    return bins


def _kth_value(numbers: list[tuple[float, str, int]], k: int) -> float:
    seen = 0
    for value, _, people in numbers:
        seen += people
        if seen >= k:
            return value
    return numbers[-1][0]


def _nice(width: float) -> float:
    """Round a bin width up to 1, 2 or 5 times a power of ten."""
    size = 10 ** np.floor(np.log10(max(width, 1)))
    return float(next(m * size for m in (1, 2, 5, 10) if m * size >= width))
