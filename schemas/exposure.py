"""What nobody declared, and a run may refuse: whom a release exposes beside its quasi-identifiers."""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import Field

from tokumei.schemas.strict import Strict, Text

ExposureKind = Literal[
    "links", "labels", "blanks", "sets", "restored", "pseudonyms", "homogeneous", "perturbed", "persons"
]
CountedHow = Literal["exactly", "about", "at_least"]
KINDS: tuple[ExposureKind, ...] = get_args(ExposureKind)
# Of these, whom some columns single out, more of them single out too.
_SHARED = frozenset({"links", "labels", "blanks", "sets"})


class Accepted(Strict):
    """Columns that may expose people, because somebody has looked at them and accepts it."""

    columns: tuple[Text, ...] = Field(
        min_length=1,
        description="Findings of exactly these columns are accepted (of `homogeneous`, the last may stand"
        " alone); of links, labels, blanks and sets those of some of them too, never of others besides.",
    )
    because: Text = Field(description="What was looked at, and why it is accepted; stands in the report.")


class Exposure(Strict):
    """What of the [exposures](#what-nobody-declared), which every run looks for and tells, stops a run."""

    refuse: tuple[ExposureKind, ...] = Field(
        default=KINDS, min_length=1, description="Kinds that stop the run."
    )
    at_most: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Largest share of the released people that a finding may concern.",
    )
    accepted: tuple[Accepted, ...] = Field(default=(), description="Columns that stop no run.")

    def because(self, kind: ExposureKind, columns: tuple[str, ...]) -> str | None:
        """Return why a finding of some columns is accepted; None where it is not."""
        return next((a.because for a in self.accepted if _covers(frozenset(a.columns), kind, columns)), None)


def _covers(accepted: frozenset[str], kind: ExposureKind, columns: tuple[str, ...]) -> bool:
    about = {frozenset(columns), frozenset(columns[-1:] if kind == "homogeneous" else columns)}
    return accepted in about or (kind in _SHARED and accepted.issuperset(columns))


# What a finding of each kind says, without whom it concerns.
EXPOSED: dict[ExposureKind, str] = {
    "links": "{columns} is released with values that fewer than k share: it joins releases, as a code does",
    "labels": "{columns} has labels that fewer than k people bear",
    "blanks": "{columns} has so few blanks that they point at people",
    "sets": "{columns} together are shared by fewer than k",
    "restored": "{columns}: the first, which is no quasi-identifier, tells the second",
    "pseudonyms": "{columns} has pseudonyms that many share: how many tells what they stand for",
    "homogeneous": "{columns}: classes all of one value of the last",
    "perturbed": "{columns} is perturbed so little that who has the source finds whose values they are",
    "persons": "the person column may not be that of people: all alike in {columns}",
}

# How a number of people is told that was not counted as a whole.
ABOUT: dict[CountedHow, str] = {"exactly": "", "about": "about ", "at_least": "at least "}
