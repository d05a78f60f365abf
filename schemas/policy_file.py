"""Reading a policy file: strict YAML, and errors that name the line, the path, the rule and the fix."""

from __future__ import annotations

import difflib
import json
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from schemas.errors import PolicyError
from schemas.policy import Policy

MAX_BYTES = 1 << 20
MAX_DEPTH = 20
_Place = tuple[str | int, ...]


def read_policy(path: str | Path) -> Policy:
    """Read and validate a policy file.

    Raises:
        PolicyError: the file is missing, is not YAML, or breaks a rule; the message names each place.
    """
    return parse_policy(_read(Path(path)), str(path))


def parse_policy(text: str, name: str) -> Policy:
    """Validate policy text; ``name`` stands for the file in messages."""
    lines: dict[_Place, int] = {}
    try:
        root = yaml.compose(text, Loader=_NoAliases)
        data = _plain(root, (), lines, name) if root is not None else None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise PolicyError(
            "policy.yaml",
            where=f"{name}:{mark.line + 1}" if mark else name,
            what=f"not valid YAML: {getattr(error, 'problem', None) or 'unreadable'}",
            fix="correct the syntax at this line (indentation, quotes, colons)",
        ) from None
    if not isinstance(data, dict):
        raise PolicyError(
            "policy.empty",
            where=name,
            what="the policy must be a YAML mapping",
            fix="start from the example in the README",
        )
    try:
        return Policy.model_validate_json(json.dumps(data))
    except ValidationError as error:
        raise _explain(error, lines, name) from None


class _NoAliases(yaml.SafeLoader):
    """A safe loader without aliases: they allow exponential documents and hide what a policy says."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(
                None, None, "aliases (*name) are not allowed in a policy", event.start_mark
            )
        return super().compose_node(parent, index)


def _read(path: Path) -> str:
    try:
        raw = path.read_bytes()
        if len(raw) > MAX_BYTES:
            raise PolicyError(
                "policy.size",
                where=str(path),
                what=f"a policy may have at most {MAX_BYTES} bytes",
                fix="check that this is the policy and not the data",
            )
        return raw.decode("utf-8-sig")
    except OSError as error:
        raise PolicyError(
            "policy.missing",
            where=str(path),
            what=f"cannot be read: {error.strerror}",
            fix="check the path and the permissions",
        ) from None
    except UnicodeDecodeError:
        raise PolicyError(
            "policy.encoding", where=str(path), what="a policy must be UTF-8", fix="save it as UTF-8"
        ) from None


def _plain(node: yaml.Node, place: _Place, lines: dict[_Place, int], name: str) -> Any:
    """Turn YAML nodes into plain data, remembering lines and refusing repeated keys."""
    lines[place] = node.start_mark.line + 1
    if len(place) > MAX_DEPTH:
        raise PolicyError(
            "policy.depth",
            where=f"{name}:{lines[place]}",
            what=f"nested deeper than {MAX_DEPTH} levels",
            fix="check the indentation",
        )
    if isinstance(node, yaml.MappingNode):
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key in result:
                raise PolicyError(
                    "policy.duplicate_key",
                    where=f"{name}:{key_node.start_mark.line + 1} {dotted((*place, key))}",
                    what="this key stands twice",
                    fix="remove one of them",
                )
            result[key] = _plain(value_node, (*place, key), lines, name)
        return result
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*place, i), lines, name) for i, item in enumerate(node.value)]
    value = yaml.SafeLoader.construct_object(yaml.SafeLoader(""), node)  # a scalar
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def dotted(place: _Place) -> str:
    """Return a place as the user writes it: ``tables.customer.columns.age.treat[0].at``."""
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _explain(error: ValidationError, lines: dict[_Place, int], name: str) -> PolicyError:
    found = []
    for item in error.errors(include_url=False, include_input=False):
        place = _real_place(item["loc"], lines)
        what, fix = _rule_and_fix(item, place)
        line = next(lines[place[:n]] for n in range(len(place), -1, -1) if place[:n] in lines)
        found.append((f"{name}:{line} {dotted(place)}".rstrip(), what, fix, str(item["type"])))
    where, what, fix, kind = found[0]
    others = "".join(f"\n  also: {w}: {t}. {f}" for w, t, f, _ in found[1:10])
    more = f"\n  and {len(found) - 10} more" if len(found) > 10 else ""
    return PolicyError(
        kind if "." in kind else f"policy.{kind}", where=where, what=what, fix=fix + others + more
    )


def _real_place(loc: tuple[str | int, ...], lines: dict[_Place, int]) -> _Place:
    """Drop the union tags that pydantic puts into a location."""
    place: _Place = ()
    for i, part in enumerate(loc):
        if (*place, part) in lines or (i == len(loc) - 1 and not _is_tag(part, place, lines)):
            place = (*place, part)
    return place


def _is_tag(part: str | int, place: _Place, lines: dict[_Place, int]) -> bool:
    return (
        isinstance(part, str)
        and ((*place, "method") in lines or (*place, "kind") in lines)
        and (part in {"int", "float", "function-after"} or ((*place, part) not in lines and part in _TAGS))
    )


_TAGS = frozenset(
    [
        "delete",
        "replace",
        "year_month",
        "year",
        "age",
        "age_band",
        "bands",
        "truncate_time",
        "postal_prefix",
        "address",
        "phone_area",
        "pseudonym",
        "top_code",
        "bottom_code",
        "rare_values",
        "tail",
        "rare_categories",
        "fence",
        "recode",
        "generalize",
        "file",
        "intervals",
        "dates",
        "prefix",
        "mask",
        "suppress",
    ]
)


def _rule_and_fix(item: Any, place: _Place) -> tuple[str, str]:
    kind, context = item["type"], item.get("ctx", {})
    if "fix" in context:
        return str(context["rule"]), str(context["fix"])
    if kind == "extra_forbidden":
        key = str(place[-1])
        near = difflib.get_close_matches(key, _all_keys(), n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        return f"unknown key {key}", f"{hint}remove it or correct its name (see `tokumei schema`)"
    if kind == "missing":
        return "a required key is missing", f"add {place[-1]}: …"
    if kind in {"literal_error", "enum"}:
        return "not an allowed value", f"use one of {context['expected']}"
    if kind in {"union_tag_invalid", "union_tag_not_found"}:
        key = str(context["discriminator"]).strip("'")
        tags = context.get("expected_tags")
        known = f" one of {tags}" if tags else " as in the README"
        return f"{key} is missing or unknown", f"give {key}:{known}"
    return str(item["msg"]), "correct the value; quote texts that look like numbers or dates"


def _all_keys() -> set[str]:
    keys: set[str] = set()

    def collect(model: type[BaseModel]) -> None:
        keys.update(model.model_fields)

    from schemas import hierarchies, policy, treatments

    for module in (policy, treatments, hierarchies):
        for thing in vars(module).values():
            if isinstance(thing, type) and issubclass(thing, BaseModel):
                collect(thing)
    return keys
