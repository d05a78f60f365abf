"""What a policy lets the public be told of a release, held against what is released: it must not say less.

The register tells whether a file holds 要配慮個人情報 (法74条1項6号), and register and notice name the items
(法43条3項, 75条1項・110条2号). An item that is called 年代 and is a date tells less than is released.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from tokumei.schemas.column import Column
from tokumei.schemas.column_names import Role, roles_of, says
from tokumei.schemas.file_items import FileItems
from tokumei.schemas.strict import broken
from tokumei.schemas.treatments import Address, Age, PostalPrefix, TruncateTime

# How fine dates are: a day, a month, a quarter, a year or an age, a band of ages.
_DAY, _MONTH, _QUARTER, _YEAR, _BAND = range(5)
_FINENESS = {"date": _DAY, "datetime": _DAY, "month": _MONTH, "months": _MONTH, "years": _YEAR}
_ROLES = {Role.AGE_BAND: _BAND, Role.AGE: _YEAR}
_BIRTHS = {"month": _MONTH, "year": _YEAR}
_ENDINGS = (("年月", _MONTH), ("四半期", _QUARTER), ("年度", _YEAR), ("年", _YEAR))
_DIGITS = re.compile(r"([0-9])\s*桁")


def refuse_untrue(columns: Mapping[str, Column], at: tuple[str | int, ...]) -> None:
    """Refuse names of items that say less than is released: 年代 of dates, 都道府県 of municipalities.

    Args:
        columns: of a table, by name.
        at: where the table stands.

    Raises:
        PydanticCustomError: a title of what is kept, or a ``released_as``, says less.
    """
    for name, column in columns.items():
        key = "title" if column.keep else "released_as"
        said = getattr(column, key)
        if said is None:
            continue
        left = _finer(name, column, said) or _finer_place(column, unicodedata.normalize("NFKC", said))
        if left is not None:
            raise broken(
                "column.named_coarser",
                f"{key} says less than is released: what is left is {left}",
                "correct the name, or coarsen the column as it says, for example with age_band or generalize",
                (*at, "columns", name, key),
            )


def _finer(name: str, column: Column, said: str) -> str | None:
    """Return what dates and ages are left, if that is finer than a name says; None if it is not."""
    left = _left(name, column)
    if left is None or left >= _said(said):
        return None
    return ("days", "months", "quarters", "years or ages", "bands")[left]


def _left(name: str, column: Column) -> int | None:
    """Return how fine the dates or ages are that are released; None for anything else, or if files decide."""
    if column.keep and column.type == "integer" and says({Role.AGE}, name):
        return _YEAR
    if not (column.keep or (column.treat and all(step.leaves_exact for step in column.treat))):
        return None
    last = column.treat[-1] if column.treat else None
    if isinstance(last, TruncateTime):
        return _MONTH if last.unit == "month" else _DAY
    if any(isinstance(step, Age) for step in column.treat) or (column.treat and column.type == "integer"):
        return _YEAR
    return _FINENESS.get(column.contents[-1])


def _said(text: str) -> int:
    """Return how coarse a name says that dates or ages are; a day where it says nothing."""
    said = [_ROLES.get(one.role, _BIRTHS.get(one.kind or "", _DAY)) for one in roles_of(text)]
    plain = re.sub(r"\(.*?\)|\s", "", unicodedata.normalize("NFKC", text))
    return max((*said, next((how for ending, how in _ENDINGS if plain.endswith(ending)), _DAY)))


def _finer_place(column: Column, said: str) -> str | None:
    """Return what of a place is left, if that is finer than a name says."""
    last = column.treat[-1] if column.treat else None
    if (
        isinstance(last, Address)
        and last.level == "city"
        and re.search(r"都道府県|県名|prefecture", said, re.I)
    ):
        return (
            None if re.search(r"市|区|町|村|city", said.replace("都道府県", ""), re.I) else "municipalities"
        )
    if isinstance(last, PostalPrefix) and any(int(n) < last.digits for n in _DIGITS.findall(said)):
        return f"{last.digits} digits"
    return None


def refuse_unstated(regime: str, file: FileItems, columns: Mapping[str, Column], at: str) -> None:
    """Refuse a register entry that would say 含まない of sensitive columns because nobody spoke of it.

    Args:
        regime: of the policy.
        file: what is said of the whole file.
        columns: of a table, by name; deleted ones too, because the entry is about the file as it is held.
        at: where they stand, in words.

    Raises:
        PydanticCustomError: the policy must say it, or contradicts itself.
    """
    for name, column in columns.items():
        place = f"{at}.{name}"
        if column.sensitive and file.sensitive is None:
            raise broken(
                "policy.sensitive",
                f"{place} is sensitive, so the policy must state whether"
                " the file holds 要配慮個人情報 (法2条3項・74条1項6号)",
                "add sensitive: true under file; or false, if none of it is such information",
                ("file", "sensitive"),
            )
        denied = "sensitive" in column.model_fields_set and not column.sensitive
        answered = file.sensitive or denied or column.name_allowed is not None
        if regime != "private" and not answered and says({Role.SENSITIVE}, name, column.title):
            raise broken(
                "policy.sensitive",
                f"by its name {place} may be 要配慮個人情報, and the register would say that the file"
                " holds none (法2条3項・74条1項6号)",
                "add sensitive: true under file; if it is no such information, say so at the column with"
                " sensitive: false, or with name_allowed: {because: …} where it is to be protected",
                ("file", "sensitive"),
            )
