"""Lists that are published: one gives a page, a CSV file and a JSON file, of the same rows in one order."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tokumei.transforms.pages.spreadsheet import spreadsheet
from tokumei.transforms.values.formulas import inert_all

ListCell = str | int | None


@dataclass(frozen=True)
class Caption:
    """A column of a list.

    Attributes:
        name: key of the column in JSON; it stays as it is from year to year.
        text: what people read above it.
        number: whether its cells are numbers.
    """

    name: str
    text: str
    number: bool = False


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A list of rows that is published.

    Attributes:
        name: of its files, without their endings.
        title: what people call it.
        unit: what a row is counted in.
        about: what a row is, and by which article it is there, in one sentence.
        captions: its columns; the first, ``key``, is the row's own and stays the same from day to day.
        rows: by column; None where nothing is known.
    """

    name: str
    title: str
    unit: str
    about: str
    captions: tuple[Caption, ...]
    rows: Sequence[Mapping[str, ListCell]]

    def as_csv(self) -> bytes:
        """Return the list for spreadsheets; texts are `inert`."""
        texts = [caption.name for caption in self.captions if not caption.number]
        distinct = list({row[name] for row in self.rows for name in texts} - {None})
        harmless = dict(zip(distinct, inert_all([str(cell) for cell in distinct]), strict=True))
        return spreadsheet(
            [caption.text for caption in self.captions],
            (
                [harmless.get(row[c.name]) if not c.number else row[c.name] for c in self.captions]
                for row in self.rows
            ),
        )

    def as_json(self, as_of: str) -> bytes:
        """Return the list as a JSON object: what its columns are, and its rows, one a line."""
        head = {
            "format": f"tokumei-{self.name}-1",
            "title": self.title,
            "about": self.about,
            "as_of": as_of,
            "columns": {caption.name: caption.text for caption in self.captions},
        }
        names = [caption.name for caption in self.captions]
        rows = ",\n".join(
            json.dumps({name: row[name] for name in names}, ensure_ascii=False) for row in self.rows
        )
        return f'{json.dumps(head, ensure_ascii=False)[:-1]}, "rows": [\n{rows}\n]}}\n'.encode()
