"""The names of the people of the files, as keyed hashes; and where they stand in texts.

A name is compared by its letters (`letters`): kanji with what is beside it (佐藤花子), kana in hiragana or
katakana, or Latin letters. Looked up is every stretch of a text that is as long as some name and begins by
three letters as some name does. A name is told from a word that it equals (金子大 in 金子大臣) by what stands
around it, its `NameSign`; and by decoys, words made of the same names, which are words as often by chance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tokumei.transforms.detect.code_set import CodeSet
from tokumei.transforms.detect.hash_set import Hashes, HashSet, mixed
from tokumei.transforms.detect.text_array import (
    Codes,
    Factors,
    Letters,
    Places,
    Script,
    scripts,
    stretches,
    three_letters,
)
from tokumei.transforms.detect.told_set import ToldSet
from tokumei.transforms.engine.distinct import distinct
from tokumei.transforms.engine.packed import PackedOnce

SHORTEST_NAME, LONGEST_NAME = 3, 24  # letters
_SHORTEST_KANA, _SHORTEST_LATIN = 5, 7
_32_BITS = (1 << 32) - 1
_WEAK = 3  # letters of a name in kanji that words may equal
_COMMON = 7  # letters of one in kana, from which on few words equal it
_HEADS, _COARSE = 24, 20  # bits of the hash of three letters, and of what tells most others at once
_HEAD, _FIRST = np.uint32(32 - _HEADS), np.uint32(_HEADS - _COARSE)
# Who is so addressed is a person: behind a name in kanji, and in kana, which a particle may follow.
_ADDRESSED = np.array([ord(c) for c in "様氏殿君宅方家夫妻嬢先医さちく"], dtype=np.uint32)
_POLITE = np.array([ord(c) for c in "様氏殿君嬢先"], dtype=np.uint32)
_SAN = [np.array([ord(c) for c in letters], dtype=np.uint32) for letters in ("サさ", "ンんマま")]
_BEHIND_KANA = np.array([ord(c) for c in "サさクくチちドどはノをニにもとへヘやでよケ"], dtype=np.uint32)


class NameSign(IntEnum):
    """How surely a stretch that equals a name is one, by what stands around it."""

    WEAK = 0  # as short as many words are, and in the midst of others
    LIKELY = 1
    SURE = 2  # somebody is addressed; family name and given name stand apart; a particle follows
    ADDRESSED = 3  # sure, and politely, of a name that is no word: of a person, however many write it


class NameHits(NamedTuple):
    """Stretches of texts that are a name of the set, or a decoy; they may overlap.

    Attributes:
        owner, start, end: shape (n,), the text and where in it, in code points; ``end`` is the first behind.
        evidence: shape (n,), an `NameSign`.
        decoy: shape (n,), whether it is none; see `NameSet.decoys`.
        looked: stretches that were looked up.
    """

    owner: Places
    start: Places
    end: Places
    evidence: NDArray[np.int8]
    decoy: NDArray[np.bool_]
    looked: int

    @classmethod
    def joined(cls, several: Sequence[NameHits]) -> NameHits:
        """Return hits one after another; at least one."""
        return cls(
            np.concatenate([hits.owner for hits in several]),
            np.concatenate([hits.start for hits in several]),
            np.concatenate([hits.end for hits in several]),
            np.concatenate([hits.evidence for hits in several]),
            np.concatenate([hits.decoy for hits in several]),
            sum(hits.looked for hits in several),
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class NameSet(PackedOnce):
    """Names, in every spelling that is looked for; no name can be read from it without the key of the run.

    Attributes:
        seeds: of the hashes, from the key of the run.
        names: the hashes of the names.
        decoys: of about as many words: the first two letters of one name (of kana and Latin letters, three)
            and the rest of another. By chance they stand in texts as often as the names do.
        heads: sorted, the hashes of the first three letters of both.
        lengths: of the names, in letters.
        codes: the codes of the same people; None where none are known. told: their addresses and birth dates.
    """

    seeds: tuple[int, int]
    names: HashSet
    decoys: HashSet
    heads: NDArray[np.uint32]
    lengths: tuple[int, ...]
    codes: CodeSet | None = None
    told: ToldSet | None = None

    level = 0

    @classmethod
    def of(cls, spelled: Sequence[pl.Series], key: bytes) -> NameSet:
        """Take names.

        Args:
            spelled: shadows of names, each of one person, by how they are written (as they stand, turned
                round): decoys are made of names of one way. Those too short or too long are left out.
            key: of the run, for this purpose.
        """
        return cls._merged([cls._of(names, key) for names in spelled])

    @classmethod
    def _of(cls, spelled: pl.Series, key: bytes) -> NameSet:
        seeds = int.from_bytes(key[:8]) | 1, int.from_bytes(key[8:16]) | 1
        matrix, widths = _matrix(Letters.of(spelled), len(spelled))
        plausible = _plausible(matrix, widths)
        matrix, widths = matrix[plausible], widths[plausible]
        hashes = _row_hashes(matrix, widths, seeds)
        _, first = np.unique(hashes, return_index=True)  # from here on in an order that nobody chose
        matrix, widths, hashes = matrix[first], widths[first], hashes[first]
        words, sizes = _decoys(matrix, widths)
        starts = np.concatenate((matrix, words))
        return cls(
            seeds=seeds,
            names=HashSet.of(hashes),
            decoys=HashSet.of(_row_hashes(words, sizes, seeds)),
            heads=distinct(three_letters(starts[:, 0], starts[:, 1], starts[:, 2], _factors(seeds)) >> _HEAD),
            lengths=tuple(int(width) for width in np.unique(widths)),
        )

    @classmethod
    def merged(cls, parts: Sequence[NameSet]) -> NameSet | None:
        """Return the names of all parts, which have one key; None of none."""
        return cls._merged(parts) if parts else None

    @classmethod
    def _merged(cls, parts: Sequence[NameSet]) -> NameSet:
        if len(parts) == 1:
            return parts[0]
        return cls(
            seeds=parts[0].seeds,
            names=HashSet.merged([part.names for part in parts]),
            decoys=HashSet.merged([part.decoys for part in parts]),
            heads=distinct(np.concatenate([part.heads for part in parts])),
            lengths=tuple(sorted({length for part in parts for length in part.lengths})),
            codes=CodeSet.merged([part.codes for part in parts if part.codes is not None]),
            told=ToldSet.merged([part.told for part in parts if part.told is not None]),
        )

    @property
    def factors(self) -> Factors:
        """With which three letters are hashed."""
        return _factors(self.seeds)

    @cached_property
    def a_decoy(self) -> float:
        """How many names a decoy stands for: more than one where few names put together are nobody's."""
        nobody = len(self.decoys.known) - int(self.names.holds(self.decoys.known).sum())
        return max(1.0, len(self.names.known) / nobody) if nobody else 1.0

    @property
    def nbytes(self) -> int:
        """Its size."""
        codes = 0 if self.codes is None else self.codes.codes.nbytes
        told = 0 if self.told is None else self.told.nbytes
        return self.names.nbytes + self.decoys.nbytes + self.heads.nbytes + codes + told

    def find(self, shadows: pl.Series) -> NameHits:
        """Return where names stand in the shadows of texts; nulls hold none."""
        return self.find_in(stretches(shadows))

    def find_in(self, texts: Iterable[tuple[int, Letters]]) -> NameHits:
        """Return the same for texts that come as `stretches`."""
        found = [_NO_HITS]
        for begin, letters in texts:
            hits = self._find(letters)
            found.append(hits._replace(owner=hits.owner + begin))
        return NameHits.joined(found)

    def _find(self, text: Letters) -> NameHits:
        if len(text.letters) < SHORTEST_NAME or not self.lengths:
            return _NO_HITS
        letters = np.concatenate((text.letters, np.zeros(LONGEST_NAME, dtype=np.uint32)))
        heads = text.threes(self.factors) >> _HEAD
        at = np.flatnonzero(self._coarse.take(heads >> _FIRST))
        at = at[self._starts[heads[at]]]
        found, looked = [_NO_HITS], 0
        for length, hashes in _hashes(letters, at, self.lengths, self.seeds):
            looked += len(at)
            known = self.names.holds(hashes)
            for decoy, held in ((False, known), (True, self.decoys.holds(hashes) & ~known)):
                if held.any():
                    hits = _judged(text, letters, at[held], length)
                    found.append(hits._replace(decoy=np.full(len(hits.owner), decoy)))
        return NameHits.joined(found)._replace(looked=looked)

    @cached_property
    def _coarse(self) -> NDArray[np.bool_]:
        found = np.zeros(1 << _COARSE, dtype=bool)
        found[self.heads >> _FIRST] = True
        return found

    @cached_property
    def _starts(self) -> NDArray[np.bool_]:
        found = np.zeros(1 << _HEADS, dtype=bool)
        found[self.heads] = True
        return found


