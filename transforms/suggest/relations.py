"""How columns belong together: what determines what, whose record it is, and what tells people apart.

All from the samples of `sketch`: of the values kept of a column, it is known exactly whether one value or
several stand beside them in another. X → Y holds where beside nearly all of them stands one; only values of
several records say anything. Separation and distinction are those of ARX (quasi-identifier detection).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from tokumei.transforms.suggest.holdings import FEW_RECORDS, Content, Holding
from tokumei.transforms.suggest.sketch import Beside, ColumnSketch, TableSketch

_NEARLY = 0.99
_LEAST = 20  # values of several records, from which something follows; or all there are
_OF_PEOPLE = frozenset(
    {Holding.NAME, Holding.BIRTH, Holding.SEX, Holding.AGE, Holding.ADDRESS, Holding.POSTAL}
)
_MAY_BE_PERSON = frozenset({Holding.LINK, Holding.CODE, Holding.KEY, Holding.ITEM, Holding.IDENTIFIER})
_OTHER_NUMBERS = frozenset({"position", "IP address", "web address", "device", "foreign"})  # not one a person
_KNOWN = frozenset(
    {
        *(Holding.SEX, Holding.AGE, Holding.BIRTH, Holding.ADDRESS, Holding.POSTAL, Holding.PLACE),
        *(Holding.OBSERVABLE, Holding.TIME),
    }
)
# What is the same in all records of a person; an address may be a shop's, a name that of who serves.
_ALWAYS = frozenset({Holding.BIRTH, Holding.SEX, Holding.AGE})
# Whose number or name it is that serves people, and is none of those whom a file is about if it has others.
_STAFF = re.compile(
    r"担当|責任者|職員|社員|従業員|医師|店員|処方医|主治医|薬剤師|看護師|係員|販売員|更新者|登録者|入力者|作成者|記入者|記録者"
    r"|タントウ|tanto|staff|stf|employee|emp_|provider|doctor|operator|pharmacist|nurse|updated_?by|created_?by",
    re.IGNORECASE,
)
# What is mostly of one person: where it repeats, lines may be of the person whose it is.
_LEADS_TO_ONE = frozenset({Holding.NAME, Holding.CONTACT, Holding.IDENTIFIER, Holding.LINK})
_REPEATS = 1.2  # records of a value, on average: more than namesakes
_APART = 0.9
LINKED = 0.5  # share of their values by which two columns are of the same people
_PRESENT = 0.5
HIGHEST = np.uint64(2**64 - 1)
_LARGEST_SET = 3


@dataclass(frozen=True, kw_only=True)
class Person:
    """The column that tells whose record it is.

    Attributes:
        column: its name; None where no column does. instead: others that may as well be it.
        people: how many there are; rows: the most that one of the sampled people has, and the mean.
    """

    column: str | None
    people: int
    rows: tuple[int, float]
    instead: tuple[str, ...] = ()

    @property
    def several(self) -> bool:
        """Whether people have several rows."""
        return self.rows[0] > 1


def determined_by(table: TableSketch, one: str, nearly: float = _NEARLY) -> set[str]:
    """Return the columns of which nearly each value of one stands beside one value (X → Y)."""
    least = min(_LEAST, max(2, len(table.columns[one].hashes) // 2))
    held, single = table.determined(one)
    names = list(table.columns)
    found = (names[at] for at in np.flatnonzero((held >= least) & (single >= nearly)))
    return {name for name in found if table.columns[name].distinct > 1}


def determines(table: TableSketch, one: str, other: str, nearly: float = _NEARLY) -> bool:
    """Return whether nearly each value of a column stands beside one value of another (X → Y)."""
    return other in determined_by(table, one, nearly)


def find_person(table: TableSketch, held: Mapping[str, Content], elsewhere: Sequence[ColumnSketch]) -> Person:
    """Return whose a record is: the code beside which what belongs to a person is always the same.

    Args:
        table: its sketch.
        held: what its columns hold.
        elsewhere: the person columns of other tables. A column of the same values goes first, then one that
            is called a person's number, then one of which people have several records. Where none is, or
            each record has its own, names, contacts and numbers that repeat may tell it (`instead`).
    """
    personal = [name for name, found in held.items() if found.holding in _OF_PEOPLE]
    always = [name for name in personal if held[name].holding in _ALWAYS]
    names = [n for n in personal if held[n].holding is Holding.NAME and not _STAFF.search(n)]
    ranked, passed_over = [], []
    for name, found in held.items():
        column = table.columns[name]
        if found.holding not in _MAY_BE_PERSON or found.kind in _OTHER_NUMBERS or found.doubt:
            continue
        shared = any(same_values(column, other) >= LINKED for other in elsewhere)
        called = found.holding in {Holding.LINK, Holding.CODE} and found.kind != FEW_RECORDS
        alone = bool((column.counts == 1).all())
        if column.cells < _PRESENT * table.rows or column.distinct < 2 or not (shared or called or personal):
            continue
        link = called and found.holding is Holding.LINK and not _STAFF.search(name)
        if alone or all(determines(table, name, other) for other in always or names):
            rank = (shared, link, called, not alone and bool(personal))
            ranked.append((*rank, column.distinct * (-1 if rank[-1] else 1), name))
        elif shared or link:
            passed_over.append(name)
    repeated = _leading_to_one(table, held, always)
    if not ranked:
        return person_of(table, None, tuple(dict.fromkeys((*passed_over, *repeated))))
    *others, best = sorted(ranked)
    name = best[-1]
    like = [one[-1] for one in others if one[:-2] == best[:-2] and not personal and not best[0]]
    also = passed_over if not any(best[:2]) else []  # one record each, and a number that is called a person's
    instead = [n for n in (*like, *also) if not determines(table, name, n)]
    own = not any(best[:2]) and bool((table.columns[name].counts == 1).all())
    return person_of(table, name, tuple(dict.fromkeys((*instead, *(repeated if own else ())))))


def _leading_to_one(table: TableSketch, held: Mapping[str, Content], always: Sequence[str]) -> list[str]:
    """Return what leads to one person and stands in several records, beside one birth, sex and age."""
    return [
        name
        for name, found in held.items()
        if found.holding in _LEADS_TO_ONE
        and found.kind not in _OTHER_NUMBERS - {"device"}
        and found.doubt is None
        and not _STAFF.search(name)
        and (column := table.columns[name]).cells >= max(_PRESENT * table.rows, _REPEATS * column.distinct)
        and all(determines(table, name, other) for other in always)
    ]


def person_of(table: TableSketch, column: str | None, instead: tuple[str, ...] = ()) -> Person:
    """Return a column as the one that tells whose record it is; None: each record is a person."""
    if column is None:
        return Person(column=None, people=table.rows, rows=(1, 1.0), instead=instead)
    counts, sketch = table.columns[column].counts, table.columns[column]
    people = min(sketch.distinct, sketch.cells)
    rows = (int(counts.max()), sketch.cells / people)
    return Person(column=column, people=people, rows=rows, instead=instead)


def same_values(one: ColumnSketch, other: ColumnSketch) -> float:
    """Return which share of the values of the smaller of two columns the other has, by both samples."""
    least = min((c.hashes[-1] for c in (one, other) if not c.all_kept), default=HIGHEST)
    few, many = (column.hashes[column.hashes <= least] for column in (one, other))
    smaller = min(len(few), len(many))
    return float(np.isin(few, many).sum() / smaller) if smaller else 0.0


def separating(
    table: TableSketch, held: Mapping[str, Content], person: Person
) -> Iterator[tuple[tuple[str, ...], float, float]]:
    """Yield minimal sets of columns that others can know, by which nine of ten pairs of people differ.

    Yields:
        The columns, their distinction (distinct ÷ people, of the sample) and separation.
    """
    sample = table.sample if person.column is None else table.beside[person.column]
    names = list(table.columns)
    known = [name for name, found in held.items() if found.holding in _KNOWN and name != person.column]
    found: list[set[str]] = []
    for size in range(1, _LARGEST_SET + 1):
        for chosen in combinations(known, size):
            if any(smaller <= set(chosen) for smaller in found):
                continue
            distinction, separation = _apart(sample, [names.index(name) for name in chosen])
            if separation >= _APART:
                found.append(set(chosen))
                yield chosen, distinction, separation


def separates(table: TableSketch, column: str) -> bool:
    """Return whether by one column nine of ten pairs of rows differ."""
    return _apart(table.sample, [list(table.columns).index(column)])[1] >= _APART


def _apart(sample: Beside, columns: Sequence[int]) -> tuple[float, float]:
    rows = sample.high[:, columns]
    n = len(rows)
    if n < 2:
        return 0.0, 0.0
    _, counts = np.unique(rows, axis=0, return_counts=True)
    return len(counts) / n, 1 - float((counts * (counts - 1)).sum()) / (n * (n - 1))
