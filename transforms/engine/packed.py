"""What many steps of a graph hold, pickled once and unpickled once a process.

Engines pickle every step several times, with all that it holds; a plan of 3,000 columns in each of 50 steps
was a sixth of the whole job.
"""

from __future__ import annotations

import dataclasses
import pickle
import zlib
from functools import cached_property, lru_cache
from typing import Any, ClassVar

_KEPT = 64  # objects of a process; they are shared, so they must not be changed


class PackedOnce:
    """Base of frozen dataclasses that are pickled once, from their fields alone.

    Attributes:
        level: how hard zlib tries; 0 where what is held is random (hashes), and would be no smaller.
    """

    level: ClassVar[int] = 1

    @cached_property
    def _packed(self) -> bytes:
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}  # type: ignore[arg-type]
        return zlib.compress(pickle.dumps((type(self), fields), protocol=pickle.HIGHEST_PROTOCOL), self.level)

    def __reduce__(self) -> tuple[Any, tuple[bytes]]:
        """Return the packed object, and how it is unpacked."""
        return _unpacked, (self._packed,)


@lru_cache(maxsize=_KEPT)
def _unpacked(packed: bytes) -> Any:
    kind, fields = pickle.loads(zlib.decompress(packed))  # noqa: S301  # the engine's own bytes
    found = kind(**fields)
    found.__dict__["_packed"] = packed
    return found
