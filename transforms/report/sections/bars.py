"""The bars of a before/after picture: which are drawn, and on which scale."""

from __future__ import annotations

from typing import NamedTuple

from tokumei.schemas.report import Picture

_MOST_ROWS = 18  # more bars than a reader compares one by one
_SAME_SCALE = 4.0  # beyond this ratio bars on a common scale become too short to read


class Row(NamedTuple):
    """One labelled bar; ``width`` in percent of the longest."""

    label: str
    records: int
    share: float
    width: float


class Tick(NamedTuple):
    """A label beside a strip, ``top`` percent down."""

    label: str
    top: float


class Side(NamedTuple):
    """One side of a before/after picture: labelled rows, or a strip of thin bars for long ordered ones."""

    records: int
    longest: float
    rows: tuple[Row, ...]
    strip: str
    bars: int
    height: int
    ticks: tuple[Tick, ...]
    last: str
    note: str | None


def side_by_side(before: Picture | None, after: Picture | None) -> tuple[Side, Side, bool]:
    """Return both sides on one scale, or each on its own and True where one would be too short to read."""
    pictures = before or Picture(), after or Picture()
    longest = [max((row.share for row in _rows(picture)), default=0.0) for picture in pictures]
    shared = not all(longest) or max(longest) / min(longest) <= _SAME_SCALE
    scales = [max(longest)] * 2 if shared else longest
    return _side(pictures[0], scales[0]), _side(pictures[1], scales[1]), not shared


def _rows(picture: Picture) -> tuple[Row, ...]:
    """Return the bars to draw: long unordered pictures keep their largest bars and one for the others."""
    total = sum(bar.records for bar in picture.bars) or 1
    bars = [(bar.label, bar.records) for bar in picture.bars]
    if not picture.ordered and len(bars) > _MOST_ROWS:
        rest = bars[_MOST_ROWS - 1 :]
        bars = [*bars[: _MOST_ROWS - 1], (f"上記以外の{len(rest)}区分", sum(n for _, n in rest))]
    return tuple(Row(label, n, n / total, 0.0) for label, n in bars)


def _side(picture: Picture, scale: float) -> Side:
    rows = tuple(row._replace(width=round(100 * row.share / scale, 1)) for row in _rows(picture) if scale)
    strip = ""
    ticks: tuple[Tick, ...] = ()
    if len(rows) > _MOST_ROWS:
        strip = "".join(f"M0 {i}h{10 * row.width:.0f}v.82H0z" for i, row in enumerate(rows))
        step = -(-len(rows) // 10)
        ticks = tuple(
            Tick(row.label, round(100 * (i + 0.41) / len(rows), 2))
            for i, row in enumerate(rows)
            if i % step == 0
        )
    return Side(
        records=sum(bar.records for bar in picture.bars),
        longest=max((row.share for row in rows), default=0.0),
        rows=() if strip else rows,
        strip=strip,
        bars=len(rows),
        height=min(max(4 * len(rows), 200), 360),
        ticks=ticks,
        last=rows[-1].label if rows else "",
        note=picture.note,
    )
