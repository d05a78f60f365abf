r"""What is wrapped in a text, decoded once: escapes of JSON and XML, URLs, base64 and hexadecimal digits.

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
_PERHAPS = f"{_ESCAPES}|{_HEX}|{_BASE64}"

PERHAPS_WRAPPED = f"{_PERHAPS}|{_HEX}"  # no text without it has something wrapped

_JSON = re.compile(r"(?:\\u[0-9A-Fa-f]{4})+")
_BYTES = re.compile(r"(?:\\x[0-9A-Fa-f]{2})+")
_PERCENT = re.compile(
    r"(?:%[0-9A-Fa-f]{2}|[0-9A-Za-z._~+-])*%[0-9A-Fa-f]{2}(?:%[0-9A-Fa-f]{2}|[0-9A-Za-z._~+-])*"
)
HEX_RUN = re.compile(rf"(?<![0-9A-Za-z])(?:0[Xx])?({_DIGITS})(?![0-9A-Za-z])")
BASE64_RUN = re.compile(r"(?<![0-9A-Za-z+/_-])([0-9A-Za-z+/_-]{12,})={0,2}(?![0-9A-Za-z+/_=-])")
_UNPRINTED = re.compile("[\n\r\t\u00a0\u3000\u00ad\u200b-\u200f\u2060\ufeff]")


def with_wrapped(texts: pl.Series) -> pl.Series:
    """Return texts with what is wrapped in them behind them; nulls stay null."""
    rows = perhaps_wrapped(texts).arg_true()
    if not len(rows):
        return texts
    return texts.clone().scatter(rows, [_with_wrapped(text) for text in texts.gather(rows)])


def perhaps_wrapped(texts: pl.Series) -> pl.Series:
    """Return which texts may have something wrapped in them; not null."""
    perhaps = (texts.str.contains(_PERHAPS) & ~texts.str.contains(_NO_BASE64)) | texts.str.contains(_HEX)
    return perhaps.fill_null(value=False)


def _with_wrapped(text: str) -> str:
    return " ".join((text, *dict.fromkeys(_inside(text))))


def _inside(text: str) -> Iterator[str]:
    unescaped = html.unescape(_JSON.sub(decoded_json, text))
    unescaped = _BYTES.sub(
        lambda found: first_reading(bytes.fromhex(found[0].replace("\\x", ""))) or found[0], unescaped
    )
    if unescaped != text:
        yield unescaped
    if "%" in text:
        unquoted = _PERCENT.sub(lambda found: first_reading(unquote_to_bytes(found[0])) or found[0], text)
        if unquoted != text:
            yield unquoted
    yield from _decoded(HEX_RUN, bytes.fromhex, unescaped)
    yield from _decoded(BASE64_RUN, decoded_base64, unescaped)


def decoded_json(found: re.Match[str]) -> str:
    """Read escapes of JSON, which writes characters beyond the first 65,536 as two halves."""
    units = bytes.fromhex(found[0].replace("\\u", ""))
    return units.decode("utf-16-be", errors="replace")


def _decoded(runs: re.Pattern[str], decode: Callable[[str], bytes], text: str) -> Iterator[str]:
    for run in runs.findall(text):
        try:
            plain = printed(decode(run))
        except ValueError:  # of binascii
            continue
        if plain is not None:
            yield plain


def printed(content: bytes) -> str | None:
    """Return the text that bytes are in UTF-8, if it can be printed, blanks and what nobody sees aside."""
    try:
        plain = content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return plain if _UNPRINTED.sub("", plain).isprintable() else None


def decoded_base64(run: str) -> bytes:
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
