"""What pass 1 reads first is begun before the engine is there: the same records, read once, and the same faults."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from support.helpers import QI, policy_of

from tokumei.schemas.errors import InputError
from tokumei.transforms.engine.chunks import NOTHING_LEFT_OUT, LeftOut, Work
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.formats import parquet
from tokumei.transforms.formats.splits import cut_files
from tokumei.transforms.planning import ahead
from tokumei.transforms.planning.ahead import begun_ahead, reading_ahead
from tokumei.transforms.planning.prepare import make_plan
from tokumei.transforms.planning.reading import read_chunks
from tokumei.transforms.values import place_spellings

ADDRESS = {
    "treat": [
        {"criterion": 1, "method": "address", "level": "city"},
        {**QI, "hierarchy": {"kind": "address"}},
    ]
}
TOWNS = [
    "東京都千代田区霞が関1",
    "大阪府大阪市北区中之島1",
    "北海道札幌市中央区北1",
    "京都府京都市中京区2",
    "東京都港区芝公園1",
]


@pytest.fixture
def planned(tmp_path, monkeypatch):
    """A plan over five addresses in batches of two, its file and its only split."""
    monkeypatch.setattr(parquet, "MAX_ROWS", 2)
    pq.write_table(pa.table({"住所": TOWNS}), tmp_path / "data.parquet")
    policy = policy_of({"住所": ADDRESS}, path="data.parquet", source={"format": "parquet"})
    (tmp_path / "policy.yaml").write_text(yaml.safe_dump(policy))
    plan, files = make_plan(str(tmp_path / "policy.yaml"), str(tmp_path / "out"), None)
    table = plan.tables["t"]
    (split,) = cut_files(table.table.source, files[:1])
    return plan, files, split


def read(plan, split, decision=NOTHING_LEFT_OUT):
    table = plan.tables["t"]
    (chunk,) = read_chunks(table, table.profile_types(), Work(split, RunKey.draw(), decision))
    return chunk.batch.column("住所").to_pylist(), chunk.records, chunk.seen


@pytest.mark.parametrize("most", [1, 2, 4])
def test_what_was_begun_is_read_on_once(planned, monkeypatch, most):
    monkeypatch.setattr(ahead, "BATCHES_AHEAD", most)
    plan, files, split = planned
    alone = read(plan, split)
    opened = []
    monkeypatch.setattr(ahead, "begin_reading", counted(ahead.begin_reading, opened))
    with reading_ahead(plan, files):
        ahead._ahead[-1]._thread.join()
        assert ahead.cut_ahead((files[0],)) == [split]
        assert read(plan, split) == alone
        assert begun_ahead(split) is None
    assert alone[:2] == (TOWNS, 5)
    assert len(opened) == 1
    assert begun_ahead(split) is None


def counted(function, calls):
    def call(*args):
        calls.append(args)
        return function(*args)

    return call


def test_later_passes_read_the_file_itself(planned):
    """They compare it with what pass 1 has read, and leave out what pass 1 rejected."""
    plan, files, split = planned
    seen = read(plan, split)[2]
    with reading_ahead(plan, files):
        later = read(plan, split, LeftOut({split.split_id: (2,)}, {split.split_id: seen}))
        assert later == ([*TOWNS[:1], *TOWNS[2:]], 5, seen)
        assert begun_ahead(split) is not None


def test_another_split_is_read_as_ever(planned):
    plan, files, split = planned
    with reading_ahead(plan, files):
        assert begun_ahead(split._replace(split_id="another")) is None
        assert ahead.cut_ahead((files[0]._replace(records=7),)) == []


def test_what_cannot_be_read_is_left_to_pass_1(planned, monkeypatch):
    """Also what shows after records that could be read."""
    plan, files, split = planned
    rows = parquet.rows

    def broken(*args):
        yield next(rows(*args))
        raise parquet._corrupt(files[0].file)

    monkeypatch.setattr(parquet, "rows", broken)
    with reading_ahead(plan, files):
        ahead._ahead[-1]._thread.join()
        assert begun_ahead(split) is None
        with pytest.raises(InputError, match="corrupt"):
            read(plan, split)


def test_no_file_is_no_fault(planned):
    plan, _, split = planned
    with reading_ahead(plan, []):
        assert begun_ahead(split) is None
        assert ahead.cut_ahead(()) == []


def test_tables_that_are_looked_into_are_built_meanwhile(planned):
    plan, files, _ = planned
    place_spellings._kanji_automaton.cache_clear()
    with reading_ahead(plan, files):
        ahead._ahead[-1]._thread.join()
        assert place_spellings._kanji_automaton.cache_info().currsize == 1


def test_a_file_whose_end_cannot_be_cut_is_left_to_pass_1(planned, monkeypatch):
    """Else what was cut of it would be taken for all."""
    plan, files, split = planned

    def broken(*_):
        yield split
        raise InputError("input.changed", where="data", what="changed", fix="copy it again")

    monkeypatch.setattr(ahead, "cut_files", broken)
    with reading_ahead(plan, files):
        assert ahead.cut_ahead((files[0],)) == []
