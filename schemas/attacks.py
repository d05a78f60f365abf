"""Attacks that a release must withstand (攻撃による評価): who knows what, and how often that may succeed.

An attack is made inside the job, before anything is published. What is bounded is what it reaches beyond its
control, (attack − control) ÷ (1 − control), at the upper end of the 95 % interval: what anybody would guess
right without this release, or about people who are not in it, is not counted against it.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, get_args

from pydantic import Field

from tokumei.schemas.strict import Strict, Text

MOST_TARGETS = 10_000


class AttackDeclaration(Strict):
    """Base of what a policy states of one attack."""

    example: ClassVar[str]
    table: Text | None = Field(default=None, description="Which table is attacked. Default: the only one.")
    at_most: float = Field(
        ge=0, le=1, description="Largest share by which it may succeed beyond its control (upper end)."
    )

    @classmethod
    def name(cls) -> str:
        """Return the attack's name in a policy."""
        return str(get_args(cls.model_fields["attack"].annotation)[0])

    @property
    def about(self) -> dict[str, tuple[str, ...]]:
        """The columns that it names, by the key that names them."""
        return {}


class Homogeneity(AttackDeclaration):
    """Whoever finds a person's class knows a value of theirs, because all of the class have it (同質性攻撃).

    Counted for all people of the release; control is what values that fall on people at random would give.
    """

    example: ClassVar[str] = "{attack: homogeneity, learns: disease, at_most: 0.01}"
    attack: Literal["homogeneity"]
    learns: Text = Field(description="The released column that is learnt.")

    @property
    def about(self) -> dict[str, tuple[str, ...]]:
        """What is learnt."""
        return {"learns": (self.learns,)}


class Inference(AttackDeclaration):
    """Whoever finds a person's class guesses its most frequent value (属性推定).

    Counted for all people of the release; control is the same guess, made from the class without the person.
    """

    example: ClassVar[str] = "{attack: inference, learns: disease, at_most: 0.05}"
    attack: Literal["inference"]
    learns: Text = Field(description="The released column that is guessed.")

    @property
    def about(self) -> dict[str, tuple[str, ...]]:
        """What is guessed."""
        return {"learns": (self.learns,)}


class Linkage(AttackDeclaration):
    """Whoever knows some values of a person takes the record that fits them best for theirs (照合).

    Targets are drawn by the key of the run and compared with all records of the release; control is the same
    with what is known of somebody else.
    """

    example: ClassVar[str] = "{attack: linkage, knows: [birth, gender, address], at_most: 0.05}"
    attack: Literal["linkage"]
    knows: tuple[Text, ...] = Field(
        min_length=1, description="Released columns of which the true values are known."
    )
    people: Literal["everybody", "rarest"] = Field(
        default="everybody",
        description="Of whom targets are drawn; rarest: the 2 % with the rarest combinations of what is"
        " known.",
    )
    targets: int = Field(default=1000, ge=100, le=MOST_TARGETS, description="How many people are looked for.")

    @property
    def about(self) -> dict[str, tuple[str, ...]]:
        """What is known."""
        return {"knows": self.knows}


AnyAttack = Annotated[Homogeneity | Inference | Linkage, Field(discriminator="attack")]
