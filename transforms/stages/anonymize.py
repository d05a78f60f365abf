"""The root of a pipeline: files of personal information become one published release."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence

import apache_beam as beam
from apache_beam.pvalue import PBegin, PCollection

from tokumei.schemas.attacks import AttackOnRecords
from tokumei.schemas.policy import Policy
from tokumei.schemas.policy_file import NONE_SET
from tokumei.schemas.splits import TableFile
from tokumei.transforms.engine.guard import guarded
from tokumei.transforms.engine.share import BeginWith
from tokumei.transforms.engine.steps import each
from tokumei.transforms.planning.inputs import files_together
from tokumei.transforms.planning.may_outgrow import may_outgrow_a_worker
from tokumei.transforms.planning.plan import Plan
from tokumei.transforms.planning.prepare import make_plan
from tokumei.transforms.release.deliveries import beside_delivered
from tokumei.transforms.release.earlier import beside_earlier
from tokumei.transforms.release.publish import Published, find_published, finish
from tokumei.transforms.stages.between_passes import settle
from tokumei.transforms.stages.profile import DrawKey, FitCriteria, ProfileSplits
from tokumei.transforms.stages.promises import SettlePromises
from tokumei.transforms.stages.read import PlanSplits
from tokumei.transforms.stages.recode import ChooseRecoding, CountClasses
from tokumei.transforms.stages.release import AnonymizeSplits, PublishRelease
from tokumei.transforms.storage.places import open_store


class Anonymize(beam.PTransform):
    """The root of a pipeline → `Published` (exactly one): what `tokumei anonymize` does, in your pipeline.

        released = pipeline | Anonymize("policy.yaml", output="out")

    Applying it reads the policy and the headers of the files; records are read when the pipeline runs. Where
    the same work is published already, nothing is read again: the run completes what a run that was killed
    after its manifest left undone, and yields that release. Until its manifest is there, nothing is released.
    What verification refuses is removed. A run that fails on its way leaves parts that no manifest lists: the
    next run of the same release removes them, and so does `tokumei clean`; only who runs the pipeline knows
    when it has surely ended.

    Args:
        policy: path or gs:// URI of a policy, whose relative paths start from its folder; or a policy as an
            object, whose relative paths start from the working directory. Rules are checked in both.
        output: directory or gs:// URI (default: output.directory of the policy).
        release_id: name of the release (default: derived from policy and inputs).
        settings: values of the parameters that a policy in a file declares, by name, as texts.

    Raises:
        PolicyError: when it is applied: the policy or an argument is wrong.
        InputError: when it is applied: no file is found, its columns are other than declared, or storage
            fails.
        AlreadyPublishedError: when it is applied: the release id is published with other content.
        TokumeiError: when the pipeline runs, inside whatever the engine raises (`recover` finds it): the
            same, and RequirementError where a requirement cannot be met or verification failed.
    """

    def __init__(
        self,
        policy: Policy | str | os.PathLike[str],
        *,
        output: str | os.PathLike[str] | None = None,
        release_id: str | None = None,
        settings: Mapping[str, str] = NONE_SET,
    ) -> None:
        super().__init__()
        self._settings = settings
        self._policy = policy if isinstance(policy, Policy) else os.fspath(policy)
        self._output = None if output is None else os.fspath(output)
        self._release_id = release_id

    def expand(self, root: PBegin) -> PCollection[Published]:
        """Plan the run; wire it, or what is left of it."""
        plan, files = make_plan(self._policy, self._output, self._release_id, self._settings)
        if find_published(plan, open_store(plan.output)):
            done = root | "Plan" >> beam.Create([plan]).with_output_types(Plan)
            return done | "Finish" >> each(_finish).with_output_types(Published)
        return build(root, beside_earlier(beside_delivered(plan), plan.output), files)


def build(root: PBegin | beam.Pipeline, plan: Plan, files: Sequence[TableFile]) -> PCollection[Published]:
    """Wire the graph: root → `Split` → decisions (exactly one, pass by pass) → `Written` → `Published` (one).

    ``files → splits → pass 1 profile → steps between the passes → pass 2 classes → promises of the
    release → pass 3 criteria and parts → verify → publish``. Pass 2 reads only tables whose classes pass 1
    could not count on its way. Only splits, profiles, histograms, decisions and summaries are shuffled;
    records never are. The steps of the sharded search are there only if the files are large enough to need
    them, and nothing is imported for what a policy does not ask.

    Args:
        root: where it begins: a pipeline, or the inside of `Anonymize`.
        plan: what `make_plan` fixed. A plan is for one run: its files carry the name of the attempt.
        files: those that were planned.

    Raises:
        TokumeiError: at run time, inside whatever the engine raises (`recover` finds it).
    """
    splits = (
        root
        | "Files" >> BeginWith(list(files_together(files, plan.sources)), _first_of, tuple[TableFile, ...])
        | "PlanSplits" >> PlanSplits(plan.sources, one_of=plan.sample or 1)
    )
    key = root | "Run" >> beam.Impulse() | "DrawKey" >> DrawKey()
    profile = splits | "Profile" >> ProfileSplits(plan, key)
    fits = splits | "FitCriteria" >> FitCriteria(plan, key, profile)
    fits = settle(splits, plan, key, fits)
    histograms = splits | "CountClasses" >> CountClasses(plan, key, fits)
    chosen = histograms | "ChooseRecoding" >> _choose(plan, files)(plan, key, profile, fits)
    if plan.policy.histories:
        from tokumei.transforms.stages.histories import DropWindows, ProtectHistories

        chosen = splits | "DropWindows" >> DropWindows(plan, key, chosen)
        chosen = splits | "ProtectHistories" >> ProtectHistories(plan, key, chosen)
    chosen = splits | "SettlePromises" >> SettlePromises(plan, key, chosen)
    outcome = splits | "Anonymize" >> AnonymizeSplits(plan, key, chosen)
    attacked = seen = None
    if any(isinstance(attack, AttackOnRecords) for attack in plan.policy.requirements.attacks):
        from tokumei.transforms.stages.attacks import AttackRecords

        attacked = splits | "AttackRecords" >> AttackRecords(plan, key, chosen)
    if plan.policy.requirements.earlier_releases is not None:
        from tokumei.transforms.stages.earlier import SeeReleased

        seen = splits | "SeeReleased" >> SeeReleased(plan, key, chosen)
    return chosen | "Publish" >> PublishRelease(plan, key, outcome, attacked, seen)


def _choose(plan: Plan, files: Sequence[TableFile]) -> Callable[..., beam.PTransform]:
    if may_outgrow_a_worker(plan, files):
        from tokumei.transforms.stages.sharded import ChooseSharded

        return ChooseSharded
    return ChooseRecoding


def _first_of(files: tuple[TableFile, ...]) -> str:
    return f"{files[0].table} {files[0].file.uri}"


@guarded
def _finish(plan: Plan) -> Published:
    return finish(plan, open_store(plan.output))
