"""Texts as a reader of sentences needs them: each once, without what nobody sees, and the way back."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from tokumei.transforms.detect.spans import Spans
from tokumei.transforms.values.text import strings

_SAYS_SOMETHING = r"[\p{L}\p{N}]"
# Formatting characters, selectors of variants, letters that nobody sees; marks of kana (か゛) are seen.
_UNSEEN = (
    "\u00ad\u034f\u115f\u1160\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064"
    "\ufe00-\ufe0f\ufeff\U000e0100-\U000e01ef"
)
_UNSEEN_ONE = re.compile(f"[{_UNSEEN}]")


class Readable(NamedTuple):
    """The different texts of a column.

    Attributes:
        texts: those with a letter or a number, without what nobody sees.
        number: (len(texts),) of which of the different texts of the column each is.
        of_row: (rows,) which of the different texts each row holds; -1 where it is null.
        moved: (len(texts),) where a text's characters begin in ``stood``; -1: nothing was taken away.
        stood: where each character of these texts stood.
    """

    texts: list[str]
    number: NDArray[np.int64]
    of_row: NDArray[np.int64]
    moved: NDArray[np.int64]
    stood: NDArray[np.int32]

    def in_rows(self, found: Spans) -> Spans:
        """Return spans of ``texts`` as spans of the rows, in the texts as they were given."""
        start, end = found.start.copy(), found.end.copy()
        begins = self.moved[found.owner]
        here = begins >= 0
        start[here] = self.stood[begins[here] + found.start[here]]
        end[here] = self.stood[begins[here] + found.end[here] - 1] + 1
        number = self.number[found.owner]
        order = np.argsort(number, kind="stable")
        counts = np.bincount(number, minlength=int(self.of_row.max(initial=-1)) + 1)
        first = np.cumsum(counts) - counts
        rows = np.flatnonzero(self.of_row >= 0)
        which = self.of_row[rows]
        times = counts[which]
        inside = np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)
        chosen = order[np.repeat(first[which], times) + inside]
        return Spans(np.repeat(rows, times), start[chosen], end[chosen], found.kind[chosen])


def readable_texts(texts: pa.Array) -> Readable:
    """Return the different texts of a column of any text type; nulls hold nothing. O(characters)."""
    encoded = strings(texts).dictionary_encode()
    different = pl.Series(encoded.dictionary, dtype=pl.String)
    number = different.str.contains(_SAYS_SOMETHING).arg_true()
    said = different.gather(number)
    hidden = said.str.contains(f"[{_UNSEEN}]").arg_true().to_list()
    written = said.to_list()
    moved = np.full(len(written), -1, dtype=np.int64)
    stood: list[int] = []
    for text in hidden:
        seen = [place for place, char in enumerate(written[text]) if not _UNSEEN_ONE.match(char)]
        moved[text] = len(stood)
        stood.extend(seen)
        written[text] = "".join(written[text][place] for place in seen)
    return Readable(
        written,
        number.to_numpy().astype(np.int64),
        encoded.indices.fill_null(-1).to_numpy().astype(np.int64),
        moved,
        np.array(stood, dtype=np.int32),
    )
