"""Attacks end to end: the untreated file is broken, what protects passes, what does not fails with exit 4."""

import json
import random
import re

import pytest
from support.helpers import KEEP_ALL, QI, policy_of

from tokumei.transforms.pages.environment import percent

AGE = {"type": "integer", "treat": [{**QI, "hierarchy": {"kind": "intervals", "widths": [10, 20]}}]}
TOWN = {"treat": [{**QI, "hierarchy": {"kind": "prefix", "keep": [1]}}]}
ILLNESS = {**KEEP_ALL, "sensitive": True}
KEPT = {"type": "integer", **KEEP_ALL}


def people(n=1500, *, telling=False):
    """People of towns A0 to D9; with ``telling``, all of a town's letter have one illness."""
    draw = random.Random(1)
    rows = ["age,town,illness"]
    for _ in range(n):
        town = draw.choice("ABCD")
        illness = town.lower() if telling else draw.choice("abcde")
        rows.append(f"{draw.randint(20, 79)},{town}{draw.randint(0, 9)},{illness}")
    return {"data.csv": "\n".join(rows) + "\n"}


def policy(*attacks, k=10, **columns):
    plain = policy_of({"age": AGE, "town": TOWN, "illness": ILLNESS} | columns, k=k, limit=0.1)
    plain["file"]["sensitive"] = True
    plain["requirements"]["attacks"] = list(attacks)
    return plain


def linkage(at_most=0.1, **more):
    return {"attack": "linkage", "knows": ["age", "town"], "targets": 300, "at_most": at_most, **more}


def homogeneity(at_most=0.05):
    return {"attack": "homogeneity", "learns": "illness", "at_most": at_most}


def inference(at_most=0.1):
    return {"attack": "inference", "learns": "illness", "at_most": at_most}


def told(done):
    return {(a["attack"], a["rarest"]): a for a in done.report["attacks"]}


def test_what_protects_passes(run):
    done = run(policy(linkage(), linkage(0.3, people="rarest"), homogeneity(), inference()), people())
    assert done.status == 0, done.err
    assert done.out.count("  attack: t: ") == 4 and "  attack: t: linkage of the rarest (knows " in done.out
    assert re.search(r"  attack: t: inference \((knows .*; )?learns illness\): right for", done.out), done.out
    found = told(done)
    assert len(found) == len(done.report["attacks"]) == 4
    for rarest in (False, True):
        attack = found["linkage", rarest]
        assert 0 < attack["success"]["rate"] < 0.1
        assert attack["control"]["low"] < 0.001  # somebody else's values: chance
        assert attack["people"] + attack["targets"]["left_out"] == attack["targets"]["drawn"]
    # The positive control: the same attack on the file as it stands.
    assert found["linkage", False]["untreated"] > 0.5
    assert found["linkage", True]["untreated"] > 0.95
    assert found["homogeneity", False]["success"]["rate"] == 0
    guessed = found["inference", False]  # illnesses fell on people at random, and that is all that is gained
    assert guessed["control"]["low"] < guessed["success"]["rate"] < guessed["control"]["high"]
    assert guessed["advantage"]["high"] < 0.02
    # The page tells the end of the interval that decides, also of what is counted beside a drawn control.
    page = next(done.root.glob("releases/*/report.html")).read_text()
    assert f"（上限 {percent(guessed['advantage']['high'])}）、方針の上限は10.0%" in page
    assert "上限 -" not in page  # found in a browser: less than chance is nothing, not a negative share


def test_what_does_not_protect_fails(run):
    kept = policy(
        linkage(), age=KEPT, town=KEEP_ALL, illness={"treat": [{**QI, "hierarchy": {"kind": "suppress"}}]}
    )
    done = run(kept, people())
    assert done.status == 4 and not done.releases
    assert "requirements.attacks[0]" in done.err
    assert "who knows age and town finds the record of" in done.err
    assert "more than at_most=0.1" in done.err


def test_the_upper_end_decides(run):
    """So few targets cannot show that hardly anybody is found, though hardly anybody is."""
    assert run(policy(linkage(0.02)), people()).status == 4
    assert run(policy(linkage(0.1)), people()).status == 0


def test_classes_of_one_value_fail(run):
    done = run(policy(homogeneity(), linkage()), people(telling=True))
    assert done.status == 4
    assert "who finds a person's class knows their illness for 100.0% of" in done.err


def test_guesses_that_a_persons_own_record_makes_right_fail(run):
    done = run(policy(inference(0.02), k=2), people())
    assert done.status == 4
    assert "guesses their illness right for" in done.err


def test_what_nobody_declared_is_told(run):
    plain = policy()
    del plain["requirements"]["attacks"]
    done = run(plain, people(telling=True))
    assert done.status == 0, done.err
    found = told(done)
    assert set(found) == {("homogeneity", False), ("inference", False)}
    assert found["homogeneity", False]["success"]["rate"] == 1
    assert found["homogeneity", False]["at_most"] is None


