"""No source value leaves the data on any engine: neither what it writes nor its logs hold a marked value."""

import pytest
from support.canary_job import PEOPLE, WANTED, leaks_in, run_watched, write_input


def put_a_text_among_days(data):
    return data.replace(PEOPLE[59]["birth"].encode(), PEOPLE[59]["氏名"].encode("cp932"))


@pytest.mark.parametrize("change", [None, put_a_text_among_days], ids=["released", "refused"])
def test_every_byte_of_an_engine(engine, tmp_path, change):
    write_input(tmp_path / "in", change=change)
    before = files_of(engine.logs)  # Flink's own jars, 60 MB in all, and what it said before this job
    done = run_watched(tmp_path, engine.args)
    assert done.status == (3 if change else 0), done.err
    assert leaks_in(tmp_path) == set()
    written = [path for path, state in files_of(engine.logs).items() if before.get(path) != state]
    logs = {path: WANTED.find(path.read_bytes()) for path in written}
    assert {path: hits for path, hits in logs.items() if hits} == {}


def files_of(folder):
    found = {path: path.stat() for path in folder.rglob("*") if path.is_file()}
    return {path: (stat.st_mtime_ns, stat.st_size) for path, stat in found.items()}
