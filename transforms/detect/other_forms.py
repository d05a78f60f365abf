"""In what other form a record's own values may stand in a text: what is compared, and where it is looked for.

The search for leaks and redaction ask the same, so that what the one would find the other has replaced.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from tokumei.schemas.column_names import Role
from tokumei.schemas.date_formats import DateReading
from tokumei.transforms.detect import written_otherwise as otherwise
from tokumei.transforms.detect.readings import in_hiragana
from tokumei.transforms.detect.shadow import KANJI_DIGITS
from tokumei.transforms.values.dates import parse_dates

_MONTH = "JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC"
_SHORTEST_ROMAJI = 7
_LEAST_BACKWARDS = 9  # digits: fewer stand in other numbers by chance
_SHORTEST_KANA, _LONG_KANA = 4, 6  # from which on a name is looked for as whole words, and within others
_LONG_VOWEL = "([オコソトノホモヨロゴゾドボポョ])[ウオ]|([ウクスツヌフムユルグズブプュ])ウ"


class OtherForm(NamedTuple):
    """A form in which values of columns with one role are compared.

    Attributes:
        role: of the columns whose values are compared.
        pattern: of cells that may hold one, in the shadow.
        canonical: makes of shadows texts in which a value of that form stands as it is.
    """

    role: Role
    pattern: str
    canonical: Callable[[pl.Series], pl.Series]


ADDRESSES = OtherForm(
    Role.ADDRESS, r"[0-9] ?(?:丁目|番|[-のノ] ?[0-9])|[一二三四五六七八九十]丁目", otherwise.addresses
)
BIRTHS = OtherForm(
    Role.BIRTH,
    rf"(?:(?:18|19|20)[0-9]{{2}}|[MTSHR][0-9]{{2}})[0-9]{{4}}|[0-9] ?[./年月-]|元年"
    rf"|(?:{_MONTH})[A-Z]*\.? [0-9]",
    otherwise.dates,
)
BIRTH_NUMBERS = OtherForm(Role.BIRTH, r"(?:^|[^0-9])[0-9]{6,7}(?:[^0-9]|$)", otherwise.dates)
NAMES_IN_LATIN = OtherForm(Role.KANA, r"[A-ZĀĪŪĒŌÂÎÛÊÔ]{2}.*[A-ZĀĪŪĒŌÂÎÛÊÔ]{2}", otherwise.sounds)
NAMES_IN_KANA = OtherForm(
    Role.NAME, r"[\p{Hiragana}\p{Katakana}]{2,}-*[\s・=]?[\p{Hiragana}\p{Katakana}]{2}", otherwise.kana_words
)
ELEVEN = OtherForm(Role.CODE, r"(?:[0-9][^0-9]{0,3}){10}[0-9]", otherwise.numbers)

BACKWARDS = OtherForm(
    Role.CONTACT, rf"[0-9](?:[^0-9]{{0,3}}[0-9]){{{_LEAST_BACKWARDS - 1}}}", otherwise.numbers
)

# Each form has a digit, one of these words, or a vowel in Latin letters; one by one they are found fastest.
_WORDS, _VOWELS = ("丁目", "元年"), ("[AIUEO]", "[ĀĪŪĒŌÂÎÛÊÔ]")
_NUMERAL = f"[0-9{''.join(KANJI_DIGITS)}]"
TELEPHONES = OtherForm(Role.CONTACT, rf"(?:{_NUMERAL}[^0-9]{{0,3}}){{9}}{_NUMERAL}", otherwise.said_numbers)
LAST_FOUR = OtherForm(Role.CONTACT, r"(?:^|[^0-9A-Z])[0-9]{4}(?:[^0-9A-Z]|$)", otherwise.four_digits)
_LEAST_DIGITS, _ENDING = 7, r"[0-9][^0-9]{0,2}([0-9]{4})$"  # of a number whose end is looked for


def may_have_form(
    shadows: pl.Series, digits: NDArray[np.bool_], latin: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return which texts may have a value in one of the forms but `TELEPHONES`; nulls have none.

    Args:
        shadows: of texts.
        digits: which have digits.
        latin: which have Latin letters.
    """
    found = pl.Series(digits)
    for word in _WORDS:
        found |= shadows.str.contains(word, literal=True).fill_null(value=False)
    rows = pl.Series(np.flatnonzero(latin & ~digits))
    if len(rows):
        some = shadows.gather(rows)
        for vowels in _VOWELS:
            found[rows.filter(some.str.contains(vowels))] = True
    return found.to_numpy()


def address_forms(shadows: pl.Series) -> list[pl.Series]:
    """Return of addresses the town with its number, as `ADDRESSES` compares them, or null."""
    return [otherwise.town_and_number(otherwise.addresses(shadows))]


