"""Cutting text into blocks of whole lines, and files into splits of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tokumei.schemas.splits import SourceFile
from tokumei.transforms.formats.streams import BLOCK, MAX_RECORD, open_text, too_long
from tokumei.transforms.storage.base import Store


def line_blocks(read: Callable[[int], bytes], size: int, start: int, uri: str) -> Iterator[bytes]:
    """Cut a text that begins at a line into blocks of whole lines, of about ``size`` bytes.

    Args:
        read: gives the next bytes of the text, fewer than asked for only at its end.
        size: bytes to read at a time.
        start: offset of the text in its file, for messages.
        uri: the file, for messages.

    Raises:
        InputError: a line is longer than MAX_RECORD.
    """
    rest = b""
    while True:
        more = read(size)
        data = rest + more
        final = len(more) < size
        cut = len(data) if final else data.rfind(b"\n") + 1
        if cut:
            yield data[:cut]
        start, rest = start + cut, data[cut:]
        if final:
            return
        if len(rest) > MAX_RECORD:
            raise too_long(uri, start)


def plan_lines(
    file: SourceFile, store: Store, target: int, encoding: str = "utf-8"
) -> Iterator[tuple[int, int]]:
    """Yield the byte ranges of a file's splits, cut after line breaks.

    Raises:
        InputError: the file is no text of this encoding, or a line is longer than MAX_RECORD.
    """
    if file.size <= target:
        if file.size:
            yield 0, file.size
        return
    with open_text(file, store, 0, file.size, encoding) as stream:
        if stream.packed:
            yield 0, file.size
            return
        begun, end = 0, stream.start
        for block in line_blocks(stream.read, min(target, BLOCK), stream.start, file.uri):
            end += len(block)
            if end - begun >= target:
                yield begun, end
                begun = end
    if begun < file.size:
        yield begun, file.size
