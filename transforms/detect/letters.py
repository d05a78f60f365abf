"""What a word of a sentence is, as one letter: rules over sentences are patterns over these.

As the tokenizer reads it there:

    姓 名 人   surname, given name, other name of a person
    独 単      surname and given name of one character
    地 国 固   place, country, other proper noun
    両         place or other proper noun that may be a surname too

By itself:

    森 桜 共   common word that may be a surname, a given name, both
    仮 未 カ   katakana that may be a name, that no dictionary has, other
    漢 ひ      one kanji, or kanji that no dictionary has; hiragana that read like a name
    Ｙ Ｔ Ｅ   Latin: surname and given name in romaji, foreign name
    Ａ Ｉ      Latin: capitalized, one capital
    Ｕ Ｂ      Latin: foreign name and other word in capitals

By what it says of its neighbour (`sentence_words.csv`):

    敬 者 職   honorific, role of a person, role that stands behind offices too
    続 称      relative, heading of a name
    前         honorific before a name
    株 社 病   before a company, behind one, behind a discoverer's name
    所 町 方   behind a place, behind a district, before either
    近 里      behind where one is, before a name of a town

The rest: 数 number (一: of one kanji), 般 noun (為: of a deed or a time), 他 all else; の と は 、・（）：.
and space are themselves.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache

from tokumei.schemas.tables import sentence_words
from tokumei.transforms.detect.kana import is_full_name, may_be_given, may_be_surname
from tokumei.transforms.detect.romaji import katakana_of

PartOfSpeech = tuple[str, ...]
Lookup = Callable[[str], frozenset[str]]  # word → all that it may be: 人名/姓, 地名/一般, 一般/*

_OF_KIND = {
    "honorific": "敬",
    "bearer": "者",
    "role": "職",
    "relative": "続",
    "entry": "称",
    "company_before": "株",
    "company_after": "社",
    "eponym_after": "病",
    "place_after": "所",
    "district_after": "町",
    "direction": "方",
    "near": "近",
    "nobody": "般",
    "honorific_before": "前",
    "settlement": "里",
}
_SIGNS = {
    **dict.fromkeys("・＝=･", "・"),
    **dict.fromkeys("、,，､", "、"),
    **dict.fromkeys("（(", "（"),
    **dict.fromkeys("）)", "）"),
    **dict.fromkeys(":：", "："),
    **dict.fromkeys(".．", "."),
    **dict.fromkeys(("と", "や", "及び", "および"), "と"),
    "の": "の",
    "は": "は",
}
_SURNAME, _GIVEN, _OTHER, _PLACE = "人名/姓", "人名/名", "人名/一般", "地名/一般"
_PERSON = {_SURNAME: "姓", _GIVEN: "名", _OTHER: "人"}
_OF_ONE_CHARACTER = {"姓": "独", "名": "単"}
_KANJI_NUMBERS = frozenset("零一二三四五六七八九十百千万")
_KATAKANA = re.compile(r"[ァ-ヺー]+")
_HIRAGANA = re.compile(r"[ぁ-ゖー]{2,}")
_LATIN = re.compile(r"[A-Za-zÀ-ɏ]+")
_KANJI = re.compile(r"[㐀-鿿豈-﫿々]+")
_FORMER = re.compile("(?<=^[元前現副新故]).+")
_INSIDE = re.compile("(?<=[都道府県市区町村島])[内外]$|庁$|駅前$")


def letter_of(surface: str, speech: PartOfSpeech, lookup: Lookup) -> str:
    """Return the letter of a word, as one that the tokenizer read as this part of speech.

    Args:
        surface: the word as written.
        speech: its part of speech, in the words of UniDic.
        lookup: what else it may be.
    """
    word = unicodedata.normalize("NFKC", surface)
    if not word.strip():
        return " "
    if _LATIN.fullmatch(word):
        return _kind_of(word) or _latin(word, lookup)
    name = _PERSON.get("/".join(speech[2:4]), "")
    if len(word) == 1:
        name = _OF_ONE_CHARACTER.get(name, name)
    kind = _kind_of(word)
    return (
        _SIGNS.get(word)
        or (kind if kind in {"敬", "般"} or not name else name)
        or (("一" if word in _KANJI_NUMBERS else "数") if speech[1] == "数詞" else "")
        or (_proper(word, speech, lookup) if speech[1] == "固有名詞" else _common(word, speech, lookup))
    )


def _proper(word: str, speech: PartOfSpeech, lookup: Lookup) -> str:
    if speech[3] == "国":
        return "国"
    may_be = lookup(word)
    if _SURNAME in may_be or (speech[2] == "地名" and may_be & _PERSON.keys()):
        return "両"
    return "地" if speech[2] == "地名" or _names_a_place(word, lookup) else "固"


def _names_a_place(word: str, lookup: Lookup) -> bool:
    """Return whether a proper noun is one by its end (東京タワー) or its beginning (東京都内)."""
    ends = (word[at:] for at in range(2, len(word)))
    return any(_kinds().get(end) in {"所", "町"} for end in ends) or _begins_with_place(word, lookup)


def _begins_with_place(word: str, lookup: Lookup) -> bool:
    inside = _INSIDE.search(word)
    return inside is not None and _PLACE in lookup(word[: inside.start()])


def _common(word: str, speech: PartOfSpeech, lookup: Lookup) -> str:
    may_be = lookup(word)
    if _KATAKANA.fullmatch(word):
        return _katakana(word, may_be)
    noun, particle = speech[0] == "名詞", speech[0] == "助詞"
    names = {_PERSON[kind] for kind in (_SURNAME, _GIVEN) if kind in may_be}
    if names and (noun or not _HIRAGANA.fullmatch(word)):
        return "共" if len(names) == 2 else "森" if "姓" in names else "桜"
    if noun and _KANJI.fullmatch(word) and (not may_be or len(word) == 1):
        return "漢"
    if _HIRAGANA.fullmatch(word):
        reads = names or may_be_surname(word) or may_be_given(word)
        return "ひ" if reads and not particle else "他"
    if noun and _begins_with_place(word, lookup):
        return "地"
    return ("為" if speech[2] in {"サ変可能", "副詞可能"} else "般") if noun else "他"


def _katakana(word: str, may_be: frozenset[str]) -> str:
    if may_be & _PERSON.keys() or may_be_surname(word) or may_be_given(word):
        return "仮"
    if may_be:
        return "カ"
    if is_full_name(word):
        return "人"
    return "カ" if word.endswith(_drug_ends()) else "未"


def _latin(word: str, lookup: Lookup) -> str:
    if not word[0].isupper() or len(word) == 1:
        return "Ｉ" if word.isupper() else "他"
    may_be, read = lookup(word), katakana_of(word.lower())
    if _SURNAME in may_be or any(map(may_be_surname, read)):
        return "Ｙ"
    if _GIVEN in may_be or any(map(may_be_given, read)):
        return "Ｔ"
    written = "ＥＡ" if not word.isupper() else "ＵＢ"
    given = not may_be and word.title() in _english_given_names()
    return written[0] if given or _OTHER in may_be else written[1]


@cache
def _english_given_names() -> frozenset[str]:
    from faker.providers.person.en_US import Provider  # it takes a while

    return frozenset(Provider.first_names)


@cache
def _kinds() -> dict[str, str]:
    return {word: _OF_KIND[kind] for word, kind in sentence_words().items() if kind in _OF_KIND}


@cache
def _drug_ends() -> tuple[str, ...]:
    """Return the stems of substances' names (INN) at the end of words that no dictionary has."""
    return tuple(word for word, kind in sentence_words().items() if kind == "drug_end")


def _kind_of(word: str) -> str:
    """Return what a word says of its neighbour, 元首相 as 首相; nothing of most words."""
    former = _FORMER.search(word)
    return _kinds().get(word) or (_kinds().get(former[0]) if former and len(word) > 2 else None) or ""
