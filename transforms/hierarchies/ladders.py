"""Hierarchies applied to the values that really occur: one label per value and level (一般化階層).

A `Ladder` is the table that the search and the recoding work on: ``codes[level][i]`` is the code of value
``i`` at that level, ``labels[level][code]`` its text. Level 0 is the value itself, the last level ``*``.
Null is a value of its own and stays null below ``*``.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import PurePosixPath
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tokumei.schemas.errors import PolicyError
from tokumei.schemas.hierarchies import (
    AddressHierarchy,
    DateHierarchy,
    FileHierarchy,
    Hierarchy,
    IntervalHierarchy,
    MaskHierarchy,
    PrefixHierarchy,
)
from tokumei.schemas.tables import address_hierarchy
from tokumei.transforms.storage.policy_folder import read_beside
from tokumei.transforms.values.text import number_text

ANY = "*"
_NUMBER = re.compile(r"-?\d{1,400}(\.\d{1,400})?([eE][+-]?\d{1,3})?\Z")
# Anything else, for example a label for rare values, keeps to itself; so does a text like 1e999999999, which
# no number of a file can be and exact arithmetic would not end with.
_BAND = re.compile(r"(-?\d{1,400})以上(-?\d{1,400})未満\Z")  # as the labels of intervals are written
_YEAR = re.compile(r"\d{4}(-|\Z)")
_MONTH = re.compile(r"\d{4}-\d{2}")


@dataclass(frozen=True, kw_only=True)
class Ladder:
    """The levels of one column over its domain.

    Attributes:
        values: the domain as text; None is null.
        codes: one int32 array a level, aligned with ``values``.
        labels: the distinct texts of each level, by code.
        leaves: for each level, how many values of the hierarchy's own domain each label covers: of the
            file for file hierarchies, of the data for built-in ones.
        domain_size: number of values of that domain.
        titles: what each level means, in Japanese.
    """

    values: tuple[str | None, ...]
    codes: tuple[npt.NDArray[np.int32], ...]
    labels: tuple[tuple[str | None, ...], ...]
    leaves: tuple[npt.NDArray[np.int64], ...]
    domain_size: int
    titles: tuple[str, ...]

    @property
    def levels(self) -> int:
        """Number of levels, the original and ``*`` included."""
        return len(self.codes)

    def null_code(self, level: int) -> int:
        """Return the code of null at a level, or -1."""
        return self.labels[level].index(None) if None in self.labels[level] else -1

    def upward(self, low: int, high: int) -> npt.NDArray[np.int32]:
        """Return, for each code of level ``low``, its code at the coarser level ``high``."""
        return self._upward[low, high]

    def lift(self, counts: npt.NDArray[np.int64], low: int, high: int) -> npt.NDArray[np.int64]:
        """Return counts by code of level ``low`` as counts by code of the coarser level ``high``."""
        lifted = np.bincount(self.upward(low, high), weights=counts, minlength=len(self.labels[high]))
        return lifted.astype(np.int64)

    def leaves_above(self, low: int) -> npt.NDArray[np.float64]:
        """Return the leaves that codes of level ``low`` cover at every level, shape (levels, codes).

        Levels finer than ``low``, which such a code does not tell, are given its own leaves.
        """
        return self._leaves_above[low]

    @cached_property
    def _leaves_above(self) -> list[npt.NDArray[np.float64]]:
        return [
            np.array(
                [self.leaves[max(low, i)][self.upward(low, max(low, i))] for i in range(self.levels)],
                dtype=float,
            )
            for low in range(self.levels)
        ]

    @cached_property
    def _upward(self) -> dict[tuple[int, int], npt.NDArray[np.int32]]:
        maps = {}
        for low in range(self.levels):
            for high in range(low, self.levels):
                coarser = np.zeros(len(self.labels[low]), dtype=np.int32)
                coarser[self.codes[low]] = self.codes[high]
                maps[low, high] = coarser
        return maps


class NotInHierarchyError(ValueError):
    """Values of the data that a hierarchy file does not list; holds their number only."""

    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__(f"{count} values are not in the hierarchy")


class Between(NamedTuple):
    """The open range of numbers that a top or bottom code before the hierarchy leaves; None has no end."""

    above: float | None = None
    below: float | None = None


ANYWHERE = Between()
HierarchyRows = dict[str, tuple[str, ...]]


def read_hierarchy_file(spec: FileHierarchy, base: str, where: str, level: int = 0) -> HierarchyRows:
    """Read ``value;level1;…`` lines into value → levels; the last level is made ``*``.

    Args:
        spec: the hierarchy as declared.
        base: the folder of the policy, a path or a gs:// URI.
        where: the place in the policy, for messages; they hold no value of the file.
        level: the level that will be used, or 0; it must be there, and not be ``*``.

    Raises:
        PolicyError: missing file, ragged lines, repeated values, levels that do not nest, or too few.
        InputError: Cloud Storage cannot be reached.
    """
    name = PurePosixPath(spec.path).name
    try:
        raw = read_beside(base, spec.path)
        text = raw.decode("utf-8-sig" if spec.encoding == "utf-8" else spec.encoding)
    except PolicyError as error:
        raise _refuse(where, name, error.what, error.fix) from None
    except UnicodeDecodeError:
        raise _refuse(where, name, f"is not {spec.encoding}", "correct encoding:") from None
    rows = _parse(text, spec.delimiter, where, name)
    if any(r[-1] != ANY for r in rows.values()):
        rows = {value: (*levels, ANY) for value, levels in rows.items()}
    _check_nesting(rows, where, name)
    depth = len(next(iter(rows.values()))) - 1
    if level > depth:
        raise PolicyError(
            "hierarchy.level",
            where=f"{where}.level ({name})",
            what=f"the hierarchy has {depth} level(s) between the value and *",
            fix=f"use a level from 1 to {depth}" if depth else "to remove every value, use method: delete",
        )
    return rows


def _parse(text: str, delimiter: str, where: str, name: str) -> HierarchyRows:
    rows: HierarchyRows = {}
    width = 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            if not row:
                continue
            width = width or max(len(row), 2)
            wrong = None
            if len(row) != width:
                wrong = (
                    f"{len(row)} field(s), expected {width}",
                    "give every line a value and the same levels",
                )
            elif not all(row[1:]):
                wrong = ("one of its levels is empty", "give every level a label")
            elif row[0] in rows:
                wrong = ("its value stands twice", "remove one of the lines")
            if wrong:
                raise _refuse(where, name, *wrong, line=reader.line_num)
            rows[row[0]] = tuple(row[1:])
    except csv.Error:
        raise _refuse(
            where, name, "is not delimited text", "correct its quotes, or delimiter:", line=reader.line_num
        ) from None
    if not rows:
        raise _refuse(where, name, "is empty", "give one line a value")
    return rows


def _check_nesting(rows: HierarchyRows, where: str, name: str) -> None:
    depth = len(next(iter(rows.values())))
    for level in range(1, depth):
        parent: dict[str, str] = {}
        for levels in rows.values():
            if parent.setdefault(levels[level - 1], levels[level]) != levels[level]:
                raise _refuse(
                    where,
                    name,
                    f"levels {level} and {level + 1} do not nest: one label has two parents",
                    "give every label exactly one parent",
                )


def build_ladder(
    values: Sequence[str | None],
    spec: Hierarchy,
    rows: HierarchyRows | None,
    between: Between = ANYWHERE,
) -> Ladder:
    """Build the ladder of a hierarchy over the values that occur.

    Args:
        values: distinct values of the column after its other treatments, as text; may include None.
        spec: the hierarchy as declared.
        rows: content of the file, for a file hierarchy.
        between: where all numbers lie; an interval that reaches beyond is labelled with its end cut to it.

    Raises:
        NotInHierarchyError: a hierarchy file does not list some of the values.
    """
    if rows is not None:
        missing = sum(v is not None and v not in rows for v in values)
        if missing:
            raise NotInHierarchyError(missing)
        depth = len(next(iter(rows.values())))
        # A null is no entry of the file; it stays itself until everything becomes *.
        own: dict[str | None, tuple[str | None, ...]] = {None: (*[None] * (depth - 1), ANY)}
        own.update(rows.items())
        columns = [[own[v][level] for v in values] for level in range(depth)]
        titles = [f"階層ファイルの第{level + 1}段階" for level in range(depth - 1)]
        domain: list[str | None] = list(rows)
        domain_columns: list[list[str | None]] = [[r[level] for r in rows.values()] for level in range(depth)]
    else:
        steps = _built_in(spec, values, between)
        columns = [[None if v is None else step(v) for v in values] for _, step in steps]
        columns.append([ANY] * len(values))
        titles = [title for title, _ in steps]
        domain, domain_columns = list(values), columns
    return _pack(values, columns, domain, domain_columns, ("一般化なし", *titles, "全て「*」"))


def _pack(
    values: Sequence[str | None],
    columns: Sequence[Sequence[str | None]],
    domain: Sequence[str | None],
    domain_columns: Sequence[Sequence[str | None]],
    titles: tuple[str, ...],
) -> Ladder:
    codes, labels, leaves = [], [], []
    for texts, domain_texts in zip([list(values), *columns], [list(domain), *domain_columns], strict=True):
        names: dict[str | None, int] = {}
        codes.append(np.array([names.setdefault(t, len(names)) for t in texts], dtype=np.int32))
        covered = np.zeros(len(names), dtype=np.int64)
        for text in domain_texts:
            if text in names:
                covered[names[text]] += 1
        labels.append(tuple(names))
        leaves.append(np.maximum(covered, 1))
    return Ladder(
        values=tuple(values),
        codes=tuple(codes),
        labels=tuple(labels),
        leaves=tuple(leaves),
        domain_size=max(len(domain), 1),
        titles=titles,
    )


_Step = tuple[str, Callable[[str], str]]


def _built_in(spec: Hierarchy, values: Sequence[str | None], between: Between) -> list[_Step]:
    if isinstance(spec, IntervalHierarchy):
        return [(f"{w}ごとの区間", _interval(w, spec.origin, between)) for w in spec.widths]
    if isinstance(spec, DateHierarchy):
        return [(_DATE_TITLES[level], _DATE_STEPS[level]) for level in spec.levels]
    if isinstance(spec, PrefixHierarchy):
        return [(f"先頭{n}文字", lambda v, n=n: v[:n]) for n in spec.keep]  # type: ignore[misc]
    if isinstance(spec, MaskHierarchy):
        return [(f"末尾{n}文字を伏せる", lambda v, n=n: v[:-n] + ANY * min(n, len(v))) for n in spec.hide]  # type: ignore[misc]
    if isinstance(spec, AddressHierarchy):
        parents = {city: (prefecture, region) for city, prefecture, region in address_hierarchy()}
        regions = {prefecture: region for _, prefecture, region in address_hierarchy()}
        unknown = sum(v is not None and v not in parents and v not in regions for v in values)
        if unknown:
            raise NotInHierarchyError(unknown)
        return [
            ("都道府県", lambda v: parents[v][0] if v in parents else v),
            ("地方", lambda v: parents[v][1] if v in parents else regions[v]),
        ]
    return []


def _interval(width: int, origin: int, between: Between) -> Callable[[str], str]:
    def label(value: str) -> str:
        if _NUMBER.match(value):
            number = int(value) if value.lstrip("-").isdigit() else Fraction(value)  # exact at any size
        elif (band := _BAND.match(value)) and within(*map(int, band.groups())):
            number = int(band[1])  # or it would bear the label of numbers that part from it further up
        else:
            return value  # a top or bottom code keeps to itself
        low = (number - origin) // width * width + origin
        high = low + width
        start, end = f"{low}以上", f"{high}未満"
        # Numbers lie between; what lies beyond is the label of a code, where it is written like an interval.
        if between.above is not None and low <= between.above < high:
            if number <= between.above:
                return f"{start}{number_text(between.above)}以下"
            start = f"{number_text(between.above)}超"
        if between.below is not None and low < between.below < high:
            if number >= between.below:
                return f"{number_text(between.below)}以上{end}"
            end = f"{number_text(between.below)}未満"
        return start + end

    def within(low: int, end: int) -> bool:
        return low < end and (low - origin) // width == (end - 1 - origin) // width

    return label


_DATE_TITLES = {"year_month": "年月", "quarter": "四半期", "year": "年", "decade": "10年ごと"}
_DATE_STEPS: dict[str, Callable[[str], str]] = {
    "year_month": lambda v: v[:7] if _MONTH.match(v) else v,
    "quarter": lambda v: f"{v[:4]}年第{(int(v[5:7]) + 2) // 3}四半期" if _MONTH.match(v) else v,
    "year": lambda v: v[:4] if _YEAR.match(v) else v,
    "decade": lambda v: f"{v[:3]}0年代" if _YEAR.match(v) else v,
}


def _refuse(where: str, name: str, what: str, fix: str, line: int = 0) -> PolicyError:
    at = f"{name}:{line}" if line else name
    return PolicyError("hierarchy.file", where=f"{where} ({at})", what=what, fix=fix)
