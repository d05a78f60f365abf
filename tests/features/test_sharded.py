"""A histogram larger than one worker holds: the release is that of one worker, in a graph that guards records."""

import json
from dataclasses import replace

import apache_beam as beam
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from support.graph import RECORDS, steps_of
from support.helpers import policy_of

from tokumei.transforms.engine.chunks import ChunkCoder
from tokumei.transforms.planning import prepare
from tokumei.transforms.planning.may_outgrow import may_outgrow_a_worker
from tokumei.transforms.recode import ways
from tokumei.transforms.stages.anonymize import build
from tokumei.transforms.stages.release import ReleasedChunkCoder
from tokumei.transforms.stages.sharded import BATCHES

STEP = {"method": "generalize", "criterion": 5}
KEEP = {"keep": True, "because": "試験"}
SICK = ["風邪", "高血圧", "糖尿病", "骨折"]


def columns_of(protect=()):
    return {
        "age": {
            "type": "integer",
            "treat": [{**STEP, "hierarchy": {"kind": "intervals", "widths": [5, 10, 20]}}],
        },
        "sex": {"treat": [{**STEP, "hierarchy": {"kind": "suppress"}}]},
        "area": {
            "type": "integer",
            "treat": [{**STEP, "hierarchy": {"kind": "intervals", "widths": [2, 8]}}],
        },
        "sick": {"sensitive": True, "keep": True, "because": "試験", "protect": list(protect)},
        "state": DROPPING,
    }


# A column outside the classes that may drop records: pass 1 does not count these classes, whatever their number.
DROPPING = {"treat": [{"method": "rare_values", "criterion": 4, "values": ["取消"], "action": "record"}]}
ROWS = "age,sex,area,sick,state\n" + "".join(
    f"{20 + (i * i) % 61},{'男女'[i % 3 % 2]},{i * 7 % 23},{SICK[(i * i // 7 + i) % 4]},有効\n"
    for i in range(900)
)
POLICIES = {
    "k": policy_of(columns_of(), k=4, limit=0.03),
    "k and ℓ and t": policy_of(
        columns_of(
            [
                {"model": "l_diversity", "kind": "distinct", "l": 2},
                {"model": "t_closeness", "t": 0.4, "distance": "equal"},
            ]
        ),
        k=3,
        limit=0.05,
    ),
}


@pytest.fixture
def small_workers(monkeypatch):
    """Workers that hold 400 of the 746 tuples; three shards."""
    _hold(monkeypatch, 400)


def _hold(monkeypatch, tuples):
    make = prepare.make_plan

    def made(*args):
        plan, files = make(*args)
        return replace(plan, tuples_a_worker=tuples, shards=3), files

    monkeypatch.setattr(prepare, "make_plan", made)


def facts(outcome):
    """All of the report but what names one run, and what sensitive values tell, which one worker alone counts."""
    report = outcome.report
    for key in ("release_id", "created_at", "work_sha256"):
        report.pop(key)
    table = report["tables"][0]
    recoding = table["recoding"]
    recoding["narrowed"].pop("by_values")
    return report, recoding.pop("nodes_checked"), recoding.pop("gap")


@pytest.mark.parametrize("name", POLICIES)
def test_the_release_is_that_of_one_worker(run, name, monkeypatch, request):
    monkeypatch.setattr(
        ways, "COMPARED", 0
    )  # as with a large histogram, only what was asked for is worked out
    alone = run(POLICIES[name], {"data.csv": ROWS}, output="alone")
    assert alone.status == 0, alone.err
    request.getfixturevalue("small_workers")
    spread = run(POLICIES[name], {"data.csv": ROWS}, output="spread")
    assert spread.status == 0, spread.err

    def key(row):
        return json.dumps(row, ensure_ascii=False)

    assert sorted(alone.rows(), key=key) == sorted(spread.rows(), key=key)
    (one, n, _), (many, m, _) = facts(alone), facts(spread)
    assert one == many and m != n
    assert one["tables"][0]["recoding"]["suppressed_records"] > 0


