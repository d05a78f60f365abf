"""Names of people in sentences: rules over the letters of words (`letters`).

A surname in the name of a company, a place or a disease (高橋商店, 山口県, 橋本病) is left. One before a
role, behind a relative or with an honorific is found even where it is a common word or a place as well.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tokumei.transforms.detect.by_role import people_by_role
from tokumei.transforms.detect.kana import given_at
from tokumei.transforms.detect.spans import SpanLabel
from tokumei.transforms.detect.words import Words

_TAIL = "株社所町病"
_NO_NAME = f"(?![般為漢固カ]?[{_TAIL}])"
_MAYBE = "両森桜共漢未仮独単"
_NOUN = "般為漢カ固地国両数一姓独名単森桜共仮"
_LINK = "人姓名独単両地国固森桜共仮未カＡＩＹＴＥ"
_RULES = tuple(
    re.compile(rule)
    for rule in (
        # 山田太郎, 山田 太郎, 森 茂, 佐藤 さくら, 河北義次郎
        rf"(?<!株)([姓独両森共仮漢ひ] ?名{{1,3}}[漢一森桜共単]?|[姓独]・[名単一]){_NO_NAME}",
        rf"(?<!株)([姓独両] ?単[漢一森桜共]?|[姓独両] [桜共ひ人姓]){_NO_NAME}",
        rf"([般地名者社森] 名{{1,3}}|[名単桜共漢一] 姓){_NO_NAME}",
        rf"(?<!株)([姓独](?: ?[桜共仮一]|[漢一人両森姓桜共単]{{1,3}}| ひ)){_NO_NAME}",
        # 山田, 太郎, 朝青龍, 林
        rf"(?<!株)(姓){_NO_NAME}",
        rf"(?<![株カ未仮人])(人){_NO_NAME}(?![カ未仮人])",
        rf"(?<![株{_NOUN}])(独){_NO_NAME}(?![{_NOUN}])",
        rf"(名{{1,3}}){_NO_NAME}",
        # 森さん, 宮下瞳さん, さくらちゃん
        rf"([姓名人固地カひ{_MAYBE}](?: ?[名人{_MAYBE}])?) ?敬",
        # 武豊騎手, ベルカンヌ校長, 森 茂 医師
        r"([固両森桜共漢未独単](?:[名人両森桜共漢未独単])?) ?者",
        rf"([両未仮](?:[名人{_MAYBE}])?)職",
        # 校長の宮下, 次女のさくら, 患者名：森 茂, 担当 森 茂
        rf"[者職]の?([両未]){_NO_NAME}(?![方近])",
        rf"続[の（： ]?([桜共両仮未単]){_NO_NAME}",
        rf"称 ?： ?([姓両{_MAYBE}固名人ひ](?: ?[姓名人{_MAYBE}ひ]){{0,3}}){_NO_NAME}",
        r"[続称][：はが（]([両独])",
        rf"称 ([姓独両森共] [名桜共単]){_NO_NAME}",
        # 朝青龍、黒海、白鵬
        r"(?<=[姓名人独][、・と])(両)(?=[、・と][姓名人独])",
        # Yamada Taro, TARO YAMADA, J. K. Smith, Dr. Tanaka, Tanakaさん
        r"(Ｙ[、 ]{1,2}[ＴＹＥ]|[ＴＥ] Ｙ|Ｅ(?: [ＥＩ]\.?){0,3}(?: [ＥＡＵ]))(?! ?[社所])",
        r"((?:Ｉ[.・] ?){1,3}[・ ]?[未仮人姓ＹＥＵ])",
        r"((?:Ｉ[.・]?){1,3})敬",
        r"([ＹＴＥＡＵＢ](?: [ＹＴＥＡＵＢ])?) ?敬|([ＹＴＥ](?: [ＹＴＥＡ])?) ?者",
        r"[前者] ?([ＹＴＥＡ](?: [ＹＴＥＡＵ])?)|前 ?([未仮人カ固両姓森共独])",
        # 担当 Nakamura, 氏名：Emily Johnson
        r"称(?: |： ?)([ＹＴＥＡＵ](?: [ＹＴＥＡＵＢ])?)(?! ?[社所])",
    )
)
_COMPOUND = re.compile(rf"[姓名人独単両地森桜共][般為漢固カ]?[{_TAIL}]|[固地所社病町般為]")
_CHAIN = re.compile(rf"(?<![{_LINK}]・)(?P<chain>[{_LINK}](?:・[{_LINK}])+)(?P<tail>[敬者職所町社])?")
_IN_BRACKETS = re.compile(
    r"[（(](?P<reading>[ぁ-ゖァ-ヺｦ-ﾟー・=＝ \u3000]{2,24})?[、，, ]*"
    r"(?P<age>[0-9０-９]{1,3}(?:歳|才)?)?(?=[）)、，,])"
)
_SPACED = re.compile("(?<!株)[姓独] (?![為敬者職続称株社病所町方近里数地])")
_GIVEN_RUN = re.compile("[一-龥々]{1,3}(?![一-龥々])|[ぁ-ゖ]{2,4}(?![ぁ-ゖー])|[ァ-ヺー]{2,5}(?![ァ-ヺー])")
_SAID_AGAIN = "未仮両森共固カ"
_AGAIN = re.compile(rf"(?<!株)[{_SAID_AGAIN}]{_NO_NAME}")


class NamedPeople(NamedTuple):
    """What was found of people: ranges of words, and what stands in brackets behind them.

    Attributes:
        words: (first, behind the last) word of each, in any order; they may overlap.
        beside: (text, start, end, label) of readings and ages, and of given names that are no word.
    """

    words: list[tuple[int, int]]
    beside: list[tuple[int, int, int, int]]


def named_people(texts: Sequence[str], words: Words) -> NamedPeople:
    """Return the names of people among the words of texts. Linear in the number of words."""
    found = [
        match.span(group)
        for rule in _RULES
        for match in rule.finditer(words.letters)
        for group in range(1, rule.groups + 1)
        if match[group]
    ]
    found.extend(_chains(words.letters))
    found.extend(people_by_role(texts, words))
    found.extend(_said_again(texts, words, found))
    beside = [place for _, behind in found for place in _beside(texts, words, behind)]
    return NamedPeople(found, [*beside, *_given_behind(texts, words)])


def longer_names(words: Words) -> Iterator[tuple[int, int]]:
    """Yield the words that are names of no person, though one's may be in them: 山口大学."""
    for match in _COMPOUND.finditer(words.letters):
        yield match.span()


