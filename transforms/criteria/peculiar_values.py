"""四号: peculiar descriptions (特異な記述等), coded, grouped, blanked or dropped with their record.

施行規則 34条4号 / 62条4号. Fixed bounds and lists say what is rare in society (116歳 → 「90歳以上」); rare
categories are decided from the whole file in the global combine, counting people. So are the tails of
numbers, in `tails`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.schemas import peculiar_values as t
from tokumei.transforms.counting.domain import bounded
from tokumei.transforms.counting.extremes import VALUE
from tokumei.transforms.counting.people import (
    PEOPLE,
    RECORDS,
    PeoplePerKey,
    count_people,
    count_rows,
    merge_people,
)
from tokumei.transforms.criteria.actions import act, done
from tokumei.transforms.criteria.base import Applied, Criterion, Persons, Records, bits_of
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.hierarchies.steps import Between
from tokumei.transforms.values.cells import as_text, floats, present, where
from tokumei.transforms.values.text import folded_column, number_text


class TopCode(Criterion[None, None], treats=t.TopCode):
    """Values at or above a fixed bound become one label."""

    spec: t.TopCode

    def apply(self, decision: None, values: pa.Array, key: RunKey) -> Applied:
        """Code the top; the other values become text."""
        mask = floats(values) >= self.spec.at
        return Applied(where(mask, self.spec.label, values), mask)

    def labels(self, decision: None) -> tuple[str, ...]:
        """Return the label."""
        return (self.spec.label,)

    def leaves(self, decision: None) -> Between:
        """Return the bound."""
        return Between(below=self.spec.at)

    def explain(self, decision: None) -> str:
        """Return the bound and its label."""
        return f"{number_text(self.spec.at)}以上の値を「{self.spec.label}」にまとめた（トップコーディング）。"


class BottomCode(Criterion[None, None], treats=t.BottomCode):
    """Values at or below a fixed bound become one label."""

    spec: t.BottomCode

    def apply(self, decision: None, values: pa.Array, key: RunKey) -> Applied:
        """Code the bottom; the other values become text."""
        mask = floats(values) <= self.spec.at
        return Applied(where(mask, self.spec.label, values), mask)

    def labels(self, decision: None) -> tuple[str, ...]:
        """Return the label."""
        return (self.spec.label,)

    def leaves(self, decision: None) -> Between:
        """Return the bound."""
        return Between(above=self.spec.at)

    def explain(self, decision: None) -> str:
        """Return the bound and its label."""
        return f"{number_text(self.spec.at)}以下の値を「{self.spec.label}」にまとめた（ボトムコーディング）。"


class RareValues(Criterion[None, None], treats=t.RareValues):
    """A maintained list of values that are rare in society, in any spelling of them."""

    spec: t.RareValues

    def apply(self, decision: None, values: pa.Array, key: RunKey) -> Applied:
        """Blank, replace, or mark the record; and say which of the list were there."""
        listed = folded_column(pa.array(self.spec.values, pa.string()))
        # Two that are listed may be spellings of one: both are met.
        distinct = pc.unique(listed)
        places = pc.index_in(folded_column(values), value_set=distinct)
        met = pc.is_in(listed, value_set=distinct.take(pc.unique(places.drop_null())))
        applied = act(values, present(places), self.spec.action, self.spec.by)
        return replace(applied, met=bits_of(met.to_numpy(zero_copy_only=False)))

    @property
    def listed(self) -> int:
        """The length of the list."""
        return len(self.spec.values)

    def explain(self, decision: None) -> str:
        """Return how long the list is, without the list, and what is done."""
        return f"特異な値の一覧（{len(self.spec.values)}件）に当たる{done(self.spec.action, self.spec.by)}"


@dataclass(frozen=True)
class Common:
    """The values that are kept.

    ``spare``: so many people may be left out, and still enough share each category; 0 where it was not
    counted how many share it.
    """

    kept: tuple[str, ...]
    spare: int


class RareCategories(Criterion[PeoplePerKey, Common], treats=t.RareCategories):
    """Categories that fewer than ``people`` people of the whole file share."""

    spec: t.RareCategories

    def profile(self, values: pa.Array, persons: Persons, records: Records) -> PeoplePerKey:
        """Count people per value."""
        if persons is not None:
            labels = pc.dictionary_encode(as_text(values))
            return count_rows({VALUE: labels}, persons=persons, cap=self.people)
        frame = pl.DataFrame({VALUE: as_text(values)})
        if records is None:
            return count_people(frame, persons=None, cap=self.people)
        weighted = frame.with_columns(pl.Series(RECORDS, records))
        return count_people(weighted, persons=None, cap=self.people, weights=RECORDS)

    def merge(self, parts: Sequence[PeoplePerKey]) -> PeoplePerKey:
        """Merge counts.

        Raises:
            InputError: the column has more distinct values than a worker holds: they are no categories.
        """
        merged = merge_people(parts)
        bounded(merged.counts[VALUE], self.where)
        return merged

    def fit(self, measured: PeoplePerKey) -> Common:
        """Return the common values. A group of rare ones that is itself too small takes in one more."""
        people = measured.people().drop_nulls(VALUE)
        common = people.filter(pl.col(PEOPLE) >= self.people).sort(RECORDS, VALUE)  # people may be capped
        rare = people.filter(pl.col(PEOPLE) < self.people)
        kept = common[VALUE].to_list()
        held = common[PEOPLE].to_list()
        if self.spec.action == "group" and rare.height:
            grouped = (
                rare[PEOPLE].sum()
                if measured.pairs is None
                else (measured.pairs.join(rare.select(VALUE), on=VALUE)["#person"].n_unique())
            )
            if grouped < self.people and kept:
                kept, held, grouped = kept[1:], held[1:], grouped + held[0]
            held.append(grouped)
        spare = 0 if measured.pairs is not None else min(held, default=self.people) - self.people
        return Common(tuple(sorted(kept)), max(spare, 0))

    def spare(self, decision: Common) -> int:
        """Return what was counted."""
        return decision.spare

    def apply(self, decision: Common, values: pa.Array, key: RunKey) -> Applied:
        """Group, blank, or mark the record of every value that is not common."""
        text = as_text(values)
        rare = ~pc.is_in(text, pa.array(decision.kept, pa.string())).to_numpy(zero_copy_only=False)
        mask = rare & present(values)
        if self.spec.action == "group" and not decision.kept:
            return act(text, mask, "cell", "")  # nobody shares anything: a group of all would say nothing
        return act(text, mask, self.spec.action, self.spec.label)

    def labels(self, decision: Common) -> None:
        """Return None: every category, and the group of the others."""

    def explain(self, decision: Common) -> str:
        """Return how many people are wanted, what is done, and how many values are common, but not which."""
        nobody = self.spec.action == "group" and not decision.kept
        action = "cell" if nobody else self.spec.action
        # The rule, not whether it was needed: that would tell how few bear the rare ones.
        more = (
            f"まとめても{self.people}人に満たないときは、次にレコードの少ない区分も合わせる。"
            if action == "group"
            else ""
        )
        return (
            f"{self.people}人未満にしか現れない{done(action, self.spec.label)}"
            f"{more}（残した区分は{len(decision.kept)}種類）"
        )
