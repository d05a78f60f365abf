"""Credit cards: members and their uses, joined by 契約者ID."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
from faker import Faker

from tokumei.transforms.synthesis import digits, people
from tokumei.transforms.synthesis.digits import Ints
from tokumei.transforms.synthesis.habits import days_of_rows, habit
from tokumei.transforms.synthesis.people import OLDEST_BIRTHDAY, encodable
from tokumei.transforms.synthesis.places import homes
from tokumei.transforms.synthesis.sampling import Weighted, permute, zipf
from tokumei.transforms.synthesis.table import Plant, PresetFile, Span, all_rows, tenth

# Issuer prefixes that payment networks keep for tests: no number here can be anyone's card.
_PREFIXES = np.array([400_000, 353_011, 555_555])
_ACCOUNTS = 10**9

# What a shop sells, and how much is paid there beside other shops; where most people pay first.
_KINDS: tuple[tuple[str, float], ...] = (
    *(
        ("スーパー", 1.0),
        ("コンビニ", 0.3),
        ("通販", 1.6),
        ("ドラッグ", 0.6),
        ("石油", 1.5),
        ("電力", 2.5),
        ("書店", 0.5),
    ),
    *(
        ("モバイル", 2.2),
        ("食堂", 0.5),
        ("ガス", 1.8),
        ("家電", 5.0),
        ("衣料", 2.0),
        ("百貨店", 4.0),
        ("ホテル", 6.0),
    ),
    *(
        ("航空", 9.0),
        ("クリニック", 1.2),
        ("酒場", 1.5),
        ("Cafe & Bar,", 0.8),
        ('レストラン "匿名"', 2.5),
        ("宝飾", 20.0),
    ),
)
_BRANCHES = 80
_SHOPS = pl.Series([f"{kind} 匿名{branch}号店" for branch in range(1, _BRANCHES + 1) for kind, _ in _KINDS])
_PRICE = np.log([price for _ in range(_BRANCHES) for _, price in _KINDS])
_SHOP = Weighted(zipf(len(_SHOPS)))
_METHODS = pl.Series(["1回払い", "リボ払い", "分割払い", "ボーナス払い"])
_METHOD = Weighted([84, 8, 6, 2])
_BANKS = pl.Series(["匿名銀行", "東匿名銀行", "匿名信用金庫", "匿名農業協同組合"])
_BANK = Weighted([55, 25, 15, 5])

_COMPANIES_DRAWN = 400
_FIRST_DAY = (dt.date(2024, 1, 1) - dt.date(1970, 1, 1)).days
# Uses per member fall like a power: a few members make many.
_USE_SKEW = 2.0
# Of a hundred uses: at the shops where the member pays again and again. So many are they; a power of 2.
_AGAIN, _USUAL = 60, 8
# Nobody pays at both of these shops, but who is planted; many pay at one.
_APART = np.array([24, 36])


def _companies() -> pl.Series:
    faker = Faker("ja_JP")
    faker.seed_instance(0)
    drawn = dict.fromkeys(faker.company() for _ in range(_COMPANIES_DRAWN))
    return pl.Series([name for name in drawn if encodable(name)])


_COMPANIES = _companies()
_COMPANY = Weighted(zipf(len(_COMPANIES)))


def card_numbers(index: Ints, seed: int) -> pl.Series:
    """Return the 16-digit Luhn-valid card numbers of the members numbered from 0, all different."""
    account = permute(index, _ACCOUNTS, seed, "カード番号")
    payload = _PREFIXES[index % len(_PREFIXES)] * _ACCOUNTS + account
    return digits.column(digits.with_luhn_check(digits.ascii_digits(payload, 15)))


def contract_ids(index: Ints) -> pl.Series:
    """Return 契約者ID of the members numbered from 0: ten digits with leading zeros."""
    return digits.numerals(index + 1, 10)


def _generate_members(span: Span) -> pl.DataFrame:
    """Make card members of 18 years or more."""
    rng, size = span.rng, span.size
    who = people.individuals(rng, size, youngest=18)
    home = homes(rng, size)
    # Ten thousand yen; the draw ends far below the planted rich person.
    income = np.clip(420 * np.exp(0.55 * rng.standard_normal(size)), 50, 6_000)
    return pl.DataFrame(
        {
            "契約者ID": contract_ids(span.numbers),
            "氏名": who.name(),
            "性別": who.sex_name(),
            "生年月日": who.birthdays,
            "郵便番号": home.postal,
            "住所": home.address,
            "電話番号": people.phones(rng, size),
            "カード番号": card_numbers(span.numbers, span.seed),
            "勤務先": _COMPANIES.gather(_COMPANY.draw(rng, size)),
            "年収": pl.Series(income.astype(np.int64)),
            "決済金融機関": _BANKS.gather(_BANK.draw(rng, size)),
        }
    )


def _generate_uses(span: Span) -> pl.DataFrame:
    """Make uses of one year, day by day; 契約者ID and カード番号 are those of the member file."""
    rng, size = span.rng, span.size
    members = tenth(span.requested)
    member = (members * rng.random(size) ** _USE_SKEW).astype(np.int64)
    day = _FIRST_DAY + days_of_rows(span.numbers, span.total)
    usual = _SHOP.at(habit(member * _USUAL + rng.integers(0, _USUAL, size), span.seed))
    shop = np.where(rng.integers(0, 100, size) < _AGAIN, usual, _SHOP.draw(rng, size))
    shop = np.where(np.isin(shop, _APART), _APART[member % 2], shop)
    amount = np.clip(np.exp(7.9 + _PRICE[shop] + 0.7 * rng.standard_normal(size)), 100, 3_000_000)
    return pl.DataFrame(
        {
            "伝票番号": digits.numerals(span.numbers + 1, 12),
            "契約者ID": contract_ids(member),
            "カード番号": card_numbers(member, span.seed),
            "利用日": pl.Series(day.astype(np.int32)).cast(pl.Date),
            "利用加盟店": _SHOPS.gather(shop),
            "支払方法": _METHODS.gather(_METHOD.draw(rng, size)),
            "利用金額": pl.Series(amount.astype(np.int64)),
        }
    )


_HOLDER = ("契約者ID", "カード番号", "利用日")

TABLES = (
    PresetFile(
        name="card_members",
        rows=tenth,
        generate=_generate_members,
        plants=(
            Plant("super_rich", {"年収": 85_000, "勤務先": "匿名ホールディングス株式会社"}),
            Plant("oldest_person_116", {"生年月日": OLDEST_BIRTHDAY}),
        ),
        person="契約者ID",
        date="生年月日",
        takes_dirt=False,
    ),
    PresetFile(
        name="card_uses",
        rows=all_rows,
        generate=_generate_uses,
        plants=(
            Plant("extreme_amount", {"利用加盟店": "匿名ヨット販売", "利用金額": 98_000_000}),
            Plant("huge_total", {"利用金額": 4_900_000}, lines=8, same=_HOLDER),
            Plant(
                "two_shops_of_nobody_else",
                {"利用加盟店": tuple(_SHOPS.gather(_APART)), "利用金額": 3_141},
                lines=2,
                same=_HOLDER,
            ),
        ),
        person="契約者ID",
        date="利用日",
        number="利用金額",
    ),
)
