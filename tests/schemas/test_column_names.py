"""Which column names are refused, and which only look alike."""

import pytest

from tokumei.schemas.column_names import names_code, names_free_text, names_person


@pytest.mark.parametrize(
    "name",
    [
        "個人番号",
        "本人の個人番号（マイナンバー）",
        "My Number",
        "ｍｙ＿ｎｕｍｂｅｒ",
        "住民票コード",
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
    ],
)
def test_identification_codes(name):
    assert names_code(name) and names_code("c1", name) and not names_code(None)


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
    ],
)
def test_other_numbers(name):
    assert not names_code(name)


@pytest.mark.parametrize(
    "name", ["氏名", "氏名カナ", "ﾌﾘｶﾞﾅ", "携帯電話番号", "Email", "e-mail", "last_name", "full name"]
)
def test_names_and_contacts(name):
    assert names_person(name) and names_person("c1", name) and not names_person(None)


@pytest.mark.parametrize("name", ["商品名", "店舗名", "電話の有無", "file_name", "住所", "name"])
def test_other_names(name):
    assert not names_person(name)


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
    ],
)
def test_free_text(name):
    assert names_free_text(name) and names_free_text("c1", name) and not names_free_text(None)


@pytest.mark.parametrize(
    "name",
    ["備考コード", "備考の有無", "コメント件数", "メモリ容量", "comment_count", "memory", "摘要", "自由診療"],
)
def test_not_free_text(name):
    assert not names_free_text(name)
