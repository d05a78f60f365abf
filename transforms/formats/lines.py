"""Text by its lines: cut into blocks and splits of whole ones, and the number of the line at a byte."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

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


def chosen_begins(
    start: int, blocks: Iterable[tuple[int, npt.NDArray[np.int64]]], numbers: Sequence[int]
) -> Iterator[int]:
    """Yield the byte at which each of some records of a stretch begins; no block is asked for after the last.

    Args:
        start: byte of the file at which the first block begins.
        blocks: of each block, in their order, its bytes, and where in it its records begin.
        numbers: of the records, from 1, ascending.
    """
    above, done = 0, 0
    for size, begins in blocks:
        while done < len(numbers) and numbers[done] <= above + len(begins):
            yield start + int(begins[numbers[done] - above - 1])
            done += 1
        if done == len(numbers):
            return
        start, above = start + size, above + len(begins)


def at_lines(file: SourceFile, store: Store, encoding: str, begins: Sequence[int]) -> Iterator[str]:
    """Yield in words which lines begin at some bytes, counted as an editor counts them: from 1, any break.

    The file is read up to the last of them, one block at a time. Of a file that is unpacked or recoded while
    it is read the bytes are nobody's, and only the line is told.

    Args:
        file: the text.
        store: where it is.
        encoding: as it is declared.
        begins: bytes, ascending.

    Raises:
        InputError: the file cannot be read.
    """
    with open_text(file, store, 0, file.size, encoding) as stream:
        at, line, last = stream.start, 1, b""
        for begin in begins:
            while at < begin and (data := stream.read(min(BLOCK, begin - at))):
                # A CRLF over two reads would be two breaks.
                line += _breaks(data) - (last == b"\r" and data[:1] == b"\n")
                at, last = at + len(data), data[-1:]
            yield f"line {line}" if stream.packed else f"line {line} (byte {begin})"


def _breaks(text: bytes) -> int:
    return text.count(b"\n") + (text.count(b"\r") - text.count(b"\r\n") if b"\r" in text else 0)
