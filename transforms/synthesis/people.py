"""Who people are: names from Faker, ages from the Japanese pyramid, households."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl
from faker.providers.person.ja_JP import Provider
from numpy.typing import NDArray

from tokumei.transforms.synthesis.digits import Ints, ascii_digits, column
from tokumei.transforms.synthesis.sampling import Weighted, run_starts

# Ages are counted at this fixed day: a clock would change the bytes of the same seed.
TODAY = dt.date(2025, 1, 1)
OLDEST_BIRTHDAY = dt.date(1908, 3, 3)
_TODAY = (TODAY - dt.date(1970, 1, 1)).days
_OLDEST_DRAWN = 104

MALE, FEMALE = 0, 1
SEXES = pl.Series(["男", "女"])


def encodable(text: str) -> bool:
    """Tell whether every output encoding can hold the text."""
    try:
        return bool(text.encode("cp932")) and bool(text.encode("euc_jp"))
    except UnicodeEncodeError:
        return False


def _usable(pairs: object) -> dict[tuple[str, str], float]:
    weighted = pairs if isinstance(pairs, dict) else dict.fromkeys(tuple(pairs), 1.0)  # type: ignore[arg-type]
    return {(name, kana): float(w) for (name, kana, _), w in weighted.items() if encodable(name + kana)}


_SURNAMES = _usable(Provider.last_name_pairs)
_MEN = _usable(Provider.first_name_male_pairs)
_WOMEN = _usable(Provider.first_name_female_pairs)
_GIVEN = [*_MEN, *_WOMEN]
_FULL = pl.Series([f"{last} {first}" for last, _ in _SURNAMES for first, _ in _GIVEN])
_KANA = pl.Series([f"{last} {first}" for _, last in _SURNAMES for _, first in _GIVEN])
_SURNAME_DRAW = Weighted(list(_SURNAMES.values()))

# 人口推計 (2023), thousands of people in each five-year band from 0-4 to 100-104.
_PYRAMID = [
    *(4100, 4850, 5250, 5500, 6200, 6450, 6350, 6950, 7700, 9200, 9400),
    *(8200, 7450, 7350, 8600, 7500, 6000, 4000, 2000, 600, 90),
]


def _bell(*parts: tuple[float, float, float]) -> Weighted:
    """Weights of the ages 0..104 as a sum of normal curves (share, mean, deviation), adults only."""
    age = np.arange(_OLDEST_DRAWN + 1)
    total = sum(share / sd * np.exp(-(((age - mean) / sd) ** 2) / 2) for share, mean, sd in parts)
    return Weighted(np.where(age >= 18, total, 0.0))


_AGES = Weighted(np.repeat(np.array(_PYRAMID, dtype=np.float64), 5))
_HOUSEHOLD_SIZES = Weighted([0, 38, 31, 16, 10, 4, 1])
# Ages of the head by household size: alone when young or old, couples old, families in between.
_HEAD_AGES = {1: _bell((0.42, 30, 9), (0.58, 73, 12)), 2: _bell((0.25, 40, 11), (0.75, 71, 9))}
_FAMILY_HEAD_AGES = _bell((0.85, 48, 9), (0.15, 70, 8))
_HEAD_IS_FEMALE = Weighted([82, 18])
_SINGLE_IS_FEMALE = Weighted([42, 58])
_SECOND_IS_SPOUSE = Weighted([18, 82])
_SPOUSE_YOUNGER = Weighted([1, 2, 4, 8, 12, 10, 8, 5, 3, 2, 1])
_GENERATION = _bell((1.0, 32, 5))

RELATIONS = pl.Series(["世帯主", "妻", "夫", "子"])
_HEAD, _WIFE, _HUSBAND, _CHILD = range(4)


@dataclass(frozen=True, kw_only=True)
class DrawnPeople:
    """People row by row; `household` numbers the households of the chunk from 0."""

    names: Ints
    sex: NDArray[np.int8]
    birthdays: pl.Series
    household: Ints
    household_start: Ints
    relation: Ints

    def name(self) -> pl.Series:
        """Return 氏名: family and given name with a space between."""
        return _FULL.gather(self.names)

    def kana(self) -> pl.Series:
        """Return 氏名カナ, the reading of `name`."""
        return _KANA.gather(self.names)

    def sex_name(self) -> pl.Series:
        """Return 性別 as 男 or 女."""
        return SEXES.gather(self.sex)


def individuals(rng: np.random.Generator, size: int, *, youngest: int = 0) -> DrawnPeople:
    """Draw unrelated people, each alone in a household, aged `youngest` years or more."""
    ages = _AGES.draw(rng, size)
    too_young = np.flatnonzero(ages < youngest)
    while len(too_young):
        ages[too_young] = _AGES.draw(rng, len(too_young))
        too_young = too_young[ages[too_young] < youngest]
    rows = np.arange(size)
    sex = rng.integers(0, 2, size, dtype=np.int8)
    surnames = _SURNAME_DRAW.draw(rng, size)
    return DrawnPeople(
        names=_full_names(rng, surnames, sex),
        sex=sex,
        birthdays=_birthdays(rng, ages),
        household=rows,
        household_start=rows,
        relation=np.full(size, _HEAD),
    )


def families(rng: np.random.Generator, size: int, alone: Ints) -> DrawnPeople:
    """Draw people household by household: head, spouse, then children, sharing a surname.

    Args:
        rng: the chunk's generator.
        size: people; the last household is cut at the end.
        alone: rows who must be one-person households.
    """
    starts = run_starts(size, _HOUSEHOLD_SIZES.draw(rng, size), np.concatenate((alone, alone + 1)))
    sizes = np.diff(starts, append=size)
    household = np.repeat(np.arange(len(starts)), sizes)
    place = np.arange(size) - starts[household]

    head_ages = _FAMILY_HEAD_AGES.draw(rng, len(starts))
    for members, draw in _HEAD_AGES.items():
        few = np.flatnonzero(sizes == members)
        head_ages[few] = draw.draw(rng, len(few))
    single, shared = (draw.draw(rng, len(starts)) for draw in (_SINGLE_IS_FEMALE, _HEAD_IS_FEMALE))
    head_sex = np.where(sizes == 1, single, shared)

    spouse = np.flatnonzero(place == 1)
    spouse = spouse[_SECOND_IS_SPOUSE.draw(rng, len(spouse)) == 1]
    relation = np.where(place == 0, _HEAD, _CHILD)
    relation[spouse] = np.where(head_sex[household[spouse]] == MALE, _WIFE, _HUSBAND)

    ages = head_ages[household]
    ages[spouse] += 4 - _SPOUSE_YOUNGER.draw(rng, len(spouse))
    ages[spouse] = np.clip(ages[spouse], 18, _OLDEST_DRAWN)
    child = np.flatnonzero(relation == _CHILD)
    ages[child] = np.maximum(ages[child] - _GENERATION.draw(rng, len(child)), 0)

    sex = head_sex[household].astype(np.int8)
    sex[spouse] = 1 - sex[spouse]
    sex[child] = rng.integers(0, 2, len(child))
    surnames = _SURNAME_DRAW.draw(rng, len(starts))[household]
    return DrawnPeople(
        names=_full_names(rng, surnames, sex),
        sex=sex,
        birthdays=_birthdays(rng, ages),
        household=household,
        household_start=starts,
        relation=relation,
    )


def phones(rng: np.random.Generator, size: int) -> pl.Series:
    """Draw mobile telephone numbers 070/080/090-dddd-dddd."""
    kind = ascii_digits(rng.integers(7, 10, size), 1)
    digits = ascii_digits(rng.integers(10**7, 10**8, size), 8)  # a mobile number's fourth digit is never 0
    return column("0", kind, "0-", digits[:, :4], "-", digits[:, 4:])


def _full_names(rng: np.random.Generator, surnames: Ints, sex: NDArray[np.int8]) -> Ints:
    # Popularity of given names falls with the square of a uniform draw.
    popular = rng.random(len(sex)) ** 2
    given = np.where(sex == MALE, popular * len(_MEN), len(_MEN) + popular * len(_WOMEN))
    return surnames * len(_GIVEN) + given.astype(np.int64)


def _birthdays(rng: np.random.Generator, ages: Ints) -> pl.Series:
    days = _TODAY - (ages * 365.2425).astype(np.int64) - rng.integers(0, 365, len(ages))
    return pl.Series(days.astype(np.int32)).cast(pl.Date)
