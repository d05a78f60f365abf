"""Reading a policy file: strict YAML, and errors that name the line, the path, the rule and the fix."""

from __future__ import annotations

import difflib
import json
import math
import re
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError

from schemas.errors import PolicyError
from schemas.policy import Policy

MAX_BYTES = 1 << 20
MAX_DEPTH = 20
_LONGEST = 64  # characters of a key that messages show
_INT = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
_Place = tuple[str | int, ...]


def read_policy(path: str | Path) -> Policy:
    """Read and validate a policy file.

    Raises:
        PolicyError: the file is missing, is not YAML, or breaks a rule; the message names each place.
    """
    return parse_policy(_read(Path(path)), str(path))


def parse_policy(text: str, name: str) -> Policy:
    """Validate policy text; ``name`` stands for the file in messages.

    Raises:
        PolicyError: it is not YAML, or breaks a rule.
    """
    document = _Document(name)
    data = document.read(text)
    if not isinstance(data, dict) or not data:
        raise PolicyError(
            "policy.empty",
            where=name,
            what="the policy must be a YAML mapping",
            fix="start from the example in the README",
        )
    try:
        return Policy.model_validate_json(json.dumps(data))
    except ValidationError as error:
        raise _explain(error, data, document) from None


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise PolicyError(
            "policy.missing",
            where=str(path),
            what=f"cannot be read: {error.strerror}",
            fix="check the path and the permissions",
        ) from None
    if len(raw) > MAX_BYTES:
        raise PolicyError(
            "policy.size",
            where=str(path),
            what=f"a policy may have at most {MAX_BYTES} bytes",
            fix="check that this is the policy and not the data",
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise PolicyError(
            "policy.encoding", where=f"{path}:{line}", what="a policy must be UTF-8", fix="save it as UTF-8"
        ) from None


class _Loader(yaml.SafeLoader):
    """Composes nodes without aliases, tags and depth: they hide what a policy says, or exhaust memory."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            raise _Unwanted("aliases (*name) are not allowed", "write the part out in each place", event)
        if getattr(event, "tag", None) is not None:
            raise _Unwanted(
                "tags (!name) are not allowed", "remove the tag; quote a text that begins with !", event
            )
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _Unwanted(
                f"nested deeper than {MAX_DEPTH} levels",
                "check indentation and brackets",
                event,
                "policy.depth",
            )
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


class _Unwanted(Exception):
    """YAML that is valid, but not in a policy."""

    def __init__(self, what: str, fix: str, at: yaml.Event | yaml.Node, code: str = "policy.yaml") -> None:
        self.what, self.fix, self.line, self.code = what, fix, at.start_mark.line + 1, code
        super().__init__(what)


class _Document:
    """A YAML document as plain data, and the line of every place in it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: dict[_Place, int] = {(): 1}

    def read(self, text: str) -> Any:
        """Return the document's data.

        Raises:
            PolicyError: it is not YAML, or uses what policies may not.
        """
        try:
            loader = _Loader(text)
            root = loader.get_single_node()
        except _Unwanted as error:
            raise PolicyError(
                error.code, where=f"{self.name}:{error.line}", what=error.what, fix=error.fix
            ) from None
        except yaml.MarkedYAMLError as error:
            raise self._syntax(error) from None
        except yaml.reader.ReaderError as error:
            raise PolicyError(
                "policy.yaml",
                where=f"{self.name}:{text.count(chr(10), 0, error.position) + 1}",
                what="not valid YAML: a control character",
                fix="remove it, or write it as an escape in double quotes",
            ) from None
        return None if root is None else self._plain(root, ())

    def where(self, place: _Place) -> str:
        """Return file, line and dotted path of a place, or of the nearest place around it that is there."""
        line = next(self.lines[place[:n]] for n in range(len(place), -1, -1) if place[:n] in self.lines)
        return f"{self.name}:{line} {dotted(place)}".rstrip()

    def _syntax(self, error: yaml.MarkedYAMLError) -> PolicyError:
        begun, ended = (getattr(m, "line", -1) + 1 for m in (error.context_mark, error.problem_mark))
        since = f" (begun in line {begun})" if begun and begun != ended else ""
        return PolicyError(
            "policy.yaml",
            where=f"{self.name}:{ended or begun or 1}",
            what=f"not valid YAML: {', '.join(filter(None, (error.context, error.problem)))}{since}",
            fix="correct the syntax at this line (indentation, quotes, colons)",
        )

    def _plain(self, node: yaml.Node, place: _Place) -> Any:
        """Turn nodes into plain data, remembering lines and refusing repeated keys."""
        self.lines[place] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            result: dict[str, Any] = {}
            for key_node, value_node in node.value:
                key = self._key(key_node, place)
                if key in result:
                    self.lines[(*place, key)] = key_node.start_mark.line + 1
                    raise PolicyError(
                        "policy.duplicate_key",
                        where=self.where((*place, key)),
                        what="this key stands twice",
                        fix="remove one of them",
                    )
                result[key] = self._plain(value_node, (*place, key))
                self.lines[(*place, key)] = key_node.start_mark.line + 1
            return result
        if isinstance(node, yaml.SequenceNode):
            return [self._plain(item, (*place, i)) for i, item in enumerate(node.value)]
        return self._scalar(node, place)

    def _key(self, node: yaml.Node, place: _Place) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise PolicyError(
                "policy.key",
                where=f"{self.name}:{node.start_mark.line + 1} {dotted(place)}".rstrip(),
                what="a key must be one word or text",
                fix="quote a key that holds brackets, braces or a question mark",
            )
        return self._text(node, place)

    def _text(self, node: yaml.Node, place: _Place) -> str:
        text = str(node.value)
        try:
            # Escapes can write halves of characters and NUL: no path, name or label may hold them.
            paired = text.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            paired = "\0"
        if "\0" in paired:
            raise PolicyError(
                "policy.text",
                where=self.where(place),
                what="a text holds NUL or half a character",
                fix="remove the escape (\\0, \\ud800 …); a backslash itself is written in single quotes",
            )
        return paired

    def _scalar(self, node: yaml.Node, place: _Place) -> bool | int | float | str | None:
        text, kind = self._text(node, place), node.tag.removeprefix("tag:yaml.org,2002:")
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() in {"yes", "true", "on"}
        if kind == "int" and _INT.fullmatch(text):
            return int(text)
        if kind == "float" and _FLOAT.fullmatch(text) and math.isfinite(float(text)):
            return float(text)
        if kind in {"int", "float"}:
            raise PolicyError(
                "policy.number",
                where=self.where(place),
                what="YAML reads this number as another (010 as 8, 1:30 as 90), or it is too large",
                fix="write plain digits, or quote it if it is a text",
            )
        return text


def dotted(place: _Place) -> str:
    """Return a place as the user writes it: ``tables.customer.columns.age.treat[0].at``."""
    text = ""
    for part in place:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += ("." if text else "") + _shown(part)
    return text


def _shown(key: str) -> str:
    """Return a key, quoted and cut where it would blur a message."""
    short = key if len(key) <= _LONGEST else f"{key[:_LONGEST]}…"
    plain = short and not re.search(r"[\s.\[\]\"]", short) and short.isprintable()
    return short if plain else json.dumps(short, ensure_ascii=not short.isprintable())


def _explain(error: ValidationError, data: Any, document: _Document) -> PolicyError:
    items = error.errors(include_url=False, include_input=False)
    places = [(*_real_place(item["loc"]), *item.get("ctx", {}).get("at", ())) for item in items]
    found = []
    for item, place in zip(items, places, strict=True):
        inner = any(len(other) > len(place) and other[: len(place)] == place for other in places)
        if item["type"] == "too_short" and inner:
            continue  # its only items are wrong, and are named
        found.append((document.where(place), *_explained(item, place, data)))
    where, code, what, fix = found[0]
    others = "".join(f"\n  also: {w}: {t}. {f}" for w, _, t, f in found[1:10])
    more = f"\n  and {len(found) - 10} more" if len(found) > 10 else ""
    return PolicyError(code, where=where, what=what, fix=fix + others + more)


def _real_place(loc: tuple[str | int, ...]) -> _Place:
    """Drop what pydantic adds to a place: the method after ``treat[0]``, the kind after ``hierarchy``."""
    place = list(loc)
    if place[:1] == ["tables"] and place[2:3] == ["[key]"]:
        return tuple(place[:2])
    if place[:1] == ["tables"] and place[4:5] == ["treat"]:
        if place[7:8] == ["hierarchy"]:
            del place[8:9]
        del place[6:7]
    return tuple(place)


# What pydantic says to programmers, said to the author of a policy: type → code, rule, fix.
_MAPPING = ("policy.type", "must be a mapping", "write lines key: value below it, indented")
_WHOLE = ("policy.type", "must be a whole number", "write digits only, for example 10")
_DAY = ("policy.date", "must be a day that exists", "write YYYY-MM-DD, for example 2026-03-31")
_EMPTY = ("policy.blank", "must not be empty", "give at least one, or remove the key")
_TYPES = {
    "int_type": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": (
        "policy.type",
        "must be a number",
        "write digits without quotes or unit, for example 0.02",
    ),
    "string_type": (
        "policy.type",
        "must be a text",
        "quote it: bare numbers, yes, no, true, false and null are no texts",
    ),
    "bool_type": ("policy.type", "must be true or false", "write true or false without quotes"),
    "tuple_type": ("policy.type", "must be a list", "write [a, b], or one line - a for each item"),
    "dict_type": _MAPPING,
    "model_type": _MAPPING,
    "date_type": _DAY,
    "too_short": _EMPTY,
    "string_too_short": _EMPTY,
}
_LIMITS = {
    "greater_than_equal": ("ge", "must be at least"),
    "greater_than": ("gt", "must be more than"),
    "less_than_equal": ("le", "must be at most"),
    "less_than": ("lt", "must be less than"),
    "string_too_long": ("max_length", "its length must be at most"),
}
_FALLBACK = ("policy.value", "not an allowed value", "correct the value; see `tokumei schema`")


