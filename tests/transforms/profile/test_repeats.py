"""The first records of people who stood before, against a plain set, in files that are cut anywhere."""

import random
from pathlib import Path

import pytest
from support.choosing import planned
from support.helpers import PSEUDONYM, policy_of
from support.kernels import KEY

from tokumei.transforms.engine.chunks import NOTHING_LEFT_OUT, Work
from tokumei.transforms.formats.splits import plan_splits
from tokumei.transforms.planning.reading import read_chunks
from tokumei.transforms.profile import repeats
from tokumei.transforms.profile.profile import merge_profiles, profile_chunk
from tokumei.transforms.profile.repeats import first_repeats
from tokumei.transforms.storage.local import LocalStore

COLUMNS = {"id": {"treat": [PSEUDONYM]}, "n": {"type": "integer", "keep": True, "because": "試験"}}


def repeated(folder, files, *, rows="one", target=64):
    """Return (file, byte of the split, record in it) of what is told; files are lists of (code, n)."""
    policy = policy_of(COLUMNS, person="id", rows=rows)
    policy["tables"]["t"]["person_missing"] = "each_alone"
    plan = planned(policy).tables["t"]
    store, parts = LocalStore(), []
    for name, records in files.items():
        (folder / name).write_text("id,n\n" + "".join(f"{code},{n}\n" for code, n in records))
        (file,) = store.glob(str(folder / name))
        for split in plan_splits("t", plan.table.source, file, store, target):
            work = Work(split, KEY, NOTHING_LEFT_OUT)
            parts += [profile_chunk(plan, chunk) for chunk in read_chunks(plan, plan.profile_types(), work)]
    random.Random(0).shuffle(parts)
    found = merge_profiles({"t": plan}, parts)["t"]
    assert (len(found.once) > 0) == (rows == "one")
    return [
        (Path(p.stretch.file.uri).name, p.stretch.start, p.record) for p in first_repeats(plan, found, KEY)
    ]


@pytest.mark.parametrize("seed", range(4))
def test_they_are_those_of_a_plain_set(tmp_path, seed):
    """A record that cannot be read counts for nobody, and one without a code is nobody's twin."""
    draw = random.Random(seed)
    codes = [f"c{n:03}" for n in range(draw.choice([60, 400]))]
    files = {
        name: [(draw.choice([*codes, "", ""]), draw.choice(["1"] * 9 + ["x"])) for _ in range(100)]
        for name in ("a.csv", "b.csv")
    }
    seen, expected = set(), []
    for name, records in files.items():
        for number, (code, n) in enumerate(records, 1):
            if code and n != "x":
                if code in seen:
                    expected.append((name, number))
                seen.add(code)
    whole = repeated(tmp_path, files, target=32 << 20)
    assert [(name, record) for name, start, record in whole] == expected[: repeats.MAX_PLACES]
    assert len(expected) > repeats.MAX_PLACES
    cut = repeated(tmp_path, files, target=64)
    above = {name: [5] for name in files}
    for name, records in files.items():
        for code, n in records:
            above[name].append(above[name][-1] + len(f"{code},{n}\n"))
    at = [(name, above[name].index(max(start, 5)) + record) for name, start, record in cut]
    assert at == expected[: repeats.MAX_PLACES]
    assert any(start for _, start, _ in cut)


def test_what_may_be_remembered_is_bounded(tmp_path, monkeypatch):
    """One who repeats behind so many people is not told; before, he is."""
    records = [(f"c{n}", 1) for n in range(100)] + [("c5", 1)]
    assert len(repeated(tmp_path, {"a.csv": records})) == 1
    monkeypatch.setattr(repeats, "MAX_REMEMBERED", 50)
    assert repeated(tmp_path, {"a.csv": records}) == []
    near = [*records[:20], ("c5", 1), *records[20:]]
    assert len(repeated(tmp_path, {"a.csv": near})) == 1


def test_tables_of_several_rows_a_person_remember_no_split(tmp_path):
    assert repeated(tmp_path, {"a.csv": [("c1", 1), ("c1", 1)]}, rows="several") == []
