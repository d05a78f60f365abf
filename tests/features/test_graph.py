"""Guards on the real graph: what makes it fast and safe on every engine, checked without one."""

import re
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from support.graph import RECORDS, steps_of
from support.helpers import EXAMPLE

from tokumei.pipelines.launcher.following import STAGES
from tokumei.transforms.counting.headcount import PersonBatch
from tokumei.transforms.engine.chunks import Chunk, ChunkCoder, WorkCoder
from tokumei.transforms.engine.spill import SpilledCoder
from tokumei.transforms.planning.prepare import make_plan
from tokumei.transforms.release.dealing import Slice
from tokumei.transforms.release.parts import ReleasedChunk
from tokumei.transforms.stages.anonymize import build
from tokumei.transforms.stages.read import _ReadChunk
from tokumei.transforms.stages.release import ReleasedChunkCoder

ROOT = Path(__file__).parents[2]
COMBINATIONS = """
    combinations:
      - {criterion: 4, columns: [gender, age, address], action: cell, because: 試験}
"""


@pytest.fixture(params=["as it is", "with combinations"])
def pipeline(tmp_path, request):
    source = EXAMPLE
    if request.param == "with combinations":
        text = (source / "policy.yaml").read_text()
        at = text.index("\nrequirements:")
        (tmp_path / "policy.yaml").write_text(text[:at] + COMBINATIONS + text[at:])
        for file in source.iterdir():
            if file.name != "policy.yaml":
                (tmp_path / file.name).symlink_to(file)
        source = tmp_path
    plan, files = make_plan(str(source / "policy.yaml"), str(tmp_path / "out"), None)
    pipeline = beam.Pipeline(options=PipelineOptions(["--runner=FnApiRunner"]))
    build(pipeline, plan, files)
    return pipeline


def test_records_are_never_encoded_between_steps(pipeline, monkeypatch):
    encoded = []
    for coder in (ChunkCoder, ReleasedChunkCoder):
        monkeypatch.setattr(coder, "encode", lambda self, value: encoded.append(type(value)) or b"")
    pipeline.run().wait_until_finish()
    assert encoded == []


def test_records_flow_through_the_graph_under_their_own_coders(pipeline):
    coders = {}
    typed = set()
    for step in steps_of(pipeline):
        for output in step.outputs.values():
            if output.element_type in RECORDS:
                typed.add(output.element_type)
                coders[output.element_type] = beam.coders.registry.get_coder(output.element_type)
    assert typed == RECORDS
    assert isinstance(coders[Chunk], ChunkCoder) and isinstance(coders[ReleasedChunk], ReleasedChunkCoder)


def test_no_side_input_meets_records(pipeline):
    """Portable engines cut fusion before a ParDo with a side input: every record would be written out."""
    bad = [
        step.full_label
        for step in steps_of(pipeline)
        if step.side_inputs and any(i.element_type in RECORDS for i in step.main_inputs.values())
    ]
    assert bad == []


def test_every_step_says_what_its_elements_are(pipeline):
    """An untyped step would silently pickle whole Arrow buffers."""
    steps = [s for s in steps_of(pipeline) if s.transform is not None and not s.parts]
    assert len(steps) > 40
    untyped = [
        f"{step.full_label} → {output.element_type}"
        for step in steps
        for output in step.outputs.values()
        if output.element_type is None or "Any" in str(output.element_type)
    ]
    assert untyped == []


def test_every_pass_over_records_has_a_name_on_the_terminal(pipeline):
    readers = [getattr(step.transform, "fn", None) for step in steps_of(pipeline)]
    stages = [reader._stage for reader in readers if isinstance(reader, _ReadChunk)]
    assert len(stages) in {5, 6} and set(stages) < set(STAGES)


def test_every_stage_that_any_policy_can_have_has_a_name_too():
    written = [path.read_text() for path in (ROOT / "transforms" / "stages").glob("*.py")]
    named = {name for text in written for name in re.findall(r'(?:stage=|count_records\()"([^"]+)"', text)}
    assert named | {"search"} == set(STAGES)


def test_only_small_things_are_shuffled(pipeline):
    """None of the elements that cross a shuffle holds source records; rows to be released cross one, as slices."""
    shuffled = [
        str(i.element_type)
        for step in steps_of(pipeline)
        if isinstance(step.transform, (beam.GroupByKey, beam.Reshuffle))
        for i in step.main_inputs.values()
    ]
    assert shuffled
    assert not [t for t in shuffled if "Chunk" in t or "Encoded" in t or "RecordBatch" in t]
    assert len([t for t in shuffled if "Slice" in t]) == 1
    assert isinstance(beam.coders.registry.get_coder(Slice), SpilledCoder)
    assert isinstance(beam.coders.registry.get_coder(PersonBatch), SpilledCoder)


def test_work_is_not_pickled_to_estimate_its_size(pipeline):
    assert WorkCoder().estimate_size(object()) == 1024
    assert isinstance(beam.coders.registry.get_coder(Chunk), ChunkCoder)
