"""The strictness every part of a policy shares: no unknown keys, no coercion, immutable."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError


class Strict(BaseModel):
    """A policy node: unknown keys are refused, values are never coerced, instances are immutable."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def broken(code: str, rule: str, fix: str) -> PydanticCustomError:
    """Return an error for a broken rule, with the fix that the user is shown."""
    return PydanticCustomError(code, "{rule}", {"rule": rule, "fix": fix})
