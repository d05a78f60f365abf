"""A declared hierarchy with what it needs from disk, read once on the launcher and shipped to the workers."""

from __future__ import annotations

import json
import lzma
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.schemas.errors import InputError
from tokumei.schemas.hierarchies import FileHierarchy, Hierarchy
from tokumei.schemas.hierarchy_base import TableHierarchy
from tokumei.transforms.hierarchies.files import read_hierarchy_file
from tokumei.transforms.hierarchies.ladders import Ladder, build_ladder
from tokumei.transforms.hierarchies.rows import HierarchyRows
from tokumei.transforms.hierarchies.steps import ANYWHERE, Between, NotInHierarchyError
from tokumei.transforms.hierarchies.tables import read_hierarchy_table
from tokumei.transforms.values.cells import Mask
from tokumei.transforms.values.patterns import PATTERNS_TOLD


class BoundHierarchy:
    """A hierarchy that can be applied to any values. Immutable and picklable.

    A graph holds a copy for every step that treats values; so a file's lines are pickled packed, and all
    copies in a process share them once unpacked.

    Args:
        spec: as declared.
        base: the policy's folder.
        where: its place in the policy, for messages.
        level: the one level that will be used, or 0.
        content: what the values are that reach it: a column type, or finer.

    Raises:
        PolicyError: its file or table cannot be used.
        InputError: its table cannot be read as declared, or Cloud Storage not be reached.
    """

    def __init__(
        self, spec: Hierarchy, base: str, where: str, level: int = 0, content: str = "string"
    ) -> None:
        self.spec, self.where, self.level, self.content = spec, where, level, content
        self._packed: bytes | None = None
        if isinstance(spec, FileHierarchy):
            self._packed = _pack(read_hierarchy_file(spec, base, where, level))
        elif isinstance(spec, TableHierarchy):
            self._packed = _pack(read_hierarchy_table(spec, base, where))

    @property
    def rows(self) -> HierarchyRows | None:
        """The content of its file or table, where it has one."""
        return None if self._packed is None else _unpack(self._packed)

    def ladder(self, values: Sequence[str | None], between: Between = ANYWHERE) -> Ladder:
        """Return the ladder over the values that occur, whose numbers lie ``between``.

        Raises:
            InputError: values are not in the hierarchy; only their number and patterns are told.
        """
        try:
            return build_ladder(values, self.spec, self.rows, between, self.content)
        except NotInHierarchyError as error:
            raise self._refuse(error) from None

    def labels(self, values: pa.Array, between: Between = ANYWHERE) -> tuple[pa.Array, Mask]:
        """Return the labels of texts at the one level that is used, and which lines of a file are theirs.

        Cheap, however long the file is.

        Raises:
            InputError: values are not in the hierarchy; only their number and patterns are told.
        """
        rows = self.rows
        if rows is None:
            return self._labels(values, between), np.zeros(0, bool)
        places = pc.index_in(values, value_set=rows.texts)
        labels, met = rows.labels[self.level - 1].take(places), np.zeros(len(rows), bool)
        met[places.drop_null().to_numpy()] = True
        if places.null_count:
            unlisted = places.is_null()
            others = values.filter(unlisted)
            labels = pc.replace_with_mask(labels, unlisted, self._labels(others, between))
            met |= self.met(pc.unique(others).to_pylist())
        return labels, met

    def met(self, values: Sequence[str | None]) -> Mask:
        """Return which lines of a file are those of some values."""
        rows = self.rows or HierarchyRows()
        lines = {"" if value is None else rows.line_of(value, self.content) for value in values}
        return np.fromiter((line in lines for line in rows), bool, len(rows))

    def _labels(self, values: pa.Array, between: Between) -> pa.Array:
        encoded = pc.dictionary_encode(values, null_encoding="encode")
        ladder = self.ladder(encoded.dictionary.to_pylist(), between)
        texts = [ladder.labels[self.level][code] for code in ladder.codes[self.level]]
        return pa.array(texts, pa.string()).take(encoded.indices)

    def _refuse(self, error: NotInHierarchyError) -> InputError:
        fix = "add them to the hierarchy, or treat the column before generalizing it"
        if self._packed is not None:
            fix += "; or give the hierarchy other: その他, the label of values that it does not list"
        return InputError(
            "input.not_in_hierarchy",
            where=self.where,
            what=f"{error.count} distinct values of this column are not in its hierarchy: {error.patterns}"
            f" ({PATTERNS_TOLD})",
            fix=fix,
        )


def _pack(rows: HierarchyRows) -> bytes:
    """Return the lines level by level, each label once: a tenth of what they take line by line."""
    levels = []
    for texts in zip(*rows.values(), strict=True):
        names: dict[str, int] = {}
        codes = [names.setdefault(text, len(names)) for text in texts]
        levels.append([list(names), codes])
    return lzma.compress(json.dumps([rows.other, rows.names, list(rows), levels]).encode(), preset=1)


@lru_cache(maxsize=64)  # more hierarchies than policies have
def _unpack(packed: bytes) -> HierarchyRows:
    other, names_of_levels, values, levels = json.loads(lzma.decompress(packed))
    labels = ([names[code] for code in codes] for names, codes in levels)
    rows = HierarchyRows(zip(values, zip(*labels, strict=True), strict=True))
    rows.other, rows.names = other, tuple(names_of_levels)
    return rows
