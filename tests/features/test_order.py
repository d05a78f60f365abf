"""Order: which part a row is in, and where it stands there, tells nothing of where it stood."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.choosing import SPLIT
from support.helpers import DATA, KEEP_ALL, PSEUDONYM, SUPPRESS, policy_of
from support.kernels import KEY

from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.release import dealing
from tokumei.transforms.stages import dealt as dealt_stage

pytestmark = pytest.mark.usefixtures("apart")  # every file is a chunk

COLUMNS = {"id": {"treat": [PSEUDONYM]}, "month": KEEP_ALL, "n": {"treat": [SUPPRESS]}}
SEVERAL = policy_of(COLUMNS, path="*.csv", person="id", rows="several", k=3)
ONE = policy_of(COLUMNS, path="*.csv", person="id", k=3)
MONTHS = {
    f"{month:02}.csv": "id,month,n\n" + "".join(f"p{month * 7 + i},m{month},{i % 5}\n" for i in range(100))
    for month in range(12)
}


def stretch(policy, **more):
    table = {**policy["tables"]["t"], "order": "stretch", "because": "月ごとに使うため", **more}
    return {**policy, "tables": {"t": {k: v for k, v in table.items() if v is not None}}}


def parts(done):
    return [pq.read_table(done.release / f["path"]) for f in done.manifest["tables"]["t"]["files"]]


def people(part):
    return len(set(part["id"].to_pylist()))


@pytest.fixture
def many(monkeypatch):
    """Parts are small, so that there are several of small tables."""

    def parts_of_cells(cells, spare=dealing.SPARE):
        monkeypatch.setattr(dealing, "PART_CELLS", cells)
        monkeypatch.setattr(dealing, "SPARE", spare)

    return parts_of_cells


def test_a_part_tells_no_month(run, many):
    """Each of 12 files gives every part as many rows: the parts are alike, exactly."""
    many(900, spare=2)
    done = run(SEVERAL, MONTHS)
    assert done.status == 0, done.err
    counts = [Counter(part["month"].to_pylist()) for part in parts(done)]
    assert len(counts) == 4 and all(n == {f"m{month}": 25 for month in range(12)} for n in counts)
    told = done.report["tables"][0]["order"]
    assert (told["order"], told["parts"]) == ("global", 4) and "4個のファイル" in told["sentence"]
    assert done.manifest["tables"]["t"]["order"] == "global" and told["sentence"] == done.report["order"]


def test_a_part_has_no_more_rows_than_a_sheet(many, monkeypatch):
    many(10**9, spare=1)
    fitted = SimpleNamespace(records=3_000_001, people=3_000_001)
    plan = SimpleNamespace(table=SimpleNamespace(order="global", released=("n",)), counts_people=True, k=10)
    assert dealing.parts_of(plan, SimpleNamespace(fitted=fitted)) == 4
    fitted.people = 25  # fewer parts, so that each has k people
    assert dealing.parts_of(plan, SimpleNamespace(fitted=fitted)) == 2


def test_rows_of_one_file_stand_among_all_others(run, many):
    many(900, spare=2)
    done = run(SEVERAL, MONTHS)
    for part in parts(done):
        months = part["month"].to_pylist()
        assert sum(a == b for a, b in pairwise(months)) < len(months) / 4


def test_small_files_become_parts_of_at_least_k_people(run, many):
    """60 files of three people; each would be a part that tells who is in it."""
    files = {f"{i}.csv": "id,month,n\n" + "".join(f"{i}-{j},m,{j}\n" for j in range(3)) for i in range(60)}
    done = run({**ONE, "requirements": {**ONE["requirements"], "k": 5}}, files)
    assert done.status == 0, done.err
    assert [people(part) for part in parts(done)] == [180]
    many(60, spare=6)
    done = run({**ONE, "requirements": {**ONE["requirements"], "k": 5}}, files, output="many")
    counts = [people(part) for part in parts(done)]
    assert len(counts) == 180 // (6 * 5) and min(counts) >= 5 and sum(counts) == 180


def test_large_files_of_people_stay_as_they_are(run):
    """Where every part surely holds k people, nothing is shuffled, and the report says what that means."""
    files = {f"{i}.csv": "id,month,n\n" + "".join(f"{i}-{j},m{i},1\n" for j in range(40)) for i in range(2)}
    done = run(ONE, files)
    assert [set(part["month"].to_pylist()) for part in parts(done)] in ([{"m0"}, {"m1"}], [{"m1"}, {"m0"}])
    assert (
        done.report["tables"][0]["order"]["order"] == "stretch" and "元の並びで近い" in done.report["order"]
    )
    files["2.csv"] = "id,month,n\n2-0,m2,1\n"
    done = run(ONE, files, output="with one of a single person")
    assert [people(part) for part in parts(done)] == [81]
    assert done.report["tables"][0]["order"]["order"] == "global"
    done = run(ONE | {"tables": {"t": {**ONE["tables"]["t"], "order": "global"}}}, files, output="asked for")
    assert [people(part) for part in parts(done)] == [81]


def test_stretches_are_kept_for_a_reason_alone(run):
    policy = stretch(SEVERAL)
    done = run(policy, MONTHS)
    assert done.status == 0, done.err
    assert sorted("".join(set(part["month"].to_pylist())) for part in parts(done)) == sorted(
        f"m{i}" for i in range(12)
    )
    assert "月ごとに使うため" in done.report["order"] and done.manifest["tables"]["t"]["order"] == "stretch"
    dealt = run(SEVERAL, MONTHS, output="dealt")
    kept = [Counter((row["month"], row["n"]) for row in found.rows()) for found in (done, dealt)]
    assert kept[0] == kept[1] and sum(kept[0].values()) == 1200
    for wrong in (stretch(SEVERAL, because=None), stretch(SEVERAL, order=None)):
        refused = run(wrong, MONTHS, output="refused")
        assert refused.status == 2 and "table.because" in refused.err


def test_a_part_of_fewer_than_k_people_is_refused(run):
    files = MONTHS | {"last.csv": "id,month,n\np1,m99,1\np2,m99,1\n"}
    done = run(stretch(SEVERAL), files)
    assert done.status == 4 and "requirement.part_people" in done.err and "1 of 13 parts" in done.err
    assert "remove order: stretch" in done.err and not list(done.root.rglob("part-*"))
    assert run(SEVERAL, files, output="dealt").status == 0


def test_who_has_many_rows_is_one_of_the_people_of_a_part(run, many):
    """50 rows of two people are two people, in the file and in every part."""
    files = {"a.csv": "id,month,n\n" + "".join(f"p{i % 2},m,1\n" for i in range(50))}
    files["b.csv"] = "id,month,n\n" + "".join(f"q{i},m,1\n" for i in range(50))
    done = run(stretch(SEVERAL), files)
    assert done.status == 4 and "1 of 2 parts" in done.err
    many(60, spare=1)
    done = run(SEVERAL, files, output="dealt")
    assert done.status == 0, done.err
    assert len(parts(done)) == 5 and min(map(people, parts(done))) >= 3


def test_bundles_that_are_repeated_deal_the_same(run, many):
    many(900, spare=2)
    done = run(SEVERAL, MONTHS, args=["--direct_runner_bundle_repeat=2"])
    assert done.status == 0, done.err
    assert len(done.rows()) == 1200 and len(list(done.root.rglob("part-*"))) == 4


def test_a_chunk_is_dealt_the_same_again_and_otherwise_by_another_key():
    batch = pa.RecordBatch.from_pydict({"a": pa.array(np.arange(1000)), "b": pa.array(["x"] * 1000)})

    def dealt(key, number=0):
        order = dealing.drawn_order(key, (SPLIT.split_id, number), 1000)
        rows = batch.take(pa.array(order))
        made = dealing.deal(("t", (SPLIT.split_id, number)), key, 7, rows, None)
        return {place: rows.batch.column("a").to_pylist() for place, rows in made}

    once = dealt(KEY)
    assert once == dealt(KEY) and once != dealt(RunKey.draw()) and once != dealt(KEY, 1)
    assert sorted(x for rows in once.values() for x in rows) == list(range(1000))
    assert {len(rows) for rows in once.values()} == {142, 143}


def test_a_chunk_is_cut_into_a_bounded_number_of_slices_for_parts_that_are_drawn():
    batch = pa.RecordBatch.from_pydict({"a": pa.array(np.arange(1000))})
    places = [
        {part for (_, part), _ in dealing.deal(("t", ("s", number)), KEY, 10_000, batch, None)}
        for number in range(2)
    ]
    assert [len(found) for found in places] == [dealing.SLICES] * 2 and places[0] != places[1]


def test_the_numbers_of_the_documents():
    text = (Path(dealing.__file__).parents[1] / "README.md").read_text()
    assert (dealing.PART_CELLS, dealing.SPARE, dealing.SLICES) == (2_000_000, 20, 64)
    assert "two million cells" in text and "20 × k people" in text and "at most 64" in text


def test_rows_lost_and_doubled_on_the_way_are_seen(run, monkeypatch, many):
    """As many rows as there should be, but one slice came twice and another not at all."""
    many(900, spare=2)
    real = dealt_stage.gather

    def swap(part, slices):
        first, _, *others = slices
        return real(part, [first, first, *others])

    monkeypatch.setattr(dealt_stage, "gather", swap)
    done = run(SEVERAL, MONTHS)
    assert done.status == 4 and "did not all reach their part" in done.err


def test_rows_made_with_another_key_are_refused(run, monkeypatch):
    real = dealt_stage.gather

    def alter(part, slices):
        return real(part, [replace(rows, fingerprint="x") for rows in slices])

    monkeypatch.setattr(dealt_stage, "gather", alter)
    done = run(SEVERAL, MONTHS)
    assert done.status == 4 and "different keys" in done.err


def test_what_is_recounted_on_parts_is_what_is_recounted_on_the_whole(run, many):
    """947 patients: classes, labels, combinations and people do not depend on how rows are dealt."""
    text = (DATA / "anonypy" / "receipt.csv").read_text("utf-8-sig")
    kept = {
        "iid": {"treat": [PSEUDONYM]},
        "sex": {"treat": [SUPPRESS]},
        "icd10": {
            "sensitive": True,
            "treat": [{"criterion": 4, "method": "rare_categories", "action": "cell"}],
        },
        "r_type": KEEP_ALL,
    }
    dropped = {"drop": True, "because": "試験"}
    columns = {name: kept.get(name, dropped) for name in text.split("\n")[0].strip().split(",")}
    policy = policy_of(columns, person="iid", rows="several", k=5, limit=0.1)
    policy["file"] = {**policy["file"], "sensitive": True}
    policy["tables"]["t"]["combinations"] = [
        {"criterion": 4, "columns": ["sex", "icd10", "r_type"], "action": "cell", "because": "試験"}
    ]
    whole = run(policy, {"data.csv": text})
    assert whole.status == 0, whole.err
    many(12_000)
    dealt = run(policy, output="dealt")
    assert dealt.status == 0, dealt.err
    assert (len(parts(whole)), len(parts(dealt))) == (1, 5)
    for what in ("risk_after", "combinations", "people_out", "records_out", "recoding", "leak_scan"):
        assert whole.report["tables"][0][what] == dealt.report["tables"][0][what], what
    values = [
        Counter(tuple(row[c] for c in ("sex", "icd10", "r_type")) for row in d.rows()) for d in (whole, dealt)
    ]
    assert values[0] == values[1]
    for part in parts(dealt):
        assert len(set(part["iid"].to_pylist())) >= 5