def test_moved_numbers_are_found_by_nearness(run):
    noise = {"type": "integer", "treat": [{"criterion": 5, "method": "noise", "scale": 1}]}
    known = {"attack": "linkage", "knows": ["income"], "targets": 300, "at_most": 0.1}
    files = people()
    rows = files["data.csv"].split()
    files["data.csv"] = "\n".join(
        [rows[0] + ",income"] + [f"{row},{100_000 + 7919 * i}" for i, row in enumerate(rows[1:])]
    )
    done = run(policy(known, income=noise), files)
    assert done.status == 4
    assert "who knows income finds the record of 100.0%" in done.err


def test_several_rows_a_person(run):
    draw = random.Random(2)
    rows = ["id,age,town,illness"]
    for person, row in enumerate(people(800)["data.csv"].split()[1:]):
        rows += [f"p{person},{row}"] * draw.randint(1, 3)
    link = {"treat": [{"criterion": 3, "method": "pseudonym", "link": "p"}]}
    plain = policy(linkage(), homogeneity(), id=link)
    plain["tables"]["t"] |= {"person": "id", "rows_per_person": "several"}
    done = run(plain, {"data.csv": "\n".join(rows) + "\n"})
    assert done.status == 0, done.err
    assert told(done)["homogeneity", False]["people"] == done.report["people"]
    assert told(done)["linkage", False]["success"]["rate"] < 0.05


def test_few_values_that_point_at_one_person(run):
    """A kept column of codes of their own singles out everybody; without it a class of k nobody."""
    alone = {"attack": "singling_out", "at_most": 0.01}
    files = people()
    rows = files["data.csv"].split()
    files["data.csv"] = "\n".join([rows[0] + ",visit", *(f"{r},{i}" for i, r in enumerate(rows[1:]))])
    done = run(policy(alone, visit=KEPT), files)
    assert done.status == 4
    assert "who knows up to 3 values can point at 100.0% of" in done.err
    done = run(policy(alone | {"knows": ["age", "town"]}, visit=KEPT), files)
    assert done.status == 0, done.err
    assert told(done)["singling_out", False]["success"]["rate"] == 0


def test_members_of_a_population(run):
    """Everybody of age 30 and more is in the file, and nobody else: classes tell it as long as they keep apart."""
    everybody = people(3000)["data.csv"].split()[1:]
    members = [row for row in everybody if int(row.split(",")[0]) >= 30]
    files = {
        "data.csv": "\n".join(["age,town,illness", *members]),
        "city.csv": "\n".join(["age,town", *(row.rpartition(",")[0] for row in everybody)]),
    }
    plain = policy({"attack": "membership", "at_most": 0.2})
    plain["tables"]["t"]["population"] = {"source": {"path": "city.csv", "format": "csv"}}
    plain["requirements"]["models"] = [{"model": "k_map", "k": 10}]
    done = run(plain, files)
    assert done.status == 4
    assert "who has the population names 9" in done.err
    plain["requirements"]["k"] = 2000  # one class of all
    done = run(plain, files)
    assert done.status == 0, done.err
    found = told(done)["membership", False]
    assert found["untreated"] == pytest.approx(1)
    assert found["success"]["rate"] == pytest.approx(len(members) / len(everybody))
    assert found["advantage"]["rate"] == pytest.approx(0)


def test_facts_of_a_history(run):
    draw = random.Random(4)
    rows = ["id,item"] + [f"p{person},i{draw.randint(0, 40)}" for person in range(300) for _ in range(8)]
    link = {"treat": [{"criterion": 3, "method": "pseudonym", "link": "p"}]}
    plain = policy_of({"id": link, "item": {**KEEP_ALL}}, person="id", rows="several", k=5)
    plain["histories"] = [{"facts": [{"table": "t", "columns": ["item"]}], "known": 1, "because": "試験"}]
    plain["requirements"]["attacks"] = [{"attack": "known_facts", "facts": 4, "at_most": 0.2}]
    done = run(plain, {"data.csv": "\n".join(rows)})
    assert done.status == 4
    assert "who knows 4 facts finds" in done.err
    plain["requirements"]["attacks"] = [{"attack": "known_facts", "facts": 1, "at_most": 0.2}]
    done = run(plain, {"data.csv": "\n".join(rows)})
    assert done.status == 0, done.err
    assert told(done)["known_facts", False]["success"]["rate"] < 0.02


