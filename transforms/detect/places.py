"""Places and addresses in sentences: rules over the letters of words, municipalities, and what follows.

Names of countries and prefectures are found like those of towns: what may be kept is for a policy to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from tokumei.schemas.tables import former_municipalities, municipalities
from tokumei.transforms.detect.stretches import MASK
from tokumei.transforms.detect.words import Words

_RULES = tuple(
    re.compile(rule)
    for rule in (
        # 西ノルウェー, 知床半島, 中国大陸華南, 田辺木津川運動公園
        r"(?<!株)(方?(?:[地国両](?:[固般為漢森桜共カ数一]?所)*町*)+)",
        r"(方?[姓名人](?:[所町]|[般為カ]所)+)",
        # コイバ国立公園, セント・キルダ島, 桜島
        r"((?:[未固カ仮人]・){1,6}[未固カ仮人]?[所町]+|[未仮固][所町]+|漢町+|[森桜共カ][所]+|[森桜共]町)",
        r"(?:国・)([未カ])(?![者職敬])",
        r"(?:里|町)(?:の|、)?([未固])(?![者職敬])",
        r"([未両固])近",
        # 福岡、山口、大分
        r"(?<=[地両][、・と])([姓名])(?=[、・と][地両])",
    )
)
_ENDS = re.compile("[市区町村]")
_LONGEST = 14
_NUMBER = "[0-9０-９一二三四五六七八九十百〇]{1,5}"
_HYPHEN = "[-－‐‑–—−ーｰのノ]"
_STEP = rf"{_NUMBER}(?:丁目|番地の?|番町|番の?|号室|号|条|線|階|{_HYPHEN}(?={_NUMBER}))"
_SPACE = "[ \u3000]?"
_DIGITS = re.compile("[0-9０-９一二三四五六七八九十]")
_BREAK = r"\s、。，．,（）()「」"
_TOWN = (
    f"{_SPACE}(?:大字|字)?(?:(?<=[市区町村郡字])[^{_BREAK}0-9０-９]{{0,8}}?|[一-龥々ヶケる]{{0,14}}?){_SPACE}"
)
_HOUSES = (
    "マンション|ハイツ|コーポ|アパート|ビル|荘|メゾン|レジデンス|ハイム|タワー|団地|住宅|棟|館|寮|パレス"
    "|コート|プラザ|ヴィラ|ハウス"
)
_HOUSE = rf"{_SPACE}[^{_BREAK}はがをに]{{0,14}}(?:{_HOUSES})(?:[一-龥ァ-ヶー]{{0,8}}(?=[0-9０-９]))?"
_OTHER_HOUSE = "[ \u3000][一-龥々ァ-ヶーA-Za-zのがつ]{2,14}[0-9０-９]{2,4}(?:号室|号)?"
_ROOM = rf"{_SPACE}[0-9０-９A-Za-z-]{{1,6}}(?:号室|号|階|[FＦ])?"
_ADDRESS = re.compile(
    rf"{_TOWN}(?:{_STEP}(?:[東西南北]?{_STEP}){{0,4}}(?:{_NUMBER})?(?:{_OTHER_HOUSE}|(?:{_HOUSE})?(?:{_ROOM})?))"
    rf"|(?:{_SPACE}(?:大字|字)|(?<=[市区町村]))[一-龥々ヶケ]{{1,8}}[0-9０-９]{{1,5}}(?=$|[\s、。，）)」])"
)
# 桜木1丁目16番9号, whatever 桜木 is; コーポさくら203号室; 自宅は中央4-5-6.
_NAME_OF_TOWN = "(?:[一-龥々ヶケノ]{1,6}|[ァ-ヶー]{2,8}|[ぁ-ゖ]{2,5}(?=[0-9０-９]))?の?"
_BY_FORM = re.compile(
    rf"(?:[一-龥々]{{0,4}}[東西南北]{_NUMBER}条)?{_NAME_OF_TOWN}{_SPACE}(?:{_NUMBER}丁目{_SPACE}(?:{_STEP}{_SPACE}){{0,4}}(?:{_NUMBER})?"
    rf"|{_NUMBER}番地{_SPACE}(?:の?{_NUMBER}(?:号)?)?|{_NUMBER}番{_SPACE}{_NUMBER}号(?!室|車|棟)"
    rf")(?:{_HOUSE}(?:{_ROOM})?)?"
)
_ROOM_ALONE = re.compile(
    rf"(?:(?:[一-龥々ぁ-ゖァ-ヶーA-Za-z]{{1,10}}{_SPACE})?[A-Za-zＡ-Ｚ]?[-－]?[0-9０-９]{{2,4}}号室"
    rf"|(?:[一-龥々ァ-ヶー]{{1,10}}|[ぁ-ゖ]{{2,5}})(?:荘|団地|ハイツ|アパート|マンション|住宅)(?:[0-9０-９]{{1,2}}(?:号?棟|-))?"
    rf"{_SPACE}[A-Za-zＡ-Ｚ]?[-－]?[0-9０-９]{{2,4}}(?![0-9０-９年月日円人名件戸世]))"
)
# 大字下山123番地, 下山字北123; 漢字, 赤字 and the like are none.
_OF_AREA = re.compile(
    rf"(?:[一-龥々]{{0,8}}大字|[一-龥々]{{2,8}}(?<![文漢数赤黒名苗太活英誤脱十])字)[一-龥々ヶケァ-ヺー]{{1,8}}{_SPACE}"
    rf"[0-9０-９]{{1,5}}(?:番地?)?(?:{_HYPHEN}[0-9０-９]{{1,4}}){{0,2}}(?![0-9０-９]|円|[%％人件個枚回年月])"
)
_WITH_HYPHENS = re.compile(
    rf"[一-龥々ヶケァ-ヺー]{{1,8}}{_SPACE}(?:[0-9０-９]{{1,4}}{_HYPHEN}){{1,4}}[0-9０-９]{{1,4}}(?![0-9０-９])"
    rf"|[一-龥々]{{2,8}}[一二三四五六七八九十]{{1,4}}の[一二三四五六七八九十]{{1,4}}(?:の[一二三四五六七八九十]{{1,4}})?"
    r"|[一-龥々]{2,8}[0-9０-９]{2,5}(?=[にへ]|$|[、。\s])"
)
_BEHIND_LABEL = re.compile(
    rf"(?<={MASK})(?:[0-9０-９]{{1,4}}(?:{_HYPHEN}[0-9０-９]{{1,4}}){{1,3}}|[0-9０-９]{{2,5}}(?=[にへ、。\\s]|$)"
    r"|[のノ][一二三四五六七八九十]{1,4}の[一二三四五六七八九十]{1,4}|[0-9０-９]{1,2}号?棟[0-9０-９]{0,4})"
)
_IN_HOUSE = re.compile(rf"{_HOUSE}(?:{_ROOM})?")
_LIVES = re.compile(
    "住所|自宅|実家|居住|在住|住[むみんま]|転居|転入|転出|引っ?越|訪問|届け?先|送付|配達|宅|居所|移[りっ]"
)
_ABOUT = 12  # characters around an address in which somebody lives there
_POSTAL = re.compile(
    r"(?<![0-9０-９])〒[ \u3000]?[0-9０-９]{3}[-－‐−ー]?[0-9０-９]{4}(?![0-9０-９])"
    rf"(?:{_SPACE}[一-龥々ヶケァ-ヺーぁ-ゖ]{{1,14}}{_SPACE}[0-9０-９]{{1,4}}(?:{_HYPHEN}[0-9０-９]{{1,4}}){{1,4}}(?![0-9０-９]))?"
)


def place_words(words: Words, people: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the places among words, as (first, behind the last); a word of a person's name begins none."""
    taken = {word for first, behind in people for word in range(first, behind)}
    found = [match.span(1) for rule in _RULES for match in rule.finditer(words.letters)]
    return [(first, behind) for first, behind in found if not taken.issuperset(range(first, behind))]


