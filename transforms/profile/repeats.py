"""Where people stand twice who should stand once: looked for only when a run is about to end for it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from tokumei.schemas.splits import RecordPlace, Split, record_place
from tokumei.transforms.counting.keyed import person_hashes
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.formats.found_at import MAX_PLACES
from tokumei.transforms.formats.reader import ReadBatch, read_split
from tokumei.transforms.planning.persons import person_codes
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.profile.profile import TableProfile
from tokumei.transforms.storage.places import open_store

MAX_REMEMBERED = 1 << 25  # people; 8 bytes each, and as much again while they are sorted

_Hashes = npt.NDArray[np.uint64]


def first_repeats(plan: TablePlan, found: TableProfile, key: RunKey) -> list[RecordPlace]:
    """Return where the first records stand whose person stands in an earlier one; at most `MAX_PLACES`.

    Files are read in the order of their names, the person's column only, until so many are found or
    `MAX_REMEMBERED` people were seen: the same places on every engine.

    Args:
        plan: of a table with a person column.
        found: what pass 1 knows of it.
        key: under which people are told apart; no code is kept.

    Raises:
        InputError: a file has changed since pass 1.
    """
    places: list[RecordPlace] = []
    seen = _Seen()
    for split in sorted(found.once, key=lambda split: split.stretches):
        for read in _persons_of_split(plan, found, split):
            codes = person_codes(plan, read.batch)
            known = np.flatnonzero(codes.is_valid())
            again = seen.again(person_hashes(codes, key)[known, 0])
            repeated = read.numbers[known[again]][: MAX_PLACES - len(places)].tolist()
            places += [record_place(read.origins, number) for number in repeated]
            if len(places) == MAX_PLACES or seen.count > MAX_REMEMBERED:
                return places
    return places


def _persons_of_split(plan: TablePlan, found: TableProfile, split: Split) -> Iterator[ReadBatch]:
    return read_split(
        split,
        plan.table.source,
        plan.types(plan.table.person),
        open_store(split.stretches[0].file.uri),
        declared=plan.columns,
        exclude=np.array(found.rejected.get(split.split_id, ()), np.int64),
        dates=plan.dates,
    )


class _Seen:
    """The people so far, in few sorted parts, each more than twice as long as the next."""

    def __init__(self) -> None:
        self._parts: list[_Hashes] = []
        self.count = 0

    def again(self, hashes: _Hashes) -> npt.NDArray[np.bool_]:
        """Return of which records the person was seen before, here or earlier; take them in."""
        people, firsts = np.unique(hashes, return_index=True)
        repeated = np.ones(len(hashes), bool)
        repeated[firsts] = False
        for part in self._parts:
            at = np.minimum(np.searchsorted(part, hashes), len(part) - 1)
            repeated |= part[at] == hashes
        if len(people):
            self._parts.append(people)
        self.count += len(people)
        while len(self._parts) > 1 and len(self._parts[-2]) <= 2 * len(self._parts[-1]):
            self._parts[-2:] = [np.sort(np.concatenate(self._parts[-2:]))]
        return repeated
