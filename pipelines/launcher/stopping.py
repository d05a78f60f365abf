"""A run that ends before its job is done: told to stop, refused, or its engine lost. What is true then?"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from tokumei.pipelines.launcher.failing import engine_error
from tokumei.schemas.errors import TokumeiError

if TYPE_CHECKING:
    from tokumei.pipelines.launcher.job import Job
    from tokumei.transforms.planning.plan import Plan
    from tokumei.transforms.release.attempt import Standing

_MANIFEST = 60  # seconds that a worker which publishes may take for its manifest
_NO_JOB = 10  # the same, once its job is not running any more
_LOOK = 0.5


def give_up(plan: Plan, job: Job, error: BaseException) -> None:
    """Cancel an attempt whose job was not seen to end well, end the job, and remove what it wrote.

    Where the attempt had published, or another one the same work, the release is completed instead.

    Args:
        plan: the run.
        job: its job.
        error: why it is given up.

    Raises:
        TokumeiError: ``error`` where it is one of ours, else what is true of the release now.
        InputError: the release is published and cannot be completed now.
        BaseException: ``error``, where nobody knows what it is.
    """
    from tokumei.transforms.release.attempt import Standing, release_dir
    from tokumei.transforms.release.publish import finish
    from tokumei.transforms.storage.places import open_store

    store = open_store(plan.output)
    base = release_dir(plan, store)
    ended = False
    try:
        found = _standing(plan, job)
    except TokumeiError:  # the store does not answer: nothing is known, so nothing is removed
        found = None
    if found is Standing.PUBLISHED:
        finish(plan, store)
        return
    if found is not Standing.PUBLISHING:
        ended = job.end()
    if found is Standing.CANCELLED and ended:
        _discard(plan, job)
    if isinstance(error, TokumeiError):
        raise error
    raise _told(error, found, base, ended=ended) from None


def _standing(plan: Plan, job: Job) -> Standing:
    """Decide what the attempt comes to, and wait for a manifest that is on its way."""
    from tokumei.transforms.release.attempt import Standing, cancel, standing

    if job.is_mine:  # nobody is left to publish, and so nothing needs to be created
        return standing(plan, cancelled=True)
    found = cancel(plan)
    deadline = time.monotonic() + _MANIFEST
    while found is Standing.PUBLISHING and time.monotonic() < deadline:
        if not job.may_run:
            deadline = min(deadline, time.monotonic() + _NO_JOB)
        time.sleep(_LOOK)
        found = standing(plan, cancelled=False)
    return found


def _discard(plan: Plan, job: Job) -> None:
    from tokumei.transforms.release.attempt import discard

    with suppress(TokumeiError):
        discard(plan, ended=job.is_mine)


def _told(error: BaseException, found: Standing | None, base: str, *, ended: bool) -> BaseException:
    import grpc

    from tokumei.transforms.release.attempt import Standing

    stopped = isinstance(error, KeyboardInterrupt)
    lost = isinstance(error, grpc.RpcError)
    if not (stopped or lost) and found is Standing.CANCELLED:
        return engine_error(str(error), base) or error
    why = "interrupted" if stopped else "its job server was lost" if lost else "its engine failed"
    if found is Standing.CANCELLED:
        left = "" if ended else "; its job may still run, in vain; what it writes stays until it is cleaned"
        return TokumeiError(
            "run.stopped" if stopped else "engine.lost",
            where=base,
            what=f"{why}: nothing is published, and this run can publish nothing any more{left}",
            fix="run the same command again",
        )
    known = "it had begun to publish, and its manifest.json is not there yet"
    return TokumeiError(
        "run.undecided",
        where=base,
        what=f"{why}: {known if found else 'the store does not tell whether it has published, or will'}",
        fix="run the same command again: it completes this release, or does the work anew",
    )
