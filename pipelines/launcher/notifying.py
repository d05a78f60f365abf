"""A command that is run when a run has ended; it learns of it by its environment alone."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING

from tokumei.schemas.errors import PolicyError

if TYPE_CHECKING:
    from tokumei.pipelines.launcher.account import Account

_SECONDS = 60  # that the command may take


def command_of(text: str) -> list[str]:
    """Return a command and its arguments, as a shell would part them; no shell reads anything else of it.

    Raises:
        PolicyError: it is empty or a quote is open, or there is no such program.
    """
    try:
        command = shlex.split(text)
    except ValueError:
        command = []
    if not command or shutil.which(command[0]) is None:
        raise PolicyError(
            "usage.notify",
            where="--notify",
            what="no program of this name can be run" if command else "this is no command",
            fix="give a program and its arguments, for example --notify '/usr/local/bin/tell-team nightly';"
            " where a shell is needed, write a script",
        )
    return command


def notify(account: Account, command: list[str]) -> str:
    """Run the command, and wait for it; return what went wrong with it, or an empty text.

    What the account says stands in the environment of the command, never in its arguments.
    """
    told = {
        "STATUS": account.status,
        "CODE": account.code,
        "RELEASE": account.release,
        "OUTPUT": account.output,
        "POLICY": account.policy,
        "JOB": account.job,
        "DATE": account.date,
        "SECONDS": round(account.seconds),
    }
    if account.outcome is not None:
        told |= {"RECORDS": account.outcome.records, "PEOPLE": account.outcome.manifest["people"]}
    environment = os.environ | {f"TOKUMEI_{name}": str(value) for name, value in told.items()}
    try:
        done = subprocess.run(  # noqa: S603  (the operator's own command, without a shell)
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"the command took longer than {_SECONDS} s and was ended"
    except OSError as error:
        return f"the command could not be run ({error.strerror})"
    return f"the command ended with {done.returncode}" if done.returncode else ""
