"""Dealing slow suites out over runs: each takes one share, so that many runs take all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

T = TypeVar("T")


class Deal(NamedTuple):
    """One share of several, counted from 0."""

    share: int
    of: int

    @classmethod
    def parse(cls, text: str) -> Deal:
        """Read ``share/of``, for example 2/4.

        Raises:
            ValueError: it is no share.
        """
        share, _, of = text.partition("/")
        deal = cls(int(share), int(of))
        if not 0 <= deal.share < deal.of:
            raise ValueError(f"{text} is no share: the first of four is 0/4")
        return deal

    def hand(self, things: Sequence[T]) -> list[T]:
        """Return every so-many-th thing, beginning with that of the share: all shares together are all things."""
        return list(things[self.share :: self.of])


EVERYTHING = Deal(0, 1)