def _explained(item: Any, place: _Place, data: Any) -> tuple[str, str, str]:
    """Return code, rule and fix for one of pydantic's errors."""
    kind, context = str(item["type"]), item.get("ctx", {})
    if "fix" in context:
        return kind, str(context["rule"]), str(context["fix"])
    if kind == "missing":
        found = "policy.missing_key", "a required key is missing", f"add {place[-1]}: …"
    elif kind == "extra_forbidden":
        found = _unknown_key(place)
    elif kind.startswith("union_tag"):
        found = _unknown_tag(str(context["discriminator"]).strip("'"), place, data)
    elif _at(data, place) is None:
        found = "policy.blank", "has no value", "give one, or remove the key"
    elif kind == "literal_error":
        expected = str(context["expected"])
        fix = f"use {'one of ' if ' or ' in expected else ''}{expected}"
        found = "policy.value", "not an allowed value", fix
    elif kind in _LIMITS:
        key, words = _LIMITS[kind]
        found = "policy.range", f"{words} {int(context[key]):,}", "correct the value"
    else:
        found = _TYPES.get(kind, _FALLBACK)
    return found


def _unknown_key(place: _Place) -> tuple[str, str, str]:
    key = str(place[-1])
    near = difflib.get_close_matches(key, _keys_at(place[:-1]), n=1) if len(key) <= _LONGEST else []
    hint = f"did you mean {near[0]}? " if near else ""
    fix = f"{hint}remove it or correct its name (see `tokumei schema`)"
    return "policy.unknown_key", f"unknown key {_shown(key)}", fix


