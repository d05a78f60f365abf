"""One table of a suggestion: what its columns hold, whose its records are, what becomes of each column."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any

from tokumei.transforms.suggest.evidence import Traits, look_at
from tokumei.transforms.suggest.holdings import DATES, FEW_RECORDS, Content, Holding, held_by
from tokumei.transforms.suggest.proposals import Around, Keys, proposed
from tokumei.transforms.suggest.read_names import settled
from tokumei.transforms.suggest.relations import (
    LINKED,
    Person,
    determined_by,
    determines,
    find_person,
    person_of,
    same_values,
    separates,
)
from tokumei.transforms.suggest.sketch import ColumnSketch, TableSketch
from tokumei.transforms.suggest.sources import FoundTable
from tokumei.transforms.suggest.words import said_by
from tokumei.transforms.values.code_formats import INSURER

_AREAS = 0.5
_BANDED = frozenset({Holding.SEX, Holding.AGE, Holding.BIRTH})
_OTHER_WORDS = 0.9  # of the descriptions of goods, that stand beside one code
_FEW_ROWS, _OF_A_VALUE = 50, 20
_DAY = re.compile(r"_?(?:date|datetime|time|dt)$")
_CLASSED = frozenset({Holding.ITEM, Holding.CATEGORY, Holding.OBSERVABLE, Holding.PLACE, Holding.TIME})
_PERSONAL = frozenset({Holding.NAME, Holding.BIRTH, Holding.SEX, Holding.AGE, Holding.LINK, Holding.CODE})
_STAYS = frozenset(
    {
        *(Holding.SEX, Holding.AGE, Holding.BIRTH, Holding.ADDRESS, Holding.POSTAL),
        *(Holding.PLACE, Holding.OBSERVABLE, Holding.TIME, Holding.QUANTITY),
    }
)
_OF_INSURANCE = frozenset(
    {
        *("記号", "番号", "枝番", "キゴウ", "バンゴウ", "エダバン", "KIGO", "BANGO", "EDABAN"),
        *("KIG", "BAN", "SYMBOL", "NUMBER", "INSUREDSYMBOL", "INSUREDNUMBER"),
    }
)
_INSURERS = frozenset({"保険者番号", "ホケンシャバンゴウ", "HOKENJABANGO", "INSURERNUMBER", "INSURERNO"})


@dataclass(frozen=True, kw_only=True)
class SeenTable:
    """A table as one pass has seen it.

    Attributes:
        found: its files; sketch: what was kept of them; held, seen: by column, what it holds and shows.
        said: whose its records are, as an officer answered: a column, or nothing where a record is a person;
            None where nobody was asked.
    """

    found: FoundTable
    sketch: TableSketch
    held: Mapping[str, Content]
    seen: Mapping[str, Traits | None]
    said: str | None = None

    @property
    def personal(self) -> bool:
        """Whether it says something of people."""
        kinds = {held.holding for held in self.held.values() if held.doubt is None}
        return bool(kinds & _PERSONAL)

    @property
    def areas(self) -> list[str]:
        """The columns of municipalities or prefectures, the finest first."""
        read = {name: self.seen[name] for name in self.of(Holding.PLACE)}
        found = {
            name: seen.share("address")
            for name, seen in read.items()
            if seen is not None and seen.share("address", "prefecture") >= _AREAS
        }
        return sorted(found, key=lambda name: -found[name])

    def of(self, *holdings: Holding) -> list[str]:
        """Return the columns that hold something, in the order of the file."""
        return [name for name, held in self.held.items() if held.holding in holdings]


@dataclass(frozen=True, kw_only=True)
class SuggestedTable:
    """What a suggestion says of a table.

    Attributes:
        table: what was seen; person: whose its records are; fates: by column; notes: for comments, by column.
        facts: the columns of lines that others may know, where histories are declared.
    """

    table: SeenTable
    person: Person
    fates: Mapping[str, Keys]
    notes: Mapping[str, Sequence[str]]
    facts: tuple[str, ...] = field(default=())

    @property
    def people(self) -> ColumnSketch:
        """The person column."""
        return self.table.sketch.columns[str(self.person.column)]


def see(found: FoundTable, sketch: TableSketch) -> SeenTable:
    """Look at the columns of a table."""
    seen = {name: look_at(column) if column.cells else None for name, column in sketch.columns.items()}
    return SeenTable(found=found, sketch=sketch, held=contents_of(sketch.columns, seen), seen=seen)


def contents_of(columns: Mapping[str, ColumnSketch], seen: Mapping[str, Traits | None]) -> dict[str, Content]:
    """Return what each column of a table holds. Beside an insurer's number, 記号 and 番号 are codes."""
    held = {name: settled(held_by(name, column, seen[name]), column) for name, column in columns.items()}
    plain = {name: unicodedata.normalize("NFKC", name).upper().replace("_", "") for name in held}
    insured = not _INSURERS.isdisjoint(plain.values()) or any(
        one is not None and INSURER in one.codes for one in seen.values()
    )
    why = ("保険者番号と並ぶ被保険者等記号・番号",)
    for name in held:
        if insured and plain[name] in _OF_INSURANCE:
            held[name] = Content(holding=Holding.CODE, kind="insurance", why=why)
    return held


