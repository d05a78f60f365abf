"""What is published of columns beside their cells holds no code, no contact and nobody's name."""

import json

import pytest
from support.helpers import policy_of

from tokumei.schemas.errors import PolicyError
from tokumei.schemas.policy_file import parse_policy
from tokumei.transforms.planning.plan_tables import plan_tables

KEEP = {"type": "integer", "keep": True, "because": "試験"}
ID = {"treat": [{"criterion": 3, "method": "pseudonym", "link": "p"}]}


def planned(columns, **table):
    said = policy_of({"id": ID, **columns}, person="id")
    said["tables"]["t"] |= table
    plan_tables(parse_policy(json.dumps(said), "policy"), ".")


@pytest.mark.parametrize(
    "name",
    [
        "佐藤太郎",
        "佐藤 太郎",
        "佐藤　太郎",
        "佐藤・太郎",
        "齋藤美咲",
        "長谷川慎太郎",
        "佐藤さくら",
        "サトウ タロウ",
        "ｻﾄｳ ﾀﾛｳ",
        "小鳥遊瑛斗",
        "佐藤太郎様",
        "佐藤 太郎さん",
    ],
)
def test_a_column_that_is_called_like_a_person(name):
    for columns in (
        {name: KEEP},
        {"x": {**KEEP, "title": name}},
        {"x": {"drop": True, "because": "不要", "title": name}},
    ):
        with pytest.raises(PolicyError) as told:
            planned(columns)
        assert told.value.code == "column.person_in_name" and name not in str(told.value)
    planned({name: {**KEEP, "type": "string", "source_values_allowed": {"because": "曲名"}}})


@pytest.mark.parametrize(
    "name",
    [
        *("処理内容", "所得区分", "診療年月", "平均気温", "林業従事者", "森林面積", "金融機関", "本店所在地"),
        *("大森町", "高田東", "山田高校", "福井大学", "小林製薬", "高橋商店", "カタカナ ヒョウキ", "佐藤"),
        *("世帯主続柄", "要介護度", "傷病名", "商品名", "Sato Taro", "20260401"),
    ],
)
def test_other_names_of_columns(name):
    planned({name: KEEP})


@pytest.mark.parametrize(
    "step",
    [
        {"criterion": 1, "method": "replace", "by": "03-3580-1111"},
        {"criterion": 4, "method": "rare_categories", "action": "group", "label": "1234-5678-9018"},
    ],
)
def test_a_code_as_a_label(step):
    with pytest.raises(PolicyError, match="label"):
        planned({"x": {"treat": [step]}})


def test_a_code_in_the_title_of_a_table():
    with pytest.raises(PolicyError, match="title"):
        planned({"x": KEEP}, title="連絡は 03-3580-1111")
