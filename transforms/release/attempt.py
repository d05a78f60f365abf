"""What an attempt at a release comes to: "publish" or "cancel", whichever is created first, for ever.

Engines elsewhere do not end when they are told to: a job that is reported as cancelled may live and publish.
So each attempt has one object that both sides must create exclusively before they act: the worker before its
manifest, with "publish"; who gives the attempt up before anything of it is removed, with "cancel". It lies
beside the manifest, which never lists it, and goes with the attempt's other files.
"""

from __future__ import annotations

from collections import deque
from enum import Enum

from tokumei.schemas.errors import InputError
from tokumei.transforms.planning.plan import Plan
from tokumei.transforms.release.manifest import read_manifest
from tokumei.transforms.release.orphans import DECISION, find_orphans, remove
from tokumei.transforms.storage.base import Store
from tokumei.transforms.storage.places import open_store

PUBLISH, CANCEL = b"publish\n", b"cancel\n"


class Standing(Enum):
    """How it stands with an attempt that was given up, or that nobody hears of any more.

    CANCELLED: nothing is published, and this attempt can publish nothing any more. PUBLISHING: it had begun
    to, and its manifest is not there yet. PUBLISHED: the release is there, by this attempt or another.
    """

    CANCELLED = "cancelled"
    PUBLISHING = "publishing"
    PUBLISHED = "published"


def release_dir(plan: Plan, store: Store) -> str:
    """Return the directory of the release."""
    return store.join(plan.output, "releases", plan.release_id)


def decide(plan: Plan, store: Store, wanted: bytes) -> bool:
    """Decide what the run's own attempt comes to; see `decide_attempt`."""
    return decide_attempt(store, release_dir(plan, store), plan.attempt, wanted)


def decide_attempt(store: Store, base: str, attempt: str, wanted: bytes) -> bool:
    """Decide what an attempt comes to, unless that is decided; return whether it is what is wanted.

    A retry finds what it decided before, and goes on.

    Args:
        store: of the output.
        base: directory of its release.
        attempt: which one.
        wanted: `PUBLISH` or `CANCEL`.

    Raises:
        InputError: the store cannot be reached; then nothing is known.
    """
    uri = store.join(base, DECISION.format(attempt))
    while True:
        try:
            store.create(uri, wanted)
        except FileExistsError:
            try:
                return store.read(uri)[0] == wanted
            except InputError:
                if store.exists(uri):
                    raise
                continue  # removed between the two, as a release is published under this id: nobody wins
        return True


def standing(plan: Plan, *, cancelled: bool) -> Standing:
    """Return how it stands with an attempt.

    Args:
        plan: the run.
        cancelled: it can publish nothing any more, or has before; if not, it has begun to.

    Raises:
        InputError: the manifest cannot be read.
    """
    store = open_store(plan.output)
    manifest = read_manifest(store, release_dir(plan, store))
    if manifest is None:
        return Standing.CANCELLED if cancelled else Standing.PUBLISHING
    return Standing.PUBLISHED if manifest["work"] == plan.work else Standing.CANCELLED


def cancel(plan: Plan) -> Standing:
    """Give the attempt up: it publishes nothing from now on, unless it had begun to. May be repeated.

    Raises:
        InputError: the store cannot be reached; then it may still publish.
    """
    won = decide(plan, open_store(plan.output), CANCEL)
    return standing(plan, cancelled=won)


def discard(plan: Plan, *, ended: bool = False) -> None:
    """Remove what this attempt wrote, unless it publishes or has published.

    Args:
        plan: the run.
        ended: nothing of the attempt runs any more, on no machine: then nobody needs to be kept from
            publishing, and also what it has decided is removed.

    Raises:
        InputError: the store cannot be reached, or a file cannot be removed.
    """
    store = open_store(plan.output)
    base = release_dir(plan, store)
    if not ended and not decide(plan, store, CANCEL):
        return
    manifest = read_manifest(store, base)
    if manifest is not None and manifest["attempt"] == plan.attempt:
        return
    decision = store.join(base, DECISION.format(plan.attempt))
    orphans = [o for o in find_orphans(store, base)[0] if o.attempt == plan.attempt]
    deque(remove(store, [o for o in orphans if o.file.uri != decision]), maxlen=0)
    if ended:
        deque(remove(store, [o for o in orphans if o.file.uri == decision]), maxlen=0)
    store.prune(base)
