"""What an outsider can do with the histories of the worked policies, before and after: declared facts single out nobody."""

import json
from itertools import combinations
from pathlib import Path
from random import Random

import polars as pl
import pytest
from attacks.histories import Found, attacks, of_facts, of_pairs, of_sets
from attacks.lines import AMOUNT, CLASS, ITEM, PERSON, SHOP, TIME, described, released, sources
from support.helpers import DATA, EXAMPLE

from tokumei.pipelines.cli import main

ATTACKS = DATA.parent / "attacks"
USES = ("id_pos", "prescriptions", "cards")
NOBODY = Found(0, 0)


class Attacked:
    """A worked policy that was run, and what an outsider can do before and after."""

    def __init__(self, name, folder):
        self.roles = described(ATTACKS / f"{name}.yaml")
        assert main(["anonymize", str(EXAMPLE / f"{name}.yaml"), "--output", str(folder)]) == 0
        (self.release,) = Path(folder).glob("releases/*")
        self.was, self.now = sources(ATTACKS, self.roles), released(self.release, self.roles)
        self.before, self.after = (attacks(tables, self.roles, 5) for tables in (self.was, self.now))
        self.report = json.loads((self.release / "report.json").read_text())


@pytest.fixture(scope="session")
def attacked(tmp_path_factory):
    """Return a use case by its name; each is released once."""
    made = {}

    def of(name):
        if name not in made:
            made[name] = Attacked(name, tmp_path_factory.mktemp(name))
        return made[name]

    return of


@pytest.mark.parametrize("name", USES)
def test_declared_facts_single_out_nobody(attacked, name):
    use = attacked(name)
    for known in ("a declared fact", "two declared facts"):
        assert use.before["all", known].alone > 0, "else this would show nothing"
        assert use.after["all", known] == NOBODY


@pytest.mark.parametrize("name", USES)
def test_what_is_not_declared_is_told_with_its_number(attacked, name):
    use = attacked(name)
    left = {known: found for known, found in use.after.items() if found.alone}
    assert left.keys() <= use.before.keys()
    print(name, left)
    print(json.dumps(use.report.get("histories"), ensure_ascii=False)[:3000])


@pytest.mark.parametrize("name", USES)
def test_nearly_all_are_still_there(attacked, name):
    use = attacked(name)
    for table, lines in use.now.items():
        people = lines[PERSON].n_unique()
        print(name, table, people, use.was[table][PERSON].n_unique(), len(lines), len(use.was[table]))
        for role in (ITEM, TIME, SHOP, CLASS, AMOUNT):
            if role in lines.columns:
                print("  ", role, lines[role].null_count(), lines[role].n_unique(), lines[role].value_counts(sort=True).head(6).rows())


def test_returns_are_not_released(attacked):
    """A return has the product of a purchase, and would point at it."""
    (path,) = attacked("id_pos").release.glob("data/purchases/*.parquet")
    assert set(pl.read_parquet(path)["Quantity"]) == {"1個", "2〜5個", "6〜11個", "12〜23個", "24個以上"}
    sold = sources(ATTACKS, attacked("id_pos").roles)["purchases"]
    assert len(attacked("id_pos").now["purchases"]) <= len(sold)


def test_the_attack_finds_what_was_counted_elsewhere(attacked):
    """Counts of receipt.csv that were made with another program, from the definition."""
    found = {known: people for (_, known), people in attacked("prescriptions").before.items()}
    assert found["item"] == Found(0, 2) and found["two items"] == Found(1, 7)
    assert found["item × month"] == Found(106, 284) and found["two of item × month"] == Found(755, 849)
    assert found["set of items"].alone == 656


@pytest.mark.parametrize("seed", range(20))
def test_the_attack_is_its_definition(seed):
    random = Random(seed)
    held = {
        p: {random.randrange(8) for _ in range(random.randrange(1, 5))} for p in range(random.randrange(1, 30))
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
