"""The lines of a hierarchy file, or rows of a table, and which of them is that of a value.

A value has the line that is written exactly like it. Without one it has the line that is equal after NFKC,
with one kind of hyphen and wave dash and without outer spaces; and in columns of numbers and truth values the
line that means the same (05, 5.0 and 5; TRUE and true). Lines that would then be one, but have other labels,
are no value's but their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from functools import cached_property

import pyarrow as pa

from tokumei.transforms.hierarchies.steps import NOT_MERGED
from tokumei.transforms.values.text import folded

_LONGEST_NUMBER = 400
_TYPED = frozenset({"integer", "number", "coded numbers", "years", "boolean"})
_TRUTHS = {"1": "true", "0": "false"}


class HierarchyRows(dict[str, tuple[str, ...]]):
    """Value → its label at each level, for every line of a file.

    Attributes:
        other: the label of values without a line, or None: they are refused.
        names: what the levels below ``*`` are called; a file has no names for them.
    """

    other: str | None = None
    names: tuple[str, ...] = ()

    @property
    def depth(self) -> int:
        """Number of labels of a value, ``*`` included."""
        return len(next(iter(self.values())))

    def title(self, level: int) -> str:
        """Return what a level means, from 1, in Japanese, with what is to be known of it."""
        name = f"項目「{self.names[level - 1]}」の区分" if self.names else f"階層ファイルの第{level}段階"
        return name + self.remark(level)

    def remark(self, level: int) -> str:
        """Return what is to be known of a level, from 1: that it merges nothing, or not everything."""
        if len(self) > 1 and len(self.covered[level - 1]) == len(self):
            return NOT_MERGED
        others = self._others or ()
        alone = sum(n == 1 and label not in others for label, n in self.covered[level - 1].items())
        return f"（{alone}区分は、値が一つだけ）" if alone else ""

    def torn(self, level: int) -> Iterator[tuple[str, str, str, str]]:
        """Yield each value whose label, at a level from 1, has stood under another parent before.

        Yields:
            The value, the label, the parent that it had first, and the one that it has here.
        """
        first: dict[str, str] = {}
        for value, levels in self.items():
            label, above = levels[level - 1], levels[level]
            if first.setdefault(label, above) != above:
                yield value, label, first[label], above

    def line_of(self, value: str, content: str = "string") -> str | None:
        """Return the value of the line that is this value's, or None.

        Args:
            value: a text, as the column has it.
            content: what the column's values are: a column type, or finer.
        """
        if value in self:
            return value
        if (line := self._folded.get(folded(value))) is not None or content not in _TYPED:
            return line
        meant = _truth(value) if content == "boolean" else _number(value)
        return None if meant is None else self._meant(content).get(meant)

    def levels_of(self, values: Sequence[str | None], content: str) -> list[tuple[str | None, ...] | None]:
        """Return the labels of each value, None for a value without a line.

        A missing value has those of the line for the empty text, or stays itself below ``*``.
        """
        missing = self.get("", (*[None] * (self.depth - 1), "*"))
        lines = [None if value is None else self.line_of(value, content) for value in values]
        return [
            missing if value is None else self._others if line is None else self[line]
            for value, line in zip(values, lines, strict=True)
        ]

    @cached_property
    def texts(self) -> pa.Array:
        """The values of the lines."""
        return pa.array(self, pa.string())

    @cached_property
    def labels(self) -> tuple[pa.Array, ...]:
        """The labels of the lines, level by level from 1."""
        return tuple(pa.array(levels, pa.string()) for levels in zip(*self.values(), strict=True))

    @cached_property
    def covered(self) -> tuple[Counter[str | None], ...]:
        """How many lines each label covers, level by level from 1."""
        return tuple(Counter(levels) for levels in zip(*self.values(), strict=True))

    @cached_property
    def _others(self) -> tuple[str, ...] | None:
        """The labels of values without a line: those that the label itself has further up."""
        if self.other is None:
            return None
        labels = [self.other]
        for level in range(self.depth - 2):
            above = {row[level]: row[level + 1] for row in self.values()}
            labels.append(above.get(labels[-1], labels[-1]))
        return (*labels[: self.depth - 1], "*")

    @cached_property
    def _folded(self) -> dict[str, str]:
        return self._merged([(folded(value), value) for value in self])

    @cached_property
    def _numbers(self) -> dict[str, str]:
        return self._merged([(n, value) for value in self if (n := _number(value)) is not None])

    @cached_property
    def _truths(self) -> dict[str, str]:
        return self._merged([(t, value) for value in self if (t := _truth(value)) is not None])

    def _meant(self, content: str) -> dict[str, str]:
        return self._truths if content == "boolean" else self._numbers

    def _merged(self, lines: list[tuple[str, str]]) -> dict[str, str]:
        """Return form → line, without the forms of lines that have other labels."""
        first: dict[str, str] = {}
        unclear = {form for form, value in lines if self[first.setdefault(form, value)] != self[value]}
        return {form: value for form, value in first.items() if form not in unclear}


def _number(text: str) -> str | None:
    plain = folded(text)
    if len(plain) > _LONGEST_NUMBER or not plain.isascii() or "_" in plain:
        return None
    try:
        number = Decimal(plain)
    except InvalidOperation:
        return None
    return f"{number.normalize() + 0}" if number.is_finite() else None


def _truth(text: str) -> str | None:
    plain = folded(text).lower()
    plain = _TRUTHS.get(plain, plain)
    return plain if plain in _TRUTHS.values() else None
