"""五号: ノイズ（誤差）付加 and データ交換（スワップ）of 別表2: values plausible, but not the person's own.

Both treat the released records of one chunk, without knowing any other: records never cross a shuffle. All
randomness comes from the key of the run, so a retried chunk comes out the same and another run does not.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tokumei.schemas import perturbations as t
from tokumei.transforms.counting.keyed import counters, uniforms
from tokumei.transforms.criteria.base import Applied, ChunkRows, PerRecord
from tokumei.transforms.formats.batches import MAX_ROWS
from tokumei.transforms.values.cells import like, measures, present, rounded
from tokumei.transforms.values.steady import cosine_of_turns, log
from tokumei.transforms.values.text import number_text

_FIRST_DAY, _LAST_DAY = -719_162, 2_932_896  # 0001-01-01 and 9999-12-31, the days that calendars know
Numbers = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]


class Noise(PerRecord, treats=t.Noise):
    """Add a random number to every value: one a record, or one a person."""

    spec: t.Noise

    @property
    def per_person(self) -> bool:
        """Whether all values of a person get the same noise."""
        return self.context.several_rows and self.spec.per != "record"

    def treat_records(self, values: pa.Array, rows: ChunkRows) -> Applied:
        """Return noisy values of the same type; nulls stay."""
        numbers = measures(values)
        if self.per_person:
            if rows.persons is None:
                raise TypeError("noise per person needs the persons of the records")
            draws = uniforms(rows.persons, rows.column_seed(self.method))
        else:
            draws = uniforms(counters(len(numbers)), rows.chunk_seed(self.method))
        noise = self.spec.scale * (laplace(draws) if self.spec.distribution == "laplace" else normal(draws))
        low, high = (_measure(bound) for bound in (self.spec.min, self.spec.max))
        if pa.types.is_date(values.type):
            low, high = _FIRST_DAY if low is None else low, _LAST_DAY if high is None else high
        noisy = add(numbers, noise, self.spec.scale)
        if low is not None or high is not None:
            noisy = np.clip(noisy, _bound(low, noisy), _bound(high, noisy))
        return Applied(like(noisy, values), present(values) & (noisy != numbers))

    def explain(self, decision: None) -> str:
        """Return the distribution, its width and bounds, and what is drawn for: this restores no value."""
        spec = self.spec
        name, width = ("ラプラス", "平均絶対偏差") if spec.distribution == "laplace" else ("正規", "標準偏差")
        whose = "本人ごとに1つ引き、その人の全ての値" if self.per_person else "値の一つ一つ"
        bounds = [
            f"{bound.year}年{bound.month}月{bound.day}日{day_word}"
            if isinstance(bound, dt.date)
            else f"{number_text(bound)}{word}"
            for bound, word, day_word in ((spec.min, "以上", "以後"), (spec.max, "以下", "以前"))
            if bound is not None
        ]
        inside = f"結果は{'、'.join(bounds)}に収めた。" if bounds else ""
        said = f"平均0、{width}{number_text(spec.scale)}の{name}分布に従う乱数を"
        return f"{said}、{whose}に加えた（ノイズ付加）。{inside}"


class RankSwap(PerRecord, treats=t.RankSwap):
    """Exchange values in pairs of records of different people and close rank, within a chunk."""

    spec: t.RankSwap

    def treat_records(self, values: pa.Array, rows: ChunkRows) -> Applied:
        """Return the exchanged values; all stay, and nulls and values without a partner do not move."""
        numbers = measures(values)
        held = np.flatnonzero(present(values))
        persons = None if rows.persons is None else rows.persons[held, 0]
        source = np.arange(len(values))
        source[held] = held[
            partners(numbers[held], persons, float(self.spec.within), rows.chunk_seed(self.method))
        ]
        return Applied(values.take(pa.array(source)), numbers != numbers[source])

    def explain(self, decision: None) -> str:
        """Return how far ranks may lie apart, and what becomes untrue: this restores no value."""
        share = number_text(round(100 * self.spec.within, 6))
        return (
            f"値の順位の差が記録数の{share}％以内である他の人の記録と、値を入れ替えた（データ交換）。"
            f"順位は一度に処理した記録（最大{MAX_ROWS:,}件）の中で数え、相手のない値はそのまま残した。"
            "値の分布は変わらないが、他の項目との対応は元と異なる。"
        )


def laplace(draws: Floats) -> Floats:
    """Return Laplace numbers of mean absolute value 1 from two uniform ones each."""
    return np.where(draws[:, 1] < 0.5, -1.0, 1.0) * -log(draws[:, 0])


def normal(draws: Floats) -> Floats:
    """Return standard normal numbers from two uniform ones each (Box and Muller 1958)."""
    return np.sqrt(-2.0 * log(draws[:, 0])) * cosine_of_turns(draws[:, 1])


def add(numbers: Numbers, noise: Floats, scale: float) -> Numbers:
    """Add noise; whole numbers stay whole, others get decimals by the scale.

    Finer decimals than a hundredth of the scale would tell nothing true, and the last bits of a float sum
    tell the original (I. Mironov, On significance of the least significant bits, CCS 2012).
    """
    if numbers.dtype != np.int64:
        return rounded(numbers + noise, 2 - Decimal(str(scale)).adjusted())
    steps = np.rint(noise).astype(np.int64)
    limits = np.iinfo(np.int64)
    room = np.where(steps > 0, limits.max - np.maximum(numbers, 0), limits.min - np.minimum(numbers, 0))
    return numbers + np.where(steps > 0, np.minimum(steps, room), np.maximum(steps, room))


def _measure(bound: float | dt.date | None) -> float | int | None:
    """Return a bound as `measures` has values: days since 1970 for a day."""
    return (bound - dt.date(1970, 1, 1)).days if isinstance(bound, dt.date) else bound


def _bound(bound: float | None, numbers: Numbers) -> Any:
    return None if bound is None else numbers.dtype.type(bound)


def partners(
    numbers: Numbers, persons: npt.NDArray[np.uint64] | None, within: float, seed: bytes
) -> npt.NDArray[np.int64]:
    """Pair records of different people whose ranks are close; the pairs exchange their values.

    The ranks are cut into blocks at random places, and each block is paired within itself at random. Ordered
    by person, the records half a block apart belong to different people unless one person holds more than
    half of the block; so as many records of a block have a partner as can have one.

    Args:
        numbers: the values; ranks of equal ones are drawn.
        persons: a hash of each record's person; None where rows are people.
        within: largest difference of the ranks as a share of the records; the next rank is always within.
        seed: 32 bytes that determine the pairs.

    Returns:
        The partner of each record: its own place where there is none.
    """
    size = len(numbers)
    partner = np.arange(size)
    if size < 2:
        return partner
    draws = uniforms(counters(size + 1), seed)
    reach = max(1, int(within * size))
    length, first = size, 0  # one block, where all ranks are close
    if reach < size - 1:
        length = (reach + 1) // 2 * 2  # even, so that nobody is left over but at the end
        first = 2 * int(draws[size, 0] * (length // 2))
    ranked = np.lexsort((draws[:size, 0], numbers))
    block = (np.arange(size) - first + length) // length
    # Who stands where in a block is drawn once for each of its people, so that their records stand together.
    who = draws[:size, 1][ranked]
    if persons is not None:
        who = uniforms(np.stack([persons[ranked], block.astype(np.uint64)], axis=1), seed)[:, 1]
    dealt = ranked[np.lexsort((draws[:size, 1][ranked], who, block))]
    begins = np.flatnonzero(np.diff(block, prepend=-1))
    sizes = np.diff([*begins, size])
    half = np.repeat((sizes + 1) // 2, sizes)
    place = np.arange(size) - np.repeat(begins, sizes)
    one = np.flatnonzero(place + half < np.repeat(sizes, sizes))
    left, right = dealt[one], dealt[one + half[one]]
    if persons is not None:
        apart = persons[left] != persons[right]
        left, right = left[apart], right[apart]
    partner[left], partner[right] = right, left
    return partner
