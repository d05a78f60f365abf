"""A year of nightly releases of a file that changes by 0.1 % a day, with people held back.

Usage: ``python tests/benchmarks/earlier.py [NIGHTS]``

The kernels of the job decide every night who is held back, and what is kept goes through the ledger's own
code; only files and records are left out. What is released is then compared by code of this file, all nights
with one another.
"""

import sys
import time

import numpy as np
import polars as pl

from tokumei.schemas.kept_releases import KeptRecoding, KeptReleases, ReleaseRecord
from tokumei.transforms.counting.keyed import joint_keys
from tokumei.transforms.earlier.changes import InClasses, tell_changes
from tokumei.transforms.earlier.held import held_back
from tokumei.transforms.earlier.kept import KEPT_COUNTS, kept_people, packed_classes, past_of, with_record
from tokumei.transforms.engine.run_key import RunKey

NOBODY = pl.DataFrame(schema={"e0": pl.String, KEPT_COUNTS: pl.List(pl.Int64)})
PEOPLE, RATE, K = 10_000, 0.001, 5
# Three bands of age and eight towns, of which the largest has a quarter of the people.
TOWNS = np.array([0.25, 0.2, 0.15, 0.12, 0.1, 0.08, 0.06, 0.04])
SHARES = np.outer([0.4, 0.35, 0.25], TOWNS).ravel()


class File:
    """People with a number and a class: every day a thousandth leaves, and as many come."""

    def __init__(self, draw):
        self.draw, self.next = draw, PEOPLE
        self.people = np.arange(PEOPLE)
        self.classes = draw.choice(len(SHARES), PEOPLE, p=SHARES)
        self.came = {}

    def pass_a_night(self, night):
        stay = self.draw.random(len(self.people)) >= RATE
        new = np.arange(self.next, self.next + self.draw.poisson(PEOPLE * RATE))
        self.next += len(new)
        self.came |= dict.fromkeys(new.tolist(), night)
        self.people = np.concatenate([self.people[stay], new])
        classes = self.draw.choice(len(SHARES), len(new), p=SHARES)
        self.classes = np.concatenate([self.classes[stay], classes])

    def standing(self):
        ones = np.ones(len(self.people), np.int64)
        classes = self.classes.astype(np.uint64)
        pairs = joint_keys(self.people.astype(np.uint64), self.classes.astype(np.int64))
        return InClasses(classes, pairs, {}, ones)


def recoding(release, standing):
    return KeptRecoding(
        table="t",
        way="full_domain",
        declared=dict.fromkeys(("a",), ""),
        levels={},
        removed={},
        releases=(release,),
        classes=packed_classes(NOBODY),
        exact=True,
        people=kept_people(release, standing),
    )


def year(nights):
    """Return who was released each night, by class; how many were held back; and processor seconds a night."""
    file, kept, key = File(np.random.default_rng(1)), KeptReleases(), RunKey(bytes(32))
    released, held, seconds = [], [], []
    for night in range(nights + 1):
        if night:
            file.pass_a_night(night)
        today, began = file.standing(), time.process_time()
        gone = np.empty(0, np.uint64)
        if night:
            past = past_of(kept.recodings[0].people)
            gone = held_back(today, past, K, key=RunKey(key.derive(str(night))), salt=key).pairs
        left = ~np.isin(today.pairs, gone)
        if night:
            assert tell_changes(today.only(left), past, K, night).classes == 0
        record = recoding(f"n{night}", today.only(left))
        kept = with_record(
            kept, ReleaseRecord(entry_id="e", release_id=f"n{night}", salt="00" * 32, tables=(record,))
        )
        kept = KeptReleases.model_validate_json(kept.model_dump_json())
        seconds.append(time.process_time() - began)
        held.append(len(gone))
        released.append((file.people[left], file.classes[left]))
    return file, released, np.array(held), np.array(seconds), len(kept.model_dump_json())


def compare_all(released):
    """Compare all nights with one another, class by class; return the pairs that were compared."""
    everybody = max(int(people.max()) for people, _ in released) + 1
    of_person = np.zeros(everybody, np.int64)
    for people, classes in released:
        of_person[people] = classes
    compared = 0
    for number in range(len(SHARES)):
        own = np.flatnonzero(of_person == number)
        there = np.array([np.isin(own, people) for people, _ in released])
        both = there.astype(np.float32) @ there.T.astype(np.float32)
        counts = np.diag(both)
        for changed in (counts[:, None] - both, counts[None, :] - both, np.abs(counts[:, None] - counts)):
            assert not ((changed > 0) & (changed < K)).any()
        compared += both.size // 2
    return compared


def main():
    nights = int(sys.argv[1]) if len(sys.argv) > 1 else 365
    file, released, held, seconds, size = year(nights)
    compared = compare_all(released)
    first = {}
    for night, (people, _) in enumerate(released):
        for person in people[people >= PEOPLE].tolist():
            first.setdefault(person, night)
    waits = np.array([night - file.came[person] for person, night in first.items()])
    here = {*file.people.tolist()}
    waiting = [nights - came for person, came in file.came.items() if person in here and person not in first]
    print(f"{nights} nights, {PEOPLE:,} people, {len(SHARES)} classes, k = {K}: {compared:,} pairs compared,")
    print("  of which none shows 1 to k - 1 people who came or left, nor a count that differs by so many")
    print(f"  held back: {held.mean() / PEOPLE:.2%} on average, {held.max() / PEOPLE:.2%} at most")
    print(f"  {len(waits):,} newcomers released, after {np.median(waits):.0f} days (median),", end=" ")
    print(f"{np.percentile(waits, 95):.0f} (19 of 20), {waits.max()} (longest)")
    print(f"  still waiting: {len(waiting)}, for {max(waiting, default=0)} days at most")
    print(
        f"  {seconds.mean():.2f} s of CPU a night, {seconds.max():.2f} at most; ledger {size / 2**20:.1f} MiB"
    )


if __name__ == "__main__":
    main()
