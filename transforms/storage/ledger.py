"""Ledgers: a book under compare-and-swap, and views that readers see, derived from the book.

The book is the authority. Each view's version is read *before* the book: if its swap succeeds nobody has
written it since, and whoever has changed the book since writes it again afterwards, so the last writer always
shows the newest book. What a killed writer left undone, the next one does.
"""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from pydantic import ValidationError

from tokumei.schemas.errors import InputError, TokumeiError
from tokumei.schemas.strict import Strict
from tokumei.transforms.storage.base import ConflictError, Store

ATTEMPTS = 100
_FORMAT = r"(?:tokumei-[a-z]{1,16}-)?[0-9]{1,4}"
_LONGEST_WAIT = 2.0  # seconds; Cloud Storage takes about one write a second of the same object

B = TypeVar("B", bound=Strict)


@dataclass(frozen=True, kw_only=True)
class LedgerForm(Generic[B]):
    """What the ledgers of one kind are.

    Attributes:
        name: what messages call it; also the first part of its error codes.
        book: name of the book's file.
        model: what the book holds; ``model()`` is an empty book.
        views: file name → what that file says of a book; the same book gives the same bytes.
        when_busy: what whoever could not write is told to do.
        when_damaged: what whoever cannot read the book is told to do.
        when_of_other_format: the same, where another version of Tokumei wrote it.
    """

    name: str
    book: str
    model: type[B]
    views: Mapping[str, Callable[[B], bytes]]
    when_busy: str
    when_damaged: str
    when_of_other_format: str

    @property
    def files(self) -> frozenset[str]:
        """Names of all files of a ledger."""
        return frozenset({self.book, *self.views})


@dataclass(frozen=True)
class Ledger(Generic[B]):
    """A ledger in a folder; there is none until the first change.

    Every method raises InputError where the book is damaged or of a format that is not read, which is then
    left as it is, or the store cannot be reached. All may be repeated, and run beside others.
    """

    form: LedgerForm[B]
    store: Store
    folder: str

    @property
    def uri(self) -> str:
        """Where the book is."""
        return self.store.join(self.folder, self.form.book)

    def read(self) -> B:
        """Return the book, an empty one where there is none."""
        return self._parse(self.store.read(self.uri)[0]) if self.store.exists(self.uri) else self.form.model()

    def change(self, change: Callable[[B], B]) -> B:
        """Change the book by compare-and-swap; return it as it then is. The views stay as they are.

        Args:
            change: book → book; the same book, by identity, where nothing is to be changed. It is called
                again for every writer who came between.

        Raises:
            TokumeiError: others kept writing the book for as long as this was tried.
        """
        last = self.form.model()

        def changed(data: bytes | None) -> bytes:
            nonlocal last
            book = self.form.model() if data is None else self._parse(data)
            last = change(book)
            return data if data and last is book else (last.model_dump_json(indent=2) + "\n").encode()

        self._swap(self.uri, changed)
        return last

    def derive(self) -> None:
        """Write every view that is not what the book says.

        Raises:
            TokumeiError: as `change`.
        """
        for name, view in self.form.views.items():
            self._swap(self.store.join(self.folder, name), partial(self._derived, view))

    def differences(self) -> list[str]:
        """Return the views that are not what the book says: missing, left by a killed writer, or changed."""
        return [
            uri
            for name, view in self.form.views.items()
            if not self.store.exists(uri := self.store.join(self.folder, name))
            or self.store.read(uri)[0] != view(self.read())
        ]

    def _derived(self, view: Callable[[B], bytes], _: bytes | None) -> bytes:
        return view(self.read())

    def _swap(self, uri: str, change: Callable[[bytes | None], bytes]) -> None:
        if not swap(self.store, uri, change):
            raise TokumeiError(
                f"{self.form.name}.busy",
                where=uri,
                what=f"the {self.form.name} was being written by others {ATTEMPTS} times in a row",
                fix=self.form.when_busy,
            )

    def _parse(self, data: bytes) -> B:
        try:
            return self.form.model.model_validate_json(data)
        except ValidationError as error:
            other, own = format_of(data), self.form.model().model_dump().get("format")
            if other not in {None, own}:
                raise InputError(
                    f"{self.form.name}.format",
                    where=self.uri,
                    what=f"the {self.form.name} book is of format {other}, which another version of Tokumei"
                    f" wrote; this one writes format {own}",
                    fix=self.form.when_of_other_format,
                ) from None
            first = error.errors(include_input=False, include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"]) or "the file"
            faults = f"{error.error_count()} faults; first: {place}: {first['type']}"
            raise InputError(
                f"{self.form.name}.damaged",
                where=self.uri,
                what=f"the {self.form.name} book cannot be read ({faults})",
                fix=self.form.when_damaged,
            ) from None


def format_of(book: bytes) -> str | int | None:
    """Return which format a book says it has; None where it says none that a version may have written."""
    try:
        said = json.loads(book)["format"]
    except (ValueError, LookupError, TypeError):
        return None
    return said if re.fullmatch(_FORMAT, str(said)) and isinstance(said, str | int) else None


def swap(store: Store, uri: str, change: Callable[[bytes | None], bytes]) -> bool:
    """Replace a file by what ``change`` makes of it, again and again until nobody came between.

    Args:
        store: of the file.
        uri: the file.
        change: content (None: there is no file) → content; the same where nothing is to be written.

    Returns:
        Whether the file is now what ``change`` made of it; False after `ATTEMPTS` conflicts.
    """
    for attempt in range(ATTEMPTS):
        before, version = store.read(uri) if store.exists(uri) else (None, None)
        after = change(before)
        if after == before:
            return True
        try:
            store.replace(uri, after, version)
        except ConflictError:
            time.sleep(random.uniform(0, min(_LONGEST_WAIT, 0.005 * 2**attempt)))  # noqa: S311  (not a secret)
        else:
            return True
    return False
