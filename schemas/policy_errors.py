"""What pydantic finds wrong in a policy, said to its author: the place, the rule and the fix."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterator
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from tokumei.schemas.errors import PolicyError
from tokumei.schemas.policy import Policy

_LONGEST = 64  # characters of a key that messages show
_BLANK = "has no value", "give one, or remove the key; {} where its defaults are meant"
_MOST = 10  # errors that are told
_TAGS = "model", "method", "kind", "attack"  # keys that say which of several mappings it is
Place = tuple[str | int, ...]


def dotted(place: Place) -> str:
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


def explain(error: ValidationError, data: Any, where: Callable[[Place], str]) -> PolicyError:
    """Return pydantic's errors as one error for the author of a policy, each with place, rule and fix.

    Args:
        error: what pydantic found.
        data: the policy as plain data.
        where: names file, line and path of a place.
    """
    items = error.errors(include_url=False, include_input=False)
    places = [
        (*_real_place(item["loc"], str(item["type"]), data), *item.get("ctx", {}).get("at", ()))
        for item in items
    ]
    around = {place[:n] for place in places for n in range(len(place))}
    # An empty list whose only items are wrong: they are named.
    told = [
        (item, place)
        for item, place in zip(items, places, strict=True)
        if item["type"] != "too_short" or place not in around
    ]
    found = [(where(place), *_explained(item, place, data)) for item, place in told[:_MOST]]
    first, code, what, fix = found[0]
    others = "".join(f"\n  also [{c}] {w}: {t}. {f}" for w, c, t, f in found[1:])
    more = f"\n  and {len(told) - _MOST} more" if len(told) > _MOST else ""
    return PolicyError(code, where=first, what=what, fix=fix + others + more)


def _real_place(loc: tuple[str | int, ...], kind: str, data: Any) -> Place:
    """Drop what pydantic adds to a place and no policy has: the method after ``treat[0]``, and the like."""
    place, node, tag = list[str | int](), data, None
    for i, part in enumerate(loc):
        tag = part if tag is None and isinstance(node, dict) and part in _tags_of(node) else None
        inside = part in node if isinstance(node, dict) else isinstance(node, list)
        if tag is None and inside:
            place.append(part)
            node = _at(node, (part,))
        elif tag is None and kind == "missing" and i == len(loc) - 1:
            place.append(part)
    return tuple(place)


def _tags_of(node: dict[str, Any]) -> list[Any]:
    return [node[key] for key in _TAGS if isinstance(node.get(key), str)]


def refuse_valueless(data: Any, where: Callable[[Place], str]) -> None:
    """Refuse a key without a value, as in ``exposure:``, which would ask for nothing.

    Raises:
        PolicyError: policy.blank, naming each place.
    """
    found = [where(place) for place in _blanks(data, ())]
    if found:
        more = "".join(f"\n  also {place}" for place in found[1:_MOST])
        raise PolicyError("policy.blank", where=found[0], what=_BLANK[0], fix=_BLANK[1] + more)


def _blanks(node: Any, place: Place) -> Iterator[Place]:
    if isinstance(node, dict):
        yield from ((*place, key) for key, value in node.items() if value is None)
    parts = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in parts:
        yield from _blanks(value, (*place, key))


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


def _explained(item: Any, place: Place, data: Any) -> tuple[str, str, str]:
    """Return code, rule and fix for one of pydantic's errors."""
    kind, context = str(item["type"]), item.get("ctx", {})
    if "fix" in context:
        return kind, str(context["rule"]), str(context["fix"])
    if kind == "missing":
        found = "policy.missing_key", "a required key is missing", f"add {place[-1]}: {_wanted(place, data)}"
    elif kind == "extra_forbidden":
        found = _unknown_key(place)
    elif kind.startswith("union_tag"):
        found = _unknown_tag(str(context["discriminator"]).strip("'"), place, data)
    elif _at(data, place) is None:
        found = "policy.blank", *_BLANK
    elif kind == "literal_error":
        expected = str(context["expected"])
        fix = f"use {'one of ' if ' or ' in expected else ''}{expected}"
        if place[-1:] == ("encoding",) and re.search(
            "s.*jis|ms932|31j", str(_at(data, place)), re.IGNORECASE
        ):
            fix = "use 'cp932', which is Shift_JIS as Windows writes it"
        if place[-1:] == ("criterion",):
            fix += " (criterion 2, 個人識別符号, knows no method but delete)"
        found = "policy.value", "not an allowed value", fix
    elif kind in _LIMITS:
        key, words = _LIMITS[kind]
        found = "policy.range", f"{words} {int(context[key]):,}", "correct the value"
    elif kind in {"dict_type", "model_type"} and (keys := _needed_keys(place)):
        code, rule, fix = _MAPPING
        found = code, rule, f"{fix}: {', '.join(f'{key}: …' for key in keys)}"
    else:
        found = _TYPES.get(kind, _FALLBACK)
    return found


def _wanted(place: Place, data: Any) -> str:
    """Return the values that a missing key may have, where they are a list; … otherwise."""
    node, values = _at(data, place[:-1]), dict[str, None]()
    for model in _models_at(place[:-1]):
        tags = [key for key in _TAGS if key in model.model_fields and key in node]
        if place[-1] not in model.model_fields or any(
            node[tag] not in get_args(model.model_fields[tag].annotation) for tag in tags
        ):
            continue  # another method or model than the one that stands here
        annotation = model.model_fields[str(place[-1])].annotation
        if get_origin(annotation) is Literal:
            values |= dict.fromkeys(str(value) for value in get_args(annotation))
    *others, last = values or {"…": None}
    return f"{', '.join(others)} or {last}" if others else last


def _needed_keys(place: Place) -> list[str]:
    """Return the required keys of the mapping that belongs at a place; all if none is required."""
    models = _models_at(place)
    if len(models) != 1:
        return []
    fields = models[0].model_fields
    return [name for name, field in fields.items() if field.is_required()] or list(fields)


def _unknown_key(place: Place) -> tuple[str, str, str]:
    key = str(place[-1])
    near = difflib.get_close_matches(key, _keys_at(place[:-1]), n=1) if len(key) <= _LONGEST else []
    hint = f"did you mean {near[0]}? " if near else ""
    fix = f"{hint}remove it or correct its name (see `tokumei schema`)"
    return "policy.unknown_key", f"unknown key {_shown(key)}", fix


def _unknown_tag(key: str, place: Place, data: Any) -> tuple[str, str, str]:
    node = _at(data, place)
    known = sorted(_tags(key, place))
    given = node.get(key) if isinstance(node, dict) else None
    near = difflib.get_close_matches(given, known, n=1) if isinstance(given, str) else []
    hint = f"did you mean {near[0]}? " if near else ""
    what = f"unknown {key}" if given is not None else f"{key} is missing"
    return f"policy.{key}", what, f"{hint}{key} is one of {', '.join(known)}"


def _at(data: Any, place: Place) -> Any:
    """Return what stands at a place; anything but None where nothing does."""
    for part in place:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return ""
    return data


def _tags(key: str, place: Place) -> set[str]:
    """Return the methods, models, attacks, or kinds of hierarchy, that may stand at a place."""
    models = (m for m in _models_at(place) if key in m.model_fields)
    return {str(tag) for m in models for tag in get_args(m.model_fields[key].annotation)}


def _keys_at(place: Place) -> set[str]:
    """Return the keys that may stand in the mapping at a place, those of any method where it is a method."""
    return {key for model in _models_at(place) for key in model.model_fields}


def _models_at(place: Place) -> list[type[BaseModel]]:
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
