"""What an outsider can do with the histories of the worked policies, before and after: declared facts single out nobody."""

from itertools import combinations
from random import Random

import polars as pl
import pytest
from attacks.histories import Found, attacks, of_facts, of_pairs, of_sets
from attacks.lines import ITEM, PERSON, described, sources
from support.helpers import DATA

ATTACKS = DATA.parent / "attacks"


def attacked(name, k=5):
    roles = described(ATTACKS / f"{name}.yaml")
    return attacks(sources(ATTACKS, roles), roles, k)


def test_the_attack_finds_what_was_counted_elsewhere():
    """Counts of receipt.csv that were made with another program, from the definition."""
    found = {known: people for (_, known), people in attacked("prescriptions").items()}
    assert found["item"] == Found(0, 2) and found["two items"] == Found(1, 7)
    assert found["item × month"] == Found(106, 284) and found["two of item × month"] == Found(755, 849)
    assert found["set of items"].alone == 656


@pytest.mark.parametrize("seed", range(20))
def test_the_attack_is_its_definition(seed):
    random = Random(seed)
    held = {
        p: {random.randrange(8) for _ in range(random.randrange(1, 5))}
        for p in range(random.randrange(1, 30))
    }
    lines = pl.DataFrame(
        [(str(p), str(i)) for p, items in held.items() for i in items], [PERSON, ITEM], orient="row"
    )
    k = random.randrange(2, 6)

    def found(facts_of):
        def with_all(facts):
            return sum(facts <= items for items in held.values())

        least = [min(with_all(set(facts)) for facts in facts_of(items)) for items in held.values()]
        return Found(least.count(1), sum(people < k for people in least))

    assert of_facts(lines, ITEM, k=k) == found(lambda items: [[i] for i in items])
    assert of_pairs(lines, ITEM, k=k) == found(lambda items: [*([i] for i in items), *combinations(items, 2)])
    same = [sum(items == other for other in held.values()) for items in held.values()]
    assert of_sets(lines, ITEM, k=k) == Found(same.count(1), sum(people < k for people in same))
