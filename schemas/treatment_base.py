"""What every method of a policy is: the types it works on, and what it leaves.

A column's treatments form a chain. Every method states which types it accepts and which type it gives, so
that a chain that cannot work is refused before anything is read.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from tokumei.schemas.strict import Matching, Strict, Text, broken

ColumnType = Literal["string", "text", "integer", "number", "date", "month", "datetime", "boolean"]
ALL: frozenset[str] = frozenset(
    {"string", "text", "integer", "number", "date", "month", "datetime", "boolean"}
)
NUMERIC: frozenset[str] = frozenset({"integer", "number"})
WORDS: frozenset[str] = frozenset({"string", "integer", "boolean"})

Label = Annotated[
    Text,
    Matching(r"[^{}]*", "treat.label", "this label is fixed text and has no { or }", "write the text itself"),
]
Template = Annotated[
    str,
    Matching(
        r"[^{}]*\{\}[^{}]*",
        "treat.template",
        "must hold {} exactly once, where the bound is put, and no other { or }",
        'for example "{}以上"',
    ),
]
People = Annotated[int, Field(ge=2, le=1_000_000, description="Default: requirements.k.")]


class Treatment(Strict):
    """Base of all methods.

    Attributes:
        accepts: column types the method works on.
        gives: type of its result; None means the type stays as it is.
        leaves: what a hierarchy finds in that result, where the type alone does not tell.
        last: no other method may follow.
        data_driven: the method decides from the whole file, in the global combine of pass 1.
    """

    accepts: ClassVar[frozenset[str]] = ALL
    gives: ClassVar[ColumnType | None] = "string"
    leaves: ClassVar[str | None] = None
    last: ClassVar[bool] = False
    data_driven: ClassVar[bool] = False

    def refuse_type(self, kind: str, at: tuple[str | int, ...]) -> None:
        """Check the settings against the type that reaches the method; most fit all that it accepts.

        Args:
            kind: a column type that the method accepts.
            at: where the method stands.

        Raises:
            PydanticCustomError: a setting does not fit the type.
        """

    def _only_with(self, needed: str, *keys: str) -> None:
        """Refuse keys that would be ignored."""
        for key in keys:
            if key in self.model_fields_set:
                raise broken(
                    "treat.ignored",
                    f"{key} has no effect here: it belongs to {needed}",
                    f"remove {key}",
                    [key],
                )
