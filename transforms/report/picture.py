"""The picture of a column: its labels as bars, plain numbers in bins that ascend, rare labels merged."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

import numpy as np
import polars as pl

from tokumei.schemas.report import Bar, Picture
from tokumei.schemas.treatment_base import NUMERIC, ColumnType
from tokumei.transforms.counting.people import PEOPLE, RECORDS, PeoplePerKey
from tokumei.transforms.profile import pictures
from tokumei.transforms.profile.pictures import LABEL
from tokumei.transforms.values.text import folded, number_text

_MAX_BARS = 16
_MEASURED = NUMERIC | {"date", "month", "datetime"}
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d{1,3})?\Z")  # a longer exponent is no number to write out
_OURS = re.compile(r"-?\d+(\.\d+)?(～-?\d+)?\Z")
_RANGE = re.compile(  # as 1未満, 1以上5未満, 2〜5個, 80歳以上
    r"-?\d+(\.\d+)?[^\W\da-zA-Z_]{0,2}((以上)?[～〜]?(-?\d+(\.\d+)?)?[^\W\da-zA-Z_]{0,2}(以上|未満|以下)?)\Z"
)
_DIGITS = re.compile(r"(?<![\d.])\d+")  # of the whole part
_LONG = re.compile(r"(?<![\d.])\d{5}")
_OTHERS = "その他（少数の区分の合計）"
_EMPTY, _BEYOND = "（空欄）", "（範囲外）"


def picture_of(
    counted: pictures.Distribution, kind: ColumnType, k: int = 0, listed: frozenset[str] = frozenset()
) -> Picture:
    """Turn counts into bars.

    Args:
        counted: records and people by label; None where there were too many labels.
        kind: the column's type. Of numbers and dates the bars ascend, else they go by size.
        k: labels borne by fewer people are merged unnamed, with the next one where these are too few.
        listed: labels that are merged in any case, as `folded`.
    """
    if counted is None:
        return Picture(note="値の種類が多いため、図に示さない。")
    numeric = kind in _MEASURED
    texts = {
        label: _EMPTY if label is None else _plain(label) if numeric else label
        for label in counted.counts[LABEL]
    }
    numbers = [label for label in texts.values() if _NUMBER.match(label)]
    if numeric and len(numbers) > _MAX_BARS:
        texts.update(_bins(counted, k))
    merged = _merged(counted, texts, k, listed)
    if merged is None:
        return Picture(note="少数の人にしかない値を示さずに描くことができないため、図に示さない。")
    rows = [(str(label), int(records)) for label, records in merged.select(LABEL, RECORDS).iter_rows()]
    hidden = sum(n for label, n in rows if label == _OTHERS)
    rows = [row for row in rows if row[0] != _OTHERS]
    ordered = numeric or all(_NUMBER.match(label) or _RANGE.match(label) for label, _ in rows)
    rows.sort(key=(lambda r: _natural(r[0])) if ordered else (lambda r: (-r[1], r[0])))
    if len(rows) > _MAX_BARS and not ordered:
        hidden += sum(n for _, n in rows[_MAX_BARS:])
        rows = rows[:_MAX_BARS]
    if hidden:
        rows.append((_OTHERS, hidden))
    labels = [label for label, _ in rows]
    if kind in NUMERIC:
        labels = _separated(labels)
    bars_shown = (Bar(label=label, records=n) for label, (_, n) in zip(labels, rows, strict=True))
    return Picture(bars=tuple(bars_shown), ordered=ordered)


def _merged(
    counted: PeoplePerKey, texts: Mapping[str | None, str], k: int, listed: frozenset[str]
) -> pl.DataFrame | None:
    """Return the bars, those of fewer than ``k`` people merged; None where nothing could be told apart.

    All records stand in some bar: what is left out of a picture could be told from its total.
    """
    bars = counted.regroup(LABEL, texts).people().sort(RECORDS, LABEL)  # people may be capped
    never = [text for text in texts.values() if folded(text) in listed]
    small = set(bars.filter((pl.col(PEOPLE) < k) | pl.col(LABEL).is_in([_BEYOND, *never]))[LABEL])
    larger = [label for label in bars[LABEL] if label not in small]
    while small:
        groups = {label: _OTHERS if text in small else text for label, text in texts.items()}
        bars = counted.regroup(LABEL, groups).people()
        if not larger:
            return None
        if bars.filter(pl.col(LABEL) == _OTHERS)[PEOPLE].item() >= k:
            break
        small.add(larger.pop(0))  # a bar for fewer people would point at them
    return bars


def _plain(label: str) -> str:
    """Write a number without exponent: floats of a million and more come as 1e+06."""
    return f"{Decimal(label):f}" if _NUMBER.match(label) else label


def _separated(labels: list[str]) -> list[str]:
    """Put thousands separators into numbers and bins of them, where any has five digits: years have four."""
    if not any(_OURS.match(label) and _LONG.search(label) for label in labels):
        return labels
    return [_DIGITS.sub(lambda m: f"{int(m[0]):,}", t) if _OURS.match(t) else t for t in labels]


def _natural(label: str) -> tuple[int, float, bool, str]:
    number = re.match(r"-?\d+(\.\d+)?", label)
    above = not label.endswith("未満") or "以上" in label
    return (0, float(number.group()), above, label) if number else (1, 0.0, above, label)


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
        first, last = number_text(start), number_text(start + width - 1)
        bins[label] = _BEYOND if not inside else f"{first}～{last}" if width >= 2 else first
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
    size = float(f"1e{Decimal(max(width, 1)).adjusted()}")  # exact on every processor, unlike a logarithm
    return float(next(m * size for m in (1, 2, 5, 10) if m * size >= width))
