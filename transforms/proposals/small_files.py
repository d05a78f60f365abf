"""The register book follows the ledger: entries of files that are too small now are erased (令21条4項)."""

from __future__ import annotations

from tokumei.schemas.register_ends import Erasure
from tokumei.transforms.ledger.state import Body
from tokumei.transforms.register.books import books, erase_entry
from tokumei.transforms.storage.base import Store


def erase_small_files(store: Store, register: str, body: Body) -> list[str]:
    """Erase the entries of files that the ledger says are erased; return those that were in force until now.

    Each erasure is done once: an entry that was made anew afterwards stays.

    Raises:
        InputError, TokumeiError: as `erase_entry`.
    """
    entries = [entry for book in books(store, register) for entry in book.entries]
    in_force = {entry.entry_id for entry in entries if entry.status == "current"}
    done = {(entry.entry_id, entry.erased.at) for entry in entries if entry.erased}
    erased: list[str] = []
    for name, file in body.files.items():
        if file.state != "erased" or file.judged is None:
            continue
        at = file.since["file_erased"].isoformat()
        if (name, at) in done and name in in_force:  # made anew afterwards
            continue
        if (name, at) in done or name in in_force:  # of what is done, a killed run may have left old pages
            because = "本人の数が1,000人未満となったため（施行令第21条第4項）"
            erase_entry(store, register, name, Erasure(at=at, because=because, people=file.judged.people))
        if name in in_force:
            erased.append(name)
    return erased
