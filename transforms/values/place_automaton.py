"""The character automaton that reads a place at the beginning of a text, for all rows at once.

It reads raw UTF-8 and knows classes of characters, so nothing is normalized or compared as Python strings.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.transforms.values.text import Utf8, utf8

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

NOWHERE = -1  # target of text that names no place
_OTHER, _SKIP = 0, 1  # character classes: in no place name; without meaning in place names
_MOST_CHARACTERS = 64  # no place name is longer, spaces included; a longer walk is given up
_BLOCK = 1 << 16  # rows walked together; small enough to stay in the processor's cache
_ALIKE = 24  # bytes, of whole words: eight kanji, which tell most municipalities
_SAMPLE = 4096  # beginnings looked at
_REPEATING = 0.5  # share of distinct ones among them, up to which those alike are found
_MIXING = np.uint64(0x9E3779B97F4A7C15)
_UNENDING = np.iinfo(np.int64).max


class PlaceAutomaton(NamedTuple):
    """A trie over character classes.

    ``step[state, class]`` is the next state, or ``-2 - target`` when the walk ends there.
    """

    classes: NDArray[np.uint16]
    step: NDArray[np.int16] | NDArray[np.int32]

    def find(self, texts: pa.StringArray) -> Ints:
        """Return the target of the longest name at the beginning of each text, or -1."""
        text = utf8(texts)
        target = np.empty(len(texts), dtype=np.int64)
        for first in range(0, len(texts), _BLOCK):
            block = slice(first, first + _BLOCK)
            target[block] = self._read(text.rows(block))
        return target

    def _read(self, text: Utf8) -> Ints:
        """Walk texts, those that begin alike once where this decides."""
        alike = _alike(text)
        if alike is None:
            return self._walk(text)[0]
        rows, of_row = alike
        found, size = self._walk(text.rows(rows))
        target: Ints = found[of_row]
        # Read beyond what is alike, it is the answer for nobody else.
        apart = np.flatnonzero((size > _ALIKE)[of_row])
        target[apart] = self._walk(text.rows(apart))[0]
        return target

    def _walk(self, text: Utf8) -> tuple[Ints, Ints]:
        """Return the target of each text, and how many bytes decided; the end of a text counts as one."""
        size_read = np.full(len(text.starts), _UNENDING, dtype=np.int64)
        found = np.full(len(text.starts), NOWHERE, dtype=np.int64)
        rows = np.arange(len(text.starts))
        place, stop = text.starts, text.starts + text.lengths
        state = np.zeros(len(rows), dtype=np.int64)
        # The four bytes from each place on, read at once; the padding of the text has room for them.
        words = np.ndarray((len(text.data) - 3,), dtype="<u4", buffer=text.data, strides=(1,))
        width = self.step.shape[1]
        flat = self.step.ravel()
        for _ in range(_MOST_CHARACTERS):
            if not len(rows):
                break
            char, size = _characters(words[place], place >= stop)
            state = flat[state * width + self.classes[char]].astype(np.int64)
            place = place + size
            ended = state < 0
            if ended.any():
                found[rows[ended]] = -2 - state[ended]
                read = place[ended] - text.starts[rows[ended]]
                size_read[rows[ended]] = read + (size[ended] == 0)  # that a text is over decides too
                going = np.flatnonzero(~ended)
                rows, place, stop, state = rows[going], place[going], stop[going], state[going]
        return found, size_read


def _alike(text: Utf8) -> tuple[Ints, Ints] | None:
    """Return one row of all that begin with the same bytes, and for each row the place of its own.

    None where few begin alike. Shorter texts are each like no other.
    """
    long = np.flatnonzero(text.lengths >= _ALIKE)
    words = np.ndarray((len(text.data) - 7,), dtype="<u8", buffer=text.data, strides=(1,))
    starts = text.starts[long]
    beginning = [words[starts + first] for first in range(0, _ALIKE, 8)]
    mixed = beginning[0]
    for word in beginning[1:]:
        mixed = (mixed ^ mixed >> np.uint64(29)) * _MIXING + word
    head = mixed[:_SAMPLE]
    if len(np.unique(head)) > len(head) * _REPEATING:
        return None
    encoded = pc.dictionary_encode(pa.array(mixed))
    places = encoded.indices.to_numpy()
    first = np.empty(len(encoded.dictionary), dtype=np.int64)
    first[places[::-1]] = np.arange(len(places))[::-1]
    same = np.ones(len(places), dtype=np.bool_)
    for word in beginning:
        same &= word == word[first][places]  # two beginnings may be mixed to one number
    apart = np.concatenate([np.flatnonzero(text.lengths < _ALIKE), long[~same]])
    of_row = np.empty(len(text.starts), dtype=np.int64)
    of_row[long] = places
    of_row[apart] = np.arange(len(first), len(first) + len(apart))
    return np.concatenate([long[first], apart]), of_row


def _characters(words: NDArray[np.uint32], over: NDArray[np.bool_]) -> tuple[NDArray[np.integer], Ints]:
    """Decode the character at the beginning of each four bytes; where a string is over, U+0000 of size 0."""
    char = (words & 0x0F) << 12 | words >> 2 & 0xFC0 | words >> 16 & 0x3F
    size = np.full(len(words), 3, dtype=np.int64)
    odd = np.flatnonzero((words & 0xF0 != 0xE0) | over)
    if len(odd):
        rest = words[odd]
        first, second, third, fourth = rest & 0xFF, rest >> 8 & 0x3F, rest >> 16 & 0x3F, rest >> 24 & 0x3F
        kinds = [over[odd], first < 0x80, first < 0xE0, first >= 0xF0]
        four = (first & 0x07) << 18 | second << 12 | third << 6 | fourth
        char[odd] = np.select(kinds, [0 * first, first, (first & 0x1F) << 6 | second, four])
        size[odd] = np.select(kinds, [0, 1, 2, 4])
    return char, size


def build_automaton(
    spellings: Mapping[str, int], characters: Iterable[int], fold: Callable[[list[str]], Iterable[str | None]]
) -> PlaceAutomaton:
    """Build the automaton of some names.

    Args:
        spellings: folded name → target.
        characters: code points that may be spellings of those in the names.
        fold: characters → the folded form of each; empty where it carries no meaning, None where it stands in
            no name.
    """
    names = sorted(spellings)
    grid = np.array(names).view(np.uint32).reshape(len(names), -1)  # a code point a cell, 0 after the end
    letters = np.unique(grid)
    letters = letters[letters > 0]
    symbols = {chr(code): number for number, code in enumerate(letters.tolist(), start=2)}
    node, began = _prefixes(grid)
    targets = np.array([spellings[name] for name in names], dtype=np.int64)
    best = np.full(node.max() + 1, NOWHERE, dtype=np.int64)
    named = np.zeros(len(best), dtype=np.bool_)
    ends_at = node[np.arange(len(names)), (grid > 0).sum(axis=1)]
    best[ends_at], named[ends_at] = targets, True
    for place in range(grid.shape[1]):  # what no name ends at leads where the longest name before it does
        row = np.flatnonzero(began[:, place])
        above, below = node[row, place], node[row, place + 1]
        best[below] = np.where(named[below], best[below], best[above])

    # Nodes that no other follows need no row: reaching one ends the walk.
    at, by, to = node[:, :-1][began], np.searchsorted(letters, grid[began]) + 2, node[:, 1:][began]
    inner = np.unique(at)
    row_of = np.full(len(best), -1)
    row_of[inner] = np.arange(len(inner))
    small = max(len(inner), int(targets.max())) < np.iinfo(np.int16).max - 2
    step = np.empty((len(inner), len(letters) + 2), dtype=np.int16 if small else np.int32)
    step[:] = -2 - best[inner, np.newaxis]
    step[:, _SKIP] = np.arange(len(inner))
    step[row_of[at], by] = np.where(row_of[to] < 0, -2 - best[to], row_of[to])
    classes = np.zeros(sys.maxunicode + 1, dtype=np.uint16)
    codes = {*map(ord, symbols), *characters}
    for code, form in zip(codes, fold([*map(chr, codes)]), strict=True):
        if form is not None:
            classes[code] = symbols.get(form, _OTHER) if form else _SKIP
    classes[0] = _OTHER  # the end of a string; a NUL inside an address ends it as well
    return PlaceAutomaton(classes, step)


def _prefixes(grid: NDArray[np.uint32]) -> tuple[Ints, NDArray[np.bool_]]:
    """Number what sorted names begin with: each beginning once, 0 for the empty one.

    Args:
        grid: a row a name, a code point a cell.

    Returns:
        By row, the numbers of its beginnings of no, one, two … cells; and by cell, whether its row is the
        first to begin so.
    """
    began = np.ones(grid.shape, dtype=np.bool_)
    began[1:] = np.logical_or.accumulate(grid[1:] != grid[:-1], axis=1)
    began &= grid > 0
    numbers = np.where(began, np.cumsum(began).reshape(grid.shape), 0)
    node = np.zeros((len(grid), grid.shape[1] + 1), dtype=np.int64)
    np.maximum.accumulate(numbers, axis=0, out=node[:, 1:])
    return node, began
