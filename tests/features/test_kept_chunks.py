"""In a process that is the whole engine, text is converted and treated once: pass 3 gets what pass 1 has made."""

import csv
from dataclasses import replace

import pyarrow as pa
import pytest
import yaml
from support.helpers import KEEP_ALL, QI, SUPPRESS, policy_of

from tokumei.schemas.splits import Split
from tokumei.transforms.engine.chunks import NOTHING_LEFT_OUT, Chunk, Work
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.formats import csv as reader
from tokumei.transforms.planning import kept_chunks
from tokumei.transforms.planning.prepare import make_plan
from tokumei.transforms.profile.profile import profile_chunk
from tokumei.transforms.values import addresses

ADDRESS = [
    {"criterion": 1, "method": "address", "level": "city"},
    {**QI, "hierarchy": {"kind": "address"}},
]
HOMES = [
    "東京都港区芝公園1-1",
    "東京都港区芝公園2-1",
    "京都府京都市中京区1",
    "京都府京都市中京区2",
    "不明",
    "",
]
COLUMNS = {"town": {"treat": [SUPPRESS]}, "n": {"type": "integer", **KEEP_ALL}}
LINES = "town,n\n東京,1\n東京,2\n京都,bad\n京都,3\n,\n京都,4\n"


@pytest.mark.parametrize(("room", "conversions"), [(1 << 20, 1), (0, 2)])
def test_text_is_converted_once_and_the_release_is_the_same(run, monkeypatch, room, conversions):
    """What pass 1 rejected, and what is blank, is left out by either way and told of once."""
    parse, parsed = reader._parse, []

    def counted(block, layout):
        parsed.append(block)
        return parse(block, layout)

    monkeypatch.setattr(reader, "_parse", counted)
    monkeypatch.setattr(kept_chunks, "KEPT_BYTES", room)
    policy = policy_of(
        COLUMNS, rejects={"limit": 1}, source={"blank_records": "skip"}, output={"format": "csv"}
    )
    done = run(policy, {"data.csv": LINES})
    assert done.status == 0, done.err
    assert len(parsed) == conversions
    (part,) = done.root.glob("releases/*/data/t/*.csv")
    rows = sorted(csv.reader(part.read_text(encoding="utf-8").splitlines()))
    assert rows == [["town", "n"], ["京都", "3"], ["京都", "4"], ["東京", "1"], ["東京", "2"]]
    (table,) = done.report["tables"]
    told = ("records_blank", "records_rejected", "records_out")
    assert [table[name] for name in told] == [1, 1, 4]


@pytest.mark.parametrize(("room", "readings"), [(1 << 20, 1), (11, 2)])
def test_addresses_are_read_once_and_the_release_is_the_same(run, monkeypatch, room, readings):
    """Of six rows the numbers alone take twelve bytes."""
    read, generalize = [], addresses.generalize_addresses

    def counted(values, level):
        read.append(len(values))
        return generalize(values, level)

    monkeypatch.setattr(addresses, "generalize_addresses", counted)
    monkeypatch.setattr(kept_chunks, "TREATED_BYTES", room)
    columns = {"n": {"drop": True, "because": "試験"}, "住所": {"treat": ADDRESS}}
    lines = "n,住所\n" + "".join(f"{n},{home}\n" for n, home in enumerate(HOMES))
    done = run(policy_of(columns, output={"format": "csv"}), {"data.csv": lines})
    assert done.status == 0, done.err
    assert len(read) == readings
    (part,) = done.root.glob("releases/*/data/t/*.csv")
    rows = sorted(csv.reader(part.read_text(encoding="utf-8").splitlines()))
    assert rows == [
        [],
        [],
        ["京都府京都市中京区"],
        ["京都府京都市中京区"],
        ["住所"],
        ["東京都港区"],
        ["東京都港区"],
    ]
    (column,) = (c for c in done.report["tables"][0]["columns"] if c["name"] == "住所")
    counts = column["steps"][0]["counts"]
    assert (counts["cells_changed"], counts["cells_blanked"]) == (5, 1)


def test_what_was_made_of_other_values_is_not_taken(tmp_path):
    (tmp_path / "data.csv").write_text("住所\n" + "\n".join(HOMES[:5]) + "\n", encoding="utf-8")
    (tmp_path / "policy.yaml").write_text(yaml.safe_dump(policy_of({"住所": {"treat": ADDRESS}})))
    plan = make_plan(str(tmp_path / "policy.yaml"), str(tmp_path / "out"), None)[0].tables["t"]
    split = Split("t", (), "s")
    work = Work(split, RunKey.draw(), NOTHING_LEFT_OUT)

    def chunk(homes):
        batch = pa.record_batch({"住所": pa.array(homes, pa.string())})
        return Chunk(work=work, number=0, last=True, records=5, rejects={}, rejected=(), batch=batch)

    def taken(homes):
        with kept_chunks.keeping():
            profile_chunk(plan, chunk(HOMES[:5]))
            return kept_chunks.treated_before(plan, "住所", chunk(homes))

    found = taken(HOMES[:5])
    assert found.rows().to_pylist() == ["東京都港区"] * 2 + ["京都府京都市中京区"] * 2 + [None]
    assert found == replace(plan.chains["住所"].reach(pa.array(HOMES[:5]), work.key), indices=found.indices)
    assert taken([*HOMES[1:5], HOMES[0]]) is None  # as many bytes
    assert taken(HOMES[:4]) is None
    assert taken([*HOMES[:4], None]) is None
    assert kept_chunks.treated_before(plan, "住所", chunk(HOMES[:5])) is None  # nobody keeps
