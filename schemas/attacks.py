"""Attacks that a release must withstand (攻撃による評価): who knows what, and how often that may succeed.

An attack is made inside the job, before anything is published. What is bounded is what it reaches beyond its
control, (attack − control) ÷ (1 − control), at the upper end of the 95 % interval: what anybody would guess
right without this release, or about people who are not in it, is not counted against it.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, get_args

from pydantic import Field

from tokumei.schemas.strict import Day, Strict, Text

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


class AttackOnDrawn(AttackDeclaration):
    """Base of attacks on people who are drawn by the key of the run, and looked for among all."""

    targets: int = Field(default=1000, ge=100, le=MOST_TARGETS, description="How many people are looked for.")
    held_out: float = Field(
        default=0.01,
        gt=0,
        le=0.5,
        description="Share of the people, drawn by the key, whose records the attacker does not get and who"
        " are looked for all the same. They are released.",
    )


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

    Counted for all people of the release; control is what values that fall on people at random would give: in
    a class of ten some value comes several times, though the class tells nothing. So the gain is 0, give or
    take its interval, where the quasi-identifiers tell nothing of the value, and ``at_most`` bounds what they
    tell: 0.05 is strict, 0.2 lets known relations through (illness by age), and 1 is certainty. The report
    tells beside it what a guess from the class without the person comes to.
    """

    example: ClassVar[str] = "{attack: inference, learns: disease, at_most: 0.05}"
    attack: Literal["inference"]
    learns: Text = Field(description="The released column that is guessed.")

    @property
    def about(self) -> dict[str, tuple[str, ...]]:
        """What is guessed."""
        return {"learns": (self.learns,)}


class Linkage(AttackOnDrawn):
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

    @property
    def about(self) -> dict[str, tuple[str, ...]]:
        """What is known."""
        return {"knows": self.knows}


class SinglingOut(AttackDeclaration):
    """Whoever knows few released values of a person can point at them alone (特定の一人を指し示す条件).

    Counted for all people of the release: at whom some set of so many values points alone. A value that may
    be any (`*`, or none) is no knowledge, nor is a number that noise or a swap has changed. Without the
    release nobody can be pointed at: the control is 0.
    """

    example: ClassVar[str] = "{attack: singling_out, knows: [birth, gender, income], at_most: 0.01}"
    attack: Literal["singling_out"]
    knows: tuple[Text, ...] = Field(
        default=(),
        description="Released columns of which values may be known. Default: all but pseudonyms.",
    )
    columns: Literal[1, 2, 3] = Field(default=3, description="How many values are known at once, at most.")

    @property
    def about(self) -> dict[str, tuple[str, ...]]:
        """What is known."""
        return {"knows": self.knows}


class Membership(AttackDeclaration):
    """Whoever has the population table guesses who of it is in the file (ファイルにいることの推定).

    As many people are named as are released, those first whose class is in the file to the greatest part.
    Exact, in expectation; control is naming people at random. For tables with a population.
    """

    example: ClassVar[str] = "{attack: membership, at_most: 0.2}"
    attack: Literal["membership"]


class Intersection(AttackDeclaration):
    """Whoever holds an earlier release of the same file finds a person among those of both classes (突合).

    Succeeds for people who share both classes with fewer than k; without this release they are among k of the
    earlier one, so the control is 0. Counted for all people of both releases.
    """

    example: ClassVar[str] = "{attack: intersection, levels: {birth: 2, address: 1}, at_most: 0}"
    attack: Literal["intersection"]
    levels: dict[Text, int] = Field(
        min_length=1,
        description="Level of each quasi-identifier in the earlier release, 0 its values; others were `*`.",
    )
    k: int | None = Field(
        default=None, ge=2, description="Its k: smaller classes were left out. Default: requirements.k."
    )
    learns: Text | None = Field(
        default=None,
        description="A released column of which both hold values: the report says of whom one is left.",
    )

    @property
    def about(self) -> dict[str, tuple[str, ...]]:
        """What is known, and what is learnt."""
        return {"levels": tuple(self.levels), **({"learns": (self.learns,)} if self.learns else {})}


class HabitProfile(AttackOnDrawn):
    """Whoever knows what a person did before a day looks for whose lines after it are alike (行動の傾向).

    For tables with several rows a person. Targets are drawn by the key of the run and compared with all
    histories; control is the same with what is known of somebody else. Fresh pseudonyms are no protection.
    """

    example: ClassVar[str] = (
        "{attack: habit_profile, knows: [item], time: bought, since: 2026-01-01, at_most: 0.05}"
    )
    attack: Literal["habit_profile"]
    knows: tuple[Text, ...] = Field(
        min_length=1, description="Released columns that are known together, of each line before the day."
    )
    time: Text = Field(description="The column of days, which is released.")
    since: Day = Field(description="Lines from this day on are searched; those before it are known.")

    @property
    def about(self) -> dict[str, tuple[str, ...]]:
        """What is known, and when."""
        return {"knows": self.knows, "time": (self.time,)}


class Signature(AttackOnDrawn):
    """Whoever knows the lines of a person finds all pseudonyms under which they stand (明細の突合).

    For tables with several rows a person. Lines are joined by a few columns that stand in them together, as
    in the attack samples of PWS Cup (day and quantity, article and price); targets are drawn by the key of
    the run and compared with all histories; control is the same with the lines of somebody else. An attack
    of who knows everything: few releases of histories withstand it but by telling little of each line.
    """

    example: ClassVar[str] = "{attack: signature, knows: [item, bought], at_most: 0.1}"
    attack: Literal["signature"]
    knows: tuple[Text, ...] = Field(
        min_length=1, description="Released columns that are known together, of each line."
    )

    @property
    def about(self) -> dict[str, tuple[str, ...]]:
        """What is known."""
        return {"knows": self.knows}


class KnownFacts(AttackDeclaration):
    """Whoever knows some facts of a person finds their history among all (一意性).

    Facts are those of a declared history, drawn of each of a sample of people; it succeeds where nobody else
    has them all. Without the release nobody can be found: the control is 0.
    """

    example: ClassVar[str] = "{attack: known_facts, facts: 4, at_most: 0.05}"
    attack: Literal["known_facts"]
    facts: int = Field(ge=1, le=5, description="How many facts are known.")
    history: int = Field(default=0, ge=0, description="Which of the policy's histories, from 0.")


class Downcoding(AttackDeclaration):
    """Whoever knows the method concludes what was not released finer, and why (加工方法からの逆算).

    A coarse label beside finer ones does not stand for their values (downcoding, for the ways of recoding in
    which records are at levels of their own), and a level that its sensitive values alone forbade tells of
    these (minimality, for ``recoding: full_domain``). Counted for all people of the release, with the truth
    in hand: of whom such a conclusion is right. Without the release nothing is concluded: the control is 0.
    ``deterministic_cut: false`` leaves nobody.
    """

    example: ClassVar[str] = "{attack: downcoding, at_most: 0}"
    attack: Literal["downcoding"]


# For these the records are read once more.
AttackOnRecords = HabitProfile | Intersection | Linkage | Signature | SinglingOut
AnyAttack = Annotated[
    Homogeneity
    | Inference
    | Linkage
    | SinglingOut
    | Membership
    | Intersection
    | HabitProfile
    | Signature
    | KnownFacts
    | Downcoding,
    Field(discriminator="attack"),
]
