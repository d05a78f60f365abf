"""一号: descriptions that can identify a person (特定の個人を識別できる記述等), deleted or replaced.

施行規則 34条1号 / 62条1号: delete all or part, which includes replacing by something more abstract through a
method without any regularity that permits restoration. 別表2: 項目削除, 一般化, 丸め.
"""

from __future__ import annotations

import pyarrow as pa

from tokumei.schemas import bands as band_specs
from tokumei.schemas import treatments as t
from tokumei.transforms.criteria.base import Fixed
from tokumei.transforms.values import addresses, bands, dates, phones, postal
from tokumei.transforms.values.cells import as_text, present, where
from tokumei.transforms.values.place_spellings import kanji_automaton

TIME_UNITS = {"minute": "分", "30min": "30分", "hour": "1時間", "day": "日", "month": "月"}


class Replace(Fixed, treats=t.Replace):
    """Every value becomes one fixed text."""

    spec: t.Replace

    def treat(self, values: pa.Array) -> pa.Array:
        """Return the fixed text for every value; nulls stay null."""
        return where(present(values), self.spec.by, as_text(values))

    def explain(self, decision: None) -> str:
        """Return the text that stands for every value."""
        return f"全ての値を「{self.spec.by}」に置き換えた。"


class YearMonth(Fixed, treats=t.YearMonth):
    """生年月日 → 生年月."""

    months_as_days = True

    def treat(self, values: pa.Array) -> pa.Array:
        """Return ``YYYY-MM``."""
        return dates.year_month(values.cast(pa.date32()))

    def explain(self, decision: None) -> str:
        """Return that year and month are left."""
        return "日を削除し、年月に置き換えた。"


class Year(Fixed, treats=t.Year):
    """生年月日 → 生年."""

    months_as_days = True

    def treat(self, values: pa.Array) -> pa.Array:
        """Return ``YYYY``."""
        return dates.year(values.cast(pa.date32()))

    def explain(self, decision: None) -> str:
        """Return that the year is left."""
        return "月日を削除し、年に置き換えた。"


class Age(Fixed, treats=t.Age):
    """生年月日 → 年齢, on the reference date."""

    def treat(self, values: pa.Array) -> pa.Array:
        """Return full years as int64."""
        if self.context.reference_date is None:
            raise ValueError("reference_date is checked by the policy")
        days = values.cast(pa.date32())  # of a time, its day
        return dates.age_on(days, self.context.reference_date).cast(pa.int64())

    def explain(self, decision: None) -> str:
        """Return that ages are left, and on which day they are counted."""
        day = self.context.reference_date
        return f"{day.year}年{day.month}月{day.day}日現在の満年齢に置き換えた。" if day else ""


class AgeBand(Age, treats=band_specs.AgeBand):
    """生年月日 or 年齢 → 年代."""

    spec: band_specs.AgeBand

    def treat(self, values: pa.Array) -> pa.Array:
        """Return the label of the band."""
        edges, labels = self._bands()
        years = super().treat(values) if pa.types.is_temporal(values.type) else values
        return bands.bands(years, edges, labels)

    def labels(self, decision: None) -> tuple[str, ...]:
        """Return those of all bands."""
        return self._bands()[1]

    def explain(self, decision: None) -> str:
        """Return the number of bands, the first and the last."""
        labels = self._bands()[1]
        return f"年齢を{len(labels)}区分（{labels[0]}～{labels[-1]}）に置き換えた。"

    def _bands(self) -> tuple[tuple[float, ...], tuple[str, ...]]:
        if self.spec.preset is None:
            return self.spec.edges, self.spec.labels
        edges, labels = bands.AGE_BANDS[self.spec.preset]
        return tuple(edges), tuple(labels)


class TruncateTime(Fixed, treats=t.TruncateTime):
    """日時 → 分, 30分, 時, 日, 月 (floor)."""

    spec: t.TruncateTime

    def treat(self, values: pa.Array) -> pa.Array:
        """Return the floored time as text."""
        return dates.truncate_times(values, self.spec.unit)

    def explain(self, decision: None) -> str:
        """Return the unit of time that is left."""
        return f"時刻を{TIME_UNITS[self.spec.unit]}単位に切り捨てた。"


class _Area(Fixed):
    """A place to an area in which many people are, or, where the policy counts none, may be."""

    def labels(self, decision: None) -> None:
        """Return None: every area."""


class PostalPrefix(_Area, treats=t.PostalPrefix):
    """郵便番号 → its first digits."""

    spec: t.PostalPrefix

    def treat(self, values: pa.Array) -> pa.Array:
        """Return the prefix; a malformed code is blanked."""
        return postal.postal_prefix(values, self.spec.digits)

    def explain(self, decision: None) -> str:
        """Return how many digits are left, and that malformed codes are blank."""
        return (
            f"郵便番号を先頭{self.spec.digits}桁にした。6桁の数は先頭の0が落ちたものとして補った。"
            "形式の合わない値は空欄にした。"
        )


class Address(_Area, treats=t.Address):
    """住所 → ○○県△△市 or ○○県."""

    spec: t.Address

    def prepare(self) -> None:
        """Build the automaton of places."""
        kanji_automaton()

    def treat(self, values: pa.Array) -> pa.Array:
        """Return municipality or prefecture; an address not understood is blanked."""
        return addresses.generalize_addresses(values, self.spec.level)

    def explain(self, decision: None) -> str:
        """Return the level that is left, and that addresses not understood are blank."""
        level = "市区町村" if self.spec.level == "city" else "都道府県"
        return f"住所を{level}までにした。判別できない住所は空欄にした。"


class PhoneArea(_Area, treats=t.PhoneArea):
    """電話番号 → 市外局番."""

    def treat(self, values: pa.Array) -> pa.Array:
        """Return the area code; a number not understood is blanked."""
        return phones.phone_area(values)

    def explain(self, decision: None) -> str:
        """Return that area codes are left, and that numbers not understood are blank."""
        return (
            "電話番号を市外局番（携帯電話などは最初の3桁）だけにした。数字だけの9桁と10桁は先頭の0を補った。"
            "判別できない番号は空欄にした。"
        )