def test_an_earlier_release(run):
    """At the levels of this release it tells nothing more; by other columns it narrows people to few."""
    intersection = {"attack": "intersection", "learns": "illness", "at_most": 0.05}
    done = run(policy(intersection | {"levels": {"age": 0}}, k=20), people())
    assert done.status == 4
    assert "who holds the earlier release narrows" in done.err
    done = run(policy(intersection | {"levels": {"age": 9}}, k=20), people())
    assert done.status == 4 and "[attack.level]" in done.err and "level 9 is above" in done.err
    done = run(policy(intersection | {"levels": {"age": 3, "town": 1}}, k=20), people())
    assert done.status == 0, done.err
    found = told(done)["intersection", False]
    assert (found["success"]["rate"], found["people"]) == (0, done.report["people"])


def test_coarsened_facts_are_read_as_what_they_may_be(run):
    """Five people buy of each kind of goods, each another article: a reader of kinds finds one in five."""
    rows = ["id,item"] + [f"p{5 * kind + i},{kind:02}{i}" for kind in range(60) for i in range(5)]
    link = {"treat": [{"criterion": 3, "method": "pseudonym", "link": "p"}]}
    item = {"treat": [{"criterion": 5, "method": "coarsen", "hierarchy": {"kind": "prefix", "keep": [2]}}]}
    plain = policy_of({"id": link, "item": item}, person="id", rows="several", k=5)
    plain["histories"] = [{"facts": [{"table": "t", "columns": ["item"]}], "known": 1, "because": "試験"}]
    plain["requirements"]["attacks"] = [linkage(1, knows=["item"])]
    done = run(plain, {"data.csv": "\n".join(rows)})
    assert done.status == 0, done.err
    assert {row["item"] for row in done.rows()} == {f"{kind:02}" for kind in range(60)}
    assert told(done)["linkage", False]["success"]["rate"] == pytest.approx(0.2, abs=0.03)


def purchases(n=300):
    """People who buy what they always buy, in two years."""
    draw = random.Random(6)
    rows = ["id,item,day"]
    for person in range(n):
        usual = [f"g{draw.randint(0, 9)}{draw.randint(0, 9)}" for _ in range(6)]
        rows += [
            f"p{person},{draw.choice(usual)},{year}-{draw.randint(1, 12):02}-11"
            for year in (2024, 2025)
            for _ in range(12)
        ]
    return {"data.csv": "\n".join(rows) + "\n"}


@pytest.mark.parametrize("coarse", [False, True])
def test_habits_are_found_in_another_year(run, coarse):
    link = {"treat": [{"criterion": 3, "method": "pseudonym", "link": "p", "per": "year", "time": "day"}]}
    day = {"type": "date", "treat": [{"criterion": 1, "method": "year"}]}
    item = {**KEEP_ALL}
    if coarse:
        item = {
            "treat": [
                {"criterion": 5, "method": "recode", "hierarchy": {"kind": "prefix", "keep": [1]}, "level": 1}
            ]
        }
    plain = policy_of({"id": link, "item": item, "day": day}, person="id", rows="several", k=5)
    attack = {
        "attack": "habit_profile",
        "knows": ["item"],
        "time": "day",
        "since": "2025-01-01",
        "at_most": 0.1,
    }
    plain["requirements"]["attacks"] = [attack]
    done = run(plain, purchases())
    if coarse:
        assert done.status == 0, done.err
        found = told(done)["habit_profile", False]
        assert found["untreated"] > 0.9 and found["control"]["rate"] < 0.03
    else:
        assert done.status == 4
        assert "who knows a person's item before 2025-01-01 finds the history of 9" in done.err


def test_nothing_of_it_leaves_the_house(run):
    done = run(policy(linkage(), homogeneity()), people())
    for name in ("notice.md", "public-report.json", "public-report.html"):
        text = (done.release / name).read_text()
        assert "攻撃" not in text and "attack" not in text
    assert not [
        p for p in done.root.joinpath("register").rglob("*") if p.is_file() and b"attack" in p.read_bytes()
    ]
    assert "攻撃による評価" in (done.release / "report.html").read_text()


@pytest.mark.parametrize(
    ("attack", "code"),
    [
        ({"attack": "linkage", "knows": ["nowhere"], "at_most": 0.1}, "attack.column"),
        ({"attack": "linkage", "knows": ["age", "age"], "at_most": 0.1}, "attack.column"),
        ({"attack": "homogeneity", "learns": "age", "at_most": 0.1}, "attack.column"),
        ({"attack": "inference", "learns": "illness", "table": "u", "at_most": 0.1}, "attack.table"),
        ({"attack": "membership", "at_most": 0.1}, "attack.column"),
        ({"attack": "known_facts", "facts": 1, "at_most": 0.1}, "attack.history"),
    ],
)
def test_what_cannot_be_attacked_is_refused(run, attack, code):
    done = run(policy(attack), people(50), args=["--json"])
    assert done.status == 2
    assert json.loads(done.err)["code"] == code
