"""Schemas of Avro: which Arrow type holds each field, by the rules of the specification.

Names are resolved in their namespaces. A logical type that is unknown, stands on another type than its own,
or has impossible settings is ignored, and the plain type counts (Apache Avro specification, Logical Types).
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from tokumei.transforms.formats.avro_container import Corrupt
from tokumei.transforms.formats.columns import is_opaque, opaque

_TYPES = {
    "null": pa.null(),
    "string": pa.string(),
    "int": pa.int32(),
    "long": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "bytes": pa.binary(),
}
_TICKS = (("millis", "ms"), ("micros", "us"), ("nanos", "ns"))
_LOGICAL = {
    ("int", "date"): pa.date32(),
    ("int", "time-millis"): pa.time32("ms"),
    ("long", "time-micros"): pa.time64("us"),
    **{("long", f"timestamp-{name}"): pa.timestamp(unit, "UTC") for name, unit in _TICKS},
    **{("long", f"local-timestamp-{name}"): pa.timestamp(unit) for name, unit in _TICKS},
}
_MAX_PRECISION = 38  # of the longest decimal that is read; its bytes may be more, if they say no more
_UUID_BYTES = 16


class NotRecords(Exception):
    """The top of a schema is no record; the text says what it is."""


def full_name(name: str, namespace: str) -> str:
    """Return a name with its namespace: its own, or the one it stands in."""
    return name if "." in name or not namespace else f"{namespace}.{name}"


def namespace_of(schema: dict[str, Any], enclosing: str) -> str:
    """Return the namespace in which the names inside a named type stand."""
    name, own = str(schema.get("name", "")), schema.get("namespace")
    return name.rpartition(".")[0] if "." in name else str(own) if own is not None else enclosing


def arrow_schema(schema: Any) -> pa.Schema:
    """Return the Arrow types of a file's fields; what cannot be read is `opaque`.

    Raises:
        NotRecords: the records of the file are something else, or of several kinds.
        Corrupt: it is no schema.
    """
    if isinstance(schema, str | list) or (isinstance(schema, dict) and schema.get("type") != "record"):
        raise NotRecords(_called(schema))
    if not isinstance(schema, dict):
        raise Corrupt
    inside = namespace_of(schema, "")
    names: dict[str, pa.DataType] = {}
    try:
        return pa.schema([(str(f["name"]), _arrow_type(f["type"], names, inside)) for f in schema["fields"]])
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError):
        raise Corrupt from None


def plain_schema(schema: Any) -> Any:
    """Return the schema without logical types: raw numbers become columns at once, none is out of range."""
    if isinstance(schema, list):
        return [plain_schema(part) for part in schema]
    if isinstance(schema, dict):
        return {key: plain_schema(part) for key, part in schema.items() if key != "logicalType"}
    return schema


def _arrow_type(schema: Any, names: dict[str, pa.DataType], namespace: str) -> pa.DataType:
    """Return the Arrow type that holds an Avro type; ``names`` gathers the types defined on the way."""
    if isinstance(schema, list):
        return _union([_arrow_type(branch, names, namespace) for branch in schema if branch != "null"])
    if isinstance(schema, str):
        return _TYPES[schema] if schema in _TYPES else names[full_name(schema, namespace)]
    kind = schema["type"]
    if not isinstance(kind, str):
        return _arrow_type(kind, names, namespace)
    if kind in {"array", "map"}:
        _arrow_type(schema["items" if kind == "array" else "values"], names, namespace)  # for the names in it
        return opaque("a list" if kind == "array" else "a map")
    if kind in {"record", "enum", "fixed"}:
        inside = namespace_of(schema, namespace)
        found = _named(schema, kind)
        names[full_name(schema["name"], inside)] = found
        for field in schema["fields"] if kind == "record" else ():
            _arrow_type(field["type"], names, inside)
        return found
    return _logical(schema, kind, None) or _arrow_type(kind, names, namespace)


def _named(schema: dict[str, Any], kind: str) -> pa.DataType:
    if kind == "record":
        return opaque("a record")
    if kind == "enum":
        return pa.string()
    size = int(schema["size"])
    if schema.get("logicalType") == "uuid" and size == _UUID_BYTES:
        return pa.uuid()
    return _logical(schema, kind, size) or pa.binary()


def _logical(schema: dict[str, Any], kind: str, size: int | None) -> pa.DataType | None:
    """Return the Arrow type of a logical type; None where it is to be ignored."""
    logical = schema.get("logicalType")
    if logical != "decimal" or kind not in {"bytes", "fixed"}:
        return _LOGICAL.get((kind, str(logical)))
    precision, scale = schema.get("precision"), schema.get("scale", 0)
    if not (isinstance(precision, int) and isinstance(scale, int) and 0 <= scale <= precision > 0):
        return None
    # So many bytes of a fixed hold no longer numbers: ⌊log10(2^(8n−1) − 1)⌋ digits.
    if size is not None and precision > len(str((1 << max(8 * size - 1, 0)) - 1)) - 1:
        return None
    if precision > _MAX_PRECISION:
        return opaque(f"a decimal of {precision} digits")
    return pa.decimal128(precision, scale)


def _union(kinds: list[pa.DataType]) -> pa.DataType:
    """Return the type that holds every one of some types without loss."""
    several = [kind for kind in dict.fromkeys(kinds) if not pa.types.is_null(kind)]
    t = pa.types
    if len(several) <= 1:
        return several[0] if several else pa.null()
    if all(t.is_integer(kind) for kind in several):
        return pa.int64()
    if all(t.is_integer(kind) or t.is_floating(kind) for kind in several):
        return pa.float64()
    if all(t.is_integer(kind) or t.is_string(kind) for kind in several):
        return pa.string()  # a code that was a number once
    held = [kind.field(0).name if is_opaque(kind) else str(kind) for kind in several]
    return opaque(f"a union of {', '.join(held)}")


def _called(schema: str | list[Any] | dict[str, Any]) -> str:
    if isinstance(schema, list):
        return f"a union of {len(schema)} types"
    kind = schema if isinstance(schema, str) else str(schema.get("type"))
    return f"of type {kind}" if kind in {*_TYPES, "array", "map", "enum", "fixed"} else "no record"
