"""Where somebody works or learns, told by the words around it: 株式会社山田商店に勤務, 第三中学校に通学.

A firm or hospital in a text tells of nobody; that somebody is there every day does. So a word for it must
stand before the name or behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_LETTER = r"[一-鿿々ヶ〇○◯●ァ-ヺー・A-Za-zＡ-Ｚａ-ｚ&＆0-9０-９]"
_FORM = (
    r"(?:株式会社|有限会社|合同会社|合資会社|[（(][株有][）)]|㈱|㈲|医療法人|社会福祉法人|学校法人"
    r"|(?:一般|公益)(?:社団|財団)法人)"
)
_KIND = (
    r"(?:病院|医院|クリニック|薬局|診療所|銀行|信用金庫|商店|商会|工業|製作所|建設|工務店|運輸|運送|自動車|電機|製薬|食品"
    r"|物産|産業|不動産|ホテル|旅館|市役所|区役所|町役場|村役場|県庁|消防署|警察署|郵便局|農協|保育園|幼稚園|小学校|中学校"
    r"|高校|高等学校|大学|大学院|専門学校|支援学校|スーパー|工場|事務所|会社|ホーム|作業所)"
)
_BRANCH = rf"(?:{_LETTER}{{0,10}}(?:支店|営業所|工場|本社|支社|店))?"
_NAME = rf"(?:{_FORM}[ 　]?{_LETTER}{{1,20}}|{_LETTER}{{1,20}}?(?:{_FORM}|{_KIND}){_BRANCH})"
_DOES = (
    r"(?:勤務|勤め|勤続|就職|就労|就業|就任|在職|在籍|入社|退社|退職|転職|雇用|解雇|内定|採用|パート|アルバイト|バイト|派遣|働"
    r"|社員|従業員|職員|部長|課長|係長|社長|取締役|通学|在学|入学|進学|卒業|中退|通園|在園|に通って)"
)
_JOINT = r"(?:[（(][^）)]{0,12}[）)])?(?:[にでへをのと]|から|より|として|にて)?[ 　]?"
_BEHIND = re.compile(rf"(?P<name>{_NAME}){_JOINT}{_DOES}")
_CALLED = re.compile(
    r"(?:勤務先|勤め先|職場|就職先|就労先|転職先|派遣先|雇用主|アルバイト先|バイト先|パート先|通学先|在籍校|出身校|母校|所属先)"
    r"(?:名|名称)?(?:[はがも:：=＝（(「『]|です|、)?[ 　]?"
    rf"(?P<name>{_FORM}[ 　]?{_LETTER}{{1,20}}"
    rf"|{_LETTER}{{2,24}}?(?=[。、，,」』）)\s]|です|だ|に|で|の|と|$))"
)
_PERHAPS = re.compile(r"[勤職働社員雇校園学就派籍]|バイト|パート|内定|採用|取締役|所属先|部長|課長|係長")
_NONE = re.compile(
    r"(?:不明|未定|なし|無し|同じ|同上|変更|記載なし|未記入|倒産|連絡|確認|電話|同|無)[一-鿿]{0,4}"
)


def employer_spans(texts: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """Yield (text, start, end) of each name. Linear: no name is longer than some forty letters."""
    for number, text in enumerate(texts):
        if _PERHAPS.search(text) is None:
            continue
        for rule in (_BEHIND, _CALLED):
            for found in rule.finditer(text):
                if _NONE.fullmatch(found["name"]) is None:
                    yield (number, *found.span("name"))
