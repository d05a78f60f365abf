"""Where the tails of a numeric column begin: exact for people, mergeable, bounded.

`Extremes` keeps the k people with the largest (smallest) values, so "the largest value that at least k
people reach" is exact. `Bins` is a deterministic log-binned histogram (relative error 0.1 %) from which
quartiles and medians for robust fences are read: a sketch chooses the fence, `Extremes` decides what may
be shown. A person counts once, with their most extreme value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from tokumei.transforms.counting.people import PERSON
from tokumei.transforms.values.steady import exp, log

VALUE = "#value"
_ACCURACY = 0.001
_LOG_BASE = 2 * (_ACCURACY + _ACCURACY**3 / 3 + _ACCURACY**5 / 5)  # ln((1 + a)/(1 - a)) = 2 artanh a
_SEVERAL = 4  # so many rows a person are looked at first
_LARGEST = 709.7827  # a little below the logarithm of the largest float


@dataclass(frozen=True)
class Extremes:
    """The ``people`` people with the most extreme values on each side.

    Frames have VALUE (float64 or int64) and, where a person may have several rows, PERSON (uint64).
    """

    people: int
    top: pl.DataFrame
    bottom: pl.DataFrame

    def reached_from_above(self) -> float | int | None:
        """Return the largest value that at least ``people`` people reach, or None if too few people."""
        return self.top[VALUE].min() if self.top.height >= self.people else None  # type: ignore[return-value]

    def reached_from_below(self) -> float | int | None:
        """Return the smallest value that at least ``people`` people are at or below."""
        return self.bottom[VALUE].max() if self.bottom.height >= self.people else None  # type: ignore[return-value]

    def beyond(self, low: float, high: float) -> tuple[bool, bool]:
        """Return whether anyone lies below ``low``, and whether anyone lies above ``high``."""
        return (self.bottom[VALUE] < low).any(), (self.top[VALUE] > high).any()


def find_extremes(values: pl.Series, persons: npt.NDArray[np.uint64] | None, people: int) -> Extremes:
    """Return the extremes of one batch; nulls and NaN belong to no tail."""
    if persons is None:  # to begin with a frame takes longer than to sort them all
        known = values.drop_nulls() if values.null_count() else values
        ordered = known.filter(known.is_not_nan()) if known.dtype.is_float() else known
        ordered = ordered.sort().alias(VALUE)
        return Extremes(people, ordered.tail(people).to_frame(), ordered.head(people).to_frame())
    frame = pl.DataFrame({VALUE: values, PERSON: persons}).drop_nulls()
    if frame[VALUE].dtype.is_float():
        frame = frame.filter(pl.col(VALUE).is_not_nan())
    return Extremes(people, _head(frame, people, descending=True), _head(frame, people, descending=False))


def merge_extremes(parts: Sequence[Extremes]) -> Extremes:
    """Merge extremes; associative and commutative."""
    people = parts[0].people
    return Extremes(
        people,
        _head(pl.concat([p.top for p in parts]), people, descending=True),
        _head(pl.concat([p.bottom for p in parts]), people, descending=False),
    )


def _head(frame: pl.DataFrame, people: int, *, descending: bool) -> pl.DataFrame:
    head = pl.DataFrame.top_k if descending else pl.DataFrame.bottom_k
    if PERSON in frame.columns:
        few = head(frame, _SEVERAL * people, by=VALUE)  # mostly enough; nobody else is further out
        if few[PERSON].n_unique() >= people:
            frame = few
        best = pl.col(VALUE).max() if descending else pl.col(VALUE).min()
        frame = frame.group_by(PERSON).agg(best).select(VALUE, PERSON)
    return head(frame, people, by=VALUE)


SAMPLE = 1 << 16


@dataclass(frozen=True)
class PeopleSample:
    """Up to ``SAMPLE`` people with their smallest and largest value: those with the smallest keyed hashes.

    Whoever is among the smallest hashes of the whole is so in every part, so each sampled person's extremes
    are exact and merging is associative. Up to ``SAMPLE`` people the sample is everybody.
    """

    frame: pl.DataFrame

    def bottoms(self) -> Bins:
        """Return the distribution of the people's smallest values."""
        return find_bins(self.frame["low"].cast(pl.Float64).to_numpy())

    def tops(self) -> Bins:
        """Return the distribution of the people's largest values."""
        return find_bins(self.frame["high"].cast(pl.Float64).to_numpy())


def sample_people(values: pl.Series, persons: npt.NDArray[np.uint64]) -> PeopleSample:
    """Sample the people of one batch."""
    frame = pl.DataFrame({"low": values, "high": values, PERSON: persons}).drop_nulls()
    return _smallest_hashes(frame)


def merge_samples(parts: Sequence[PeopleSample]) -> PeopleSample:
    """Merge samples; associative and commutative."""
    return _smallest_hashes(pl.concat([p.frame for p in parts]))


def _smallest_hashes(frame: pl.DataFrame) -> PeopleSample:
    people = frame.group_by(PERSON).agg(pl.col("low").min(), pl.col("high").max())
    return PeopleSample(people.select("low", "high", PERSON).bottom_k(SAMPLE, by=PERSON))


@dataclass(frozen=True)
class Bins:
    """Records by logarithmic bin: ``index`` 0 is zero, ±(i + offset) the bins of either sign."""

    counts: dict[int, int]

    def quantile(self, share: float) -> float | None:
        """Return the value below which ``share`` of the records lie, to 0.1 % of its size."""
        total = sum(self.counts.values())
        if total == 0:
            return None
        seen = 0
        for index in sorted(self.counts):
            seen += self.counts[index]
            if seen >= share * total:
                return float(_centers(np.array([index]))[0])
        return float(_centers(np.array([max(self.counts)]))[0])

    def median_deviation(self) -> float | None:
        """Return the median absolute deviation from the median."""
        median = self.quantile(0.5)
        if median is None:
            return None
        indices, counts = np.array([*self.counts]), np.array([*self.counts.values()])
        return find_bins(np.abs(_centers(indices) - median), counts).quantile(0.5)


_OFFSET = 1 << 20  # keeps the bins of small magnitudes on their own side of zero


def find_bins(values: npt.NDArray[np.float64], records: npt.NDArray[np.int64] | None = None) -> Bins:
    """Bin one batch, with as many ``records`` of each value (None: one); NaN and infinities are left out."""
    finite = np.isfinite(values)
    indices, place = np.unique(_bin_indices(values[finite]), return_inverse=True)
    counts = np.bincount(place, None if records is None else records[finite], minlength=len(indices))
    return Bins(dict(zip(indices.tolist(), counts.astype(np.int64).tolist(), strict=True)))


def merge_bins(parts: Sequence[Bins]) -> Bins:
    """Merge histograms by adding counts."""
    total: dict[int, int] = {}
    for part in parts:
        for index, n in part.counts.items():
            total[index] = total.get(index, 0) + n
    return Bins(total)


def _bin_indices(values: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    size = np.abs(values)
    index = np.ceil(log(np.where(size == 0, 1, size)) / _LOG_BASE) + _OFFSET
    signed: npt.NDArray[np.float64] = np.sign(values) * index  # the sign of zero is zero, and so is its bin
    return signed.astype(np.int64)


def _centers(indices: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    # The largest bin reaches past the largest float.
    upper = exp(np.minimum((np.abs(indices) - _OFFSET) * _LOG_BASE, _LARGEST))
    return np.where(indices == 0, 0.0, np.copysign(upper * (1 - _ACCURACY), indices))
