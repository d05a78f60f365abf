"""Texts in a form in which other ways of writing the same are equal: addresses, dates, romaji, digits.

For whole columns. A sign stands behind each number, so that 1-2-3 is not found in 1-2-34.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import polars as pl

from tokumei.schemas.tables import KATAKANA, Era, eras
from tokumei.transforms.detect.shadow import KANJI_DIGITS, changed_where

_END = "#"
_KANJI = "一二三四五六七八九"
_TENS = {"": 0, "十": 10} | {f"{kanji}十": 10 * i for i, kanji in enumerate(_KANJI, 1) if i > 1}
_IN_KANJI = {f"{ten}{one}": n + i for ten, n in _TENS.items() for i, one in enumerate(["", *_KANJI]) if n + i}
_IN_KANJI |= {  # digit by digit, as of rooms: 一〇五号室
    "".join(signs): int("".join(str("〇一二三四五六七八九".index(sign)) for sign in signs))
    for size in (2, 3)
    for signs in product("〇一二三四五六七八九", repeat=size)
    if signs[0] != "〇"
}
_OF_ADDRESS = {
    f"{kanji}{unit}": f"{number}{unit}"
    for kanji, number in _IN_KANJI.items()
    for unit in ("丁目", "番", "号")
}
_STEP = r"([0-9])\s?(?:丁目|番地|番|号室|号)[ノの]?\s?"
_OF = r"([0-9])\s?[ノの]\s?([0-9])"
_SAID = r"[丁番号ノの\s,、]"  # one of these has whatever is read as a number of an address, or is left out
_OPEN, _NUMBER = r"-+([^0-9-]|$)", r"([0-9])([^0-9#-]|$)"
_AREA = (
    r"^(?:東京都|北海道|京都府|大阪府|[^都道府県]{2,3}県)?(?:[^市区町村]{1,5}?郡)?"
    r"[^0-9]{1,6}?[市区町村](?:[^0-9区]{1,4}?区)?"
)
_TOWN = r"^([^0-9#]{2,}(?:[0-9]+(?:-[0-9]+)+|[0-9]{3,})#)"  # one number is a 番地 if it is as long
_MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()  # noqa: SIM905
_ENGLISH = rf"\b(?:{'|'.join(_MONTHS)})[A-Z]*\b"
# Kana by rows, and how Hepburn writes them.
_ROWS = {
    "": "アイウエオ",
    "K": "カキクケコ",
    "G": "ガギグゲゴ",
    "S": "サシスセソ",
    "Z": "ザジズゼゾ",
    "T": "タチツテト",
    "D": "ダヂヅデド",
    "N": "ナニヌネノ",
    "H": "ハヒフヘホ",
    "B": "バビブベボ",
    "P": "パピプペポ",
    "M": "マミムメモ",
    "R": "ラリルレロ",
}
_KANA = {kana: head + vowel for head, row in _ROWS.items() for kana, vowel in zip(row, "AIUEO", strict=True)}
_KANA |= dict(zip("ヤユヨワヲンヴ", ["YA", "YU", "YO", "WA", "O", "N", "VU"], strict=True))
_SMALL = dict(zip("ャュョ", "AUO", strict=True))
_KANA |= {
    row[1] + small: f"{head}Y{vowel}"
    for head, row in _ROWS.items()
    if head
    for small, vowel in _SMALL.items()
}
_LONG = {"OU": "O", "OO": "O", "UU": "U", "OH": "O"}  # where two names meet too: Taro Hotta
_SOUNDS = {
    **{"MB": "NB", "MP": "NP", "MM": "NM"},
    **{"SHI": "SI", "CHI": "TI", "TSU": "TU", "FU": "HU", "JI": "ZI", "DI": "ZI", "DU": "ZU", "WO": "O"},
    **{"SH": "SY", "CH": "TY", "JY": "ZY", "J": "ZY", "DY": "ZY", "TCH": "TTY"},
    **dict(zip("ĀĪŪĒŌÂÎÛÊÔ", "AIUEOAIUEO", strict=True)),
}
_KANA_GAP = r"([\p{Hiragana}\p{Katakana}-])[\s・=]([\p{Hiragana}\p{Katakana}])"
_PARTICLE, _NO_KANA = r"(\p{Katakana}-*)(\p{Hiragana})", r"[^\p{Hiragana}\p{Katakana}-]+"  # タロウさん
_SAID_GAP = r"([0-9])[\s.,、・/_()ノの-]{1,3}([0-9])"
_FOUR = r"(^|[^0-9A-Z#])([0-9]{4})([^0-9A-Z#]|$)"
_NO_FOUR = r"[0-9] ?[.,/:年月円-] ?[0-9]+|[0-9]+年|[0-9],?[0-9]*円"
_DOUBLED = r"ッ([KSTPGZDBH])"


def addresses(shadows: pl.Series) -> pl.Series:
    """Return texts in which 1丁目2番3号, 一丁目二番三号, 一丁目2-3 and 1の2の3 read 1-2-3, without spaces."""
    return _ended(changed_where(shadows, _SAID, _steps))


def _steps(said: pl.Series) -> pl.Series:
    texts = _replaced(said, _OF_ADDRESS).str.replace_all(_STEP, "${1}-")
    for _ in range(2):  # matches do not overlap
        texts = texts.str.replace_all(_OF, "${1}-${2}")
    texts = texts.str.replace_all(r"([0-9])[\s,、]+([0-9])", f"${{1}}{_END}${{2}}")
    return texts.str.replace_all(r"[\s,、]+", "")


def town_and_number(addressed: pl.Series) -> pl.Series:
    """Return of addresses the town with the number, null where there is none: 芝浦1-2-3#."""
    return addressed.str.replace(_AREA, "").str.extract(_TOWN)


