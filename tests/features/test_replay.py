"""Steps that an engine runs again: bundles that were done already, and the key of the run after it was lost.

The in-process runner does both here: the first by an option of its own, the second because it is made to.
"""

from collections import Counter

import pytest
from apache_beam.runners.portability.fn_api_runner.fn_runner import FnApiRunner
from support.helpers import policy_of

from tokumei.transforms.engine import run_key
from tokumei.transforms.report import conclusion
from tokumei.transforms.stages import dealt

PEOPLE, FILES = 60, 4
POLICY = policy_of(
    {
        "id": {"treat": [{"criterion": 3, "method": "pseudonym", "link": "person"}]},
        "ward": {"treat": [{"criterion": 5, "method": "generalize", "hierarchy": {"kind": "suppress"}}]},
        "disease": {"treat": [{"criterion": 4, "method": "rare_categories", "action": "cell", "people": 3}]},
    },
    path="visits-*.csv",
    person="id",
    rows="several",  # so that people are counted by hashes under the key of the run, in every pass
    k=3,
)
# Each file stays a part, so that parts tell what was made again.
POLICY["tables"]["t"] |= {"order": "stretch", "because": "試験"}
# The records of one person are in two files.
INPUT = {
    f"visits-{n}.csv": "id,ward,disease\n"
    + "".join(f"p{i},{'AB'[i % 2]},d{i % 5}\n" for i in range(PEOPLE) if (i + n) % FILES < 2)
    for n in range(FILES)
}


@pytest.fixture
def drawn(monkeypatch):
    """Fingerprints of the keys that were drawn."""
    fingerprints = []
    real = run_key.RunKey.draw

    def draw():
        key = real()
        fingerprints.append(key.fingerprint)
        return key

    monkeypatch.setattr(run_key.RunKey, "draw", draw)
    return fingerprints


def assert_whole(done):
    """Everything is released once, under one key, and nothing else is there."""
    assert done.status == 0, done.err
    rows = done.rows()
    assert Counter((r["ward"], r["disease"]) for r in rows) == Counter(
        {(("AB"[i % 2]), f"d{j}"): 2 * len([n for n in range(PEOPLE) if n % 2 == i and n % 5 == j])
         for i in range(2) for j in range(5)}
    )  # fmt: skip
    assert set(Counter(r["id"] for r in rows).values()) == {2} and done.manifest["people"] == PEOPLE
    listed = [f["path"] for f in done.manifest["tables"]["t"]["files"]]
    assert len(listed) == FILES
    assert sorted(listed) == sorted(str(p.relative_to(done.release)) for p in done.release.rglob("part-*"))


def test_bundles_that_run_three_times_leave_one_part_a_split(run, drawn, monkeypatch):
    written, published = [], []
    real_write, real_publish = dealt.write_part, conclusion.publish

    def write(plan, encoded):
        real_write(plan, encoded)
        written.append((encoded.summary.marks, encoded.summary.parts[0].uri))  # marks tell the chunk

    def publish(*args):
        published.append(real_publish(*args))
        return published[-1]

    monkeypatch.setattr(dealt, "write_part", write)
    monkeypatch.setattr(conclusion, "publish", publish)
    done = run(POLICY, INPUT, args=["--direct_runner_bundle_repeat=2"])
    assert_whole(done)
    assert len(drawn) == len(set(drawn)) == len(published) == 3
    assert sorted(Counter(split for split, _ in written).values()) == [3] * FILES
    assert len({uri for _, uri in written}) == 3 * FILES
    listed = {str(done.release / f["path"]): None for f in done.manifest["tables"]["t"]["files"]}
    assert len({split for split, uri in written if uri in listed}) == FILES


class Forgetful:
    """Stands in for the method by which the runner executes a stage; once, it loses the key afterwards.

    So does an engine that loses a machine: what was made with the key stays, and whoever asks for the key
    from then on gets what running its steps again gives.
    """

    def __init__(self, lose_after):
        self.lose_after = lose_after
        self._execute = FnApiRunner._execute_bundle
        self._drawing = None

    def __get__(self, runner, _):
        return lambda *args: self._run(runner, *args)

    def _run(self, runner, context, stage, given):
        if _has(stage, "DrawKey/Draw"):
            copies = {name: buffer.copy() for name, buffer in given.data.items()}
            self._drawing = stage, type(given)(copies, given.timers)
        result = self._execute(runner, context, stage, given)
        if self.lose_after and _has(stage, self.lose_after):
            self.lose_after = None
            self._draw_again(runner, context)
        return result

    def _draw_again(self, runner, context):
        self._execute(runner, context, *self._drawing)
        waiting = context.queues.watermark_pending_inputs
        for _ in range(len(waiting)):
            (name, time), given = waiting.deque()
            stage = context.bundle_manager_for(context.stages[name])
            if _has(stage, "DrawKey/Take"):
                self._replace(runner, context, stage, given)
            else:
                waiting.enque(((name, time), given))

    def _replace(self, runner, context, stage, given):
        """Run the stage whose output everyone sees as a side input; what they saw before is gone."""
        for buffer, _ in context.side_input_descriptors_by_stage[stage.stage.name].values():
            context.pcoll_buffers.pop(buffer, None)
        state, append = context.state_servicer, context.state_servicer.append_raw
        state.append_raw = lambda key, value: (state.clear(key), append(key, value))
        self._execute(runner, context, stage, given)
        state.append_raw = append


def _has(stage, step):
    return any(transform.unique_name == step for transform in stage.stage.transforms)


def run_and_lose(run, monkeypatch, lose_after):
    engine = Forgetful(lose_after)
    monkeypatch.setattr(FnApiRunner, "_execute_bundle", engine)
    done = run(POLICY, INPUT)
    assert engine.lose_after is None
    return done


@pytest.mark.parametrize(
    ("lose_after", "code"),
    [
        ("Profile/ProfileChunk", "verification.keys"),
        ("FitCriteria/HashPersons", "verification.keys"),
        ("FitCriteria/CountPeople/CountBucket", "verification.keys"),
        ("Anonymize/ApplyCriteria", "verification.failed"),
        ("Anonymize/CountPeople/CountBucket", "verification.failed"),
    ],
)
def test_a_mixture_of_keys_is_refused_and_the_next_run_releases(run, drawn, monkeypatch, lose_after, code):
    done = run_and_lose(run, monkeypatch, lose_after)
    assert len(set(drawn)) == 2
    assert done.status == 4 and f"error [{code}]" in done.err and "different keys" in done.err
    assert not [p for p in done.root.rglob("*") if p.is_file()]
    assert_whole(run(POLICY))


@pytest.mark.parametrize("lose_after", ["DrawKey/Take", "FitCriteria/Fit", "CountClasses/CountChunk"])
def test_a_key_lost_between_passes_is_replaced(run, drawn, monkeypatch, lose_after):
    """What was counted stays true, and no hash under the first key is compared with one under the second."""
    done = run_and_lose(run, monkeypatch, lose_after)
    assert len(set(drawn)) == 2
    assert_whole(done)
