"""The columns of a real file against the declared ones: nobody's column passes unseen."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pyarrow as pa

from tokumei.schemas.errors import InputError
from tokumei.schemas.treatment_base import ColumnType
from tokumei.transforms.formats.convert import readable


class Header(NamedTuple):
    """What a file states of itself: the names of its columns, in its order, and the number of its records.

    None where it does not.
    """

    names: list[str] | None
    records: int | None = None


def refuse_other_columns(found: Sequence[str], declared: Sequence[str], where: str) -> None:
    """Check that a file has exactly the declared columns, in any order.

    Raises:
        InputError: naming the columns that are missing, undeclared, or there twice.
    """
    twice = [name for name, count in Counter(found).items() if count > 1]
    there, known = set(found), set(declared)
    missing = [name for name in declared if name not in there]
    undeclared = [name for name in dict.fromkeys(found) if name not in known]
    joined = len(missing) > 0 and len(found) >= 2 * len(declared) - 1
    if joined or len(missing) * 2 > len(declared):
        # The names may be values: a CSV file without a header line, or without the line break after it, shows
        # its first record here.
        alike = {name.strip().casefold() for name in missing} & {name.strip().casefold() for name in found}
        told = f"; {len(alike)} differ only in upper and lower case or in spaces" if alike else ""
        raise InputError(
            "input.header",
            where=where,
            what=f"{len(missing)} of {len(declared)} declared columns are not among the file's {len(found)}"
            f"{told}",
            fix="check the declared names, the delimiter and the encoding; for a file without a header line"
            " declare header: false, for one with lines above it skip_rows: their number",
        )
    wrong = [
        f"{label}: {', '.join(map(_visible, names))}"
        for label, names in (("twice", twice), ("missing", missing), ("not declared", undeclared))
        if names
    ]
    if wrong:
        raise InputError(
            "input.columns",
            where=where,
            what=f"the file's columns are not those of the policy ({'; '.join(wrong)})",
            fix="declare every column under columns (drop: true for those not needed), or correct the file,"
            " its delimiter or its encoding" + (_TWICE if twice else ""),
        )


_TWICE = (
    "; columns of the same name can be read by their place, with header: false and skip_rows: 1 under source,"
    " and names of their own in the policy, in the order of the file"
)


def _visible(name: str) -> str:
    """Return a name that can be seen: a blank one (a comma too many), or odd characters, in quotes."""
    if name.isprintable() and name.strip() == name != "":
        return name
    return f'"{"".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in name)}"'


def refuse_unreadable(found: pa.Schema, columns: Mapping[str, ColumnType], where: str) -> None:
    """Check that the file's types can be read as the declared types.

    Raises:
        InputError: naming the first column that cannot, for example a fraction declared as string.
    """
    for name, kind in columns.items():
        if not readable(found.field(name).type, kind):
            raise InputError(
                "input.type",
                where=f"{where}, column {name}",
                what=f"the file holds {found.field(name).type}, which cannot be read as {kind} without loss",
                fix="declare the type the file has, or write the column as text",
            )
