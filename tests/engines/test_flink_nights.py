"""Five nights of the table of thirty on a Flink cluster: what is counted there ends the run, or replaces a release."""

import json
from pathlib import Path

from engines.flink_run import SUBTASKS, options
from engines.one_job import anonymize, no_value_in
from support.helpers import policy_of
from support.nights import COLUMNS, NIGHTS, PARTS, Inbox, date_of, releases_of, said

DAYS = (1, 15, 7, 4, 9)  # complete, with too few records, corrected, repeated, bad


def test_five_nights_come_to_what_the_table_says(cluster, tmp_path):
    _, state = cluster
    assert [NIGHTS[day].kind for day in DAYS] == ["complete", "short", "corrected", "repeated", "bad"]
    (tmp_path / "policy.yaml").write_text(json.dumps(policy_of(COLUMNS, **PARTS)))
    inbox, run = Inbox(tmp_path), options(state, SUBTASKS)
    for day in DAYS:
        for call in NIGHTS[day].calls:
            inbox.happens(call.happens, day)
            done = anonymize(tmp_path, [*run, "--date", date_of(day)])
            assert said(done.out, done.err) == [*call.says], (day, call, done.err)
            no_value_in(done, Path(state["run"]))
    assert releases_of(tmp_path) == {
        date_of(day): (NIGHTS[day].people, NIGHTS[day].withdrawn) for day in DAYS if NIGHTS[day].people
    }
