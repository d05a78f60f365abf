"""The input files of a run: found, and compared with what the policy declares, before anything is read."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

import pyarrow as pa

from tokumei.schemas.date_formats import USUAL
from tokumei.schemas.errors import InputError
from tokumei.schemas.splits import SourceFile, TableFile
from tokumei.transforms.engine.overlap import overlapped
from tokumei.transforms.formats.columns import matched_names, refuse_other_columns, refuse_unreadable
from tokumei.transforms.formats.convert import readable
from tokumei.transforms.formats.reader import read_header
from tokumei.transforms.formats.together import FETCHES
from tokumei.transforms.planning.delivered import refuse_partial
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.storage.base import Store
from tokumei.transforms.storage.places import open_store
from tokumei.transforms.storage.policy_folder import locate

# A split costs some 5 ms in every pass, a file in it one. What is read together is smaller than what is cut
# from large files, so that there is work for as many workers.
SMALL_INPUT = 256 << 10  # bytes of a file that is read with others
TOGETHER_BYTES = 8 << 20
TOGETHER_FILES = 256  # at most `witness.MAX_READS`, so that of each file is noted what was read


def check_files(plans: Sequence[TablePlan], base: str) -> list[TableFile]:
    """Find the input files of every table and compare their columns with those declared.

    Args:
        plans: of the tables, and of their populations.
        base: folder that relative source paths start from, a path or a gs:// URI.

    Raises:
        InputError: no file matches, a file cannot be opened, or its columns or their types differ.
    """
    found: list[TableFile] = []
    for plan in plans:
        path = locate(base, plan.table.source.path)
        store = open_store(path)
        files = store.glob(path)
        where = f"tables.{plan.name.replace('#', '.')}.source"
        refuse_partial(plan.table.source, path, f"{where}.expect", store, files)
        if not files:
            raise InputError(
                "input.missing",
                where=f"{where}.path",
                what=f"no file matches {path}",
                fix="correct the path, which starts from the policy file's folder; or deliver the file",
            )
        found += overlapped(partial(_checked, plan, store), files, FETCHES)
    return found


def _checked(plan: TablePlan, store: Store, file: SourceFile) -> TableFile:
    """Compare the columns of a file with those declared."""
    if not is_text(file.uri):
        raise InputError(
            "input.name",
            where=f"tables.{plan.name.replace('#', '.')}.source.path",
            what="the name of a file that it matches is not UTF-8",
            fix="rename the file",
        )
    source = plan.table.source
    header = read_header(source, file, store)
    if header.names is not None:
        same = matched_names if source.facts.header else refuse_other_columns
        same(header.names, plan.columns, file.uri)
    elif source.header_line:
        # Among full files it would pass unseen; it is what a full disk or a broken export leaves.
        raise InputError(
            "input.empty",
            where=file.uri,
            what="the file is empty: it has not even a header line",
            fix="copy or export it again, or remove it from the path",
        )
    return TableFile(plan.name, file, header.records, _unsearched(plan, header.types, file.uri))


def files_together(
    files: Iterable[TableFile], tables: Mapping[str, TablePlan]
) -> Iterator[tuple[TableFile, ...]]:
    """Yield files that are read together: small ones of one table, in their order; any other alone.

    Alone is every file of a table in ``order: stretch``, whose parts tell the files apart.
    """
    waiting: dict[str, list[TableFile]] = {}
    sizes: Counter[str] = Counter()
    for found in files:
        table, size = found.table, found.file.size
        if size > SMALL_INPUT or tables[table].table.order == "stretch":
            yield (found,)
            continue
        held = waiting.setdefault(table, [])
        if len(held) == TOGETHER_FILES or sizes[table] + size > TOGETHER_BYTES:
            yield tuple(held)
            held.clear()
            sizes[table] = 0
        held.append(found)
        sizes[table] += size
    yield from map(tuple, waiting.values())


def without_unsearched(plans: Mapping[str, TablePlan], files: Sequence[TableFile]) -> dict[str, TablePlan]:
    """Return plans that do not read the deleted columns of which some file has a type that is no text."""
    return {
        name: replace(
            plan,
            unsearched=tuple(c for c in plan.columns if c in found),
            named=tuple(parts for parts in plan.named if found.isdisjoint(parts)),
            coded=tuple(name for name in plan.coded if name not in found),
            told=tuple(name for name in plan.told if name not in found),
            held_against=tuple(name for name in plan.held_against if name not in found),
        )
        for name, plan in plans.items()
        for found in [{c for file in files if file.table == name for c in file.unsearched}]
    }


def _unsearched(plan: TablePlan, types: pa.Schema | None, where: str) -> tuple[str, ...]:
    """Check the types of a file; what is deleted may have any, and is searched for if it can be read.

    Raises:
        InputError: a column that is released, or is the person, has a type that does not fit its own.
    """
    if types is None:
        return ()
    inside = set(types.names)  # others stand in the names of folders
    for name, kind in plan.types(*plan.needed).items():
        if name not in inside:
            continue
        how = plan.dates.get(name, USUAL)
        refuse_unreadable(types.field(name).type, name, kind, how, where)
    sought = plan.types(
        *plan.table.sought, *plan.coded, *(name for parts in plan.named for name in parts)
    ).items()
    return tuple(n for n, kind in sought if n in inside and not readable(types.field(n).type, kind))


def is_text(path: str) -> bool:
    """Return whether a path is text: Python lets through names of any bytes, as halves of characters."""
    return not any("\ud800" <= c <= "\udfff" for c in path)


def refuse_released(inputs: Sequence[str], output: str) -> None:
    """Check that nothing is read that releases are written over, whatever links lead there.

    Raises:
        InputError: an input is part of a release, or of the register, of this output.
    """
    own = [_real(f"{output.rstrip('/')}/{folder}") + "/" for folder in ("releases", "register")]
    for uri in inputs:
        if any(_real(uri).startswith(folder) for folder in own):
            raise InputError(
                "input.released",
                where=uri,
                what="the file lies in releases/ or register/ of the output",
                fix="copy it to another place, or give another --output",
            )


def _real(path: str) -> str:
    return path if "://" in path else os.path.realpath(path)
