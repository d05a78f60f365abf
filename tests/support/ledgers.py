"""Ledgers of synthetic bodies for tests, each in one segment: to write many costs more than to make them."""

from tokumei.transforms.ledger.journal import Reached, journal_of
from tokumei.transforms.storage.places import open_store
from tokumei.transforms.synthesis.agencies import events_of_agency


def write_ledgers(output, bodies, seed):
    """Write the ledgers of these bodies into register/ of a directory; return them, in their order."""
    store = open_store(str(output))
    found = []
    for body in bodies:
        journal = journal_of(store, store.join(str(output), "register"), body.name)
        events = [event for segment in events_of_agency(body, seed) for event in segment]
        assert journal.append(events, Reached())
        found.append(journal)
    return found
