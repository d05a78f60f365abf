"""OpenLineage events of a run are sent by its own client, and only where that is configured."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openlineage.client.client import OpenLineageClient

    from tokumei.pipelines.launcher.lineage_events import Events
    from tokumei.pipelines.launcher.voice import Voice
    from tokumei.schemas.splits import TableFile
    from tokumei.transforms.planning.plan import Plan

_PATIENCE = 3.0  # seconds that an event may hold a run up
_STOPPED = frozenset({"interrupted", "run.stopped"})
# They would tell of each attempt to send, on the terminal, after the run has gone on.
_TALKATIVE = ("openlineage", "urllib3", "httpx2", "httpcore2")


class Lineage:
    """Sends the events of one run. What cannot be sent is a warning, once, and changes nothing of the run.

    An event holds a run up for three seconds at most; where that is too little, the client goes on beside it.

    Args:
        events: makes them.
        voice: says the warning; and the events, where they go to the console.
    """

    def __init__(self, events: Events, voice: Voice) -> None:
        self._events, self._voice = events, voice
        self._client: OpenLineageClient | None = None
        self._warned = False

    def begin(self, plan: Plan, files: Sequence[TableFile]) -> None:
        """Send START: it is known what the run will do, and with which files."""
        self._events.plan, self._events.files = plan, files
        self._send("START")

    def end(self) -> None:
        """Send how the run has ended, by its account: COMPLETE, FAIL, or ABORT of one that was stopped.

        A job that was only described has not ended: nothing is sent.
        """
        account = self._events.account
        if account.error is not None:
            if self._events.plan is None:
                self._send("START")
            self._send("ABORT" if account.code in _STOPPED else "FAIL", last=True)
        elif account.outcome is not None:
            self._send("COMPLETE", last=True)

    def _send(self, kind: str, *, last: bool = False) -> None:
        """Send an event in a thread of its own, and wait for it as long as may be."""
        failed: list[str] = []

        def work() -> None:
            try:
                if self._client is None:
                    self._client = _client(self._voice)
                self._client.emit(self._events.event(kind))
                if last and not self._client.close(_PATIENCE):
                    failed.append("not all was sent in time")
            except ImportError:
                failed.append("its client is not installed: tokumei[lineage]")
            except Exception as error:  # its text could quote settings, a password among them
                status = getattr(getattr(error, "response", None), "status_code", "")
                failed.append(f"{type(error).__name__} {status}".strip())

        thread = threading.Thread(target=work, name="lineage", daemon=True)
        thread.start()
        thread.join(_PATIENCE)
        if thread.is_alive():
            failed.append(f"no answer in {_PATIENCE:.0f} s")
        if failed and not self._warned:
            self._warned = True
            self._voice.warn(f"warning: OpenLineage: {kind} could not be sent ({failed[0]})")


def _client(voice: Voice) -> OpenLineageClient:
    """Return the client as it is configured; its console is what the voice speaks to.

    Raises:
        ImportError: the client is not installed.
        LookupError: what configures it names no transport.
        Exception: as the client raises it.
    """
    from openlineage.client.client import OpenLineageClient
    from openlineage.client.serde import Serde
    from openlineage.client.transport.console import ConsoleConfig, ConsoleTransport

    class Console(ConsoleTransport):
        """Says events; the client's own would log them, where nobody listens."""

        def emit(self, event: object) -> None:
            print(Serde.to_json(event), file=voice.stream, flush=True)

    if "OPENLINEAGE_CLIENT_LOGGING" not in os.environ:
        for name in _TALKATIVE:
            logging.getLogger(name).setLevel(logging.CRITICAL)
    client = OpenLineageClient()
    if isinstance(client.transport, ConsoleTransport):
        if (client.config.transport or {}).get("type") != ConsoleTransport.kind:
            raise LookupError  # it would say everything on the console instead
        client.transport = Console(ConsoleConfig())
    return client