def suggest_table(
    table: SeenTable, others: Sequence[SuggestedTable], trees: Mapping[str, Any]
) -> SuggestedTable:
    """Return what becomes of a table's columns.

    Args:
        table: as it was seen.
        others: other tables with a person column, as far as they are known.
        trees: hierarchies by column, made of other tables.
    """
    person = (
        find_person(table.sketch, table.held, [other.people for other in others])
        if table.said is None
        else person_of(table.sketch, table.said or None)
    )
    table = replace(table, held=_keyed(table, person))
    restored = _restored(table, person) | _repeated(table, person, others)
    told = _facts(table, restored, person) if person.several and person.column else ()
    fates: dict[str, Keys] = {}
    notes: dict[str, list[str]] = {}
    for name, held in table.held.items():
        context = Around(
            kind=table.found.kinds[name] if table.found.typed else None,
            person=name == person.column,
            facts=name in told,
            with_address=bool(table.of(Holding.ADDRESS) or table.areas),
            separates=not person.several and separates(table.sketch, name),
            tree=trees.get(name, {}),
        )
        fates[name] = proposed(held, table.sketch.columns[name], table.seen[name], context)
        notes[name] = []
        if name in restored and name != person.column:
            reason = restored[name]
            notes[name].append(reason)
            fates[name] = _without(held, reason)
        elif name not in told and name != person.column and (undone := _undone(table, held, name, told)):
            fates[name] = {"drop": True, "because": f"{undone}の加工を戻せてしまうため"}
    return SuggestedTable(table=table, person=person, fates=fates, notes=notes, facts=told)


def _keyed(table: SeenTable, person: Person) -> dict[str, Content]:
    """Return what columns hold, with numbers that bind some lines of one person (receipts) as such."""
    held = dict(table.held)
    if not person.several or person.column is None:
        return held
    for name in table.of(Holding.ITEM, Holding.CATEGORY, Holding.LINK):
        code = said_by(name).code or held[name].kind == FEW_RECORDS
        if held[name].holding is Holding.LINK and held[name].kind != FEW_RECORDS:
            continue
        many = table.sketch.columns[name].distinct > person.people
        if code and many and determines(table.sketch, name, person.column):
            held[name] = replace(held[name], holding=Holding.KEY, kind="lines")
    return held


def _without(held: Content, reason: str) -> Keys:
    if held.holding in {Holding.BIRTH, Holding.ADDRESS, Holding.POSTAL}:
        return {"treat": [{"criterion": 1, "method": "delete"}]}
    return {"drop": True, "because": f"{reason}ため"}


def _restored(table: SeenTable, person: Person) -> dict[str, str]:
    """Return the columns that another restores, and would undo what is done to it: with the reason."""
    lost: dict[str, str] = {}
    ages, births = table.of(Holding.AGE), table.of(Holding.BIRTH)
    lost |= {name: f"{ages[0]}が残れば足り、より細かい" for name in births if ages}
    births.sort(key=lambda name: (seen := table.seen[name]) is None or seen.kind not in DATES)
    lost |= dict.fromkeys(births[1:], f"{births[0]}と同じ内容である") if births and not ages else {}
    addresses = table.of(Holding.ADDRESS)
    if addresses:
        lost |= dict.fromkeys(addresses[1:], f"{addresses[0]}があれば足り、住まいをより細かく示す")
    for place in table.of(Holding.PLACE):
        if addresses and determines(table.sketch, addresses[0], place):
            lost[place] = f"{addresses[0]}から分かる"
    if areas := table.areas:
        lost |= {n: f"{areas[0]}から分かる" for n in areas[1:] if determines(table.sketch, areas[0], n)}
    for name in table.of(Holding.CATEGORY, Holding.ITEM, Holding.OBSERVABLE):
        for other in (o for o in table.of(*_BANDED) if _tells(table, name, o)):
            lost[name] = f"値ごとに{other}が一つに決まり、{other}の加工を戻せてしまう"
    for name in table.of(Holding.CATEGORY, Holding.ITEM):
        for other in table.of(Holding.OBSERVABLE):
            if _stem(name) == _stem(other) and determines(table.sketch, other, name):
                lost[name] = f"{other}から分かる"
    return _without_doubles(table, person, lost)


