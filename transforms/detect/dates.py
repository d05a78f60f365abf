"""Dates, dates of birth and ages in sentences, however they are written.

A date names at least a year, a month, or a day of a month: 「16日」 and 「3日分」 are none. An age is one
person's: not 80歳代, not 65歳以上.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Sequence

from tokumei.schemas.tables import eras

# As long as the text, so that places stay.
_PLAIN = str.maketrans(
    {
        **{chr(ord(char) + 0xFEE0): char for char in string.digits + string.ascii_letters},
        **dict.fromkeys("‐‑‒–—―−－ーｰ", "-"),
        **dict.fromkeys("／⁄∕", "/"),
        **dict.fromkeys("．。・", "."),
        **dict.fromkeys("（", "("),
        **dict.fromkeys("）", ")"),
        **dict.fromkeys("：", ":"),
        **dict.fromkeys("\u3000\u00a0", " "),
    }
)
_KANJI = "〇零一二三四五六七八九十元"
_UNITS = "一二三四五六七八九"
_YEAR_OF_ERA = rf"(?:[0-9]{{1,2}}|[{_KANJI}]{{1,3}})"
_MONTH_NUMBER, _DAY_NUMBER = "(?:1[0-2]|0?[1-9])", "(?:3[01]|[12][0-9]|0?[1-9])"
_MONTH = rf"(?:{_MONTH_NUMBER}|十[一二]?|[{_UNITS}])"
_DAY = rf"(?:{_DAY_NUMBER}|三十一?|二十[{_UNITS}]?|十[{_UNITS}]?|[{_UNITS}])"
_AD = "(?:18|19|20)[0-9]{2}"
_YEAR = rf"(?:{_AD}|[一二][〇零{_UNITS}]{{3}}|(?:千九百|二千)[{_KANJI}]{{0,4}})"
_ERA = f"(?:{'|'.join(era.name for era in eras())}|[㍾㍽㍼㍻㋿])"
_LETTER = "".join(era.letter + era.letter.lower() + era.short for era in eras())
_ENGLISH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.?"
_BRACKETED = r" ?\([日月火水木金土](?:曜日?)?\)"
_WEEKDAY = rf"(?:{_BRACKETED}| ?[日月火水木金土]曜日?)?"
_END = rf"{_WEEKDAY}(?:生まれ|生)?"
_NO_SPAN = "(?![間分目前後連以ぶ代])"
_REST = rf"年度?{_NO_SPAN}(?: ?{_MONTH} ?月(?: ?{_DAY} ?日| ?[上中下]旬)?)?{_END}"
_ALONE, _NO_MORE = "(?<![0-9./-])", "(?![0-9./-])"
_SAME = r"(?P<sep>[-/.])"
_BIRTH = (
    r"(?:生年月日|誕生日|出生日?|生まれ|DOB|D\.O\.B\.?"
    "|[Bb]irth ?(?:day|date)|[Dd]ate of [Bb]irth|[Bb]orn(?: on)?)"
)
_SOMEBODY = "(?:方|人|者|男|女|父|母|夫|妻|息子|娘|本人|患者)"
_HAPPENED = "来|訪|電話|受|申|入院|退院|面|相談|連絡|死亡|通院|予約|より|から|付|午前|午後|頃"
_DATES = (
    # 2005年7月14日, 二〇〇五年, 2005（平成17）年7月, 平成17年, 昭和五十五年一月二日生まれ
    rf"(?:西暦 ?)?(?<![0-9]){_YEAR} ?(?:\({_ERA} ?{_YEAR_OF_ERA} ?年?\) ?)?{_REST}",
    rf"{_ERA} ?{_YEAR_OF_ERA} ?(?:\([0-9]{{4}}\) ?)?{_REST}",
    # S55.1.2, 令和6/4/1, 昭55年1月2日
    rf"(?:{_ERA}|(?<![A-Za-z])[{_LETTER}]) ?\.?{_YEAR_OF_ERA} ?[-/.年] ?{_MONTH} ?[-/.月]"
    rf" ?{_DAY}(?![0-9])日?{_END}",
    # 2005/7/14, 14-7-2005, '05.7.14, 05/07/14, 2005/7, 20050714
    rf"{_ALONE}{_AD}{_SAME} ?{_MONTH_NUMBER} ?(?P=sep) ?{_DAY_NUMBER}(?![0-9./-]*[0-9]){_WEEKDAY}",
    rf"{_ALONE}{_DAY_NUMBER}{_SAME}{_DAY_NUMBER}(?P=sep){_AD}{_NO_MORE}",
    rf"{_ALONE}['’][0-9]{{2}}{_SAME}{_MONTH_NUMBER}(?P=sep){_DAY_NUMBER}{_NO_MORE}",
    rf"{_ALONE}[0-9]{{2}}/{_MONTH_NUMBER}/{_DAY_NUMBER}{_NO_MORE}",
    rf"{_ALONE}(?:19|20)[0-9]{{2}}/{_MONTH_NUMBER}{_NO_MORE}",
    r"(?<![0-9A-Za-z./-])(?:19|20)[0-9]{2}(?:1[0-2]|0[1-9])(?:3[01]|[12][0-9]|0[1-9])(?![0-9A-Za-z./円-])",
    # 7月14日, 七月十四日, 7月下旬, 7/14(木)
    rf"(?<![0-9{_KANJI}]){_MONTH} ?月 ?{_DAY} ?日{_NO_SPAN}{_END}",
    rf"(?<![0-9{_KANJI}]){_MONTH}月(?:[上中下]旬|末|初め|頃|ごろ)?{_NO_SPAN}(?![ 0-9]*[かヶカケ日曜病])",
    rf"{_ALONE}{_MONTH_NUMBER}/{_DAY_NUMBER}{_BRACKETED}",
    # 昭36生, S43年生まれ, 1959生まれ, 12/10生, 601126生
    rf"(?P<only>(?:(?:{_ERA}|(?<![A-Za-z])[{_LETTER}]) ?\.?{_YEAR_OF_ERA}|(?<![0-9]){_AD}) ?年?"
    rf"|{_ALONE}{_MONTH_NUMBER}[/.]{_DAY_NUMBER}|(?<![0-9])[0-9]{{6,8}})"
    rf" ?(?:生まれ|うまれ|生(?:(?![ぁ-ゖ一-龥])|(?=の{_SOMEBODY})))",
    rf"{_ALONE}{_MONTH_NUMBER}/{_DAY_NUMBER}(?= ?(?:{_HAPPENED}))",
    # July 14, 2005; 14 July 2005
    rf"(?<![A-Za-z]){_ENGLISH} [0-9]{{1,2}}(?:st|nd|rd|th)?,? {_AD}",
    rf"(?<![0-9])[0-9]{{1,2}} {_ENGLISH},? {_AD}",
    # 生年月日：800102, 誕生日は7.14
    rf"{_BIRTH}[^0-9A-Za-z\n]{{0,6}}"
    r"(?P<only>[MTSHRmtshr]?[0-9]{1,4}(?:[ ./-]?[0-9]{1,4}){0,2})(?![0-9])",
)
_MONTHS_OLD = " ?[0-9]{1,2} ?[かヶケカヵ箇]月"
_AGES = (
    rf"(?:満|数え|享年|行年)? ?(?:[0-9]{{1,3}}|[{_KANJI}百]{{1,5}}) ?(?:歳|才|さい|ｻｲ)(?:{_MONTHS_OLD})?"
    "(?!代|以上|以下|未満|から|まで|児)",
    r"(?<![0-9])[0-9]{1,3} ?(?:y/o|yo(?![A-Za-z])|y\.o\.|years? old|-year-old)",
    r"(?:年齢|年令|享年|[Aa]ged?)[: は]{0,3}(?P<only>[0-9]{1,3})(?![0-9./%-])",
    r"満 ?(?P<only>[0-9]{1,3})(?![0-9.,]|[ 　]?[人名年月日円%点ヶかヵカ期])",
    r"(?:今年|現在)で? ?(?P<only>[0-9]{2,3})(?=$|[。、)\n]| ?に?なり)",
    rf"生後(?:{_MONTHS_OLD}| ?[0-9]{{1,3}} ?[日週])",
)
_SHORTEST = re.compile(f"[0-9{_KANJI}]")


def _compiled(patterns: Sequence[str]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern) for pattern in patterns)


_DATE_RULES, _AGE_RULES = _compiled(_DATES), _compiled(_AGES)


def _found(rules: Sequence[re.Pattern[str]], texts: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    for number, text in enumerate(texts):
        plain = text.translate(_PLAIN)
        if _SHORTEST.search(plain) is None:
            continue
        for rule in rules:
            group = "only" if "only" in rule.groupindex else 0
            for match in rule.finditer(plain):
                yield number, *match.span(group)


def date_spans(texts: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """Yield (text, start, end) of dates in texts, in code points; they may overlap. Linear in the texts."""
    return _found(_DATE_RULES, texts)


def age_spans(texts: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """Yield (text, start, end) of ages in texts, in code points. Linear in the texts."""
    return _found(_AGE_RULES, texts)
