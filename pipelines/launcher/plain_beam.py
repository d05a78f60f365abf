"""Beam as a job in process needs it: without what it imports for clouds and databases that no step uses."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType

# Beam runs without these as it does where they are not installed; its own code asks whether they are.
_LEFT_OUT = frozenset({"apache_beam.io.gcp", "bson", "google.cloud.dataflow"})


def import_beam(beam_args: Sequence[str]) -> None:
    """Import Beam: as it is, or only what a job in process uses where no option of Beam is given.

    What is left out can be imported afterwards, as by a store in Cloud Storage.
    """
    if not beam_args:
        sys.meta_path.insert(0, finder := _Finder())
        try:
            import apache_beam  # noqa: F401
        finally:
            sys.meta_path.remove(finder)


class _Finder(MetaPathFinder):
    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        if fullname in _LEFT_OUT:
            raise ModuleNotFoundError(f"{fullname} is left out", name=fullname)
