"""What was written of each table: summaries of chunks and parts, added up in any order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from tokumei.transforms.counting.people import PeoplePerKey, merge_people
from tokumei.transforms.exposure.sources import SourceExposed, merge_sources
from tokumei.transforms.leaks.found import Leaks, add_leaks
from tokumei.transforms.release.part_recount import PartRecount, merge_part_recounts
from tokumei.transforms.release.parts import ChunkSummary, Part, PartSummary
from tokumei.transforms.release.tally import Tally, merge_tallies


@dataclass(frozen=True, kw_only=True)
class TableWritten:
    """What was written of one table; adds up over chunks and parts.

    Attributes:
        parts: the objects. chunks: (split id, number, last) of every chunk. fingerprints: of the keys used.
        sent, came: sums of the marks of the slices that chunks gave out, and that parts got.
        recount: what was counted on the parts, as they were written.
        settled: merged recount over the combined columns of the records that reach the recoding.
        leaks: merged counts of the search of the released columns.
        tally: merged tally.
        sources: merged looks at the source.
    """

    parts: tuple[Part, ...] = ()
    chunks: tuple[tuple[str, int, bool], ...] = ()
    fingerprints: frozenset[str] = frozenset()
    sent: int = 0
    came: int = 0
    recount: PartRecount = field(default_factory=PartRecount)
    settled: PeoplePerKey | None = None
    leaks: Leaks = field(default_factory=dict)
    tally: Tally = field(default_factory=partial(merge_tallies, ()))
    sources: SourceExposed = field(default_factory=SourceExposed)


class Written(dict[str, TableWritten]):
    """What was written, by table."""


def written_of(summary: ChunkSummary | PartSummary) -> Written:
    """Start the total with one summary."""
    if isinstance(summary, PartSummary):
        written = TableWritten(
            parts=summary.parts,
            fingerprints=summary.fingerprints,
            came=summary.marks,
            recount=summary.recount,
        )
    else:
        written = TableWritten(
            chunks=((summary.split_id, summary.number, summary.last),),
            fingerprints=frozenset({summary.fingerprint}),
            sent=summary.marks,
            settled=summary.settled,
            leaks=summary.leaks,
            tally=summary.tally,
            sources=summary.exposed,
        )
    return Written({summary.table: written})


def merge_written(parts: Sequence[Written]) -> Written:
    """Add up any summaries, in any order."""
    names = sorted({name for part in parts for name in part})
    return Written({name: _merge([part[name] for part in parts if name in part]) for name in names})


def _merge(parts: Sequence[TableWritten]) -> TableWritten:
    settled = [p.settled for p in parts if p.settled is not None]
    return TableWritten(
        parts=tuple(x for p in parts for x in p.parts),
        chunks=tuple(x for p in parts for x in p.chunks),
        fingerprints=frozenset().union(*(p.fingerprints for p in parts)),
        sent=sum(p.sent for p in parts),
        came=sum(p.came for p in parts),
        recount=merge_part_recounts([p.recount for p in parts]),
        settled=merge_people(settled) if settled else None,
        leaks=add_leaks(p.leaks for p in parts),
        tally=merge_tallies([p.tally for p in parts if p.chunks]),
        sources=merge_sources([p.sources for p in parts]),
    )
