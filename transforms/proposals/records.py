"""Records of a command as its model reads them, each with its number and a digest of what it says."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import ValidationError

from tokumei.schemas.errors import InputError
from tokumei.transforms.proposals.occasion import Record
from tokumei.transforms.proposals.record_files import read_record_file, told_of_rows
from tokumei.transforms.storage.base import Store

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
    found = read_record_file(store, store.stat(uri))
    if not found:
        raise InputError("record.none", where=uri, what="the file has no record", fix="give at least one")
    rows: list[GivenRecord[R]] = []
    faults: list[str] = []
    for number, said in enumerate(found, 1):
        try:
            record = model.model_validate_strings(said, strict=False)
        except ValidationError as error:
            faults.append(f"record {number}: {_fault(error, model)}")
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


def _digest(command: str, record: Record) -> str:
    said = json.dumps(
        [command, record.model_dump(mode="json", exclude_unset=True)], ensure_ascii=False, sort_keys=True
    )
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def _fault(error: ValidationError, model: type[Record]) -> str:
    """Return the first fault of a record; a key that the model does not name is not shown."""
    first = error.errors(include_input=False, include_url=False)[0]
    known = _keys(model)
    *above, last = [key if key in known or str(key).isdigit() else "*" for key in first["loc"]] or [
        "the record"
    ]
    if first["type"] == "extra_forbidden":
        there = f" ({', '.join(model.model_fields)})" if not above else ""
        return f"{'.'.join(map(str, above)) or 'the record'}: a key that is not known{there}"
    told = first.get("ctx", {}).get("rule", first["msg"])
    return f"{'.'.join(map(str, (*above, last)))}: {told}"


def _keys(model: type[Record]) -> set[str]:
    """Return every key that a model and its parts name; those of mappings are the record's own."""
    schema = model.model_json_schema()
    return {key for part in (schema, *schema.get("$defs", {}).values()) for key in part.get("properties", ())}
