"""What redaction did to the texts of a column, and to the cases that were planted among them: counts only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Redaction:
    """Counts of one column; they add up over chunks.

    Attributes:
        texts: released cells with a text.
        changed: of these, with a label.
        whole: of these, replaced as a whole.
        characters: of the texts, as they were.
        unknown: proper nouns, and words that no dictionary has, that no label replaces.
        dictionaries: what the sentences were read by.
        labels: by title, how many stand in the texts.
        planted, missed: by title of a kind, cases planted, the same for every chunk, and those of which
            something was left; of several chunks the most.
    """

    texts: int = 0
    changed: int = 0
    whole: int = 0
    characters: int = 0
    unknown: int = 0
    dictionaries: frozenset[str] = frozenset()
    labels: Mapping[str, int] = field(default_factory=dict)
    planted: Mapping[str, int] = field(default_factory=dict)
    missed: Mapping[str, int] = field(default_factory=dict)


def merge_redactions(parts: Sequence[Redaction]) -> Redaction:
    """Add up counts."""
    return Redaction(
        texts=sum(p.texts for p in parts),
        changed=sum(p.changed for p in parts),
        whole=sum(p.whole for p in parts),
        characters=sum(p.characters for p in parts),
        unknown=sum(p.unknown for p in parts),
        dictionaries=frozenset().union(*(p.dictionaries for p in parts)),
        labels=_added(p.labels for p in parts),
        planted=worst_of(p.planted for p in parts),
        missed=worst_of(p.missed for p in parts),
    )


def worst_of(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Return the greatest of the counts of each title."""
    found: dict[str, int] = {}
    for count in counts:
        for title, n in count.items():
            found[title] = max(n, found.get(title, 0))
    return dict(sorted(found.items()))


def _added(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for count in counts:
        total.update(count)
    return dict(sorted(total.items()))
