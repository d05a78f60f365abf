"""Keeps source values out of exceptions: libraries quote data in their messages, and engines log them.

Every function that an engine runs for us is guarded: our own errors pass, anything else becomes an error that
names its type and where it happened, and nothing it said.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import ParamSpec, TypeVar

from tokumei.schemas.errors import TokumeiError

# What ends a program or a generator; libraries in Rust derive their panics from BaseException too.
_LEAVE = (KeyboardInterrupt, SystemExit, GeneratorExit)

P = ParamSpec("P")
R = TypeVar("R")


def unexpected(error: BaseException) -> TokumeiError:
    """Return an error with the type of ``error`` and its innermost places in the code, without its text."""
    places = []
    trace = error.__traceback__
    while trace is not None:
        places.append(f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}")
        trace = trace.tb_next
    if isinstance(error, MemoryError):  # Arrow's too
        return TokumeiError(
            "memory",
            where=" > ".join(places[-4:]),
            what="there is no memory left; a release without manifest.json is not published",
            fix="give the process more memory, or run fewer workers, threads or slots beside one another",
        )
    return TokumeiError(
        "unexpected",
        where=" > ".join(places[-4:]),
        what=f"unexpected {type(error).__name__}; a release without manifest.json is not published",
        fix="run again; if it fails again, report this message",
    )


def guarded(function: Callable[P, R]) -> Callable[P, R]:
    """Guard a function that an engine calls."""

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except (TokumeiError, *_LEAVE):
            raise
        except BaseException as error:
            raise unexpected(error) from None

    return call


def guarded_steps(function: Callable[P, Iterator[R]]) -> Callable[P, Iterator[R]]:
    """Guard a generator that an engine drives."""

    @functools.wraps(function)
    def drive(*args: P.args, **kwargs: P.kwargs) -> Iterator[R]:
        try:
            yield from function(*args, **kwargs)
        except (TokumeiError, *_LEAVE):
            raise
        except BaseException as error:
            raise unexpected(error) from None

    return drive
