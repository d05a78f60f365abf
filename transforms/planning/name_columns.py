"""Which columns of a table hold names of people: whole ones, or 姓 and 名 in two columns."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from tokumei.schemas.column_names import Role, name_part, roles_of, says
from tokumei.schemas.hierarchies import FileHierarchy
from tokumei.schemas.table import Table

NameColumns = tuple[str, ...]  # one column of whole names, or two: of family names, and of given names

_DATED = frozenset({"date", "string", "text"})
_NAMES = frozenset({Role.NAME, Role.KANA})
_LABELS = frozenset({"label", "labels", "top_label", "bottom_label", "other", "by"})
_OF_CODES = 2  # 二号
_SHORTEST = 3  # letters of a name
_DIGIT = re.compile(r"\d")
_APART, _JAPANESE = re.compile(r"[\W_]+"), re.compile("[ぁ-ヺ一-龥]")


def carries_sentences(table: Table) -> bool:
    """Return whether some cell of what is released may be a sentence of the source."""
    sentences = {"string", "text"}
    return any(column.carries_values and column.type in sentences for column in table.columns.values())


def labels_of(said: object) -> Iterator[str]:
    """Yield the labels that a policy, as it is dumped, states somewhere."""
    if isinstance(said, list):
        for part in said:
            yield from labels_of(part)
    elif isinstance(said, dict):
        for key, part in said.items():
            if key in _LABELS:
                yield from (str(text) for text in (part if isinstance(part, list) else [part]) if text)
            else:
                yield from labels_of(part)


def may_name_somebody(table: Table) -> bool:
    """Return whether names, titles or labels of what is released may be people's: then names are gathered.

    Labels of a hierarchy file may; a name of a column in Japanese, of three letters and more, of which no
    word is known. Names of most columns are known (生年月日, 続柄): then nothing is read for this.
    """
    for name, column in table.columns.items():
        hierarchies = (getattr(step, "hierarchy", None) for step in column.treat)
        if any(isinstance(hierarchy, FileHierarchy) for hierarchy in hierarchies):
            return True
        stated = [step.model_dump(mode="json", exclude_defaults=True) for step in column.treat]
        labels = (label for label in labels_of(stated) if not _DIGIT.search(label))
        for text in (name if column.released else None, column.title, column.released_as, *labels):
            plain = _APART.sub("", unicodedata.normalize("NFKC", text or ""))
            if _JAPANESE.search(plain) and len(plain) >= _SHORTEST and not roles_of(text):
                return True
    return False


def name_columns(table: Table) -> tuple[NameColumns, ...]:
    """Return the columns of names among those whose values must not stand in what is released."""
    names = [
        name
        for name, column in table.columns.items()
        if column.sought and column.type in {"string", "text"} and not column.carries_values
        if says(_NAMES, name, column.title)
    ]
    parts = {name: part for name in names if (part := _part(name, table.columns[name].title)) is not None}
    columns = {part: name for name, part in parts.items()}
    pairs = [
        (name, columns["given", rest])
        for name, (part, rest) in parts.items()
        if part == "family" and ("given", rest) in columns
    ]
    paired = {name for pair in pairs for name in pair}
    return (*pairs, *((name,) for name in names if name not in paired))


def code_columns(table: Table) -> tuple[str, ...]:
    """Return the columns of people's codes whose values must not stand in what is released, of anybody.

    They are those that are treated under 二号, or are called codes; the numbers of lines (取引ID) are none.
    """
    return tuple(
        name
        for name, column in table.columns.items()
        if column.sought
        and column.type == "string"
        and not column.carries_values
        and (
            name == table.person
            or any(step.criterion == _OF_CODES for step in column.treat)
            or says({Role.CODE, Role.LINK, Role.IDENTIFIER}, name, column.title)
        )
    )


def told_columns(table: Table) -> tuple[str, ...]:
    """Return the columns of addresses and birth dates of people, which no sentence may tell of anybody."""
    return tuple(
        name
        for name, column in table.columns.items()
        if column.sought and not column.carries_values and says({Role.ADDRESS}, name, column.title)
    ) + birth_columns(table)


def birth_columns(table: Table) -> tuple[str, ...]:
    """Return the columns of birth dates that are not kept."""
    return tuple(
        name
        for name, column in table.columns.items()
        if column.type in _DATED and not column.keep and says({Role.BIRTH}, name, column.title)
    )


def _part(name: str, title: str | None) -> tuple[str, str] | None:
    """Return which part of a name a column holds, by its name, or where that says nothing by its title."""
    return name_part(name if title is None or says(_NAMES, name) else title)
