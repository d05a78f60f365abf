"""The lines of all people, posed once and read many times: from a temporary file without a name."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from tokumei.transforms.engine.spill import SpillFile
from tokumei.transforms.histories.problem import Bucket, Buckets


@contextmanager
def kept(read: Callable[[], Iterable[Bucket]]) -> Iterator[Buckets]:
    """Read all buckets, and give them as often as they are asked for while the block runs.

    A bucket takes part of a second to pose, and a small part of that to be read again; only one of them is in
    memory. The file is private to this process and gone with it.

    Raises:
        InputError: the temporary folder takes no more.
    """
    file = SpillFile()
    try:
        places = [file.put(pickle.dumps(bucket, protocol=pickle.HIGHEST_PROTOCOL)) for bucket in read()]
        yield lambda: (pickle.loads(file.get(place)) for place in places)  # noqa: S301  # our own bytes
    finally:
        file.close()
