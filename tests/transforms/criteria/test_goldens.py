"""The examples of the official documents, through the chain that a policy makes.

GLA: 個人情報保護委員会 ガイドライン（仮名加工情報・匿名加工情報編）3-2-2-1 to 3-2-2-5 and 別表2.
CASE: 個人情報保護委員会事務局レポート 仮名加工情報・匿名加工情報 事例編 (2022).
"""

import datetime as dt

import pyarrow as pa
import pytest
from support.kernels import chain_of, treat

DAY = dt.date(2024, 4, 1)
INCOME = {
    "edges": [300, 600, 900, 1200, 1800],
    "labels": [
        "300万円未満",
        "300～600万円",
        "600～900万円",
        "900～1200万円",
        "1200～1800万円",
        "1800万円以上",
    ],
}
FAMILY = {"edges": [2, 3, 4], "labels": ["1人", "2人", "3人", "4人以上"]}
SPEED = {"edges": [10, 20, 30, 40, 50], "labels": ["0", "10", "20", "30", "40", "50km/h以上"]}
AREA = {"edges": [20, 40, 80], "labels": ["20m2未満", "20m2以上", "40m2以上", "80m2以上"]}


@pytest.mark.parametrize(
    ("source", "kind", "method", "values", "expected"),
    [
        (
            "GLA 3-2-2-4 事例2: 年齢が「116歳」 → 「90歳以上」",
            "integer",
            {"method": "top_code", "criterion": 4, "at": 90, "label": "90歳以上"},
            [116, 90, 89, None],
            ["90歳以上", "90歳以上", "89", None],
        ),
        (
            "GLA 別表2 トップコーディング: 80歳以上 → 「80歳以上」",
            "integer",
            {"method": "top_code", "criterion": 5, "at": 80, "label": "80歳以上"},
            [79, 80, 81, 100],
            ["79", "80歳以上", "80歳以上", "80歳以上"],
        ),
        (
            "GLA 3-2-2-5 事例3: 身長170cmの児童 → 「150cm以上」",
            "number",
            {"method": "top_code", "criterion": 5, "at": 150, "label": "150cm以上"},
            [128.5, 141.0, 149.9, 150.0, 151.2, 170.0],
            ["128.5", "141", "149.9", "150cm以上", "150cm以上", "150cm以上"],
        ),
        (
            "GLA 3-2-2-4 事例1: 症例数の極めて少ない病歴を削除 (list)",
            "string",
            {
                "method": "rare_values",
                "criterion": 4,
                "values": ["ハッチンソン・ギルフォード症候群"],
                "action": "cell",
            },
            ["高血圧", "ハッチンソン・ギルフォード症候群", None],
            ["高血圧", None, None],
        ),
        (
            "GLA 3-2-2-4 事例1: 症例数の極めて少ない病歴を削除 (counted)",
            "string",
            {"method": "rare_categories", "criterion": 4, "people": 3, "action": "cell"},
            ["高血圧"] * 3 + ["希少疾患"] + ["糖尿病"] * 4,
            ["高血圧"] * 3 + [None] + ["糖尿病"] * 4,
        ),
        (
            "GLA 3-2-2-1 事例1: 生年月日 → 生年月",
            "date",
            {"method": "year_month", "criterion": 1},
            [dt.date(1981, 4, 29), None],
            ["1981-04", None],
        ),
        (
            "GLA 3-2-2-1: 生年月日 → 生年",
            "date",
            {"method": "year", "criterion": 1},
            [dt.date(1981, 4, 29)],
            ["1981"],
        ),
        (
            "GLA 3-2-2-1 事例1: 住所 → ○○県△△市",
            "string",
            {"method": "address", "criterion": 1, "level": "city"},
            ["神奈川県伊勢原市粟窪1-2-3", "東京都江東区南砂", "どこか"],
            ["神奈川県伊勢原市", "東京都江東区", None],
        ),
        (
            "CASE 図表2-7～2-10: 年収 1,850万円 → 「1800万円以上」, six bands",
            "number",
            {"method": "bands", "criterion": 4, **INCOME},
            [1850.0, 1800.0, 1799.0, 299.0, 600.0],
            ["1800万円以上", "1800万円以上", "1200～1800万円", "300万円未満", "600～900万円"],
        ),
        (
            "CASE 図表2-24～2-27: 家族人数 6 → 「4人以上」",
            "integer",
            {"method": "bands", "criterion": 5, **FAMILY},
            [1, 2, 3, 4, 6],
            ["1人", "2人", "3人", "4人以上", "4人以上"],
        ),
        (
            "CASE 図表2-17～2-22: 車速 63km/h → 「50km/h以上」",
            "number",
            {"method": "bands", "criterion": 5, **SPEED},
            [63.0, 50.0, 49.9, None],
            ["50km/h以上", "50km/h以上", "40", None],
        ),
        (
            "CASE 図表2-24～2-27: 床面積, four bands",
            "number",
            {"method": "bands", "criterion": 5, **AREA},
            [19.9, 20.0, 79.0, 80.0],
            ["20m2未満", "20m2以上", "40m2以上", "80m2以上"],
        ),
        (
            "CASE 図表2-2～2-5: 日時 18:25:43 → 18:25",
            "datetime",
            {"method": "truncate_time", "criterion": 1, "unit": "minute"},
            [dt.datetime(2016, 7, 1, 18, 25, 43)],
            ["2016-07-01 18:25"],
        ),
        (
            "CASE 図表2-12～2-15: 日時, 30-minute units",
            "datetime",
            {"method": "truncate_time", "criterion": 1, "unit": "30min"},
            [dt.datetime(2016, 7, 1, 18, 25, 43), dt.datetime(2016, 7, 1, 18, 30)],
            ["2016-07-01 18:00", "2016-07-01 18:30"],
        ),
        (
            "CASE 図表2-7～2-10: 利用日 → month",
            "datetime",
            {"method": "truncate_time", "criterion": 1, "unit": "month"},
            [dt.datetime(2016, 7, 1, 18, 25, 43)],
            ["2016-07"],
        ),
        (
            "CASE 図表2-2～2-5: 生年月日 → seven bands",
            "date",
            {"method": "age_band", "criterion": 1, "preset": "id_pos_7"},
            [dt.date(year, 4, 1) for year in (2004, 1994, 1984, 1974, 1964, 1954, 1908)]
            + [dt.date(2004, 4, 2)],
            ["20歳代", "30歳代", "40歳代", "50歳代", "60歳代", "70歳以上", "70歳以上", "20歳未満"],
        ),
        (
            "CASE 図表2-7～2-10: 生年月日 → six bands",
            "date",
            {"method": "age_band", "criterion": 1, "preset": "case_6"},
            [dt.date(2004, 4, 1), dt.date(1994, 4, 1), dt.date(1994, 4, 2), dt.date(1954, 4, 1)],
            ["20歳代以下", "30歳代", "20歳代以下", "70歳以上"],
        ),
        (
            "CASE 図表2-24～2-27: rare 職種 → 「その他」",
            "string",
            {"method": "rare_categories", "criterion": 5, "people": 2, "action": "group"},
            ["事務", "事務", "宇宙飛行士", "力士", "営業", "営業"],
            ["事務", "事務", "その他", "その他", "営業", "営業"],
        ),
        (
            "GLA 別表2 丸め: 利用金額 to 100 yen, halves up, returns too",
            "integer",
            {"method": "round", "criterion": 5, "to": 100},
            [1234, 1250, 49, -1250, -1251, None, 2**63 - 1, -(2**63)],
            [1200, 1300, 0, -1200, -1300, None, 9223372036854775800, -9223372036854775800],
        ),
        (
            "GLA 別表2 丸め: kilometres to 0.3",
            "number",
            {"method": "round", "criterion": 4, "to": 0.3},
            [1.0, 0.15, -0.1, None],
            [0.9, 0.3, 0.0, None],
        ),
        (
            "GLA 3-2-2-1 事例2: 氏名 → delete; the text that replaces it tells nothing",
            "string",
            {"method": "replace", "criterion": 1, "by": "（削除）"},
            ["匿名太郎", None, "匿名花子"],
            ["（削除）", None, "（削除）"],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)
def test_official_examples(source, kind, method, values, expected):
    types = {
        "integer": pa.int64(),
        "number": pa.float64(),
        "date": pa.date32(),
        "datetime": pa.timestamp("s"),
    }
    column = pa.array(values, types.get(kind, pa.string()))
    assert treat(chain_of(kind, method, reference=DAY), column) == expected


def test_goods_become_their_category_by_a_hierarchy_file(tmp_path):
    """GLA 別表2 一般化「きゅうり」→「野菜」; GLA 3-2-2-5 事例2 購入者の極めて少ない品番・色 → category."""
    (tmp_path / "goods.csv").write_text("きゅうり;野菜;食品\nトマト;野菜;食品\nA-118 赤;上着;衣料\n", "utf-8")
    file = {"kind": "file", "path": "goods.csv"}
    values = pa.array(["きゅうり", "A-118 赤", None, "トマト"])
    for level, expected in ((1, ["野菜", "上着", None, "野菜"]), (2, ["食品", "衣料", None, "食品"])):
        recode = {"method": "recode", "criterion": 5, "hierarchy": file, "level": level}
        assert treat(chain_of("string", recode, base=tmp_path), values) == expected


def test_age_goes_through_two_criteria():
    """生年月日 → 年齢 (一号), then 116歳 → 「90歳以上」 (四号)."""
    steps = [
        {"method": "age", "criterion": 1},
        {"method": "top_code", "criterion": 4, "at": 90, "label": "90歳以上"},
    ]
    born = pa.array([dt.date(1907, 12, 1), dt.date(1984, 4, 2), None], pa.date32())
    assert treat(chain_of("date", *steps, reference=DAY), born) == ["90歳以上", "39", None]
