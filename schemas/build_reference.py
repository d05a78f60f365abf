"""Regenerate the parts of the pages of `schemas/` that are made from models and tables.

Usage: ``python -m tokumei.schemas.build_reference``

A part stands between ``<!-- made from the models: NAME -->`` and ``<!-- end -->``. Whatever stands around the
parts is written by hand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaValue

from tokumei.schemas import build_transitions
from tokumei.schemas.attacks import AnyAttack
from tokumei.schemas.build_transitions import markdown_table
from tokumei.schemas.column import Column
from tokumei.schemas.combinations import Combination
from tokumei.schemas.earlier import EarlierReleases, Frozen
from tokumei.schemas.expect import Expect
from tokumei.schemas.exposure import Accepted, Exposure
from tokumei.schemas.file_items import FileItems, Office, Ordinance, Period
from tokumei.schemas.formats import listed
from tokumei.schemas.hierarchies import Hierarchy
from tokumei.schemas.hierarchy_base import AnyHierarchy
from tokumei.schemas.histories import AtMost, Fact, History, LostAtMost
from tokumei.schemas.leaks import Allowed
from tokumei.schemas.output import Output, Replaces
from tokumei.schemas.parameters import Parameter
from tokumei.schemas.policy import NotUnderstood, Policy, Rejects, Reporting
from tokumei.schemas.privacy_models import AnyModel, AnyProtection, Requirements
from tokumei.schemas.promises import MayFallBelow
from tokumei.schemas.queries import Metric, Query
from tokumei.schemas.source import Source
from tokumei.schemas.strict import EXACT
from tokumei.schemas.table import Population, Table
from tokumei.schemas.totals import Total
from tokumei.schemas.treatment_base import ALL, ColumnType, Left, Treatment
from tokumei.schemas.treatments import METHODS, Delete

README = Path(__file__).with_name("README.md")
LIFE = Path(__file__).with_name("life.md")
HIERARCHIES: tuple[type[AnyHierarchy], ...] = get_args(get_args(Hierarchy)[0])
PROTECTIONS: tuple[type[BaseModel], ...] = get_args(get_args(AnyProtection)[0])
MODELS: tuple[type[BaseModel], ...] = get_args(get_args(AnyModel)[0])
ATTACKS: tuple[type[BaseModel], ...] = get_args(get_args(AnyAttack)[0])
# Nodes of a policy that have one form each, by the heading of their part.
NODES: dict[str, type[BaseModel]] = {
    "policy": Policy,
    "parameter": Parameter,
    "file": FileItems,
    "office": Office,
    "period": Period,
    "ordinance": Ordinance,
    "table": Table,
    "source": Source,
    "expect": Expect,
    "replaces": Replaces,
    "population": Population,
    "column": Column,
    "allowed": Allowed,
    "may_fall_below": MayFallBelow,
    "combinations": Combination,
    "history": History,
    "fact": Fact,
    "at_most": AtMost,
    "lost_at_most": LostAtMost,
    "totals": Total,
    "requirements": Requirements,
    "earlier_releases": EarlierReleases,
    "frozen": Frozen,
    "exposure": Exposure,
    "accepted": Accepted,
    "metric": Metric,
    "query": Query,
    "rejects": Rejects,
    "not_understood": NotUnderstood,
    "report": Reporting,
    "output": Output,
}
_HEADINGS = {model.__name__: heading for heading, model in NODES.items()}
# Nodes that have several forms, by the key that tells which.
_UNIONS = {
    "method": "[method](#methods)",
    "kind": "[hierarchy](#hierarchies)",
    "model": "[model](#models)",
    "attack": "[attack](#attacks)",
}
_LEFT = {
    Left.NOTHING: "nothing",
    Left.AREA: "an area",
    Left.CLASS: "a class or quantity",
    Left.SHARED: "text that many share",
    Left.OWN: "the text, or a part",
}
_ORDER: tuple[str, ...] = get_args(ColumnType)
_PART = re.compile(r"(<!-- made from the models: ([a-z_ ]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def rebuilt(text: str) -> str:
    """Return a text with all its parts made anew.

    Raises:
        KeyError: it asks for a part that nobody makes.
    """
    return _PART.sub(lambda part: f"{part[1]}\n{PARTS[part[2]]()}\n\n{part[3]}", text)


def keys(model: type[BaseModel], *, beside: Iterable[str] = ()) -> str:
    """Return the table of a node's keys; empty where it has none.

    Args:
        model: the node.
        beside: keys that are told elsewhere.
    """
    schema = model.model_json_schema()
    told = {key: part for key, part in schema["properties"].items() if key not in set(beside)}
    rows = []
    for key, part in told.items():
        meaning, _, otherwise = part["description"].partition(" Default: ")
        default = otherwise.removesuffix(".") or _value(part.get("default"))
        rows.append(
            (
                f"`{key}`",
                _type(part),
                "**required**" if key in schema.get("required", ()) else default,
                meaning,
            )
        )
    return markdown_table(("key", "type", "default", "meaning"), rows) if rows else ""


def methods() -> str:
    """Return the table of all methods: what they serve, work on, give and leave."""
    return markdown_table(
        ("method", "criterion", "works on", "gives", "leaves of the text", "does"),
        [
            (
                f"[`{method.name()}`](#{method.name()}){' †' if method.data_driven else ''}",
                ", ".join(map(str, sorted(method.numbers()))),
                _types(method.accepts),
                _gives(method),
                _left(method),
                _summary(method),
            )
            for method in METHODS
        ],
    )


def each_method() -> str:
    """Return a section a method."""
    return "\n\n".join(_section(method, "method", "criterion", rules=_rules(method)) for method in METHODS)


def each_hierarchy() -> str:
    """Return a section a hierarchy."""
    return "\n\n".join(_section(kind, "kind") for kind in HIERARCHIES)


def each_model() -> str:
    """Return a section a privacy model, with the place where it stands in a policy."""
    return "\n\n".join(
        _section(model, "model", rules=(f"Stands under `{place}`.",))
        for place, models in (("protect", PROTECTIONS), ("requirements.models", MODELS))
        for model in models
    )


def each_attack() -> str:
    """Return a section an attack."""
    return "\n\n".join(_section(attack, "attack") for attack in ATTACKS)


PARTS: Mapping[str, Callable[[], str]] = {
    **{f"keys of {heading}": partial(keys, model) for heading, model in NODES.items()},
    "methods": methods,
    "each method": each_method,
    "each hierarchy": each_hierarchy,
    "each model": each_model,
    "each attack": each_attack,
    "events": build_transitions.events,
    "what is allowed": build_transitions.allowed,
    "what is refused": build_transitions.denied,
}


def _section(model: Any, *beside: str, rules: Iterable[str] = ()) -> str:
    """Return a section headed by what the first of the keys that need no line says."""
    name = _tag(model, beside[0])
    heading = f"kind: {name}" if beside[0] == "kind" else name
    parts = [
        f"#### {heading}",
        _prose(model),
        " ".join(rules),
        keys(model, beside=beside),
        f"```yaml\n{model.example}\n```",
    ]
    return "\n\n".join(part for part in parts if part)


def _rules(method: type[Treatment]) -> tuple[str, ...]:
    criteria = listed(map(str, sorted(method.numbers())), "or")
    rules = [f"Criterion {criteria}; works on {_types(method.accepts)}; gives {_gives(method)}."]
    if method.data_driven:
        rules.append("† It decides from the whole file.")
    if method.last:
        rules.append("It must be the last method.")
    if method.reads:
        rules.append("What it cannot read becomes blank, and is counted in report and summary.")
    return tuple(rules)


def _gives(method: type[Treatment]) -> str:
    return "no column" if method is Delete else method.gives or "the same type"


def _left(method: type[Treatment]) -> str:
    by_settings = method.text_left is not Treatment.text_left
    return "as its hierarchy tells" if by_settings else _LEFT[method.left]


def _types(accepts: Iterable[str]) -> str:
    return "any" if set(accepts) == ALL else ", ".join(t for t in _ORDER if t in set(accepts))


def _type(schema: JsonSchemaValue) -> str:
    """Return what a value of a JSON Schema is, in words."""
    if "$ref" in schema:
        heading = _HEADINGS[schema["$ref"].rpartition("/")[2]]
        return f"[{heading}](#{heading})"
    if "discriminator" in schema:
        return _UNIONS[schema["discriminator"]["propertyName"]]
    if forms := schema.get("anyOf", schema.get("oneOf")):
        return " or ".join(_type(part) for part in forms if part.get("type") != "null")
    if "const" in schema or "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema.get("enum", [schema.get("const")]))
    return _TYPES.get(schema["type"], _number)(schema)


def _mapping(schema: JsonSchemaValue) -> str:
    values = [schema.get("additionalProperties"), *schema.get("patternProperties", {}).values()]
    return f"name → {_type(next(value for value in values if value))}"


def _text(schema: JsonSchemaValue) -> str:
    if schema.get("format") == "date":
        return "day YYYY-MM-DD"
    return "one character" if schema.get("maxLength") == 1 else "text"


def _number(schema: JsonSchemaValue) -> str:
    return f"{schema['type']} {_range(schema)}".rstrip()


_TYPES: dict[str, Callable[[JsonSchemaValue], str]] = {
    "array": lambda schema: f"list of {_type(schema.get('items') or schema['prefixItems'][0])}",
    "object": _mapping,
    "string": _text,
    "boolean": lambda _: "true or false",
}


def _range(schema: JsonSchemaValue) -> str:
    bounds = (
        ("exclusiveMinimum", "above"),
        ("minimum", "from"),
        ("exclusiveMaximum", "below"),
        ("maximum", "to"),
    )
    return " ".join(
        f"{word} {schema[key]:,}" for key, word in bounds if key in schema and abs(schema[key]) < EXACT
    )


def _value(default: Any) -> str:
    if default is None or default in ([], {}):
        return "none"
    if isinstance(default, dict):
        return "its defaults"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, list):
        return f"`[{', '.join(repr(item) for item in default)}]`".replace("'", '"')
    return f"`{default}`"


def _prose(model: type[BaseModel]) -> str:
    return "\n\n".join(" ".join(part.split()) for part in _words(model).split("\n\n"))


def _summary(model: type[BaseModel]) -> str:
    return " ".join(_words(model).split("\n\n")[0].split())


def _words(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().replace("``", "`")


def _tag(model: type[BaseModel], key: str) -> str:
    return str(get_args(model.model_fields[key].annotation)[0])


def main() -> None:
    """Write the parts into the pages of `schemas/`."""
    for page in (README, LIFE):
        page.write_text(rebuilt(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
