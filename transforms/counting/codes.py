"""Spellings of people's codes: folded to one, and found where they differ.

Registers that were typed, pasted or opened by a spreadsheet write one code in several ways: Ａ001 in full
width, ``A001 `` with a space, ``="0012"`` as Excel keeps its zeros. All are one after folding: NFKC, without
outer spaces, without Excel's quotes. Upper and lower case stay apart, and so do leading zeros.

Source: Unicode Standard Annex #15, Unicode Normalization Forms (NFKC).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.transforms.values.cells import without_dictionary
from tokumei.transforms.values.text import Utf8, utf8

_EXCEL = r'^="([^"]*)"$'


@dataclass(frozen=True)
class Spellings:
    """How some codes are written; adds up over chunks.

    Attributes:
        kinds: what folding takes away from any of them, in words.
        padded: whether any begins with a zero that is not all of it.
        lengths: the least and the greatest number of bytes; (0, 0) of no code.
    """

    kinds: frozenset[str] = frozenset()
    padded: bool = False
    lengths: tuple[int, int] = (0, 0)


def spellings_of(codes: pa.Array) -> Spellings:
    """Look at how codes are written; a pass over their bytes where there is nothing to see."""
    texts = without_dictionary(codes).drop_null()
    if not pa.types.is_string(texts.type) or len(texts) == 0:
        return Spellings()
    text = utf8(texts)
    padded = bool(((text.column(0) == ord("0")) & (text.lengths > 1)).any())
    lengths = int(text.lengths.min()), int(text.lengths.max())
    if not _odd(text):
        return Spellings(frozenset(), padded, lengths)
    written = pl.Series(texts)
    normal = written.str.normalize("NFKC")
    trimmed = normal.str.strip_chars()
    kinds = {
        "full-width or other variants of characters": (written != normal).any(),
        "outer spaces": (normal != trimmed).any(),
        '="…" as Excel writes it': trimmed.str.contains(_EXCEL).any(),
    }
    return Spellings(frozenset(kind for kind, found in kinds.items() if found), padded, lengths)


def merge_spellings(parts: Sequence[Spellings]) -> Spellings:
    """Add up, in any order."""
    held = [part.lengths for part in parts if part.lengths != (0, 0)]
    return Spellings(
        frozenset().union(*(part.kinds for part in parts)),
        any(part.padded for part in parts),
        (min(low for low, _ in held), max(high for _, high in held)) if held else (0, 0),
    )


def folded_codes(codes: pa.Array) -> pa.Array:
    """Return codes in one spelling; integers and nulls stay as they are.

    Idempotent, and a function of each code alone: equal codes stay equal in every chunk and table.
    """
    if pa.types.is_dictionary(codes.type):
        return folded_codes(codes.dictionary).take(codes.indices)
    if not pa.types.is_string(codes.type) or not _odd(utf8(codes)):
        return codes
    encoded = pc.dictionary_encode(codes)
    trimmed = pl.Series(encoded.dictionary).str.normalize("NFKC").str.strip_chars()
    bare = trimmed.str.replace(_EXCEL, "${1}").str.strip_chars()
    return bare.to_arrow().cast(pa.string()).take(encoded.indices)


def unpadded(codes: pa.Array) -> pa.Array:
    """Return folded codes without leading zeros; all zeros are one."""
    texts = without_dictionary(folded_codes(codes))
    if not pa.types.is_string(texts.type):
        return texts
    bare = pc.utf8_ltrim(texts, characters="0")
    return pc.if_else(pc.and_(pc.equal(bare, ""), pc.not_equal(texts, "")), "0", bare)


def _odd(text: Utf8) -> bool:
    """Whether there is a byte that folding may take away: a space, one beyond ASCII, a quote of Excel's."""
    used = text.data[: int(text.starts[-1] + text.lengths[-1])] if len(text.starts) else text.data[:0]
    return bool(len(used) and (used.min() <= ord(" ") or used.max() > ord("~") or (used == ord('"')).any()))
