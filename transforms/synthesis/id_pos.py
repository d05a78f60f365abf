"""ID-POS: a shop chain's members and their receipts, joined by 会員ID."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from tokumei.transforms.synthesis import digits, people
from tokumei.transforms.synthesis.digits import Ints
from tokumei.transforms.synthesis.people import OLDEST_BIRTHDAY
from tokumei.transforms.synthesis.places import RARE_TOWN, homes
from tokumei.transforms.synthesis.sampling import Weighted, zipf
from tokumei.transforms.synthesis.table import Plant, PresetFile, Span, all_rows, tenth

# JAN-like code, name and price in yen; the best sellers first. Commas and quotes are meant: CSV must cope.
_PRODUCTS: tuple[tuple[str, int], ...] = (
    *(("牛乳 1L", 238), ("食パン 6枚切", 158), ("卵 10個入", 278), ("豆腐 絹,300g", 78), ("納豆 3個", 98)),
    *(("バナナ", 198), ("おにぎり 鮭", 140), ("緑茶 500ml", 128), ("ビール 350ml,6缶", 1280)),
    *(("米 こしひかり 5kg", 3280), ("鶏もも肉", 480), ("食器用洗剤", 198), ('菓子パン "北の恵み"', 148)),
    *(("ティッシュ 5箱", 328), ("紙おむつ M,64枚", 1580), ("ヨーグルト", 158), ("冷凍うどん", 298)),
    *(("味噌 750g", 398), ("醤油 1L", 298), ("コーヒー豆 200g", 798), ("ドッグフード 3kg", 1980)),
    *(("粉ミルク 800g", 2480), ("電池 単三,8本", 680), ("ワイン 赤", 1480), ("国産和牛 ステーキ", 3980)),
)
_NAMES = pl.Series([name for name, _ in _PRODUCTS])
_PRICES = np.array([price for _, price in _PRODUCTS])
_PRODUCT = Weighted(zipf(len(_PRODUCTS)))
_QUANTITY = Weighted([0, 74, 15, 6, 3, 1, 1])

_SHOPS = 40
_SHOP_NAMES = pl.Series([f"匿名ストア {town}店" for town in ("本町", "駅前", "中央", "港", "緑")])
_SHOP = Weighted(zipf(_SHOPS))
_CLERKS_PER_SHOP = 25

_YEAR_START = dt.datetime(2024, 1, 1)
_YEAR_DAYS = 366
_OPEN_SECOND, _CLOSE_SECOND = 9 * 3600, 22 * 3600
_FIRST_JOIN = dt.date(2010, 4, 1)
_JOIN_DAYS = (dt.date(2024, 1, 1) - _FIRST_JOIN).days
_YOUNGEST_JOINS = 15
# Purchases per member fall like a power: a few members make many receipts.
_LOYALTY = 2.0


def _generate_members(span: Span) -> pl.DataFrame:
    """Make members who joined at 15 years or more; 会員ID runs over 1..total."""
    rng, size = span.rng, span.size
    who = people.individuals(rng, size, youngest=_YOUNGEST_JOINS + 1)
    home = homes(rng, size)
    joined = rng.integers(0, _JOIN_DAYS, size) + (_FIRST_JOIN - dt.date(1970, 1, 1)).days
    joined = np.maximum(joined, who.birthdays.cast(pl.Int32).to_numpy() + _YOUNGEST_JOINS * 365)
    return pl.DataFrame(
        {
            "会員ID": member_ids(span.numbers),
            "氏名": who.name(),
            "性別": who.sex_name(),
            "生年月日": who.birthdays,
            "郵便番号": home.postal,
            "住所": home.address,
            "電話番号": people.phones(rng, size),
            "入会日": pl.Series(joined.astype(np.int32)).cast(pl.Date),
        }
    )


def _generate_receipts(span: Span) -> pl.DataFrame:
    """Make receipt lines of one year, day by day; every 会員ID exists in the member file."""
    rng, size = span.rng, span.size
    members = tenth(span.requested)
    member = (members * rng.random(size) ** _LOYALTY).astype(np.int64)
    shop = _SHOP.draw(rng, size)
    product = _PRODUCT.draw(rng, size)
    quantity = _QUANTITY.draw(rng, size)
    day = span.numbers * _YEAR_DAYS // span.total
    second = day * 86_400 + rng.integers(_OPEN_SECOND, _CLOSE_SECOND, size)
    epoch = int((_YEAR_START - dt.datetime(1970, 1, 1)).total_seconds())
    clerk = shop * _CLERKS_PER_SHOP + rng.integers(1, _CLERKS_PER_SHOP + 1, size)
    return pl.DataFrame(
        {
            "取引ID": digits.numerals(span.numbers + 1, 12),
            "会員ID": member_ids(member),
            "利用日時": pl.Series((second + epoch) * 1_000_000).cast(pl.Datetime("us")),
            "店舗ID": digits.numerals(shop + 1, 4),
            "店舗名": _SHOP_NAMES.gather(shop % len(_SHOP_NAMES)),
            "担当者ID": digits.numerals(clerk, 5),
            "商品ID": digits.column("49", digits.ascii_digits(product * 7919 + 1, 11)),
            "商品名": _NAMES.gather(product),
            "数量": quantity,
            "金額": quantity * _PRICES[product],
        }
    )


def member_ids(index: Ints) -> pl.Series:
    """Return 会員ID of the members numbered from 0: ten digits with leading zeros."""
    return digits.numerals(index + 1, 10)


TABLES = (
    PresetFile(
        name="members",
        rows=tenth,
        generate=_generate_members,
        plants=(
            Plant("oldest_person_116", {"生年月日": OLDEST_BIRTHDAY}),
            Plant("member_in_rare_town", RARE_TOWN),
        ),
        date="生年月日",
        takes_dirt=False,
    ),
    PresetFile(
        name="receipts",
        rows=all_rows,
        generate=_generate_receipts,
        plants=(
            Plant("extreme_quantity", {"商品名": "緑茶 500ml", "数量": 4_800, "金額": 614_400}),
            Plant(
                "luxury_item",
                {"商品ID": "4900000999999", "商品名": "腕時計 限定1本", "数量": 1, "金額": 12_800_000},
            ),
        ),
        date="利用日時",
        number="数量",
    ),
)
