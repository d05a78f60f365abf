"""Names of people in kana, without a dictionary's word for them: surname and given name, as they are read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tokumei.schemas.tables import KATAKANA
from tokumei.schemas.tables.people import name_readings

_SPACED = re.compile(
    r"(?<![ァ-ヺー])[ァ-ヺー]{2,6}[ \u3000・][ァ-ヺー]{2,6}(?![ァ-ヺー])"
    r"|[ぁ-ゖー]{2,40}[ \u3000][ぁ-ゖー]{2,6}"
)
_GAP = re.compile(r"[ \u3000・]")
_RUN = re.compile(r"[ぁ-ゖー]{4,}")
_HONORIFIC = re.compile("様|さま|さん|氏|君|くん|ちゃん|殿|先生")
_SURNAME, _GIVEN = range(2, 7), range(5, 1, -1)  # characters of each
_THANKS = "アリガト"  # 有賀 is a surname too
_SURE = 3  # of either, that a name needs which nothing tells of


def may_be_surname(word: str) -> bool:
    """Return whether a word in kana reads like a surname."""
    return word.translate(KATAKANA) in name_readings()[0]


def may_be_given(word: str) -> bool:
    """Return whether a word in kana reads like a given name."""
    return word.translate(KATAKANA) in name_readings()[1]


def given_at(text: str, place: int) -> int:
    """Return where the longest given name in kana that begins at a place ends; the place if none does."""
    ends = range(place + _GIVEN[0], place + 1, -1)
    return next((end for end in ends if may_be_given(text[place:end])), place)


def is_full_name(word: str) -> bool:
    """Return whether a word in kana is a surname with a given name."""
    return any(may_be_surname(word[:cut]) and may_be_given(word[cut:]) for cut in range(2, len(word) - 1))


def kana_names(texts: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """Yield (text, start, end) of やまだ たろう, ヤマダ　タロウ and よしかわひろこ. Linear in the texts."""
    for number, text in enumerate(texts):
        for match in _SPACED.finditer(text):
            span = _spaced(match[0])
            if span:
                yield number, match.start() + span[0], match.start() + span[1]
        for run in _RUN.finditer(text):
            for start, end in _joined(text, run.start(), run.end()):
                yield number, start, end


def _spaced(found: str) -> tuple[int, int] | None:
    """Return where the first of two names begins and where the other ends, the surname before or behind."""
    first, second = _GAP.split(found)
    hiragana = "ぁ" <= first[0] <= "ゖ"  # particles may stand around it
    starts = range(max(0, len(first) - 6), len(first) - 1) if hiragana else range(1)
    ends = range(len(second), 1, -1) if hiragana else range(len(second), len(second) - 1, -1)
    for one, other in ((may_be_surname, may_be_given), (may_be_given, may_be_surname)):
        start = next((at for at in starts if one(first[at:])), None)
        end = next((at for at in ends if other(second[:at])), None)
        if start is not None and end is not None:
            return start, len(first) + 1 + end
    return None


def _joined(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield full names in a run of hiragana: long ones, and short ones before an honorific."""
    run = text[start:end].translate(KATAKANA)
    surnames, given_names = name_readings()
    for at in range(len(run) - 3):
        if run.startswith(_THANKS, at):
            continue
        for size in _SURNAME:
            if run[at : at + size] not in surnames:
                continue
            for more in _GIVEN:
                behind = at + size + more
                if behind <= len(run) and run[at + size : behind] in given_names:
                    sure = size >= _SURE and more >= _SURE
                    if sure or _HONORIFIC.match(text, start + behind):
                        yield start + at, start + behind
