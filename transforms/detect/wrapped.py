r"""What is wrapped in a text, once or twice: escapes of JSON and XML, URLs, base64 and hexadecimal digits.

``{"memo": "\u4f50\u85e4"}``, ``%E4%BD%90%E8%97%A4``, ``5L2Q6Jek``, ``313233343536``. What a wrapping holds is
put behind the text, so that a search of the text is one of both. Base64 and hexadecimal digits count as
wrapped text only if they hold UTF-8 that can be printed, which of 12 bytes by chance one in 15,000 does.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote_to_bytes

import polars as pl

from tokumei.transforms.values.encodings import ENCODINGS

_ESCAPES = r"\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|&#?[0-9A-Za-z]{2,8};|%[0-9A-Fa-f]{2}"
# Bytes that can be printed begin with 2 to 7, those of Japanese in UTF-8 with E3 to E9 (and EF).
_PRINTED = r"(?:[2-7][0-9A-Fa-f]|[Ee][3-9Ff][89ABab][0-9A-Fa-f][89ABab][0-9A-Fa-f])"
_KANJI = r"(?:[Ee][3-9Ff][89ABab][0-9A-Fa-f][89ABab][0-9A-Fa-f])"
# Long enough to be none of the numbers that are looked for, or begun by two characters of Japanese.
_DIGITS = rf"{_PRINTED}{{11,}}|{_KANJI}{{2}}{_PRINTED}*"
_HEX = rf"(?:^|[^0-9A-Za-z]|0[Xx])(?:{_DIGITS})(?:$|[^0-9A-Za-z])"
# The first character of base64 tells the first six bits of the first byte.
_BASE64 = r"(?:^|[^0-9A-Za-z+/_-])[I-Za-f4-7][0-9A-Za-z+/_-]{11,}={0,2}(?:$|[^0-9A-Za-z+/_=-])"
_NO_BASE64 = r"^[0-9A-Fa-f-]*$"  # numbers, digests and UUIDs
PERHAPS_WRAPPED = f"{_ESCAPES}|{_HEX}|{_BASE64}"  # no text without it has something wrapped

_WRAPPED = re.compile(PERHAPS_WRAPPED)
JSON_RUN = re.compile(r"(?:\\u[0-9A-Fa-f]{4})+")
BYTES_RUN = re.compile(r"(?:\\x[0-9A-Fa-f]{2})+")
_PERCENT = re.compile(
    r"(?:%[0-9A-Fa-f]{2}|[0-9A-Za-z._~+-])*%[0-9A-Fa-f]{2}(?:%[0-9A-Fa-f]{2}|[0-9A-Za-z._~+-])*"
)
_HEX_RUN = re.compile(rf"(?<![0-9A-Za-z])(?:0[Xx])?({_DIGITS})(?![0-9A-Za-z])")
_BASE64_RUN = re.compile(r"(?<![0-9A-Za-z+/_-])([0-9A-Za-z+/_-]{12,})={0,2}(?![0-9A-Za-z+/_=-])")
_UNPRINTED = re.compile("[\n\r\t\u00a0\u3000\u00ad\u200b-\u200f\u2060\ufeff]")


def with_wrapped(texts: pl.Series) -> pl.Series:
    """Return texts with what is wrapped in them behind them; nulls stay null."""
    rows = perhaps_wrapped(texts).arg_true()
    if not len(rows):
        return texts
    return texts.clone().scatter(rows, [_with_wrapped(text) for text in texts.gather(rows)])


def perhaps_wrapped(texts: pl.Series) -> pl.Series:
    """Return which texts may have something wrapped in them; not null."""
    perhaps = texts.str.contains(PERHAPS_WRAPPED) & ~texts.str.contains(_NO_BASE64)
    return (perhaps | texts.str.contains(_HEX)).fill_null(value=False)


def _with_wrapped(text: str) -> str:
    once = dict.fromkeys(_inside(text))
    twice = dict.fromkeys(deep for plain in once if _WRAPPED.search(plain) for deep in _inside(plain))
    return " ".join((text, *(once | twice)))


def _inside(text: str) -> Iterator[str]:
    unescaped = html.unescape(JSON_RUN.sub(decoded_json, text))
    unescaped = BYTES_RUN.sub(lambda found: first_reading(escaped_bytes(found)) or found[0], unescaped)
    if unescaped != text:
        yield unescaped
    if "%" in text:
        unquoted = _PERCENT.sub(lambda found: first_reading(unquote_to_bytes(found[0])) or found[0], text)
        if unquoted != text:
            yield unquoted
    for runs, read in ENCODED:
        yield from (plain for run in runs.finditer(unescaped) if (plain := read(run)) is not None)


def decoded_json(found: re.Match[str]) -> str:
    """Read escapes of JSON, which writes characters beyond the first 65,536 as two halves."""
    units = bytes.fromhex(found[0].replace("\\u", ""))
    return units.decode("utf-16-be", errors="replace")


def escaped_bytes(found: re.Match[str]) -> bytes:
    r"""Return the bytes that are written one by one, as ``\xe4\xbd``."""
    return bytes.fromhex(found[0].replace("\\x", ""))


def _hexadecimal(run: re.Match[str]) -> str | None:
    return _printed(bytes.fromhex(run[1]))


def _base64(run: re.Match[str]) -> str | None:
    try:
        return _printed(_decoded_base64(run[1]))
    except ValueError:  # of binascii
        return None


def _printed(content: bytes) -> str | None:
    """Return the text that bytes are in UTF-8, if it can be printed, blanks and what nobody sees aside."""
    try:
        plain = content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return plain if _UNPRINTED.sub("", plain).isprintable() else None


def _decoded_base64(run: str) -> bytes:
    """Return what base64 holds, of any alphabet; raises ValueError where it is none."""
    if len(run) % 4 == 1:
        raise binascii.Error
    return base64.urlsafe_b64decode(run.replace("+", "-").replace("/", "_") + "=" * (-len(run) % 4))


def first_reading(content: bytes) -> str | None:
    """Return bytes as the first of the usual encodings that reads them."""
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


# What holds UTF-8 as a whole: its runs, and how one is read; None where it holds none.
ENCODED: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str | None]], ...] = (
    (_HEX_RUN, _hexadecimal),
    (_BASE64_RUN, _base64),
)
