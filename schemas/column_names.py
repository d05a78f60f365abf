"""What a column's name gives away: an identification code, what names a person by itself, or free text.

A name is a hint, not a proof, so it only ever refuses. Sources: 法2条2項, 施行令1条, 規則2–4条 (for
identification codes); 規則34条1号 and its guideline 3-2-2-1 (氏名, 連絡先).

Names are compared after NFKC, without spaces; ``customerName`` is read as ``customer_name``. 名 names a
person alone and behind a word for one (患者名), not behind a thing (商品名, 病院名, file_name).
"""

from __future__ import annotations

import re
import unicodedata

_NUMBER = r"の?(番号|no(?![a-z])|num)"
_CODE = re.compile(
    r"個人番号|マイナンバー|my[_-]?number|住民票コード|"
    rf"(基礎年金|免許証|運転免許|免許情報記録|旅券|パスポート|在留カード|特別永住者証明書){_NUMBER}|^免許{_NUMBER}|"
    r"(被保険者(証|等)?|保険証|(組合員|加入者)(証|等))の?(記号|番号)|"
    r"(指紋|掌紋|声紋|虹彩|静脈|歩容)(の?(データ|情報|画像|特徴量?|テンプレート|パターン|認証データ))?$|"
    r"顔の?(特徴量?|認証(データ|情報)?|データ|画像|写真|テンプレート)$|"
    r"(dna|ゲノム|遺伝子)の?(塩基)?(配列|データ|情報)$|塩基配列|"
    r"passport[_-]?n(o|um)|driver.{0,3}licen[cs]e[_-]?n(o|um)|"
    r"(^|_)((finger|voice|palm)_?print|face_?(template|vector))s?(_?(template|image|data))?$",
    re.IGNORECASE,
)
_PERSONS = (
    r"(患者|会員|顧客|お?客様?|利用者|使用者|契約者|申込者|申請者|届出人|請求者|購入者|注文者|送付先|送り先|届け?先|宛|受取人|"
    r"名義人|相手|本人|世帯主|保護者|家族|配偶者|扶養者|被扶養者|受給者|被保険者|住民|市民|生徒|児童|学生|園児|受験者|"
    r"職員|社員|従業員|担当者?|代表者|責任者|医師|主治医|担当医|看護師|薬剤師|紹介者|連絡者|来訪者|参加者|回答者|対象者|"
    r"父|母|夫|妻|子|親|個人|(?<!法)人)"
)
_PERSONS_ENGLISH = (
    r"(customer|client|patient|member|user|person|personal|contact|employee|staff|student|pupil|guardian|parent|"
    r"holder|owner|applicant|recipient|insured|doctor|physician|buyer|purchaser|resident|subscriber|guest|"
    r"father|mother|spouse|child|full|first|last|family|given|middle|maiden|sur|nick|kana|kanji)"
)
_READING = (
    r"[(_]?(漢字|カナ|かな|仮名|ローマ字|英字|読み|よみ|kana|kanji|roman|romaji|en|ja|jp|sei|mei)?\)?[0-9]?"
)
_WHOSE = (
    r"(自宅|携帯|勤務先|会社|緊急|本人|日中|昼間|夜間|実家|現|前|旧|送付先|届け?先|お?客様?|顧客|患者|会員|契約者|"
    r"世帯主|保護者)"
)
_PERSON = re.compile(
    r"氏名|姓名|フリガナ|ふりがな|(名前|氏)の?(カナ|かな|よみ|読み)|(ヨミ|よみ|読み)(ガナ|がな|仮名)|"
    rf"^(お|ご)?(名前|芳名){_READING}$|^(姓|名|苗字|名字|姓氏)(カナ|かな|\(カナ\))?[0-9]?$|^(カナ|かな)名$|"
    rf"{_PERSONS}の?お?名前?{_READING}$|"
    rf"電話番号|携帯番号|メールアドレス|e-?mail|^(e|パソコン|携帯|pc)?(メール|mail)(アド(レス)?|_?addr(ess)?)?[0-9]?$|"
    rf"^({_WHOSE}の?)?(電話|携帯|tel|telno|fax|ファクス|ファックス|ファクシミリ)(番号)?[0-9]?$|^(緊急)?連絡先([0-9]|電話)?$|"
    rf"^{_WHOSE}の?(住所|居所)[0-9]?({_READING})$|^({_WHOSE}の?)?(所番地|本籍地?|番地|方書)[0-9]?({_READING})$|"
    rf"^name{_READING}$|(^|_){_PERSONS_ENGLISH}_?name{_READING}$|(full|first|last|family)[_-]?name|"
    r"(^|_)(tel|telephone|phone|fax|mobile|cell|mobilephone|cellphone)_?(no|num|number)[0-9]?$|"
    r"^((home|work|mobile|cell|office|customer|patient|member|contact)_)?(tel|telephone|phone|fax)[0-9]?$|"
    r"^((home|street|mailing|postal|shipping|billing|customer|patient|member|client)_?)?address_?(line)?_?[0-9]?$|"
    r"(?<!direct)(?<!direct_)(?<![a-z])mail(_?address)?$",
    re.IGNORECASE,
)
_FREE_TEXT = re.compile(
    r"備考|特記(事項)?|自由(記述|記載|記入|意見|回答)|コメント|メモ(?!リ)|所見|主訴|"
    r"(経過|理由|事情|症状|いきさつ|経緯)(記録|欄|等|の?詳細|メモ)?$|"
    r"(相談|面談|面接|指導|聴取|通話|問い?合わ?せ|苦情|要望|意見|申出|診察|看護|介護)の?(内容|記録)$|"
    r"(^|[ _-])(remarks?|comments?|memo|free[ _-]?text)$",
    re.IGNORECASE,
)
# About a number, name or address, and none: 電話番号の有無, 氏名変更回数, マイナンバーカードの取得状況.
_ABOUT = re.compile(
    r"(有無|可否|要否|フラグ|区分|種別|件数|回数|登録済み?|(登録|取得|保有|交付|申請|変更)(状況|年月日|日)|"
    r"_(flag|count|opt_?in))$|"
    r"カードの?(保有|所持|取得|交付|申請|利用)(済み?)?$|^(has|is)_",
    re.IGNORECASE,
)
_OF_THING = re.compile(
    r"^(商品|製品|品|品目|銘柄|店舗?|支店|会社|企業|法人|団体|病院|医療機関|施設|建物|駅|町域?|市区?町村|都道府県|"
    r"地域|学校|部署|組織|取引先|仕入先)"
    r"(名称?)?の?[(_]?(フリガナ|ふりがな|(ヨミ|よみ|読み)(ガナ|がな|仮名)?)\)?$|"
    r"^(店舗?|支店|本社|営業所|病院|医療機関|施設|学校|窓口|問い?合わ?せ先)の?(電話番号|メールアドレス)$"
)
_ABOUT_TEXT = re.compile(
    r"(コード|区分|種別|分類|有無|フラグ|数|日時?|年月日?|時間|名称|大項目|小項目|番号)$"
)
_SENSITIVE = re.compile(
    r"(病|疾患|傷病|症)名|疾病|傷病|既往|診断|病歴|診療(?!所|科|報酬|年月|日)|治療|処方|投薬|医薬品|薬剤|健診|検診|検査(結果|値)|"
    r"障害(?!者?支援課)|障がい|要介護|犯罪|前科|前歴|刑事|非行|被害|人種|民族|信条|宗教|思想|社会的身分|"
    r"disease|diagnos|illness|disabilit|medication|prescription|criminal|religion|ethnic",
    re.IGNORECASE,
)
_AGE_BAND = re.compile(r"年代|世代|年齢(層|階級|階層|区分)")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def names_code(*texts: str | None) -> bool:
    """Return whether a name or title says individual identification code (個人識別符号)."""
    plain = [_plain(text) for text in texts if text]
    return any(_CODE.search(text) and not _ABOUT.search(text) for text in plain)


