"""Values that look like what the name of their column says, and others."""

import polars as pl
import pytest

from tokumei.schemas.column_names import roles_of
from tokumei.transforms.detect.as_named import looks_as_named


def looks(name, cells):
    said = roles_of(name)[0]
    return looks_as_named(said.role, said.kind, pl.Series(cells, dtype=pl.String)).to_list()


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        (
            "氏名",
            [
                "佐藤 太郎",
                "長谷川　花子",
                "髙橋・一",
                "Sato Taro",
                "SATO, Hanako",
                "佐藤太郎",
                "渡邊健人",
                "田中",
            ],
        ),
        ("カナ", ["サトウ タロウ", "ｻﾄｳ ﾀﾛｳ", "さとう　たろう", "サトウタロウ", "はせがわはなこ"]),
        ("住所", ["東京都港区芝浦1-2-0", "港区芝浦一丁目", "芝浦12番地", "大阪府堺市東町３－４"]),
        ("TEL", ["03-3580-1000", "０９０－１２３４－５６７８"]),
        ("mail", ["u0@example.jp", "a.b@example.co.jp"]),
        ("IPアドレス", ["203.0.113.0"]),
        ("端末ID", ["6D92078A-8246-4BA4-AE5B-761048600000", "356938035643809"]),
        ("口座番号", ["普通1234567", "1234567"]),
        ("カード番号", ["4111 1111 1111 1111", "4111111111111111"]),
        ("マイナンバー", ["1234 5678 9018", "123456789018", "１２３４５６７８９０１８"]),
        ("juki", ["12345678901"]),
        ("nenkin", ["1234-567890", "1234567890"]),
        ("免許番号", ["第309012345678号", "309012345678"]),
        ("pno", ["TR1234567", "ＴＲ１２３４５６７"]),
        ("zairyu", ["AB12345678CD", "ab12345678cd"]),
        ("koyo", ["1234-567890-1", "12345678901"]),
        ("国保記号番号", ["港-12000", "12・3456"]),
        ("fp", ["00 19 32 4B 64 7D 96 AF C8 E1 FA 13 2C 45 5E 77 90", "f" * 64, "fp" + "0" * 60]),
        ("dna", ["ACGTACGTACGTACGTACGT0", "acgtacgtacgt"]),
        ("顔特徴量", ["[0.000,0.77]", "0.12 -0.5 0.77"]),
        ("生年月日", ["1950-01-10", "2001-12-31"]),
    ],
)
def test_what_the_name_says(name, cells):
    assert looks(name, cells) == [True] * len(cells)


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("氏名", ["ポチ", "東京都 港区", "1", "商品 A1", "りんご", "山田商店", "油圧ショベル"]),
        ("カナ", ["リンゴジュース", "A", "ボールペン", "ニホン"]),
        ("住所", ["東京都港区", "大阪府", "関東"]),
        ("TEL", ["有", "無", "03"]),
        ("マイナンバー", ["取得", "1234"]),
        ("juki", ["油圧ショベル", "12"]),
        ("nenkin", ["780000", "65,000", "厚生"]),
        ("pno", ["1", "P-12", "TR12"]),
        ("zairyu", ["留学", "5"]),
        ("koyo", ["正規", "1"]),
        ("fp", ["1級", "AFP"]),
        ("dna", ["陽性", "ACGT"]),
        ("生年月日", ["1950-01-01", "1950", "昭和"]),
        ("会員番号", ["一般", "00012"]),
    ],
)
def test_something_else(name, cells):
    assert looks(name, cells) == [False] * len(cells)
