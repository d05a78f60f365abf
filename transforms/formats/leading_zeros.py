"""Codes that a spreadsheet took for numbers: the zeros before them, where the policy says how long one is."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from tokumei.transforms.values.text import folded_column

_ODD = r"^\s*[0-9]+\.0+\s*$|[０-９]|^[\s　]|[\s　]$"  # digits that are not plain ones alone


def with_leading_zeros(codes: pa.Array, length: int) -> pa.Array:
    """Return texts, of which those of fewer digits have zeros before them up to ``length`` digits.

    Digits may be full-width, have spaces around them, and be whole floats (``600000.0``); other texts stay
    as they are.

    Args:
        codes: texts, or texts encoded by a dictionary.
        length: how long a code is.
    """
    if pa.types.is_dictionary(codes.type):
        restored = with_leading_zeros(codes.dictionary, length)
        # Two codes may become one, and a dictionary holds each text once.
        return pa.DictionaryArray.from_arrays(codes.indices, restored).dictionary_decode()
    if not pc.any(pc.match_substring_regex(codes, _ODD)).as_py():
        return _padded(codes, codes, length)
    return _padded(codes, pc.replace_substring_regex(folded_column(codes), r"\.0+$", ""), length)


def _padded(codes: pa.Array, digits: pa.Array, length: int) -> pa.Array:
    short = pc.match_substring_regex(digits, f"^[0-9]{{1,{length - 1}}}$").fill_null(False)
    return pc.if_else(short, pc.utf8_lpad(digits, length, padding="0"), codes) if short.true_count else codes
