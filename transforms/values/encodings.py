"""Encodings of text: EUC-JP as Japan writes it, and which one would fit where the declared one fails."""

from __future__ import annotations

import codecs
import re

import numpy as np

from tokumei.schemas.errors import InputError

# Rows that JIS X 0208 leaves empty and CP51932 fills: NEC's row 13, and IBM's extension as NEC chose it.
_NEC_ROWS = (13, 89, 90, 91, 92)
# Two characters of Japanese text side by side, or one that is no part of a word; others are as likely letters
# of another alphabet.
_JAPANESE = re.compile(
    "[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff01-\uff9f]{2}"
    "|(?<![A-Za-z])[\u3000-\u30ff\u3400-\u9fff](?![A-Za-z])"
)
# What no text of a file of people has: control characters, and characters for private use.
_NO_TEXT = re.compile("[\0-\x08\x0e-\x19\x1b-\x1f\x7f-\x9f\ue000-\uf8ff\ufffd-\uffff]")
# Characters that a table in Japan is made of; other bytes read as UTF-16 are of any script.
_WRITTEN = re.compile(
    "[\t\r\n -~\u00a0-\u04ff\u2010-\u2bff\u3000-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]+"
)
_HALF_KANA = re.compile("[\uff61-\uff9f]")
ENCODINGS = ("utf-8", "cp932", "euc_jp")  # of which bytes of a text may be
# UTF-8 of kana and kanji; no CP932 or EUC-JP text is UTF-8 with such bytes, but for a few odd ones.
_KANJI_OR_KANA = re.compile(rb"[\xe3-\xe9][\x80-\xbf]{2}")
# Escape sequences to JIS X 0208; the rest of ISO-2022-JP is ASCII, and would pass for text of any encoding.
_JIS = re.compile(rb"\x1b\$[@B]")
UNDECODABLE = "undecodable"


def _shift_jis(row: int, cell: int) -> bytes:
    """Return where CP932 has the character of a row and cell of JIS X 0208 (JIS X 0208:1997, annex 1)."""
    lead = (row - 1 >> 1) + 0x81
    trail = cell + (0x3F if cell < 64 else 0x40) if row % 2 else cell + 0x9E
    return bytes([lead + 0x40 if lead > 0x9F else lead, trail])


def _in_euc(character: str) -> bool:
    try:
        return bool(character.encode("euc_jp"))
    except UnicodeEncodeError:
        return False


def _in_cp932(place: bytes) -> str | None:
    try:
        return place.decode("cp932")
    except UnicodeDecodeError:
        return None


def _extensions() -> dict[bytes, str]:
    # Where CP932 has IBM's extension. From 8F F3 F3 to 8F F4 FE eucJP-ms has those of its characters that JIS
    # X 0212 lacks, in this order (TOG/JVC CDE/Motif Technical WG, 1996; so has glibc's EUC-JP-MS).
    places = [bytes([lead, trail]) for lead in (0xFA, 0xFB, 0xFC) for trail in range(0x40, 0xFD)]
    ibm = [read for place in places if (read := _in_cp932(place))]
    added = [c for c in ibm if c == "№" or (c not in "￢￤" and not _in_euc(c))]
    found = {bytes([0x8F, 0xF3, 0xF3 + i]): c for i, c in enumerate(added[:12])}
    found |= {bytes([0x8F, 0xF4, 0xA1 + i]): c for i, c in enumerate(added[12:])}
    for row in _NEC_ROWS:
        for cell in range(1, 95):
            read = _in_cp932(_shift_jis(row, cell))
            if read:
                found[bytes([0xA0 + row, 0xA0 + cell])] = read
    return found


_EXTENSIONS = _extensions()


