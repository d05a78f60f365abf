"""Beam as a job in process needs it: without what it imports for clouds and databases that no step uses."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType
from typing import Any

# Beam runs without these as it does where they are not installed; its own code asks whether they are.
_LEFT_OUT = frozenset({"apache_beam.io.gcp", "bson", "google.cloud.dataflow"})
# Imported once somebody uses it, by clouds alone: it brings along a parser of grammars.
_LATE = frozenset({"httplib2"})


def import_beam(beam_args: Sequence[str]) -> None:
    """Import Beam: as it is, or only what a job in process uses where no option of Beam is given.

    What is left out can be imported afterwards, as by a store in Cloud Storage.
    """
    if not beam_args:
        sys.meta_path.insert(0, finder := _Finder())
        try:
            with _beartype_asked_late():
                import apache_beam  # noqa: F401
        finally:
            sys.meta_path.remove(finder)


class _UndecidedError(Exception):
    """In place of beartype's own, which another class would be where it is imported later."""


def _is_subhint(sub: object, base: object) -> bool:
    from beartype.door import is_subhint
    from beartype.roar import BeartypeDoorException

    try:
        return bool(is_subhint(sub, base))
    except BeartypeDoorException as error:
        raise _UndecidedError from error


_STAND_INS: dict[str, dict[str, Any]] = {
    "beartype.door": {"is_subhint": _is_subhint},
    "beartype.roar": {"BeartypeDoorException": _UndecidedError},
}


@contextmanager
def _beartype_asked_late() -> Iterator[None]:
    """Let Beam, imported in the block, have a comparison of types that imports beartype once it is asked.

    It asks beartype, 300 modules, of types that are neither equal nor its own; steps here declare no such.
    """
    stand_ins = {} if "beartype" in sys.modules else {name: ModuleType(name) for name in _STAND_INS}
    for name, stand_in in stand_ins.items():
        vars(stand_in).update(_STAND_INS[name])
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name in stand_ins:
            del sys.modules[name]


@contextmanager
def steps_unpacked() -> Iterator[None]:
    """Leave steps as they are pickled while the block runs, which must be all of a job in this process.

    To begin with bzip2 takes longer than to pickle and to load most of them.
    """
    from apache_beam.internal import cloudpickle_pickler

    pickler: Any = cloudpickle_pickler
    before, pickler.bz2 = pickler.bz2, _Unpacked
    try:
        yield
    finally:
        pickler.bz2 = before


class _Unpacked:
    """In place of bzip2 for what stays in this process."""

    @staticmethod
    def compress(data: bytes, compresslevel: int = 9) -> bytes:
        return data

    @staticmethod
    def decompress(data: bytes) -> bytes:
        return data


class _Finder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname in _LEFT_OUT:
            raise ModuleNotFoundError(f"{fullname} is left out", name=fullname)
        spec = PathFinder.find_spec(fullname, path, target) if fullname in _LATE else None
        if spec is not None and spec.loader is not None:
            spec.loader = LazyLoader(spec.loader)
        return spec