def names_person(*texts: str | None) -> bool:
    """Return whether a name or title says name of a person, phone number, address or e-mail address.

    Not what is said about one (電話番号の有無), nor the phone of a shop.
    """
    plain = [_plain(text) for text in texts if text]
    return any(_PERSON.search(t) and not (_ABOUT.search(t) or _OF_THING.search(t)) for t in plain)


def names_free_text(*texts: str | None) -> bool:
    """Return whether a name or title says free text (備考), not something about it (備考の有無)."""
    plain = [unicodedata.normalize("NFKC", text) for text in texts if text]
    return any(_FREE_TEXT.search(text) and not _ABOUT_TEXT.search(text) for text in plain)


def names_sensitive(*texts: str | None) -> bool:
    """Return whether a name or title says what may be 要配慮個人情報 (法2条3項, 施行令2条)."""
    return any(_SENSITIVE.search(_plain(text)) for text in texts if text)


def names_age_band(text: str) -> bool:
    """Return whether a text says a band of ages (年代, 年齢層), not one age or date."""
    return bool(_AGE_BAND.search(unicodedata.normalize("NFKC", text)))


def _plain(text: str) -> str:
    """Return a name after NFKC (№, full-width letters, half-width kana); spaces between letters as _."""
    parted = _HUMP.sub("_", unicodedata.normalize("NFKC", text).strip())
    parted = re.sub(r"(?<=[A-Za-z0-9])[\s.-]+(?=[A-Za-z0-9])", "_", parted)
    return re.sub(r"\s+", "", parted)
