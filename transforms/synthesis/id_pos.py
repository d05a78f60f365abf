"""ID-POS: a shop chain's members and their receipts, joined by 会員ID."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from tokumei.transforms.synthesis import digits, people
from tokumei.transforms.synthesis.digits import Ints
from tokumei.transforms.synthesis.goods import (
    PRODUCT,
    PRODUCT_CODES,
    PRODUCT_NAMES,
    PRODUCT_PRICES,
    PRODUCTS_APART,
    apart,
    in_season,
)
from tokumei.transforms.synthesis.habits import days_of_rows, habit, months_of_days
from tokumei.transforms.synthesis.people import OLDEST_BIRTHDAY
from tokumei.transforms.synthesis.places import RARE_TOWN, homes
from tokumei.transforms.synthesis.sampling import Weighted, run_starts, zipf
from tokumei.transforms.synthesis.table import Plant, PresetFile, Span, all_rows, tenth

_QUANTITY = Weighted([0, 74, 15, 6, 3, 1, 1])
_BASKET = Weighted([0, 26, 20, 15, 11, 8, 6, 4, 3, 2, 2, 1, 1, 1])

_SHOPS = 40
_SHOP_NAMES = pl.Series([f"匿名ストア {town}店" for town in ("本町", "駅前", "中央", "港", "緑")])
_SHOP = Weighted(zipf(_SHOPS))
_CLERKS_PER_SHOP = 25
_ELSEWHERE = 0.2  # of the receipts are from other shops than the member's usual ones

_YEAR_START = dt.datetime(2024, 1, 1)
_OPEN_HOUR = 9
_HOUR = Weighted([3, 6, 9, 8, 5, 5, 7, 10, 12, 11, 8, 6, 4])
_FIRST_JOIN = dt.date(2010, 4, 1)
_JOIN_DAYS = (dt.date(2024, 1, 1) - _FIRST_JOIN).days
_YOUNGEST_JOINS = 15
# Receipts per member fall like a power: a few members make many.
_LOYALTY = 2.0
# Of a hundred lines: what the member buys again and again, and what goes with the first line of the receipt.
_AGAIN, _TOGETHER = 40, 25
# A member has so many usual products and shops, and a product so many others that go with it; powers of 2.
_USUAL, _USUAL_SHOPS, _COMPANIONS = 8, 2, 4


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
    """Make receipt lines of one year, day by day; every 会員ID exists in the member file.

    Members come again to their usual shops for their usual products. Lines of a receipt go together.
    """
    rng, size = span.rng, span.size
    starts = run_starts(size, _BASKET.draw(rng, size), span.planted)
    receipts = len(starts)
    receipt = np.repeat(np.arange(receipts), np.diff(starts, append=size))
    member = (tenth(span.requested) * rng.random(receipts) ** _LOYALTY).astype(np.int64)
    usual = habit(member * _USUAL_SHOPS + rng.integers(0, _USUAL_SHOPS, receipts), span.seed + 1)
    elsewhere = rng.random(receipts) < _ELSEWHERE
    shop = np.where(elsewhere, _SHOP.draw(rng, receipts), _SHOP.at(usual))
    day = days_of_rows(span.start + starts, span.total)
    second = day * 86_400 + (_OPEN_HOUR + _HOUR.draw(rng, receipts)) * 3600 + rng.integers(0, 3600, receipts)
    epoch = int((_YEAR_START - dt.datetime(1970, 1, 1)).total_seconds())
    clerk = shop * _CLERKS_PER_SHOP + rng.integers(1, _CLERKS_PER_SHOP + 1, receipts)
    product = _products(span, starts, member[receipt], months_of_days(day)[receipt], receipt)
    quantity = _QUANTITY.draw(rng, size)
    return pl.DataFrame(
        {
            "取引ID": digits.numerals(span.start + starts + 1, 12).gather(receipt),
            "会員ID": member_ids(member).gather(receipt),
            "利用日時": pl.Series((second + epoch) * 1_000_000).cast(pl.Datetime("us")).gather(receipt),
            "店舗ID": digits.numerals(shop + 1, 4).gather(receipt),
            "店舗名": _SHOP_NAMES.gather((shop % len(_SHOP_NAMES))[receipt]),
            "担当者ID": digits.numerals(clerk, 5).gather(receipt),
            "商品ID": PRODUCT_CODES.gather(product),
            "商品名": PRODUCT_NAMES.gather(product),
            "数量": quantity,
            "金額": quantity * PRODUCT_PRICES[product],
        }
    )


def _products(span: Span, starts: Ints, member: Ints, month: Ints, receipt: Ints) -> Ints:
    """Choose the product of each line: usual, going with the first of the receipt, or any; and in season."""
    rng, size = span.rng, span.size
    chance = rng.integers(0, 100, size)
    which = rng.integers(0, _USUAL, size)
    usual = PRODUCT.at(habit(member * _USUAL + which, span.seed))
    product = np.where(chance < _AGAIN, usual, PRODUCT.draw(rng, size))
    first = product[starts][receipt] * _COMPANIONS + which % _COMPANIONS
    together = (chance >= 100 - _TOGETHER) & (np.arange(size) != starts[receipt])
    product = np.where(together, PRODUCT.at(habit(first, span.seed + 2)), product)
    return apart(in_season(product, month, rng.integers(0, 100, size)), member)


def member_ids(index: Ints) -> pl.Series:
    """Return 会員ID of the members numbered from 0: ten digits with leading zeros."""
    return digits.numerals(index + 1, 10)


# What the lines of a receipt share.
_RECEIPT = ("取引ID", "会員ID", "利用日時", "店舗ID", "店舗名", "担当者ID")

TABLES = (
    PresetFile(
        name="members",
        rows=tenth,
        generate=_generate_members,
        plants=(
            Plant("oldest_person_116", {"生年月日": OLDEST_BIRTHDAY}),
            Plant("member_in_rare_town", RARE_TOWN),
        ),
        person="会員ID",
        date="生年月日",
        takes_dirt=False,
    ),
    PresetFile(
        name="receipts",
        rows=all_rows,
        generate=_generate_receipts,
        plants=(
            Plant("extreme_quantity", {"商品名": "緑茶 匿名", "数量": 4_800, "金額": 614_400}),
            Plant(
                "luxury_item",
                {"商品ID": "4900000999999", "商品名": "腕時計 限定1本", "数量": 1, "金額": 12_800_000},
            ),
            Plant("huge_total", {"数量": 99, "金額": 990_000}, lines=8, same=_RECEIPT),
            Plant(
                "two_products_of_nobody_else",
                {
                    "商品ID": tuple(PRODUCT_CODES.gather(PRODUCTS_APART)),
                    "商品名": tuple(PRODUCT_NAMES.gather(PRODUCTS_APART)),
                    "数量": 1,
                    "金額": tuple(PRODUCT_PRICES[PRODUCTS_APART].tolist()),
                },
                lines=2,
                same=_RECEIPT,
            ),
        ),
        person="会員ID",
        date="利用日時",
        number="数量",
    ),
)
