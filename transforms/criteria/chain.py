"""One column's methods, run in order over its distinct values.

Every method is a function of the value alone, so a chain runs once on the distinct values of a batch and
the result is spread over the rows. Columns in which nearly every value is distinct are treated directly.
The one exception, a method by record, ends its chain and is run by itself on the released records.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.schemas.column import Column
from tokumei.transforms.counting.domain import find_domain, merge_domains
from tokumei.transforms.criteria import Context, Criterion, build_criterion
from tokumei.transforms.criteria.base import ByRecord, Persons
from tokumei.transforms.criteria.distinctiveness import Levelled, Recode
from tokumei.transforms.criteria.encoding import encode, narrow
from tokumei.transforms.criteria.promise import Promise
from tokumei.transforms.criteria.treated import Treated, rows_of, unread_patterns
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.hierarchies.bound import BoundHierarchy
from tokumei.transforms.hierarchies.ladders import Ladder
from tokumei.transforms.hierarchies.steps import ANYWHERE, Between
from tokumei.transforms.values.cells import as_text, present


@dataclass(frozen=True)
class Measured:
    """What pass 1 keeps of one column: the accumulator of its data-driven method, and its domain."""

    decide: Any
    domain: pl.Series | None


@dataclass(frozen=True)
class Fitted:
    """What was decided for one column.

    Attributes:
        decisions: one per method, None where nothing had to be decided.
        domain: for a quasi-identifier, a protected column or one in combinations or facts, the distinct
            values after all methods but the generalization, as text.
    """

    decisions: tuple[Any, ...]
    domain: tuple[str | None, ...] | None


class Chain:
    """The methods of one column.

    Immutable and picklable; holds no data. Raises PolicyError at construction for unusable hierarchies.
    """

    def __init__(
        self,
        name: str,
        column: Column,
        context: Context,
        base: str,
        where: str,
        *,
        combined: int = 0,
        known: bool = False,
    ) -> None:
        self.name, self.column, self.where = name, column, where
        contents = column.contents
        self.steps: tuple[Criterion[Any, Any], ...] = tuple(
            build_criterion(spec, replace(context, content=contents[i]), base, f"{where}.treat[{i}]")
            for i, spec in enumerate(column.treat)
        )
        self._driven = next((i for i, s in enumerate(self.steps) if s.spec.data_driven), None)
        last = self.steps[-1] if self.steps else None
        self.generalize: Levelled | None = last if isinstance(last, Levelled) else None
        self.known = known  # facts about people are told by its values
        self.combined = combined  # so many people share each of its combinations; 0: it is in none
        # Hierarchies of the column's own privacy models, in their order; None for models without one.
        self.protections = tuple(
            None
            if model.goes_by is None
            else BoundHierarchy(model.goes_by, base, f"{where}.protect[{i}]", content=contents[-1])
            for i, model in enumerate(column.protect)
        )
        self.by_record: ByRecord | None = last if isinstance(last, ByRecord) and last.of_records else None
        days = bool(self.steps) and self.steps[0].months_as_days
        self._month_as_text = column.type == "month" and not days

    @property
    def needs_profile(self) -> bool:
        """Whether pass 1 has to look at the column."""
        return self._driven is not None or self.coded

    @property
    def coded(self) -> bool:
        """Whether classes, combinations or facts are formed by its values, or watched for them."""
        return self.generalize is not None or bool(self.column.protect) or self.combined > 0 or self.known

    @property
    def hierarchies(self) -> tuple[BoundHierarchy, ...]:
        """All hierarchies of the column, of its methods and of its privacy models."""
        of_steps = (step.hierarchy for step in self.steps)
        return tuple(h for h in (*of_steps, *self.protections) if h is not None)

    @property
    def can_drop(self) -> bool:
        """Whether a method of the column may drop records."""
        return any(step.spec.drops for step in self.steps)

    @property
    def pictured(self) -> bool:
        """Whether the report shows the column before and after."""
        return bool(self.steps) and all(step.pictured for step in self.steps)

    @property
    def pictured_before(self) -> bool:
        """Whether its source values may be pictured: never texts that criterion 1 is there to remove."""
        identifying = any(step.number == 1 for step in self.steps)
        return self.pictured and not (identifying and self.column.type in {"string", "text"})

    @property
    def picture_people(self) -> int:
        """How many people must share a source value that a picture shows."""
        return max([self.combined, *(step.people for step in self.steps)])

    @property
    def area(self) -> bool:
        """Whether its values are areas that the policy promises nothing about."""
        return self.shared == 0 and any(step.spec.makes_areas for step in self.steps)

    @property
    def shared(self) -> int:
        """How many people must bear a label of the released column; 0: it promises nothing."""
        return self.column.sharing(self.steps[0].context.k) if self.steps and self.column.released else 0

    @property
    def shared_anyhow(self) -> bool:
        """Whether some people must bear a label that the policy fixes, so that nobody has counted it."""
        return self.shared > 0 and any(s.people for s in self.steps if not s.spec.data_driven)

    @property
    def refits(self) -> bool:
        """Whether its data-driven method can be decided once more, from the records that are released.

        It can where no class, no combination and no dropped record depends on it; there all that its methods
        promise holds by that.
        """
        depends = self.coded or self.can_drop or self.by_record is not None
        if self._driven is None or depends or not self.column.released:
            return False
        return 0 < max(s.people for s in self.steps) <= self.steps[self._driven].people

    @property
    def undecided(self) -> bool:
        """Whether nothing is decided about it, so that every pass makes the same of a value."""
        return self._driven is None

    @property
    def _before_decision(self) -> int:
        """How many methods run before anything is decided."""
        return len(self.steps) if self._driven is None else self._driven

    def prepare(self) -> None:
        """Build what the first values would wait for."""
        for step in self.steps:
            step.prepare()

    def reach(self, values: pa.Array, key: RunKey) -> Treated:
        """Treat one batch up to its data-driven method; where it has none, to the end, as text."""
        treated = self._run(values, 0, (None,) * self._before_decision, key)
        return treated if self._driven is not None else replace(treated, values=as_text(treated.values))

    def finish(self, decisions: tuple[Any, ...], reached: pa.Array, key: RunKey) -> Treated:
        """Treat values that `reach` has made by the methods that are left."""
        return self._run(reached, self._before_decision, decisions, key)

    def profile(self, reached: Treated, persons: Persons) -> Measured:
        """Measure one batch, as `reach` has made it."""
        decide = None
        if self._driven is not None:
            values, records = reached.rows() if persons is not None else reached.values, None
            if persons is None and reached.indices is not None:
                records = np.bincount(reached.indices, minlength=len(values))
            decide = self.steps[self._driven].profile(values, persons, records)
        return Measured(decide, find_domain(reached.values, self.where) if self.coded else None)

    def merge(self, parts: Sequence[Measured]) -> Measured:
        """Merge measurements of any batches, in any order."""
        decide = None if self._driven is None else self.steps[self._driven].merge([p.decide for p in parts])
        domains = [p.domain for p in parts if p.domain is not None]
        return Measured(decide, merge_domains(domains, self.where) if domains else None)

    def widen(self, measured: Measured, others: Measured) -> Measured:
        """Return the measurements of a file, with the values of its population added to the domain."""
        domains = [m.domain for m in (measured, others) if m.domain is not None]
        return Measured(measured.decide, merge_domains(domains, self.where))

    def fit(self, measured: Measured | None, key: RunKey) -> Fitted:
        """Decide from the whole file; without any record (None) there is nothing to decide."""
        decisions: list[Any] = [None] * len(self.steps)
        domain: tuple[str | None, ...] | None = None
        if measured is not None and self._driven is not None:
            decisions[self._driven] = self.steps[self._driven].fit(measured.decide)
        if measured is not None and measured.domain is not None:
            values = measured.domain.to_arrow()
            values = values.cast(pa.string()) if pa.types.is_large_string(values.type) else values
            treated = self.finish(tuple(decisions), values, key)
            texts = pc.unique(as_text(treated.rows())).to_pylist()
            domain = tuple(sorted(texts, key=lambda v: (v is None, v)))
        return Fitted(tuple(decisions), domain)

    def apply(self, fitted: Fitted, values: pa.Array, key: RunKey) -> Treated:
        """Treat one batch."""
        return self._run(values, 0, fitted.decisions, key)

    def ladder(self, fitted: Fitted) -> Ladder:
        """Return the ladder of a column that is generalized or coarsened, over its domain.

        Raises:
            InputError: values are not in its hierarchy.
        """
        if self.generalize is None:
            raise TypeError(f"{self.name} is not generalized")
        between = self._between(len(self.steps) - 1, fitted.decisions)
        return self.generalize.hierarchy.ladder(fitted.domain or (), between)

    def spare(self, fitted: Fitted) -> int:
        """Return how many people may be left out of the release, and still every promise holds."""
        made = zip(self.steps, fitted.decisions, strict=True)
        return min((step.spare(decision) for step, decision in made if step.people), default=0)

    def promise(self, fitted: Fitted, key: RunKey) -> Promise:
        """Return what its methods promise of the values that they leave, before any generalization."""
        every, labels = 0, dict[str, int]()
        for i, (step, decision) in enumerate(zip(self.steps, fitted.decisions, strict=True)):
            made = step.labels(decision) if step.people and self.shared else ()
            if made is None:
                every = max(every, step.people)
                continue
            left = self._run(pa.array(made, pa.string()), i + 1, fitted.decisions, key)
            for label in as_text(left.rows()).drop_null().to_pylist():
                labels[label] = max(labels.get(label, 0), step.people)
        return Promise(every, labels)

    def explain(self, fitted: Fitted) -> tuple[str, ...]:
        """Return one Japanese sentence a method: what it does, as decided."""
        return tuple(s.explain(d) for s, d in zip(self.steps, fitted.decisions, strict=True))

    def _between(self, step: int, decisions: tuple[Any, ...]) -> Between:
        """Return where the numbers lie that reach a step; one method at most codes them, as text follows."""
        left = (s.leaves(d) for s, d in zip(self.steps[:step], decisions[:step], strict=True))
        return next((between for between in left if between != ANYWHERE), ANYWHERE)

    def _run(self, values: pa.Array, start: int, decisions: tuple[Any, ...], key: RunKey) -> Treated:
        indices, values = encode(values)
        if self._month_as_text and pa.types.is_date(values.type):
            values = pc.strftime(values, "%Y-%m")
        changed, blanked, met, drop = [], [], [], None
        unread: Counter[str] = Counter()
        for i in range(start, len(decisions)):
            step = self.steps[i]
            decision = self._between(i, decisions) if isinstance(step, Recode) else decisions[i]
            applied = step.apply(decision, values, key)
            gone = present(values) & ~present(applied.values)
            blanked.append(rows_of(gone, indices))
            if step.spec.reads and gone.any():
                unread.update(unread_patterns(values, gone, indices))
            touched = applied.changed if applied.drop is None else applied.drop
            changed.append(rows_of(touched, indices))
            met.append(applied.met)
            if applied.drop is not None and applied.drop.any():
                dropped = applied.drop if indices is None else applied.drop[indices]
                drop = dropped if drop is None else drop | dropped
            indices, values = narrow(indices, applied.values)
        return Treated(
            indices=indices,
            values=values,
            changed=tuple(changed),
            blanked=tuple(blanked),
            drop=drop,
            met=tuple(met),
            unread=unread,
        )
