"""Test 3 of a screening (法114条1項3号): the method that a proposal wants is rehearsed on the file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tokumei.pipelines.launcher.rehearsal import Candidate, Stage, choice_of, rehearsed
from tokumei.pipelines.launcher.voice import Voice
from tokumei.schemas.errors import RequirementError

if TYPE_CHECKING:
    from tokumei.schemas.screening import WantedMethod
    from tokumei.transforms.proposals.method import MethodAnswer


def try_method(
    wanted: WantedMethod, policy_place: str, *, output: str, folder: str, options: Sequence[str]
) -> MethodAnswer:
    """Rehearse the policy that a proposal implies; where it cannot be met, also what could be.

    Where a release by this very policy is finished, its report answers: a finished product is not matched
    with its source again (法121条1項).

    Args:
        wanted: the items, and how fine.
        policy_place: path or URI of the body's policy for the file.
        output: where releases are.
        folder: private, for what a rehearsal leaves on its way.
        options: Beam's, with a runner.

    Raises:
        TokumeiError: it cannot be tried: a policy, an item that is wanted, or the files are wrong.
    """
    from tokumei.schemas.report import Report
    from tokumei.transforms.proposals.method import (
        MethodAnswer,
        answer_of,
        implied_policy,
        starred_items,
        unreleased,
    )
    from tokumei.transforms.storage.places import open_store
    from tokumei.transforms.storage.policy_folder import folder_of, read_policy

    policy, base = read_policy(policy_place), folder_of(policy_place)
    stage = Stage(folder=folder, output=output, sample=None, options=options, voice=Voice())
    if deleted := unreleased(policy, wanted):
        return MethodAnswer(reasons=deleted, people=0, left_out=0, loss=None, instead=(), items=(), policy="")
    implied = implied_policy(policy, wanted)
    try:
        choice, report = rehearsed(Candidate("", implied, base), stage)
    except RequirementError as error:
        if error.code != "rehearsal.finished":
            raise
        store = open_store(error.where)
        report = Report.model_validate_json(store.read(store.join(error.where, "report.json"))[0])
        choice = choice_of(report)
    starred = () if report is None else starred_items(report, wanted)
    rules = "" if report is None else report.policy_sha256
    freely = None
    if starred or choice.refused:
        free = implied_policy(policy, wanted, as_wanted=False)
        freely, _ = rehearsed(Candidate("", free, base), stage)
    return answer_of(choice, freely, policy=implied, starred=starred, rules=rules)
