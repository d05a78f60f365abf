"""Counts the file operations of a process below chosen folders, and at one of them kills it or breaks the disk.

Every call by which the product touches a file is replaced: by path, by descriptor, and on open files. The
same job does the same operations in the same order, so that the n-th of them is a step of its life.
"""

from __future__ import annotations

import builtins
import fcntl
import io
import os
import re
import signal
import threading
from contextlib import suppress
from dataclasses import dataclass, field

CHANGING = {
    "create",
    "write",
    "spill",
    "fsync",
    "fchmod",
    "flock",
    "mkdir",
    "link",
    "replace",
    "unlink",
    "rmdir",
}
_FOREVER = 1 << 60


@dataclass(frozen=True)
class Fault:
    """What happens at the n-th operation (from 0): a kill, or an error that many times from there on."""

    at: int = _FOREVER
    error: int | None = None
    times: int = 1
    half: bool = False  # of a write: kill when half of the data are written


@dataclass
class Injector:
    """Knows the operations so far as (kind, path), random names masked."""

    roots: tuple[str, ...]
    fault: Fault
    changing_only: bool
    seen: list[tuple[str, str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def below(self, path) -> str | None:
        if isinstance(path, int):
            with suppress(OSError):
                return self.below(os.readlink(f"/proc/self/fd/{path}").removesuffix(" (deleted)"))
        if not isinstance(path, (str, os.PathLike)):
            return None
        text = os.path.abspath(os.fspath(path))
        return text if any(text == root or text.startswith(root + "/") for root in self.roots) else None

    def meet(self, kind: str, path: str, half=None) -> None:
        if self.changing_only and kind not in CHANGING:
            return
        with self.lock:
            number = len(self.seen)
            self.seen.append((kind, masked(path)))
        fault = self.fault
        if not fault.at <= number < fault.at + fault.times:
            return
        if fault.error is not None:
            raise OSError(fault.error, os.strerror(fault.error), path)
        if fault.half and half is not None:
            half()
        os.kill(os.getpid(), signal.SIGKILL)

    def install(self) -> None:
        for name, kind in {
            "mkdir": "mkdir",
            "rmdir": "rmdir",
            "unlink": "unlink",
            "remove": "unlink",
            "scandir": "list",
            "listdir": "list",
            "stat": "stat",
            "lstat": "stat",
            "fstat": "stat",
            "fsync": "fsync",
            "fchmod": "fchmod",
        }.items():
            self._wrap(os, name, kind, 0)
        for name, kind in {"link": "link", "replace": "replace", "rename": "replace"}.items():
            self._wrap(os, name, kind, 1)
        self._wrap(fcntl, "flock", "flock", 0)
        self._wrap(os, "pwrite", "spill", 0)
        self._open()

    def _wrap(self, module, name, kind, which) -> None:
        real = getattr(module, name)

        def call(*args, **kwargs):
            at = args[which] if len(args) > which else None
            if hasattr(at, "fileno"):
                at = at.fileno()
            path = self.below(at)
            if path is not None:
                self.meet(kind, path)
            return real(*args, **kwargs)

        setattr(module, name, call)

    def _open(self) -> None:
        real_open, real_fdopen, real_file = os.open, os.fdopen, builtins.open
        injector = self

        class Reader(io.BufferedReader):
            def read(self, *args):
                injector.meet("read", self.raw.name)
                return super().read(*args)

            def readinto(self, *args):
                injector.meet("read", self.raw.name)
                return super().readinto(*args)

            def read1(self, *args):
                injector.meet("read", self.raw.name)
                return super().read1(*args)

        class Writer(io.BufferedWriter):
            path = ""

            def write(self, data):
                def half():
                    self.raw.write(bytes(data)[: len(data) // 2])

                injector.meet("write", self.path, half)
                return super().write(data)

        def open_descriptor(path, flags, *args, **kwargs):
            at = injector.below(path)
            if at is not None:
                injector.meet("create" if flags & os.O_CREAT else "open", at)
            return real_open(path, flags, *args, **kwargs)

        def fdopen(descriptor, mode="r", *args, **kwargs):
            at = injector.below(descriptor)
            if at is None or mode != "wb":
                return real_fdopen(descriptor, mode, *args, **kwargs)
            writer = Writer(io.FileIO(descriptor, "wb"))
            writer.path = at
            return writer

        def open_file(path, mode="r", *args, **kwargs):
            at = injector.below(path)
            if at is None:
                return real_file(path, mode, *args, **kwargs)
            injector.meet("create" if set(mode) & set("wax") else "open", at)
            return Reader(io.FileIO(at, "rb")) if mode == "rb" else real_file(path, mode, *args, **kwargs)

        os.open, os.fdopen = open_descriptor, fdopen
        builtins.open = io.open = open_file


def masked(path: str) -> str:
    """Random parts of names differ from run to run, and say nothing."""
    text = re.sub(r"[0-9a-f]{8,}", "#", path)
    text = re.sub(r"/tokumei-[a-z0-9_]{8}(/#[0-9#]+)?", r"/tokumei-~", text)
    return re.sub(r"(/\.[^/]+)\.[a-z0-9_]{8}$", r"\1.~", text)
