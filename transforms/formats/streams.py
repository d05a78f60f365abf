"""Text files as streams of bytes: unpacked, without byte order and end marks, as they were when planned."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import BinaryIO

from tokumei.schemas.errors import InputError
from tokumei.schemas.splits import SourceFile
from tokumei.transforms.formats.containers import HEAD, opened_packing, refuse_container, unpacking
from tokumei.transforms.storage.base import Store, changed
from tokumei.transforms.values.encodings import utf16_order

BLOCK = 8 << 20  # bytes of text worked on at a time
MAX_RECORD = 64 << 20  # a longer record is a lost quote or an attack, and would not fit in memory

_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
# Ctrl-Z, by which DOS and hosts mark the end of a text, and what pads it.
_END_MARK = re.compile(rb"\x1a[\x1a\r\n\0]*\Z")
_HALF = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")  # half of a character of UTF-16
_END = 1024  # bytes that an end mark and its padding may take


def refuse_changed(file: SourceFile, store: Store) -> None:
    """Check that a file is still the one that was planned.

    Raises:
        InputError: it is gone, or its size or version differ.
    """
    if store.stat(file.uri) != file:
        raise changed(file.uri)


class TextStream:
    """The text of one stretch of a file.

    Attributes:
        packed: the file is compressed or UTF-16, so that it can be read only from its start.
        start: where the text begins, in bytes of the unpacked file, after any byte order marks.
    """

    def __init__(self, source: BinaryIO, file: SourceFile, start: int, end: int, encoding: str) -> None:
        self._uri, self._head = file.uri, b""
        packing = None if start else opened_packing(source, file.uri)
        self._kind = packing.kind if packing else ""
        self._source = packing.text if packing else source
        if not packing:
            source.seek(start)
        self._left: int | None = None if packing else end - start
        self._recode: codecs.IncrementalDecoder | None = None
        self.start = start
        if start == 0:
            self._skip_marks(encoding)
        self.packed = packing is not None or self._recode is not None
        self._to_end = self.packed or end == file.size

    def _skip_marks(self, encoding: str) -> None:
        head = self._raw(HEAD)
        refuse_container(head, self._uri)
        marked = next((order for mark, order in _UTF16_MARKS.items() if head.startswith(mark)), None)
        order = marked or utf16_order(head)
        if encoding == "utf-16" and order:
            self._recode = codecs.getincrementaldecoder(order)("surrogatepass")
            self._head = _recoded(self._recode, head[2:] if marked else head, final=False)
            return
        if order or encoding == "utf-16":
            raise _no_match(self._uri, order, marked=marked is not None)
        if head.startswith(_UTF8_MARK) and encoding != "utf-8":
            # Much UTF-8 is valid, wrong text in other encodings: it would pass unseen.
            raise InputError(
                "input.encoding",
                where=self._uri,
                what=f"the file begins with a UTF-8 byte order mark, but its encoding is declared {encoding}",
                fix="declare encoding: utf-8",
            )
        while head.startswith(_UTF8_MARK):  # at most two: exports of exports begin with a doubled mark
            head = head[len(_UTF8_MARK) :]
            self.start += len(_UTF8_MARK)
        self._head = head

    def read(self, size: int) -> bytes:
        """Return the next bytes, fewer than ``size`` only at the end; an end mark (Ctrl-Z) is none of them.

        Raises:
            InputError: the file is compressed and truncated or corrupt.
        """
        # Some bytes are held back, so that the end is known before an end mark would be given.
        wanted = size + (_END if self._to_end else 0)
        parts, held = [self._head] if self._head else [], len(self._head)
        while held < wanted and (more := self._more(wanted - held)):
            parts.append(more)
            held += len(more)
        if held >= wanted and 0 < (kept := held - size) <= len(parts[-1]):  # as most often: copied once
            last = parts.pop()
            self._head = last[-kept:]
            return b"".join((*parts, memoryview(last)[:-kept]))
        data = b"".join(parts)
        if self._to_end and len(data) < wanted:
            mark = _END_MARK.search(data, max(0, len(data) - _END))
            data = data[: mark.start()] if mark else data
        self._head = data[size:]
        return data[:size]

    def _more(self, size: int) -> bytes:
        if self._recode is None:
            return self._raw(size)
        asked = max(size, HEAD)  # a single byte is no character, and nothing would mean the end
        data = self._raw(asked)
        return _recoded(self._recode, data, final=len(data) < asked)

    def _raw(self, size: int) -> bytes:
        if self._left is not None:
            size = min(size, self._left)
        parts = []
        with unpacking(self._kind, self._uri) if self._kind else nullcontext():
            while size and (part := self._source.read(size)):  # a short read must not pass for the end
                parts.append(part)
                size -= len(part)
        data = b"".join(parts)
        if self._left is not None:
            self._left -= len(data)
            if size:
                raise changed(self._uri)  # it has become shorter
        return data


def _no_match(uri: str, order: str | None, *, marked: bool) -> InputError:
    without = "" if marked else " without a byte order mark"
    return InputError(
        "input.utf16",
        where=uri,
        what=f"the file is UTF-16{without}" if order else "the file is not UTF-16",
        fix="declare encoding: utf-16 (Excel's Unicode text has tabs between fields; JSON lines take no"
        " encoding), or convert it to UTF-8"
        f" first: iconv -f {'UTF-16' if marked else order.upper()} -t UTF-8"
        if order
        else "correct encoding",
    )


def _recoded(recode: codecs.IncrementalDecoder, data: bytes, *, final: bool) -> bytes:
    """Return UTF-16 as UTF-8; halves of characters become bytes that are not UTF-8."""
    text = _HALF.sub(b"\xff", recode.decode(data).encode("utf-8", "surrogatepass"))
    if final and recode.getstate()[0]:  # an odd byte, or half a character, at the end
        recode.reset()
        text += b"\xff"
    return text


@contextmanager
def open_text(
    file: SourceFile, store: Store, start: int, end: int, encoding: str = "utf-8"
) -> Iterator[TextStream]:
    """Open the text of a stretch of a file; ``end`` is ignored for a compressed file.

    Raises:
        InputError: the file cannot be reached, is no text, or begins with the mark of another encoding.
    """
    with store.open_input(file) as source:
        yield TextStream(source, file, start, end, encoding)


def too_long(uri: str, offset: int) -> InputError:
    """Return the error for a record that does not end within MAX_RECORD bytes."""
    return InputError(
        "input.record_size",
        where=f"{uri}, byte {offset}",
        what=f"the record that begins here is longer than {MAX_RECORD >> 20} MiB",
        fix="look for a missing closing quote or line break there",
    )
