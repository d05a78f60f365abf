"""Japanese in Latin letters: what a word may be in katakana."""

from __future__ import annotations

import re

_COLUMN = "aiueo"
_VOWELS = "アイウエオ"
_ROWS = {
    "k": "カキクケコ",
    "g": "ガギグゲゴ",
    "s": "サシスセソ",
    "z": "ザジズゼゾ",
    "t": "タチツテト",
    "d": "ダヂヅデド",
    "n": "ナニヌネノ",
    "h": "ハヒフヘホ",
    "b": "バビブベボ",
    "p": "パピプペポ",
    "m": "マミムメモ",
    "r": "ラリルレロ",
    "y": "ヤ\0ユ\0ヨ",
    "w": "ワ\0\0\0ヲ",
    "f": "\0\0フ\0\0",
    "ts": "\0\0ツ\0\0",
}
_SOFT = {"sh": "シ", "ch": "チ", "j": "ジ", "jy": "ジ", "zy": "ジ", "sy": "シ", "ty": "チ"} | {
    f"{head}y": _ROWS[head][1] for head in "kgnhbpmr"
}
_SMALL = "ャ\0ュェョ"
_SYLLABLE = re.compile(
    r"(?P<twice>([kstpc])(?=\2|ch))?(?P<head>[kgnhbpmrsztj]y|sh|ch|ts|[kgsztdnhbpmrfywj])?"
    r"(?P<vowel>[aiueo])(?:h(?![aiueoy]))?|n'|n(?![aiueoy])|m(?=[bpm])"
)
_BEFORE_VOWEL = re.compile("n(?=[aiueo])")
_LONGER = {"o": ("", "ウ", "オ"), "u": ("", "ウ")}
_LONGEST = 14
_MOST_WAYS = 12


def katakana_of(romaji: str) -> list[str]:
    """Return how a word of small Latin letters may be written in katakana; nothing if it is no romaji.

    Hepburn and Kunrei. What romaji leaves out is tried: long vowels (Taro: タロ, タロウ), at most twelve
    ways, and ン before a vowel (Kenichi: ケニチ, ケンイチ).
    """
    if len(romaji) > _LONGEST:
        return []
    return [kana for way in dict.fromkeys((romaji, _BEFORE_VOWEL.sub("n'", romaji))) for kana in _read(way)]


def _read(romaji: str) -> list[str]:
    found, at = [""], 0
    while at < len(romaji):
        syllable = _SYLLABLE.match(romaji, at)
        kana = _kana(syllable) if syllable else []
        if syllable is None or not kana:
            return []
        found = [start + end for start in found for end in kana][:_MOST_WAYS]
        at = syllable.end()
    return found


def _kana(syllable: re.Match[str]) -> list[str]:
    head, vowel = syllable["head"] or "", syllable["vowel"]
    if vowel is None:
        return ["ン"]
    column = _COLUMN.index(vowel)
    if head in _SOFT:
        made = _SOFT[head] + ("" if vowel == "i" else _SMALL[column])
    else:
        made = _ROWS[head][column] if head else _VOWELS[column]
    if "\0" in made:
        return []
    made = "ッ" * bool(syllable["twice"]) + made
    return [made + longer for longer in _LONGER.get(vowel, ("",))]
