"""The jinja2 environment of official papers (通知書等): plain text, by templates that a body may replace."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
    StrictUndefined,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tokumei.schemas.tables import eras
from tokumei.transforms.pages.environment import number


def letters(folder: Path | None) -> Environment:
    """Return the environment.

    Args:
        folder: a body's own templates, each in place of the one of its name; they see what they are given,
            and nothing else of this process.
    """
    own: list[BaseLoader] = [] if folder is None else [FileSystemLoader(folder)]
    papers = PackageLoader("tokumei.transforms.pages", "templates/papers")
    environment = ImmutableSandboxedEnvironment(
        loader=PrefixLoader({"papers": ChoiceLoader([*own, papers])}),
        autoescape=False,  # plain text
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(num=number, day=era_day)
    return environment


def era_day(value: dt.date) -> str:
    """Write a day as official papers do (元号): 令和8年4月1日, 令和元年5月1日."""
    era = max((era for era in eras() if era.first_day <= value), key=lambda era: era.first_day)
    year = value.year - era.first_year + 1
    return f"{era.name}{'元' if year == 1 else year}年{value.month}月{value.day}日"
