"""税: an income-tax roll of a municipality (住民税 課税台帳), one row a taxpayer."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tokumei.transforms.synthesis import digits, people
from tokumei.transforms.synthesis.digits import Ints
from tokumei.transforms.synthesis.people import OLDEST_BIRTHDAY
from tokumei.transforms.synthesis.places import homes
from tokumei.transforms.synthesis.sampling import Weighted, permute
from tokumei.transforms.synthesis.table import Plant, PresetFile, Span, all_rows

_MY_NUMBERS = 10**11
_MEDIAN_SALARY, _SALARY_SPREAD = 3_700_000, 0.62
# The draw stops where the planted rich person begins to be alone.
_TOP_SALARY = 80_000_000
_SOCIAL_INSURANCE = 0.15
_RELIEF_PER_DEPENDANT = 330_000
_TRADES = pl.Series(
    ["製造業", "卸売業,小売業", "医療,福祉", "建設業", "公務", "農業", "教育,学習支援業", "漁業"]
)
_TRADE = Weighted([26, 24, 22, 11, 8, 4, 4, 1])
_DEPENDANTS = Weighted([62, 18, 14, 5, 1])


def _salary_income(salary: Ints) -> Ints:
    """給与所得: salary less 給与所得控除 (所得税法28条3項, 2020 to 2024), yen."""
    relief = np.select(
        [salary <= top for top in (1_625_000, 1_800_000, 3_600_000, 6_600_000, 8_500_000)],
        [
            np.full_like(salary, 550_000),
            salary * 4 // 10 - 100_000,
            salary * 3 // 10 + 80_000,
            salary * 2 // 10 + 440_000,
            salary // 10 + 1_100_000,
        ],
        1_950_000,
    )
    return np.maximum(salary - relief, 0)


def _basic_relief(income: Ints) -> NDArray[np.int64]:
    """基礎控除 of 住民税 (地方税法34条, 314条の2), yen; it ends for the rich."""
    return np.select(
        [income <= 24_000_000, income <= 24_500_000, income <= 25_000_000], [430_000, 290_000, 150_000], 0
    )


def assess(salary: Ints, life_insurance: Ints, dependants: Ints) -> dict[str, Ints]:
    """Work out the money columns of a taxpayer, so that they agree with each other.

    Args:
        salary: 給与収入, yen a year.
        life_insurance: 生命保険料控除, yen.
        dependants: number of 扶養親族.

    Returns:
        The columns by name, yen; tax is 10 % of the taxable income cut to thousands.
    """
    income = _salary_income(salary)
    social = (salary * _SOCIAL_INSURANCE).astype(np.int64)
    reliefs = social + life_insurance + dependants * _RELIEF_PER_DEPENDANT + _basic_relief(income)
    taxable = np.maximum(income - reliefs, 0) // 1000 * 1000
    return {
        "給与収入": salary,
        "所得金額": income,
        "社会保険料控除": social,
        "生命保険料控除": life_insurance,
        "扶養人数": dependants,
        "課税標準額": taxable,
        "所得割額": taxable // 10,
    }


def _generate(span: Span) -> pl.DataFrame:
    """Make the rows of a span: taxpayers of 18 years or more."""
    rng, size = span.rng, span.size
    who = people.individuals(rng, size, youngest=18)
    home = homes(rng, size)
    base = permute(span.numbers, _MY_NUMBERS, span.seed, "tax.個人番号")
    salary = _MEDIAN_SALARY * np.exp(_SALARY_SPREAD * rng.standard_normal(size))
    salary = np.minimum(salary, _TOP_SALARY).astype(np.int64) // 1000 * 1000
    money = assess(salary, rng.integers(0, 8, size) * 10_000, _DEPENDANTS.draw(rng, size))
    return pl.DataFrame(
        {
            "宛名番号": digits.numerals(span.numbers + 1, 10),
            "氏名": who.name(),
            "性別": who.sex_name(),
            "生年月日": who.birthdays,
            "郵便番号": home.postal,
            "住所": home.address,
            "個人番号": digits.column(digits.with_my_number_check(digits.ascii_digits(base, 11))),
            "業種": _TRADES.gather(_TRADE.draw(rng, size)),
            **money,
        }
    )


def _assessed(salary: int, dependants: int) -> dict[str, object]:
    one = assess(np.array([salary]), np.array([70_000]), np.array([dependants]))
    return {name: int(column[0]) for name, column in one.items()}


TABLES = (
    PresetFile(
        name="tax",
        rows=all_rows,
        generate=_generate,
        plants=(
            Plant("super_rich", _assessed(3_200_000_000, 1)),
            Plant("oldest_person_116", {"生年月日": OLDEST_BIRTHDAY}),
            Plant("fourteen_dependants", _assessed(5_400_000, 14)),
        ),
        person="宛名番号",
        date="生年月日",
        number="給与収入",
    ),
)
