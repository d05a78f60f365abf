"""Codes that are known by the word before them: no check digit of theirs is published.

個人識別符号 (法2条2項, 施行令1条, 規則2条～4条), and the numbers of accounts and devices. The words, with the
short ones of daily use, stand in `schemas/tables/code_words.csv`.
"""

from __future__ import annotations

from functools import cache

import polars as pl
import pyarrow as pa

from tokumei.schemas.tables import code_words
from tokumei.transforms.detect.kinds import Kind
from tokumei.transforms.detect.shadow import shadow

GAP = r"[\s.,:・/_()\[\]-]"  # what people put between the groups of a number
_LONG = rf"[A-Z]{{0,2}}[0-9](?:{GAP}{{0,3}}[0-9]){{6}}"  # 7 digits and more
_END = r"(?:[^0-9A-Z]|$)"
_NEAR = r"[^0-9A-Z。]{0,8}(?:(?:NO|ID|#)[^0-9A-Z。]{0,4})?"
_TITLES = {
    "my_number": ("number named as My Number", "個人番号と書かれた番号"),
    "residence": ("residence record code", "住民票コード"),
    "pension": ("basic pension number", "基礎年金番号"),
    "licence": ("number named as a driver's licence", "運転免許証と書かれた番号"),
    "passport": ("passport number", "旅券番号"),
    "residence_card": ("residence card number", "在留カード等の番号"),
    "employment": ("employment insurance number", "雇用保険被保険者番号"),
    "device": ("device number", "端末の番号"),
}
_SHAPES = {
    "passport": rf"(?:[A-Z]{{2}} ?[0-9]{{7}}{_END}|{_LONG})",
    "residence_card": rf"(?:[A-Z]{{2}} ?[0-9]{{8}} ?[A-Z]{{2}}{_END}|{_LONG})",
}
# The numbers of insurance are free in form (保険証 記号12 番号3456): the word 記号 or 番号 must stand there.
_SYMBOL = r"記号[^0-9A-Z。]{0,10}[0-9]"
_NUMBER = r"(?:記号・?番号|番号?|NO|#)[\s:は=()\[\]「」第・.#-]{0,6}[0-9A-Z]?[0-9][0-9-]{1,}"
_INSURANCE = rf"[^0-9A-Z。、]{{0,8}}(?:{_SYMBOL}|{_NUMBER})"
_OF_ACCOUNT = r"(?:[0-9]{5,8}|[0-9]{3,4}[ ・._/-][0-9]{3,4})"
_ACCOUNT = rf"[^0-9。]{{0,16}}(?:普通?|当座?|貯蓄?|口座|番号?|記号|NO)[^0-9。]{{0,8}}{_OF_ACCOUNT}{_END}"


def with_word(shadows: pl.Series) -> pl.Series:
    """Return the shadows that have one of the words; no other holds one of the kinds of `worded`."""
    words = sorted({word for found in _words().values() for word in found})
    return shadows.filter(shadows.str.contains_any(words))


@cache
def worded() -> tuple[Kind, ...]:
    """Return the kinds that are known by a word."""
    words = {kind: f"(?:{'|'.join(found)})" for kind, found in _words().items()}
    return (
        *(
            Kind(name, title, words[kind] + _NEAR + _SHAPES.get(kind, _LONG))
            for kind, (name, title) in _TITLES.items()
        ),
        Kind("insurance number", "保険の記号・番号", words["insurance"] + _INSURANCE),
        Kind("bank account", "銀行口座の番号", words["bank"] + _ACCOUNT),
    )


@cache
def _words() -> dict[str, list[str]]:
    return {kind: shadow(pa.array(found)).to_list() for kind, found in code_words().items()}
