"""What criteria 1 to 5 did to records, counted chunk by chunk."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from tokumei.transforms.decisions.removal import Taken, add_taken, suppressed_by
from tokumei.transforms.profile.pictures import Distribution, merge_pictures
from tokumei.transforms.redaction.counted import Redaction, merge_redactions


@dataclass(frozen=True, kw_only=True)
class Tally:
    """What criteria 1 to 5 did to some records; adds up over chunks.

    Attributes:
        records_in, dropped, suppressed, records_out: dropped by criterion 4, suppressed by criterion 5.
        changed, blanked: per column, how many cells each method changed, and left without their value.
        met: per column, which values of each method's own list were there, as bits.
        unread: per column, patterns of some values that methods did not understand.
        before, after: distributions for the report, per treated column.
        taken: by removal, what it took; its records are part of dropped (under criterion 4) or suppressed
            (under criterion 5).
        hidden: per column, cells blanked in released records because facts would point at too few people.
        settled: per column, cells blanked in released records because too few people bear their label there.
        redactions: per column of redacted text, what was replaced, and what of the planted cases was found.
    """

    records_in: int
    dropped: int
    suppressed: int
    records_out: int
    changed: Mapping[str, tuple[int, ...]]
    blanked: Mapping[str, tuple[int, ...]]
    met: Mapping[str, tuple[int, ...]]
    unread: Mapping[str, Mapping[str, int]]
    before: Mapping[str, Distribution]
    after: Mapping[str, Distribution]
    taken: tuple[Taken, ...]
    hidden: Mapping[str, int]
    settled: Mapping[str, int]
    redactions: Mapping[str, Redaction]

    @property
    def suppressed_early(self) -> int:
        """Records that removals dropped under criterion 5, before the recoding."""
        return suppressed_by(self.taken)


def merge_tallies(parts: Sequence[Tally]) -> Tally:
    """Add up tallies."""

    def added(
        maps: Sequence[Mapping[str, tuple[int, ...]]], add: Callable[[tuple[int, ...]], int] = sum
    ) -> dict[str, tuple[int, ...]]:
        return {
            name: tuple(map(add, zip(*(m[name] for m in maps if name in m), strict=True)))
            for name in {n for m in maps for n in m}
        }

    def pictures(maps: Sequence[Mapping[str, Distribution]]) -> dict[str, Distribution]:
        return {
            name: merge_pictures([m[name] for m in maps if name in m])
            for name in {n for m in maps for n in m}
        }

    def cells(maps: Sequence[Mapping[str, int]]) -> dict[str, int]:
        return {name: sum(m.get(name, 0) for m in maps) for name in {n for m in maps for n in m}}

    return Tally(
        records_in=sum(p.records_in for p in parts),
        dropped=sum(p.dropped for p in parts),
        suppressed=sum(p.suppressed for p in parts),
        records_out=sum(p.records_out for p in parts),
        changed=added([p.changed for p in parts]),
        blanked=added([p.blanked for p in parts]),
        met=added([p.met for p in parts], _either),
        unread={
            name: sum((Counter(p.unread[name]) for p in parts if name in p.unread), Counter())
            for name in {n for p in parts for n in p.unread}
        },
        before=pictures([p.before for p in parts]),
        after=pictures([p.after for p in parts]),
        taken=add_taken([p.taken for p in parts]),
        hidden=cells([p.hidden for p in parts]),
        settled=cells([p.settled for p in parts]),
        redactions={
            name: merge_redactions([p.redactions[name] for p in parts if name in p.redactions])
            for name in {n for p in parts for n in p.redactions}
        },
    )


def _either(bits: tuple[int, ...]) -> int:
    return reduce(operator.or_, bits)
