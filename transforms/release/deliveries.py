"""Deliveries: a later one of the same file, rules and parameters, whose content is another.

Two releases of one delivery would be two of the same people. So the later replaces (差替え) the earlier where
the policy says so, and is refused where it does not. The manifest of the later names what it replaces: with
it both is decided. What follows may be repeated by anyone at any time, as after every publication.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tokumei.schemas.errors import AlreadyPublishedError, TokumeiError
from tokumei.schemas.parameters import ENVIRONMENT
from tokumei.schemas.register_ends import Withdrawal
from tokumei.transforms.planning.plan import Plan
from tokumei.transforms.register.books import add_entry, books
from tokumei.transforms.release.earlier import take_record
from tokumei.transforms.release.manifest import damaged, read_manifest
from tokumei.transforms.release.orphans import remove_unlisted
from tokumei.transforms.release.shown import read_withdrawal, show_documents
from tokumei.transforms.release.withdraw import mark_withdrawn
from tokumei.transforms.storage.base import Store
from tokumei.transforms.storage.places import open_store


def beside_delivered(plan: Plan) -> Plan:
    """Return the plan with the releases that its own will replace.

    Raises:
        AlreadyPublishedError: the same delivery is released already from other content, the policy does not
            say that a later one replaces it, and no release id of its own was given.
        InputError: a book or a manifest cannot be read.
    """
    return replace(plan, replaces=_replaced(plan, open_store(plan.output)))


def refuse_delivered_meanwhile(plan: Plan, store: Store) -> None:
    """Check before publication that no other run has released the same delivery since the plan was made.

    Raises:
        TokumeiError: one has; or as `beside_delivered`.
    """
    if _replaced(plan, store) != plan.replaces:
        raise TokumeiError(
            "release.delivered_meanwhile",
            where=plan.output,
            what="another release of the same delivery was published while this run was going on",
            fix="run the same command again; it replaces that one",
        )


def withdrawals_with(plan: Plan, created_at: str) -> list[dict[str, Any]]:
    """Return what a manifest says of the releases that are withdrawn with it."""
    declared = plan.policy.output.replaces
    return [
        Withdrawal(
            release_id=name,
            at=created_at,
            because=declared.because if declared is not None else "",
            replaced_by=plan.release_id,
        ).model_dump()
        for name in plan.replaces
    ]


def enter_release(plan: Plan, store: Store, release: str, manifest: dict[str, Any]) -> tuple[Withdrawal, ...]:
    """Show a release whose manifest is there, withdraw what it replaces, and enter it in the register.

    Idempotent. A replaced release whose run died after its manifest is completed first, by the file items of
    this policy: its own run will never come again.

    Args:
        plan: the run, whose policy says what the file is.
        store: of the output.
        release: its id.
        manifest: of it.

    Returns:
        The withdrawals of what it replaces, and of what that had replaced.

    Raises:
        InputError: a file of a release is damaged, or gone.
        TokumeiError: others kept writing.
    """
    from tokumei.schemas.released_entry import entry_of

    report = show_documents(store, store.join(plan.output, "releases", release), manifest)
    replaced = _replace_earlier(plan, store, manifest)
    add_entry(store, store.join(plan.output, "register"), entry_of(plan.policy, report), replaced)
    take_record(store, plan.output, release, manifest)
    return replaced


def _replace_earlier(plan: Plan, store: Store, manifest: dict[str, Any]) -> tuple[Withdrawal, ...]:
    done: list[Withdrawal] = []
    for told in manifest.get("replaces", ()):
        withdrawal = Withdrawal.model_validate(told)
        base = store.join(plan.output, "releases", withdrawal.release_id)
        earlier = read_manifest(store, base)
        if earlier is None:
            raise damaged(base)
        before = enter_release(plan, store, withdrawal.release_id, earlier)
        remove_unlisted(store, base, earlier)
        done += [*before, mark_withdrawn(store, base, earlier, withdrawal)]
    return tuple(done)


def _replaced(plan: Plan, store: Store) -> tuple[str, ...]:
    declared = plan.policy.output.replaces is not None
    nights = any(not name.startswith(ENVIRONMENT) for name in plan.policy.parameters)
    if not declared and (plan.named or not nights):
        return ()
    found = _of_delivery(plan, store)
    if found and not declared:
        raise AlreadyPublishedError(
            "release.delivered",
            where=store.join(plan.output, "releases", found[0]),
            what="the same file is already released with the same policy and parameters, from inputs of"
            " another content: a second release would be one of the same people",
            fix="if the new inputs are right, say output: {replaces: {because: …}} in the policy, or withdraw"
            " (tokumei register withdraw) the earlier release, and run again",
        )
    return found


def _of_delivery(plan: Plan, store: Store) -> tuple[str, ...]:
    """Return the releases in force of the plan's delivery that were made of other content."""
    every = [e for book in books(store, store.join(plan.output, "register")) for e in book.entries]
    known = {entry.release_id: entry.delivery for entry in every}
    gone = {withdrawal.release_id for entry in every for withdrawal in entry.withdrawn}
    releases, found = store.join(plan.output, "releases"), []
    for name in store.folders(releases):
        if name in gone or known.get(name, plan.delivery) != plan.delivery:
            continue
        base = store.join(releases, name)
        manifest = read_manifest(store, base)  # of a run that died before its entry, it alone tells
        if manifest is None or manifest.get("delivery") != plan.delivery or manifest["work"] == plan.work:
            continue
        if read_withdrawal(store, base) is None:
            found.append(name)
    return tuple(found)