def test_where_one_worker_holds_the_tuples_after_all_it_gets_them(run, monkeypatch):
    make = prepare.make_plan

    def made(*args):
        plan, files = make(*args)
        plan = replace(plan, tuples_a_worker=1_000, shards=3)
        assert may_outgrow_a_worker(plan, files)
        return plan, files

    alone = run(POLICIES["k and ℓ and t"], {"data.csv": ROWS}, output="alone")
    monkeypatch.setattr(prepare, "make_plan", made)
    gathered = run(POLICIES["k and ℓ and t"], {"data.csv": ROWS}, output="gathered")
    assert gathered.status == 0, gathered.err
    assert facts(alone) == facts(gathered)  # the same search, so as many nodes were counted


def test_what_pass_1_has_counted_is_searched_beside_the_shards(run, request, monkeypatch):
    """One table spread over workers, one that pass 1 has counted, and one without classes, in one release."""
    policy = policy_of(columns_of(), k=4, limit=0.03)
    spread = policy["tables"]["t"]
    early = {**spread, "columns": {**columns_of(), "state": KEEP}}
    plain = {**spread, "columns": dict.fromkeys(columns_of(), KEEP)}
    policy["tables"] = {"u": early, "t": spread, "v": plain}
    policy["file"] = {**policy["file"], "people": "t"}
    monkeypatch.setattr(ways, "COMPARED", 0)
    alone = run(policy, {"data.csv": ROWS}, output="alone")
    assert alone.status == 0, alone.err
    request.getfixturevalue("small_workers")
    beside = run(policy, {"data.csv": ROWS}, output="beside")
    assert beside.status == 0, beside.err
    (one, *checked), (other, *again) = facts(alone), facts(beside)
    assert checked == again  # of the first table: the same search
    searched = [report["tables"][1]["recoding"].pop("nodes_checked") for report in (one, other)]
    assert searched[0] != searched[1]
    for report in (one, other):
        report["tables"][1]["recoding"].pop("gap")
    assert one == other and [table["name"] for table in one["tables"]] == ["u", "t", "v"]


def test_where_pass_1_has_counted_everything_no_shard_is_needed(run, request):
    columns = {**columns_of(), "state": KEEP}
    policy = policy_of(columns, k=4, limit=0.03)
    policy["requirements"]["models"] = [{"model": "average_risk", "at_most": 0.2}]  # refused where shards are
    alone = run(policy, {"data.csv": ROWS}, output="alone")
    assert alone.status == 0, alone.err
    request.getfixturevalue("small_workers")
    assert facts(alone) == facts(run(policy, {"data.csv": ROWS}, output="early"))


def test_what_cannot_be_met_is_said_as_by_one_worker(run, small_workers):
    policy = policy_of(columns_of([{"model": "l_diversity", "kind": "distinct", "l": 5}]), k=4)
    outcome = run(policy, {"data.csv": ROWS})
    assert outcome.status == 4 and not outcome.releases
    assert (
        "[requirement.unmet]" in outcome.err and "900 of 900 people would have to be left out" in outcome.err
    )


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"models": [{"model": "average_risk", "at_most": 0.2}]}, "average_risk and sample_uniqueness"),
        ({"nulls": "wildcard"}, "nulls: wildcard"),
        ({"metric": {"queries": [{"mean": "age"}]}}, "metric.queries"),
    ],
)
def test_what_needs_all_classes_at_once_is_refused(run, small_workers, change, told):
    policy = policy_of(columns_of(), k=4)
    policy["requirements"] |= change
    outcome = run(policy, {"data.csv": ROWS})
    assert outcome.status == 4 and not outcome.releases
    assert "[requirement.shards]" in outcome.err and f"not supported: {told}\n" in outcome.err


def test_more_tuples_than_shards_of_what_a_worker_holds_are_refused(run, monkeypatch):
    _hold(monkeypatch, 200)
    outcome = run(POLICIES["k"], {"data.csv": ROWS})
    assert outcome.status == 4 and not list(outcome.root.rglob("part-*"))
    assert "[requirement.shards]" in outcome.err and "746 distinct combinations" in outcome.err
    assert "more than are handled (600)" in outcome.err


def test_workers_in_processes_of_their_own_decide_the_same(run, small_workers):
    here = run(POLICIES["k"], {"data.csv": ROWS}, output="here")
    args = ["--direct_running_mode=multi_processing", "--direct_num_workers=2"]
    there = run(POLICIES["k"], {"data.csv": ROWS}, output="there", args=args)
    assert there.status == 0, there.err
    assert facts(here) == facts(there)


