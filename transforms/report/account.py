"""From counts to the report: what was done and measured, in the words officers read."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping, Sequence

from tokumei.schemas import japan_time
from tokumei.schemas.parameters import ENVIRONMENT
from tokumei.schemas.policy import Policy
from tokumei.schemas.register import SMALL_FILE
from tokumei.schemas.report import NoteCount, RejectCount, Report, TableReport
from tokumei.schemas.report_parameters import SetParameter
from tokumei.transforms.criteria import limits_of
from tokumei.transforms.histories.recount import CountedFacts
from tokumei.transforms.joined.removal import JoinedRemoval
from tokumei.transforms.leaks.verdict import explain_leaks
from tokumei.transforms.pages.environment import day
from tokumei.transforms.planning.plan import EVERYBODY, Plan, TablePlan
from tokumei.transforms.planning.prepare import rules_of
from tokumei.transforms.planning.redactions import dictionaries_of
from tokumei.transforms.recode.attacked import average_risk, matching
from tokumei.transforms.recode.chosen import Account, Chosen
from tokumei.transforms.release.joined import JoinedFound
from tokumei.transforms.release.recount import classes_of
from tokumei.transforms.release.written import TableWritten, Written
from tokumei.transforms.report import promises
from tokumei.transforms.report.classes import example_classes
from tokumei.transforms.report.columns import explain_column
from tokumei.transforms.report.combinations import LIMIT, explain_removal
from tokumei.transforms.report.exposure import explain_exposures
from tokumei.transforms.report.histories import GroupsTold, explain_histories, groups_told, history_limits
from tokumei.transforms.report.joined import apart_of, joined_limits, joined_of
from tokumei.transforms.report.left_out import left_out_of, left_out_warnings
from tokumei.transforms.report.order import explain_order, order_told
from tokumei.transforms.report.people import explain_count, explain_people, people_basis, unattributed_out
from tokumei.transforms.report.recoding import recoding_of
from tokumei.transforms.report.redaction import explain_redactions
from tokumei.transforms.report.risk import measured_risk
from tokumei.transforms.report.totals import explain_totals
from tokumei.transforms.risk.sizes import ClassSizes
from tokumei.transforms.totals.recount import RecountedTotals


def build_report(
    plan: Plan,
    chosen: Chosen,
    written: Written,
    people: Mapping[str, int],
    total: int,
    *,
    facts: CountedFacts,
    joined: Sequence[JoinedFound],
    totals: RecountedTotals,
) -> Report:
    """Assemble the report of a verified release.

    Args:
        plan: the run.
        chosen: its decisions.
        written: what was written.
        people: released people by table, where they were counted one by one.
        total: people of the release (本人の数).
        facts: the recount of the facts that may be known.
        joined: what verification found of joined tables.
        totals: what the written lines of people come to, by table and declaration.
    """
    policy = plan.policy
    tables = tuple(
        _table(
            plan,
            table,
            chosen.accounts[name],
            written[name],
            people,
            histories=groups_told(chosen.histories, name),
        ).model_copy(
            update={"totals": explain_totals(table, chosen.accounts[name].fitted, totals.get(name, {}))}
        )
        for name, table in plan.tables.items()
    )
    return Report(
        release_id=plan.release_id,
        created_at=japan_time.now(),
        regime=policy.regime,
        file_name=policy.file.name,
        body=policy.file.body,
        department=policy.file.department,
        purpose=policy.file.purpose,
        work_sha256=plan.work,
        delivery_sha256=plan.delivery,
        replaces=plan.replaces,
        policy_sha256=rules_of(plan.policy, plan.tables),
        requirements_because=policy.requirements.because,
        k=policy.requirements.k,
        people=total,
        people_basis=people_basis(plan),
        people_check=explain_people(plan, people, total),
        small_file_ordinance=_ordinance(policy, total),
        warnings=(*_warnings(policy), *left_out_warnings(tables)),
        tables=tables,
        histories=explain_histories(plan, chosen.histories, written, facts),
        joined=joined_of(plan, joined),
        apart=apart_of(plan),
        exposure=explain_exposures(plan, written, people),
        classes=example_classes(plan, written),
        parameters=tuple(
            SetParameter(name=name, value=None if name.startswith(ENVIRONMENT) else one.default)
            for name, one in policy.parameters.items()
        ),
        redactions=tuple(explain_redactions(plan.tables, written)),
        rejects=tuple(
            RejectCount(table=name, column=column, reason=reason, records=n)
            for name, account in chosen.accounts.items()
            for (column, reason), n in sorted(account.fitted.rejects.items())
        ),
        reject_limit=policy.rejects.limit,
        notes=tuple(
            NoteCount(table=name, column=column, note=note, cells=n)
            for name, account in chosen.accounts.items()
            for (column, note), n in sorted(account.fitted.notes.items())
        ),
        secrets="仮IDと人数の計数に用いた鍵は、この処理のためだけにOSの乱数から生成し、どこにも保存していない。"
        "処理の終了とともに失われた。仮IDと元の符号の対応表は作成していない。",
        order=order_told(tables),
        limits=_limits(plan),
        versions={
            **{n: importlib.metadata.version(n) for n in ("tokumei", "apache-beam", "pyarrow", "polars")},
            **dictionaries_of(plan.tables.values()),
        },
    )


def _ordinance(policy: Policy, people: int) -> str | None:
    ordinance = policy.file.small_file_ordinance
    return f"{ordinance}" if ordinance and people < SMALL_FILE else None


def _warnings(policy: Policy) -> tuple[str, ...]:
    told = []
    if policy.doubtful_regime:
        told.append(
            f"「{policy.file.body}」は名称から行政機関等とみられるが、方針は民間の事業者の規律によっている"
            "（個人情報ファイル簿の記載事項と規則第56条の人数は確かめていない）。"
        )
    period = policy.file.product_period
    if policy.regime != "private" and period is not None and policy.file.period_over(japan_time.today()):
        told.append(
            f"作成した情報に関する提案をすることができる期間は、{day(period.end)}に終わっている。"
            "個人情報ファイル簿と公表には、この期間を記載した。"
        )
    return tuple(told)


def _limits(plan: Plan) -> tuple[str, ...]:
    limits = [
        "k-匿名性は、方針で準識別子とした項目の組合せについてのみ確認した。kの値を定めた法令はない。",
        promises.COUNTED_ONLY,
        "漏えい検査は、近くのレコードにない他の人の値、値の一部（姓だけなど）、表記の違う値（仮名と漢字など）、短い値、日付、"
        "別の表にある値を見つけない。検査数字も番号の名称もない番号も見つけない。",
        *history_limits(plan),
    ]
    limits += limits_of(s for t in plan.tables.values() for c in t.chains.values() for s in c.steps)
    limits += joined_limits(plan)
    if plan.policy.requirements.nulls == "wildcard":
        limits.append(
            "k-匿名性は、値のない項目にはどの値も入りうるとみる者に対して確かめた。値がないこと自体を手がかりに"
            "する者に対しては確かめていない。その者から見たグループの人数は、k に満たないことがある。"
        )
    if any(t.combined for t in plan.tables.values()):
        limits.append(LIMIT)
    if any(t.table.person is None for t in plan.tables.values()):
        limits.append("本人を示す項目のない表では、1人1行であるという申告を確認できない。")
    return tuple(limits)


def _table(
    plan: Plan,
    table: TablePlan,
    account: Account,
    written: TableWritten,
    people: Mapping[str, int],
    *,
    histories: GroupsTold,
) -> TableReport:
    tally, fitted = written.tally, account.fitted
    after, before, joining = None, None, fitted.removal(JoinedRemoval)
    if account.recoded is not None and written.recount.classes is not None:
        classes = classes_of(written.recount.classes, fitted, account.recoded.population)
        after = measured_risk(
            ClassSizes.of(classes.people),
            None if classes.population is None else (classes.people, classes.population),
            records=tally.records_out,
            people=people.get(table.name, tally.records_out),
            table=table,
            average=average_risk(classes) if table.people_cap == EVERYBODY else None,
            matched=matching(classes) if table.requirements.nulls == "wildcard" else None,
        )
        records = fitted.records - tally.dropped - tally.suppressed_early
        records += 0 if joining is None else joining.records
        before = measured_risk(
            account.recoded.classes_before,
            account.recoded.against_before,
            records=records,
            people=account.recoded.people_before,
            table=table,
            average=account.recoded.average_before,
            matched=account.recoded.matching_before,
        )
    read = fitted.records + sum(fitted.rejects.values()) + unattributed_out(table, fitted)
    people_out = None if table.table.person is None else people.get(table.name, tally.records_out)
    return TableReport(
        name=table.name,
        title=table.table.title or table.name,
        records_in=read,
        records_blank=fitted.blank,
        records_rejected=sum(fitted.rejects.values()),
        records_without_person=fitted.unattributed,
        person_missing=table.table.person_missing,
        records_dropped=tally.dropped,
        records_suppressed=tally.suppressed,
        left_out=left_out_of(
            float(table.requirements.suppression_limit),
            records=(tally.suppressed, read),
            people=(fitted.people, people_out),
        ),
        records_out=tally.records_out,
        people_in=fitted.people,
        people_left=None if account.recoded is None else account.recoded.people_before,
        people_out=people_out,
        people_check=explain_count(table, fitted),
        reading=_reading(table),
        columns=tuple(
            explain_column(table, name, account, written, histories) for name in table.table.columns
        ),
        recoding=None
        if account.recoded is None
        else recoding_of(table, account.recoded, joining, compared=plan.policy.report.compare),
        risk_before=before,
        risk_after=after,
        combinations=explain_removal(table, account, written.recount.combined),
        leak_scan=explain_leaks(table, written.leaks, fitted.names),
        order=explain_order(table, account, written),
    )


def _reading(table: TablePlan) -> tuple[str, ...]:
    columns = table.table.columns
    return tuple(
        f"「{columns[name].title or name}」は、先頭の0が失われたものとして、"
        f"{length}桁に満たない数字の前に0を補って読んだ。"
        for name, length in table.table.source.leading_zeros.items()
    )
