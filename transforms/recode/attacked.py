"""What attackers find in classes where a missing value matches any, or where people have several records."""

from __future__ import annotations

from tokumei.transforms.counting.histogram import Histogram, Ints
from tokumei.transforms.recode.models.k_anonymity import matching_people
from tokumei.transforms.risk.attackers import average_of_people


def matching(classes: Histogram) -> tuple[Ints, Ints]:
    """Return, class by class that has records, its people and those of all classes that it matches."""
    held = classes.records > 0
    return classes.people[held], matching_people(classes.codes, classes.nulls, classes.people)[held]


def average_risk(classes: Histogram) -> float | None:
    """Return the average risk of people who are told apart; None where records are people."""
    if classes.pair_rows is None or classes.pair_persons is None:
        return None
    return average_of_people(classes.pair_rows, classes.pair_persons, classes.people)
