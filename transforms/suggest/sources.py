"""How files are written, as far as they show it: format, encoding, delimiter, names and types of columns."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import PurePosixPath

import pyarrow as pa

from tokumei.schemas.errors import InputError
from tokumei.schemas.formats import COMPRESSED, SOURCE_FORMATS
from tokumei.schemas.source import Source
from tokumei.schemas.splits import SourceFile
from tokumei.schemas.treatment_base import ColumnType
from tokumei.transforms.formats.convert import readable
from tokumei.transforms.formats.reader import read_header
from tokumei.transforms.formats.streams import open_text
from tokumei.transforms.planning.names import telling_names
from tokumei.transforms.storage.base import Store
from tokumei.transforms.storage.places import open_store
from tokumei.transforms.storage.policy_folder import locate
from tokumei.transforms.values.encodings import decoded, fitting

_HEAD = 1 << 20
_LINES = 50
_DELIMITERS = ",\t;|"
_KINDS: tuple[ColumnType, ...] = ("string", "number", "date", "datetime", "boolean", "text")
_WILD = re.compile(r"[*?\[]")


@dataclass(frozen=True, kw_only=True)
class FoundTable:
    """A table as it was found.

    Attributes:
        name: for the policy.
        source: how its files are written.
        files: these.
        kinds: how each column is read; None for one that cannot be (nested values).
        typed: whether the file itself says the types.
    """

    name: str
    source: Source
    files: tuple[SourceFile, ...]
    kinds: Mapping[str, ColumnType | None]
    typed: bool


def find_tables(paths: Sequence[str]) -> list[FoundTable]:
    """Find what each path leads to: a table a path, but one of files beside one another that have one header.

    Args:
        paths: files, globs or gs:// URIs.

    Raises:
        InputError: nothing is there, it cannot be read, or its format is not known by its name.
    """
    found: list[FoundTable] = []
    for path in paths:
        store = open_store(path)
        table = _table(path, _files(path, store), store)
        same = next((i for i, one in enumerate(found) if _one_table(one, table)), None)
        if same is None:
            found.append(table)
        else:
            found[same] = _together(found[same], table)
    return _named(found)


def declared_table(name: str, source: Source, base: str) -> FoundTable:
    """Return a table of a policy as its files are now.

    Args:
        name: of the table.
        source: as the policy declares it.
        base: the policy's folder.

    Raises:
        InputError: no file matches, or it cannot be read.
    """
    path = locate(base, source.path)
    store = open_store(path)
    files = _files(path, store)
    header = read_header(source, files[0], store)
    names = header.names if header.names is not None else _keys(files[0], store)
    kinds = {column: _kind(header.types, column) for column in names}
    return FoundTable(
        name=name, source=source, files=tuple(files), kinds=kinds, typed=header.types is not None
    )


def refuse_telling_names(found: FoundTable) -> None:
    """Check that no column is called like a person, or has a code in its name.

    Raises:
        InputError: column.telling_name, telling the column by its place.
    """
    for place, what in telling_names(list(found.kinds)).items():
        raise InputError(
            "column.telling_name",
            where=f"{found.source.path}, column {place}",
            what=f"its name, which a policy has to state, is or holds: {what}",
            fix="rename it; where columns are people, turn the table so that each has a record; if it is"
            " nobody, write the policy by hand, with source_values_allowed or codes_allowed at the column",
        )


def _files(path: str, store: Store) -> list[SourceFile]:
    files = store.glob(path)
    if not files:
        raise InputError(
            "input.missing", where=path, what="no file is there", fix="correct the path; quote a glob"
        )
    return files


def _table(path: str, files: Sequence[SourceFile], store: Store) -> FoundTable:
    head, form = files[0], _format(path)
    source = Source.model_validate({"path": path, "format": form})
    if source.facts.encodings:
        text, encoding = _text(head, store)
        mark = _delimiter(text) if source.facts.delimiter and not source.facts.fixed else None
        mark = None if mark == source.facts.delimiter else mark
        source = Source.model_validate({**vars(source), "encoding": encoding, "delimiter": mark})
    header = read_header(source, head, store)
    names = header.names if header.names is not None else _keys(head, store)
    if not names:
        raise InputError("input.empty", where=head.uri, what="the file has no column", fix="export it again")
    kinds = {name: _kind(header.types, name) for name in names}
    return FoundTable(name="", source=source, files=tuple(files), kinds=kinds, typed=header.types is not None)


def _format(path: str) -> str:
    suffixes = [s.lower() for s in PurePosixPath(path).suffixes]
    known = [s[1:] for s in suffixes if s not in COMPRESSED]
    named = next((name for name in reversed(known) if name in SOURCE_FORMATS), None)
    if named is None and known[-1:] not in ([], ["txt"], ["dat"]):
        raise InputError(
            "input.format",
            where=path,
            what="the format is not known by the end of the name",
            fix=f"name the file by what it is: .{', .'.join(SOURCE_FORMATS)}",
        )
    plain = next(name for name, facts in SOURCE_FORMATS.items() if facts.delimiter and not facts.fixed)
    return named or plain


def _text(file: SourceFile, store: Store) -> tuple[str, str]:
    """Return the beginning of a text, and its encoding."""
    first: InputError | None = None
    for encoding in ("utf-8", "utf-16"):
        try:
            with open_text(file, store, 0, file.size, encoding) as stream:
                data = stream.read(_HEAD)
        except InputError as error:
            if first is not None:
                raise first from None  # a file that is cut off is no UTF-16 either
            first = error
            continue
        whole = data[: data.rfind(b"\n") + 1] or data
        try:
            return whole.decode("utf-8"), encoding
        except UnicodeDecodeError:
            other = fitting(whole, "utf-8") or "cp932"
            return _decoded(whole, other), other
    raise AssertionError


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return decoded(data, encoding)
    except UnicodeDecodeError as error:
        return decoded(data[: error.start], encoding)


def _delimiter(text: str) -> str:
    """Return the mark that cuts most lines into the same number of fields, the greatest such."""
    lines = text.splitlines()[:_LINES]

    def fields(mark: str) -> tuple[int, int]:
        counted = Counter(len(row) for row in csv.reader(lines, delimiter=mark) if row)
        most = max(counted, key=lambda n: (counted[n], n), default=1)
        return (most if counted[most] * 2 > len(lines) else 1, -_DELIMITERS.index(mark))

    return max(_DELIMITERS, key=fields)


def _keys(file: SourceFile, store: Store) -> list[str]:
    """Return the keys of the first records of a file that has no header."""
    with open_text(file, store, 0, file.size) as stream:
        data = stream.read(_HEAD)
    keys: dict[str, None] = {}
    for line in data[: data.rfind(b"\n") + 1 or None].splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict):
            keys |= dict.fromkeys(record)
    return list(keys)


def _kind(types: pa.Schema | None, name: str) -> ColumnType | None:
    if types is None or name not in types.names:
        return "text"
    if pa.types.is_timestamp(types.field(name).type):
        return "datetime"  # a date would refuse every time of day
    return next((kind for kind in _KINDS if readable(types.field(name).type, kind)), None)


def _one_table(one: FoundTable, other: FoundTable) -> bool:
    folder = one.source.path.rpartition("/")[0]
    return (
        one.kinds == other.kinds
        and one.source.model_dump(exclude={"path"}) == other.source.model_dump(exclude={"path"})
        and folder == other.source.path.rpartition("/")[0]
        and _glob(one.source.path, other.source.path) is not None
    )


def _together(one: FoundTable, other: FoundTable) -> FoundTable:
    path = _glob(one.source.path, other.source.path) or one.source.path
    source = Source.model_validate({**one.source.model_dump(exclude_unset=True), "path": path})
    return FoundTable(name="", source=source, files=one.files + other.files, kinds=one.kinds, typed=one.typed)


def _glob(one: str, other: str) -> str | None:
    """Return a glob of two paths of one folder that begin alike; None if they do not."""
    head = _common(one.partition("*")[0], other)
    tail = _common(one.rpartition("*")[2][::-1], other[::-1])[::-1]
    begins = PurePosixPath(head).name if not head.endswith("/") else ""
    return f"{head}*{tail}" if begins and not _WILD.search(head) else None


def _common(one: str, other: str) -> str:
    """Return what two texts begin with."""
    return "".join(a for a, _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _named(found: Sequence[FoundTable]) -> list[FoundTable]:
    tables: dict[str, FoundTable] = {}
    for i, table in enumerate(found, 1):
        stem = re.sub(r"\.(?!.*/).*", "", PurePosixPath(table.source.path).name)
        plain = re.sub(r"[^A-Za-z0-9_]+", "_", stem).strip("_")[:60] or f"table{i}"
        name = plain if plain not in tables else f"{plain}_{i}"
        tables[name] = FoundTable(
            name=name, source=table.source, files=table.files, kinds=table.kinds, typed=table.typed
        )
    return list(tables.values())
