"""Help of commands in Japanese: words of the table for the English ones, lines broken by their width."""

from __future__ import annotations

import argparse
import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from tokumei.schemas.messages import japanese_help

# A word of Latin letters or one other character, with the brackets and stops that it cannot be parted from.
_PIECES = re.compile(r"[（「]*(?:[!-~]+|[^\s!-~])[、。）」]*|\s+")


class JapaneseFormatter(argparse.HelpFormatter):
    """Formats help as argparse does, in Japanese; what the table does not have stays as it is."""

    def start_section(self, heading: str | None) -> None:
        """Begin a group of arguments."""
        super().start_section(_told(heading))

    def add_text(self, text: str | None) -> None:
        """Add a description, or what stands below all."""
        super().add_text(_told(text))

    def add_usage(
        self, usage: str | None, actions: Iterable[argparse.Action], groups: Any, prefix: str | None = None
    ) -> None:
        """Add how the command is written."""
        super().add_usage(usage, actions, groups, "使い方: " if prefix is None else prefix)

    def _format_usage(self, *parts: Any) -> str:
        return super()._format_usage(*parts).replace("\n ", "\n    ")  # its prefix is three columns wider

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return _told(action.help)

    def _split_lines(self, text: str, width: int) -> list[str]:
        return _lines(text, width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(indent + line for line in _lines(text, width - len(indent)))


def _told(text: str | None) -> str | None:
    return None if text is None else japanese_help().get(text, text)


def _lines(text: str, width: int) -> list[str]:
    """Break a text into lines of so many columns of a terminal: most Japanese characters take two."""
    lines, taken = [""], 0
    for piece in _PIECES.findall(text):
        columns = sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in piece)
        if taken + columns > width and taken:
            lines, taken = [*lines, ""], 0
        if taken or not piece.isspace():
            lines[-1], taken = lines[-1] + piece, taken + columns
    return [line.rstrip() for line in lines]
