"""Codes that a spreadsheet took for numbers: the zeros before them, where the policy says how long one is."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc


def with_leading_zeros(codes: pa.Array, length: int) -> pa.Array:
    """Return texts, of which those of fewer ASCII digits have zeros before them up to ``length`` digits.

    Args:
        codes: texts, or texts encoded by a dictionary.
        length: how long a code is.
    """
    if pa.types.is_dictionary(codes.type):
        restored = with_leading_zeros(codes.dictionary, length)
        # Two codes may become one, and a dictionary holds each text once.
        return pa.DictionaryArray.from_arrays(codes.indices, restored).dictionary_decode()
    short = pc.match_substring_regex(codes, f"^[0-9]{{1,{length - 1}}}$").fill_null(False)
    return pc.if_else(short, pc.utf8_lpad(codes, length, padding="0"), codes) if short.true_count else codes
