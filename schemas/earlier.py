"""Earlier releases of the same file (これまでの公表), which recipients may hold beside the one at hand.

Whoever holds two releases finds people in the classes of both, and takes one from the other: what is left are
those who came, those who left and those whose record changed.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tokumei.schemas.strict import Strict, Text


class Frozen(Strict):
    """The levels of an earlier release of the same file, applied once more."""

    frozen: Text = Field(description="Id of the release whose levels are applied; no other is searched for.")


class EarlierReleases(Strict):
    """What is asked of a release beside all earlier ones of the same file.

    Of each class: those who came since any earlier release, and those who left or whose record changed, are
    nobody or so many people. And so many share each joint class of two releases of other levels.
    """

    people: int | None = Field(
        default=None, ge=2, le=1_000_000, description="So many people, or nobody. Default: requirements.k."
    )
    action: Literal["refuse", "hold_back"] = Field(
        default="refuse",
        description="refuse: the run stops. hold_back: people are kept out of a class until so many come, or"
        " leave, at once; for frozen levels, of a table with a person column.",
    )
