"""Accounts and ends of numbers that only the word before them tells: LINE ID: hanako_x, 携帯の下4桁は1234.

Of these the leak search looks only for accounts that are called so at the few largest services (`contacts`).
The others are for redaction, where a word more costs little.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import polars as pl

from tokumei.transforms.detect.contacts import SERVICES
from tokumei.transforms.detect.spans import SpanLabel

_SERVICES = (
    rf"{SERVICES}|INSTA|ティックトック"
    "|DISCORD|ディスコ-ド|SKYPE|スカイプ|THREADS|スレッズ|KAKAO(?:TALK)?|カカオ(?:ト-ク)?|WECHAT|微信|WHATSAPP"
    "|TELEGRAM|YOUTUBE|ユ-チュ-ブ|GMAIL|ZOOM|PAYPAY|SNS"
)
_JOINT = r"(?: ?(?:ID|アカウント|ユ-ザ-名?|名前|垢))?[ ]?[:=はのが「(]{0,2} ?"
_NAMED = rf"(?:(?:{_SERVICES}){_JOINT}|(?:(?:^|[^A-Z])ID|アカウント|ユ-ザ-名?) ?[:=は] ?)"
_ACCOUNT = rf"{_NAMED}(@?[A-Z0-9_][A-Z0-9_.-]{{2,}}[A-Z0-9_])"
_LAST = r"(?:下|末尾) ?(?:[0-9]|[一二三四五六]) ?(?:桁|ケタ|けた)[^0-9。、]{0,6}([0-9]{2,6})(?:[^0-9]|$)"
_RULES = ((_ACCOUNT, SpanLabel.ACCOUNT), (_LAST, SpanLabel.NUMBER))
_COMMON = frozenset({"LINE", "GMAIL", "ZOOM", "SNS"})


def told_by_word(shadows: pl.Series) -> Iterator[tuple[int, int, int, int]]:
    """Yield (text, start, end, label) of what a word tells, in shadows whose kanji digits are ASCII."""
    for pattern, label in _RULES:
        for row in shadows.str.contains(pattern).arg_true().to_list():
            for match in re.finditer(pattern, shadows[row]):
                if match[1] not in _COMMON:
                    yield row, *match.span(1), int(label)
