"""The spellings in which planted cases are written: what people, programs and those who hide do to a text."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from urllib.parse import quote

Spelling = Callable[[str], str]

_KANJI = str.maketrans("0123456789", "〇一二三四五六七八九")
_FORMAL = str.maketrans("0123456789", "零壱弐参肆伍陸漆捌玖")
_FULL = {c: c + 0xFEE0 for c in range(0x21, 0x7F)} | {0x20: 0x3000}

_BOLD = (
    {ord("a") + i: 0x1D41A + i for i in range(26)}
    | {ord("A") + i: 0x1D400 + i for i in range(26)}
    | {ord("0") + i: 0x1D7CE + i for i in range(10)}
)


def _digits_from(zero: int) -> Spelling:
    table = {ord("0") + i: zero + i for i in range(10)}
    return lambda text: text.translate(table)


def put_between(sign: str) -> Spelling:
    """Return what puts a sign where a hyphen is; without hyphens, behind every fourth character."""

    def put(text: str) -> str:
        if "-" in text:
            return text.replace("-", sign)
        return sign.join(text[i : i + 4] for i in range(0, len(text), 4))

    return put


# Of any text.
PLAIN: dict[str, Spelling] = {
    "as written": str,
    "full width": lambda text: text.translate(_FULL),
    "zero width": "\u200b".join,
    "soft hyphen": "\u00ad".join,
    "joiner": "\u2060".join,
    "json": lambda text: "".join(f"\\u{ord(c):04x}" for c in text),
    "json string": lambda text: json.dumps(text)[1:-1],
    "xml": lambda text: "".join(f"&#{ord(c)};" for c in text),
    "xml hexadecimal": lambda text: "".join(f"&#x{ord(c):X};" for c in text),
    "url": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "url of old": lambda text: quote(text, safe="", encoding="cp932"),
    "base64": lambda text: base64.b64encode(f"({text})です".encode()).decode(),
    "base64 for urls": lambda text: base64.urlsafe_b64encode(f"「{text}」です".encode()).decode().rstrip("="),
    "hexadecimal": lambda text: f"（{text}）".encode().hex(),
}
# Of what is written in Latin letters and digits.
LATIN: dict[str, Spelling] = PLAIN | {
    "upper case": str.upper,
    "byte order marks": "\ufeff".join,
    "marks of direction": "\u200e".join,
    "selectors of variants": "\ufe0f".join,
    "combining marks": "\u0301".join,
    "bytes": lambda text: "".join(f"\\x{byte:02x}" for byte in text.encode()),
    "mathematical": lambda text: text.translate(_BOLD),
}
# Of digits in groups.
GROUPED: dict[str, Spelling] = PLAIN | {
    "kanji": lambda text: text.translate(_KANJI),
    "formal kanji": lambda text: text.translate(_FORMAL),
    "arabic-indic": _digits_from(0x0660),
    "mathematical": _digits_from(0x1D7CE),
    "circled": lambda text: text.translate({48: "⓪"} | {48 + i: 0x245F + i for i in range(1, 10)}),
    "superscript": lambda text: text.translate(dict(zip(range(48, 58), "⁰¹²³⁴⁵⁶⁷⁸⁹", strict=True))),
    "long vowels": put_between("ー"),
    "dashes": put_between("–"),
    "minus signs": put_between("−"),
    "spaces": put_between(" "),
    "wide spaces": put_between("\u3000"),
    "dots": put_between("."),
    "middle dots": put_between("・"),
    "slashes": put_between("/"),
    "underscores": put_between("_"),
    "brackets": lambda text: put_between(")(")(text) if "-" in text else text,
    "closed up": lambda text: text.replace("-", ""),
}
