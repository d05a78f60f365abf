"""Whether what looks like names of people is that: a dictionary reads the values."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow.compute as pc

from tokumei.transforms.detect.spans import SpanLabel
from tokumei.transforms.suggest.holdings import Content, Holding
from tokumei.transforms.suggest.sketch import ColumnSketch

_READ = 256  # values that a dictionary reads
_HALF, _NO_NAMES = 0.5, 0.25


def settled(content: Content, column: ColumnSketch) -> Content:
    """Return what a column holds that may be names of people, once a dictionary has read its values.

    The dictionary is loaded here alone. Of names it finds two in three or more, of goods and shops one in
    five or fewer; between them the question stays.
    """
    if content.doubt is None or content.holding is not Holding.NAME:
        return content
    from tokumei.transforms.detect.described import described_in  # it reads a dictionary of words

    texts = column.texts.slice(0, _READ)
    spans = described_in(texts).spans
    whole = pc.utf8_length(texts).to_numpy(zero_copy_only=False)[spans.owner] - 1
    people = (spans.kind == SpanLabel.PERSON) & (spans.end - spans.start >= whole)
    share = len(np.unique(spans.owner[people])) / len(texts)
    why = (f"辞書が人名と読む値 {share:.0%}", *content.why)
    if share >= _HALF:
        return replace(content, doubt=None, instead=(), why=why)
    if share <= _NO_NAMES and content.instead:
        return replace(content, holding=content.instead[0], doubt=None, instead=(), why=why)
    return replace(content, why=why)
