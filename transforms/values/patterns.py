"""Values as patterns: what a message may say of a value that it must not show (``AAA-9999``)."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping

_LONGEST = 24
_MOST = 5
PATTERNS_TOLD = "A: letter, 9: digit, あ, ア, 漢: kana, kanji"
_CLASSES = {"HIRAGANA": "あ", "KATAKANA": "ア", "CJK": "漢", "HALFWIDTH": "ｱ"}


def pattern_of(text: str) -> str:
    """Return a text with every letter, digit, kana and kanji replaced by one of its class.

    ASCII punctuation and spaces stay; anything else becomes ``?``. A long text is cut.
    """
    pattern = "".join(map(_class, text[: _LONGEST + 1]))
    return pattern if len(pattern) <= _LONGEST else pattern[:_LONGEST] + "…"


def count_patterns(texts: Iterable[str]) -> Counter[str]:
    """Return how many of some texts have each pattern."""
    return Counter(map(pattern_of, texts))


def tell_patterns(counted: Mapping[str, int]) -> str:
    """Return the most frequent patterns with their counts: ``AAA-9999 × 12, 999 × 3``."""
    told = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    more = sum(n for _, n in told[_MOST:])
    parts = [f"{pattern or '(empty)'} × {n:,}" for pattern, n in told[:_MOST]]
    return ", ".join([*parts, f"others × {more:,}"] if more else parts)


def _class(char: str) -> str:
    if char.isascii():
        return "9" if char.isdigit() else "A" if char.isalpha() else char if char.isprintable() else "?"
    kind = unicodedata.category(char)
    if kind == "Nd":
        return "９"
    if not kind.startswith("L"):
        return "　" if kind == "Zs" else "?"
    return _CLASSES.get(unicodedata.name(char, "").split(" ")[0], "Ａ")
