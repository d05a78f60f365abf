"""Beam's options as Beam asks for them: hundreds of times for one of a few views, each a parser to make."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from apache_beam.options.pipeline_options import PipelineOptions

View = TypeVar("View", bound=PipelineOptions)


class Options(PipelineOptions):
    """Options whose views are made once. All views of Beam's options share what they say and what is set."""

    def __init__(self, flags: Sequence[str]) -> None:
        self.__dict__["_views"] = {}  # Beam lets nothing else be set
        super().__init__(list(flags))

    def view_as(self, cls: type[View]) -> View:
        """Return the options as their group ``cls`` declares them."""
        views: dict[type[View], View] = self.__dict__["_views"]
        if cls not in views:
            views[cls] = super().view_as(cls)
        return views[cls]
