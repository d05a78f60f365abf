r"""Texts with what is wrapped in them in its place, and where each character came from.

``\u4f50\u85e4様`` becomes ``佐藤様``, of which the first two characters both stand where the wrapping does:
what is found in them is the whole wrapping. The same wrappings are read as by `wrapped`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from tokumei.transforms.detect.wrapped import BYTES_RUN, ENCODED, JSON_RUN, decoded_json, escaped_bytes
from tokumei.transforms.values.encodings import ENCODINGS

_Reader = Callable[[re.Match[str]], str | None]


class Unwrapped(NamedTuple):
    """A text without wrappings.

    Attributes:
        text: as it reads.
        start, end: of each of its characters, its place in the text as it was given, and the first behind.
    """

    text: str
    start: list[int]
    end: list[int]


def unwrap(text: str) -> Iterator[Unwrapped]:
    """Yield a text without its escapes, and without what else is wrapped in it; nothing where it has none.

    What was wrapped is looked at once more: base64 of a URL, escapes of escapes.

    Bytes are read in every usual encoding that reads them (two kanji of Shift_JIS may be a letter of another
    script in UTF-8). What looks like base64 may be a code that is read as it is: so both are yielded.
    """
    found = Unwrapped(text, [*range(len(text))], [*range(1, len(text) + 1)])
    once = [*_unwrap(found)]
    yield from once
    seen = {text, *(read.text for read in once)}
    for read in once:
        for twice in _unwrap(read):
            if twice.text not in seen:
                seen.add(twice.text)
                yield twice


def _unwrap(found: Unwrapped) -> Iterator[Unwrapped]:
    seen = {found.text: found}
    for encoding in ENCODINGS:
        read = _all_unwrapped(found, (*_ESCAPES, *_of_bytes(encoding)))
        if read is not found and seen.setdefault(read.text, read) is read:
            yield read
    for read in [*seen.values()]:
        inside = _all_unwrapped(read, ENCODED)
        if inside is not read:
            yield inside


def _all_unwrapped(found: Unwrapped, wrappings: Iterable[tuple[re.Pattern[str], _Reader]]) -> Unwrapped:
    for pattern, read in wrappings:
        found = _unwrapped(found, pattern, read)
    return found


def _unwrapped(found: Unwrapped, pattern: re.Pattern[str], read: _Reader) -> Unwrapped:
    pieces: list[str] = []
    start: list[int] = []
    end: list[int] = []
    done = 0
    for run in pattern.finditer(found.text):
        plain = read(run)
        if plain is None or plain == run[0]:
            continue
        at, behind = run.span()
        pieces += [found.text[done:at], plain]
        start += [*found.start[done:at], *[found.start[at]] * len(plain)]
        end += [*found.end[done:at], *[found.end[behind - 1]] * len(plain)]
        done = behind
    if not pieces:
        return found
    return Unwrapped(
        "".join([*pieces, found.text[done:]]), start + found.start[done:], end + found.end[done:]
    )


def _of_bytes(encoding: str) -> Iterator[tuple[re.Pattern[str], _Reader]]:
    """Yield how bytes are read that are written one by one."""

    def decoded(content: bytes) -> str | None:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            return None

    yield BYTES_RUN, lambda run: decoded(escaped_bytes(run))
    yield _PERCENT, lambda run: decoded(unquote_to_bytes(run[0]))


_ESCAPES: tuple[tuple[re.Pattern[str], _Reader], ...] = (
    (JSON_RUN, decoded_json),
    (re.compile(r"&#?[0-9A-Za-z]{2,8};"), lambda run: html.unescape(run[0])),
)
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}(?:%[0-9A-Fa-f]{2}|[0-9A-Za-z._~+-])*")
