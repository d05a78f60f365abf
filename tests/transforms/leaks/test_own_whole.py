"""Columns that are the own code, birth date, telephone number or address in a shorter form."""

import datetime
import json

import numpy as np
import pyarrow as pa
import pytest
from support.helpers import policy_of

from tokumei.schemas.policy_file import parse_policy
from tokumei.transforms.leaks.own_whole import whole_values
from tokumei.transforms.leaks.verdict import is_leak
from tokumei.transforms.planning.plan_tables import plan_tables

COUNT = 400
DRAW = np.random.default_rng(3)
BORN = [datetime.date(1930, 1, 1) + datetime.timedelta(days=int(d)) for d in DRAW.integers(0, 29_000, COUNT)]
CODES = [f"M{n:07d}" for n in DRAW.choice(10**7, COUNT, replace=False)]
PINS = [f"{n:05d}" for n in DRAW.choice(10**5, COUNT, replace=False)]
PHONES = [f"090-{a:04d}-{b:04d}" for a, b in DRAW.integers(1000, 9999, (COUNT, 2))]
HOMES = [f"富士市桜木{a}丁目{b}番{c}号" for a, b, c in DRAW.integers(1, 30, (COUNT, 3))]
MAILS = [f"taro_{n}x@example.co.jp" for n in DRAW.choice(10**6, COUNT, replace=False)]
MY_NUMBERS = [f"{a}{b}" for a, b in DRAW.integers(100_000, 999_999, (COUNT, 2))]
ERAS = [(d.year - 1925, 3) if d < datetime.date(1989, 1, 8) else (d.year - 1988, 4) for d in BORN]
GONE = {"treat": [{"criterion": 1, "method": "delete"}]}
SOURCES = {
    "生年月日": ({"type": "date", **GONE}, BORN),
    "会員番号": ({"treat": [{"criterion": 3, "method": "delete"}]}, CODES),
    "診察券番号": ({"treat": [{"criterion": 3, "method": "delete"}]}, PINS),
    "電話番号": (GONE, PHONES),
    "住所": (GONE, HOMES),
    "メール": (GONE, MAILS),
    "個人番号": ({"treat": [{"criterion": 2, "method": "delete"}]}, MY_NUMBERS),
}


def leaks(cells, kind="string"):
    columns = {name: of for name, (of, _) in SOURCES.items()} | {
        "c": {"type": kind, "keep": True, "because": "x"}
    }
    policy = parse_policy(json.dumps(policy_of(columns, reference_date="2026-04-01")), "policy")
    table = plan_tables(policy, ".")["t"]
    sources = pa.RecordBatch.from_pydict({name: values for name, (_, values) in SOURCES.items()})
    found = whole_values(table, sources, pa.array(range(COUNT)), "c", pa.array(cells))
    return {search.of for search, count in found.items() if is_leak(search, count)}


@pytest.mark.parametrize(
    ("of", "cells"),
    [
        ("生年月日", [int(f"{d:%Y%m%d}") for d in BORN]),
        ("生年月日", [f"{d:%Y%m%d}" for d in BORN]),
        ("生年月日", [f"{d:%y%m%d}" for d in BORN]),
        ("生年月日", [f"{code}{year:02d}{d:%m%d}" for d, (year, code) in zip(BORN, ERAS, strict=True)]),
        ("生年月日", [f"{year:02d}{d:%m%d}" for d, (year, _) in zip(BORN, ERAS, strict=True)]),
        ("生年月日", [f"{d:%m%d}" for d in BORN]),
        ("生年月日", [int(f"{d:%m%d}") for d in BORN]),
        ("生年月日", [(d - datetime.date(1899, 12, 30)).days for d in BORN]),
        ("生年月日", [(d - datetime.date(1970, 1, 1)).days for d in BORN]),
        ("生年月日", [(d - datetime.date(1970, 1, 1)).days * 86_400 for d in BORN]),
        ("生年月日", [str((d - datetime.date(1970, 1, 1)).days * 86_400_000) for d in BORN]),
        ("メール", [mail.partition("@")[0] for mail in MAILS]),
        ("メール", [mail.partition("@")[0].replace("_", ".").upper() for mail in MAILS]),
        ("個人番号", [number[4:] for number in MY_NUMBERS]),
        ("個人番号", [int(number[:8]) for number in MY_NUMBERS]),
        ("会員番号", [c[1:] for c in CODES]),
        ("会員番号", [int(c[1:]) for c in CODES]),
        ("会員番号", [f"{c[1:4]}-{c[4:]}" for c in CODES]),
        ("診察券番号", PINS),
        ("診察券番号", [int(p) for p in PINS]),
        ("診察券番号", [f"No.{p}"[3:] if i % 2 else None for i, p in enumerate(PINS)]),
        ("電話番号", [p[4:] for p in PHONES]),
        ("電話番号", [p[4:].replace("-", "") for p in PHONES]),
        ("電話番号", [int(p.replace("-", "")) for p in PHONES]),
        ("住所", [h[5:] for h in HOMES]),
        ("住所", [h[5:].replace("丁目", "-").replace("番", "-").rstrip("号") for h in HOMES]),
        ("診察券番号", [p if i < 30 else f"{i:05d}" for i, p in enumerate(PINS)]),
    ],
)
def test_what_is_short_and_the_records_own(of, cells):
    assert leaks(cells, "integer" if isinstance(cells[0], int) else "string") == {of}


@pytest.mark.parametrize(
    "cells",
    [
        [f"{i:05d}" for i in range(COUNT)],
        [20260101 + i % 28 for i in range(COUNT)],
        [
            f"{m:02d}{d:02d}"
            for m, d in zip(DRAW.integers(1, 13, COUNT), DRAW.integers(1, 29, COUNT), strict=True)
        ],
        [*DRAW.permutation(PINS)],
        [*DRAW.permutation([f"{d:%m%d}" for d in BORN])],
        [f"{d.year}" for d in BORN],
        [str(a) for a in DRAW.integers(100, 999, COUNT)],
        [f"{a}-{b}-{c}" for a, b, c in DRAW.integers(1, 30, (COUNT, 3))],
        ["窓口で相談を受けた"] * COUNT,
    ],
)
def test_other_short_values(cells):
    assert not leaks([cell.item() if isinstance(cell, np.generic) else cell for cell in cells])
