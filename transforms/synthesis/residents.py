"""住民: a resident register, one row a person, the members of a household one after another."""

from __future__ import annotations

import polars as pl

from tokumei.transforms.synthesis import digits, people
from tokumei.transforms.synthesis.people import OLDEST_BIRTHDAY, RELATIONS
from tokumei.transforms.synthesis.places import RARE_TOWN, homes
from tokumei.transforms.synthesis.sampling import permute
from tokumei.transforms.synthesis.table import Plant, PresetFile, Span, all_rows

_MY_NUMBERS = 10**11


def _generate(span: Span) -> pl.DataFrame:
    """Make the rows of a span, 12 columns; person ids run over 1..total without a gap."""
    who = people.families(span.rng, span.size, span.planted)
    home = homes(span.rng, len(who.household_start)).at(who.household)
    order = permute(span.numbers, span.total, span.seed, "order") if span.shuffled else span.numbers
    base = permute(span.numbers, _MY_NUMBERS, span.seed, "個人番号")
    # The check digit of 住民票コード is not published: these are plain distinct numbers.
    codes = permute(span.numbers, _MY_NUMBERS, span.seed, "住民票コード")
    household = span.start + who.household_start[who.household] + 1
    return pl.DataFrame(
        {
            "宛名番号": digits.numerals(order + 1, 10),
            "氏名": who.name(),
            "氏名カナ": who.kana(),
            "性別": who.sex_name(),
            "生年月日": who.birthdays,
            "郵便番号": home.postal,
            "住所": home.address,
            "電話番号": people.phones(span.rng, span.size),
            "住民票コード": digits.numerals(codes, 11),
            "個人番号": digits.column(digits.with_my_number_check(digits.ascii_digits(base, 11))),
            "世帯ID": digits.numerals(household, 10),
            "続柄": RELATIONS.gather(who.relation),
        }
    )


TABLES = (
    PresetFile(
        name="residents",
        rows=all_rows,
        generate=_generate,
        plants=(
            Plant("oldest_person_116", {"生年月日": OLDEST_BIRTHDAY}),
            Plant("one_person_household_in_rare_town", RARE_TOWN),
            Plant("rare_surname", {"氏名": "一尺八寸 太郎", "氏名カナ": "カマツカ タロウ", "性別": "男"}),
        ),
        person="宛名番号",
        date="生年月日",
    ),
)
