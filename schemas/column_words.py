"""The words of which the name of a column is made: 患者名 is 患者 and 名, ``homeTel1`` is home, tel, a digit.

Words are those of `schemas/tables/column_words.csv` and `code_words.csv`. A Latin word is whole: tel stands
in ``home_tel`` and ``hometel``, not in ``hotel``, because what is left there is no word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache

from tokumei.schemas.tables import KATAKANA, ColumnWord, code_words, column_words, is_invisible

Word = tuple[ColumnWord, ...]  # all that a word may be; an unknown one is empty
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
DIGITS = (ColumnWord("form", "", "", "0"),)
# What a kind of `code_words` is in a name, and how its words stand; the words for banks alone say nothing.
_KINDS = {"bank": ("", ""), "device": ("identifier", "any"), "account": ("identifier", "alone")}


def _spelled(text: str) -> tuple[str, frozenset[int]]:
    """Return a name without its separators, and where a Latin word may begin or end in it.

    Upper case, katakana for hiragana, without の between words; ``customerName`` parts before its N.
    """
    plain = _HUMP.sub("_", unicodedata.normalize("NFKC", text))
    plain = plain.replace("の", "").translate(KATAKANA).upper()
    kept: list[str] = []
    edges = {0}
    for char in plain:
        if not (char.isalnum() or char in "ー々〒'"):
            if char.isspace() or not is_invisible(char):
                edges.add(len(kept))
            continue
        if kept and _script(kept[-1]) != _script(char):
            edges.add(len(kept))
        kept.append(char)
    return "".join(kept), frozenset(edges | {len(kept)})


def _script(char: str) -> int:
    return 0 if char.isdigit() else 1 if char.isascii() else 2


def split_words(text: str) -> list[tuple[str, Word]]:
    """Return the known words that cover most of a name, the fewest that do, the first as long as can be.

    Each stands beside its letters, as they are compared.
    """
    name, edges = _spelled(text)
    index = _index()
    # By place, from the end: how many letters are unknown and words are needed; the first word; its end.
    best: dict[int, tuple[tuple[int, int], Word, int]] = {len(name): ((0, 0), (), 0)}
    edge = len(name)
    for at in range(len(name) - 1, -1, -1):
        ways = []
        for word, rows in index.get(name[at], ()):  # longest first
            end = at + len(word)
            if end in best and name.startswith(word, at):
                (unknown, n), _, _ = best[end]
                ways.append(((unknown, n + 1), rows, end))
        latin = name[at].isascii()
        skipped = edge if latin else at + 1
        if (at in edges or not latin) and skipped in best:
            (unknown, n), _, _ = best[skipped]
            known = name[at].isdigit()
            ways.append(((unknown + (0 if known else skipped - at), n + 1), DIGITS if known else (), skipped))
        if ways:
            best[at] = min(ways, key=lambda way: way[0])
        if at in edges:
            edge = at
    words, at = [], 0
    while at < len(name):
        begin = at
        _, rows, at = best[at]
        words.append((name[begin:at], rows))
    return words


@cache
def _index() -> Mapping[str, list[tuple[str, Word]]]:
    """Return the words by their first letter, longest first, each with all that it may be."""
    rows: dict[str, list[ColumnWord]] = {}
    for row in column_words():
        rows.setdefault(_spelled(row.word)[0], []).append(row)
    numbers = tuple(word for word, of in rows.items() if any(row.part == "number" for row in of))
    for kind, words in code_words().items():
        role, part = _KINDS.get(kind, ("code", "numbered"))
        for word in words if role else ():
            spelled = _spelled(word)[0]
            whole = "any" if part == "numbered" and spelled.endswith(numbers) else part
            rows.setdefault(spelled, [ColumnWord(whole, role, kind, word)])
    found: dict[str, list[tuple[str, Word]]] = {}
    for word in sorted(rows, key=len, reverse=True):
        found.setdefault(word[0], []).append((word, tuple(rows[word])))
    return found
