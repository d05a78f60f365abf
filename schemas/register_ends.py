"""How what stands in the register ends: a file's entry is erased (消去), a release is withdrawn (取下げ)."""

from __future__ import annotations

from pydantic import Field

from tokumei.schemas.strict import Strict


class Erasure(Strict):
    """That an entry was erased from the register (令21条4項): its file is not held any more, or too small."""

    at: str = Field(description="When.")
    because: str = Field(description="Why, in the words of whoever decided.")
    people: int | None = Field(description="People of the file where under 1,000; None: not held.")


class Withdrawal(Strict):
    """That a release was withdrawn (取下げ): its files stay, and it is in force no longer."""

    release_id: str = Field(description="Which release.")
    at: str = Field(description="When.")
    because: str = Field(description="Why, in the words of whoever decided.")
    replaced_by: str | None = Field(default=None, description="The release that replaces it (差替え).")