def birth_days(values: pa.Array, how: DateReading) -> pl.Series | None:
    """Return dates of birth as days; None where they are no dates.

    Args:
        values: dates, or texts that are read as such.
        how: what the column declares of its dates.
    """
    days = parse_dates(values, how) if pa.types.is_string(values.type) else values
    return pl.Series(days) if pa.types.is_date(days.type) else None


def birth_forms(days: pl.Series) -> list[pl.Series]:
    """Return the spellings of birth dates, as `BIRTHS` compares them."""
    return otherwise.spellings_of_dates(days)


def birth_numbers(days: pl.Series) -> list[pl.Series]:
    """Return birth dates in six or seven digits, as `BIRTH_NUMBERS` does: 851126, 601126, 3601126."""
    return otherwise.days_in_digits(days)


def latin_forms(family: pl.Series, given: pl.Series) -> list[pl.Series]:
    """Return names in Latin letters, in both orders, as `NAMES_IN_LATIN` compares them; null if not in kana.

    Args:
        family: shadows of family names.
        given: and of given names.
    """
    one, other = otherwise.romaji(family.str.strip_chars()), otherwise.romaji(given.str.strip_chars())
    found = []
    for joined in (one + other, other + one):
        long = joined.str.len_chars() >= _SHORTEST_ROMAJI
        found.append(otherwise.sounds(pl.select(pl.when(long).then(joined)).to_series()))
    return found


def kana_forms(family: pl.Series, given: pl.Series) -> list[pl.Series]:
    """Return names in kana, as `NAMES_IN_KANA` compares them, in both orders; short ones as whole words.

    Args:
        family: readings of family names, in katakana.
        given: and of given names.
    """
    found = []
    for joined in (family + given, given + family):
        size, plain = joined.str.len_chars(), joined.str.replace_all("ー", "", literal=True)
        found.append(
            pl.select(
                pl.when(size >= _LONG_KANA)
                .then(plain)
                .when(size >= _SHORTEST_KANA)
                .then(pl.lit("#") + plain + pl.lit("#"))
            ).to_series()
        )
    spoken = (family + given).str.replace_all(_LONG_VOWEL, "${1}${2}")  # サトー タロー
    long = spoken.str.len_chars() >= _SHORTEST_KANA
    return [*found, pl.select(pl.when(long).then(pl.lit("#") + spoken + pl.lit("#"))).to_series()]


def perhaps_in_kana(forms: pl.Series, plain: pl.Series) -> pl.Series:
    """Return which texts hold a form of `kana_forms` when no word is told from another: few, at little cost.

    Args:
        forms: of the record's name.
        plain: letters and digits of its text.
    """
    names = forms.str.strip_chars("#")
    frame = pl.DataFrame({"text": plain, "katakana": names, "hiragana": in_hiragana(names)})
    held = (pl.col("text").str.contains(pl.col(of), literal=True) for of in ("katakana", "hiragana"))
    return frame.select(pl.any_horizontal(*held).fill_null(value=False)).to_series()


def eleven_forms(shadows: pl.Series) -> list[pl.Series]:
    """Return individual numbers without their last digit, which follows from the others, as `ELEVEN` does."""
    digits = shadows.str.replace_all(r"[\s-]", "")
    return [digits.str.extract(r"^([0-9]{11})[0-9]$") + "#"]


def with_a_zero_in_kanji(shadows: pl.Series) -> NDArray[np.bool_]:
    """Return which texts have the kanji zero, as telephone numbers in kanji do."""
    zeros = [kanji for kanji, digit in KANJI_DIGITS.items() if digit == "0"]
    return shadows.str.contains_any(zeros).fill_null(value=False).to_numpy()


def backward_forms(shadows: pl.Series) -> list[pl.Series]:
    """Return long numbers in turned order, as `BACKWARDS` compares them; null of others."""
    digits = shadows.str.replace_all(r"[\s()-]", "").str.extract(rf"^([0-9]{{{_LEAST_BACKWARDS},}})$")
    turned = digits.str.reverse()
    return [pl.select(pl.when(turned != digits).then(turned + pl.lit("#"))).to_series()]


def telephone_forms(shadows: pl.Series) -> list[pl.Series]:
    """Return telephone numbers as `TELEPHONES` compares them; null where there is none."""
    return [shadows.str.replace_all(r"[\s()-]", "").str.extract(r"^(0[0-9]{9,10})$")]


def last_four(shadows: pl.Series) -> pl.Series:
    """Return the last four digits of long numbers, as `LAST_FOUR` compares them; null of others."""
    texts = shadows.str.strip_chars()
    numbers = pl.select(pl.when(texts.str.count_matches("[0-9]") >= _LEAST_DIGITS).then(texts)).to_series()
    return pl.select(pl.lit("#") + numbers.str.extract(_ENDING) + pl.lit("#")).to_series()
