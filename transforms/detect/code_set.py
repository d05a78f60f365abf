"""The codes of the people of the files, as keyed hashes; and how many texts hold one, of whomever it is.

A code has letters and five digits at least, or ten digits and more. Looked up is what is written as some code
is: the same letters before and behind as many digits. By chance as many are met as the codes fill of all
numbers of so many digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tokumei.transforms.detect.hash_set import MOST_HASHES, Hashes, HashSet, mixed
from tokumei.transforms.values.text import strings, utf8

LONGEST_CODE = 24
_FEWEST = 5  # digits in a row
_CODE = r"^(?:[A-Z]{1,6}[0-9]{5,}[A-Z]{0,4}|[0-9]{5,}[A-Z]{1,4}|[0-9]{10,})$"
_WRITTEN = r"[0-9A-Z]+(?:-[0-9A-Z]+)*"
_BETWEEN = r"[\s-]"
_MOST_SHAPES = 256  # of codes whose letters tell nothing there are more: then none is told apart
_WORD = 8  # bytes that are hashed in one go
_ZERO, _TEN, _NINE = np.uint8(ord("0")), np.uint8(10), np.uint8(ord("9"))
_Bytes = NDArray[np.uint8]  # shape (n, width), a code a row


class CodesMet(NamedTuple):
    """What was met in some texts.

    Attributes:
        texts: places of the texts that hold a code.
        expected: how many codes would be met by chance.
    """

    texts: pl.Series
    expected: float


@dataclass(frozen=True, eq=False)
class CodeSet:
    """Codes; none can be read from it without the key of the run. Merges in any order and grouping.

    Attributes:
        seeds: of the hashes, from the key of the run.
        codes: the hashes.
        shapes: how they are written, a digit as 9; empty where there are too many ways.
    """

    seeds: tuple[int, int]
    codes: HashSet
    shapes: frozenset[str]

    @classmethod
    def of(cls, spelled: pl.Series, key: bytes) -> CodeSet:
        """Take the values of columns of codes, as shadows; what is none is left out.

        Args:
            spelled: shadows.
            key: of the run, for this purpose.
        """
        seeds = int.from_bytes(key[16:24]) | 1, int.from_bytes(key[24:32]) | 1
        hashes, shapes = [np.empty(0, dtype=np.uint64)], set[str]()
        for _, texts in _by_width(_without_gaps(spelled.drop_nulls())):
            kinds, which = _shapes(texts, seeds)
            fits = kinds.str.contains(_CODE)
            codes = texts if fits.all() else texts[fits.to_numpy()[which]]
            hashes.append(_hashes(codes, seeds))
            shapes.update(kinds.filter(fits))
        return cls(seeds, HashSet.of(np.concatenate(hashes)), _few(frozenset(shapes)))

    @classmethod
    def merged(cls, parts: Sequence[CodeSet]) -> CodeSet | None:
        """Return the union; None of none."""
        if not parts:
            return None
        several = any(part.size != 0 and not part.shapes for part in parts)
        shapes = frozenset[str]() if several else frozenset().union(*(part.shapes for part in parts))
        return cls(parts[0].seeds, HashSet.merged([part.codes for part in parts]), _few(shapes))

    @property
    def size(self) -> int | None:
        """How many there are; None of so many that they are not kept one by one."""
        return len(self.codes.known) if self.codes.bits is None else None

    def find(self, shadows: pl.Series) -> CodesMet:
        """Return which texts hold a code; nulls hold none."""
        rows = shadows.str.contains(self._perhaps).fill_null(value=False).arg_true()
        pieces = shadows.gather(rows).str.extract_all(_WRITTEN)
        tokens = pl.DataFrame({"row": rows, "code": pieces}).explode("code").drop_nulls()
        codes, met, share = _without_gaps(tokens["code"]), np.zeros(len(tokens), dtype=bool), 0.0
        for places, texts in _by_width(codes):
            kinds, which = _shapes(texts, self.seeds)
            fits = kinds.str.contains(_CODE)
            if self.shapes:
                fits &= kinds.is_in(pl.Series(sorted(self.shapes)).implode())
            digits = kinds.str.count_matches("9").to_numpy().astype(np.float64)
            chance = np.minimum(1.0, (self.size or MOST_HASHES) * 10.0**-digits) + self.codes.error
            rows_of = fits.to_numpy()[which]
            met[places[rows_of]] = self.codes.holds(_hashes(texts[rows_of], self.seeds))
            share += float(chance[which[rows_of]].sum())
        return CodesMet(tokens["row"].filter(pl.Series(met)).unique(), share)

    @cached_property
    def _perhaps(self) -> str:
        """What each text has that holds one: as many digits in a row as every code."""
        rows = (max(map(len, re.findall("9+", shape))) for shape in self.shapes)
        return rf"[0-9](?:-?[0-9]){{{min(rows, default=_FEWEST) - 1}}}"


def _few(shapes: frozenset[str]) -> frozenset[str]:
    return shapes if len(shapes) <= _MOST_SHAPES else frozenset()


def _without_gaps(codes: pl.Series) -> pl.Series:
    return codes.str.replace_all(_BETWEEN, "") if codes.str.contains(_BETWEEN).any() else codes


def _by_width(codes: pl.Series) -> Iterator[tuple[NDArray[np.int64], _Bytes]]:
    """Yield by length the places of texts that are no longer than codes, and their bytes."""
    texts = utf8(strings(codes.to_arrow()))
    for width in np.flatnonzero(np.bincount(np.minimum(texts.lengths, LONGEST_CODE + 1))):
        if _FEWEST < width <= LONGEST_CODE:
            rows = np.flatnonzero(texts.lengths == width)
            if len(rows) == len(codes):
                yield rows, texts.data[: len(rows) * width].reshape(-1, width)
            else:
                yield rows, texts.data[texts.starts[rows, None] + np.arange(width)]


def _shapes(texts: _Bytes, seeds: tuple[int, int]) -> tuple[pl.Series, NDArray[np.int64]]:
    """Return the ways in which texts of one length are written, a digit as 9; and of each text which."""
    shaped = np.where(texts - _ZERO < _TEN, _NINE, texts)
    if not len(texts) or (shaped == shaped[0]).all():  # as most columns are
        first, which = np.zeros(min(len(texts), 1), dtype=np.int64), np.zeros(len(texts), dtype=np.int64)
    else:
        _, first, which = np.unique(_hashes(shaped, seeds), return_index=True, return_inverse=True)
    return pl.Series([shaped[row].tobytes().decode("latin-1") for row in first], dtype=pl.String), which


def _hashes(texts: _Bytes, seeds: tuple[int, int]) -> Hashes:
    """Return a hash in a secret of each of some texts of one length."""
    rows, width = texts.shape
    padded = np.zeros((rows, -(-width // _WORD) * _WORD), dtype=np.uint8)
    padded[:, :width] = texts
    factor, other = np.uint64(seeds[0]), np.uint64(seeds[1])
    value = np.full(rows, width, dtype=np.uint64)
    for word in padded.view(np.uint64).T:
        value = mixed(value * factor + word, other)
    return value
