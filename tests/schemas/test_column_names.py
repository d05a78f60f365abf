"""What names of columns say, and which only look alike."""

import pytest

from tokumei.schemas.column_names import CODES, PERSONAL, Named, Role, roles_of, says


@pytest.mark.parametrize(
    "name",
    [
        "個人番号",
        "本人の個人番号（マイナンバー）",
        "My Number",
        "ｍｙ＿ｎｕｍｂｅｒ",
        "住民票コード",
        "個人番号カード番号",
        "マイナンバー（登録分）",
        "基礎年金番号",
        "運転免許証の番号",
        "運転免許番号",
        "免許証No",
        "免許情報記録の番号",
        "旅券番号",
        "パスポート№",
        "passport_no",
        "Passport Number",
        "driver's license number",
        "drivers_licence_no",
        "在留カード番号",
        "特別永住者証明書の番号",
        "被保険者等記号・番号",
        "介護保険被保険者番号",
        "健康保険証番号",
        "組合員証の番号",
        "加入者等記号",
        "免許番号",
        "免許 No",
        "指紋データ",
        "指紋",
        "顔特徴量",
        "顔写真",
        "DNA配列",
        "虹彩情報",
        "fingerprint_template",
        "faceVector",
    ],
)
def test_identification_codes(name):
    assert says(CODES, name) and says(CODES, "c1", name) and not says(CODES, None)


@pytest.mark.parametrize(
    "name",
    [
        "患者番号",
        "会員番号",
        "保険者番号",
        "passport_nationality",
        "商品番号",
        "組合員番号",
        "年金額",
        "免許の有無",
        "医師免許番号",
        "個人番号カードの有無",
        "マイナンバーカード保有",
        "マイナンバーカード取得状況",
        "個人番号登録済",
        "指紋採取日",
        "指紋の有無",
        "顔色",
        "遺伝子検査の有無",
        "printer",
        "interface",
    ],
)
def test_other_numbers(name):
    assert not says(CODES, name)


@pytest.mark.parametrize(
    "name",
    [
        *("氏名", "氏名カナ", "ﾌﾘｶﾞﾅ", "携帯電話番号", "Email", "e-mail", "last_name", "full name"),
        *(
            "name",
            "Name",
            "NAME",
            "ｎａｍｅ",
            "customer_name",
            "customerName",
            "CUSTOMER NAME",
            "patient-name",
        ),
        *(
            "name_kana",
            "nameKanji",
            "surname",
            "user_name",
            "username",
            "given_name",
            "contact.name",
            "name1",
        ),
        *(
            "患者名",
            "名前",
            "お名前",
            "氏　名",
            "氏 名",
            "御氏名",
            "名前（カナ）",
            "会員名",
            "お客様名",
            "患者の名前",
        ),
        *(
            "担当者名",
            "世帯主名",
            "保護者名",
            "主治医名",
            "姓",
            "名",
            "姓（カナ）",
            "ヨミガナ",
            "代表者名",
            "宛名",
        ),
        *(
            "TEL",
            "tel",
            "ＴＥＬ",
            "tel1",
            "phone",
            "Phone Number",
            "home_phone",
            "mobile_no",
            "fax",
            "phoneNumber",
        ),
        *(
            "患者名フリガナ",
            "氏名又は会社名フリガナ",
            "個人名",
            "会社電話番号",
            "登録電話番号",
            "氏名（変更後）",
            "email_hash",
        ),
        *("携帯", "携帯番号", "電話", "自宅電話", "勤務先TEL", "緊急連絡先", "連絡先", "連絡先2", "FAX番号"),
        *(
            "自宅住所",
            "送付先住所",
            "自宅住所2",
            "現住所",
            "本籍",
            "address",
            "home_address",
            "Address1",
            "現住所（カナ）",
        ),
        *("mail", "Mail", "メール", "eメール", "mail_address", "携帯メール", "メールアドレス2", "user_email"),
    ],
)
def test_names_and_contacts(name):
    assert says(PERSONAL, name) and says(PERSONAL, "c1", name)


