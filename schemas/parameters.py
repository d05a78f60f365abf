"""Parameters of a policy: what may differ from run to run, each declared with its type or a pattern.

``${name}`` stands for a value in any text of the policy. Values are set into the plain data before anything
is validated, so a value can only be what the policy's author could have written there.
"""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, TypeAdapter, ValidationError, model_validator

from tokumei.schemas.errors import PolicyError
from tokumei.schemas.strict import Matching, Strict, Text, as_day, broken

ENVIRONMENT = "env:"  # begins the name of a parameter that an environment variable sets
_USE = re.compile(r"\$\{((?:env:)?[A-Za-z_][A-Za-z0-9_]*)(?:\|([^{}]*))?\}")
_LAST = re.compile(r"last (\d\d)-(\d\d)")
Where = Callable[[tuple[str | int, ...]], str]
ParameterName = Annotated[
    str,
    Matching(
        r"(env:)?[A-Za-z_][A-Za-z0-9_]{0,63}",
        "policy.parameter_name",
        "a parameter's name has ASCII letters, digits and _; env: before it takes an environment variable",
        "rename it",
    ),
]


class Parameter(Strict):
    """What one parameter may be."""

    type: Literal["text", "integer", "date"] = Field(
        default="text", description="What its values are; a date is YYYY-MM-DD."
    )
    pattern: Text | None = Field(
        default=None,
        description="Of a text, where it is required: what all of it must match, as `[a-z]{1,20}`.",
    )
    default: str | None = Field(
        default=None, description="The value where none is set, quoted. Default: one must be set."
    )

    @model_validator(mode="after")
    def _limited(self) -> Self:
        if (self.type == "text") != (self.pattern is not None):
            raise broken(
                "policy.parameter",
                "a text needs a pattern, and nothing else has one",
                "add pattern: what the whole text must match; or type: date or integer, without one",
            )
        try:
            re.compile(self.pattern or "")
        except re.error:
            raise broken(
                "policy.parameter", "the pattern is no regular expression", "correct it", ["pattern"]
            ) from None
        if self.default is not None and not self.fits(self.default):
            raise broken("policy.parameter", "the default is none of its values", "correct it", ["default"])
        return self

    def fits(self, text: str) -> bool:
        """Return whether a text is a value of this parameter."""
        if self.type == "date":
            return as_day(text) is not None
        if self.type == "integer":
            return re.fullmatch(r"-?(0|[1-9][0-9]{0,14})", text) is not None
        return "${" not in text and text.isprintable() and bool(re.fullmatch(self.pattern or "", text))


_DECLARED = TypeAdapter(dict[ParameterName, Parameter])


def resolve(data: dict[str, Any], given: Mapping[str, str], where: Where) -> dict[str, Any]:
    """Return a policy's plain data with its parameters' values set, and these as their defaults.

    A policy that was resolved resolves to itself. What is wrong with the declarations is left to validation.

    Args:
        data: the policy as plain data.
        given: values by name, as texts.
        where: names file, line and path of a place.

    Raises:
        PolicyError: a value is set that the policy does not declare, is missing, or is none of its parameter;
            or a text uses a parameter that is not declared, or one where it may not stand.
    """
    try:
        declared = _DECLARED.validate_python(data.get("parameters", {}))
    except ValidationError:
        return data
    for name in given:
        if name not in declared or name.startswith(ENVIRONMENT):
            raise PolicyError(
                "usage.parameter",
                where="--date" if name == "date" else f"--set {name}",
                what="the policy declares no parameter of this name that can be set",
                fix=f"it declares: {', '.join(declared) or 'none'}; only what is declared may differ",
            )
    values = {name: _value(name, one, given, where) for name, one in declared.items()}
    told = {name: {**data["parameters"][name], "default": text} for name, text in values.items()}
    rest = {key: part for key, part in data.items() if key != "parameters"}
    filled: dict[str, Any] = _filled(rest, (), values, declared, where)
    return {**filled, "parameters": told} if told else filled


def _value(name: str, parameter: Parameter, given: Mapping[str, str], where: Where) -> str:
    variable = name.removeprefix(ENVIRONMENT)
    text = given.get(name) if variable == name else os.environ.get(variable)
    text = parameter.default if text is None else text
    how = f"give --set {name}=…" if variable == name else f"set the environment variable {variable}"
    if text is None:
        raise PolicyError(
            "policy.parameter_unset", where=where(("parameters", name)), what="it has no value", fix=how
        )
    if not parameter.fits(text):
        raise PolicyError(
            "policy.parameter_value",
            where=where(("parameters", name)),
            what=f"the value that was set is none of its {parameter.type} values",
            fix=f"{how}, as the policy's type and pattern say",
        )
    return text


def _filled(
    part: Any,
    place: tuple[str | int, ...],
    values: Mapping[str, str],
    declared: Mapping[str, Parameter],
    where: Where,
) -> Any:
    if isinstance(part, dict):
        return {key: _filled(one, (*place, key), values, declared, where) for key, one in part.items()}
    if isinstance(part, list):
        return [_filled(one, (*place, i), values, declared, where) for i, one in enumerate(part)]
    if not isinstance(part, str):
        return part

    def used(match: re.Match[str]) -> str:
        name, form = match.groups()
        if name not in declared:
            raise PolicyError(
                "policy.parameter",
                where=where(place),
                what="this text uses a parameter that is not declared",
                fix=f"declare it: parameters: {{{name}: {{type: date}}}}, or integer, or a pattern",
            )
        if name.startswith(ENVIRONMENT) and place[-2:] not in {("source", "path"), ("output", "directory")}:
            raise PolicyError(
                "policy.parameter_env",
                where=where(place),
                what="an environment variable may say only where files are: source.path, output.directory",
                fix="use a parameter that is set by --set, whose value stands in the report",
            )
        return _formed(values[name], form, declared[name], lambda: where(place))

    whole = _USE.fullmatch(part)
    text = _USE.sub(used, part)
    return int(text) if whole and declared[whole[1]].type == "integer" else text


def _formed(text: str, form: str | None, parameter: Parameter, where: Callable[[], str]) -> str:
    """Return a value as a use asks for it: a date as YYYYMMDD and the like, or the last 31 March."""
    if form is None:
        return text
    if parameter.type == "date":
        year, month, day = text.split("-")
        written = form.replace("YYYY", year).replace("MM", month).replace("DD", day)
        if written != form and re.fullmatch(r"[-_./0-9]+", written):
            return written
        last = _LAST.fullmatch(form)
        found = (as_day(f"{int(year) - back:04}-{last[1]}-{last[2]}") for back in (0, 1)) if last else ()
        days = [one for one in found if one is not None]
        if len(days) == 2:  # 29 February is not in every year
            return f"{max(one for one in days if one <= dt.date.fromisoformat(text))}"
    raise PolicyError(
        "policy.parameter_form",
        where=where(),
        what="this is no form of the parameter",
        fix="of a date: ${date|YYYYMMDD}, with YYYY, MM, DD and - _ . /, or ${date|last 03-31}",
    )
