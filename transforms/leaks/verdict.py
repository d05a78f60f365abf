"""What the counts of a search mean: a leak stops the release, unless the policy says why it is none."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

from tokumei.schemas.errors import RequirementError
from tokumei.schemas.leaks import Allowed
from tokumei.schemas.report import LeakScan, Match
from tokumei.schemas.report_leaks import NamesSought
from tokumei.transforms.detect.checked import CHECKED
from tokumei.transforms.detect.contacts import TELEPHONE, contacts
from tokumei.transforms.detect.name_set import NameSet
from tokumei.transforms.detect.worded import worded
from tokumei.transforms.leaks.found import Found, Leaks, LeakSearch
from tokumei.transforms.leaks.numbers import CUT_MOBILE, FORMED
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.values.code_formats import INSURER, MY_NUMBER_BACKWARDS

# Numbers of a column, from which on chance can be told from a column of codes.
ENOUGH = 100
_CHANCE_DIGITS = 0.01  # share of records whose digits contain the record's own by chance
_UNLIKELY = 0.01  # what is rarer among columns that have nothing to do with one another is no chance
_UNLIKELY_NUMBERS = 1e-4  # the same of columns of numbers, of which a file has many
_UNLIKELY_BESIDE = 1e-8  # and of columns put together, of which there are many ways
# Share of values up to which a column counts as treated, and up to which a reason given for its name is true.
_BY_SHARE_OF_VALUES = {"kept": 0.1, "named": 0.5, "person": 0.5, "home": 0.5}
_BY_NAME = frozenset({"kept", "named"})
_WHOLE = {
    "person": ("are names of people", "人の氏名"),
    "home": ("are addresses with numbers", "番地までの住所"),
}
_MANY = 2_000  # coincidences, from which on a bound is as good as the exact test
_MANY_DEALT = 500
_DEALT = frozenset({"called", "last"})
_BY_CHANCE = _DEALT | {"part"}  # short values: told only where they are more than chance
_VALUES = frozenset({"own", "other", "form", "part"})
_OTHERWISE = {
    "form": ("otherwise written", "別の書き方"),
    "part": ("or a part of it", "一部、又は短い書き方"),
    "called": ("by the family or given name beside 様 or the like", "姓又は名と、敬称"),
    "last": ("by its last four digits", "下4桁"),
}
_NAMES = frozenset({"name", "likely"})
_OF_ANYBODY = _NAMES | {"code", "address", "born"}
_PERHAPS = frozenset({"likely", "address"})  # one stops the run, unless decoys are met
_OF_PEOPLE = {
    **dict.fromkeys(_NAMES, ("the name of somebody in the files", "ファイルにある人の氏名")),
    "address": ("the address of somebody in the files", "ファイルにある人の住所"),
    "born": ("the birth date of somebody in the files", "ファイルにある人の生年月日"),
    "theirs": ("a value of the same person that another table deletes", "同じ人の、ほかの表で削除する値"),
}
_OF_SOURCES = frozenset({*_VALUES, *_DEALT, *_OF_PEOPLE, *_WHOLE, "code"})
_OF_ANYBODYS_CODE = ("the code of somebody in the files", "ファイルにある人の番号")
_BY_SHARE = frozenset(
    {INSURER.name, TELEPHONE, CUT_MOBILE, *FORMED}
)  # short numbers: many others look the same


def is_leak(search: LeakSearch, found: Found) -> bool:
    """Return whether what was found cannot be chance; few numbers never prove that it is."""
    if found.sure or not found.chance:
        return found.sure > 0
    by_half = search.kind in {"number", "source"} and search.of in _BY_SHARE
    share = 0.5 if by_half else _BY_SHARE_OF_VALUES.get(search.kind)
    if share is not None:
        return found.chance > share * found.compared
    if search.kind in _DEALT:
        return _more_than_dealt(found.chance, found.expected)
    if search.kind in _OF_PEOPLE:
        return (search.kind in _PERHAPS and found.expected < 1) or _more_than(found.chance, found.expected)
    if search.kind in _VALUES:
        often = found.chance > _CHANCE_DIGITS * found.compared
        unlikely = _UNLIKELY_NUMBERS if search.kind == "part" else _UNLIKELY
        surprising = _surprising(found.equal, found.expected, unlikely)
        return (often and surprising) if search.kind == "part" else (often or surprising)  # parts are short
    few = found.compared < ENOUGH and not search.beside and search.kind != "code"
    few &= search.of != MY_NUMBER_BACKWARDS.name  # one of twelve digits in ten is one by chance
    unlikely = _UNLIKELY_BESIDE if search.beside else _UNLIKELY_NUMBERS
    if search.kind == "code":
        unlikely = _UNLIKELY
    return few or _surprising(found.chance, found.expected, unlikely)


def _surprising(met: int, expected: float, unlikely: float = _UNLIKELY) -> bool:
    """Whether so many coincidences are unlikely: Chernoff's bound of a Poisson distribution's upper tail."""
    return met > expected > 0 and met - expected - met * math.log(met / expected) < math.log(unlikely)


def _more_than_dealt(met: int, expected: float) -> bool:
    """Whether so many would hardly be met if cells were dealt at random: Poisson's upper tail, exact."""
    if met <= expected or met > _MANY_DEALT:
        return _surprising(met, expected)
    term = fewer = math.exp(-expected)
    for n in range(1, met):
        term *= expected / n
        fewer += term
    return 1 - fewer < _UNLIKELY


