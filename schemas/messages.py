"""Words for the terminal in Japanese: messages of errors by their code, and help by what it says in English.

The table of messages says what all errors of a code have in common. What only this one has, numbers and
names, follows as the error tells it, in English. Codes, exit statuses and ``--json`` are the same in every
language.
"""

from __future__ import annotations

import csv
import re
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
        environment: variables, see `in_japanese`.
    """
    found = japanese_messages().get(error.code)
    if found is None or not in_japanese(environment):
        return error.message()
    fix = _MORE.sub(r"  ほかに\1件", _ALSO.sub(_also, error.fix))
    return (
        f"誤り [{error.code}] {error.where}\n  内容: {found.what}\n  対処: {found.fix}\n"
        f"  詳細（英語）: {error.what}\n    {fix}"
    )


def _also(line: re.Match[str]) -> str:
    """Return a line of another error in the same policy in Japanese, with what only it has below."""
    code, where, told = line.groups()
    found = japanese_messages().get(code)
    if found is None:
        return line[0]
    return f"  ほか [{code}] {where}\n    内容: {found.what}\n    対処: {found.fix}\n    詳細（英語）: {told}"


def in_japanese(environment: Mapping[str, str]) -> bool:
    """Return whether the locale is Japanese.

    Args:
        environment: variables, of which the first of ``LC_ALL``, ``LC_MESSAGES`` and ``LANG`` that is set
            decides about the language (POSIX).
    """
    return next((value for name in _LOCALE if (value := environment.get(name))), "").startswith("ja")


@cache
def japanese_messages() -> Mapping[str, JapaneseMessage]:
    """Return the table of messages, by code."""
    return {row["code"]: JapaneseMessage(row["what"], row["fix"]) for row in _rows("messages_ja.csv")}


@cache
def japanese_help() -> Mapping[str, str]:
    """Return the table of help: what it says in English to what it says in Japanese."""
    return {row["text"]: row["japanese"] for row in _rows("help_ja.csv")}


def _rows(name: str) -> list[dict[str, str]]:
    table = resources.files("tokumei.schemas").joinpath("tables", name)  # whose package has much to import
    with table.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


# Lines below the fix of an error, by which a policy tells its other errors (`policy_errors`).
_ALSO = re.compile(r"^  also \[([a-z_0-9.]+)\] (.*?): (.*)$", re.MULTILINE)
_MORE = re.compile(r"^  and (\d+) more$", re.MULTILINE)
_LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")
