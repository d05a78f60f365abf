"""What a body keeps of its releases of one file, to compare the next with them; never published.

Labels and numbers of people of released classes stand in the releases themselves. Beside them stand keyed
hashes of people in classes, and their key: they tell whether somebody whose code is known was released. So
these files lie on the private side of an output, readable by their owner alone.
"""

from __future__ import annotations

import base64
import binascii
from typing import Literal, Self

from pydantic import Field, model_validator

from tokumei.schemas.strict import Strict, broken

_FIX = "restore the file as it was written"


class KeptPeople(Strict):
    """Who stood in which class of which release, as keyed hashes. Numbers are base64 of their bytes."""

    releases: tuple[str, ...] = Field(description="Whose people are kept; a bit of a history each, from 1.")
    tokens: str = Field(description="64 bits each, ascending: of a person in a class with their records.")
    classes: str = Field(description="64 bits each: the class of each token.")
    history: str = Field(description="32 bits each: which of the histories each token has.")
    histories: tuple[str, ...] = Field(description="Hexadecimal numbers: in which releases a token stood.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """Check that the numbers belong together, so that no reader of them fails later."""
        try:
            tokens, classes, history = (
                base64.b64decode(packed, validate=True)
                for packed in (self.tokens, self.classes, self.history)
            )
            masks = [int(mask, 16) for mask in self.histories]
        except (ValueError, binascii.Error):
            raise broken("kept.packed", "people are no numbers", _FIX) from None
        if len(tokens) % 8 or len(classes) != len(tokens) or 2 * len(history) != len(tokens):
            raise broken("kept.length", "not every token has one class and one history", _FIX)
        used = {history[i : i + 4] for i in range(0, len(history), 4)}
        if any(int.from_bytes(number, "little") >= len(masks) for number in used):
            raise broken("kept.history", "a token has a history that is not there", _FIX)
        if not self.releases or any(not 0 < mask < 1 << len(self.releases) for mask in masks):
            raise broken("kept.releases", "a history is of other releases than are kept", _FIX)
        return self


class KeptRecoding(Strict):
    """A recoding of one table, as one or more releases applied it, and their classes."""

    table: str
    way: str = Field(description="As the policy names it; levels are those of full_domain.")
    declared: dict[str, str] = Field(
        description="By quasi-identifier, the SHA-256 of its declaration and of the file of its hierarchy."
    )
    levels: dict[str, int]
    removed: dict[str, tuple[str, ...]] = Field(description="Labels that became *, by quasi-identifier.")
    releases: tuple[str, ...]
    classes: str = Field(
        description="Base64 of a Parquet file: labels in the order of the levels, and the numbers of people"
        " that the class had in any release, the newest first."
    )
    exact: bool = Field(description="Whether these numbers are exact, not only up to k.")
    people: KeptPeople | None = None

    def same(self, other: KeptRecoding) -> bool:
        """Return whether another release was recoded alike."""
        names = ("table", "way", "declared", "levels", "removed")
        return all(getattr(self, name) == getattr(other, name) for name in names)


class ReleaseRecord(Strict):
    """What one release adds."""

    entry_id: str = Field(description="Of the file in the register.")
    release_id: str
    salt: str = Field(description="Key of the hashes, hexadecimal; the same for all releases of the file.")
    tables: tuple[KeptRecoding, ...]


class KeptReleases(Strict):
    """All releases of one file. ``salt`` is empty before the first."""

    format: Literal[1] = 1
    salt: str = Field(default="", pattern=r"^(?:[0-9a-f]{64})?$")
    releases: tuple[str, ...] = ()
    recodings: tuple[KeptRecoding, ...] = ()
