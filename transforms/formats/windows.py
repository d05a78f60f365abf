"""Text in CP932 (Windows-31J), which Japanese Windows calls Shift_JIS, as Windows writes it.

Unicode has two characters for some signs of JIS X 0208, and Windows another one than everybody else: 〜 is
written as ～. Both are the same sign. ①, ㈱ and 髙, which Shift_JIS proper does not have, CP932 has.
"""

from __future__ import annotations

from types import MappingProxyType

from tokumei.schemas.errors import RequirementError

# What CP932 has under another code point: the signs of JIS X 0208 for which mappings differ.
_AS_WINDOWS = MappingProxyType(
    str.maketrans(
        {"〜": "～", "−": "－", "‖": "∥", "—": "―", "¢": "￠", "£": "￡", "¬": "￢", "¥": "￥", "‾": "￣"}
    )
)


def in_windows_japanese(text: str) -> bytes:
    """Return a text in CP932; nothing is lost or replaced by another sign.

    Raises:
        RequirementError: it has characters that CP932 does not have; which ones is not told, for a rare one
            can name somebody.
    """
    folded = text.translate(_AS_WINDOWS)
    try:
        return folded.encode("cp932")
    except UnicodeEncodeError:
        missing = {sign for sign in set(folded) if not sign.encode("cp932", "ignore")}
        cells = sum(map(folded.count, missing))
        raise RequirementError(
            "output.encoding_lacks",
            where="output.encoding",
            what=f"cp932 lacks {len(missing):,} different characters, which stand {cells:,} times in a"
            " part of the release",
            fix="use encoding: utf-8, with byte_order_mark: true for Excel; or coarsen or delete the columns"
            " that hold them",
        ) from None
