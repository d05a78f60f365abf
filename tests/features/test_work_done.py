"""What a run does, counted: a regression guard that no busy machine disturbs.

`work_done.md` says for each job, exactly: how many records every pass reads; which columns each opening of a file
reads, in the order of the passes (what is deleted is not read unless its values are searched for; in files as small
as these, whoever looks at the first records reads whole columns); what is asked of the store; how
often each treatment is called, over how many values (its column's distinct ones, where these repeat); how often what
all workers get is pickled; and how many elements leave each fused stage of the in-process engine, through a shuffle
or kept for other stages, side inputs among them. Source records are never among these; rows are that are released in
global order, once. Bytes are those that an engine elsewhere would move, and bounds: random order packs
a little differently every time, and so does another version of a library.

New tables: ``PYTHONPATH=tests .venv/bin/python tests/features/test_work_done.py``, and look at what differs.
"""

import re
import tempfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from support.work_done import count_work

from tokumei.pipelines.cli import main
from tokumei.transforms.planning import inputs

TABLES = Path(__file__).with_name("work_done.md")
POLICIES = Path(__file__).parents[1] / "benchmarks"
# Preset, rows, format. Every Parquet file is cut in two: as many splits, chunks and parts.
JOBS = {
    "residents": ("residents", 20_000, "parquet"),
    "residents as text": ("residents", 20_000, "csv"),
    "claims, several rows a person": ("claims", 10_000, "parquet"),
    "members and receipts": ("id_pos", 20_000, "parquet"),
}
HEAD = "| what | count | bytes at most |\n| --- | --- | --- |\n"
TOLD = """{job}: the job does other work than {table} says. Not that it is slower: it does more, less or other things.
A count that went down, or a line that has gone, is good: write the new tables (see the test's first lines). Find out
what raised one that went up: at every size of file it costs a pass more, a column read once more, a method on every
row instead of on distinct values, a decision pickled again, or larger elements in a shuffle. If it is worth that,
write the new tables and say why in the commit.

{changes}"""


def run(name, folder):
    """Run a job in this process and return what it did."""
    preset, rows, layout = JOBS[name]
    made = ["synthesize", preset, "--rows", f"{rows}", "--format", layout, "--output", str(folder)]
    assert main([*made, *(["--encoding", "cp932"] if layout == "csv" else [])]) == 0
    policy = (POLICIES / f"{preset}.yaml").read_text()
    if layout == "csv":
        policy = policy.replace("parquet, format: parquet", "csv, format: csv, encoding: cp932")
    for file in list(folder.glob("*.parquet")):
        whole = pq.read_table(file)
        half = whole.num_rows // 2
        for i in range(2):
            pq.write_table(whole.slice(i * half, half), folder / f"{file.stem}-{i}.parquet")
        policy = policy.replace(file.name, f"{file.stem}-*.parquet")
        file.unlink()
    (folder / "policy.yaml").write_text(policy)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inputs, "TOGETHER_FILES", 1)  # as large files, each is a split
        work = count_work(patch)
        assert main(["anonymize", str(folder / "policy.yaml"), "--output", str(folder / "out")]) == 0
        return list(work.facts())


def written():
    """The tables: what → (count, bytes at most), by job."""
    tables = {}
    for section in TABLES.read_text().split("\n## ")[1:]:
        name, _, table = section.partition("\n\n")
        cells = [line.strip("|").split("|") for line in table.removeprefix(HEAD).splitlines() if line]
        rows = [[cell.strip() for cell in row] for row in cells]
        tables[name] = {what: (count, int(size.replace(",", "") or 0)) for what, count, size in rows}
    return tables


def told(fact):
    """A line of a table."""
    return f"| {fact.what} | {fact.count} | {'' if fact.size is None else f'{bound(fact.size):,}'} |"


