"""Where names of other people of the files stand in texts: of any record, of any table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from tokumei.transforms.detect.name_set import NameSet
from tokumei.transforms.detect.offsets import located
from tokumei.transforms.detect.spans import SpanLabel, Spans
from tokumei.transforms.detect.stretches import placed


def names_of_others(sets: Iterable[NameSet], texts: Sequence[str]) -> Spans:
    """Return where names of some sets stand, also those that may be a word: here a word more costs little."""
    found = located(texts)
    shadows = found.texts()
    spans = []
    for names in sets:
        hits = names.find(shadows)
        held = np.flatnonzero(~hits.decoy)
        label = np.full(len(held), SpanLabel.PERSON)
        rows = np.stack([hits.owner[held], hits.start[held], hits.end[held], label], axis=1)
        spans.append(placed(found, rows.tolist()))
    return Spans.joined(spans)