def _more_than(met: int, decoys: float) -> bool:
    """Whether names are met more often than as many words made of them: a sign test, exact."""
    of = met + math.ceil(decoys)
    if of > _MANY:
        return _surprising(met, decoys, _UNLIKELY_NUMBERS)
    return sum(math.comb(of, n) for n in range(met, of + 1)) * round(1 / _UNLIKELY_NUMBERS) < 1 << of


def refuse_leaks(table: TablePlan, found: Leaks) -> None:
    """Check that nothing was found in a table's release that the policy does not allow.

    Raises:
        RequirementError: verification.leak, naming columns and counts, never a value.
    """
    leaks = [(s, f) for s, f in _told_once(found).items() if is_leak(s, f) and _allowed(table, s) is None]
    if not leaks:
        return
    told = [f"{search.column}: {_what(table, search, count)}" for search, count in leaks]
    more = f"; and {len(told) - 5} more" if len(told) > 5 else ""
    keys = sorted({key for search, _ in leaks for key in (_key(search),) if key is not None})
    allow = f"{' or '.join(f'{key}: {{because: …}}' for key in keys)}"
    raise RequirementError(
        "verification.leak",
        where=f"tables.{table.name}.columns.{leaks[0][0].column}",
        what=f"the data that would be released hold what must not be in them: {'; '.join(told[:5])}{more}",
        fix="delete or treat the column"
        + (f"; only if it was looked at and is something else, say so there with {allow}" if keys else ""),
    )


def explain_leaks(table: TablePlan, found: Leaks, names: NameSet | None) -> LeakScan:
    """Say what was searched, and what was met and left: chance, or allowed by the policy."""
    columns = table.table.columns

    def titles(names: Iterator[str]) -> tuple[str, ...]:
        return tuple(columns[name].title or name for name in names)

    return LeakScan(
        sought=titles(iter(table.sought)),
        unsearched=titles(n for n in table.unsearched if columns[n].identifies),
        carriers=titles(n for n, c in columns.items() if table.sought and c.carries_values),
        numbers=titles(n for n, c in columns.items() if c.carries_numbers),
        names=None if names is None else _names(names),
        matches=tuple(
            Match(
                column=columns[search.column].title or search.column,
                sought=_sought(table, search),
                compared=count.compared,
                matched=count.chance + count.sure,
                because=_because(table, search, count),
            )
            for search, count in sorted(_told_once(found).items())
            if count.chance or count.sure or search.kind == "named"
        ),
    )


def _names(names: NameSet) -> NamesSought:
    exact = names.names.bits is None
    return NamesSought(
        spellings=len(names.names.known) if exact else None,
        codes=None if names.codes is None else names.codes.size,
        bytes=names.nbytes,
        addresses=None if names.told is None else names.told.size,
        error=max(
            names.names.error,
            0.0 if names.codes is None else names.codes.codes.error,
            0.0 if names.told is None else names.told.homes.error,
        ),
    )


