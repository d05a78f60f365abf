"""What only the word beside it tells: LINE ID: hanako_x, 携帯の下4桁は1234, 診察券 00059, 電話 68-9635.

Of these the leak search looks only for accounts that are called so at the few largest services (`contacts`).
The others are for redaction, where a word more costs little.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import polars as pl

from tokumei.transforms.detect.contacts import SERVICES
from tokumei.transforms.detect.filled import READ_OUT
from tokumei.transforms.detect.spans import SpanLabel

_SERVICES = rf"{SERVICES}|GMAIL|ZOOM|PAYPAY|SNS"
_JOINT = r"(?: ?(?:ID|アカウント|ユ-ザ-名?|名前|垢))?[ ]?[:=はのが「(]{0,2} ?"
_NAMED = rf"(?:(?:{_SERVICES}){_JOINT}|(?:(?:^|[^A-Z])ID|アカウント|ユ-ザ-名?) ?[:=は] ?)"
_ACCOUNT = rf"{_NAMED}(@?[A-Z0-9_][A-Z0-9_.-]{{2,}}[A-Z0-9_])"
_LAST = r"(?:下|末尾) ?(?:[0-9]|[一二三四五六]) ?(?:桁|ケタ|けた)[^0-9。、]{0,6}([0-9]{2,6})(?:[^0-9]|$)"
_ENDING = r"末尾[ がは:]{0,2}([0-9]{3,4})(?:[^0-9年月日円%]|$)"
# Numbers that a person has somewhere, and what may stand before them.
_BEARERS = (
    "診察券|カルテ|患者|社員|職員|学生|学籍|整理|会員|組合員|顧客|お客様|契約|証券|受付|受給者|生活保護|ケ-ス|世帯"
    "|管理|登録|識別|手帳|被保険者|宛名|納税者?|国保|国民健康保険|社保|健保|後期高齢者?(?:医療)?|介護保険|共済"
    "|保険証?|口座|通帳|普通|当座|貯蓄|[(](?:普|当|貯)[)]|免許証?|旅券|診療|検体|処方箋?|予約|(?:^|[^A-Z])ID"
)
_OF_WHICH = r"(?:カ-ド|証|券|者|コ-ド|会員)?の?(?:番号|NO|ID|コ-ド|#|記号)?[ :=はが第「(・.]{0,4}"
_UNITS = (
    "円|人|名|件|回|歳|才|年|月|日|時|分|秒|枚|個|本|冊|台|点|%|万|千|百|億|単位"
    "|KM|KG|CM|MM|ML|MG|M(?![A-Z])|G(?![A-Z])"
)
_NUMBER_OF = (
    rf"(?:{_BEARERS}){_OF_WHICH}"
    rf"((?:[A-Z]{{1,4}}-?|[一-龥])?[0-9](?:[-・ ]?[0-9]){{2,}}(?![0-9]|[.,/:][0-9]| ?(?:{_UNITS})))"
)
_SHORTER = (
    r"(?:国保|国民健康保険|社保|健保|保険証?) ?"
    r"([一-龥]{1,2} ?[0-9]{1,4}[-・ ][0-9]+|[0-9]{2,4}[-・][0-9]{2,})"
)
_BEHIND_SYMBOL = r"記号[^0-9。]{0,12}番号[ は:]{0,3}([0-9][0-9-]+)"
_OF_BANK = r"(?:銀行|信金|信用金庫|農協|ゆうちょ|本店|支店|出張所)[^0-9。、]{0,8}([0-9]{7})(?![0-9])"
_SAID = r"(?:パスワ-ド|PASSWORD|PW|暗証番号|暗証|PIN)[ :は=「]{0,3}([0-9A-Z!-/_@#$%]{4,})"
_CALL = r"(?:TEL|FAX|電話|ファックス|ファクス|携帯|自宅|連絡先|固定|職場|勤務先)(?:番号)?[ :はの.)」]{0,4}"
_LOCAL = rf"{_CALL}([0-9]{{2,4}}[- ][0-9]{{4}})(?![0-9])"
_EXTENSION = r"内線[ :は番号]{0,4}([0-9]{2,6})(?![0-9])"
_EXCHANGE = r"(0[0-9]{1,4}局の?[0-9]{1,4}[の-][0-9]{4}|[0-9]{2,4}局の?[0-9]{4}番?)"
_K = "[0-9〇零一二三四五六七八九]"
_SPOKEN = rf"((?<!{_K}){_K}{{2,5}}[のノ]{_K}{{2,4}}[のノ]{_K}{{4}}(?!{_K}))"
_TAIL = "(?:^|[^0-9-])([0-9]{2,4}---[0-9]{4})(?:[^0-9-]|$)"  # 1234-の-5678, as `with_digits` leaves it
_MAIL = (
    r"([A-Z0-9._%+-]+ ?(?:[(\[] ?A ?[)\]]| ?アット(?:マ-ク)? ?| AT |@)"
    r" ?[^\s、。,()「」@]{1,40}\.[A-Z]{2,}(?![A-Z]))"
)
_DOMAIN = r"((?:[A-Z0-9-]+\.)+(?:COM|JP|NET|ORG|IO|ME|TV|INFO|BIZ|CO|BE|GG|AI|APP|DEV)/[A-Z0-9_./@%?=&~#+-]+)"
_OF_X = r"(?:^|[\s、。(「])X ?[:は] ?(@?[A-Z0-9_]{3,})"
_BEFORE = rf"(@?[A-Z0-9_.]{{4,}}) ?[(]({_SERVICES})[)]"
_RULES = (
    (_ACCOUNT, SpanLabel.ACCOUNT),
    (_OF_X, SpanLabel.ACCOUNT),
    (_BEFORE, SpanLabel.ACCOUNT),
    (_SAID, SpanLabel.ACCOUNT),
    (_MAIL, SpanLabel.MAIL),
    (_DOMAIN, SpanLabel.URL),
    (_LOCAL, SpanLabel.TELEPHONE),
    (_EXTENSION, SpanLabel.TELEPHONE),
    (_EXCHANGE, SpanLabel.TELEPHONE),
    (_SPOKEN, SpanLabel.TELEPHONE),
    (_TAIL, SpanLabel.TELEPHONE),
    (f"({READ_OUT})", SpanLabel.TELEPHONE),
    *((rule, SpanLabel.NUMBER) for rule in (_LAST, _ENDING, _NUMBER_OF, _SHORTER, _BEHIND_SYMBOL, _OF_BANK)),
)
_PERHAPS = (
    rf"{READ_OUT}|{_K}{{2}}|{_K}の|---|[@/:]|アット| AT |[(\[] ?A ?[)\]]|{_NAMED}"
    r"|パスワ|PASS|PW|PIN|暗証"  # (LINE) is `_NAMED`, whose joint may be empty
)
_COMPILED = tuple((re.compile(pattern), label) for pattern, label in _RULES)
_COMMON = frozenset({"LINE", "GMAIL", "ZOOM", "SNS"})


def told_by_word(shadows: pl.Series) -> Iterator[tuple[int, int, int, int]]:
    """Yield (text, start, end, label) of what a word tells, in shadows whose kanji digits are ASCII."""
    rows = shadows.str.contains(_PERHAPS).fill_null(value=False).arg_true()
    for row, text in zip(rows.to_list(), shadows.gather(rows).to_list(), strict=True):
        for rule, label in _COMPILED:
            for match in rule.finditer(text):
                if match[1] not in _COMMON:
                    yield row, *match.span(1), int(label)
