"""What is to be known of the chosen nodes: which classes fail, which tuples go, how weak the weakest is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tokumei.transforms.counting.histogram import Histogram, Ints
from tokumei.transforms.decisions.fitted import Fits
from tokumei.transforms.planning.plan import Plan
from tokumei.transforms.recode.count import Histograms
from tokumei.transforms.recode.lattice import Lattice, failing_classes
from tokumei.transforms.recode.sharded.parts import join
from tokumei.transforms.recode.sharded.rounds import Choices, ClassPlace
from tokumei.transforms.recode.sharded.terms import AllTerms, Terms, histograms_of


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What is to be known of a table's classes at the chosen node, and of its tuples.

    Attributes:
        failing: packed classes to suppress.
        sizes: people of a tuple → number of such tuples, before any generalization.
        safer: by model, whether more is safer.
        before, after: by model, the weakest tuple and the weakest released class; None where there is none.
    """

    failing: Ints
    sizes: Mapping[int, int]
    safer: tuple[bool, ...]
    before: tuple[float, ...] | None
    after: tuple[float, ...] | None


@dataclass(frozen=True)
class Suppressed:
    """The packed tuples to suppress, by table, ascending."""

    tuples: Mapping[str, Ints]


Verdicts = dict[str, Verdict]
_NONE = np.zeros(0, dtype=np.int64)


def judge_tuples(plan: Plan, fits: Fits, terms: AllTerms, shard: Histograms) -> Verdicts:
    """Measure the tuples of a shard, each of which is whole."""
    found = {}
    for name, _, histogram in histograms_of(plan, fits, shard):
        sizes, n = np.unique(histogram.people, return_counts=True)
        before = tuple(m.reached(histogram) for m in terms[name].models)
        found[name] = Verdict(
            failing=_NONE,
            sizes=dict(zip(sizes.tolist(), n.tolist(), strict=True)),
            safer=_safer(terms[name]),
            before=before,
            after=None,
        )
    return found


def judge_place(terms: AllTerms, place: ClassPlace, parts: Sequence[Histogram]) -> Verdicts:
    """Find the failing classes of one place, and measure the others."""
    t, classes = terms[place[0]], join(parts)
    failing, _ = failing_classes(t.models, classes)
    kept = classes.only(~failing)
    after = tuple(m.reached(kept) for m in t.models) if len(kept) else None
    return {
        place[0]: Verdict(failing=classes.keys[failing], sizes={}, safer=_safer(t), before=None, after=after)
    }


def add_verdicts(parts: Sequence[Verdicts]) -> Verdicts:
    """Add up shards and places."""
    total = {}
    for name in sorted({name for part in parts for name in part}):
        mine = [part[name] for part in parts if name in part]
        sizes: dict[int, int] = {}
        for verdict in mine:
            for size, n in verdict.sizes.items():
                sizes[size] = sizes.get(size, 0) + n
        safer = mine[0].safer
        before, after = (
            _weakest(safer, [reached for reached in side if reached is not None])
            for side in ([v.before for v in mine], [v.after for v in mine])
        )
        total[name] = Verdict(
            failing=np.sort(np.concatenate([v.failing for v in mine])),
            sizes=sizes,
            safer=safer,
            before=before,
            after=after,
        )
    return total


def _safer(terms: Terms) -> tuple[bool, ...]:
    return tuple(model.higher_is_safer for model in terms.models)


def _weakest(safer: Sequence[bool], reached: Sequence[tuple[float, ...]]) -> tuple[float, ...] | None:
    if not reached:
        return None
    columns = zip(safer, zip(*reached, strict=True), strict=True)
    return tuple(min(values) if more else max(values) for more, values in columns)


def suppressed_tuples(
    plan: Plan, fits: Fits, shard: Histograms, choices: Choices, verdicts: Verdicts
) -> Suppressed:
    """Return the packed tuples of a shard that lie in failing classes; no more than may be left out."""
    found = {}
    for name, ladders, histogram in histograms_of(plan, fits, shard):
        classes, of_tuple = Lattice(ladders, histogram, ()).classes(choices[name].node)
        found[name] = histogram.keys[np.isin(classes.keys, verdicts[name].failing)[of_tuple]]
    return Suppressed(found)


def add_tuples(parts: Sequence[Suppressed]) -> Suppressed:
    """Put the tuples of all shards together, ascending."""
    names = sorted({name for part in parts for name in part.tuples})
    return Suppressed(
        {n: np.sort(np.concatenate([p.tuples[n] for p in parts if n in p.tuples])) for n in names}
    )
