"""What input files hold, told by digests: equal content is equal work, whatever its name and its time."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import partial

from tokumei.schemas.splits import SourceFile
from tokumei.transforms.engine.overlap import overlapped
from tokumei.transforms.storage.base import Store, changed

_BLOCK = 32 << 20  # bytes that one thread digests, so that a large file occupies all cores
_PIECE = 1 << 20
_THREADS = 8


def digests_of(store: Store, files: Sequence[SourceFile]) -> list[str]:
    """Return a text for each file that tells its content: equal for equal contents in one kind of store.

    A store that keeps checksums is believed (Cloud Storage: size and CRC-32C, without fetching anything). Of
    others every byte is read, once, and digested by SHA-256 in blocks of 32 MiB, several at once: size and
    time of a file are never taken for its content.

    Args:
        store: of the files.
        files: as they were found.

    Raises:
        InputError: a file has changed since it was found, or cannot be read.
    """
    read = [file for file in files if not file.checksum]
    blocks = [(file, start) for file in read for start in range(0, file.size, _BLOCK)]
    whole = {file.uri: hashlib.sha256() for file in read}
    digests = overlapped(partial(_digest, store), blocks, _THREADS)
    for (file, _), digest in zip(blocks, digests, strict=True):
        whole[file.uri].update(digest)
    told = {uri: f"sha256-blocks:{digest.hexdigest()}" for uri, digest in whole.items()}
    return [f"{file.size}:{file.checksum or told[file.uri]}" for file in files]


def _digest(store: Store, block: tuple[SourceFile, int]) -> bytes:
    file, start = block
    left, found = min(_BLOCK, file.size - start), hashlib.sha256()
    with store.open_input(file) as stream:
        stream.seek(start)
        while left and (piece := stream.read(min(_PIECE, left))):
            found.update(piece)
            left -= len(piece)
    if left:
        raise changed(file.uri)
    return found.digest()
