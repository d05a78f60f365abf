"""Names of public bodies (行政機関等, 法2条8項・11項): whether a file's body seems to be one.

A name proves nothing, so it only leads to a question. Asked are names that end as those of municipalities,
prefectures and ministries do, or that hold the words that only public corporations may bear. A word of a
company or another private corporation in the name answers it.
"""

from __future__ import annotations

import re
import unicodedata

_PRIVATE = re.compile(
    r"株式会社|有限会社|合同会社|合資会社|合名会社|相互会社|特定目的会社|\((?:株|有|同|資|名|相|財|社|医|学|福|宗)\)"
    r"|財団法人|社団法人|医療法人|学校法人|社会福祉法人|宗教法人|特定非営利活動法人|NPO|更生保護法人"
    r"|協同組合|生協|農協|漁協|労働組合|健康保険組合|信用組合|信用金庫|銀行|弁護士法人|税理士法人|監査法人"
    r"|司法書士法人|行政書士法人|社会保険労務士法人|管理組合|自治会|町内会|商工会|商店|会社|協会|ホールディングス"
)
_CORPORATION = re.compile(
    r"独立行政法人|国立大学法人|公立大学法人|大学共同利用機関法人|国立研究開発法人|行政執行法人|一部事務組合|広域連合"
)
_PREFECTURE = r"(?:東京都|北海道|(?:大阪|京都)府|.+県)"
_OFFICE = (
    r"(?:長|知事|庁|役所|役場|議会|(?:教育|選挙管理|監査|人事|公平|農業|公安)委員会|監査委員|消防局|消防本部|水道局|"
    r"水道事業管理者|病院事業管理者|警察本部長?|警察)?"
)
_PUBLIC = re.compile(
    rf"(?:{_PREFECTURE}|.*(?<!地)区|.+市|.*[郡県].+[町村]|.{{2,}}[町村]|.+(?:企業団|財産区|事務組合)|内閣府){_OFFICE}"
    r"|.+(?:省|庁)(?:長官)?|.+大臣|会計検査院|人事院|内閣官房|.*公正取引委員会|.*個人情報保護委員会"
    r"|.+[市県都府道区町村]立(?!.*(?:法人|会社)).+"
)


def names_public_body(body: str) -> bool:
    """Return whether a name is that of a public body, as far as names tell."""
    name = re.sub(r"\s+", "", unicodedata.normalize("NFKC", body))
    if _PRIVATE.search(name) or "労働保険事務組合" in name:
        return False
    return bool(_CORPORATION.search(name) or _PUBLIC.fullmatch(name))
