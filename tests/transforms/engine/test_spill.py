"""What waits to be grouped: in a nameless file where one process is the whole engine, in the element elsewhere."""

import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from tokumei.schemas.errors import InputError, TokumeiError
from tokumei.transforms.counting.headcount import PersonBatch
from tokumei.transforms.engine.spill import SpilledCoder, spilling

ROOT = Path(__file__).parents[3]
BATCH = PersonBatch("t", ("t",), bytes(range(256)) * 40, "f" * 16)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_elsewhere_the_element_is_handed_on_whole():
    encoded = SpilledCoder(object).encode(BATCH)
    assert BATCH.hashes in encoded and SpilledCoder(object).decode(encoded) == BATCH


def test_in_process_it_waits_in_a_file_without_a_name(folder):
    with spilling():
        encoded = SpilledCoder(object).encode(BATCH)
        assert len(encoded) == 17 and list(folder.rglob("*")) == []
        assert [SpilledCoder(object).decode(encoded) for _ in range(2)] == [
            BATCH,
            BATCH,
        ]  # an engine may ask again
        held = [os.readlink(f) for f in Path("/proc/self/fd").iterdir() if f.is_symlink()]
        assert [name for name in held if str(folder) in name and "(deleted)" in name]
    with pytest.raises(TokumeiError, match="unexpected"):
        SpilledCoder(object).decode(encoded)  # never another run's
    assert SpilledCoder(object).encode(BATCH)[:1] == b"\0"


def test_threads_share_the_file():
    def there_and_back(i):
        return SpilledCoder(object).decode(SpilledCoder(object).encode([i] * i)) == [i] * i

    with spilling(), ThreadPoolExecutor(8) as pool:
        assert all(pool.map(there_and_back, range(2000)))


def test_a_full_disk_is_said_in_one_message(monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with spilling(), pytest.raises(InputError) as raised:
        SpilledCoder(object).encode(BATCH)
    assert raised.value.code == "spill.write" and "TMPDIR" in raised.value.fix


def test_person_batches_cross_a_shuffle_spilled(monkeypatch):
    from tokumei.transforms.stages.profile import CountPeople  # brings the coder

    spilled = []
    real = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda fd, data, at: spilled.append(len(data)) or real(fd, data, at))
    with spilling(), beam.Pipeline(options=PipelineOptions(["--runner=FnApiRunner"])) as pipeline:
        people = (
            pipeline
            | beam.Create([*range(10)])
            | beam.Map(lambda i: (i % 2, BATCH)).with_output_types(tuple[int, PersonBatch])
            | CountPeople()
        )
        people | beam.Map(lambda found: found.by_table["t"] == 2 * 16 or 1 / 0)
    assert len(spilled) == 10 and min(spilled) > len(BATCH.hashes)


def test_a_killed_process_leaves_nothing(folder):
    code = """
import os, signal
from tokumei.transforms.engine.spill import SpilledCoder, spilling
with spilling():
    SpilledCoder(object).encode(b"x" * 100_000)
    print("spilled", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""
    env = {**os.environ, "TMPDIR": str(folder), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=False)
    assert done.returncode == -9 and done.stdout == b"spilled\n" and list(folder.rglob("*")) == []


SEEN: list[str] = []  # of this module, since an engine pickles what a function holds


def _read(_, people):
    for _ in range(2):
        for _ in people:
            SEEN.append("used")


def test_side_inputs_are_decoded_one_by_one(monkeypatch):
    """Lines of people are such elements: together they are as large as what waited to be grouped."""
    decode = SpilledCoder.decode
    monkeypatch.setattr(SpilledCoder, "decode", lambda *a: SEEN.append("decoded") or decode(*a))
    from tokumei.transforms.stages.profile import CountPeople  # noqa: F401  # brings the coder

    with spilling(), beam.Pipeline(options=PipelineOptions(["--runner=FnApiRunner"])) as pipeline:
        numbers = pipeline | beam.Create([*range(5)])
        people = numbers | beam.Map(lambda _: BATCH).with_output_types(PersonBatch)
        pipeline | "Once" >> beam.Create([None]) | "Read" >> beam.Map(_read, beam.pvalue.AsIter(people))
    assert SEEN[-20:] == ["decoded", "used"] * 10