def _given_behind(texts: Sequence[str], words: Words) -> Iterator[tuple[int, int, int, int]]:
    """Yield what stands behind a surname and one space, where it is no more than a given name."""
    for match in _SPACED.finditer(words.letters):
        text = int(words.text[match.start()])
        place = int(words.end[match.end() - 1])
        given = _GIVEN_RUN.match(texts[text], place)
        end = given.end() if given else given_at(texts[text], place)
        if end > place:
            yield text, int(words.start[match.start()]), end, SpanLabel.PERSON


def _chains(letters: str) -> Iterator[tuple[int, int]]:
    """Yield ジョン・スミス, without the country before it; no place, and no list of common words."""
    for match in _CHAIN.finditer(letters):
        whole, tail = match["chain"], match["tail"] or ""
        bare = whole.lstrip("国地・")
        known = any(letter in "人姓名" for letter in bare)
        if bare and tail not in set("所町社") and (tail or known or ("未" in bare and bare == whole)):
            yield match.end("chain") - len(bare), match.end("chain")


def _said_again(
    texts: Sequence[str], words: Words, found: list[tuple[int, int]]
) -> Iterator[tuple[int, int]]:
    """Yield words that are a part of a name in the same text: スミス after ジョン・スミス."""
    parts: dict[int, set[str]] = defaultdict(set)
    taken = {word for first, behind in found for word in range(first, behind)}
    for word in taken:
        if words.letters[word] in _SAID_AGAIN:
            parts[int(words.text[word])].add(_surface(texts, words, word))
    for match in _AGAIN.finditer(words.letters):
        word = match.start()
        known = parts.get(int(words.text[word]), ())
        if word not in taken and known and _surface(texts, words, word) in known:
            yield word, word + 1


def _surface(texts: Sequence[str], words: Words, word: int) -> str:
    return texts[int(words.text[word])][words.start[word] : words.end[word]]


def _beside(texts: Sequence[str], words: Words, last: int) -> Iterator[tuple[int, int, int, int]]:
    text = int(words.text[last - 1])
    match = _IN_BRACKETS.match(texts[text], words.end[last - 1])
    if match is None:
        return
    for group, label in (("reading", SpanLabel.PERSON), ("age", SpanLabel.AGE)):
        if match[group]:
            yield text, match.start(group), match.end(group), label