_NO_PLACES = np.empty(0, dtype=np.int64)
_NO_HITS = NameHits(
    _NO_PLACES, _NO_PLACES, _NO_PLACES, np.empty(0, dtype=np.int8), np.empty(0, dtype=bool), 0
)


def _judged(text: Letters, letters: Codes, firsts: Places, length: int) -> NameHits:
    """Return hits of one length, without those in the midst of a word of kana or Latin letters."""
    start, last = text.places[firsts], text.places[firsts + length - 1]
    before, behind = text.script(start - 1), text.script(last + 1)
    window = scripts(letters[firsts[:, None] + np.arange(length)])
    kanji = (window == Script.KANJI).any(axis=1)
    begins, ends = text.script(start), text.script(last)
    following = text.codes.take(last + 1, mode="clip")
    particle = np.isin(following, _BEHIND_KANA) & (ends != Script.LATIN)
    whole = (before != begins) & ((behind != ends) | particle)
    apart = last - start >= length  # something stands between its letters
    san = np.isin(following, _SAN[0]) & np.isin(text.codes.take(last + 2, mode="clip"), _SAN[1])
    addressed = np.where(kanji, np.isin(following, _ADDRESSED), np.isin(following, _POLITE) | san)
    weak = np.where(kanji, (length == _WEAK) | (window[:, 1] != Script.KANJI), length < _COMMON)
    alone = (before != Script.KANJI) & (behind != Script.KANJI)
    spoken = kanji & (behind == Script.HIRAGANA) & (ends != Script.HIRAGANA)
    evidence = np.where(weak & ~(alone & kanji), NameSign.WEAK, NameSign.LIKELY).astype(np.int8)
    evidence[addressed | (apart & (alone | ~kanji)) | (spoken & ~weak)] = NameSign.SURE
    evidence[kanji & ~weak & (np.isin(following, _POLITE) | san)] = NameSign.ADDRESSED
    rows = np.flatnonzero(kanji | whole)
    owner = text.owners(start[rows])
    begin = text.begins[owner]
    return NameHits(
        owner, start[rows] - begin, last[rows] + 1 - begin, evidence[rows], np.zeros(len(rows), dtype=bool), 0
    )


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


def _decoys(matrix: Codes, widths: Places) -> tuple[Codes, Places]:
    """Return words that are put together of two names of one script each, as `_matrix` does."""
    kanji = (scripts(matrix) == Script.KANJI).any(axis=1)
    found = []
    for of, begin in ((kanji, 2), (~kanji, 3)):
        rows = np.flatnonzero(of)
        other = np.roll(rows, 1)
        found.append((np.concatenate((matrix[rows, :begin], matrix[other, begin:]), axis=1), widths[other]))
    words, sizes = zip(*found, strict=True)
    return np.concatenate(words), np.concatenate(sizes)


def _factors(seeds: tuple[int, int]) -> Factors:
    one, other = seeds
    return one & _32_BITS | 1, other & _32_BITS | 1, one >> 32 & _32_BITS | 1


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
            yield length, mixed(value, other)
