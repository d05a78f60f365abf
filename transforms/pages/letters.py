"""The jinja2 environment of official papers (通知書等): plain text, by templates that a body may replace."""

from __future__ import annotations

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

from tokumei.transforms.pages.environment import day, number


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
    environment.filters.update(num=number, day=day)
    return environment
