"""Looking for a text in a serialized pipeline, however it may be written or packed there."""

import base64
import binascii
import bz2
import contextlib
import json
import re
import zlib

_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{16,}={0,2}")
_ZLIB = re.compile(rb"\x78[\x01\x5e\x9c\xda]")
_PACKERS = (bz2.decompress, zlib.decompress, lambda data: zlib.decompress(data, -15))


def layers(data):
    """The bytes, and whatever is packed in them.

    Beam pickles functions, packs them by bz2 and writes base64; plans in them are packed by zlib.
    """
    found, seen, todo = [], set(), [data]
    while todo:
        piece = todo.pop()
        if piece in seen:
            continue
        seen.add(piece)
        found.append(piece)
        for match in _ZLIB.finditer(piece):
            with contextlib.suppress(zlib.error):
                todo.append(zlib.decompressobj().decompress(piece[match.start() :]))
        for match in _BASE64.finditer(piece):
            for decode in (base64.b64decode, base64.urlsafe_b64decode):
                try:
                    packed = decode(match[0] + b"=" * (-len(match[0]) % 4))
                except (binascii.Error, ValueError):
                    continue
                for unpack in _PACKERS:
                    try:
                        todo.append(unpack(packed))
                    except (OSError, ValueError, zlib.error, EOFError):
                        continue
    return found


def forms(value):
    """The ways a text or key can stand in a file: name to bytes."""
    text = value if isinstance(value, str) else None
    plain = {"bytes": value} if text is None else {c: _encoded(text, c) for c in ("utf-8", "cp932", "euc_jp")}
    wide = {c: _encoded(text, c) for c in ("utf-16-le", "utf-16-be", "utf-32-le")} if text else {}
    ways = {**plain, **wide}
    if text:
        ways |= {"json": json.dumps(text)[1:-1].encode(), "repr": ascii(text)[1:-1].encode()}
    for name, raw in [*plain.items(), *wide.items()]:
        ways |= {f"hex of {name}": raw.hex().encode(), f"HEX of {name}": raw.hex().upper().encode()}
        ways[f"reversed {name}"] = raw[::-1]
        for shift in range(3):  # base64 of the value in the middle of something else
            inner = base64.b64encode(bytes(shift) + raw)[(0, 2, 3)[shift] : -4]
            ways |= {f"base64+{shift} of {name}": inner}
            ways |= {f"urlsafe+{shift} of {name}": inner.translate(bytes.maketrans(b"+/", b"-_"))}
    return {name: raw for name, raw in ways.items() if len(raw) >= 6}


def _encoded(text, codec):
    return text.encode(codec, "ignore")


def where(pieces, value):
    """In which forms a value stands in any of these pieces."""
    return [name for name, raw in forms(value).items() if any(raw in piece for piece in pieces)]
