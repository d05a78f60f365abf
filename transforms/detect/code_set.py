"""The codes of the people of the files, as keyed hashes; and how many texts hold one, of whomever it is.

A code has letters and five digits at least, or ten digits and more. Looked up is what is written as some code
is: the same letters before and behind as many digits. By chance as many are met as the codes fill of all
numbers of so many digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl

from tokumei.transforms.detect.hash_set import MOST_HASHES, HashSet, text_hashes

LONGEST_CODE = 24
_CODE = r"^(?:[A-Z]{1,6}[0-9]{5,}[A-Z]{0,4}|[0-9]{5,}[A-Z]{1,4}|[0-9]{10,})$"
_WRITTEN = r"[0-9A-Z]+(?:-[0-9A-Z]+)*"
_PERHAPS = r"[0-9](?:-?[0-9A-Z]){4}"
_MOST_SHAPES = 256  # of codes whose letters tell nothing there are more: then none is told apart


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
        codes = spelled.drop_nulls().str.replace_all(r"[\s-]", "").unique()
        codes = codes.filter(codes.str.contains(_CODE) & (codes.str.len_chars() <= LONGEST_CODE))
        return cls(
            seeds,
            HashSet.of(text_hashes(codes, LONGEST_CODE, seeds)),
            _few(frozenset(_shapes(codes).unique())),
        )

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
        rows = shadows.str.contains(_PERHAPS).fill_null(value=False).arg_true()
        pieces = shadows.gather(rows).str.extract_all(_WRITTEN)
        tokens = pl.DataFrame({"row": rows, "code": pieces}).explode("code").drop_nulls()
        tokens = tokens.with_columns(pl.col("code").str.replace_all("-", "", literal=True))
        tokens = tokens.filter(
            pl.col("code").str.contains(_CODE) & (pl.col("code").str.len_chars() <= LONGEST_CODE)
        )
        if self.shapes and len(tokens):
            tokens = tokens.filter(_shapes(tokens["code"]).is_in(pl.Series(sorted(self.shapes)).implode()))
        met = self.codes.holds(text_hashes(tokens["code"], LONGEST_CODE, self.seeds))
        digits = tokens["code"].str.count_matches("[0-9]").to_numpy().astype(np.float64)
        share = np.minimum(1.0, (self.size or MOST_HASHES) * 10.0**-digits) + self.codes.error
        return CodesMet(tokens["row"].filter(pl.Series(met)).unique(), float(share.sum()))


def _few(shapes: frozenset[str]) -> frozenset[str]:
    return shapes if len(shapes) <= _MOST_SHAPES else frozenset()


def _shapes(codes: pl.Series) -> pl.Series:
    return codes.str.replace_all("[0-9]", "9")
