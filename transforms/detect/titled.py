"""Names in Latin letters that a title or a role tells by itself: Mrs. YAMADA, tanakaさん, 患者Mori.

A word with a capital behind a title is a name however it reads. In small letters, and beside what stands with
firms too, it is one where it reads like a Japanese name (Hepburn, Kunrei).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache

from tokumei.transforms.detect.kana import may_be_given, may_be_surname
from tokumei.transforms.detect.romaji import katakana_of

_WORD = r"[A-Za-zÀ-ɏ]+(?:['’-][A-Za-zÀ-ɏ]+)*"
_CAPITAL = r"(?-i:[A-ZÀ-Þ])[A-Za-zÀ-ɏ]+(?:['’-][A-Za-zÀ-ɏ]+)*"
_ALONE, _ENDS = "(?<![A-Za-zÀ-ɏ.@/_-])", "(?![A-Za-zÀ-ɏ@/_-])"
_TITLES = r"(?:mr|mrs|ms|mx|miss|dr|prof|professor|madam|mme|mlle|herr|frau|monsieur|madame|sir)"
_SURELY = re.compile(
    rf"{_ALONE}{_TITLES}\.?\s{{0,2}}(?<![A-Za-z])(?!{_TITLES}\b)(?P<name>{_CAPITAL}){_ENDS}", re.IGNORECASE
)
_SPOKEN = re.compile(rf"{_ALONE}(?P<name>{_CAPITAL})[ -](?:san|sama|kun|chan|sensei){_ENDS}", re.IGNORECASE)
_ROLES = (
    "患者|担当者?|対応者?|相談者|利用者|申請者|届出人|本人|世帯主|職員|主治医|看護師|保健師|民生委員|ヘルパー"
    "|妻|夫|父|母|長男|長女|次男|次女"
)
_PERHAPS = tuple(
    re.compile(rule, re.IGNORECASE)
    for rule in (
        rf"{_ALONE}{_TITLES}\.?\s{{0,2}}(?<![A-Za-z])(?P<name>{_WORD}){_ENDS}",
        rf"{_ALONE}(?P<name>{_WORD})[ -](?:san|sama|kun|chan|sensei){_ENDS}",
        rf"{_ALONE}(?P<name>{_WORD}) ?(?:様|さま|さん|氏|殿|君|くん|ちゃん|先生|夫妻|宅)",
        rf"(?:{_ROLES})[ :はの(]{{0,2}}(?P<name>{_WORD}){_ENDS}",
    )
)
_LATIN = re.compile("[A-Za-zÀ-ɏ]{2}")


def titled_people(texts: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """Yield (text, start, end) of each name. Linear in the texts."""
    for number, text in enumerate(texts):
        plain = text.translate(_narrow())
        if _LATIN.search(plain) is None:
            continue
        for rule in (_SURELY, _SPOKEN):
            yield from ((number, *found.span("name")) for found in rule.finditer(plain))
        for rule in _PERHAPS:
            yield from (
                (number, *found.span("name"))
                for found in rule.finditer(plain)
                if _reads_like_a_name(found["name"])
            )


def _reads_like_a_name(word: str) -> bool:
    readings = katakana_of(word.lower()) if len(word) > 2 else []
    return any(may_be_surname(kana) or may_be_given(kana) for kana in readings)


@cache
def _narrow() -> dict[int, str]:
    """Return what full-width characters are, one for one, so that places stay."""
    return {code: unicodedata.normalize("NFKC", chr(code)) for code in (*range(0xFF01, 0xFF5F), 0x3000)}