def _told_once(found: Leaks) -> Leaks:
    """Return what was found without names and codes that are no more than the values of the same column.

    And without what short values, and columns put together, are by chance.
    """
    values: Counter[str] = Counter()
    for search, count in found.items():
        if search.kind in _VALUES:
            values[search.column] += count.sure
    return {
        search: count
        for search, count in found.items()
        if not (search.kind in _BY_CHANCE or search.beside) or is_leak(search, count)
        if search.kind not in _OF_ANYBODY or not 0 < count.sure + count.chance <= values[search.column]
    }


def _because(table: TablePlan, search: LeakSearch, found: Found) -> str | None:
    """Return the policy's reason for what is told: of a match, or of a column in spite of its name."""
    answer = table.table.columns[search.column].name_allowed
    allowed = answer if search.kind == "named" else _allowed(table, search)
    return (
        allowed.because
        if allowed is not None and (search.kind == "named" or is_leak(search, found))
        else None
    )


def _key(search: LeakSearch) -> str | None:
    """Return the key of a column by which the policy allows what a search finds; None where nothing does."""
    if search.kind in _BY_NAME:
        return "name_allowed" if search.kind == "kept" else None
    return "source_values_allowed" if search.kind in _OF_SOURCES else "codes_allowed"


def _allowed(table: TablePlan, search: LeakSearch) -> Allowed | None:
    key = _key(search)
    allowed: Allowed | None = None if key is None else getattr(table.table.columns[search.column], key)
    return allowed


def _what(table: TablePlan, search: LeakSearch, found: Found) -> str:
    """Say what was found, and beside which other columns."""
    beside = f" together with {' and '.join(search.beside)}" if search.beside else ""
    return _alone(search, found) + beside


def _alone(search: LeakSearch, found: Found) -> str:
    count = found.chance + found.sure
    if search.kind == "kept":
        of = f"{count:,} of {found.compared:,} people have values"
        return f"{of} that are released as they were, or nearly ({search.of})"
    if search.kind == "named" or search.kind in _WHOLE:
        what = f"look as its name says ({search.of})" if search.kind == "named" else _WHOLE[search.kind][0]
        return f"{count:,} of {found.compared:,} people have values that {what}"
    if search.kind in _OF_PEOPLE:
        return f"{count:,} record(s) with {_OF_PEOPLE[search.kind][0]}"
    if search.kind in {"number", "code"}:
        return f"{count:,} value(s) hold: {search.of or _OF_ANYBODYS_CODE[0]}"
    if search.kind == "source":
        return f"{count:,} of {found.compared:,} source values are: {search.of}, of which nothing may be left"
    whose = "another record's value" if search.kind == "other" else "their own value"
    form = f", {_OTHERWISE[search.kind][0]}" if search.kind in _OTHERWISE else ""
    return f"{count:,} record(s) with {whose} of {search.of}{form}"


def _sought(table: TablePlan, search: LeakSearch) -> str:
    """Say in Japanese what was sought, and beside which other columns."""
    titles = [table.table.columns[name].title or name for name in search.beside]
    return _sought_alone(table, search) + (f"（{'・'.join(titles)}と合わせて）" if titles else "")


def _sought_alone(table: TablePlan, search: LeakSearch) -> str:
    if search.kind in _BY_NAME:
        return "加工前と同じ値" if search.kind == "kept" else "項目の名が示すもの"
    if search.kind in _OF_PEOPLE or search.kind in _WHOLE:
        return (_OF_PEOPLE | _WHOLE)[search.kind][1]
    if search.kind in {"number", "code"}:
        return _title(search.of) if search.of else _OF_ANYBODYS_CODE[1]
    if search.kind == "source":
        return f"加工前の{_title(search.of)}"
    title = table.table.columns[search.of].title or search.of
    if search.kind in _OTHERWISE:
        return f"その人の{title}（{_OTHERWISE[search.kind][1]}）"
    return f"その人の{title}" if search.kind == "own" else f"他の人の{title}"


def _title(kind: str) -> str:
    titles = {form.name: form.title for form in (*CHECKED, INSURER)} | {CUT_MOBILE: "下の桁のない電話番号"}
    return titles.get(kind) or next(look.title for look in (*worded(), *contacts()) if look.name == kind)
