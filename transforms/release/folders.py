"""Parts cut by released values, in folders that these name, as Hive partitions tables (``性別=男``)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.schemas.errors import RequirementError
from tokumei.transforms.criteria.encoding import compacted
from tokumei.transforms.formats.partitions import NO_VALUE

MAX_FOLDERS = 1_000  # of a table: a file each, in every part to which rows are dealt
_LONGEST = 255  # bytes of a folder's name that file systems take
# What Hive escapes in names of folders (FileUtils.charToEscape), and NUL; all else stands there as it is.
_UNSAFE = re.compile("[\x00-\x1f\x7f\"#%'*/:=?\\\\{}\\[\\]^]")


def cut(
    batch: pa.RecordBatch, naming: Sequence[tuple[str, str]]
) -> Iterator[tuple[tuple[str, ...], pa.RecordBatch]]:
    """Yield the rows of each combination of some columns' values, without these columns, and its folders.

    Rows keep their order, combinations come in that of their folders' names. Nothing but the released values
    is in a name.

    Args:
        batch: rows of a part.
        naming: the columns, in the order of the folders, each with its name there.

    Raises:
        RequirementError: there are more than `MAX_FOLDERS` combinations, or a value can name no folder.
    """
    if not naming:
        yield (), batch
        return
    every: list[list[str]] = []
    of_row: npt.NDArray[np.int64] = np.zeros(batch.num_rows, np.int64)
    for name, called in naming:
        places, names = _named(batch.column(name), called)
        every.append(names)
        of_row = of_row * len(names) + places
        refuse_many_folders(len(np.unique(of_row)))
    found, of_row = np.unique(of_row, return_inverse=True)
    order = np.argsort(of_row, kind="stable")
    bounds = np.searchsorted(of_row[order], np.arange(len(found) + 1))
    left = batch.drop_columns([name for name, _ in naming])
    for i, place in enumerate(found.tolist()):
        folders: list[str] = []
        left_over = place
        for names in reversed(every):
            left_over, own = divmod(left_over, len(names))
            folders.insert(0, names[own])
        rows = left.take(pa.array(order[bounds[i] : bounds[i + 1]]))
        yield tuple(folders), pa.RecordBatch.from_arrays([*map(compacted, rows.columns)], schema=left.schema)


def refuse_many_folders(count: int) -> None:
    """Refuse more folders of one table than readers and stores take kindly.

    Raises:
        RequirementError: there are.
    """
    if count > MAX_FOLDERS:
        raise RequirementError(
            "output.partitions",
            where="output.partition_by",
            what=f"the released values would make more than {MAX_FOLDERS:,} folders of a table",
            fix="name fewer columns, or such of fewer values: a coarser class, a month for a day",
        )


def _named(values: pa.Array, called: str) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Return the place of each row's folder among the folders of a column, and their names, ascending."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    texts = pc.cast(values, pa.string())
    known = pc.unique(texts)
    refuse_many_folders(len(known))
    known = known.take(pc.sort_indices(known))  # null last
    names = [f"{_escaped(called)}={_value(text)}" for text in known.to_pylist()]
    if any(len(name.encode()) > _LONGEST for name in names):
        raise _nameless(f"longer than the {_LONGEST} bytes that a folder's name may have")
    places: npt.NDArray[np.int64] = pc.index_in(texts, value_set=known).to_numpy().astype(np.int64)
    return places, names


def _value(text: str | None) -> str:
    if text is None:
        return NO_VALUE
    if text in ("", NO_VALUE):
        raise _nameless("empty, or Hive's name for a missing one")
    return _escaped(text)


def _escaped(text: str) -> str:
    return _UNSAFE.sub(lambda sign: f"%{ord(sign[0]):02X}", text)


def _nameless(why: str) -> RequirementError:
    return RequirementError(
        "output.partition_value",
        where="output.partition_by",
        what=f"a released value can name no folder: it is {why}",
        fix="leave its column out of output.partition_by, or treat it so that it has short labels",
    )
