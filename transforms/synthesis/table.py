"""What a synthetic file is: its generator, its planted people, and the span of rows being made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from tokumei.transforms.synthesis.digits import Ints

# A chunk is also a Parquet row group. It is a constant, so that no setting can change the bytes.
SPAN_ROWS = 1 << 17


@dataclass(frozen=True, kw_only=True)
class Span:
    """The rows a generator is asked for.

    Attributes:
        rng: generator of this chunk alone.
        seed: seed of the run, for permutations that must agree between chunks and files.
        start: number of the first row, from 0.
        size: rows to make.
        total: rows of the whole file.
        requested: rows the user asked for; a preset of two files sizes both from it.
        planted: offsets in the span of rows that must be a person's first.
        shuffled: person ids in random instead of ascending order.
    """

    rng: np.random.Generator
    seed: int
    start: int
    size: int
    total: int
    requested: int
    planted: Ints
    shuffled: bool

    @property
    def numbers(self) -> Ints:
        """Row numbers of the span in the whole file, from 0."""
        return np.arange(self.start, self.start + self.size)


@dataclass(frozen=True)
class Plant:
    """A peculiar person or event.

    Attributes:
        kind: name in the sidecar.
        values: columns to overwrite; a tuple has a value for each of the lines.
        person: column identifying the person when all following rows of the same person change too.
        lines: rows, one after another, of which the event consists.
        same: columns that get the value of the first of these rows in all of them.
    """

    kind: str
    values: Mapping[str, object]
    person: str | None = None
    lines: int = 1
    same: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PresetFile:
    """One file of a preset.

    Attributes:
        name: file name without extension.
        rows: rows of this file, given the rows the user asked for.
        generate: makes the rows of a span; same span, same rows.
        plants: kinds of peculiar people this file can hold.
        person: column that tells whose a row is.
        date: column that a dirty row can spoil as a date.
        number: column that a dirty row can spoil as a number, if the file has one.
        takes_dirt: whether the preset's dirty rows go to this file.
    """

    name: str
    rows: Callable[[int], int]
    generate: Callable[[Span], pl.DataFrame]
    plants: tuple[Plant, ...]
    person: str
    date: str
    number: str | None = None
    takes_dirt: bool = True

    @property
    def planted_lines(self) -> int:
        """The rows that a plant has for itself, from a multiple of them on: none crosses chunks."""
        return 1 << (max(what.lines for what in self.plants) - 1).bit_length()


def all_rows(requested: int) -> int:
    """Size of a file that holds the rows asked for."""
    return requested


def tenth(requested: int) -> int:
    """Size of a member file: one member for ten rows of history, at least one."""
    return max(1, requested // 10)


def plant(frame: pl.DataFrame, plants: Mapping[int, Plant]) -> pl.DataFrame:
    """Return the frame with peculiar values written at the given offsets."""
    changes: dict[str, tuple[list[int], list[object]]] = {}
    for offset, what in plants.items():
        end = offset + what.lines
        if what.person is not None:
            person = frame[what.person]
            while end < len(frame) and person[end] == person[offset]:
                end += 1
        shared = {name: frame[name][offset] for name in what.same}
        for name, value in {**what.values, **shared}.items():
            rows, values = changes.setdefault(name, ([], []))
            rows.extend(range(offset, end))
            values.extend(value if isinstance(value, tuple) else [value] * (end - offset))
    return frame.with_columns(
        frame[name].scatter(rows, pl.Series(values, dtype=frame[name].dtype))
        for name, (rows, values) in changes.items()
    )
