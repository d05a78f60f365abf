"""What attacks came to, against their controls, and whether the policy lets it pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tokumei.schemas.attack_rules import table_attacked
from tokumei.schemas.attacks import AnyAttack, Homogeneity, Inference, Linkage
from tokumei.schemas.errors import RequirementError
from tokumei.schemas.formats import listed
from tokumei.transforms.attacks.classes import ClassAttack
from tokumei.transforms.attacks.learned import Learned, attack_learned
from tokumei.transforms.attacks.scouting import Linked
from tokumei.transforms.attacks.statistics import Estimate, residual, wilson
from tokumei.transforms.planning.plan import Plan


@dataclass(frozen=True, kw_only=True)
class MeasuredAttack:
    """One attack, measured.

    Attributes:
        attack: as declared, or as it is made anyway.
        table: that it was made on.
        declared: its place among the requirements; None: the policy asks nothing of it.
        found: what was counted.
        people: who were attacked and are in the release.
        success: how often it was right about them.
        control: how often it is right about people who were held out, or of whom it knows nothing.
        chance: how often guessing is right.
    """

    attack: AnyAttack
    table: str
    declared: int | None
    found: ClassAttack | Linked
    people: int
    success: Estimate
    control: Estimate
    chance: float

    @property
    def advantage(self) -> Estimate:
        """What it reaches beyond its control: that is what requirements bound."""
        return residual(self.success, self.control)

    @property
    def holds(self) -> bool:
        """Whether the policy lets it pass, by the upper end of the interval."""
        return self.declared is None or self.advantage.high <= self.attack.at_most


def measure_attacks(
    plan: Plan, learned: Mapping[str, Learned], linked: Mapping[int, Linked]
) -> tuple[MeasuredAttack, ...]:
    """Return all attacks that were made: those declared in their order, then those that are made anyway.

    Args:
        plan: the run.
        learned: by table, people of what was written by class and value.
        linked: what linkage came to, by the attack's place among the requirements.
    """
    declared = plan.policy.requirements.attacks
    measured = [*_declared(plan, declared, learned, linked)]
    named = {(m.table, m.attack.attack, m.attack.about.get("learns")) for m in measured}
    for table, columns in learned.items():
        for name, found in columns.items():
            counted = attack_learned(found)
            for attack in (
                Homogeneity(attack="homogeneity", learns=name, at_most=1),
                Inference(attack="inference", learns=name, at_most=1),
            ):
                if (table, attack.attack, (name,)) not in named and counted.people:
                    measured.append(_of_classes(attack, table, None, counted))
    return tuple(measured)


def _declared(
    plan: Plan,
    attacks: Sequence[AnyAttack],
    learned: Mapping[str, Learned],
    linked: Mapping[int, Linked],
) -> Iterator[MeasuredAttack]:
    for i, attack in enumerate(attacks):
        table = table_attacked(attack, plan.policy.tables)
        if isinstance(attack, Linkage):
            yield _of_targets(attack, table, i, linked[i])
        else:
            yield _of_classes(attack, table, i, attack_learned(learned[table][attack.learns]))


def _of_classes(
    attack: Homogeneity | Inference, table: str, declared: int | None, found: ClassAttack
) -> MeasuredAttack:
    if isinstance(attack, Homogeneity):
        success, control, chance = found.homogeneous, found.by_chance, found.by_chance
    else:
        success, control, chance = found.majority, found.held_out, found.frequent
    return MeasuredAttack(
        attack=attack,
        table=table,
        declared=declared,
        found=found,
        people=found.people,
        success=Estimate(success),
        control=Estimate(control),
        chance=chance,
    )


def _of_targets(attack: Linkage, table: str, declared: int, found: Linked) -> MeasuredAttack:
    return MeasuredAttack(
        attack=attack,
        table=table,
        declared=declared,
        found=found,
        people=found.targets,
        success=wilson(found.found, found.targets),
        control=wilson(found.swapped, found.targets),
        chance=found.swapped / max(1, found.targets),
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
            " l_diversity or t_closeness); or raise at_most, which then says what is accepted",
        )


def _told(measured: MeasuredAttack) -> str:
    attack, gained = measured.attack, measured.advantage
    if isinstance(attack, Linkage):
        done = (
            f"who knows {listed(attack.knows, 'and')} finds the record of {measured.success.rate:.1%} of"
            f" {measured.people:,} people looked for"
            f"{' among the rarest' if attack.people == 'rarest' else ''}"
        )
    elif isinstance(attack, Homogeneity):
        done = (
            f"who finds a person's class knows their {attack.learns} for {measured.success.rate:.1%} of"
            f" {measured.people:,} people: all of the class have one"
        )
    else:
        done = (
            f"who finds a person's class guesses their {attack.learns} right for"
            f" {measured.success.rate:.1%} of {measured.people:,} people"
        )
    upper = f"up to {gained.high:.1%}" if gained.error else f"{gained.high:.1%}"
    return (
        f"{attack.attack} on tables.{measured.table}: {done}, {measured.control.rate:.1%} without their own"
        f" records; that is {upper} beyond this control, more than at_most={attack.at_most:g}"
    )
