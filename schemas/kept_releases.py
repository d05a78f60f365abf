"""What a body keeps of its releases of one file, to compare the next with them; never published.

Labels and numbers of people of released classes stand in the releases themselves. Beside them stand keyed
hashes of people in classes, and their key: they tell whether somebody whose code is known was released. So
these files lie on the private side of an output, readable by their owner alone.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tokumei.schemas.strict import Strict


class KeptPeople(Strict):
    """Who stood in which class of which release, as keyed hashes. Numbers are base64 of their bytes."""

    releases: tuple[str, ...] = Field(description="Whose people are kept; a bit of a history each, from 1.")
    tokens: str = Field(description="64 bits each, ascending: of a person in a class with their records.")
    classes: str = Field(description="64 bits each: the class of each token.")
    history: str = Field(description="32 bits each: which of the histories each token has.")
    histories: tuple[str, ...] = Field(description="Hexadecimal numbers: in which releases a token stood.")


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
    salt: str = ""
    releases: tuple[str, ...] = ()
    recodings: tuple[KeptRecoding, ...] = ()
