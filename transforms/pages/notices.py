"""notice.html: the notice in Markdown, as a page; one text, so both say the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from tokumei.schemas.laws import Law
from tokumei.schemas.register_ends import Withdrawal
from tokumei.transforms.pages.environment import html

MAIN = "<main>\n"  # before what the notice says; a banner follows it
_KINDS = (("### ", "h3"), ("## ", "h2"), ("# ", "h1"), ("- ", "li"))
_ESCAPED = re.compile(r"\\(.)|&(lt|gt);")


class NoticeBlock(NamedTuple):
    """Lines of one kind that stand together: h1, h2, h3, li or p."""

    kind: str
    lines: tuple[str, ...]


def notice_page(text: str, law: Law) -> str:
    """Return the notice as one self-contained page with the ways to the register and the public report.

    Args:
        text: as `render_notice` writes it.
        law: of the regime.
    """
    title, *blocks = _blocks(text)
    page = html().get_template("notice/page.html.j2")
    return page.render(title=title.lines[0], blocks=blocks, law=law, main=MAIN)


def withdrawn_page(page: str, withdrawal: Withdrawal) -> str:
    """Return a page of a notice that says first that its release was withdrawn."""
    banner = html().get_template("notice/withdrawn.html.j2").render(withdrawal=withdrawal)
    return page.replace(MAIN, MAIN + banner, 1)


def _blocks(text: str) -> Iterator[NoticeBlock]:
    lines = [_line(line) for line in text.splitlines() if line.strip()]
    for kind, group in groupby(lines, key=lambda line: line[0]):
        told = tuple(line for _, line in group)
        yield from (
            [NoticeBlock(kind, told)] if kind == "li" else (NoticeBlock(kind, (line,)) for line in told)
        )


def _line(line: str) -> tuple[str, str]:
    mark, kind = next((found for found in _KINDS if line.startswith(found[0])), ("", "p"))
    return kind, _ESCAPED.sub(lambda m: m[1] or {"lt": "<", "gt": ">"}[m[2]], line.removeprefix(mark))
