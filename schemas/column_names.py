"""What a column's name gives away: an identification code, what names a person by itself, or free text.

A name is a hint, not a proof, so it only ever refuses. Sources: 法2条2項, 施行令1条, 規則2–4条 (for
identification codes); 規則34条1号 and its guideline 3-2-2-1 (氏名, 連絡先).
"""

from __future__ import annotations

import re
import unicodedata

_NUMBER = r"(の)?(番号|no(?![a-z])|num)"
_CODE = re.compile(
    r"個人番号|マイナンバー|my[ _-]?number|住民票コード|"
    rf"(基礎年金|免許証|運転免許|免許情報記録|旅券|パスポート|在留カード|特別永住者証明書){_NUMBER}|"
    r"(被保険者(証|等)?|保険証|(組合員|加入者)(証|等))(の)?(記号|番号)|"
    r"passport[ _-]?n(o|um)|driver.{0,3}licen[cs]e[ _-]?n(o|um)",
    re.IGNORECASE,
)
_PERSON = re.compile(
    r"氏名|姓名|フリガナ|ふりがな|電話番号|メールアドレス|e-?mail|(full|first|last|family)[ _-]?name",
    re.IGNORECASE,
)
_FREE_TEXT = re.compile(
    r"備考|特記(事項)?|自由(記述|記載|記入|意見|回答)|コメント|メモ(?!リ)|"
    r"(^|[ _-])(remarks?|comments?|memo|free[ _-]?text)$",
    re.IGNORECASE,
)
_ABOUT_TEXT = re.compile(r"(コード|区分|種別|分類|有無|フラグ|件数|回数|文字数|日時?)$")


def names_code(*texts: str | None) -> bool:
    """Return whether a name or title says individual identification code (個人識別符号)."""
    return any(_CODE.search(_plain(text)) for text in texts if text)


def names_person(*texts: str | None) -> bool:
    """Return whether a name or title says personal name, phone number or e-mail address."""
    return any(_PERSON.search(_plain(text)) for text in texts if text)


def names_free_text(*texts: str | None) -> bool:
    """Return whether a name or title says free text (備考), not something about it (備考の有無)."""
    plain = [_plain(text) for text in texts if text]
    return any(_FREE_TEXT.search(text) and not _ABOUT_TEXT.search(text) for text in plain)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text)  # №, full-width letters, half-width kana
