"""Columns that make a number or a name side by side: pieces of codes and telephones, 姓 and 名."""

import json
import random

import pyarrow as pa
import pytest
from support.helpers import policy_of

from tokumei.schemas.policy_file import parse_policy
from tokumei.transforms.detect.name_forms import full_names
from tokumei.transforms.detect.name_set import NameSet
from tokumei.transforms.leaks.beside import beside
from tokumei.transforms.leaks.verdict import is_leak
from tokumei.transforms.planning.plan_tables import plan_tables

KEEP = {"keep": True, "because": "試験"}
NAMES = NameSet.of(
    full_names(pa.array([f"{f} {g}" for f in ("佐藤", "長谷川", "林") for g in ("太郎", "花子")])),
    bytes(range(32)),
)


def leaks(*columns):
    table = plan_tables(
        parse_policy(json.dumps(policy_of({f"c{i}": KEEP for i in range(len(columns))})), "policy"), "."
    )["t"]
    batch = pa.RecordBatch.from_arrays(
        [pa.array(c, pa.int64() if isinstance(c[0], int) else pa.string()) for c in columns],
        [f"c{i}" for i in range(len(columns))],
    )
    return [search for search, count in beside(table, batch, NAMES) if is_leak(search, count)]


def my_number(digits):
    """The number whose first eleven digits are given (番号利用法施行規則)."""
    weights = [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]
    rest = sum(int(d) * w for d, w in zip(digits, weights, strict=True)) % 11
    return digits + str(0 if rest <= 1 else 11 - rest)


DRAW = random.Random(3)
NUMBERS = [my_number(f"{DRAW.randrange(10**11):011}") for _ in range(300)]
RANDOM = [f"{DRAW.randrange(10**12):012}" for _ in range(300)]


def cut(numbers, *sizes):
    columns, at = [], 0
    for size in sizes:
        columns.append([number[at : at + size] for number in numbers])
        at += size
    return columns


@pytest.mark.parametrize(
    "sizes",
    [
        *((4, 4, 4), (6, 6), (4, 8), (8, 4), (3, 3, 3, 3), (2, 5, 5), (1, 4, 7), (5, 7)),
        *((1,) * 12, (2,) * 6, (3, 2, 2, 2, 3), (1, 1, 2, 2, 3, 3), (4, 1, 1, 1, 1, 4)),
    ],
)
def test_an_individual_number_in_pieces(sizes):
    assert leaks(*cut(NUMBERS, *sizes)) and leaks(*cut(NUMBERS[:20], *sizes))
    assert leaks(["A"] * 300, *cut(NUMBERS, *sizes), ["備考"] * 300)
    assert not leaks(*cut(RANDOM, *sizes)) and not leaks(*cut(RANDOM[:20], *sizes))


@pytest.mark.parametrize(
    "sizes", [(4, 4, 4), (6, 6), (3, 3, 3, 3), (1,) * 12, (2,) * 6, (4, 8), (1, 4, 7), (5, 7)]
)
def test_an_individual_number_in_pieces_the_other_way_round(sizes):
    assert leaks(*cut(NUMBERS, *sizes)[::-1])
    parted = [column for piece in cut(NUMBERS, *sizes) for column in (piece, ["備考"] * 300)]
    assert leaks(*parted)


def test_three_pieces_in_any_order():
    first, second, third = cut(NUMBERS, 4, 4, 4)
    for pieces in ((first, third, second), (second, first, third), (third, first, second)):
        assert leaks(*pieces)


def test_columns_of_digits_that_are_nothing_together():
    draw = random.Random(5)
    columns = [
        [str(draw.randrange(10 ** (1 + i % 3))).zfill(1 + i % 3) for _ in range(300)] for i in range(30)
    ]
    assert not leaks(*columns)
    assert not leaks(*cut(RANDOM, *(1,) * 12))


def test_pieces_of_few_valid_numbers_are_not_chance():
    mixed = RANDOM[:200] + NUMBERS[:100]
    assert leaks(*cut(mixed, 4, 4, 4)) and not leaks(*cut(mixed, 4, 4, 3))


@pytest.mark.parametrize("area", ["03", "090", "0120", "045", "011"])
def test_a_telephone_number_in_pieces(area):
    size = 10 - len(area) if area not in {"090"} else 8
    rest = [f"{DRAW.randrange(10**size):0{size}}" for _ in range(50)]
    assert leaks([area] * 50, [r[:-4] for r in rest], [r[-4:] for r in rest])


@pytest.mark.parametrize(
    "columns",
    [
        (["2025", "2024"] * 50, ["04", "11"] * 50, ["01", "15"] * 50),
        ([f"{i:04}" for i in range(100)], [f"{i * 7 % 10000:04}" for i in range(100)], ["0001"] * 100),
        (["1", "2"] * 50, ["10", "20"] * 50, ["300", "400"] * 50),
        (["99", "98"] * 50, ["1234", "5678"] * 50, ["0001", "0002"] * 50),
    ],
    ids=["date", "codes", "counts", "others"],
)
def test_other_columns_of_digits(columns):
    assert not leaks(*columns)


def test_pieces_that_are_numbers_have_lost_their_zeros():
    def numbers(of):
        return [[int(piece) for piece in column] for column in cut(of, 4, 4, 4)]

    assert leaks(*numbers(NUMBERS))
    assert not leaks(*numbers(RANDOM))


@pytest.mark.parametrize(
    ("one", "other", "leak"),
    [
        ("佐藤", "太郎", True),
        ("太郎", "佐藤", True),
        ("長谷川", "花子", True),
        ("林", "太郎", True),
        ("佐藤", "次郎", False),
        ("佐藤", "佐藤", False),
        ("港区", "芝浦", False),
        ("太郎", "花子", False),
        ("佐", "藤太郎", True),
    ],
)
def test_family_and_given_names_side_by_side(one, other, leak):
    assert bool(leaks([one, "東京"], [other, "大阪"])) == leak