@pytest.fixture
def graph(tmp_path):
    """The pipeline with the sharded search, and the plan."""
    (tmp_path / "data.csv").write_text(ROWS)
    (tmp_path / "policy.yaml").write_text(json.dumps(POLICIES["k"]))
    plan, files = prepare.make_plan(str(tmp_path / "policy.yaml"), str(tmp_path / "out"), None)

    def built(**changes):
        pipeline = beam.Pipeline(options=PipelineOptions(["--runner=FnApiRunner"]))
        build(pipeline, replace(plan, **changes), files)
        return pipeline

    return built


def test_small_inputs_do_not_pay_for_shards_and_large_ones_little(graph):
    """Every step costs a run some milliseconds before it does anything, and every shuffle a stage more."""

    def rounds(pipeline):
        return [step for step in steps_of(pipeline) if "Round" in step.full_label and not step.parts]

    assert rounds(graph()) == [] and len(rounds(graph(tuples_a_worker=50))) == 5 * len(BATCHES)


def test_no_more_tuples_are_feared_than_a_file_has_records(tmp_path):
    """Parquet states their number; a large file of few records is searched by one worker."""
    wide = pa.table(
        {
            "age": [30] * 60,
            "sex": ["男"] * 60,
            "area": [1] * 60,
            "sick": ["x" * 1000] * 60,
            "state": ["有効"] * 60,
        }
    )
    pq.write_table(wide, tmp_path / "data.parquet", compression="none", use_dictionary=False)
    policy = policy_of(columns_of(), k=4)
    policy["tables"]["t"]["source"] = {"path": "data.parquet", "format": "parquet"}
    (tmp_path / "policy.yaml").write_text(json.dumps(policy))
    plan, files = prepare.make_plan(str(tmp_path / "policy.yaml"), str(tmp_path / "out"), None)
    assert files[0].records == 60 < files[0].file.size / 1000
    assert not may_outgrow_a_worker(replace(plan, tuples_a_worker=60), files)
    assert may_outgrow_a_worker(replace(plan, tuples_a_worker=59), files)
    assert may_outgrow_a_worker(replace(plan, tuples_a_worker=60), [f._replace(records=None) for f in files])


def test_the_ways_through_the_graph_do_not_double_with_each_round(graph):
    """Flink's optimizer walks every way from a sink to a source, once for each."""
    found = {}

    def ways(step):
        if step not in found:
            made = [made_by[i] for i in inputs_of[step] if i in made_by]
            found[step] = sum(ways(s) for s in made) if made else 1
        return found[step]

    steps = [s for s in steps_of(graph(tuples_a_worker=50)) if not s.parts]
    made_by = {output: step for step in steps for output in step.outputs.values()}
    inputs_of = {s: [*s.main_inputs.values(), *(side.pvalue for side in s.side_inputs)] for s in steps}
    read = {i for inputs in inputs_of.values() for i in inputs}
    total = sum(ways(s) for s in steps if not read & set(s.outputs.values()))
    assert total < 30_000


def test_the_sharded_graph_keeps_the_rules_of_every_graph(graph, monkeypatch):
    pipeline = graph(tuples_a_worker=400, shards=3)
    steps = steps_of(pipeline)
    for step in steps:
        if step.side_inputs:
            assert not any(i.element_type in RECORDS for i in step.main_inputs.values()), step.full_label
        if step.transform is not None and not step.parts:
            for output in step.outputs.values():
                assert output.element_type is not None and "Any" not in str(output.element_type), (
                    step.full_label
                )
        if isinstance(step.transform, (beam.GroupByKey, beam.Reshuffle)):
            shuffled = " ".join(str(i.element_type) for i in step.main_inputs.values())
            assert not [t for t in ("Chunk", "ReleasedChunk", "RecordBatch") if t in shuffled]
    proto = pipeline.to_runner_api().SerializeToString()
    assert not [word for word in (*SICK, "RunKey(") if word.encode() in proto]
    encoded = []
    for coder in (ChunkCoder, ReleasedChunkCoder):
        monkeypatch.setattr(coder, "encode", lambda self, value: encoded.append(type(value)) or b"")
    pipeline.run().wait_until_finish()
    assert encoded == []