def _extended(error: UnicodeError) -> tuple[str, int]:
    """Read what Python's euc_jp does not know; called for each such character."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    size = 3 if error.object[error.start] == 0x8F else 2
    read = _EXTENSIONS.get(error.object[error.start : error.start + size])
    if read is None:
        raise error
    return read, error.start + size


codecs.register_error("tokumei-extended", _extended)
_ERRORS = {"euc_jp": "tokumei-extended"}


def decoded(text: bytes | memoryview, encoding: str) -> str:
    """Return bytes as text.

    ``euc_jp`` also reads ①, ㈱, ㎝, 髙 and the like as CP51932 and eucJP-ms write them, as the characters
    that CP932 has; where the two differ (user-defined characters, NEC's choice of IBM's), as CP51932.

    Raises:
        UnicodeDecodeError: it is not text of this encoding.
    """
    return str(text, encoding, _ERRORS.get(encoding, "strict"))


def fitting(text: bytes, declared: str) -> str | None:
    """Return the encoding in which a text that is not of the declared one would be Japanese, or None.

    It must fit the text as a whole. Of two that fit, the one that gives less half-width kana: EUC-JP read as
    CP932 is full of it.
    """
    read = {encoding: _plausible(text, encoding) for encoding in ENCODINGS if encoding != declared}
    found = [(len(_HALF_KANA.findall(r)), encoding) for encoding, r in read.items() if r]
    return min(found)[1] if found else None


def encoding_of(text: bytes) -> str:
    """Return the encoding that a whole file is of, as far as it shows: UTF-8, or what fits in its place."""
    if text[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE} or utf16_order(text):
        return "utf-16"
    if _reads(text, "utf-8") is not None:
        return "utf-8"
    return fitting(text, "utf-8") or ("utf-8" if _reads(text, "cp932") is None else "cp932")


def undecodable(text: bytes, declared: str) -> str:
    """Return the reason to reject a record that is not of the declared encoding; it names one that fits."""
    found = fitting(text, declared)
    return f"{UNDECODABLE}_{found}" if found else UNDECODABLE


def utf16_order(head: bytes) -> str | None:
    """Return ``utf-16-le`` or ``utf-16-be`` if a file that begins so is such text without mark, else None."""
    for encoding in ("utf-16-le", "utf-16-be") if b"\0" in head else ():
        try:
            read = head[: len(head) // 2 * 2].decode(encoding)
        except UnicodeDecodeError as error:
            # The last character may be cut in two.
            read = head[: error.start].decode(encoding) if error.start >= len(head) - 4 else ""
        plain = sum(c < "\x7f" for c in read)
        # Separators and digits are plain; an odd NUL in other text makes few characters so.
        if read and plain * 8 >= len(read) and _WRITTEN.fullmatch(read):
            return encoding
    return None


def refuse_other_encoding(text: bytes, declared: str, uri: str) -> None:
    """Check that a text is not of another encoding whose bytes the declared one reads as other characters.

    ISO-2022-JP is known by its escape sequences. UTF-8 is seldom anything else. EUC-JP of kana alone may read
    as CP932: then the first bytes of its characters are the marks ､ and ･, of which half-width kana has few.

    Raises:
        InputError: it is.
    """
    if b"\x1b" in text and _JIS.search(text):
        raise InputError(
            "input.encoding",
            where=uri,
            what="the file is ISO-2022-JP (JIS), which is not read",
            fix="convert it to UTF-8 (nkf -w, or iconv -f ISO-2022-JP -t UTF-8), and declare encoding: utf-8",
        )
    if declared == "utf-8" or text.isascii():
        return
    if _KANJI_OR_KANA.search(text) and _reads(text, "utf-8"):
        raise _other(uri, declared, "utf-8")
    if declared == "cp932":
        data = np.frombuffer(text, np.uint8)
        marks = np.count_nonzero(data & 0xFE == 0xA4)
        if marks and marks * 4 >= np.count_nonzero(data & 0x80) and _plausible(text, "euc_jp"):
            raise _other(uri, declared, "euc_jp")


def _other(uri: str, declared: str, found: str) -> InputError:
    return InputError(
        "input.encoding",
        where=uri,
        what=f"declared {declared}, but the file is {found.upper() if found == 'utf-8' else found}",
        fix=f"declare encoding: {found}; read otherwise, every Japanese text would be garbled",
    )


def _reads(text: bytes, encoding: str) -> str | None:
    try:
        return decoded(text, encoding)
    except UnicodeDecodeError:
        return None


def _plausible(text: bytes, encoding: str) -> str | None:
    read = _reads(text, encoding)
    return read if read and _JAPANESE.search(read) and not _NO_TEXT.search(read) else None
