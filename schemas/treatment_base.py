"""What every method of a policy is: the types it works on, and what it leaves.

A column's treatments form a chain. Every method states which types it accepts and which type it gives, so
that a chain that cannot work is refused before anything is read. It also states what is left of a value, so
that a search of the release knows where text of the source can stand. Whoever has to know something about a
method asks its class; nobody else keeps a list of methods.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated, ClassVar, Literal, get_args

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
People = Annotated[int, Field(ge=2, le=1_000_000)]


class Left(IntEnum):
    """What is left of a value's text after a method, from nothing to the text itself.

    Attributes:
        NOTHING: no part of it.
        AREA: an area that many people share, of a value that names a place.
        CLASS: a class or a quantity, in which no name and no code stands.
        SHARED: the text or a part of it, but only where many people have the same.
        OWN: the text or a part of it, though nobody else may have it.
    """

    NOTHING = 0
    AREA = 1
    CLASS = 2
    SHARED = 3
    OWN = 4


class Treatment(Strict):
    """Base of all methods; a method states here, once, what the rest of the house must know about it.

    Attributes:
        accepts: column types the method works on.
        gives: type of its result; None means the type stays as it is.
        content: what a hierarchy finds in that result, where the type alone does not tell.
        last: no other method may follow.
        data_driven: the method decides from the whole file, in the global combine of pass 1.
        per_record: it treats records, not values, so that equal values come out different.
        reads: it reads texts or ages and blanks what it does not understand.
        left: what is left of a value's text; see `text_left`, which knows the settings too.
        leaves_exact: of dates and ages it leaves dates, months, years or numbers, no bands of them.
        keeps_coarse: a value that is coarse enough already is left as it was.
        spares: it leaves the values as they are, but for those that stand out.
        example: a column that uses it, as YAML; the policy reference shows it.
    """

    accepts: ClassVar[frozenset[str]] = ALL
    gives: ClassVar[ColumnType | None] = "string"
    content: ClassVar[str | None] = None
    last: ClassVar[bool] = False
    data_driven: ClassVar[bool] = False
    per_record: ClassVar[bool] = False
    reads: ClassVar[bool] = False
    left: ClassVar[Left] = Left.CLASS
    leaves_exact: ClassVar[bool] = False
    keeps_coarse: ClassVar[bool] = False
    spares: ClassVar[bool] = False
    example: ClassVar[str]

    @classmethod
    def name(cls) -> str:
        """Return the method's name in a policy."""
        return str(get_args(cls.model_fields["method"].annotation)[0])

    @classmethod
    def numbers(cls) -> frozenset[int]:
        """Return the numbers of the criteria that the method may serve, 1 to 5."""
        return frozenset(get_args(cls.model_fields["criterion"].annotation))

    @property
    def drops(self) -> bool:
        """Whether it drops records instead of changing cells."""
        return False

    @property
    def listed(self) -> tuple[str, ...]:
        """The source values that the policy itself calls peculiar: no picture shows them."""
        return ()

    @property
    def joined(self) -> tuple[str, ...]:
        """Other columns, of type string, whose text is put before the values before they are read."""
        return ()

    def kept_below(self, k: int) -> bool:
        """Return whether it leaves whole values that fewer than k people may have."""
        return self.spares

    def sharing(self, k: int) -> int:
        """Return how many people must bear each label that it makes, in the release; 0: it promises nothing.

        Args:
            k: requirements.k, for methods that state no number.
        """
        return 0

    @property
    def makes_areas(self) -> bool:
        """Whether it leaves the area of a place."""
        return self.left is Left.AREA

    def text_left(self) -> Left:
        """Return what is left of a value's text."""
        return self.left

    def day_left(self) -> bool:
        """Return whether a day of the source is left as it was."""
        return self.text_left() is Left.OWN

    def content_after(self, content: str) -> str:
        """Return what a hierarchy finds in the result.

        Args:
            content: what it would find in the values that reach the method: a column type, or finer.
        """
        return self.content or self.gives or content

    def given(self, kind: ColumnType) -> ColumnType:
        """Return the type of its results, of a type that it accepts."""
        return self.gives or kind

    def counts_age(self, kind: ColumnType) -> bool:
        """Return whether it counts ages in a column of this type, for which a reference_date is needed."""
        return False

    def refuse_type(self, kind: str, at: tuple[str | int, ...]) -> None:
        """Check the settings against the type that reaches the method; most fit all that it accepts.

        Args:
            kind: a column type that the method accepts.
            at: where the method stands.

        Raises:
            PydanticCustomError: a setting does not fit the type.
        """

    def refuse_content(self, content: str, at: tuple[str | int, ...]) -> None:
        """Check the settings against what the methods before it leave; most do not mind.

        Args:
            content: a column type, or what the method before leaves.
            at: where the method stands.

        Raises:
            PydanticCustomError: its hierarchy can do nothing with it.
        """

    def refuse_rows(self, rows_per_person: Literal["one", "several"], at: tuple[str | int, ...]) -> None:
        """Check the settings against how many rows a person may have; most do not mind.

        Args:
            rows_per_person: as the table declares.
            at: where the method stands.

        Raises:
            PydanticCustomError: a setting would have no effect.
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
