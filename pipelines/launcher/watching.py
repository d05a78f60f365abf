"""How far a job is, shown while it runs: bars on a terminal, lines in a log, on every engine."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from tokumei.pipelines.launcher.following import Expected, Seen, stages_seen
from tokumei.pipelines.launcher.voice import QUIET, VERBOSE, Voice, utc
from tokumei.transforms.engine import progress
from tokumei.transforms.engine.progress import StageCount

AFTER, EVERY = 30.0, 10.0  # seconds until the first line of a log, and between two
_VERBOSE_EVERY = 2.0
_REDRAWN = 0.2  # seconds between two looks at what a terminal shows


@dataclass(frozen=True)
class Look:
    """What an engine elsewhere tells of its job while it runs.

    Attributes:
        state: in its own words.
        counters: of ours, by name.
    """

    state: str
    counters: Mapping[str, int] = field(default_factory=dict)


class Watching:
    """Shows records by stage, and nodes of the search, while the block runs.

    Where stderr is no terminal, a line every `EVERY` seconds: a run of minutes in a log shows that it lives.
    A run that ends before `AFTER` seconds has none.

    Args:
        voice: who says it.
        expected: what there is to read.
        elsewhere: asks the engine how far its job is; returns None where all is counted in this process.
    """

    def __init__(
        self, voice: Voice, expected: Expected, elsewhere: Callable[[], Look | None] = lambda: None
    ) -> None:
        self._voice, self._expected, self._elsewhere = voice, expected, elsewhere
        self._after, self._every = AFTER, EVERY
        if voice.level == VERBOSE:
            self._after = self._every = _VERBOSE_EVERY
        self._told: dict[str, StageCount] = {}  # by the engine
        self._state = "starting"
        self._stop = threading.Event()
        self._began = time.monotonic()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Watching:
        progress.reset()
        self._began = time.monotonic()
        shows = self._voice.level > QUIET and self._voice.stream.isatty()
        if self._voice.level > QUIET or self._voice.has_log:
            run = self._show if shows else self._log
            self._thread = threading.Thread(target=run, daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        counted = progress.seen()
        for stage in self.stages():
            told, fields = stage.ended(), stage.fields()
            if stage.stage in counted or stage.seconds:  # else the engine told of it when it was over
                began = {**self._told, **counted}[stage.stage].began
                fields["began"] = utc(time.time() - time.monotonic() + began)
                told = f"{told}, begun {fields['began']}"
            self._voice.say("stage", told, level=VERBOSE, **fields)

    def stages(self) -> list[Seen]:
        """Return the stages that have begun."""
        now = None if self._stop.is_set() else time.monotonic()
        return stages_seen({**self._told, **progress.seen()}, self._expected, now)

    def take(self, counters: Mapping[str, int]) -> None:
        """Take in counters of the engine, by name; what is counted in this process stays as it is."""
        now = time.monotonic()
        for name, records in counters.items():
            stage, table = progress.stage_of(name)
            count = self._told.setdefault(stage, StageCount(began=now, latest=now))
            if count.records.get(table) != records:
                count.records[table], count.latest = records, now

    def _look(self) -> None:
        """Ask the engine, if the job is elsewhere; one that does not answer says nothing new."""
        look = None
        with suppress(Exception):
            look = self._elsewhere()
        if look is None:
            return
        self._state = look.state
        self.take(look.counters)

    def _line(self) -> tuple[str, dict[str, Any]]:
        seconds = time.monotonic() - self._began
        stages = self.stages()
        told, fields = self._state, {"state": self._state}
        if stages:
            told, fields = stages[-1].line(), stages[-1].fields()
            if self._state != "starting":
                told = f"{told} ({self._state})"
        return f"{seconds:,.0f} s: {told}", {**fields, "elapsed": round(seconds, 1)}

    def _log(self) -> None:
        wait = self._after
        while not self._stop.wait(wait):
            wait = self._every
            self._look()
            text, fields = self._line()
            self._voice.say("progress", text, **fields)

    def _show(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, SpinnerColumn, TaskID, TaskProgressColumn, TextColumn
        from rich.progress import Progress as Bars

        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
        console = Console(file=self._voice.stream)  # without colours where NO_COLOR is set
        with Bars(*columns, TextColumn("{task.fields[left]}"), console=console, transient=True) as bars:
            tasks: dict[str, TaskID] = {"": bars.add_task(self._state, total=None, left="")}
            ended, noted, looked = False, time.monotonic(), 0.0
            while not ended:
                ended = self._stop.wait(_REDRAWN)
                if time.monotonic() - looked >= _VERBOSE_EVERY:
                    self._look()
                    looked = time.monotonic()
                bars.update(tasks[""], description=self._state, visible=not self.stages())
                for seen in self.stages():
                    if seen.stage not in tasks:
                        tasks[seen.stage] = bars.add_task(seen.title, total=None, left="")
                    _draw(bars, tasks[seen.stage], seen)
                bars.refresh()
                if time.monotonic() - noted >= self._every:
                    text, fields = self._line()
                    self._voice.note("progress", text, **fields)
                    noted = time.monotonic()


def _draw(bars: Any, task: Any, seen: Seen) -> None:
    if seen.stage == "search":
        bars.update(task, description=seen.line())
        return
    left = "" if seen.left is None or seen.share == 1 else f"{seen.left:,.0f} s left"
    total = None if seen.share is None else 1.0
    told = f"{seen.title}: {seen.records:,} records"
    bars.update(task, description=told, total=total, completed=seen.share or 0.0, left=left)