def municipality_spans(texts: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """Yield (text, start, end) of every municipality of Japan, however the words were cut."""
    names = _municipalities()
    for number, text in enumerate(texts):
        for end in _ENDS.finditer(text):
            behind = end.end()
            for size in range(min(_LONGEST, behind), 2, -1):
                if text[behind - size : behind] in names:
                    yield number, behind - size, behind
                    break


def address_tails(
    texts: Sequence[str], places: Iterable[tuple[int, int, int]]
) -> Iterator[tuple[int, int, int]]:
    """Yield each place with what makes an address of it (4-2-8 山田ハイツ101号室), and 〒 with its code."""
    for text, start, end in places:
        tail = _ADDRESS.match(texts[text], end)
        yield text, start, tail.end() if tail else end
    for number, written in enumerate(texts):
        for postal in _POSTAL.finditer(written):
            yield number, postal.start(), postal.end()


def addresses_by_form(texts: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """Yield (text, start, end) of what is an address by its form, or by what is said of it beside it."""
    for number, text in enumerate(texts):
        if _DIGITS.search(text) is None:
            continue
        for rule in (_BY_FORM, _OF_AREA, _ROOM_ALONE, _BEHIND_LABEL):
            yield from ((number, *found.span()) for found in rule.finditer(text))
        for found in _WITH_HYPHENS.finditer(text):
            house = _IN_HOUSE.match(text, found.end())
            if house or _LIVES.search(text, max(0, found.start() - _ABOUT), found.end() + _ABOUT):
                yield number, found.start(), house.end() if house else found.end()


@cache
def _municipalities() -> frozenset[str]:
    today = {name for place in municipalities() for name in (place.full, place.local, place.name)}
    former = {place.name for place in former_municipalities()}
    return frozenset(name for name in today | former if len(name) > 2)
