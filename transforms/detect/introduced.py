"""Names that the words beside them introduce, whatever else they are: 王様宅, 担当 森より, ニシという人."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

# Family names of one character that are bound to words as well: 王様 is one word to a tokenizer.
_ONE = "王林森東西南北関金原泉堀岡島谷梅桂辻星宮浜旭畑菅柳滝峰乾巽"
_ALONE = "(?:(?<![一-龥々ァ-ヺA-Za-zＡ-Ｚａ-ｚ])|(?<=[日時分頃隣]))"  # 昨日王宅へ, 10時林様
_TITLES = (
    "様(?![々子式相態変])|さん|さま|氏(?![名族神])|殿(?!下)|夫妻|ご夫妻|宅|医師|先生|Dr|係長|課長|主任|部長"
    "|保健師|看護師|師長|氏"
)
_WHO = (
    "民生委員|ケアマネ(?:ジャー)?|担当者?|対応者?|主治医|保健師|ヘルパー|相談員|本人|申請者|世帯主"
    "|妻|夫|父|母|長男|長女"
)
_RULES = tuple(
    map(
        re.compile,
        (
            rf"{_ALONE}([{_ONE}])(?= ?(?:{_TITLES}))",
            rf"(?:{_WHO})[ \u3000：:はの（(]{{0,2}}([{_ONE}])(?=$|[\s、。）)]|より|から|へ|に|が|と)",
            r"旧姓[はが：:\s]{0,2}([一-龥々]{1,4}?)(?=です|で|、|。|$|）|\))",
            r"(?<![一-龥々])([一-龥々]{1,4})(?= ?と(?:名乗る|申す|いう|言う|いった)(?:人|方|者|男|女))",
            r"(?<![ァ-ヺ])([ァ-ヺー]{2,6})(?= ?と(?:名乗る|申す|いう|言う|いった)(?:人|方|者|男|女))",
            r"(?<![ぁ-ゖ])([ぁ-ゖ]{2,5})(?= ?と(?:名乗る|申す|いう|言う|いった)(?:人|方|者|男|女))",
        ),
    )
)


def introduced_people(texts: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """Yield (text, start, end) of each. Linear in the texts."""
    for number, text in enumerate(texts):
        for rule in _RULES:
            yield from ((number, *found.span(1)) for found in rule.finditer(text))
