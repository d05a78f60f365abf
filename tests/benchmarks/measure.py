"""Whole processes, measured by the operating system and run in turn: what every benchmark here prints."""

import os
import platform
import statistics
import subprocess
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Figures:
    """Of one run: wall and processor seconds, peak resident MiB of the process."""

    wall: float
    cpu: float
    peak: float


def once(command):
    """Run a command to its end and return its figures; a command that fails ends the benchmark."""
    start = time.perf_counter()
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} failed with status {process.returncode}")
    wall = time.perf_counter() - start
    return Figures(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def in_turn(contestants, runs, clean=lambda: None):
    """Run contestants A B C, A B C, …; return the figures of each, by name.

    Args:
        contestants: command by name.
        runs: rounds.
        clean: called before each run, so that every one writes into an empty place.
    """
    figures = {name: [] for name in contestants}
    for _ in range(runs):
        for name, command in contestants.items():
            clean()
            figures[name].append(once(command))
    clean()
    return figures


def median(figures, what):
    """Return the median of one figure."""
    return statistics.median(getattr(f, what) for f in figures)


def ratios(mine, theirs, what):
    """Return the ratio of one figure, round by round: median (least to greatest)."""
    found = [getattr(a, what) / getattr(b, what) for a, b in zip(mine, theirs, strict=True)]
    return f"{statistics.median(found):.2f} ({min(found):.2f} to {max(found):.2f})"


def table(title, rows, figures, first):
    """Print one Markdown table: medians, and the ratios of the first contestant to each other."""
    rounds = len(figures[first])
    print(f"\n### {title}, {rows:,} rows, {rounds} rounds\n")
    print(f"| | wall s | rows/s | CPU s | peak MiB | wall, {first} ÷ it | CPU, {first} ÷ it |")
    print("|---|---|---|---|---|---|---|")
    for name, found in figures.items():
        wall = median(found, "wall")
        told = ["" if name == first else ratios(figures[first], found, what) for what in ("wall", "cpu")]
        print(
            f"| {name} | {wall:.1f} | {rows / wall:,.0f} | {median(found, 'cpu'):.1f} |"
            f" {max(f.peak for f in found):,.0f} | {' | '.join(told)} |",
            flush=True,
        )


def machine():
    """Say where and when this was measured."""
    load = os.getloadavg()[0]
    return (
        f"{time.strftime('%Y-%m-%d %H:%M')}, {os.cpu_count()} cores, load average {load:.1f} before,"
        f" Python {platform.python_version()}"
    )
