"""The end of a run: what was written is verified, reported and published; of a rehearsal the report stays.

The last step of the graph imports this when it runs: no record waits for what only reports need.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from tokumei.schemas.errors import RequirementError, TokumeiError
from tokumei.schemas.report_rehearsal import Rehearsal
from tokumei.transforms.attacks.joint import JointClasses
from tokumei.transforms.attacks.likeness import Recognized
from tokumei.transforms.attacks.scouting import Linked
from tokumei.transforms.attacks.verdict import refuse_attacks
from tokumei.transforms.counting.headcount import Headcount
from tokumei.transforms.counting.people import PeoplePerKey
from tokumei.transforms.earlier.compare import SeenReleases
from tokumei.transforms.earlier.verdict import refuse_shown
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.histories.recount import CountedFacts
from tokumei.transforms.planning.plan import Plan
from tokumei.transforms.recode.chosen import Chosen
from tokumei.transforms.release.attacked import attack_release
from tokumei.transforms.release.attempt import discard
from tokumei.transforms.release.compared import compared_with
from tokumei.transforms.release.earlier import record_of
from tokumei.transforms.release.exposed import refuse_exposures
from tokumei.transforms.release.joined import WrittenJoined, verify_joined
from tokumei.transforms.release.publish import Published, publish
from tokumei.transforms.release.rehearsal import keep_report
from tokumei.transforms.release.verify import verify
from tokumei.transforms.release.written import Written
from tokumei.transforms.report.account import build_report
from tokumei.transforms.report.attacks import explain_attacks
from tokumei.transforms.report.documents import documents_of
from tokumei.transforms.report.earlier import explain_earlier
from tokumei.transforms.totals.recount import RecountedTotals


@dataclass(frozen=True, kw_only=True)
class CountedRelease:
    """What was counted of a release while it was written, over all parts.

    Attributes:
        people: distinct people, where they are told apart.
        facts: who has which set of facts that may be known.
        joined: the classes of joined tables.
        totals: what lines of people come to.
        attacked: what attacks on records came to, by the attack's place among the requirements.
        seen: the release beside the earlier ones of the file.
    """

    people: Headcount
    facts: CountedFacts
    joined: WrittenJoined
    totals: RecountedTotals
    attacked: Mapping[int, Linked | JointClasses | Recognized | PeoplePerKey]
    seen: SeenReleases


def conclude_release(
    plan: Plan, chosen: Chosen, key: RunKey, written: Written, counts: CountedRelease
) -> Published:
    """Verify what was written, then publish it with its register entry; a rehearsal leaves its report alone.

    An engine may do so again: the same is refused, or found published.

    Args:
        plan: the run.
        chosen: its decisions.
        key: of the run.
        written: merged summaries of all parts.
        counts: what was counted of them.

    Raises:
        RequirementError: verification failed, or the policy refuses what was measured; what was written is
            removed, and nothing is published.
        TokumeiError: as `publish` raises it.
    """
    people = counts.people.by_table
    try:
        total = verify(
            plan,
            chosen,
            written,
            counts.people,
            facts=counts.facts,
            totals=counts.totals,
            fingerprint=key.fingerprint,
        )
        joined = verify_joined(plan, chosen, counts.joined, key.fingerprint)
        attacks = attack_release(plan, chosen, written, people, counts.attacked)
        report = build_report(
            plan, chosen, written, people, total, facts=counts.facts, joined=joined, totals=counts.totals
        )
        record = record_of(plan, chosen, written, counts.seen, key)
        compared = compared_with(plan, counts.seen, record)
        told = {"attacks": explain_attacks(plan, attacks), "earlier": explain_earlier(plan, chosen, compared)}
        report = report.model_copy(update=told)
        if plan.rehearsal:
            keep_report(plan, report.model_copy(update={"rehearsal": Rehearsal(sample=plan.sample)}))
        refuse_exposures(plan, written, people)
        refuse_attacks(attacks)
        refuse_shown(compared, plan.policy.requirements)
    except RequirementError:
        with suppress(TokumeiError):  # refused parts can hold source values; a retry is refused likewise
            discard(plan)
        raise
    if plan.rehearsal:
        return Published(
            release=plan.output,
            register="",
            people=total,
            records=sum(table.records_out for table in report.tables),
            files=0,
        )
    return publish(plan, report, written, partial(documents_of, plan.policy, report), record)