def _unknown_tag(key: str, place: _Place, data: Any) -> tuple[str, str, str]:
    node = _at(data, place)
    known = sorted(_tags(place))
    given = node.get(key) if isinstance(node, dict) else None
    near = difflib.get_close_matches(given, known, n=1) if isinstance(given, str) else []
    hint = f"did you mean {near[0]}? " if near else ""
    what = f"unknown {key}" if given is not None else f"{key} is missing"
    return f"policy.{key}", what, f"{hint}{key} is one of {', '.join(known)}"


def _at(data: Any, place: _Place) -> Any:
    """Return what stands at a place; anything but None where nothing does."""
    for part in place:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return ""
    return data


def _tags(place: _Place) -> set[str]:
    """Return the methods, or the kinds of hierarchy, that may stand at a place."""
    key = "kind" if place[-1:] == ("hierarchy",) else "method"
    return {str(tag) for m in _models_at(place) for tag in get_args(m.model_fields[key].annotation)}


def _keys_at(place: _Place) -> set[str]:
    """Return the keys that may stand in the mapping at a place, those of any method where it is a method."""
    return {key for model in _models_at(place) for key in model.model_fields}


def _models_at(place: _Place) -> list[type[BaseModel]]:
    found: list[Any] = [Policy]
    for part in place:
        models = [m for m in found if isinstance(m, type) and issubclass(m, BaseModel)]
        if models:
            fields = [m.model_fields[part] for m in models if part in m.model_fields]
            found = [f.annotation for f in fields]
        else:
            found = [get_args(t)[-2 if get_args(t)[-1] is ... else -1] for t in found if get_args(t)]
        found = [one for t in found for one in _unwrapped(t)]
    return [m for m in found if isinstance(m, type) and issubclass(m, BaseModel)]


def _unwrapped(annotation: Any) -> list[Any]:
    """Return the alternatives of an annotation, without Annotated, Union and None."""
    if get_origin(annotation) is Annotated:
        return _unwrapped(get_args(annotation)[0])
    if get_origin(annotation) in {Union, UnionType}:
        return [one for part in get_args(annotation) for one in _unwrapped(part)]
    return [annotation]
