"""Where personal content stands in texts: columns of stretches, each with its label."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class SpanLabel(IntEnum):
    """What a stretch of text is; of two that are equally long, the first here is told."""

    NUMBER = 0, "番号"
    MAIL = 1, "メール"
    URL = 2, "URL"
    TELEPHONE = 3, "電話"
    DEVICE = 4, "機器"
    POSITION = 5, "位置"
    ACCOUNT = 6, "アカウント"
    PLATE = 7, "車両番号"
    PERSON = 8, "氏名"
    PLACE = 9, "住所"
    DATE = 10, "日付"
    AGE = 11, "年齢"
    OTHER = 12, "伏字"
    EMPLOYER = 13, "勤務先等"

    title: str  # in Japanese, as it is written into a text

    def __new__(cls, number: int, title: str) -> SpanLabel:
        """Make the member of this number."""
        made = int.__new__(cls, number)
        made._value_ = number
        made.title = title
        return made


class Spans(NamedTuple):
    """Stretches of texts, a row each, of equal length.

    Attributes:
        owner: (n,) int64, index of the text in the array that was searched.
        start, end: (n,) int32, in code points of the text as it was given; ``end`` is the first behind.
        kind: (n,) int8, a `SpanLabel`.
    """

    owner: NDArray[np.int64]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    kind: NDArray[np.int8]

    @classmethod
    def of(cls, rows: Iterable[tuple[int, int, int, int]]) -> Spans:
        """Return spans from (owner, start, end, kind), in any order."""
        columns = np.array(list(rows), dtype=np.int64).reshape(-1, 4)
        return cls(
            columns[:, 0],
            columns[:, 1].astype(np.int32),
            columns[:, 2].astype(np.int32),
            columns[:, 3].astype(np.int8),
        )

    @classmethod
    def joined(cls, several: Iterable[Spans]) -> Spans:
        """Return all spans one after another, as they are."""
        found = [cls.of(()), *several]
        return cls(*(np.concatenate(columns) for columns in zip(*found, strict=True)))

    def only(self, chosen: NDArray[np.bool_]) -> Spans:
        """Return some of the spans."""
        return Spans(self.owner[chosen], self.start[chosen], self.end[chosen], self.kind[chosen])

    def within(self, others: Spans, *, less: bool = False) -> NDArray[np.bool_]:
        """Return which of the spans lie in a single one of others, which are disjoint and in order.

        Args:
            others: `merged`.
            less: whether it must be longer.
        """
        if not len(others.owner):
            return np.zeros(len(self.owner), dtype=bool)
        text, of_others = self.owner << 32, others.owner << 32
        at = np.searchsorted(of_others + others.start, text + self.start, side="right") - 1
        held: NDArray[np.bool_] = (at >= 0) & (text + self.end <= (of_others + others.end)[at])
        if less:
            held &= (others.end - others.start)[at] > self.end - self.start
        return held

    def merged(self) -> Spans:
        """Return spans of which no two overlap, by text and place; what touches stays apart.

        Spans that overlap become one that covers all of them, with the label of the longest; of equally
        long ones with the first label. The order in which spans were found does not matter. O(n log n).
        """
        if not len(self.owner):
            return self
        order = np.lexsort((self.kind, self.end, self.start, self.owner))
        owner, start, end, kind = self.owner[order], self.start[order], self.end[order], self.kind[order]
        text = owner << 32  # ends of an earlier text are before all places of a later one
        reached = np.maximum.accumulate(text + end)
        first = np.ones(len(owner), dtype=bool)
        first[1:] = text[1:] + start[1:] >= reached[:-1]
        whole = np.cumsum(first) - 1
        longest = np.lexsort((kind, start - end, whole))
        heads = np.flatnonzero(first)
        return Spans(
            owner[heads], start[heads], np.maximum.reduceat(end, heads), kind[longest][heads].astype(np.int8)
        )
