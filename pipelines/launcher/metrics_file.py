"""A file for Prometheus' textfile collector: what the last run came to, and when one last succeeded.

The format is Prometheus' text format 0.0.4, as the textfile collector of node_exporter reads it.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from tokumei.pipelines.launcher.account import Account, peak_mib
from tokumei.schemas.errors import InputError

_LAST_SUCCESS = "tokumei_last_success_timestamp_seconds"
_HELP = {
    "tokumei_exit_status": "Exit status of the last run.",
    "tokumei_end_timestamp_seconds": "When the last run ended.",
    _LAST_SUCCESS: "When a run last ended with 0.",
    "tokumei_duration_seconds": "How long the last run took.",
    "tokumei_cpu_seconds": "Processor time of the last run, on this machine.",
    "tokumei_peak_memory_bytes": "Most memory of the last run's own process.",
    "tokumei_people": "People of the release.",
    "tokumei_records": "Records of a table, by what became of them.",
    "tokumei_stage_duration_seconds": "How long a stage of the last run took.",
    "tokumei_counter": "The engine's counters of the last run.",
}


def check_metrics_file(path: str) -> None:
    """Look whether the file can be written, before the work.

    Raises:
        InputError: its folder is not there or cannot be written.
    """
    folder = Path(path).absolute().parent
    if not (folder.is_dir() and os.access(folder, os.W_OK)):
        raise InputError(
            "metrics.folder",
            where=f"--metrics-file={path}",
            what="its folder is not there, or cannot be written",
            fix="name a file in the folder that the textfile collector reads, where this account may write",
        )


def write_metrics(account: Account, path: str) -> str:
    """Replace the file at once; return why it could not be, or an empty text."""
    file = Path(path)
    beside = file.with_name(f".{file.name}.{os.getpid()}")  # whose name does not end as the collector asks
    try:
        before = file.read_text("utf-8") if file.exists() else ""
        beside.write_text("".join(_lines(account, before)), "utf-8")
        beside.replace(file)
    except (OSError, ValueError) as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        reason = error.strerror if isinstance(error, OSError) else "what is there is no text"
        return f"the file could not be written ({reason})"
    return ""


def _lines(account: Account, before: str) -> Iterator[str]:
    """Yield the lines, each metric's together."""
    now = time.time()
    last = now if account.status == 0 else _last_success(before)
    yield from _metric("tokumei_exit_status", account, {(): account.status})
    yield from _metric("tokumei_end_timestamp_seconds", account, {(): round(now, 3)})
    if last is not None:
        yield from _metric(_LAST_SUCCESS, account, {(): round(last, 3)})
    yield from _metric("tokumei_duration_seconds", account, {(): round(account.seconds, 3)})
    yield from _metric("tokumei_cpu_seconds", account, {(): round(account.cpu, 3)})
    yield from _metric("tokumei_peak_memory_bytes", account, {(): peak_mib() << 20})
    if account.outcome is not None:
        yield from _metric("tokumei_people", account, {(): account.outcome.manifest["people"]})
    counted: dict[tuple[tuple[str, str], ...], float] = {
        (("table", table["table"]), ("what", what)): table[what]
        for table in account.tables
        for what in table
        if what != "table"
    }
    yield from _metric("tokumei_records", account, counted)
    stages = () if account.ran is None else account.ran.stages
    yield from _metric(
        "tokumei_stage_duration_seconds",
        account,
        {(("stage", s.stage),): round(s.seconds, 3) for s in stages if s.seconds},
    )
    counters = {} if account.ran is None else account.ran.counters
    yield from _metric("tokumei_counter", account, {(("name", name),): n for name, n in counters.items()})


def _metric(
    name: str, account: Account, samples: Mapping[tuple[tuple[str, str], ...], float]
) -> Iterator[str]:
    if not samples:
        return
    yield f"# HELP {name} {_HELP[name]}\n# TYPE {name} gauge\n"
    for labels, value in samples.items():
        every = (("job", account.job), ("policy", account.name), *labels)
        told = ",".join(f'{label}="{_escaped(text)}"' for label, text in every)
        yield f"{name}{{{told}}} {value!r}\n"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _last_success(before: str) -> float | None:
    """Return when a run last succeeded by what the file said before."""
    found = re.search(rf"^{_LAST_SUCCESS}{{[^\n]*}} ([0-9.e+]+)$", before, re.MULTILINE)
    return float(found[1]) if found else None
