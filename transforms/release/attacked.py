"""What was counted for attacks on a release, put together from what was decided and written."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tokumei.schemas.attack_rules import table_attacked
from tokumei.schemas.attacks import Downcoding, Membership, SinglingOut
from tokumei.schemas.errors import RequirementError
from tokumei.transforms.attacks.joint import JointClasses
from tokumei.transforms.attacks.likeness import Recognized
from tokumei.transforms.attacks.presence import Presence, attack_presence
from tokumei.transforms.attacks.scouting import Linked
from tokumei.transforms.attacks.singled import Singled, single_out
from tokumei.transforms.attacks.verdict import (
    AttackEvidence,
    Concluded,
    MeasuredAttack,
    Unique,
    measure_attacks,
)
from tokumei.transforms.counting.histogram import Ints
from tokumei.transforms.counting.people import PeoplePerKey
from tokumei.transforms.histories.measures import Unicity
from tokumei.transforms.planning.plan import Plan
from tokumei.transforms.recode.chosen import Account, Chosen, Recoded
from tokumei.transforms.release.recount import classes_of
from tokumei.transforms.release.written import TableWritten, Written


def attack_release(
    plan: Plan,
    chosen: Chosen,
    written: Written,
    people: Mapping[str, int],
    records: Mapping[int, Linked | JointClasses | Recognized | PeoplePerKey],
) -> tuple[MeasuredAttack, ...]:
    """Return what attacks on the release come to.

    Args:
        plan: the run.
        chosen: its decisions.
        written: what was written, verified.
        people: released people by table, where they were counted one by one.
        records: what attacks on records came to, by the attack's place among the requirements.

    Raises:
        RequirementError: a declared attack needs more than can be counted.
    """
    declared = plan.policy.requirements.attacks
    singled = dict[int, Singled]()
    for place, found in records.items():
        attack = declared[place]
        if isinstance(attack, SinglingOut) and isinstance(found, PeoplePerKey):
            name = table_attacked(attack, plan.policy.tables)
            count = people.get(name, written[name].tally.records_out)
            singled[place] = single_out(attack, place, found, count)
    concluded = dict[str, Concluded]()
    if any(isinstance(attack, Downcoding) for attack in declared):
        for name, table in written.items():
            if (recoded := chosen.accounts[name].recoded) is not None:
                concluded[name] = _concluded(recoded, name, people.get(name, table.tally.records_out))
    present = dict[str, tuple[Presence, Presence]]()
    if any(isinstance(attack, Membership) for attack in declared):
        for name, table in written.items():
            if (presence := _present(chosen.accounts[name], table)) is not None:
                present[name] = presence
    return measure_attacks(
        plan,
        AttackEvidence(
            learned={
                name: {
                    **table.recount.learned,
                    **(table.recount.classes.sensitive if table.recount.classes else {}),
                }
                for name, table in written.items()
            },
            records={i: found for i, found in records.items() if not isinstance(found, PeoplePerKey)},
            singled=singled,
            concluded=concluded,
            present=present,
            unique=[(_unique(account.after), _unique(account.before)) for account in chosen.histories],
        ),
    )


def _concluded(recoded: Recoded, table: str, people: int) -> Concluded:
    if recoded.narrowed is None:
        raise RequirementError(
            "attack.too_many",
            where=f"tables.{table}",
            what="the release has more classes than are audited for what the method tells",
            fix="use recoding: full_domain, coarsen columns by fixed methods, or leave the attack out",
        )
    audit = recoded.narrowed
    return Concluded(people, min(people, audit.people + (audit.by_values or 0)), audit.to_one)


def _present(account: Account, written: TableWritten) -> tuple[Presence, Presence] | None:
    """Return what guessing members comes to in the release, and in the file before it was recoded."""
    recoded = account.recoded
    if recoded is None or recoded.population is None or written.recount.classes is None:
        return None
    classes = classes_of(written.recount.classes, account.fitted, recoded.population)
    if recoded.against_before is None or classes.population is None:
        return None
    everybody = sum(recoded.population.values())
    after = _with_others(classes.people, classes.population, everybody)
    return after, _with_others(*recoded.against_before, everybody)


def _with_others(people: Ints, population: Ints, everybody: int) -> Presence:
    """Attack classes, and those of the population of which nobody is in the file, as one."""
    others = max(0, everybody - int(population.sum()))
    return attack_presence(np.append(people, 0), np.append(population, others))


def _unique(found: Unicity) -> Unique:
    return Unique(found.sample, found.known)
