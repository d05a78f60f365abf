"""Coarsen Japanese addresses to municipality or prefecture (住所 → ○○県△△市).

規則62条 (private sector: 34条) 1号 and the guideline's first example replace an address by 「○○県△△市」. The
address is read from its beginning by a character automaton over the municipality table: it walks all rows
at once, reads raw UTF-8, and knows variant spellings, full- and half-width forms and spaces, so nothing is
normalized or compared as Python strings.
"""

from __future__ import annotations

import sys
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import pyarrow as pa

from tokumei.schemas.tables import fold_place_name, is_invisible, municipalities, regions, variant_groups
from tokumei.transforms.values.text import Utf8, spread, strings, utf8

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

_NOWHERE = -1  # target of text that names no place
_OTHER, _SKIP = 0, 1  # character classes: in no place name; without meaning in place names
_MOST_CHARACTERS = 64  # no place name is longer, spaces included; a longer walk is given up
_BLOCK = 1 << 15  # rows walked together; small enough to stay in the processor's cache
_VOICED = "\u3099"  # the mark that turns カ into ガ


def generalize_addresses(values: pa.StringArray, level: Literal["city", "prefecture"]) -> pa.StringArray:
    """Replace addresses by their municipality or their prefecture.

    Args:
        values: addresses; any string type, dictionary-encoded included.
        level: ``city`` writes prefecture, county and municipality, with the ward in designated cities;
            ``prefecture`` writes the prefecture alone.

    Returns:
        Names in the spelling of the municipality table, null where the address is null or not understood.

        * The longest name at the beginning of the address counts. Nothing is searched further inside.
        * The county (郡) may be left out after the prefecture, when the rest is unique there.
        * The prefecture may be left out when the name is unique in Japan, wards counted too; a town or
          village without its county must besides not be a district of another municipality. 府中市, 中央区
          and 栄町 alone are null, and so are 鹿嶋市 and 鹿島市, which are variants of each other.
        * A designated city without a known ward gives the city. A prefecture followed by nothing known is
          null at city level and the prefecture at prefecture level.
    """
    automaton = _automaton()
    texts = strings(values)
    text = utf8(texts)
    target = np.empty(len(texts), dtype=np.int64)
    for first in range(0, len(texts), _BLOCK):
        block = slice(first, first + _BLOCK)
        target[block] = automaton.walk(text.rows(block))
    answers = automaton.cities if level == "city" else automaton.prefectures
    return spread(answers, target)


class _Automaton(NamedTuple):
    """A trie over character classes, and what its targets are called.

    ``step[state, class]`` is the next state, or ``-2 - target`` when the walk ends there. Targets are the
    municipalities followed by the prefectures; ``cities`` is null for the latter.
    """

    classes: NDArray[np.uint16]
    step: NDArray[np.int16]
    cities: pa.Array
    prefectures: pa.Array

    def walk(self, text: Utf8) -> Ints:
        """Return the target of each string, or -1."""
        found = np.full(len(text.starts), _NOWHERE, dtype=np.int64)
        rows = np.arange(len(text.starts))
        place, stop = text.starts, text.starts + text.lengths
        state = np.zeros(len(rows), dtype=np.int32)
        # The four bytes from each place on, read at once; the padding of the text has room for them.
        words = np.ndarray((len(text.data) - 3,), dtype="<u4", buffer=text.data, strides=(1,))
        width = self.step.shape[1]
        flat = self.step.ravel()
        for _ in range(_MOST_CHARACTERS):
            if not len(rows):
                break
            char, size = _characters(words[place], place >= stop)
            state = flat[state * width + self.classes[char]].astype(np.int32)
            place = place + size
            ended = state < 0
            if ended.any():
                found[rows[ended]] = -2 - state[ended]
                going = np.flatnonzero(~ended)
                rows, place, stop, state = rows[going], place[going], stop[going], state[going]
        return found


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


@cache
def _automaton() -> _Automaton:
    places = municipalities()
    prefectures = list(regions())
    children: list[dict[str, int]] = [{}]
    targets: list[int | None] = [None]
    for key, target in _spellings().items():
        node = 0
        for char in key:
            if char not in children[node]:
                children[node][char] = len(children)
                children.append({})
                targets.append(None)
            node = children[node][char]
        targets[node] = target

    symbols = {char: number for number, char in enumerate(sorted({c for n in children for c in n}), start=2)}
    # Nodes without children need no row: reaching one ends the walk. Node numbers grow away from the root.
    inner = {node: row for row, node in enumerate(n for n, below in enumerate(children) if below)}
    step = np.empty((len(inner), len(symbols) + 2), dtype=np.int16)
    best = {0: _NOWHERE}
    for node, row in inner.items():
        step[row] = -2 - best[node]
        step[row, _SKIP] = row
        for char, child in children[node].items():
            own = targets[child]
            best[child] = best[node] if own is None else own
            step[row, symbols[char]] = inner.get(child, -2 - best[child])
    return _Automaton(
        _character_classes(symbols),
        step,
        pa.array([place.full for place in places] + [None] * len(prefectures), type=pa.string()),
        pa.array([place.prefecture for place in places] + prefectures, type=pa.string()),
    )


def _spellings() -> Mapping[str, int]:
    """Return folded key → target for everything an address may begin with."""
    places = municipalities()
    number = {name: index for index, name in enumerate(regions(), start=len(places))}
    keys: dict[str, int] = {}
    for target, place in enumerate(places):
        # A name that may not stand alone is entered as "nowhere", so that no shorter one matches instead.
        for name, alone in ((place.name, place.name_alone), (place.local, place.county_alone)):
            key = fold_place_name(name)
            keys[key] = target if alone else keys.get(key, _NOWHERE)
    for target, place in enumerate(places):
        key = fold_place_name(place.prefecture + place.name)
        keys[key] = number[place.prefecture] if key in keys else target
    for target, place in enumerate(places):
        keys[fold_place_name(place.full)] = target
    keys.update({fold_place_name(name): target for name, target in number.items()})
    return {form: target for key, target in keys.items() for form in _decomposed(key)}


def _decomposed(key: str) -> Iterator[str]:
    """Yield a key and, where it has voiced kana, the key with separate voicing marks.

    Half-width kana and NFD text write ガ and プ as two characters. ケ stands for が and ガ too.
    """
    yield key
    split = "".join(
        unicodedata.normalize("NFD", char) if "\u3040" <= char <= "\u30ff" else char for char in key
    )
    if split != key:
        yield split
    if "ケ" in key:
        yield split.replace("ケ", "カ" + _VOICED)
        yield split.replace("ケ", "か" + _VOICED)


def _character_classes(symbols: Mapping[str, int]) -> NDArray[np.uint16]:
    """Return the class of every code point: NFKC and variant folding as one table."""
    classes = np.zeros(sys.maxunicode + 1, dtype=np.uint16)
    compatible = (range(0x80), range(0xA0, 0x100), range(0x2000, 0x3400), range(0xF900, 0xFB00))
    wide = (range(0xFE00, 0x10000), range(0x2F800, 0x2FA20), range(0xE0000, 0xE01F0))
    variants = [ord(char) for group in variant_groups() for char in group]
    for code in {*map(ord, symbols), *variants, *(code for block in (*compatible, *wide) for code in block)}:
        char = chr(code)
        folded = fold_place_name(char)
        if is_invisible(char):
            classes[code] = _SKIP
        elif len(folded) == 1:
            classes[code] = symbols.get(folded, _OTHER)
    classes[0] = _OTHER  # the end of a string; a NUL inside an address ends it as well
    return classes
