"""Messages of errors in Japanese: what is wrong and what to do, by the code of the error.

The table says what all errors of a code have in common. What only this one has, numbers and names, follows
as the error tells it, in English. Codes, exit statuses and ``--json`` are the same in every language.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import NamedTuple

from tokumei.schemas.errors import TokumeiError


class JapaneseMessage(NamedTuple):
    """What is wrong, and what to do."""

    what: str
    fix: str


def told_to(error: TokumeiError, environment: Mapping[str, str]) -> str:
    """Return an error as a message: in Japanese where the locale is Japanese.

    A code that the table does not have is told in English.

    Args:
        error: to be told.
        environment: variables, of which the first of ``LC_ALL``, ``LC_MESSAGES`` and ``LANG`` that is set
            decides about the language (POSIX).
    """
    locale = next((value for name in _LOCALE if (value := environment.get(name))), "")
    found = japanese_messages().get(error.code)
    if not locale.startswith("ja") or found is None:
        return error.message()
    return (
        f"誤り [{error.code}] {error.where}\n  内容: {found.what}\n  対処: {found.fix}\n"
        f"  詳細（英語）: {error.what}\n    {error.fix}"
    )


@cache
def japanese_messages() -> Mapping[str, JapaneseMessage]:
    """Return the table, by code."""
    with resources.files("tokumei.schemas.tables").joinpath("messages_ja.csv").open(encoding="utf-8") as file:
        return {row["code"]: JapaneseMessage(row["what"], row["fix"]) for row in csv.DictReader(file)}


_LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")
