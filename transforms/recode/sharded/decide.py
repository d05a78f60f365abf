"""The decision that ends the search over shards: what one worker would decide, and report."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tokumei.transforms.counting.histogram import Histogram
from tokumei.transforms.decisions.decision import decision_of
from tokumei.transforms.decisions.fitted import Fits
from tokumei.transforms.recode.assignment import full_domain, recoder_of
from tokumei.transforms.recode.choose import nobody_left
from tokumei.transforms.recode.chosen import Account, Chosen, Recoded, before_joining
from tokumei.transforms.recode.downcoding import Narrowed
from tokumei.transforms.recode.objectives.by_column import Loss
from tokumei.transforms.recode.ranking import Choice
from tokumei.transforms.recode.sharded.limits import refuse_larger
from tokumei.transforms.recode.sharded.rounds import Choices
from tokumei.transforms.recode.sharded.terms import AllTerms, Terms
from tokumei.transforms.recode.sharded.verdicts import Suppressed, Verdict, Verdicts
from tokumei.transforms.risk.sizes import ClassSizes


def decide_all(
    fits: Fits,
    terms: AllTerms,
    choices: Choices,
    *,
    verdicts: Verdicts,
    suppressed: Suppressed,
) -> Chosen:
    """Return the decisions of all tables with terms, and what the report says of them.

    Raises:
        RequirementError: nobody would be left, or see `refuse_larger`.
    """
    decisions, accounts = {}, {}
    for name, t in terms.items():
        choice, fitted = choices[name], fits[name]
        if verdicts[name].after is None:
            raise nobody_left(t.table)
        out = suppressed.tuples[name]
        refuse_larger(t.table, t.held, len(out), choice.count.kept)
        sizes = tuple(len(ladder.values) for ladder in t.ladders)
        exceptions = Histogram(keys=out, sizes=sizes, records=np.ones(len(out), np.int64), total_people=0)
        recoder = recoder_of(full_domain(choice.node, np.ones(len(out), bool)), t.ladders, exceptions)
        decisions[name] = decision_of(fitted, recoder)
        accounts[name] = Account(fitted, before_joining(_account(t, choice, verdicts[name]), t.given))
    return Chosen(decisions, accounts)


def _account(t: Terms, choice: Choice, verdict: Verdict) -> Recoded:
    objective = t.objectives["loss"]
    kept = tuple(
        {level: objective.by_level[i][level] - gone}
        for i, (level, gone) in enumerate(zip(choice.node, choice.count.gone, strict=True))
    )
    count = replace(choice.count, kept_labels=kept)
    sizes = np.array(sorted(verdict.sizes.items()), dtype=np.int64)
    return Recoded(
        choice=choice,
        count=count,
        costs={name: metric.value(count) for name, metric in t.objectives.items()},
        column_loss=Loss(t.ladders, t.summary.marginals, [1.0] * len(t.ladders)).columns(count),
        base=choice.node,
        levels=tuple((level, level) for level in choice.node),
        titles=tuple(ladder.titles for ladder in t.ladders),
        way="full_domain",
        alternatives=(),
        answers=(),
        rounds=(),
        regions=0,
        narrowed=Narrowed(),
        usual_loss=None,
        least_loss=None,
        blanked=None,
        models=t.models,
        reached=tuple(zip(verdict.before or (), verdict.after or (), strict=True)),
        classes_before=ClassSizes(sizes[:, 0], sizes[:, 1]),
        people_before=t.summary.everybody.total_people,
        against_before=None,
        matching_before=None,
        average_before=None,
        population=None,
    )
