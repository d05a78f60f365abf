"""What became of one column, step by step, with true counts and its pictures."""

from __future__ import annotations

from typing import Any

from tokumei.schemas.report import ColumnReport, Picture, StepReport
from tokumei.schemas.treatments import Delete
from tokumei.transforms.combinations.removal import CombinationRemoval
from tokumei.transforms.criteria import Criterion
from tokumei.transforms.criteria.base import bits_of
from tokumei.transforms.criteria.chain import Chain
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.recode.chosen import Account
from tokumei.transforms.release.tally import Tally
from tokumei.transforms.release.written import TableWritten
from tokumei.transforms.report import promises
from tokumei.transforms.report.combinations import column_steps
from tokumei.transforms.report.histories import GroupsTold, coarsened_sentence, hidden_steps
from tokumei.transforms.report.picture import picture_of
from tokumei.transforms.report.recoding import generalized_cells, sentence_of
from tokumei.transforms.report.redaction import code_steps
from tokumei.transforms.report.released import released_item
from tokumei.transforms.values.text import folded

_MOST_UNMET = 20


def explain_column(
    table: TablePlan, name: str, account: Account, written: TableWritten, histories: GroupsTold
) -> ColumnReport:
    """Return what became of one column.

    Args:
        table: the plan.
        name: of the column.
        account: the decisions about the table.
        written: what was written of it.
        histories: what was done to its columns for the facts that may be known.
    """
    column, chain, tally = table.table.columns[name], table.chains[name], written.tally
    steps = []
    if chain.steps:
        changed = list(tally.changed.get(name, (0,) * len(chain.steps)))
        blanked = tally.blanked.get(name, (0,) * len(chain.steps))
        sentences = chain.explain(account.fitted.columns[name])
        if name in table.quasi_identifiers and account.recoded is not None:
            changed[-1] = generalized_cells(account.recoded, table.quasi_identifiers.index(name))
            sentences = (*sentences[:-1], sentence_of(table, account.recoded, name))
        outside = sentences
        if (coarsening := coarsened_sentence(histories, table, name)) is not None:
            sentences, outside = (*sentences[:-1], coarsening[0]), (*sentences[:-1], coarsening[1])
        at, told, public = promises.fewer_told(table, account, written.recount.bearers, name)
        steps = [
            StepReport(
                criterion=step.number,
                method=step.method,
                sentence=sentence + told if i == at else sentence,
                public_sentence=None
                if said == sentence and not (i == at and told)
                else said + public * (i == at),
                counts=_counts(step, n, blank, unmet) if name in tally.changed else {},
                unmet=unmet[:_MOST_UNMET] if name in tally.changed and not step.hierarchy else (),
            )
            for i, (step, sentence, said, n, blank, unmet) in enumerate(
                zip(
                    chain.steps,
                    sentences,
                    outside,
                    changed,
                    blanked,
                    _unmet(chain, tally, account),
                    strict=True,
                )
            )
        ]
    elif not column.keep and not column.drop:
        steps = [
            StepReport(
                criterion=1,
                method=Delete.name(),
                sentence="自由記述のため、項目の全部を削除した。",
                counts={},
            )
        ]
    steps += hidden_steps(histories, table, name, tally.hidden.get(name, 0))
    steps += column_steps(table, account.fitted.removal(CombinationRemoval), name)
    steps += promises.settled_steps(table, account, name)
    steps += code_steps(table, name)
    return ColumnReport(
        name=name,
        title=column.title or name,
        type=column.type,
        released=column.released,
        sensitive=column.sensitive,
        item=released_item(table, name, account, written),
        because=column.because,
        steps=tuple(steps),
        before=picture_of(tally.before[name], column.type, max(table.k, chain.picture_people), _listed(chain))
        if name in tally.before
        else _no_picture(chain),
        after=picture_of(tally.after[name], column.type, table.k) if name in tally.after else None,
    )


def _counts(step: Criterion[Any, Any], touched: int, blanked: int, unmet: tuple[int, ...]) -> dict[str, int]:
    """Return the counts of a step; blanks, and listed values that no record has, where there are some."""
    counts = {"records_dropped" if step.spec.drops else "cells_changed": touched}
    more = {"cells_blanked": blanked, "listed_unmet": len(unmet)}
    return {**counts, **{key: n for key, n in more.items() if n}}


def _unmet(chain: Chain, tally: Tally, account: Account) -> list[tuple[int, ...]]:
    """Return, by method, the places in its own list of the values that no record has, from 1."""
    met = list(tally.met.get(chain.name, ())) or [0] * len(chain.steps)
    domain = account.fitted.columns[chain.name].domain
    if chain.generalize is not None and domain is not None:
        met[-1] = bits_of(chain.generalize.hierarchy.met(domain))
    return [
        tuple(i + 1 for i in range(step.listed) if not bits >> i & 1)
        for step, bits in zip(chain.steps, met, strict=True)
    ]


def _no_picture(chain: Chain) -> Picture | None:
    if not chain.steps or not chain.column.released:
        return None
    if chain.column.type == "text":
        return Picture(note="文章であるため、図に示さない。")
    if not chain.pictured:
        return Picture(note="仮IDの値には意味がないため、図に示さない。")
    return Picture(note="個人の識別に使える元の値であるため、図に示さない。")


def _listed(chain: Chain) -> frozenset[str]:
    """Values that the policy calls peculiar, folded: they are not shown, however many people share them."""
    return frozenset(folded(v) for step in chain.steps for v in step.spec.listed)
