"""The names of the people of the files, as keyed hashes; and where they stand in texts.

A name is compared by its letters (`letters`): kanji with what is beside it (佐藤花子), kana in hiragana or
katakana, or Latin letters. Looked up is every stretch of a text that is as long as some name and begins by
three letters as some name does. A name is told from a word that it equals by what stands around it: kana and
Latin letters must end there, and names of three letters in kanji (金子大 in 金子大臣) count as chance unless
somebody is addressed or the kanji end there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tokumei.transforms.detect.hash_set import Hashes, HashSet
from tokumei.transforms.detect.letters import Codes, Letters, Places, Script, scripts
from tokumei.transforms.engine.packed import PackedOnce

SHORTEST_NAME, LONGEST_NAME = 3, 24  # letters
_SHORTEST_KANA, _SHORTEST_LATIN = 5, 7
_WEAK = 3  # letters of a name that words may equal
_HEADS = 24  # bits of the hash of three letters
_CHARACTERS = 1 << 22  # that are looked at in one go
# Behind a name in kanji: who is so addressed is a person. Behind one in kana: that, or a particle.
_ADDRESSED = np.array([ord(c) for c in "様氏殿君宅方家夫妻嬢先医"], dtype=np.uint32)
_BEHIND_KANA = np.array([ord(c) for c in "サさクくチちドどはノをニにもとへヘやでよケ"], dtype=np.uint32)


class NameHits(NamedTuple):
    """Stretches of texts that are a name of the set; they may overlap.

    Attributes:
        owner, start, end: shape (n,), the text and where in it, in code points; ``end`` is the first behind.
        sure: shape (n,), whether what stands around it tells that it is no word.
        looked: stretches that were looked up.
        by_chance: how many of those not sure are expected to be words; see `NameSet.decoys`.
    """

    owner: Places
    start: Places
    end: Places
    sure: NDArray[np.bool_]
    looked: int
    by_chance: float

    @classmethod
    def joined(cls, several: Sequence[NameHits]) -> NameHits:
        """Return hits one after another; at least one."""
        return cls(
            np.concatenate([hits.owner for hits in several]),
            np.concatenate([hits.start for hits in several]),
            np.concatenate([hits.end for hits in several]),
            np.concatenate([hits.sure for hits in several]),
            sum(hits.looked for hits in several),
            sum(hits.by_chance for hits in several),
        )


@dataclass(frozen=True, eq=False)
class NameSet(PackedOnce):
    """Names, in every spelling that is looked for; no name can be read from it without the key of the run.

    Attributes:
        seeds: of the hashes, from the key of the run.
        names: the hashes of the names.
        decoys: of as many words as there are names that words may equal: the first two letters of one and the
            rest of another. They stand in texts as often by chance as these names do.
        heads: sorted, the hashes of the first three letters.
        lengths: of the names, in letters.
    """

    seeds: tuple[int, int]
    names: HashSet
    decoys: HashSet
    heads: NDArray[np.uint32]
    lengths: tuple[int, ...]

    @classmethod
    def of(cls, spelled: pl.Series, key: bytes) -> NameSet:
        """Take names.

        Args:
            spelled: shadows of names, each of one person; those too short or too long are left out.
            key: of the run, for this purpose.
        """
        seeds = int.from_bytes(key[:8]) | 1, int.from_bytes(key[8:16]) | 1
        matrix, widths = _matrix(Letters.of(spelled), len(spelled))
        plausible = _plausible(matrix, widths)
        matrix, widths = matrix[plausible], widths[plausible]
        hashes = _row_hashes(matrix, widths, seeds)
        _, first = np.unique(hashes, return_index=True)  # from here on in an order that nobody chose
        matrix, widths, hashes = matrix[first], widths[first], hashes[first]
        weak = np.flatnonzero(_weak(matrix, widths))
        other = np.roll(weak, 1)
        mixed = np.concatenate((matrix[weak, :2], matrix[other, 2:]), axis=1)
        decoys = _row_hashes(mixed, widths[other], seeds)
        return cls(
            seeds,
            HashSet.of(hashes),
            HashSet.of(np.setdiff1d(decoys, hashes)),
            np.unique(_head(matrix[:, 0], matrix[:, 1], matrix[:, 2], seeds)),
            tuple(int(width) for width in np.unique(widths)),
        )

    @classmethod
    def merged(cls, parts: Sequence[NameSet]) -> NameSet | None:
        """Return the names of all parts, which have one key; None of none."""
        if len(parts) < 2:
            return next(iter(parts), None)
        return cls(
            parts[0].seeds,
            HashSet.merged([part.names for part in parts]),
            HashSet.merged([part.decoys for part in parts]),
            np.unique(np.concatenate([part.heads for part in parts])),
            tuple(sorted({length for part in parts for length in part.lengths})),
        )

    @property
    def nbytes(self) -> int:
        """Its size."""
        return self.names.nbytes + self.decoys.nbytes + self.heads.nbytes

    def find(self, shadows: pl.Series) -> NameHits:
        """Return where names stand in the shadows of texts; nulls hold none."""
        found = [_NO_HITS]
        texts = shadows.fill_null("")
        for begin, end in _stretches(texts):
            hits = self._find(Letters.of(texts[begin:end]))
            found.append(hits._replace(owner=hits.owner + begin))
        return NameHits.joined(found)

    def _find(self, text: Letters) -> NameHits:
        if len(text.letters) < SHORTEST_NAME or not self.lengths:
            return _NO_HITS
        letters = np.concatenate((text.letters, np.zeros(LONGEST_NAME, dtype=np.uint32)))
        heads = _head(letters[:-2], letters[1:-1], letters[2:], self.seeds)
        at = np.flatnonzero(self._starts[heads])
        found, looked, chance = [_NO_HITS], 0, 0.0
        for length, hashes in _hashes(letters, at, self.lengths, self.seeds):
            looked += len(at)
            firsts = at[self.names.holds(hashes)]
            if len(firsts):
                found.append(self._judged(text, letters, firsts, length))
            decoys = at[self.decoys.holds(hashes)] if len(self.decoys.known) else at[:0]
            if len(decoys):
                chance += float((~self._judged(text, letters, decoys, length).sure).sum())
        if self.names.bits is not None:
            chance += looked * self.names.error
        return NameHits.joined(found)._replace(looked=looked, by_chance=chance)

    def _judged(self, text: Letters, letters: Codes, firsts: Places, length: int) -> NameHits:
        """Return hits of one length, without those in the midst of a word of kana or Latin letters."""
        start, last = text.places[firsts], text.places[firsts + length - 1]
        before, behind = text.script(start - 1), text.script(last + 1)
        window = scripts(letters[firsts[:, None] + np.arange(length)])
        kanji = (window == Script.KANJI).any(axis=1)
        begins, ends = text.script(start), text.script(last)
        next_code = text.codes.take(last + 1, mode="clip")
        particle = np.isin(next_code, _BEHIND_KANA) & (ends != Script.LATIN)
        whole = (before != begins) & ((behind != ends) | particle)
        addressed = np.isin(next_code, _ADDRESSED)
        alone = (behind != Script.KANJI) & (before != Script.KANJI)
        weak = (length == _WEAK) | (window[:, 1] != Script.KANJI)
        sure = (~kanji | ~weak | addressed | alone) & (self.names.bits is None)
        rows = np.flatnonzero(kanji | whole)
        owner = text.owners(start[rows])
        begin = text.begins[owner]
        return NameHits(owner, start[rows] - begin, last[rows] + 1 - begin, sure[rows], 0, 0.0)

    @cached_property
    def _starts(self) -> NDArray[np.bool_]:
        found = np.zeros(1 << _HEADS, dtype=bool)
        found[self.heads] = True
        return found


_NO_PLACES = np.empty(0, dtype=np.int64)
_NO_HITS = NameHits(_NO_PLACES, _NO_PLACES, _NO_PLACES, np.empty(0, dtype=bool), 0, 0.0)


def _stretches(texts: pl.Series) -> Iterator[tuple[int, int]]:
    """Cut a column into rows of so many characters together, or a single longer one."""
    sizes = np.cumsum(texts.str.len_chars().to_numpy().astype(np.int64) + 1)
    begin = 0
    while begin < len(texts):
        before = int(sizes[begin - 1]) if begin else 0
        end = max(begin + 1, int(np.searchsorted(sizes, before + _CHARACTERS, side="right")))
        yield begin, end
        begin = end


def _matrix(names: Letters, rows: int) -> tuple[Codes, Places]:
    """Return the letters of names, a row each, 0 behind them; and how many. Longer ones are cut."""
    ends = np.flatnonzero(names.letters == 1)
    begins = np.concatenate(([0], ends[:-1] + 1)) if rows else ends
    widths = ends - begins
    places = begins[:, None] + np.arange(LONGEST_NAME)
    inside = np.arange(LONGEST_NAME) < widths[:, None]
    return np.where(inside, names.letters.take(places, mode="clip"), np.uint32(0)), widths


def _plausible(matrix: Codes, widths: Places) -> NDArray[np.bool_]:
    """Return which names are long enough to be looked for in their script, and none with digits."""
    of = scripts(matrix)
    kanji, latin = (of == Script.KANJI).any(axis=1), (of == Script.LATIN).any(axis=1)
    least = np.where(kanji, SHORTEST_NAME, np.where(latin, _SHORTEST_LATIN, _SHORTEST_KANA))
    fits: NDArray[np.bool_] = (widths >= least) & (widths <= LONGEST_NAME)
    fits &= ~(of == Script.DIGIT).any(axis=1)
    return fits


def _weak(matrix: Codes, widths: Places) -> NDArray[np.bool_]:
    of = scripts(matrix)
    kanji = (of == Script.KANJI).any(axis=1)
    weak: NDArray[np.bool_] = kanji & ((widths == _WEAK) | (of[:, 1] != Script.KANJI))
    return weak


def _head(first: Codes, second: Codes, third: Codes, seeds: tuple[int, int]) -> NDArray[np.uint32]:
    a, b, c = (np.uint32(seeds[i % 2] >> shift & 0xFFFFFFFF | 1) for i, shift in enumerate((0, 0, 32)))
    mixed: NDArray[np.uint32] = (first * a + second * b + third * c) >> np.uint32(32 - _HEADS)
    return mixed


def _row_hashes(matrix: Codes, widths: Places, seeds: tuple[int, int]) -> Hashes:
    out = np.zeros(len(matrix), dtype=np.uint64)
    padded = np.concatenate((matrix.ravel(), np.zeros(LONGEST_NAME, dtype=np.uint32)))
    at = np.arange(len(matrix)) * LONGEST_NAME
    for length, hashes in _hashes(padded, at, tuple(map(int, np.unique(widths))), seeds):
        out = np.where(widths == length, hashes, out)
    return out


def _hashes(
    letters: Codes, at: Places, lengths: Sequence[int], seeds: tuple[int, int]
) -> Iterator[tuple[int, Hashes]]:
    """Yield, by length, the hash of the stretches that begin at some places: a polynomial in a secret."""
    factor, other = np.uint64(seeds[0]), np.uint64(seeds[1])
    value = np.zeros(len(at), dtype=np.uint64)
    for length in range(1, max(lengths, default=0) + 1):
        value = (value + letters[at + (length - 1)]) * factor
        if length in lengths:
            mixed = (value ^ (value >> np.uint64(31))) * other
            yield length, mixed ^ (mixed >> np.uint64(29))
