"""Verification counts what was written and trusts nothing before it: broken steps never publish."""

import dataclasses
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from support.helpers import policy_of

from tokumei.schemas.output import Output
from tokumei.transforms.recode import choose
from tokumei.transforms.release import anonymize as apply
from tokumei.transforms.release import parts
from tokumei.transforms.report import conclusion
from tokumei.transforms.stages import release as release_stage

COLUMNS = {
    "id": {"treat": [{"criterion": 3, "method": "pseudonym", "link": "x"}]},
    "town": {"treat": [{"criterion": 5, "method": "generalize", "hierarchy": {"kind": "suppress"}}]},
}
DATA = {
    "data.csv": "id,town\n"
    + "".join(f"p{i},{'A' if i < 40 else 'B' if i < 98 else 'C'}\n" for i in range(100))
}
POLICY = policy_of(COLUMNS, person="id", k=5, limit=0.05)


def refused(done, what):
    assert done.status == 4, done.err
    assert "verification" in done.err and what in done.err, done.err
    assert not list(done.root.rglob("manifest.json")) and not list(done.root.rglob("part-*"))
    assert not (done.root / "register").exists()


def test_untouched_the_run_is_fine(run):
    done = run(POLICY, DATA)
    assert done.status == 0 and len(done.rows()) == 98
    assert {r["town"] for r in done.rows()} == {"A", "B"}


def test_a_class_that_should_have_been_suppressed(run, monkeypatch):
    real = choose.recoder_of

    def forget(*args):
        nobody = np.array([], dtype=np.int64)
        return dataclasses.replace(real(*args), exceptions=nobody, groups=nobody.astype(np.int32))

    monkeypatch.setattr(choose, "recoder_of", forget)
    refused(run(POLICY, DATA), "suppressed records differ")


def test_a_class_below_k_on_the_written_values(run, monkeypatch):
    """The right number of records goes, but the wrong ones: only the recount can see it."""
    real = apply.recoded

    def spare(*args):
        columns, alive = real(*args)
        return columns, np.roll(alive, -50)

    monkeypatch.setattr(apply, "recoded", spare)
    refused(run(POLICY, DATA), "fail k=5 (the weakest reaches 2)")


def test_a_record_lost_on_the_way(run, monkeypatch):
    real = release_stage.encode_chunk

    def lose(plan, table, chunk):
        return real(plan, table, dataclasses.replace(chunk, batch=chunk.batch.slice(1)))

    monkeypatch.setattr(release_stage, "encode_chunk", lose)
    refused(run(POLICY, DATA), "do not add up")


@pytest.mark.parametrize("change", [{"last": False}, {"number": 1}, {"fingerprint": "another"}])
def test_chunks_missing_repeated_or_made_with_another_key(run, monkeypatch, change):
    real = release_stage.encode_chunk

    def alter(plan, table, chunk):
        encoded = real(plan, table, chunk)
        return dataclasses.replace(encoded, summary=dataclasses.replace(encoded.summary, **change))

    monkeypatch.setattr(release_stage, "encode_chunk", alter)
    refused(run(POLICY, DATA), "different keys" if "fingerprint" in change else "written in part, or twice")


@pytest.mark.parametrize("harm", ["missing", "truncated", "altered"])
def test_a_part_that_is_not_as_it_was_written_is_not_published(run, monkeypatch, harm):
    real = conclusion.verify

    def damage(plan, chosen, written, *rest, **more):
        for part in written["t"].parts:
            data = Path(part.uri).read_bytes()
            Path(part.uri).write_bytes(data[:-1] if harm == "truncated" else data[:-1] + b"?")
            if harm == "missing":
                Path(part.uri).unlink()
        return real(plan, chosen, written, *rest, **more)

    monkeypatch.setattr(conclusion, "verify", damage)
    done = run(POLICY, DATA)
    refused(done, "1 of 1 written parts are missing, or not as they were written")
    assert "verification.parts" in done.err


def test_bundles_replayed_by_the_engine_publish_once(run):
    done = run(POLICY, DATA, args=["--direct_runner_bundle_repeat=2"])
    assert done.status == 0, done.err
    assert len(done.rows()) == done.manifest["people"] == 98
    (listed,) = done.manifest["tables"]["t"]["files"]  # the engine wrote three; the others are removed
    assert [str(p.relative_to(done.release)) for p in done.root.rglob("part-*")] == [listed["path"]]


def test_parts_are_encoded_as_declared():
    batch = pa.RecordBatch.from_pydict(
        {"a": pa.array(["x", None]).dictionary_encode(), "n": pa.array([1, 2])}
    )
    for file_format in ("parquet", "avro", "csv"):
        assert parts.encode_part(batch, Output(format=file_format))


def test_people_of_the_release_counted_under_another_key_are_refused(run, monkeypatch):
    """They would be another number of people, or people of nobody."""
    real = conclusion.verify

    def counted_anew(plan, chosen, written, people, **more):
        other = dataclasses.replace(people, keys=people.keys | {"another"})
        return real(plan, chosen, written, other, **more)

    monkeypatch.setattr(conclusion, "verify", counted_anew)
    refused(run(POLICY, DATA), "different keys")
