"""Beam as a job in process needs it: without what it imports for clouds and databases that no step uses."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
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
    """In place of beartype's own; never raised, see `_is_subhint`."""


def _is_subhint(sub: object, base: object) -> bool:
    try:
        return bool(_of_beartype("beartype.door", "is_subhint")(sub, base))
    except _of_beartype("beartype.roar", "BeartypeDoorException"):
        return False  # as Beam takes it


class _StandIn(ModuleType):
    """In place of a module of beartype: what it does not have, the module itself has."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # asked by whoever imports
            raise AttributeError(name)
        return _of_beartype(self.__name__, name)


def _of_beartype(module: str, name: str) -> Any:
    _end_standing_in()
    return getattr(import_module(module), name)  # Beam brings it along


def _end_standing_in() -> None:
    for name in _STAND_INS:
        if isinstance(sys.modules.get(name), _StandIn):
            del sys.modules[name]


_STAND_INS: dict[str, dict[str, Any]] = {
    "beartype.door": {"is_subhint": _is_subhint},
    "beartype.roar": {"BeartypeDoorException": _UndecidedError},
}


@contextmanager
def _beartype_asked_late() -> Iterator[None]:
    """Let Beam, imported in the block, have a comparison of types that imports beartype once it is asked.

    It asks beartype, 300 modules, of types that are neither equal nor its own; steps here declare no such.
    """
    for name, has in _STAND_INS.items() if "beartype" not in sys.modules else ():
        sys.modules[name] = stand_in = _StandIn(name)
        vars(stand_in).update(has)
    try:
        yield
    finally:
        _end_standing_in()


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


@contextmanager
def states_unsampled() -> Iterator[None]:
    """Leave steps unwatched while the block runs, which must be all of a job in this process.

    For each bundle Beam has a thread look, up to every 200 ms, which step is at work, and at the bundle's end
    waits until it has looked once more. Nobody here reads what it has seen.
    """
    from apache_beam.runners.worker import statesampler

    sampler: Any = statesampler
    before = sampler.StateSampler

    class Unsampled(before):  # type: ignore[misc,valid-type]
        def start(self) -> None:
            self.tracked_thread = threading.current_thread()
            sampler.set_current_tracker(self)
            self.started = True

        def stop(self) -> None:
            sampler.set_current_tracker(None)
            self.finished = True

    sampler.StateSampler = Unsampled
    try:
        yield
    finally:
        sampler.StateSampler = before


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
