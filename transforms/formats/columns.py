"""The columns of a real file against the declared ones: nobody's column passes unseen."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import pyarrow as pa

from tokumei.schemas.date_formats import DateReading
from tokumei.schemas.errors import InputError
from tokumei.schemas.treatment_base import ColumnType
from tokumei.transforms.formats.convert import readable


class Header(NamedTuple):
    """What a file states of itself, and None where it does not.

    Attributes:
        names: of its columns, in its order.
        records: how many it has.
        types: of its columns, as Arrow has them.
    """

    names: list[str] | None
    records: int | None = None
    types: pa.Schema | None = None


# Characters that fonts show alike and encodings confuse (JIS X 0208 in Unicode, by Microsoft and by
# others), and marks that are not seen.
_LOOK_ALIKES: dict[int, str | None] = {
    **dict.fromkeys(map(ord, "〜∼∽"), "~"),
    **dict.fromkeys(map(ord, "‐‑‒–—―−─━"), "-"),
    **dict.fromkeys(map(ord, "·•‧∙⋅"), "・"),
    ord("∥"): "‖",
    **dict.fromkeys([0xFE0E, 0xFE0F, *range(0xE0100, 0xE01F0)], None),  # variation selectors
}


def matched_names(found: Sequence[str], declared: Sequence[str], where: str) -> list[str]:
    """Return the declared names of a file's columns, in the order of the file.

    A name that is not declared as it is written is the declared one that it equals by Unicode's NFKC, with
    characters that look alike as one (〜 and ～, − and －, ― and —) and without spaces around it, if there is
    no other such name on either side.

    Raises:
        InputError: see `refuse_other_columns`.
    """
    known, there = set(declared), set(found)
    folds = Counter(_folded(name) for name in {*found, *known})
    missing = {_folded(name): name for name in declared if name not in there}
    names = []
    for name in found:
        fold = _folded(name)
        names.append(missing[fold] if name not in known and folds[fold] == 2 and fold in missing else name)
    refuse_other_columns(names, declared, where)
    return names


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).translate(_LOOK_ALIKES).strip()


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
        alike = {_folded(n).casefold() for n in missing} & {_folded(n).casefold() for n in undeclared}
        told = "; {} differ only in upper and lower case or in spaces, or in characters that look alike"
        told = told.format(len(alike)) if alike else ""
        if mark := _delimiter_between(found, declared):
            raise InputError(
                "input.header",
                where=where,
                what="the file has one column, and the declared ones if it is cut at another delimiter",
                fix=f"declare delimiter: {json.dumps(mark)}",
            )
        raise InputError(
            "input.header",
            where=where,
            what=f"{len(missing)} of {len(declared)} declared columns are not among the file's {len(found)}"
            f"{told}",
            fix="check the declared names, the delimiter and the encoding; for a file without a header line"
            " declare header: false, for one with lines above it skip_rows: their number; for another sheet"
            " of a workbook, sheet: its name",
        )
    wrong = [
        f"{label}: {', '.join(map(_visible, names))}"
        for label, names in (("twice", twice), ("missing", missing), ("not declared", undeclared))
        if names
    ]
    if wrong:
        alike_names = _told_alike(undeclared, declared)
        raise InputError(
            "input.columns",
            where=where,
            what=f"the file's columns are not those of the policy ({'; '.join(wrong)}){alike_names}",
            fix="; ".join(_DECLARE * bool(missing or undeclared) + _TWICE * bool(twice)),
        )


def _delimiter_between(found: Sequence[str], declared: Sequence[str]) -> str | None:
    """Return the delimiter at which a single name becomes the declared ones; None if there is no such."""
    wanted = sorted(map(_folded, declared))
    marks = ";\t,|:^" if len(found) == 1 < len(declared) else ""
    return next((m for m in marks if sorted(_folded(n) for n in found[0].split(m)) == wanted), None)


_DECLARE = (
    "declare every column under columns (drop: true for those not needed), or correct the file, its delimiter"
    " or its encoding",
)
_TWICE = (
    "columns of the same name can be read by their place in text and workbooks, with header: false and"
    " skip_rows: 1 under source, and names of their own in the policy, in the order of the file; otherwise"
    " write the file again with a name for each (a folder name=value is a column, too)",
)


def _told_alike(undeclared: Sequence[str], declared: Sequence[str]) -> str:
    """Return in which characters names differ that look the same."""
    alike = {_folded(name): name for name in declared}
    pairs = [(name, alike[fold]) for name in undeclared if name and (fold := _folded(name)) in alike]
    if not pairs:
        return ""
    name, wanted = pairs[0]
    at = next((i for i, (a, b) in enumerate(zip(name, wanted, strict=False)) if a != b), -1)
    there, here = name[at], wanted[at]
    return (
        f"; {len(pairs)} of them look alike: there is U+{ord(there):04X} in the file where the policy has"
        f" U+{ord(here):04X}"
    )


def _visible(name: str) -> str:
    """Return a name that can be seen: a blank one (a comma too many), or odd characters, in quotes."""
    if name.isprintable() and name.strip() == name != "":
        return name
    return f'"{"".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in name)}"'


def refuse_unreadable(found: pa.DataType, name: str, kind: ColumnType, how: DateReading, where: str) -> None:
    """Check that a column's type in the file can be read as the declared type.

    Raises:
        InputError: it cannot, for example a fraction declared as string.
    """
    if not readable(found, kind, how):
        held = found.field(0).name if is_opaque(found) else str(found)
        raise InputError(
            "input.type",
            where=f"{where}, column {name}",
            what=f"the file holds {held}, which cannot be read as {kind} without loss",
            fix="declare the type the file has, or write the column as text; a column that is dropped or"
            " deleted is not read",
        )


def opaque(name: str) -> pa.DataType:
    """Return the type of a column that cannot be read as anything, by what it is called to people."""
    return pa.struct([(name, pa.null())])


def is_opaque(found: pa.DataType) -> bool:
    """Return whether a type comes from `opaque`."""
    return bool(pa.types.is_struct(found) and found.num_fields == 1 and pa.types.is_null(found.field(0).type))
