"""Files of records: one a row of a file of any format, or one an item of a YAML list.

Cells and scalars are texts until the command's model reads them. A dot in the name of a column leads into
what it names: ``period.start``, ``proposer.name``, ``papers.誓約書.sha256``. A blank cell says nothing.
Nobody declares an encoding: that of a table is found, as spreadsheets in Japan write CP932.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from tokumei.schemas.errors import InputError
from tokumei.schemas.formats import SOURCE_FORMATS, listed
from tokumei.schemas.policy_nodes import UnwantedError, compose
from tokumei.schemas.source import Source
from tokumei.schemas.splits import SourceFile
from tokumei.schemas.treatment_base import ColumnType
from tokumei.transforms.storage.base import Store

_MAX_BYTES = 64 << 20
_TOLD = 20  # rows that a message names
_YAML = ("yaml", "yml")
_WRITE_ANEW = "correct it there, or write the file again"


class _UnreadableError(Exception):
    """What a file says where cannot be read.

    Attributes:
        place: within the file, such as "line 3"; empty where that is not known.
        what: no value of the file.
    """

    def __init__(self, what: str, place: str = "") -> None:
        self.what, self.place = what, place
        super().__init__(what)


def told_of_rows(faults: Sequence[str]) -> str:
    """Return what is wrong with records, of many the first."""
    more = [f"and {len(faults) - _TOLD} more"] if len(faults) > _TOLD else []
    return "\n  ".join([*faults[:_TOLD], *more])


def read_record_file(store: Store, file: SourceFile) -> list[Any]:
    """Return the records of a file, each a mapping of texts and of mappings and lists of them.

    Raises:
        InputError: it is of no format that records come in, too large, or broken; the message names places
            in the file and no value.
    """
    from tokumei.transforms.formats.registry import NESTED  # what reads files is slow to import

    suffix = file.uri.rpartition(".")[2].lower()
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
    try:
        if suffix in _YAML:
            return _of_yaml(store.read(file.uri)[0])
        if suffix in NESTED:
            return _of_parts(store.read(file.uri)[0], suffix)
        return _of_table(store, file, suffix)
    except _UnreadableError as error:
        where = f"{file.uri}, {error.place}" if error.place else file.uri
        raise InputError("record.broken", where=where, what=error.what, fix=_WRITE_ANEW) from None


def _of_table(store: Store, file: SourceFile, suffix: str) -> list[dict[str, Any]]:
    from tokumei.transforms.formats.reader import read_header, read_split
    from tokumei.transforms.formats.splits import plan_splits

    source = _written(store, file, suffix)
    names = read_header(source, file, store).names or []
    _refuse_names(names)
    columns: dict[str, ColumnType] = dict.fromkeys(names, "text")
    rows: list[dict[str, Any]] = []
    faults: list[str] = []
    for split in plan_splits("records", source, file, store):
        for batch in read_split(split, source, columns, store, declared=names):
            faults += (f"record {bad.record}: {_reason(bad.reason, source)}" for bad in batch.rejects)
            rows += batch.batch.to_pylist()
    if faults:
        raise _UnreadableError(told_of_rows(faults))
    return [_nested(row) for row in rows]


def _written(store: Store, file: SourceFile, suffix: str) -> Source:
    """Return how a table is written, as far as it shows."""
    from tokumei.transforms.values.encodings import encoding_of

    source = Source(path=file.uri, format=suffix)
    if not source.facts.encodings:
        return source
    found = encoding_of(store.read(file.uri)[0])
    return Source.model_validate({**source.model_dump(exclude_unset=True), "encoding": found})


def _reason(reason: str, source: Source) -> str:
    from tokumei.transforms.values.encodings import UNDECODABLE

    if reason.startswith(UNDECODABLE):
        return f"it cannot be decoded; what can be is {source.encoding}"
    return "it has another number of fields than the header, or quotes that do not close"


def _refuse_names(names: Sequence[str]) -> None:
    """Refuse columns of which one says what another says too.

    Raises:
        _UnreadableError: two have one name, or one leads into what another fills.
    """
    counted = Counter(names)
    for number, name in enumerate(names, 1):
        if counted[name] > 1:
            raise _UnreadableError("another column has the same name", f"column {number}")
        if any(other.startswith(f"{name}.") for other in names):
            raise _UnreadableError(
                "another column is a part of what this one fills: its name goes on behind a dot",
                f"column {number}",
            )


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
        place[last] = value.strip()
    return found


def _of_yaml(data: bytes) -> list[Any]:
    try:
        root = compose(data.decode())
    except UnicodeDecodeError:
        raise _UnreadableError("it is not UTF-8") from None
    except UnwantedError as error:
        raise _UnreadableError(error.what, f"line {error.line}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise _UnreadableError("it is no YAML", f"line {mark.line + 1}" if mark else "") from None
    if not isinstance(root, yaml.SequenceNode):
        raise _UnreadableError("YAML of records is a list")
    return [_plain(node) for node in root.value]


def _plain(node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return dict(_pairs(node))
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item) for item in node.value]
    return None if node.tag.endswith(":null") else _text(node.value, _line(node))


def _pairs(node: yaml.MappingNode) -> Iterator[tuple[str, Any]]:
    known = set()
    for key, part in node.value:
        if not isinstance(key, yaml.ScalarNode) or key.value in known:
            raise _UnreadableError("a key stands twice, or is no text", _line(key))
        known.add(key.value)
        value = _plain(part)
        if value is not None:
            yield _text(key.value, _line(key)), value


def _line(node: yaml.Node) -> str:
    return f"line {node.start_mark.line + 1}"


def _of_parts(data: bytes, suffix: str) -> list[Any]:
    from tokumei.transforms.formats.reasons import ADVICE, BrokenRecordError
    from tokumei.transforms.formats.registry import NESTED

    try:
        found = NESTED[suffix](data)
    except BrokenRecordError as error:
        what = ADVICE.get(error.reason, "it is not UTF-8")
        raise _UnreadableError(what, f"record {error.number}") from None
    except ValueError:
        raise _UnreadableError("it is not what its suffix says, cut short, or damaged") from None
    return [_texts(value, f"record {number}") for number, value in enumerate(found, 1)]


def _texts(value: Any, place: str) -> Any:
    """Return parsed values as texts, without what is null: what a record is does not depend on its format."""
    if isinstance(value, dict):
        return {key: _texts(part, place) for key, part in value.items() if part is not None}
    if isinstance(value, list):
        return [_texts(part, place) for part in value]
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, dt.date) else _text(str(value), place)


def _text(text: str, place: str) -> str:
    """Return a text that can be written, without blanks around it: an id is the same with and without them.

    Raises:
        _UnreadableError: it holds half a character, which an escape can write.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _UnreadableError("a text holds half a character", place) from None
    return text.strip()
