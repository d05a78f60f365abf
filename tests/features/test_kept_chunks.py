"""In a process that is the whole engine, text is converted once: pass 3 gets the chunks of pass 1."""

import csv

import pytest
from support.helpers import KEEP_ALL, SUPPRESS, policy_of

from tokumei.transforms.formats import csv as reader
from tokumei.transforms.planning import kept_chunks

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