def bound(size):
    """A tenth more, in two digits; whatever the paths are that small elements hold."""
    unit = 10 ** max(len(f"{size}") - 2, 0)
    return max(-(-size * 11 // (10 * unit)) * unit, 2_000)


# Histograms of 64 buckets, of which the engine encodes some more to learn their size: how many is chance.
SAMPLED = {"pickled, TableCount"}
# Different values of people who are drawn (exposures) are hashed too: some more or fewer, by the path of the file.
DRAWN = {"calls, keyed_hashes"}
_OVER = re.compile(r"(\d+) over ([\d,]+) values")


def nearly(one, other):
    """Whether two counts of calls over values are of as many calls, and within one value in a thousand."""
    (calls, values), (as_many, others) = (_OVER.fullmatch(count).groups() for count in (one, other))
    values, others = (int(text.replace(",", "")) for text in (values, others))
    return calls == as_many and abs(values - others) <= 0.001 * others


@pytest.mark.parametrize("name", JOBS)
def test_a_job_does_the_work_that_its_table_says(name, tmp_path):
    table, counted = written()[name], {fact.what: fact for fact in run(name, tmp_path)}
    changes = [f"gone: {what} | {count}" for what, (count, _) in table.items() if what not in counted]
    for what, fact in counted.items():
        count, most = table.get(what, ("nothing", 0))
        if what in SAMPLED and int(fact.count) <= int(count) * 1.3:
            continue
        if what in DRAWN and count != "nothing" and nearly(fact.count, count):
            continue
        if fact.count != count:
            changes.append(f"{what}: {fact.count}, was {count}")
        elif (fact.size or 0) > most:
            changes.append(f"{what}: {fact.size:,} bytes, were at most {most:,}")
    assert not changes, TOLD.format(job=name, table=TABLES.name, changes="\n".join(changes))


def test_no_table_lets_records_leave_their_stage():
    """However the tables are renewed: records and what is bound to a split stay where they are."""
    tables = written()
    assert set(tables) == set(JOBS)
    for table in tables.values():
        assert {table[f"pickled, {kind}"] for kind in ("Work", "Chunk", "Anonymized", "ReleasedChunk")} == {
            ("0", 0)
        }
        crossing = {w: n for w, (_, n) in table.items() if "shuffled" in w or "kept" in w}
        crossing.pop("Anonymize/Gather, shuffled", 0)  # what is released, where its order is global
        # Joined people take some 20 bytes each, four times; 3,456 names of products half a megabyte.
        # What was counted of exposures is bounded, 16 bytes a value or person, whatever the file's size.
        bounds = {w: 1_300_000 if "/Merge" in w else 600_000 for w in crossing}
        assert all(n < bounds[w] for w, n in crossing.items())
    assert not any("Anonymize/Gather, shuffled" in tables[job] for job in ("residents", "residents as text"))


def test_deleted_columns_are_not_read_unless_their_values_are_searched_for():
    """Names of people are read by pass 1: no header or label may hold one."""
    read = {what: count.split() for what, (count, _) in written()["residents"].items() if what[:4] == "read"}
    assert read and not {"郵便番号", "住民票コード", "個人番号"} & {c for cs in read.values() for c in cs}
    later = [cs for what, cs in read.items() if "生年月日" in cs and "電話番号" in cs]
    assert later and not {"氏名", "氏名カナ"} & {c for cs in later for c in cs}


def test_a_pass_more_is_seen(tmp_path, monkeypatch):
    """The guard can fail."""
    from tokumei.transforms.stages import profile as stage

    monkeypatch.setattr(stage, "tables_to_count", lambda tables, profile: frozenset(tables))
    counted = {fact.what: fact.count for fact in run("residents", tmp_path)}
    assert counted["records, people"] == "20,000" and "宛名番号" in counted.values()
    table = written()["residents"]
    assert "records, people" not in table and ("宛名番号", 0) not in table.values()


if __name__ == "__main__":
    sections = ["# What the jobs of `test_work_done.py` do, counted\n"]
    for job in JOBS:
        with tempfile.TemporaryDirectory() as place:
            lines = "\n".join(map(told, run(job, Path(place))))
            sections.append(f"## {job}\n\n{HEAD}{lines}\n")
    TABLES.write_text("\n".join(sections))
