"""The strictness every part of a policy shares: no unknown keys, no coercion, immutable."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, GetCoreSchemaHandler
from pydantic.annotated_handlers import GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

EXACT = 2**53  # from here on a float no longer tells neighbouring integers apart


class Strict(BaseModel):
    """A policy node: unknown keys are refused, values are never coerced, instances are immutable."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False, defer_build=True)


def broken(code: str, rule: str, fix: str, at: Sequence[str | int] = ()) -> PydanticCustomError:
    """Return an error for a broken rule, with the fix that the user is shown.

    Args:
        code: short stable name.
        rule: what is wrong, without any value.
        fix: what to do.
        at: where it is, below the node whose rule it is.
    """
    return PydanticCustomError(code, "{rule}", {"rule": rule, "fix": fix, "at": list(at)})


@dataclass(frozen=True)
class Matching:
    """A text that must match a regular expression as a whole, which also stands in the JSON Schema."""

    pattern: str
    code: str
    rule: str
    fix: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Check after the type."""
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Say so to editors."""
        return {**handler(schema), "pattern": f"^(?:{self.pattern})$"}

    def _check(self, text: str) -> str:
        if not re.fullmatch(self.pattern, text):
            raise broken(self.code, self.rule, self.fix)
        return text


def as_day(day: Any) -> Any:
    """Return a text YYYY-MM-DD as the day it names, None if it is another text; anything else as it is."""
    if not isinstance(day, str):
        return day
    try:
        # Only this form: ISO also knows 20260331 and 2026-W14-2, and pydantic takes seconds since 1970.
        return dt.datetime.strptime(day, "%Y-%m-%d").date() if len(day) == 10 else None
    except ValueError:
        return None


TO_DECIDE = "【要確認】"  # begins what `tokumei suggest` leaves to an officer


def _decided(text: str) -> str:
    """Refuse a text that is a question still."""
    if text.startswith(TO_DECIDE):
        raise broken(
            "policy.to_decide",
            f"to be decided: {text.removeprefix(TO_DECIDE)}",
            "write the answer in place of this text (a reason stands in the report), or change what it asks",
        )
    return text


Text = Annotated[
    str,
    Matching(
        r"[\s\S]*\S[\s\S]*", "policy.blank", "must not be blank", "write what is meant, or remove the key"
    ),
    AfterValidator(_decided),
]
Number = Annotated[float, Field(ge=-EXACT, le=EXACT)]
Whole = Annotated[int, Field(ge=-EXACT, le=EXACT)]
Day = Annotated[dt.date, BeforeValidator(as_day)]
