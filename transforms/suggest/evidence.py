"""What the values of a column show: shares of its distinct values that are read as something, and patterns.

Shares are of the sample of distinct values, wherever they stand in the file. Numbers with check digits are
compared with how many would pass by chance. Nothing here tells a value.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import polars as pl
import pyarrow as pa

from tokumei.schemas.tables import regions
from tokumei.schemas.treatment_base import ColumnType
from tokumei.transforms.detect.checked import is_whole, whole_numbers
from tokumei.transforms.detect.contacts import contacts
from tokumei.transforms.detect.shadow import number_shadow
from tokumei.transforms.suggest.sketch import TYPES, ColumnSketch
from tokumei.transforms.values.addresses import generalize_addresses
from tokumei.transforms.values.code_formats import Format
from tokumei.transforms.values.patterns import count_patterns
from tokumei.transforms.values.phones import phone_area
from tokumei.transforms.values.postal import postal_prefix
from tokumei.transforms.values.text import strings

_LOOKED = 1024  # values that are read as everything
_MOST = 3
_LEAST_SHARE = 0.05  # of a pattern that is told
_SURE = 14.0  # natural logarithm of one in a million
_MANY_CODES = 0.5
_SEXES = frozenset(
    {
        *("男", "女", "男性", "女性", "おとこ", "おんな", "オトコ", "オンナ", "M", "F", "MALE", "FEMALE"),
        *("不明", "その他", "不詳", "未回答", "U"),
    }
)
_SENTENCE = r"[。、．，!?！？\n]|です|ます|した|して|から|との|ので|\s\S+\s\S+\s\S+\s"
_KANJI_NAME = r"^[\p{Han}々ヶケノぁ-んァ-ヶー]{1,6}[\s・　]?[\p{Han}々ヶケノぁ-んァ-ヶー]{0,6}$"
_KANA = r"^[ぁ-んァ-ヶーｦ-ﾟ]+(?:[\s・　][ぁ-んァ-ヶーｦ-ﾟ]+){0,2}$"
_LATIN = r"^\p{Lu}[\p{L}'.-]*(?:[\s,]+[\p{L}'.-]+){0,3}$"
_POSTAL = r"^〒?\s?\d{3}[-‐－]?\d{4}$"
_CLOCK = r"^\s*[0-2]?[0-9][:時][0-5][0-9](?:[:分][0-5][0-9]秒?|分)?\s*$"
_PHONE = r"^0[0-9]{9,10}$"


@dataclass(frozen=True, kw_only=True)
class Traits:
    """What is seen of a column.

    Attributes:
        shares: by what it is (address, mail, …), the share of distinct values that are it.
        codes: number formats with check digits of which there are far more than by chance.
        patterns: the most frequent with their shares, ``AAA-9999``.
        lengths: mean and greatest number of characters.
        kind: the type by which every cell can be read, the finest; ``string`` where none.
        nearly: a type by which nearly every cell can be read, but not all; and how many cannot be.
        numbers: of a column of numbers, those at the tenths of its cells; else empty.
        zeros: some number begins with a zero, or all are as long: they are codes.
        few: too few values to say much.
    """

    shares: Mapping[str, float]
    codes: tuple[Format, ...]
    patterns: tuple[tuple[str, float], ...]
    lengths: tuple[float, int]
    kind: ColumnType
    nearly: tuple[ColumnType, int] | None
    numbers: tuple[float, ...]
    zeros: bool
    few: bool

    def share(self, *names: str) -> float:
        """Return the greatest share of some kinds."""
        return max((self.shares.get(name, 0.0) for name in names), default=0.0)


def look_at(column: ColumnSketch) -> Traits:
    """Look at the sampled values of a column that has some."""
    texts = column.texts.slice(0, _LOOKED)  # by their hashes: as good as any
    plain = pl.Series(texts, dtype=pl.String)
    n = len(plain)
    shadows = number_shadow(texts)
    counted = count_patterns(texts.to_pylist())
    lengths = plain.str.len_chars()
    kind, nearly = _kind(column)
    numbers = _numbers(column, kind)
    told = sorted(((p, c / n) for p, c in counted.items()), key=lambda found: (-found[1], found[0]))
    return Traits(
        shares={name: share for name, share in _shares(plain, shadows, texts).items() if share},
        codes=_codes(shadows),
        patterns=tuple(found for found in told[:_MOST] if found[1] >= _LEAST_SHARE),
        lengths=(float(lengths.mean() or 0), int(lengths.max() or 0)),  # type: ignore[arg-type]
        kind=kind,
        nearly=nearly,
        numbers=numbers,
        zeros=bool(numbers) and _as_codes(plain, column),
        few=column.cells < 50,
    )


def _kind(column: ColumnSketch) -> tuple[ColumnType, tuple[ColumnType, int] | None]:
    """Return the type of every cell, and that of nearly every."""
    order: tuple[ColumnType, ...] = ("date", "month", "datetime", "integer", "number")
    plausible = [kind for kind in order if column.fits.get(kind, 0) and _in_our_time(column, kind)]
    whole = next((kind for kind in plausible if column.fits[kind] == column.cells), None)
    if whole is not None:
        return whole, None
    near = next((kind for kind in plausible if column.fits[kind] >= 0.9 * column.cells), None)
    return "string", None if near is None else (near, column.cells - column.fits[near])


def _in_our_time(column: ColumnSketch, kind: ColumnType) -> bool:
    """Whether numbers of six or eight digits that can be read as days or months are of our time."""
    if kind not in {"date", "month"} or kind not in TYPES:
        return True
    digits = pl.Series(column.texts, dtype=pl.String)
    plain = digits.filter(digits.str.contains(r"^\d{6}$|^\d{8}$"))
    if not len(plain):
        return True
    years = plain.str.slice(0, 4).cast(pl.Int64)
    return bool(((years >= 1868) & (years <= 2100)).all()) and len(column.hashes) > 1


def _numbers(column: ColumnSketch, kind: ColumnType) -> tuple[float, ...]:
    """Return the values at the tenths of the cells, as the sample has them, each with its cells."""
    if kind not in {"integer", "number"}:
        return ()
    plain = (
        pl.Series(column.texts, dtype=pl.String).str.normalize("NFKC").str.replace_all(r"[,￥¥\\円\s]", "")
    )
    values = plain.cast(pl.Float64, strict=False).to_numpy()
    good = ~np.isnan(values)
    if not good.any():
        return ()
    order = np.argsort(values[good])
    weights = np.cumsum(column.counts[good][order])
    at = np.searchsorted(weights, np.linspace(0, 1, 11) * weights[-1])
    tenths = values[good][order][np.minimum(at, len(order) - 1)]
    return tuple(float(v) for v in tenths)


def _as_codes(plain: pl.Series, column: ColumnSketch) -> bool:
    if plain.str.contains(r"[0-9]\.[0-9]").any():
        return False  # of measured sizes all may be as long
    widths = plain.str.len_chars()
    padded = plain.str.contains(r"^0[0-9]+$").any()
    return bool(padded) or (widths.n_unique() == 1 and len(column.hashes) > 20 and int(widths[0]) >= 4)


def _codes(shadows: pl.Series) -> tuple[Format, ...]:
    """Return the formats that numbers pass far more often than by chance (Chernoff's bound)."""
    found = []
    for kind, n in whole_numbers(shadows.filter(is_whole(shadows))).items():
        share, chance = n.passing / n.compared, min(0.5, max(0.02, n.by_chance / n.compared))
        if share <= max(_MANY_CODES, chance) or n.compared < _MANY_CODES * len(shadows):
            continue
        far = share * math.log(share / chance)
        far += (1 - share) * math.log((1 - share) / (1 - chance)) if share < 1 else 0.0
        if far * n.compared > _SURE:
            found.append(kind)
    return tuple(found)


def _shares(plain: pl.Series, shadows: pl.Series, texts: pa.Array) -> dict[str, float]:
    n = len(plain)

    def of(found: pl.Series) -> float:
        return float(found.sum()) / n

    looks: dict[str, float] = {}
    for kind in contacts():
        looks[kind.name] = max(looks.get(kind.name, 0.0), of(kind.holding(shadows)))
    compact = strings(shadows.filter(shadows.str.contains(_PHONE)).to_arrow())
    looks["telephone number"] = max(
        looks.get("telephone number", 0.0), (len(compact) - phone_area(compact).null_count) / n
    )
    city = generalize_addresses(texts, "city")
    read = city.is_valid()
    looks["address"] = read.to_numpy(zero_copy_only=False).sum() / n
    longer = pl.Series(city, dtype=pl.String).str.len_chars() < plain.str.len_chars()
    looks["street"] = of(
        (longer & plain.str.contains(r"[0-9０-９一二三四五六七八九十]|町|大字|丁目|＊|\*")).fill_null(
            value=False
        )
    )
    looks["prefecture"] = of(plain.is_in(sorted(_prefectures())))
    shaped = strings(plain.filter(plain.str.contains(_POSTAL)).to_arrow())
    looks["postal"] = (len(shaped) - postal_prefix(shaped).null_count) / n
    looks["sex"] = of(shadows.is_in(sorted(_SEXES)))
    looks["sentence"] = of(plain.str.contains(_SENTENCE) & (plain.str.len_chars() >= 8))
    looks["kanji name"] = of(plain.str.contains(_KANJI_NAME) & plain.str.contains(r"\p{Han}"))
    looks["time of day"] = of(plain.str.contains(_CLOCK))
    looks["kana"] = of(plain.str.contains(_KANA))
    looks["latin name"] = of(plain.str.contains(_LATIN))
    looks["digits"] = of(shadows.str.contains(r"^[0-9]+$"))
    looks["code"] = of(shadows.str.contains(r"^[0-9A-Z][0-9A-Z_/.#-]*$") & shadows.str.contains(r"[0-9]"))
    return looks


@cache
def _prefectures() -> frozenset[str]:
    return frozenset({*regions(), *(name[:-1] for name in regions() if name != "北海道")})
