"""Files of an output that are told to be others by their names, and seem to be the same by their columns."""

from __future__ import annotations

from contextlib import suppress

from tokumei.schemas.errors import InputError
from tokumei.transforms.earlier.kept import PRIVATE_SIDE, ledger_of
from tokumei.transforms.earlier.recorded import declared_of
from tokumei.transforms.planning.plan import Plan
from tokumei.transforms.register.books import books
from tokumei.transforms.release.earlier import entry_of_plan
from tokumei.transforms.storage.places import open_store


def files_alike(plan: Plan, output: str) -> tuple[str, ...]:
    """Return the names and bodies of other files that have releases with the same quasi-identifiers.

    Asked only of a file without releases that is to be compared: then it may be one of them, renamed.

    Args:
        plan: the run, with what it knows of earlier releases.
        output: directory or URI where the releases are.
    """
    if plan.policy.requirements.earlier_releases is None or plan.earlier.releases:
        return ()
    store = open_store(output)
    declared = [declared_of(table) for table in plan.tables.values() if table.quasi_identifiers]
    found = []
    for entry_id in store.folders(store.join(output, *PRIVATE_SIDE)):
        with suppress(InputError):  # what is damaged is told where it is compared with
            kept = ledger_of(store, output, entry_id).read()
            if entry_id != entry_of_plan(plan) and any(r.declared in declared for r in kept.recodings):
                found.append(entry_id)
    entries = [
        book.newest(entry_id) for book in books(store, store.join(output, "register")) for entry_id in found
    ]
    return tuple(sorted({f"{entry.name}（{entry.body}）" for entry in entries if entry is not None}))