@pytest.mark.parametrize(
    "name",
    [
        *("商品名", "店舗名", "電話の有無", "file_name", "filename", "fileName", "product_name", "item_name"),
        *(
            "品名",
            "会社名",
            "病院名",
            "病名",
            "傷病名",
            "薬品名",
            "商品の名前",
            "施設名",
            "町名",
            "市区町村名",
        ),
        *(
            "都道府県名",
            "部署名",
            "診療科名",
            "駅名",
            "学校名",
            "銀行名",
            "件名",
            "題名",
            "列名",
            "名称",
            "分類名",
        ),
        *("有名度", "名義", "名目", "記名", "名寄せ番号", "匿名", "shop_name", "company_name", "hostname"),
        *(
            "column name",
            "brandName",
            "names_count",
            "rename",
            "domain_name",
            "tableName",
            "路線名",
            "作品名",
        ),
        *(
            "住所コード",
            "住所地特例",
            "住所区分",
            "住所変更日",
            "ip_address",
            "addressee_count",
            "MACアドレス数",
        ),
        *(
            "hotel",
            "hotel_no",
            "telework",
            "phone_model",
            "携帯電話会社",
            "携帯電話料金",
            "電話勧誘",
            "連絡回数",
        ),
        *(
            "direct_mail",
            "directMail",
            "mailing_flag",
            "メール配信",
            "メール会員区分",
            "mail_count",
            "発注元",
            "人数",
        ),
        *(
            "電話番号有無",
            "電話番号登録フラグ",
            "メールアドレス登録済",
            "氏名変更回数",
            "email_opt_in",
            "has_email",
        ),
        *(
            "法人名",
            "商品名フリガナ",
            "店舗名よみがな",
            "市区町村名フリガナ",
            "店舗電話番号",
            "問い合わせ先電話番号",
        ),
        *("名古屋支店", "子の数", "父の職業", "担当課", "主治医の診療科", "個人事業"),
    ],
)
def test_other_names(name):
    assert not says(PERSONAL, name)


@pytest.mark.parametrize(
    "name",
    [
        "備考",
        "備考欄",
        "備考１",
        "特記事項",
        "自由記述",
        "ｺﾒﾝﾄ",
        "窓口メモ",
        "remarks",
        "Staff_Comment",
        "free text",
        "主治医所見",
        "所見",
        "検査所見",
        "経過",
        "経過記録",
        "理由",
        "申請理由",
        "退会理由",
        "主訴",
        "相談内容",
        "問い合わせ内容",
        "面談記録",
        "症状",
    ],
)
def test_free_text(name):
    assert says({Role.FREE_TEXT}, name) and says({Role.FREE_TEXT}, "c1", name)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "備考コード",
            "備考の有無",
            "コメント件数",
            "コメント数",
            "メモリ容量",
            "comment_count",
            "memory",
            "摘要",
            "自由診療",
        ),
        *("理由コード", "退会理由区分", "経過日数", "経過年数", "経過観察の有無", "所見の有無", "所見区分"),
        *("処理内容", "利用内容", "相談件数", "契約内容", "note", "reason_code", "症状コード"),
    ],
)
def test_not_free_text(name):
    assert not says({Role.FREE_TEXT}, name)


@pytest.mark.parametrize("name", ["年代", "購入者の年代", "年齢層", "世代", "年齢区分"])
def test_bands_of_ages(name):
    assert says({Role.AGE_BAND}, name)


