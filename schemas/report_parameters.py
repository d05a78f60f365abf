"""What the report says of the parameters of a policy."""

from __future__ import annotations

from pydantic import Field

from tokumei.schemas.strict import Strict


class SetParameter(Strict):
    """A parameter and the value that this run was made with."""

    name: str
    value: str | None = Field(description="None of an environment variable, which says where files are.")
