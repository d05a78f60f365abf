"""Planted cases: made-up sentences with every kind in every spelling, redacted with the texts of each chunk.

They go through the same methods of the same plan, on the same worker, with the same dictionaries. What is
left of one is looked for in what was made of its sentence. A seed plants the same cases again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from tokumei.transforms.redaction.draws import Draws
from tokumei.transforms.redaction.own import OwnColumn
from tokumei.transforms.redaction.planted_kinds import CONTACTS, PLANTED_CODES, PlantedKind, own_kind

_LEFT = 4  # characters of a case that nothing else explains; of one that is shorter, all


class PlantedCase(NamedTuple):
    """One planted case.

    Attributes:
        kind: what it is.
        written: as it stands in its sentence.
        text: the sentence.
        own: the column whose value it is, and that value; None where it is nobody's.
    """

    kind: PlantedKind
    written: str
    text: str
    own: tuple[OwnColumn, str] | None = None


def planted_cases(seed: bytes, columns: Sequence[OwnColumn]) -> list[PlantedCase]:
    """Make one case of every kind in every spelling, and of every column with own values.

    Args:
        seed: 32 bytes.
        columns: whose values are looked for in the texts of the same record.
    """
    draws = Draws(seed)
    cases = [PlantedCase(*made) for kind in (*PLANTED_CODES, *CONTACTS) for made in _of_kind(kind, draws)]
    for column in columns:
        kind = own_kind(column)
        for spelling in kind.spellings.values():
            value = kind.make(draws)
            written = spelling(value)
            cases.append(PlantedCase(kind, written, draws.of(kind.frames).format(written), (column, value)))
    return cases


def own_of(cases: Sequence[PlantedCase], column: OwnColumn) -> list[str | None]:
    """Return the value of a column in the record of each case."""
    return [case.own[1] if case.own is not None and case.own[0] == column else None for case in cases]


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


def _of_kind(kind: PlantedKind, draws: Draws) -> Iterator[tuple[PlantedKind, str, str]]:
    for spelling in kind.spellings.values():
        written = spelling(kind.make(draws))
        yield kind, written, draws.of(kind.frames).format(written)
