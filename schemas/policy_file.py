"""Reading a policy file: strict YAML, and errors that name the line, the path, the rule and the fix."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml
from pydantic import ValidationError

from tokumei.schemas.errors import PolicyError
from tokumei.schemas.parameters import resolve
from tokumei.schemas.policy import Policy
from tokumei.schemas.policy_errors import Place, dotted, explain, refuse_valueless
from tokumei.schemas.policy_nodes import UnwantedError, compose

MAX_BYTES = 1 << 20
NONE_SET: Mapping[str, str] = MappingProxyType({})  # no parameter of a policy
_ENUMERATED = {"version", "criterion"}  # keys whose values are listed numbers
_INT = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")


def read_policy_file(path: str | Path, settings: Mapping[str, str] = NONE_SET) -> Policy:
    """Read and validate a policy file.

    Raises:
        PolicyError: the file is missing, is not YAML, or breaks a rule; the message names each place.
    """
    return decode_policy(_read(Path(path)), str(path), settings)


def decode_policy(raw: bytes, name: str, settings: Mapping[str, str] = NONE_SET) -> Policy:
    """Validate the bytes of a policy, of which one more than `MAX_BYTES` are enough to refuse it.

    Raises:
        PolicyError: it is too large, not UTF-8, not YAML, or breaks a rule.
    """
    if len(raw) > MAX_BYTES:
        raise PolicyError(
            "policy.size",
            where=name,
            what=f"a policy may have at most {MAX_BYTES} bytes",
            fix="check that this is the policy and not the data",
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise PolicyError(
            "policy.encoding",
            where=f"{name}:{line}",
            what="a policy must be UTF-8",
            fix="name the policy, a YAML file, and save it as UTF-8",
        ) from None
    return parse_policy(text, name, settings)


def written_policy(policy: Policy) -> str:
    """Return the YAML of a policy, which `parse_policy` reads back as the same; all ASCII."""
    content = policy.model_dump(mode="json", exclude_unset=True, exclude_none=True, warnings=False)
    return yaml.safe_dump(content, sort_keys=False)


def parse_policy(text: str, name: str, settings: Mapping[str, str] = NONE_SET) -> Policy:
    """Validate policy text; ``name`` stands for the file in messages, ``settings`` set its parameters.

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
    data = resolve(data, settings, document.where)
    try:
        policy = Policy.model_validate_json(json.dumps(data))
    except ValidationError as error:
        raise explain(error, data, document.where) from None
    refuse_valueless(data, document.where)
    return policy


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise PolicyError(
            "policy.missing",
            where=str(path),
            what=f"cannot be read: {error.strerror}",
            fix="check the path and the permissions",
        ) from None


class _Document:
    """A YAML document as plain data, and the line of every place in it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: dict[Place, int] = {(): 1}

    def read(self, text: str) -> Any:
        """Return the document's data.

        Raises:
            PolicyError: it is not YAML, or uses what policies may not.
        """
        try:
            root = compose(text)
        except UnwantedError as error:
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

    def where(self, place: Place) -> str:
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

    def _plain(self, node: yaml.Node, place: Place) -> Any:
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
        value = self._scalar(node, place)
        if place and place[-1] in _ENUMERATED and isinstance(value, bool | float):
            return str(value)  # Python finds true and 1.0 equal to 1, and so would the model
        return value

    def _key(self, node: yaml.Node, place: Place) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise PolicyError(
                "policy.key",
                where=f"{self.name}:{node.start_mark.line + 1} {dotted(place)}".rstrip(),
                what="a key must be one word or text",
                fix="quote a key that holds brackets, braces or a question mark",
            )
        return self._text(node, place)

    def _text(self, node: yaml.Node, place: Place) -> str:
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

    def _scalar(self, node: yaml.Node, place: Place) -> bool | int | float | str | None:
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
