"""The examples in the table of the leak search's rules (schemas/README.md) are what the search does."""

import math

import numpy as np
import pyarrow as pa
import pytest

from tokumei.schemas.build_reference import README
from tokumei.transforms.detect.hash_set import MOST_HASHES
from tokumei.transforms.detect.name_forms import full_names
from tokumei.transforms.detect.name_set import NameSet
from tokumei.transforms.leaks.found import Found, LeakSearch
from tokumei.transforms.leaks.numbers import numbers_in
from tokumei.transforms.leaks.people import names_in
from tokumei.transforms.leaks.values import other_values, own_values, plain_texts, read_cells, sought
from tokumei.transforms.leaks.verdict import is_leak
from tokumei.transforms.leaks.written import WrittenColumn
from tokumei.transforms.values.code_formats import INSURER

LABEL = 10
TEXT = README.read_text()


def own(sources, cells):
    found = own_values(sought(plain_texts(pa.array(sources)).plain), plain_texts(pa.array(cells)), LABEL)
    return is_leak(LeakSearch("own", "cell", "source"), found)


def numbers(*cells):
    found = numbers_in(pa.array(cells))
    return any(is_leak(LeakSearch("number", "cell", kind), count) for kind, count in found.items())


def test_own_values():
    assert "佐藤花子 dropped, 「佐藤 花子様宛」 kept: stops" in TEXT
    assert own(["佐藤花子", "山田太郎"], ["佐藤 花子様宛", "―"])
    assert "五十嵐, and 五十嵐商店 that 200 customers share: a label" in TEXT
    assert not own(["五十嵐", *(f"名字の{i:03}" for i in range(199))], ["五十嵐商店"] * 200)


def test_digits():
    phones = [f"0312{i:06}" for i in range(1000)]
    assert own(phones, phones)
    serials = [f"{i:06}" for i in range(1000)]
    assert not own(serials, [serials[0], *serials[2:], serials[1]])


def test_other_values():
    names = [f"氏名その{i:03}" for i in range(100)]
    source = sought(plain_texts(pa.array(names)).plain)
    found = other_values(source, sought(plain_texts(pa.array([*names[1:], names[0]])).plain), LABEL, source)
    assert is_leak(LeakSearch("other", "cell", "source"), found)


def test_names():
    names = NameSet.of(full_names(pa.array(["佐藤 太郎", "金子 大"])), bytes(range(32)))
    assert "「配偶者 佐藤太郎のDV相談」, 「太郎 佐藤さん」: stop. 金子大 and 「金子大臣」: passes" in TEXT
    for cell, stops in (("配偶者 佐藤太郎のDV相談", True), ("太郎 佐藤さん", True), ("金子大臣", False)):
        found = names_in(names, "cell", WrittenColumn.of(read_cells(pa.array([cell])), names, None), LABEL)
        assert any(is_leak(search, count) for search, count in found.items()) == stops


def test_sizes_and_errors_of_sets_of_names():
    assert f"{MOST_HASHES:,} different ones, in {MOST_HASHES * 8 >> 20} MiB" in TEXT
    bits, probes = 1 << 28, 8
    errors = [(1 - math.exp(-probes * times * MOST_HASHES / bits)) ** probes for times in (1, 2, 4)]
    assert [f"{error:.0e}" for error in errors] == ["4e-08", "6e-06", "6e-04"]
    assert "errs in 4 × 10^-8 at first, 6 × 10^-6 at twice and 6 × 10^-4 at\nfour times as many" in TEXT


@pytest.mark.parametrize(
    ("cell", "stops"),
    [
        ("番号は1234-5678-9018です", True),
        ("保険証 記号12 番号3456", True),
        ("被保険者は3人", False),
        ("母の電話 03-3580-1111", True),
        ("旅券番号 TK1234567", True),
        ("20260401", False),
    ],
)
def test_numbers(cell, stops):
    assert cell in TEXT
    assert numbers(cell) == stops


def test_a_column_of_numbers():
    search = LeakSearch("number", "cell", "My Number")
    assert not is_leak(search, Found(5000, 500, 0, 0, 455.0))
    assert is_leak(search, Found(5000, 5000, 0, 0, 500.0))
    assert is_leak(search, Found(99, 1, 0))
    insurers = [f"0613{i:03}{check}" for i in range(20) for check in range(10)]
    valid = [
        number for number in insurers if INSURER.passes(np.array([[*map(int, number)]], dtype=np.uint8))[0]
    ]
    assert len(valid) == 20
    assert numbers(*valid)
    assert not numbers(*insurers)


def test_a_column_of_codes_that_are_told_by_their_form():
    assert "AB12345678CD" in TEXT
    cards = [f"{'ABCDEF'[i % 6]}K{10**7 + 7919 * i}{'XYZ'[i % 3]}W" for i in range(40)]
    passports = [f"T{'KRZ'[i % 3]}{10**6 + 7919 * i}" for i in range(40)]
    orders = [f"{'ABCDEF'[i % 6]}{'KLMN'[i % 4]}{10**6 + 7919 * i}" for i in range(40)]
    assert numbers(*cards) and numbers(*cards, *orders[:30]) and not numbers(*cards[:10], *orders[:30])
    assert numbers(*passports) and numbers(*map(str.lower, passports)) and not numbers(*orders)
    assert numbers("宛先 taro_at_example_dot_jp") and not numbers("look_at_this_dot")


def test_texts_are_compared_plain():
    one, other = plain_texts(pa.array(["ﾀﾅｶ　太郎", "タナカ太郎"])).plain
    assert one == other


SAME = {
    "佐藤　太郎": [
        "佐藤・太郎",
        "佐藤,太郎様",
        "担当：佐藤／太郎",
        "「佐藤」「太郎」",
        "佐藤'太郎",
        "佐藤=太郎",
        "佐藤_太郎",
    ],
    "渡邊櫻子": ["渡辺桜子様", "渡邉 櫻子", "渡辺・櫻子"],
    "髙﨑龍之介": ["高崎竜之介", "連絡先は高嵜 龍之介"],
    "齋藤惠": ["斎藤恵", "斉藤　惠様"],
    "090-1200-5600": [
        *(
            "090(1200)5600",
            "０９０（１２００）５６００に",
            "090.1200.5600へ",
            "090 1200 5600",
            "090・1200・5600",
        ),
        *(
            "+81-90-1200-5600",
            "＋８１ ９０ １２００ ５６００",
            "+81(0)90-1200-5600",
            "0081-90-1200-5600",
            "+819012005600",
        ),
        *("090ー1200ー5600", "090‐1200‑5600", "（090）1200-5600", "[090]1200/5600"),
    ],
    "+81 3 1234 5678": ["03-1234-5678", "(03)1234-5678まで", "0312345678"],
}
OTHERS = {
    "佐藤太郎": ["佐藤次郎", "太郎佐藤", "サトウタロウ"],
    "09012005600": ["090-1200-5601", "+81-90-1200-56"],
    "渡邊櫻子": ["田辺桜子"],
}


@pytest.mark.parametrize(
    ("value", "cell"), [(value, cell) for value, cells in SAME.items() for cell in cells]
)
def test_a_value_is_found_in_other_spellings(value, cell):
    assert own([value, "その他の人", "何でもない"], [cell, "なし", "ありません"])


@pytest.mark.parametrize(
    ("value", "cell"), [(value, cell) for value, cells in OTHERS.items() for cell in cells]
)
def test_another_value_is_not_found(value, cell):
    assert not own([value, "その他の人", "何でもない"], [cell, "なし", "ありません"])
