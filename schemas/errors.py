"""The errors a user can meet, each with its documented exit status.

Every error says where it happened, what is wrong and how to fix it, and never holds a source value.
Errors raised inside an engine's worker come back to the launcher as text; `marked` and `recover` carry
them through that text unchanged.
"""

from __future__ import annotations

import json
import re
from typing import ClassVar

_MARK = re.compile(r"⟦tokumei(\{.*?\})⟧", re.DOTALL)


class TokumeiError(Exception):
    """Base of all errors shown to users.

    Attributes:
        code: short stable name, for example ``policy.unknown_key``.
        where: file, path in the policy, table and column, split or row number.
        what: the rule that is broken, without any source value.
        fix: what the user can do.
    """

    status: ClassVar[int] = 1

    def __init__(self, code: str, *, where: str, what: str, fix: str) -> None:
        self.code, self.where, self.what, self.fix = code, where, what, fix
        # The marker survives an engine that reports exceptions as text only.
        super().__init__(f"⟦tokumei{json.dumps(self.as_dict(), ensure_ascii=True)}⟧")

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (self.as_dict(),)

    def as_dict(self) -> dict[str, object]:
        """Return the error as the object printed by ``--json``."""
        return {
            "status": self.status,
            "code": self.code,
            "where": self.where,
            "what": self.what,
            "fix": self.fix,
        }

    def message(self) -> str:
        """Return the error as one readable message for stderr."""
        return f"error [{self.code}] {self.where}\n  what: {self.what}\n  fix:  {self.fix}"


class PolicyError(TokumeiError):
    """The policy, or the command line, is wrong: exit status 2."""

    status = 2


class InputError(TokumeiError):
    """The input cannot be read as declared: exit status 3."""

    status = 3


class RequirementError(TokumeiError):
    """A requirement cannot be met or verification failed; nothing is released: exit status 4."""

    status = 4


class AlreadyPublishedError(TokumeiError):
    """The release id is published with other content, or was withdrawn: exit status 5."""

    status = 5


_BY_STATUS = {c.status: c for c in (PolicyError, InputError, RequirementError, AlreadyPublishedError)}


def _rebuild(fields: dict[str, object]) -> TokumeiError:
    kind = _BY_STATUS.get(int(str(fields["status"])), TokumeiError)
    return kind(
        str(fields["code"]), where=str(fields["where"]), what=str(fields["what"]), fix=str(fields["fix"])
    )


def recover(error: BaseException) -> TokumeiError | None:
    """Find the TokumeiError inside any exception an engine raised, or None if there is none."""
    if isinstance(error, TokumeiError):
        return error
    found = _MARK.search(str(error))
    if found:
        return _rebuild(json.loads(found.group(1)))
    cause = error.__cause__ or error.__context__
    return recover(cause) if cause is not None else None
