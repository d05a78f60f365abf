"""履歴: whom facts about a person single out, before and after, and a curve over how many are known."""

from __future__ import annotations

from typing import NamedTuple

from tokumei.schemas.report import Report
from tokumei.schemas.report_histories import HistoryReport, Knowledge, SampledFacts, SingledOut
from tokumei.transforms.pages.environment import number, percent
from tokumei.transforms.report.knowledge import same_line

_WIDTH, _HEIGHT = 260, 120  # of the plot, in its own units
_UNCOUNTED = "数えていない"
NOTHING = "知られ得る事実を定めていない。"


class Point(NamedTuple):
    """A number of facts known: where it stands on both curves, and the shares in words."""

    known: int
    x: float
    before: str
    before_y: float
    after: str
    after_y: float


class Curve(NamedTuple):
    """The share of people whom so many random facts single out; lines as SVG draws them."""

    points: tuple[Point, ...]
    before: str
    after: str
    width: int
    height: int


class KnownRow(NamedTuple):
    """What may be known; people singled out before and after, and of them those who stand alone."""

    title: str
    promised: bool
    before: str
    before_alone: str
    after: str
    after_alone: str


class Protected(NamedTuple):
    """One declaration: rows by what may be known, a curve or None, who knows that facts belong together."""

    history: HistoryReport
    rows: tuple[KnownRow, ...]
    curve: Curve | None
    together: str


def view(report: Report) -> tuple[Protected, ...]:
    """Return what the template prints."""
    return tuple(
        Protected(
            history,
            _rows(history),
            curve_of(history.sampled),
            same_line(history.known) if history.known > 1 else "",
        )
        for history in report.histories
    )


def _rows(history: HistoryReport) -> tuple[KnownRow, ...]:
    promised = [(fact, True) for fact in history.facts]
    if len(history.facts) > 1:
        promised.append((history.sets[0], True))
    promised += [(sets, history.known >= size) for size, sets in enumerate(history.sets[1:], 2)]
    return tuple(_row(known, kept) for known, kept in (*promised, (history.whole, False)))


def _row(known: Knowledge, promised: bool) -> KnownRow:
    return KnownRow(
        known.title,
        promised,
        *_told(known.before, known.people_before),
        *_told(known.after, known.people_after),
    )


def _told(found: SingledOut | None, people: int) -> tuple[str, str]:
    if found is None:
        return _UNCOUNTED, ""
    few = f"{number(found.few)}人"
    if people:
        few += f"（{percent(found.few / people)}）"
    return few, f"うち1人だけ {number(found.alone)}人" if found.alone else ""


def curve_of(sampled: SampledFacts) -> Curve | None:
    """Return the curve before and after, from one fact to as many as were drawn."""
    if not sampled.people_before:
        return None
    step = _WIDTH / len(sampled.before)

    def share(people: int, of: int) -> float:
        return people / of if of else 0.0

    points = []
    for i, (old, new) in enumerate(zip(sampled.before, sampled.after, strict=True)):
        before, after = share(old, sampled.people_before), share(new, sampled.people_after)
        points.append(
            Point(
                i + 1,
                round((i + 0.5) * step, 1),
                percent(before),
                round(_HEIGHT * (1 - before), 1),
                percent(after),
                round(_HEIGHT * (1 - after), 1),
            )
        )
    return Curve(
        tuple(points),
        " ".join(f"{p.x:g},{p.before_y:g}" for p in points),
        " ".join(f"{p.x:g},{p.after_y:g}" for p in points),
        _WIDTH,
        _HEIGHT,
    )
