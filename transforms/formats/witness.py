"""What a pass has read of a split, so that the next pass can tell whether it reads the same content.

Size and time of a file can be restored after it was replaced (`cp -p`, `rsync -t`). So every pass after the
first compares the bytes it gets with checksums of the first, read by read. What is read next depends only on
what was read before and on the wanted columns; so the first byte that differs lies in a read that both passes
make, unless it is in a column that the first pass had no need of, about which nothing was decided.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, BinaryIO, cast

import google_crc32c
import numpy as np

from tokumei.schemas.splits import SourceFile
from tokumei.transforms.engine.overlap import overlapped
from tokumei.transforms.formats.streams import refuse_changed
from tokumei.transforms.formats.together import FETCHES
from tokumei.transforms.storage.base import Store, changed

# Reads of a split that are kept: 6 KiB of them. Splits of text have 5, those of 200 columns of Parquet
# still fewer, small files one each; of more, those are kept that `_LOTS` draws, in every pass the same.
MAX_READS = 256

_READ = np.dtype([("file", "<u4"), ("start", "<u8"), ("size", "<u8"), ("crc", "<u4")])
_LOTS = (
    0x9E3779B97F4A7C15  # an odd number near 2**64 over the golden ratio: multiples of it are spread evenly
)

# Number of the file in its split, first byte and number of bytes → CRC-32C of them.
Reads = dict[tuple[int, int, int], int]


class Witness:
    """A store whose inputs are compared, as they are read, with what was read of them before.

    Only what readers need is there: `open_input` and `stat` of `Store`.

    Args:
        store: where the files are.
        files: of the split, in its order.
        before: what an earlier witness of the same split returned as `seen`; empty for the first pass.
    """

    def __init__(self, store: Store, files: Iterable[SourceFile], before: bytes = b"") -> None:
        self._store, self._before = store, _unpacked(before)
        self._places = {file.uri: place for place, file in enumerate(files)}
        self._reads: Reads = {}

    def stat(self, uri: str) -> SourceFile:
        """Return one file as it is now."""
        return self._store.stat(uri)

    def open_input(self, file: SourceFile) -> BinaryIO:
        """Open a file as it was planned.

        Raises:
            InputError: input.changed, here or while it is read: it is not what it was.
        """
        place = self._places[file.uri]
        watched = _Watched(self._store.open_input(file), file.uri, place, self._before, self._reads)
        return cast(BinaryIO, watched)

    def seen(self) -> bytes:
        """Return what was read so far, in at most `MAX_READS` checksums; equal reads give equal bytes."""
        kept = sorted(self._reads, key=lambda read: (sum(read[:2]) * _LOTS % (1 << 64), read))[:MAX_READS]
        return np.array([(*read, self._reads[read]) for read in kept], _READ).tobytes()


def as_store(witness: Witness) -> Store:
    """Return a witness as the store that readers take, of which they use no more than it has."""
    return cast(Store, witness)


def _unpacked(seen: bytes) -> Reads:
    return {(file, start, size): crc for file, start, size, crc in np.frombuffer(seen, _READ).tolist()}


def refuse_replaced(store: Store, files: Sequence[SourceFile], seen: bytes) -> None:
    """Read the bytes of a split once more, as far as a witness has noted them, and compare.

    Args:
        store: where the files are.
        files: of the split, in its order.
        seen: what the witness returned.

    Raises:
        InputError: input.changed; or a file is gone.
    """
    reads: dict[int, list[tuple[int, int, int]]] = {place: [] for place in range(len(files))}
    for (place, start, size), crc in _unpacked(seen).items():
        reads[place].append((start, size, crc))
    for _ in overlapped(partial(_compare, store), zip(files, reads.values(), strict=True), FETCHES):
        pass


def _compare(store: Store, noted: tuple[SourceFile, Sequence[tuple[int, int, int]]]) -> None:
    file, reads = noted
    refuse_changed(file, store)
    with store.open_input(file) as source:
        for start, size, crc in reads:
            source.seek(start)
            parts, left = [], size
            while left and (part := source.read(left)):
                parts.append(part)
                left -= len(part)
            if left or google_crc32c.value(b"".join(parts)) != crc:
                raise changed(file.uri)


class _Watched(io.RawIOBase):
    """An input whose reads are noted, and compared with those of before."""

    def __init__(
        self, source: BinaryIO, uri: str, file: int, before: Mapping[tuple[int, int, int], int], reads: Reads
    ) -> None:
        self._source, self._uri, self._file, self._before, self._reads = source, uri, file, before, reads
        self._at = source.tell()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        self._at = self._source.seek(offset, whence)
        return self._at

    def read(self, size: int | None = -1, /) -> bytes:
        data = self._source.read(-1 if size is None else size)
        self._note(data, len(data))
        return data

    def readall(self) -> bytes:
        return self.read()

    def readinto(self, buffer: Any, /) -> int:
        got = cast(io.RawIOBase, self._source).readinto(buffer) or 0
        self._note(memoryview(buffer)[:got].tobytes(), got)
        return got

    def close(self) -> None:
        self._source.close()
        super().close()

    def _note(self, data: bytes, size: int) -> None:
        crc = int(google_crc32c.value(data))
        place = (self._file, self._at, size)
        # A file is also read twice within a pass: its header before its records.
        if self._before.get(place, crc) != crc or self._reads.setdefault(place, crc) != crc:
            raise changed(self._uri)
        self._at += size
