"""Draws for planted cases: from a key, so that a retry plants the same and another run does not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from tokumei.transforms.counting.keyed import counters, uniforms

T = TypeVar("T")
_BLOCK = 4_096


class Draws:
    """A row of independent draws.

    Args:
        key: 32 bytes.
    """

    def __init__(self, key: bytes) -> None:
        self._key, self._drawn = key, 0
        self._left: list[float] = []

    def below(self, n: int) -> int:
        """Return a whole number from 0 to n - 1."""
        if not self._left:
            blocks = counters(_BLOCK)
            blocks[:, 1] = self._drawn
            self._drawn += 1
            self._left = uniforms(blocks, self._key).ravel().tolist()
        return int(self._left.pop() * n)

    def of(self, choices: Sequence[T]) -> T:
        """Return one of several."""
        return choices[self.below(len(choices))]

    def digits(self, n: int, *, first: str = "0123456789") -> str:
        """Return n digits, the first of some."""
        return self.of(first) + "".join(self.of("0123456789") for _ in range(n - 1))

    def letters(self, n: int, alphabet: str) -> str:
        """Return n letters of an alphabet."""
        return "".join(self.of(alphabet) for _ in range(n))