def dates(shadows: pl.Series) -> pl.Series:
    """Return texts in which dates read 1950-1-15 or S25-1-15, whatever stands between their numbers."""
    texts = shadows
    if texts.str.contains(_ENGLISH).any():
        for number, month in enumerate(_MONTHS, start=1):
            of = rf"\b{month}[A-Z]*\.?"
            texts = texts.str.replace_all(
                rf"{of} ([0-9]{{1,2}})(?:ST|ND|RD|TH)?,? ([0-9]{{4}})", f"${{2}}-{number}-${{1}}"
            )
            texts = texts.str.replace_all(rf"([0-9]{{1,2}}) {of},? ([0-9]{{4}})", f"${{2}}-{number}-${{1}}")
    said = {name: era.letter for era in eras() for name in (era.name, era.short)}
    texts = _replaced(texts, said).str.replace_all("元年", "1年", literal=True)
    texts = texts.str.replace_all(r"([A-Z]) ?\.?([0-9]{1,2}) ?年 ?", "${1}${2}-")
    texts = texts.str.replace_all(r"([0-9]{4}) ?年 ?(?:\([A-Z][0-9]{1,2}-?\) ?)?", "${1}-")
    texts = texts.str.replace_all(r"([0-9]{4}) ?\([A-Z][0-9]{1,2}-?\) ?年 ?", "${1}-")
    texts = texts.str.replace_all(r"([0-9]) ?月 ?", "${1}-").str.replace_all(r"([0-9]) ?日", "${1}")
    for _ in range(2):
        texts = texts.str.replace_all(r"([0-9]) ?[./] ?([0-9])", "${1}-${2}")
    return _ended(texts.str.replace_all(r"-0([0-9])", "-${1}"))


def days_in_digits(days: pl.Series) -> list[pl.Series]:
    """Return days as two digits each, by year and by era, and with the number of the era before them."""
    era, month_and_day = _of_era(days), days.dt.strftime("%m%d") + _END
    short = era.str.slice(1).str.zfill(2) + month_and_day
    numbers = {known.letter: str(i) for i, known in enumerate(_eras(), start=1)}
    return [days.dt.strftime("%y%m%d") + _END, short, era.str.head(1).replace(numbers) + short]


def spellings_of_dates(days: pl.Series) -> list[pl.Series]:
    """Return how texts of `dates` may hold some days: by year, era, the other way round, in eight digits."""
    month, day = days.dt.month().cast(pl.String), days.dt.day().cast(pl.String)
    year, era = days.dt.year().cast(pl.String), _of_era(days)
    return [
        year + "-" + month + "-" + day + _END,
        era + "-" + month + "-" + day + _END,
        day + "-" + month + "-" + year + _END,
        month + "-" + day + "-" + year + _END,
        "'" + year.str.slice(2) + "-" + month + "-" + day + _END,
        days.dt.strftime("%Y%m%d") + _END,
        era.str.head(1) + era.str.slice(1).str.zfill(2) + days.dt.strftime("%m%d") + _END,
    ]


