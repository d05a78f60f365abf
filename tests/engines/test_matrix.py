"""One job on every engine: the same release, the same refusal, and no value in any log."""

import re

from engines.one_job import anonymize, check_same, no_value_in, said, write_input


def test_the_release_is_the_same(engine, tmp_path, expected):
    write_input(tmp_path)
    done = anonymize(tmp_path, engine.args)
    assert done.status == 0, done.err
    assert said(done) == ""
    check_same(done, expected)
    no_value_in(done, engine.logs)


def test_a_refusal_is_the_same(engine, tmp_path):
    write_input(tmp_path, broken=True)
    done = anonymize(tmp_path, engine.args)
    assert done.status == 3, done.err
    where, what, _ = said(done).splitlines()  # one message, whatever the engine and its workers said
    assert re.fullmatch(r"error \[input.rejects\] .*/members-5.csv line 51 \(byte [0-9]+\)", where)
    assert what == "  what: unreadable records: 1 (allowed: 0): members.income: integer (1)"
    assert not list(done.root.rglob("manifest.json")) and not list(done.root.rglob("part-*"))
    no_value_in(done, engine.logs)