@pytest.mark.parametrize("name", ["生年月日", "年齢", "利用年月", "生年", "代理店"])
def test_no_bands_of_ages(name):
    assert not says({Role.AGE_BAND}, name)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("氏　名", "氏\u200b名", "Ｎａｍｅ", "shimei", "onamae", "PatientName", "顧客 名", "first"), "name"),
        (("カナ", "シメイ", "しめい", "name_kana", "患者名フリガナ", "ﾌﾘｶﾞﾅ"), "kana"),
        (("TEL", "携帯", "denwa", "denwa_no", "Tel_No", "自宅TEL１", "mobilePhone"), "contact phone"),
        (("mail", "メール", "E-Mail", "ﾒｰﾙｱﾄﾞﾚｽ", "user_email"), "contact mail"),
        (("住所", "jusho", "Address1", "お届け先住所", "street"), "address"),
        (
            ("個人 番号", "個人\u200b番号", "MyNumber", "kojin_bango", "マイナンバー（登録分）"),
            "code my_number",
        ),
        (("住民コード", "住基番号", "juki", "JUKI_CD"), "code residence"),
        (("年金番号", "基礎年金番号", "nenkin", "年金手帳の番号"), "code pension"),
        (("国保記号番号", "被保険者証の記号・番号", "hokensho_no", "健保番号"), "code insurance"),
        (("在留カード", "zairyu", "在留番号", "residence_card_no"), "code residence_card"),
        (("パスポート", "pno", "旅券No.", "passportNumber"), "code passport"),
        (("koyo", "雇用保険番号", "雇保No"), "code employment"),
        (("指紋データ", "DNA配列", "dna", "fp", "顔特徴量", "faceVector"), "biometrics"),
        (("口座番号", "koza_bango", "acct_num", "account number"), "identifier bank"),
        (("IPアドレス", "ip", "ip_address", "IPv4"), "identifier ip"),
        (("端末ID", "device_id", "IMEI", "広告ID"), "identifier device"),
        (("クレジットカード番号", "cc_num", "cardNo"), "identifier card"),
        (("会員番号", "ユーザーID", "会員ＩＤ", "customer_id", "患者 ID", "kaiin_no", "宛名番号"), "link"),
        (("生年月日", "seinengappi", "dob", "birthDate", "BIRTH_DAY", "患者生年月日"), "birth date"),
        (("生年月", "birth_ym", "month_of_birth"), "birth month"),
        (("生年", "year_of_birth"), "birth year"),
        (("郵便番号", "yubin", "yuubin_no", "zip_code", "〒"), "postal"),
        (("病名", "傷病名コード", "犯罪歴", "障害の有無", "icd10"), "sensitive"),
    ],
)
def test_roles(names, said):
    role, _, kind = said.partition(" ")
    wanted = Named(Role(role), kind or None)
    assert [name for name in names if roles_of(name)[:1] != (wanted,)] == []


@pytest.mark.parametrize(
    "name",
    [
        *(
            "city_name",
            "商品名",
            "店名",
            "shop name",
            "filename",
            "電話種別",
            "店舗住所",
            "storeAddress",
            "会社名",
        ),
        *(
            "店舗ID",
            "取引ID",
            "商品番号",
            "id",
            "保険者番号",
            "銀行コード",
            "口座種別",
            "番号",
            "記号",
            "town",
        ),
        *(
            "年金額",
            "端末数",
            "card_type",
            "顔色",
            "IPO",
            "printer",
            "manage",
            "page",
            "unisex_flag",
            "birthplace",
        ),
        *("zippy", "name_count", "mailing", "telework", "dnaf", "", "　", "_", "0", "\u200b", "🙂"),
    ],
)
def test_names_that_say_nothing(name):
    assert roles_of(name) == ()


def test_what_is_worst_comes_first_and_has_its_criterion():
    said = roles_of("患者名フリガナ", "個人番号", None)
    assert [one.role for one in said] == [Role.CODE, Role.KANA]
    assert [one.criterion for one in said] == [2, 1] and roles_of("会員番号")[0].criterion == 3
    assert roles_of("年齢")[0].criterion == 5 and roles_of("病名")[0].criterion is None


def test_a_long_name_is_read_in_no_time():
    assert roles_of("患者" * 5_000 + "氏名") == (Named(Role.NAME),)
    assert roles_of("a_" * 50_000 + "氏名") == (Named(Role.NAME),)
