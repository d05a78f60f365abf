"""What an outsider can do with the histories of the worked policies, before and after: declared facts single out nobody."""

import json
from itertools import combinations
from pathlib import Path
from random import Random

import polars as pl
import pytest
from attacks.histories import Found, attacks, of_facts, of_pairs, of_sets
from attacks.lines import ITEM, PERSON, described, released, sources
from support.helpers import DATA, EXAMPLE, PSEUDONYM, policy_of

from tokumei.pipelines.cli import main
from tokumei.transforms.engine.run_key import RunKey

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
        self.report = json.loads((self.release / "report.json").read_text())
        self.before, self.after = (attacks(tables, self.roles, 5) for tables in (self.was, self.now))


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
def test_the_report_tells_what_the_attack_finds(attacked, name):
    """What is declared, and the whole of a history, which no policy here declares."""
    use = attacked(name)
    (told,) = use.report["histories"]
    for known, entry in {
        "a declared fact": told["sets"][0],
        "two declared facts": told["sets"][1],
        "all declared facts": told["whole"],
    }.items():
        assert found_in(entry["after"]) == use.after["all", known]
        assert entry["before"]["few"] > entry["after"]["few"] or known == "all declared facts"
    assert told["whole"]["after"]["alone"] > 0
    shown = " ".join((use.release / "report.html").read_text().split())
    assert f"{told['whole']['after']['alone']:,}" in shown


def found_in(told):
    return Found(told["alone"], told["few"])


def test_the_report_tells_what_the_attack_finds_before(attacked):
    """Of facts whose columns nothing else treats."""
    told = attacked("prescriptions").report["histories"][0]["facts"][0]
    assert found_in(told["before"]) == attacked("prescriptions").before["claims", "item × month"]


def test_nearly_all_is_still_there(attacked):
    """People, lines, and of what becomes coarser: how many different labels, and blanks."""
    for name, table, lines, items, blanks in (
        ("id_pos", "purchases", 0.95, 30, 0.01),
        ("prescriptions", "claims", 1.0, 15, 0.05),
        ("cards", "uses", 0.8, 14, 0.05),
    ):
        use = attacked(name)
        was, now = use.was[table], use.now[table]
        assert now[PERSON].n_unique() == was[PERSON].n_unique() and len(now) >= lines * len(was)
        assert now[ITEM].n_unique() >= items and now[ITEM].null_count() <= blanks * len(now)


def test_returns_are_not_released(attacked):
    """A return has the product of a purchase, and would point at it."""
    path = attacked("id_pos").release / "data" / "purchases"
    assert set(pl.read_parquet(path)["Quantity"]) == {"1個", "2〜5個", "6〜11個", "12〜23個", "24個以上"}


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


KEY = RunKey(bytes(range(32)))
FACTS = [{"table": "t", "columns": ["item"]}, {"table": "t", "columns": ["shop", "day"]}]


def history(rows, folder, monkeypatch, *, files=1, facts=FACTS):
    """Release lines (person, item, shop, day) with two facts known and k = 3; return the released ones, sorted.

    People are left out of what is returned, and the run's key is one and the same, so that ties fall alike.
    """
    monkeypatch.setattr(RunKey, "draw", lambda: KEY)
    coarse = {"criterion": 5, "method": "coarsen"}
    columns = {
        "id": {"treat": [PSEUDONYM]},
        "item": {"treat": [{**coarse, "hierarchy": {"kind": "prefix", "keep": [1]}}]},
        "shop": {"treat": [{**coarse, "hierarchy": {"kind": "suppress"}}]},
        "day": {
            "type": "date",
            "treat": [{**coarse, "hierarchy": {"kind": "dates", "levels": ["year_month"]}}],
        },
    }
    policy = policy_of(columns, path="in/*.csv", person="id", rows="several", k=3)
    policy["histories"] = [{"known": 2, "because": "試験", "facts": facts}]
    (folder / "in").mkdir(parents=True)
    for i in range(files):
        text = "\n".join(["id,item,shop,day", *map(",".join, rows[i::files]), ""])
        (folder / "in" / f"{i}.csv").write_text(text)
    (folder / "policy.yaml").write_text(json.dumps(policy, ensure_ascii=False))
    assert main(["anonymize", str(folder / "policy.yaml"), "--output", str(folder / "out")]) == 0
    (release,) = (folder / "out" / "releases").iterdir()
    lines = pl.read_parquet(release / "data" / "t")
    return sorted(lines.select("item", "shop", "day").rows(), key=str), lines


def habits(people, seed):
    """Lines of people who share some items and places, a few of which are peculiar, and some blank."""
    random = Random(seed)
    return [
        (
            f"p{p:03}",
            random.choice(["a1", "a2", "b1", "b2", ""]),
            random.choice("xy"),
            f"2024-0{random.randrange(1, 4)}-0{random.randrange(1, 3)}",
        )
        for p in range(people)
        for _ in range(random.randrange(1, 4))
    ]


def test_the_order_of_lines_files_and_people_changes_nothing(tmp_path, monkeypatch):
    rows = habits(60, 1)
    released, lines = history(rows, tmp_path / "a", monkeypatch)
    assert released != as_they_were(rows) and lines["item"].n_unique() > 2
    renamed = [(f"q{999 - int(p[1:])}", *rest) for p, *rest in rows]
    Random(2).shuffle(renamed)
    assert history(renamed, tmp_path / "b", monkeypatch, files=3)[0] == released


def test_copies_of_everybody_pass_untouched(tmp_path, monkeypatch):
    rows = [(f"{copy}{p}", *rest) for copy in "uvw" for p, *rest in habits(20, 3)]
    released, _ = history(rows, tmp_path, monkeypatch)
    assert released == as_they_were(rows)


def as_they_were(rows):
    return sorted(((item or None, shop, day) for _, item, shop, day in rows), key=str)


def test_a_blank_is_no_fact(tmp_path, monkeypatch):
    """Two people have only blanks for items: fewer than three, and yet nothing is known by that."""
    rows = [(f"p{p}", "" if p < 2 else f"a{p % 2}", "x", f"2024-01-0{1 + p % 2}") for p in range(12)]
    released, _ = history(rows, tmp_path, monkeypatch)
    assert released == as_they_were(rows)