def _of_era(days: pl.Series) -> pl.Series:
    """Return the year of each day in its era: S25."""
    era = pl.Series([None] * len(days), dtype=pl.String)
    for known in _eras():
        number = (days.dt.year() - known.first_year + 1).cast(pl.String)
        named = pl.Series([known.letter] * len(days), dtype=pl.String) + number
        era = pl.select(pl.when(days >= known.first_day).then(named).otherwise(era)).to_series()
    return era


def _eras() -> list[Era]:
    return sorted(eras(), key=lambda e: e.first_day)


def romaji(kana: pl.Series) -> pl.Series:
    """Return shadows of names in kana in Latin letters (Hepburn); null where something else stands."""
    hiragana, katakana = ([*map(chr, codes)] for codes in (KATAKANA, KATAKANA.values()))
    folded = kana.str.replace_many(hiragana, katakana).str.replace_all("-", "")
    latin = _replaced(folded, _KANA).str.replace_all(_DOUBLED, "${1}${1}")
    return pl.select(pl.when(latin.str.contains("^[A-Z]+$")).then(latin)).to_series()


def kana_words(shadows: pl.Series) -> pl.Series:
    """Return the kana of texts in katakana without long vowels, what is between them and at the ends as #.

    Two words with one sign between them are one: サトウ タロウさん is #サトウタロウ#サン#.
    """
    joined = shadows.str.replace_all(_KANA_GAP, "${1}${2}")
    parted = joined.str.replace_all(_PARTICLE, "${1}#${2}").str.replace_all(_NO_KANA, "#")
    hiragana, katakana = ([*map(chr, codes)] for codes in (KATAKANA, KATAKANA.values()))
    folded = parted.str.replace_many(hiragana, katakana).str.replace_all("-", "", literal=True)
    return pl.select(pl.lit(_END) + folded + pl.lit(_END)).to_series()


def sounds(shadows: pl.Series) -> pl.Series:
    """Return the Latin letters of texts, one way of writing each sound: Satoh Shintarou, SATO SINTARO."""
    letters = _replaced(shadows.str.replace_all(r"[^A-ZĀĪŪĒŌÂÎÛÊÔ]+", ""), _SOUNDS)
    for _ in range(3):  # what is left may be such a pair again
        letters = _replaced(letters, _LONG)
    return letters


def numbers(shadows: pl.Series) -> pl.Series:
    """Return texts whose numbers have nothing between their groups."""
    texts = shadows
    for _ in range(2):
        texts = texts.str.replace_all(r"([0-9])[\s.,/_-]{1,3}([0-9])", "${1}${2}")
    return texts.str.replace_all(r"([0-9])([^0-9]|$)", f"${{1}}{_END}${{2}}")


def said_numbers(shadows: pl.Series) -> pl.Series:
    """Return texts whose numbers are without gaps and kanji: 〇九〇の七〇五六 is 0907056."""
    texts = _replaced(shadows, KANJI_DIGITS)
    for _ in range(2):
        texts = texts.str.replace_all(_SAID_GAP, "${1}${2}")
    return texts


def four_digits(shadows: pl.Series) -> pl.Series:
    """Return texts in which four digits alone, that are no year, day, time or price, read #1234#."""
    texts = shadows.str.replace_all(_NO_FOUR, "A")
    for _ in range(2):  # matches do not overlap
        texts = texts.str.replace_all(_FOUR, "${1}#${2}#${3}")
    return texts


def _ended(texts: pl.Series) -> pl.Series:
    closed = changed_where(texts, _OPEN, lambda some: some.str.replace_all(_OPEN, f"{_END}${{1}}"))
    return closed.str.replace_all(_NUMBER, f"${{1}}{_END}${{2}}")


def _replaced(texts: pl.Series, by: Mapping[str, str]) -> pl.Series:
    """Replace, of several that begin at one place, the longest."""
    known = sorted(by, key=len, reverse=True)
    return texts.str.replace_many(known, [by[text] for text in known], leftmost=True)
