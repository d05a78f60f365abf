"""Five nights on a Flink cluster: kinds of the thirty, the command in the launcher, the work on the cluster."""

import contextlib
import io
import json

import pytest
from engines.conftest import flink_cluster
from engines.flink_run import load_cluster
from support.helpers import policy_of
from support.nights import (
    CANARY,
    COLUMNS,
    PARTS,
    Call,
    Inbox,
    bad,
    complete,
    corrected,
    date_of,
    late,
    partial,
    releases_of,
    releases_told,
    said,
)

from tokumei.pipelines.cli import main

OWED = Call("what is owed", ("released",), (3, 3))  # the third file of the partial night comes
FIVE = {1: complete(1), 2: late(2), 3: partial(3), 4: bad(4), 5: corrected(5)}
FIVE[5] = FIVE[5]._replace(calls=(*FIVE[5].calls, OWED))
ON_FLINK = {"released", "replaces", "input.rejects"}  # all else is told before there is a job


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """Every night played: the folder, what each call said, and the states of the jobs that Flink had."""
    folder = tmp_path_factory.mktemp("nights")
    (folder / "policy.yaml").write_text(json.dumps(policy_of(COLUMNS, **PARTS)))
    inbox, told = Inbox(folder), []
    with flink_cluster(folder / "cluster", "--task-managers=1", "--slots=1") as state:
        for day, night in FIVE.items():
            for call in night.calls:
                inbox.happens(call.happens, day)
                day_of, _ = call.days or (day, day)
                told.append((day, call.happens, command(folder, day_of, state["options"])))
        jobs = load_cluster().overview(state, "/jobs/overview")["jobs"]
    return folder, told, sorted(job["state"] for job in jobs)


def command(folder, day, options):
    """What the command says of a day; it is kept beside the cluster's logs."""
    out, err = io.StringIO(), io.StringIO()
    args = ["anonymize", f"{folder}/policy.yaml", f"--output={folder}/out", f"--date={date_of(day)}"]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        main([*args, *options])
    with (folder / "cluster" / "command.log").open("a") as log:
        log.write(out.getvalue() + err.getvalue())
    return said(out.getvalue(), err.getvalue())


def test_every_call_says_what_the_table_says_and_flink_did_the_work(played):
    _, told, jobs = played
    assert told == [(day, c.happens, [*c.says]) for day, night in FIVE.items() for c in night.calls]
    expected = [c.says[0] for night in FIVE.values() for c in night.calls if c.says[0] in ON_FLINK]
    refused = expected.count("input.rejects")
    assert jobs == sorted(["CANCELED"] * refused + ["FINISHED"] * (len(expected) - refused))


def test_what_stands_afterwards_is_what_the_table_says_and_no_value_stands_anywhere(played, capsys):
    folder, _, _ = played
    assert releases_of(folder) == releases_told(FIVE)
    assert [main(["verify", f"{folder}/out"]), main(["register", "check", f"{folder}/out"])] == [0, 0]
    assert capsys.readouterr().out.count(": whole") == len(FIVE) + 1  # the corrected night has two
    written = [p for part in ("out", "cluster") for p in (folder / part).rglob("*") if p.is_file()]
    assert len(written) > 50 and not [p for p in written if CANARY.encode() in p.read_bytes()]
