"""What the names of columns ask of what is released of them, whatever method it is released by.

A name proves nothing, so what it asks can be answered: ``name_allowed: {because: …}`` at the column, which
stands in the report. An answer is not believed where the values say what the name says (`leaks.named`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from tokumei.schemas.column import Column
from tokumei.schemas.column_names import CODES, PERSONAL, Role, roles_of, says
from tokumei.schemas.strict import broken
from tokumei.schemas.treatment_base import Left

_PERSONS = PERSONAL | {Role.IDENTIFIER}
_ASKED = CODES | _PERSONS | {Role.LINK, Role.BIRTH}
_PARTS = frozenset({"month", "year"})  # of a birth date, which may be kept
_TOLD = 30  # names of columns in one message
_ANSWER = "; if it was looked at and is something else, say so with name_allowed: {because: …}"


_BY_NAME = "by its name"


class _Question(NamedTuple):
    code: str
    what: str
    fix: str


_CODE = _Question(
    "column.identification_code",
    f"{_BY_NAME} this is an identification code (個人識別符号), to be deleted whole",
    "treat it with {criterion: 2, method: delete}",
)
_PERSON = _Question(
    "column.identifying",
    f"{_BY_NAME} this tells who a person is (氏名, 連絡先, 住所, 口座番号 …), and cannot be kept (一号), not"
    " but for some of its values or characters, nor where fewer than k people share them",
    "treat it with {criterion: 1, method: delete}",
)
_LINK = _Question(
    "column.linking_code",
    f"{_BY_NAME} this is a code that somebody gave a person, which links records (三号), and cannot be kept",
    "treat it with {criterion: 3, method: pseudonym, link: …} or delete",
)
_BIRTH = _Question(
    "column.birth_date",
    f"{_BY_NAME} this is a birth date, and whole it tells people apart (一号)",
    "treat it with year_month, year, age or age_band, or generalize it",
)


def refuse_named(columns: Mapping[str, Column], k: int, at: tuple[str | int, ...]) -> None:
    """Refuse columns that by their names must not be released as the policy says.

    Args:
        columns: of a table, by name.
        k: how many people must share a value.
        at: where the table stands.

    Raises:
        PydanticCustomError: there is such a column; or a reason is given where nothing is asked.
    """
    questions: list[tuple[str, _Question]] = []
    for name, column in columns.items():
        place = (*at, "columns", name)
        texts = (name, column.title)
        if column.type == "string" and column.carries_values and says({Role.FREE_TEXT}, *texts):
            raise broken(
                "column.text_kept",
                f"{_BY_NAME} this is free text, which may name people and cannot be kept",
                "declare it type: text without keep, and it is deleted; if it is a list of fixed texts,"
                " treat it with {criterion: 4, method: rare_categories, action: cell}",
                place,
            )
        asked = column.released and says(_ASKED | {Role.SENSITIVE}, *texts)
        if column.name_allowed is not None and not asked:
            raise broken(
                "column.allowed",
                "name_allowed has no effect here: its name asks nothing of what is released",
                "remove name_allowed",
                (*place, "name_allowed"),
            )
        question = None if column.name_allowed is not None else _asked(column, k, texts)
        if question is not None:
            questions.append((name, question))
    if questions:
        name, question = questions[0]
        others = [other for other, _ in questions[1:]]
        more = f" (and {len(others) - _TOLD} more)" if len(others) > _TOLD else ""
        also = f"; to be looked at too: {', '.join(others[:_TOLD])}{more}" if others else ""
        by_name = _asked(columns[name], k, (name,)) is not None
        what = question.what if by_name else question.what.replace(_BY_NAME, "by its title", 1)
        raise broken(question.code, what + also, question.fix + _ANSWER, (*at, "columns", name))


def refuse_few(columns: Mapping[str, Column], k: int, at: tuple[str | int, ...]) -> None:
    """Refuse methods that take fewer than k people for enough: labels that those share would be released.

    Not of quasi-identifiers, whose labels k people share all the same.

    Args:
        columns: of a table, by name.
        k: how many people must share a class.
        at: where the table stands.

    Raises:
        PydanticCustomError: there is such a method.
    """
    for name, column in columns.items():
        whole = column.released and column.quasi_identifier is None
        for i, step in enumerate(column.treat if whole else ()):
            if 0 < step.sharing(k) < k:
                raise broken(
                    "treat.few_people",
                    f"{step.method} takes {step.sharing(k)} people for enough; requirements.k asks for {k}",
                    f"remove people, or give {k} or more",
                    (*at, "columns", name, "treat", i, "people"),
                )


def _asked(column: Column, k: int, texts: tuple[str | None, ...]) -> _Question | None:
    """Return what is asked of a column as the policy shows it; what only values show is measured."""
    if column.released and says(CODES, *texts):
        return _CODE
    if column.kept_below(k):
        if says(_PERSONS, *texts):
            return _PERSON
        if says({Role.LINK}, *texts):
            return _LINK
    # Not at what is read as a number: a number of days, or a year.
    dated = column.keep and column.type in {"date", "datetime", "string"}
    return _BIRTH if dated and any(_is_birth_date(*texts)) else None


def _is_birth_date(*texts: str | None) -> Iterator[bool]:
    return (said.role == Role.BIRTH and said.kind not in _PARTS for said in roles_of(*texts))


def left_whole(columns: Mapping[str, Column], k: int) -> dict[str, Role]:
    """Return the columns of which it must be measured whether values are released as they were.

    By their names these tell of a person, and their methods change them one by one; how many values they
    change, only the file tells.

    Args:
        columns: of a table, by name.
        k: how many people must share a value.

    Returns:
        By column, what its name says.
    """
    return {
        name: said.role
        for name, column in columns.items()
        if column.treat and column.released and column.name_allowed is None and not _shared(column, k)
        for said in roles_of(name, column.title)[:1]
        if said.role in _ASKED
    }


def _shared(column: Column, k: int) -> bool:
    """Whether nothing, an area, or what k people share is left of each value."""
    last = column.treat[-1]
    return (
        any(
            step.text_left() <= Left.AREA or (step.spares and not step.kept_below(k)) for step in column.treat
        )
        or last.text_left() == Left.SHARED
        or column.quasi_identifier is not None
    )


def answered(columns: Mapping[str, Column]) -> dict[str, tuple[Role, str | None]]:
    """Return the released columns whose names are answered by a reason: what each says, and its kind."""
    return {
        name: (said.role, said.kind)
        for name, column in columns.items()
        if column.name_allowed is not None
        for said in roles_of(name, column.title)[:1]
    }
