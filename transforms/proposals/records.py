"""Records of a command: one a row of a file of any format, or one an item of a YAML list.

Cells and scalars are texts until the command's model reads them. A dot in the name of a column leads into
what it names: ``period.start``, ``proposer.name``, ``papers.誓約書.sha256``. A blank cell says nothing.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import yaml
from pydantic import ValidationError

from tokumei.schemas.errors import InputError
from tokumei.schemas.formats import SOURCE_FORMATS, listed
from tokumei.schemas.policy_nodes import UnwantedError, compose
from tokumei.schemas.source import Source
from tokumei.schemas.splits import SourceFile
from tokumei.schemas.treatment_base import ColumnType
from tokumei.transforms.formats.reader import read_header, read_split
from tokumei.transforms.formats.registry import NESTED
from tokumei.transforms.formats.splits import plan_splits
from tokumei.transforms.proposals.occasion import Record
from tokumei.transforms.storage.base import Store

_MAX_BYTES = 64 << 20
_TOLD = 20  # rows that a message names
_YAML = ("yaml", "yml")
R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class GivenRecord(Generic[R]):
    """A record with its number in the file, from 1, and the digest of what it says."""

    number: int
    record: R
    digest: str


def read_records(store: Store, uri: str, model: type[R], command: str) -> list[GivenRecord[R]]:
    """Return the records of a file, in order.

    Args:
        store: where the file is.
        uri: the file; its suffix tells the format.
        model: what each record says.
        command: name of the command, for which the digests stand.

    Raises:
        InputError: it cannot be read; it has no record; or records do not say what the model asks. The
            message names rows and columns, and no value.
    """
    found = _read(store, store.stat(uri))
    if not found:
        raise InputError("record.none", where=uri, what="the file has no record", fix="give at least one")
    rows: list[GivenRecord[R]] = []
    faults: list[str] = []
    for number, said in enumerate(found, 1):
        try:
            record = model.model_validate_strings(said, strict=False)
        except ValidationError as error:
            faults.append(f"record {number}: {_fault(error)}")
        else:
            rows.append(GivenRecord(number, record, _digest(command, record)))
    if faults:
        raise InputError(
            "record.invalid",
            where=uri,
            what=told_of_rows(faults),
            fix="correct these records; none was taken in",
        )
    return rows


def told_of_rows(faults: Sequence[str]) -> str:
    """Return what is wrong with records, of many the first."""
    more = [f"and {len(faults) - _TOLD} more"] if len(faults) > _TOLD else []
    return "\n  ".join([*faults[:_TOLD], *more])


def _digest(command: str, record: Record) -> str:
    said = json.dumps(
        [command, record.model_dump(mode="json", exclude_unset=True)], ensure_ascii=False, sort_keys=True
    )
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def _fault(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"]) or "the record"
    return f"{place}: {first['ctx'].get('rule', first['msg']) if 'ctx' in first else first['msg']}"


def _suffix(uri: str) -> str:
    return uri.rpartition(".")[2].lower()


def _read(store: Store, file: SourceFile) -> list[Any]:
    """Return the records of a file, each a mapping of texts and of mappings and lists of them."""
    suffix = _suffix(file.uri)
    if suffix not in _YAML and (suffix not in SOURCE_FORMATS or SOURCE_FORMATS[suffix].widths):
        readable = [name for name, facts in SOURCE_FORMATS.items() if not facts.widths]
        raise InputError(
            "record.format",
            where=file.uri,
            what="the suffix of the file names no format that records can be read from",
            fix=f"write it as {listed((*readable, _YAML[0]), 'or')}",
        )
    if file.size > _MAX_BYTES:
        raise InputError(
            "record.size", where=file.uri, what="the file is too large", fix="cut it into several"
        )
    if suffix not in _YAML and suffix not in NESTED:
        return _of_table(store, file, suffix)
    data, _ = store.read(file.uri)
    try:
        return _texts(NESTED[suffix](data)) if suffix in NESTED else _of_yaml(data)
    except (ValueError, UnwantedError, yaml.YAMLError):
        raise InputError(
            "record.broken",
            where=file.uri,
            what="it is not what its suffix says, or broken; YAML is a list without aliases, tags",
            fix="correct it",
        ) from None


def _of_table(store: Store, file: SourceFile, suffix: str) -> list[dict[str, Any]]:
    source = Source(path=file.uri, format=suffix)
    names = read_header(source, file, store).names or []
    columns: dict[str, ColumnType] = dict.fromkeys(names, "text")
    rows: list[dict[str, Any]] = []
    for split in plan_splits("records", source, file, store):
        for batch in read_split(split, source, columns, store, declared=names):
            if batch.rejects:
                raise InputError(
                    "record.broken",
                    where=f"{file.uri}, record {batch.rejects[0].record}",
                    what="the record has another number of fields than the header, or cannot be decoded",
                    fix="correct it",
                )
            rows += batch.batch.to_pylist()
    return [_nested(row) for row in rows]


def _nested(row: Mapping[str, str | None]) -> dict[str, Any]:
    """Return a row as a record: dots in names lead into parts, blank cells are left out."""
    found: dict[str, Any] = {}
    for name, value in row.items():
        if value is None or not value.strip():
            continue
        *above, last = name.split(".")
        place = found
        for part in above:
            place = place.setdefault(part, {})
        place[last] = value
    return found


def _of_yaml(data: bytes) -> list[Any]:
    root = compose(data.decode())
    if not isinstance(root, yaml.SequenceNode):
        raise ValueError
    return [_plain(node) for node in root.value]


def _plain(node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        pairs = ((_plain(key), _plain(value)) for key, value in node.value)
        return {key: value for key, value in pairs if value is not None}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item) for item in node.value]
    return None if node.tag.endswith(":null") else str(node.value)


def _texts(value: Any) -> Any:
    """Return parsed values as texts, without what is null: what a record is does not depend on its format."""
    if isinstance(value, dict):
        return {key: _texts(part) for key, part in value.items() if part is not None}
    if isinstance(value, list):
        return [_texts(part) for part in value]
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, dt.date) else str(value)
