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


class KeptKeys(Strict):
    """Keyed hashes, and in which releases each stood. Numbers are base64 of their bytes."""

    keys: str = Field(description="64 bits each, ascending.")
    history: str = Field(description="32 bits each: which of the histories each key has.")
    histories: tuple[str, ...] = Field(description="Hexadecimal numbers: in which releases a key stood.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """Check that the numbers belong together, so that no reader of them fails later."""
        keys, history = _bytes_of(self.keys), _bytes_of(self.history)
        try:
            masks = [int(mask, 16) for mask in self.histories]
        except ValueError:
            raise broken("kept.packed", "histories are no numbers", _FIX) from None
        if len(keys) % 8 or 2 * len(history) != len(keys):
            raise broken("kept.length", "not every key has one history", _FIX)
        used = {history[i : i + 4] for i in range(0, len(history), 4)}
        if any(int.from_bytes(number, "little") >= len(masks) for number in used):
            raise broken("kept.history", "a key has a history that is not there", _FIX)
        if any(mask <= 0 for mask in masks):
            raise broken("kept.releases", "a history is of no release", _FIX)
        return self


class KeptPeople(Strict):
    """Who stood in which class of which release, and with which values, as keyed hashes."""

    releases: tuple[str, ...] = Field(description="Whose people are kept; a bit of a history each, from 1.")
    people: KeptKeys = Field(description="Of a person in a class.")
    classes: str = Field(description="Base64, 64 bits each: the class of each key of people.")
    columns: dict[str, KeptKeys] = Field(description="By column, of a person in a class with their values.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """Check that the numbers belong together."""
        if len(_bytes_of(self.classes)) != len(_bytes_of(self.people.keys)):
            raise broken("kept.length", "not every person has one class", _FIX)
        histories = (mask for keys in (self.people, *self.columns.values()) for mask in keys.histories)
        if not self.releases or any(int(mask, 16) >= 1 << len(self.releases) for mask in histories):
            raise broken("kept.releases", "a history is of other releases than are kept", _FIX)
        return self


def _bytes_of(packed: str) -> bytes:
    """Return bytes that are kept as base64.

    Raises:
        PydanticCustomError: it is none.
    """
    try:
        return base64.b64decode(packed, validate=True)
    except (ValueError, binascii.Error):
        raise broken("kept.packed", "numbers are no numbers", _FIX) from None


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


class KeptJoin(Strict):
    """Tables that a reader can join, and who stood in which of their joined classes."""

    tables: tuple[str, ...]
    recoded: str = Field(description="SHA-256 of how each of them was recoded.")
    releases: tuple[str, ...]
    people: KeptPeople | None

    def same(self, other: KeptJoin) -> bool:
        """Return whether another release has the same joined classes."""
        return (self.tables, self.recoded) == (other.tables, other.recoded)


class ReleaseRecord(Strict):
    """What one release adds."""

    entry_id: str = Field(description="Of the file in the register.")
    release_id: str
    salt: str = Field(description="Key of the hashes, hexadecimal; the same for all releases of the file.")
    tables: tuple[KeptRecoding, ...]
    unclassed: tuple[str, ...] = Field(default=(), description="Tables that were released without classes.")
    joins: tuple[KeptJoin, ...] = ()


class KeptReleases(Strict):
    """All releases of one file. ``salt`` is empty before the first.

    Format 1 told people with their records, or with each column's value as format 2 does; the latter is read.
    Before format 3 nothing was kept of tables without classes.
    """

    format: Literal[1, 2, 3] = 3
    salt: str = Field(default="", pattern=r"^(?:[0-9a-f]{64})?$")
    releases: tuple[str, ...] = ()
    recodings: tuple[KeptRecoding, ...] = ()
    unclassed: dict[str, tuple[str, ...]] = Field(
        default={}, description="By table, the releases that had it without classes."
    )
    joins: tuple[KeptJoin, ...] = ()

    def number_of(self, table: str) -> int:
        """Return how many releases have a table, with classes or without."""
        classed = sum(len(r.releases) for r in self.recodings if r.table == table)
        return classed + len(self.unclassed.get(table, ()))