def _without_doubles(table: SeenTable, person: Person, lost: dict[str, str]) -> dict[str, str]:
    """Return with the lost columns those that say the same as another, one of each two."""
    classed = [n for n, h in table.held.items() if h.holding in _CLASSED | {Holding.SEX} and h.doubt is None]
    named: dict[str, list[str]] = {}  # start_date, start_datetime
    for name in classed:
        named.setdefault(_DAY.sub("", name.lower()), []).append(name)
    doubles = [pair for alike in named.values() for pair in combinations(alike, 2)]
    for one in classed:
        told = determined_by(table.sketch, one)
        doubles += [(one, other) for other in classed if other in told and one != other]
    places = table.sketch.places
    for one, other in sorted(
        {(a, b) if places[a] < places[b] else (b, a) for a, b in doubles},
        key=lambda pair: [places[name] for name in pair],
    ):
        if not {one, other} & {*lost, person.column} and _same(table, one, other):
            kept, gone = (other, one) if _is_code(table, one) and not _is_code(table, other) else (one, other)
            lost[gone] = f"{kept}と一対一に対応し、互いに復元できる"
    return lost


def _repeated(table: SeenTable, person: Person, others: Sequence[SuggestedTable]) -> dict[str, str]:
    """Return the columns of lines that a table of the same people, one row each, has too: with the reason."""
    if person.column is None or not person.several:
        return {}
    own = table.sketch.columns[person.column]
    masters = [o for o in others if not o.person.several and same_values(own, o.people) >= LINKED]
    return {
        name: f"{other.table.found.name}に同じ項目がある"
        for other in masters
        for name, held in table.held.items()
        if held.holding in _STAYS
        and name in other.table.held
        and held.holding is other.table.held[name].holding
        and determines(table.sketch, person.column, name)
    }


def _same(table: SeenTable, one: str, other: str) -> bool:
    both = {table.held[name].holding for name in (one, other)}
    if Holding.SEX in both and len(both) > 1:
        return False
    if len({_DAY.sub("", name.lower()) for name in (one, other)}) == 1:
        return True
    few = [table.sketch.columns[name].distinct for name in (one, other)]
    return max(few) <= 1.05 * min(few) and all(
        determines(table.sketch, a, b) for a, b in ((one, other), (other, one))
    )


def _stem(name: str) -> str:
    return name.partition("_")[0].lower()


def _tells(table: SeenTable, name: str, other: str) -> bool:
    """Whether a category restores sex or age; of few rows, only one that is the same in other words."""
    column = table.sketch.columns[name]
    if column.cells < _FEW_ROWS and not determines(table.sketch, other, name):
        return False
    common = column.cells >= _OF_A_VALUE * column.distinct or column.cells < _FEW_ROWS
    return common and determines(table.sketch, name, other)


def _is_code(table: SeenTable, name: str) -> bool:
    seen = table.seen[name]
    return seen is not None and (seen.share("digits", "code") >= 0.5 or said_by(name).code)


def _undone(table: SeenTable, held: Content, name: str, told: Sequence[str]) -> str | None:
    """Return the fact that another time, or other words for the item, would undo; None for none."""
    if held.holding is Holding.TIME:
        return next((fact for fact in told if table.held[fact].holding is Holding.TIME), None)
    if held.holding is not Holding.ITEM or not told:
        return None
    return told[0] if determines(table.sketch, name, told[0], _OTHER_WORDS) else None


def _facts(table: SeenTable, restored: Mapping[str, str], person: Person) -> tuple[str, ...]:
    """Return the item, what it belongs to, the time and the place of a line that others may know."""

    def of(*holdings: Holding) -> list[str]:
        return [n for n in table.of(*holdings) if n not in restored and table.held[n].doubt is None]

    def of_lines(name: str) -> bool:
        return not determines(table.sketch, str(person.column), name)

    items = of(Holding.ITEM) + [
        n for n in of(Holding.CATEGORY) if said_by(n).holds == "item" or table.held[n].sensitive
    ]
    if not items:  # what differs most among the lines of a person
        others = [n for n in of(Holding.CATEGORY) if of_lines(n)]
        items = sorted(others, key=lambda n: -table.sketch.columns[n].distinct)[:1]
    items.sort(key=lambda n: said_by(n).holds != "item" and not table.held[n].sensitive)
    implied = [
        n for n in of(Holding.ITEM, Holding.CATEGORY) if items and determines(table.sketch, items[0], n)
    ]
    places = [n for n in of(Holding.PLACE, Holding.OBSERVABLE) if of_lines(n)]
    known = (*items[:1], *implied[:1], *of(Holding.TIME)[:1], *places[:1])
    return tuple(dict.fromkeys(known))
