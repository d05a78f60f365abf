"""Declarations of facts that somebody may know, and the definition of what they must not do: point at few."""

import itertools
from collections import defaultdict

from support.helpers import policy_of

PSEUDONYM = {"criterion": 3, "method": "pseudonym", "link": "x"}
KEEP = {"keep": True, "because": "試験"}
IDS = {"id": {"treat": [PSEUDONYM]}}


def declared(columns, facts, *, k=3, known, **history):
    """A policy of lines of several a person, and what of them is known."""
    policy = policy_of(columns, person="id", rows="several", k=k, limit=0.5)
    history = {"lost_at_most": {"people": 1.0}, **history}
    policy["histories"] = [{"known": known, "because": "試験", "facts": list(facts), **history}]
    return policy


def add_members(policy, columns):
    """Give a policy another table, of one row a person."""
    policy["tables"]["members"] = {
        "source": {"path": "members.csv", "format": "csv"},
        "person": "id",
        "rows_per_person": "one",
        "columns": IDS | columns,
    }


def years(*widths):
    return {
        "type": "integer",
        "treat": [
            {
                "criterion": 5,
                "method": "generalize",
                "hierarchy": {"kind": "intervals", "widths": list(widths)},
            }
        ],
    }


def csv(rows):
    rows = list(rows)
    return "".join(f"{','.join(str(v) for v in r)}\n" for r in [rows[0], *(r.values() for r in rows)])


def few(facts, k, known):
    """Sets of up to ``known`` facts that somebody, but fewer than k people, have: the definition.

    Args:
        facts: the facts of each person.
    """
    shared = defaultdict(set)
    for person, of_person in facts.items():
        for n in range(1, known + 1):
            for some in itertools.combinations(sorted(of_person), n):
                shared[some].add(person)
    return [some for some, who in shared.items() if len(who) < k]
