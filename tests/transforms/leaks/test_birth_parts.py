"""The birth date in pieces: year, month and day in columns of any name and order, by era too."""

import datetime
import json
import random

import polars as pl
import pyarrow as pa
import pytest
from support.helpers import policy_of

from tokumei.schemas.policy_file import parse_policy
from tokumei.transforms.leaks.birth_parts import birth_in_parts
from tokumei.transforms.leaks.verdict import is_leak
from tokumei.transforms.planning.plan_tables import plan_tables

COUNT = 200
DRAW = random.Random(1)
DAYS = [datetime.date(1926, 12, 25) + datetime.timedelta(DRAW.randrange(22_000)) for _ in range(COUNT)]


def era(day):
    return ("昭和", day.year - 1925) if day.year < 1989 else ("平成", day.year - 1988)


PARTS = {
    "year": lambda d: d.year,
    "two digits": lambda d: d.year % 100,
    "era year": lambda d: era(d)[1],
    "era": lambda d: "".join(map(str, era(d))) + "年",
    "letter": lambda d: f"{'S' if d.year < 1989 else 'H'}{era(d)[1]:02d}",
    "month": lambda d: d.month,
    "month in text": lambda d: f"{d.month}月",
    "day": lambda d: d.day,
    "day in text": lambda d: f"{d.day:02d}日",
    "full width": lambda d: str(d.day).translate({c: c + 0xFEE0 for c in range(48, 58)}),
    "cut to month": lambda d: f"{d.year}-{d.month:02d}",
    "cut, in text": lambda d: f"{d.year}年{d.month}月",
    "cut, in digits": lambda d: d.year * 100 + d.month,
    "birthday": lambda d: f"{d.month:02d}{d.day:02d}",
    "slashed": lambda d: f"{d.month}/{d.day}",
}


def found(*parts, of=lambda i: DAYS[i], more=()):
    values = {chr(97 + i): [PARTS[part](of(row)) for row in range(COUNT)] for i, part in enumerate(parts)}
    values |= dict(more)
    kept = {
        name: {"type": "integer" if isinstance(column[0], int) else "string", "keep": True, "because": "試験"}
        for name, column in values.items()
    }
    table = plan_tables(parse_policy(json.dumps(policy_of(kept)), "policy"), ".")["t"]
    batch = pa.RecordBatch.from_pydict(values)
    counts = dict(birth_in_parts(table, batch, iter([("生年月日", pl.Series(DAYS))])))
    return [(s.column, *s.beside) for s, count in counts.items() if is_leak(s, count)]


@pytest.mark.parametrize(
    "parts",
    [
        ("year", "month", "day"),
        ("day", "year", "month"),
        ("era year", "month", "day"),
        ("era", "month in text", "day in text"),
        ("letter", "month", "full width"),
        ("two digits", "month in text", "day"),
        ("cut to month", "day"),
        ("cut, in text", "day in text"),
        ("day", "cut, in digits"),
        ("year", "birthday"),
        ("era", "slashed"),
    ],
)
def test_columns_that_are_together_the_own_birth_date(parts):
    assert found(*parts) == [tuple("abc"[: len(parts)])]
    between = [("x", [f"対応{i % 7}" for i in range(COUNT)]), ("y", [i % 3 for i in range(COUNT)])]
    assert found(*parts, more=between) == [tuple("abc"[: len(parts)])]


@pytest.mark.parametrize(
    "parts", [("year", "month"), ("month", "day"), ("cut to month",), ("year", "day"), ("birthday", "month")]
)
def test_parts_that_are_no_whole_date(parts):
    assert found(*parts) == []


def test_another_date_in_three_columns():
    assert found("year", "month", "day", of=lambda i: DAYS[(i + 7) % COUNT]) == []
    assert found("year", "month", "day", of=lambda i: DAYS[0]) == []
