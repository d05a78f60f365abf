"""Measures that point at too few people, mended: the lines of a window of a person are left out, all of them.

A band of what a person's lines come to cannot be blanked, because everybody can add lines up; and some lines
less would only make another measure. So all lines of the window go, until every set of measures that may be
known, and of classes beside them, is shared by enough people, or by none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from tokumei.schemas.errors import RequirementError
from tokumei.schemas.measures import ENDS
from tokumei.transforms.decisions.decision import Decision
from tokumei.transforms.engine.distinct import distinct
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.histories.applied import dropped
from tokumei.transforms.histories.kept import kept
from tokumei.transforms.histories.lines import PeopleLines
from tokumei.transforms.histories.pose import Reading, pose
from tokumei.transforms.histories.removal import WindowRemoval, WindowsLost
from tokumei.transforms.histories.solve import protected, where_history
from tokumei.transforms.planning.histories import HistoryPlan
from tokumei.transforms.planning.plan import TablePlan

_Keys = dict[str, npt.NDArray[np.uint64]]


def drop_windows(
    history: HistoryPlan,
    plans: Mapping[str, TablePlan],
    decisions: Mapping[str, Decision],
    reading: Reading,
    key: RunKey,
) -> dict[str, WindowRemoval]:
    """Decide which windows of people are left out; see `solve` for the arguments.

    Returns:
        By table with measures, its removal.

    Raises:
        RequirementError: more would be left out than may be lost; or a person would be left out of a table
            that is joined with others; or what is left cannot be mended.
    """
    keys: _Keys = {}
    seed = key.derive(f"windows {history.people}")

    def left() -> Iterable[PeopleLines]:
        return (people.without(keys) for people in reading())

    # Without its first window, another is a person's first: then it is asked again.
    again = True
    while again:
        posed = pose(history, plans, decisions, left, seed, dropping=True)
        with kept(posed.buckets) as buckets:
            more = dropped(posed, protected(posed, buckets))
        keys = {
            name: np.union1d(keys.get(name, np.empty(0, np.uint64)), more.get(name, np.empty(0, np.uint64)))
            for name in {*keys, *more}
        }
        again = bool(more) and any(fact.measure in ENDS for fact in history.history.facts)
    removals = {}
    for name in history.windows:
        of_table = keys.get(name, np.empty(0, np.uint64))
        removals[name] = WindowRemoval(of_table, _lost(name, of_table, reading))
        _check(history, plans[name], removals[name].lost)
    return removals


def _lost(name: str, keys: npt.NDArray[np.uint64], reading: Reading) -> WindowsLost:
    counted = np.zeros(6, np.int64)
    for people in reading():
        if (windows := people.windows.get(name)) is None:
            continue
        gone = np.isin(windows.keys, keys)
        everybody, standing = distinct(windows.units), distinct(windows.units[~gone])
        counted += [
            gone.sum(),
            windows.lines[gone].sum(),
            len(everybody) - len(standing),
            len(gone),
            windows.lines.sum(),
            len(everybody),
        ]
    windows_, lines, people_, of_windows, of_lines, of_people = counted.tolist()
    return WindowsLost(
        windows=windows_,
        lines=lines,
        people=people_,
        of_windows=of_windows,
        of_lines=of_lines,
        of_people=of_people,
    )


def _check(history: HistoryPlan, plan: TablePlan, lost: WindowsLost) -> None:
    allowed = history.history.lost_at_most
    for cause, gone, of, most in (
        ("occurrences", lost.windows, lost.of_windows, allowed.occurrences),
        ("lines", lost.lines, lost.of_lines, allowed.lines),
        ("people", lost.people, lost.of_people, allowed.people),
    ):
        if gone > most * of:
            what = "windows of people" if cause == "occurrences" else cause
            raise RequirementError(
                "requirement.histories",
                where=where_history(history),
                what=f"measures shared by {history.k} people, {history.known} known at once, would cost"
                f" {gone / of:.1%} of the {what} of {plan.name}, more than the {most:.1%} of"
                f" lost_at_most.{cause}",
                fix=f"raise lost_at_most.{cause}, lower known or k, ask for fewer or wider bands (edges) or a"
                " longer window (per), or bound totals first",
            )
    if lost.people and plan.together:
        raise RequirementError(
            "requirement.histories",
            where=where_history(history),
            what=f"{lost.people:,} people would be left without any line of {plan.name}, and stand in the"
            " tables that it is joined with",
            fix="leave people with rare measures out before, by totals with above: drop_person; or ask for"
            " fewer or wider bands (edges)",
        )
