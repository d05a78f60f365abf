"""A declared hierarchy with what it needs from disk, read once on the launcher and shipped to the workers."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from functools import lru_cache

from tokumei.schemas.errors import InputError
from tokumei.schemas.hierarchies import FileHierarchy, Hierarchy
from tokumei.transforms.hierarchies.files import HierarchyRows, read_hierarchy_file
from tokumei.transforms.hierarchies.ladders import Ladder, build_ladder
from tokumei.transforms.hierarchies.steps import ANYWHERE, Between, NotInHierarchyError


class BoundHierarchy:
    """A hierarchy that can be applied to any values. Immutable and picklable.

    A graph holds a copy for every step that treats values; so a file's lines are pickled packed, and all
    copies in a process share them once unpacked.

    Args:
        spec: as declared.
        base: the policy's folder.
        where: its place in the policy, for messages.
        level: the one level that will be used, or 0.

    Raises:
        PolicyError: its file cannot be used.
    """

    def __init__(self, spec: Hierarchy, base: str, where: str, level: int = 0) -> None:
        self.spec, self.where = spec, where
        self._packed: bytes | None = None
        if isinstance(spec, FileHierarchy):
            self._packed = _pack(read_hierarchy_file(spec, base, where, level))

    @property
    def rows(self) -> HierarchyRows | None:
        """The content of the file, for a file hierarchy."""
        return None if self._packed is None else _unpack(self._packed)

    def ladder(self, values: Sequence[str | None], between: Between = ANYWHERE) -> Ladder:
        """Return the ladder over the values that occur, whose numbers lie ``between``.

        Raises:
            InputError: values are not in the hierarchy; only their number is told.
        """
        try:
            return build_ladder(values, self.spec, self.rows, between)
        except NotInHierarchyError as error:
            raise InputError(
                "input.not_in_hierarchy",
                where=self.where,
                what=f"{error.count} distinct values of this column are not in its hierarchy",
                fix="add them to the hierarchy file, or treat the column before generalizing it",
            ) from None


def _pack(rows: HierarchyRows) -> bytes:
    return zlib.compress(json.dumps([[value, *levels] for value, levels in rows.items()]).encode())


@lru_cache(maxsize=64)  # more hierarchies than policies have
def _unpack(packed: bytes) -> HierarchyRows:
    return {value: tuple(levels) for value, *levels in json.loads(zlib.decompress(packed))}
