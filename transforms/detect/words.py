"""Sentences as words: a tokenizer a thread, its dictionary's version, and columns of words.

The tokenizer is SudachiPy with SudachiDict core, imported when first needed. The dictionary is mapped into
memory, so processes share its pages.
"""

from __future__ import annotations

import re
import threading
from array import array
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tokumei.schemas.tables import kanji_variants
from tokumei.transforms.detect.letters import letter_of

if TYPE_CHECKING:
    import sudachipy

# The tokenizer refuses 65,536 bytes, after NFKC, in which no character is more than 33 bytes long.
_PIECE = 1_900
_SENTENCE_END = re.compile(r"[。．！？!?\n]")
_WORD_END = re.compile(r"[、，,\s]")
_REMEMBERED = 1 << 16
# As the tokenizer comes, but for the step that makes one word of 渓谷（エジプト）.
_READS_ALL = [{"class": "com.worksap.nlp.sudachi.DefaultInputTextPlugin"}]


class Words(NamedTuple):
    """The words of some texts, in order; behind each text stands a line end, which is no word.

    Attributes:
        letters: (n characters) what each word is (`letters`).
        text: (n,) the text of each.
        start, end: (n,) in code points of the text.
    """

    letters: str
    text: NDArray[np.int64]
    start: NDArray[np.int32]
    end: NDArray[np.int32]


def words_of(texts: Sequence[str]) -> Words:
    """Return the words of texts. Linear in their length; the same on every machine with one dictionary."""
    reader = _reader()
    letters: list[str] = []
    starts, ends = array("i"), array("i")
    counts = np.empty(len(texts), dtype=np.int64)
    for number, text in enumerate(texts):
        before = len(letters)
        for offset, piece in _pieces(text):
            reader.read(piece, offset, letters, starts, ends)
        letters.append("\n")
        starts.append(len(text))
        ends.append(len(text))
        counts[number] = len(letters) - before
    return Words(
        "".join(letters),
        np.repeat(np.arange(len(texts)), counts),
        np.frombuffer(starts, dtype=np.int32),
        np.frombuffer(ends, dtype=np.int32),
    )


def dictionary_version() -> str:
    """Return what reads sentences and by which dictionary: others would find other names."""
    return f"SudachiPy {version('sudachipy')}, SudachiDict-core {version('sudachidict-core')}"


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """Yield the text in pieces that the tokenizer takes, cut at the end of a sentence, else of a word."""
    start = 0
    while len(text) - start > _PIECE:
        window = text[start : start + _PIECE]
        ends = [found.end() for found in _SENTENCE_END.finditer(window)] or [
            found.end() for found in _WORD_END.finditer(window)
        ]
        cut = ends[-1] if ends else _PIECE
        yield start, window[:cut]
        start += cut
    yield start, text[start:]


@cache
def _dictionary() -> sudachipy.Dictionary:
    import sudachidict_core
    import sudachipy
    from sudachipy.config import Config

    words = Path(sudachidict_core.__file__).parent / "resources" / "system.dic"
    return sudachipy.Dictionary(config=Config(system=str(words), inputTextPlugin=_READS_ALL))


class _Reader:
    """One thread's tokenizer, with the letters of the words that it has met."""

    def __init__(self) -> None:
        with _LOADING:
            self._dictionary = _dictionary()
            self._tokenizer = self._dictionary.tokenizer()
        self._met: dict[tuple[str, int], str] = {}
        old, new = kanji_variants()
        known = {char for char in old if self._may_be(char)}  # 龍 stands in names of its own, 髙 in none
        self._folded = str.maketrans({o: n for o, n in zip(old, new, strict=True) if o not in known})

    def read(self, piece: str, offset: int, letters: list[str], starts: array[int], ends: array[int]) -> None:
        met = self._met
        for word in self._tokenizer.tokenize(piece.translate(self._folded)):
            surface, speech = word.surface(), word.part_of_speech_id()
            letter = met.get((surface, speech))
            if letter is None:
                if len(met) >= _REMEMBERED:
                    met.clear()
                letter = met[surface, speech] = letter_of(surface, word.part_of_speech(), self._may_be)
            letters.append(letter)
            starts.append(offset + word.begin())
            ends.append(offset + word.end())

    def _may_be(self, surface: str) -> frozenset[str]:
        with _LOADING:
            found = [word.part_of_speech() for word in self._dictionary.lookup(surface)]
        return frozenset("/".join(speech[2:4]) for speech in found)


_LOADING = threading.Lock()
_OF_THREAD = threading.local()


def _reader() -> _Reader:
    if not hasattr(_OF_THREAD, "reader"):
        _OF_THREAD.reader = _Reader()
    reader: _Reader = _OF_THREAD.reader
    return reader
