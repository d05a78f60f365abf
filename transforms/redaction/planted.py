"""Planted cases: made-up sentences with every kind in every spelling, redacted as the texts of a chunk are.

They go through the same methods of the same plan, once in every process that redacts, with its dictionaries;
a sample of them goes with the texts of each chunk. What is left of one is looked for in what was made of its
sentence. All chunks of a run have the same cases: one in a million that is read as something else must not
stop every run of a million chunks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

import pyarrow as pa

from tokumei.transforms.detect.name_forms import full_names
from tokumei.transforms.detect.name_set import NameSet
from tokumei.transforms.detect.spans import SpanLabel
from tokumei.transforms.redaction.draws import Draws
from tokumei.transforms.redaction.own_columns import OwnColumn
from tokumei.transforms.redaction.planted_kinds import (
    CONTACTS,
    OF_OTHERS,
    PLANTED_CODES,
    PlantedKind,
    described_kinds,
)
from tokumei.transforms.redaction.planted_otherwise import otherwise_kinds
from tokumei.transforms.redaction.planted_own import own_kinds

_OF_THE_OTHERS = 4  # where a share must be found: so many cases that chance alone misses no floor
_SAMPLED = 16  # of so many cases that must be found, one goes with the texts of each chunk
_LEFT = 4  # characters of a case that nothing else explains; of one that is shorter, all


class PlantedCase(NamedTuple):
    """One planted case.

    Attributes:
        kind: what it is.
        written: as it stands in its sentence.
        text: the sentence.
        own: the column whose value it is, and that value; None where it is nobody's.
        plain: the case as it was made, before it was spelled.
    """

    kind: PlantedKind
    written: str
    text: str
    own: tuple[OwnColumn, str] | None = None
    plain: str = ""


def planted_cases(
    seed: bytes, columns: Sequence[OwnColumn], left: Collection[SpanLabel] = (), *, others: bool = False
) -> list[PlantedCase]:
    """Make one case of every kind in every spelling, and of every column with own values.

    Args:
        seed: 32 bytes.
        columns: whose values are looked for in the texts of the same record.
        left: what sentences tell and is left standing; of that none is planted.
        others: whether names of other people of the files are looked for.
    """
    draws, told = Draws(seed), [OF_OTHERS] * others
    cases = [
        case
        for kind in (*PLANTED_CODES, *CONTACTS, *described_kinds(left), *otherwise_kinds(left), *told)
        for case in _of_kind(kind, draws)
    ]
    for column in columns:
        for kind in own_kinds(column):
            for spelling in kind.spellings.values():
                value = kind.make(draws)
                written = spelling(value)
                text = draws.of(kind.frames).format(written)
                cases.append(PlantedCase(kind, written, text, (column, value)))
    return cases


def sample_of(cases: Sequence[PlantedCase], seed: bytes) -> list[PlantedCase]:
    """Return some of the cases of which every one must be found.

    Args:
        cases: of a plan.
        seed: of the chunk, at least a byte.
    """
    certain = [case for case in cases if case.kind.certain]
    return certain[seed[0] % _SAMPLED :: _SAMPLED]


def own_of(cases: Sequence[PlantedCase], column: OwnColumn) -> list[str | None]:
    """Return the value of a column in the record of each case."""
    return [case.own[1] if case.own is not None and case.own[0] == column else None for case in cases]


def names_of(cases: Sequence[PlantedCase], key: bytes) -> NameSet:
    """Return the planted names of other people as the names of the files are known: hashed by a key."""
    names = [case.plain for case in cases if case.kind is OF_OTHERS]
    return NameSet.of(full_names(pa.array(names, pa.string())), key)


def counted(
    cases: Sequence[PlantedCase], texts: Sequence[str]
) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """Count by kind the cases, and those of which something is left in the texts made of their sentences."""
    planted: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for case, text in zip(cases, texts, strict=True):
        planted[case.kind.title] += 1
        missed[case.kind.title] += _stands_in(case.written, text)
    return planted, missed


def _stands_in(written: str, text: str) -> bool:
    size = min(_LEFT, len(written))
    return any(written[i : i + size] in text for i in range(len(written) - size + 1))


def _of_kind(kind: PlantedKind, draws: Draws) -> Iterator[PlantedCase]:
    times = 1 if kind.certain else _OF_THE_OTHERS
    for spelling in [*kind.spellings.values()] * times:
        made = kind.make(draws)
        written = spelling(made)
        yield PlantedCase(kind, written, draws.of(kind.frames).format(written), plain=made)
