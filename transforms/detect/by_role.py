"""Surnames that are words, places or one character, by what stands beside them: 担当：王, 金に連絡, →林へ.

By itself such a word is nobody's name. It is one behind a role or an arrow, before an arrow or before what is
done to people; and in brackets at the end of an entry, where who wrote it signs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tokumei.transforms.detect.words import Words

_SURNAMES = frozenset("姓独両森共")
_ALSO, _READ_AS = (
    frozenset("王関南北東西"),
    frozenset("職者方"),
)  # a king, a wrestler, a direction; and a surname
_ROLE = re.compile(r"[者職称続前][ ：]{0,2}\Z")
_ARROW = "[→⇒➡⇨]"
_HANDED = re.compile(rf"{_ARROW}\s?\Z")
_DONE = "引き?継|申し?送|連絡|報告|相談|確認|依頼|伝|説明|共有|電話"
_FROM = "連絡|電話|報告|入電|申し?送|引き?継|相談|依頼"
_BEFORE = re.compile(rf"\s?(?:{_ARROW}|[へに](?:は|て)?\s?(?:{_DONE})|(?:より|から)(?:の|は)?\s?(?:{_FROM}))")
_ENDS = re.compile(rf"\s?(?:[へにがはをとのよかで、。，．,.\n）)\]」】/／]|{_ARROW}|\Z)")
_SIGNED, _SIGN_ENDS = re.compile(r"(?:^|[。\s])[（(]\Z"), re.compile(r"[）)]\s*\Z")
_NEAR = 4


def people_by_role(texts: Sequence[str], words: Words) -> Iterator[tuple[int, int]]:
    """Yield (first, behind the last) word of each. Linear in the words."""
    for place, letter in enumerate(words.letters):
        if letter not in _SURNAMES and letter not in _READ_AS:
            continue
        text = texts[int(words.text[place])]
        start, end = int(words.start[place]), int(words.end[place])
        if letter not in _SURNAMES and text[start:end] not in _ALSO:
            continue
        before = text[max(0, start - _NEAR) : start]
        told = _ROLE.search(words.letters, max(0, place - _NEAR), place) or _HANDED.search(before)
        if (
            _BEFORE.match(text, end)
            or (told and _ENDS.match(text, end))
            or (_SIGNED.search(before) and _SIGN_ENDS.match(text, end))
        ):
            yield place, place + 1
