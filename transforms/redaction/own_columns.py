"""The columns whose values must not stand in the text of the same record, and what their names say."""

from __future__ import annotations

from dataclasses import dataclass

from tokumei.schemas.column_names import Role, roles_of
from tokumei.schemas.date_formats import USUAL, DateReading

MOST_NAMES = 6  # columns of names that are put behind one another
_REACHES = frozenset({Role.NAME, Role.KANA, Role.CONTACT, Role.ADDRESS})


@dataclass(frozen=True, kw_only=True)
class OwnColumn:
    """A column whose values must not stand in the text of the same record.

    Attributes:
        name: of the column.
        names: whether its name or title says that it holds what names a person, or where they are reached.
        places: whether that says an address.
        coded: whether that says an identification code (個人識別符号).
        born: whether it holds dates of birth; their spellings are looked for, and no parts of them.
        dates: what it declares of its dates.
    """

    name: str
    names: bool
    places: bool
    coded: bool
    born: bool
    dates: DateReading = USUAL

    @classmethod
    def of(cls, name: str, title: str | None, *, dates: DateReading = USUAL) -> OwnColumn:
        """Return what a column's name and title say of it.

        Args:
            name: of the column.
            title: its title, if it has one.
            dates: what it declares of its dates.
        """
        roles = {said.role for said in roles_of(name, title)}
        return cls(
            name=name,
            names=not roles.isdisjoint(_REACHES),
            places=Role.ADDRESS in roles,
            coded=Role.CODE in roles,
            born=Role.BIRTH in roles,
            dates=dates,
        )
