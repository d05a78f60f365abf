"""A run that is refused: one message, the documented status, and nothing written."""

import json

CANARY = "CANARY"  # part of every value of the files: it must not come out anywhere


def refused(run, policy, files, code, part, *, status=3):
    """Run once; the message as --json gives it is checked to be alone, valid and free of values."""
    done = run(policy, files, args=["--json"])
    assert done.status == status, done.err
    assert done.out == "" and done.err.count("\n") == 1
    error = json.loads(done.err)
    assert list(error) == ["status", "code", "where", "what", "fix"]
    assert (error["status"], error["code"]) == (status, code)
    assert all(error[key].strip() for key in ("where", "what", "fix"))
    assert part in f"{error['where']}: {error['what']}: {error['fix']}"
    assert CANARY not in done.err and "Traceback" not in done.err
    nothing_released(done)
    return error


def nothing_released(done):
    assert [file for file in done.root.rglob("*") if file.is_file()] == []
