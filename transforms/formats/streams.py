"""Text files as streams of bytes: unpacked, without byte order marks, and as they were when planned."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from tokumei.schemas.errors import InputError
from tokumei.schemas.splits import SourceFile
from tokumei.transforms.storage.base import Store, changed

BLOCK = 8 << 20  # bytes of text worked on at a time
MAX_RECORD = 64 << 20  # a longer record is a lost quote or an attack, and would not fit in memory

_GZIP = b"\x1f\x8b"
_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_PEEK = 6  # two byte order marks


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
        packed: the file is gzipped, so that it can be read only from its start.
        start: where the text begins, in bytes of the unpacked file, after any byte order marks.
    """

    def __init__(self, source: BinaryIO, uri: str, start: int, end: int, encoding: str) -> None:
        self._uri, self._head = uri, b""
        self.packed = start == 0 and source.read(2) == _GZIP
        source.seek(start)
        self._left: int | None = None if self.packed else end - start
        self._source: BinaryIO = source
        if self.packed:
            # gzip reads little at a time; from Cloud Storage each read would be a request.
            wide = io.BufferedReader(cast(io.RawIOBase, source), BLOCK)
            self._source = cast(BinaryIO, gzip.GzipFile(fileobj=wide))
        self.start = start
        if start == 0:
            self._skip_marks(encoding)

    def _skip_marks(self, encoding: str) -> None:
        head = self._read(_PEEK)
        if head.startswith(_UTF16_MARKS):
            raise InputError(
                "input.utf16",
                where=self._uri,
                what="the file is UTF-16",
                fix="convert it to UTF-8 first: iconv -f UTF-16 -t UTF-8",
            )
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
        """Return the next bytes, fewer than ``size`` only at the end.

        Raises:
            InputError: the file is gzipped and truncated or corrupt.
        """
        head, self._head = self._head[:size], self._head[size:]
        return head + self._read(size - len(head))

    def _read(self, size: int) -> bytes:
        if self._left is not None:
            size = min(size, self._left)
        try:
            parts = []
            while size and (part := self._source.read(size)):  # a short read must not pass for the end
                parts.append(part)
                size -= len(part)
            data = b"".join(parts)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise InputError(
                "input.gzip",
                where=self._uri,
                what="the gzip file is truncated or corrupt",
                fix="copy or create the file again",
            ) from None
        if self._left is not None:
            self._left -= len(data)
            if size:
                raise changed(self._uri)  # it has become shorter
        return data


@contextmanager
def open_text(
    file: SourceFile, store: Store, start: int, end: int, encoding: str = "utf-8"
) -> Iterator[TextStream]:
    """Open the text of a stretch of a file; ``end`` is ignored for a gzipped file.

    Raises:
        InputError: the file cannot be reached, or begins with the byte order mark of another encoding.
    """
    with store.open_input(file) as source:
        yield TextStream(source, file.uri, start, end, encoding)


def too_long(uri: str, offset: int) -> InputError:
    """Return the error for a record that does not end within MAX_RECORD bytes."""
    return InputError(
        "input.record_size",
        where=f"{uri}, byte {offset}",
        what=f"the record that begins here is longer than {MAX_RECORD >> 20} MiB",
        fix="look for a missing closing quote or line break there",
    )
