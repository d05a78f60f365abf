"""What a shop sells: products in classes and groups, with prices, how popular they are, and their seasons."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import polars as pl

from tokumei.transforms.synthesis import digits
from tokumei.transforms.synthesis.digits import Ints
from tokumei.transforms.synthesis.sampling import Weighted, zipf

# Group, then its classes, what everybody buys first: the price in yen of a usual product, and the months
# of the year in which it is bought, where that is not always.
_GROUPS = """
乳製品 牛乳:198 ヨーグルト:128 チーズ:298 バター:398 生クリーム:248 粉ミルク:1980
主食 食パン:128 米:1980 うどん:98 パスタ:158 シリアル:398 餅:398:12,1
大豆卵 豆腐:58 納豆:78 卵:198 油揚げ:88 厚揚げ:98 豆乳:178
青果 バナナ:158 たまねぎ:148 トマト:258 りんご:398:9,10,11,12,1,2 すいか:980:6,7,8 みかん:398:10,11,12,1
精肉 鶏肉:298 豚肉:358 ひき肉:258 牛肉:698 ソーセージ:258 ラム:598
鮮魚 鮭:258 さば:198 刺身:498 えび:398 うなぎ:1480:6,7,8 かに:1980:11,12,1
飲料 緑茶:98 水:78 コーヒー:128 炭酸:98:5,6,7,8,9 野菜ジュース:138 甘酒:198:12,1,2
酒 ビール:198 発泡酒:128 酎ハイ:118 ワイン:698 日本酒:898 ウイスキー:1280
菓子 チョコレート:128 ビスケット:118 米菓:148 飴:98 アイス:118:5,6,7,8,9 羊羹:258
惣菜 おにぎり:108 弁当:398 サラダ:198 コロッケ:88 寿司:598 おせち:4980:12
日用品 ティッシュ:198 洗剤:198 シャンプー:398 歯磨:158 電池:298 かいろ:98:11,12,1,2
育児介護 紙おむつ:980 おしりふき:198 離乳食:158 大人用おむつ:1280 補聴器電池:980 ペットフード:598
"""
_MAKERS = (
    "匿名",
    "北の恵み",
    "みどり",
    "港",
    "山川",
    '"特選"',
    "ひかり",
    "ふじ",
    "まる得",
    "さくら",
    "白峰",
    "大和",
)
_SIZES = (("", 1.0), ("大", 1.8), ("小", 0.7), ("徳用,2個", 1.7))
_OFF_SEASON = 15  # of a hundred choices of a seasonal product out of season


class _Class(NamedTuple):
    group: int
    place: int  # in the group: a class of every group is as popular as the one at its place in any other
    name: str
    price: int
    months: frozenset[int]


def _classes() -> Iterator[_Class]:
    for group, line in enumerate(_GROUPS.strip().split("\n")):
        for place, item in enumerate(line.split()[1:]):
            name, price, *season = item.split(":")
            months = season[0].split(",") if season else range(1, 13)
            yield _Class(group, place, name, int(price), frozenset(map(int, months)))


_CLASSES = tuple(_classes())
_VARIANTS = len(_MAKERS) * len(_SIZES)
_PLACES = np.array([kind.place for kind in _CLASSES])
_BOUGHT = np.array([[month in kind.months for month in range(13)] for kind in _CLASSES])
_KIND = np.repeat(np.arange(len(_CLASSES)), _VARIANTS)  # of each product

PRODUCT_NAMES = pl.Series(
    [f"{kind.name} {maker}{size}" for kind in _CLASSES for maker in _MAKERS for size, _ in _SIZES]
)
PRODUCT_PRICES = np.array(
    [
        round(kind.price * (1 + maker / 20) * factor)
        for kind in _CLASSES
        for maker in range(len(_MAKERS))
        for _, factor in _SIZES
    ]
)
# 49, two digits of the group, two of the class in it, seven of the product: what begins alike is alike.
PRODUCT_CODES = digits.column(
    "49",
    digits.ascii_digits(np.array([kind.group for kind in _CLASSES])[_KIND] + 1, 2),
    digits.ascii_digits(_PLACES[_KIND] + 1, 2),
    digits.ascii_digits(np.arange(len(_KIND)) + 1, 7),
)
PRODUCT = Weighted((zipf(int(_PLACES.max()) + 1, 0.8)[_PLACES][:, None] * zipf(_VARIANTS)[None, :]).ravel())
# Many buy the one or the other of these two products, and nobody both, but who is planted.
PRODUCTS_APART = np.flatnonzero(PRODUCT_NAMES.is_in(["粉ミルク 匿名", "大人用おむつ 匿名"]))


def in_season(product: Ints, month: Ints, chance: Ints) -> Ints:
    """Return products, of which most that are out of season become one of the first class of their group.

    Args:
        product: numbers of products.
        month: 1 to 12, of each.
        chance: drawn from 0 to 99, of each.
    """
    kind = _KIND[product]
    wrong = ~_BOUGHT[kind, month] & (chance >= _OFF_SEASON)
    return np.where(wrong, product - _PLACES[kind] * _VARIANTS, product)


def apart(product: Ints, buyer: Ints) -> Ints:
    """Return products, of `PRODUCTS_APART` the first for buyers of even number and the other for the rest."""
    return np.where(np.isin(product, PRODUCTS_APART), PRODUCTS_APART[buyer % 2], product)
