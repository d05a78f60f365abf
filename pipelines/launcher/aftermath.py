"""What is told of a run to others: the log, a metrics file, OpenLineage, a command."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tokumei.pipelines.launcher.account import Account
from tokumei.pipelines.launcher.metrics_file import check_metrics_file, write_metrics
from tokumei.pipelines.launcher.notifying import command_of, notify
from tokumei.pipelines.launcher.voice import Voice, add_voice
from tokumei.schemas.errors import TokumeiError

if TYPE_CHECKING:
    from tokumei.pipelines.launcher.lineage import Lineage

_FILE = "openlineage.yml"  # in which OpenLineage's client finds its settings by itself


def add_aftermath(parser: argparse.ArgumentParser) -> None:
    """Declare the options of what is told while a run goes on and when it has ended."""
    add_voice(parser)
    parser.add_argument(
        "--metrics-file",
        metavar="FILE.prom",
        help="replace a file for Prometheus' textfile collector when the run has ended",
    )
    parser.add_argument(
        "--notify",
        metavar="COMMAND",
        help="run a command when the run has ended, however; TOKUMEI_STATUS, TOKUMEI_RELEASE … tell of it",
    )


@contextmanager
def accounted(args: argparse.Namespace, voice: Voice, date: str = "") -> Iterator[Account]:
    """Account for a run: the block notes what it comes to, and others are told when it has ended.

    What cannot be told is a warning, and changes nothing of how the run ends.

    Args:
        args: of the job, with those of `add_aftermath`, and ``policy``.
        voice: says it.
        date: the value of the parameter date that the run was given; empty of none.

    Raises:
        PolicyError: the command to run is none.
        InputError: the folder of the metrics file is not there.
        BaseException: what the block raises.
    """
    command = None if args.notify is None else command_of(args.notify)
    if args.metrics_file is not None:
        check_metrics_file(args.metrics_file)
    account = Account(job=args.job, policy=args.policy, date=date)
    account.lineage = lineage_of(account, os.environ, voice)
    named = {"job": account.job, "policy": account.policy} | ({"date": date} if date else {})
    voice.note("begin", " ".join(named.values()), **named)
    try:
        yield account
    except BaseException as error:
        account.end(error)
        raise
    else:
        account.end(None)
    finally:
        _end(account, voice)
        if args.metrics_file is not None and (failed := write_metrics(account, args.metrics_file)):
            voice.warn(f"warning: --metrics-file: {failed}")
        if account.lineage is not None:
            account.lineage.end()
        if command is not None and (failed := notify(account, command)):
            voice.warn(f"warning: --notify: {failed}")


def lineage_of(account: Account, environment: Mapping[str, str], voice: Voice) -> Lineage | None:
    """Return who sends the events of a run, where the client is configured to; None elsewhere.

    Configured is what the client takes for it: ``OPENLINEAGE_URL``, ``OPENLINEAGE_CONFIG``, a variable that
    begins with ``OPENLINEAGE__``, or a file openlineage.yml here or in ~/.openlineage.
    """
    if environment.get("OPENLINEAGE_DISABLED", "").strip().lower() == "true":
        return None
    named = any(environment.get(f"OPENLINEAGE_{name}") for name in ("URL", "CONFIG"))
    settings = any(name.startswith("OPENLINEAGE__") for name in environment)
    files = (Path(_FILE), Path(environment.get("HOME") or "/", ".openlineage", _FILE))
    if not (named or settings or any(os.access(file, os.R_OK) for file in files)):
        return None
    from tokumei.pipelines.launcher.lineage import Lineage
    from tokumei.pipelines.launcher.lineage_events import Events

    events = Events(
        account=account,
        namespace=environment.get("OPENLINEAGE_NAMESPACE") or "tokumei",
        parent=environment.get("OPENLINEAGE_PARENT_ID", ""),
    )
    return Lineage(events, voice)


def _end(account: Account, voice: Voice) -> None:
    told = f"exit status {account.status}" + (f" ({account.code})" if account.code else "")
    named = f", release {account.release}" if account.release else ""
    fields = {name: value for name, value in account.as_dict().items() if name != "stages"}
    error = account.error
    if isinstance(error, TokumeiError):
        said = " ".join(f"[{error.code}] {error.where}: {error.what}; fix: {error.fix}".split())  # one line
        voice.note("error", said, code=error.code, where=error.where, what=error.what, fix=error.fix)
    voice.note("end", f"{told}{named}, {account.seconds:.1f} s", **fields)
