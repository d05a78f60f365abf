"""Templates compiled once, as Python compiles modules: what was made of them lies in `__pycache__`.

Compiling those of one release took 0.1 s, a twentieth of a small job.
"""

from __future__ import annotations

import os
import pickle
import shutil
import sys
import tempfile
from contextlib import suppress
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket


class Compiled(BytecodeCache):
    """Templates of one environment, where Python keeps its own bytecode, and under the same conditions.

    What was compiled is used while it was made of the same template, by the same jinja2 and Python, for an
    environment made by the same code. It is written only where that is allowed and can be done, whole or not
    at all; where not, templates are compiled in each process.

    Args:
        maker: the module that makes the environment.
    """

    def __init__(self, maker: Path) -> None:
        self._maker, self._folder = maker, maker.parent / "__pycache__"
        self._made_by = sha256(version("jinja2").encode() + maker.read_bytes()).digest()

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        """Return the name of the file; several templates never share one."""
        return f"{name.replace('/', '.')}.{sys.implementation.cache_tag}.jinja"

    def get_source_checksum(self, source: str) -> str:
        """Return what must be the same for what was compiled to be used."""
        return sha256(self._made_by + source.encode()).hexdigest()

    def load_bytecode(self, bucket: Bucket) -> None:
        """Load what was compiled, if it is there and was made of the same."""
        with suppress(OSError, EOFError, pickle.UnpicklingError):
            bucket.bytecode_from_string((self._folder / bucket.key).read_bytes())

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled for other processes, where Python may keep its own."""
        if sys.dont_write_bytecode:
            return
        with suppress(OSError):
            self._folder.mkdir(exist_ok=True)
            beside, name = tempfile.mkstemp(dir=self._folder)
            try:
                with os.fdopen(beside, "wb") as file:
                    bucket.write_bytecode(file)
                shutil.copymode(self._maker, name)
                Path(name).replace(self._folder / bucket.key)
            except OSError:
                Path(name).unlink(missing_ok=True)
