"""What attacks came to, against their controls, and whether the policy lets it pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tokumei.schemas.attack_rules import table_attacked
from tokumei.schemas.attacks import (
    AnyAttack,
    Downcoding,
    HabitProfile,
    Homogeneity,
    Inference,
    Intersection,
    KnownFacts,
    Linkage,
    Membership,
    Signature,
    SinglingOut,
)
from tokumei.schemas.errors import RequirementError
from tokumei.schemas.formats import listed
from tokumei.transforms.attacks.classes import ClassAttack
from tokumei.transforms.attacks.joint import JointClasses
from tokumei.transforms.attacks.learned import Learned, attack_learned
from tokumei.transforms.attacks.likeness import Recognized
from tokumei.transforms.attacks.presence import Presence
from tokumei.transforms.attacks.scouting import Linked
from tokumei.transforms.attacks.singled import Singled
from tokumei.transforms.attacks.statistics import Estimate, alone_by_chance, residual, wilson
from tokumei.transforms.histories.measures import Drawn
from tokumei.transforms.planning.plan import Plan


@dataclass(frozen=True)
class Unique:
    """Of a sample of people, what so many of their facts tell, by how many, from one."""

    people: int
    known: tuple[Drawn, ...]


@dataclass(frozen=True)
class Concluded:
    """Of the people of a release, those of whom who knows the method concludes something, and one value."""

    people: int
    narrowed: int
    to_one: int


AttackFound = ClassAttack | Linked | JointClasses | Recognized | Singled | Presence | Unique | Concluded


@dataclass(frozen=True, kw_only=True)
class MeasuredAttack:
    """One attack, measured.

    Attributes:
        attack: as declared, or as it is made anyway.
        table: that it was made on.
        declared: its place among the requirements; None: the policy asks nothing of it.
        found: what was counted.
        success: how often it was right about them.
        control: how often it is right about people who were held out, or of whom it knows nothing.
        chance: how often guessing is right.
        untreated: how often the same attack is right on the file before it was treated; None: not measured.
    """

    attack: AnyAttack
    table: str
    declared: int | None
    found: AttackFound
    success: Estimate
    control: Estimate
    chance: float
    untreated: float | None

    @property
    def people(self) -> int:
        """Who were attacked and are in the release."""
        return self.found.people

    @property
    def advantage(self) -> Estimate:
        """What it reaches beyond its control: that is what requirements bound."""
        return residual(self.success, self.control)

    @property
    def holds(self) -> bool:
        """Whether the policy lets it pass, by the upper end of the interval."""
        return self.declared is None or self.advantage.high <= self.attack.at_most


@dataclass(frozen=True, kw_only=True)
class AttackEvidence:
    """What was counted for attacks.

    Attributes:
        learned: by table and column, people of what was written by class and value.
        records: what linkage, intersection, habits and signatures came to, by the attack's place among the
            requirements.
        singled: what singling out came to, by the same places.
        concluded: by table, of whom who knows the method concludes something.
        present: by table, what guessing members came to, in the release and before anything was recoded.
        unique: by history, people of a sample, and the share of them whom 1 to 5 facts single out; in the
            release, and before.
    """

    learned: Mapping[str, Learned]
    records: Mapping[int, Linked | JointClasses | Recognized]
    singled: Mapping[int, Singled]
    concluded: Mapping[str, Concluded]
    present: Mapping[str, tuple[Presence, Presence]]
    unique: Sequence[tuple[Unique, Unique]]


def measure_attacks(plan: Plan, evidence: AttackEvidence) -> tuple[MeasuredAttack, ...]:
    """Return all attacks that were made: those declared in their order, then those that are made anyway.

    Args:
        plan: the run.
        evidence: what was counted.
    """
    declared = plan.policy.requirements.attacks
    measured = [_declared(plan, attack, i, evidence) for i, attack in enumerate(declared)]
    named = {(m.table, m.attack.attack, m.attack.about.get("learns")) for m in measured}
    for table, columns in evidence.learned.items():
        for name, found in columns.items():
            counted = attack_learned(found)
            for attack in (
                Homogeneity(attack="homogeneity", learns=name, at_most=1),
                Inference(attack="inference", learns=name, at_most=1),
            ):
                if (table, attack.attack, (name,)) not in named and counted.people:
                    measured.append(_of_classes(attack, table, None, counted))
    return tuple(measured)


def _declared(plan: Plan, attack: AnyAttack, place: int, evidence: AttackEvidence) -> MeasuredAttack:
    table = table_attacked(attack, plan.policy.tables)
    if isinstance(attack, Homogeneity | Inference):
        return _of_classes(attack, table, place, attack_learned(evidence.learned[table][attack.learns]))
    success, control, chance = Estimate(0.0), Estimate(0.0), 0.0
    untreated: float | None = None
    found: AttackFound
    if isinstance(attack, Linkage | Intersection | HabitProfile | Signature):
        found = evidence.records[place]
        if isinstance(found, JointClasses):
            success = Estimate(found.few / max(1, found.people))
        else:
            success, control = wilson(found.found, found.people), wilson(found.swapped, found.people)
            chance, untreated = found.swapped / max(1, found.people), found.unreleased / max(1, found.people)
    elif isinstance(attack, SinglingOut):
        found = evidence.singled[place]
        success = Estimate(found.alone / max(1, found.people))
        chance = alone_by_chance(found.people, 1 / found.people) if found.people else 0.0
    elif isinstance(attack, Downcoding):
        found = evidence.concluded[table]
        success = Estimate(found.narrowed / max(1, found.people))
    elif isinstance(attack, Membership):
        found, before = evidence.present[table]
        success, control = Estimate(found.found / max(1, found.people)), Estimate(found.chance)
        chance, untreated = found.chance, before.found / max(1, before.people)
    else:
        found, earlier = evidence.unique[attack.history]
        success = wilson(found.known[attack.facts - 1].alone * found.people, found.people)
        untreated = earlier.known[attack.facts - 1].alone
    return MeasuredAttack(
        attack=attack,
        table=table,
        declared=place,
        found=found,
        success=success,
        control=control,
        chance=chance,
        untreated=untreated,
    )


def _of_classes(
    attack: Homogeneity | Inference, table: str, declared: int | None, found: ClassAttack
) -> MeasuredAttack:
    if isinstance(attack, Homogeneity):
        success, control, chance = found.homogeneous, Estimate(found.by_chance), found.by_chance
    else:
        success, control, chance = found.majority, found.dealt, found.frequent
    return MeasuredAttack(
        attack=attack,
        table=table,
        declared=declared,
        found=found,
        success=Estimate(success),
        control=control,
        chance=chance,
        untreated=None,
    )


def refuse_attacks(measured: Sequence[MeasuredAttack]) -> None:
    """Refuse a release on which an attack succeeds more often than the policy lets it.

    Raises:
        RequirementError: one does; all that do are told.
    """
    broken = [m for m in measured if not m.holds]
    if broken:
        places = listed((f"requirements.attacks[{m.declared}]" for m in broken), "and")
        raise RequirementError(
            "requirement.attacks",
            where=places,
            what="; ".join(map(_told, broken)),
            fix="coarsen or delete what the attacker knows or learns (generalize, a higher k, protect with"
            " l_diversity or t_closeness; against downcoding, deterministic_cut: false); or raise at_most,"
            " which then says what is accepted",
        )


def _told(measured: MeasuredAttack) -> str:
    attack, gained = measured.attack, measured.advantage
    people = f"{measured.success.share:.1%} of {measured.people:,} people"
    if isinstance(attack, Linkage):
        rarest = " among the rarest" if attack.people == "rarest" else ""
        done = f"who knows {listed(attack.knows, 'and')} finds the record of {people} looked for{rarest}"
    elif isinstance(attack, Homogeneity):
        done = (
            f"who finds a person's class knows their {attack.learns} for {people}: all of the class have one"
        )
    elif isinstance(attack, Inference):
        done = f"who finds a person's class guesses their {attack.learns} right for {people}"
    elif isinstance(attack, SinglingOut):
        done = f"who knows up to {attack.columns} values can point at {people} alone"
    elif isinstance(attack, Intersection):
        done = f"who holds the earlier release narrows {people} of both to fewer than k"
    elif isinstance(attack, HabitProfile):
        known = f"who knows a person's {listed(attack.knows, 'and')} before {attack.since}"
        done = f"{known} finds the history of {people} after"
    elif isinstance(attack, Downcoding):
        done = f"who knows the method concludes more than the label of {people} tells"
    elif isinstance(attack, Signature):
        done = (
            f"who knows the {listed(attack.knows, 'and')} of a person's lines finds the history of {people}"
        )
    elif isinstance(attack, Membership):
        done = f"who has the population names {people} of it who are in the file"
    else:
        done = f"who knows {attack.facts} facts finds {people} drawn"
    upper = f"up to {gained.high:.1%}" if gained.error else f"{gained.high:.1%}"
    where = "" if isinstance(attack, KnownFacts) else f" on tables.{measured.table}"
    return (
        f"{attack.attack}{where}: {done}; its control comes to {measured.control.share:.1%}, so that it gains"
        f" {upper}, more than at_most={attack.at_most:g}"
    )
