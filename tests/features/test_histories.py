"""Histories, end to end: no set of facts that may be known points at fewer than k people, over lines and tables."""

import json
import random
from collections import defaultdict

import pytest
from support import known_facts
from support.helpers import policy_of
from support.known_facts import IDS, KEEP, PSEUDONYM, add_members, csv, few, years

ITEMS = {"treat": [{"criterion": 4, "method": "coarsen", "hierarchy": {"kind": "prefix", "keep": [2, 1]}}]}
MONTHS = {
    "type": "month",
    "treat": [
        {
            "criterion": 5,
            "method": "coarsen",
            "hierarchy": {"kind": "dates", "levels": ["quarter", "year"]},
        }
    ],
}
AGE = years(10, 20)


def receipts(people=60, seed=1):
    """Lines of people who buy common items and rare ones; some cells are empty."""
    draw = random.Random(seed)
    for i in range(people):
        for _ in range(draw.randint(1, 9)):
            family = draw.choice("AAABBC")
            item = f"{family}{min(int(draw.expovariate(0.9)), 9)}{min(int(draw.expovariate(0.9)), 9)}"
            yield {
                "id": f"p{i:03}",
                "item": draw.choice([item] * 9 + [""]),
                "month": f"2024-{draw.randint(1, 12):02}",
                "shop": draw.choice("XXXYZ"),
                "amount": draw.randint(1, 5) * 100,
            }


def members(people=60, seed=2):
    draw = random.Random(seed)
    for i in range(people):
        yield {"id": f"p{i:03}", "age": draw.randint(20, 79), "ill": draw.choice("甲甲乙丙丁")}


def declared(*facts, columns=None, known=2, **history):
    standard = {
        **IDS,
        "item": ITEMS,
        "month": KEEP | {"type": "month"},
        "shop": KEEP,
        "amount": KEEP | {"type": "integer"},
    }
    return known_facts.declared({**standard, **(columns or {})}, facts, known=known, **history)


def fact(*columns, table="t"):
    return {"table": table, "columns": list(columns)}


def held(rows, *columns):
    """The facts of each person: the values of some columns of one line, none of them blank."""
    found = defaultdict(set)
    for row in rows:
        values = tuple(row[c] for c in columns)
        if None not in values and "" not in values:
            found[row["id"]].add((columns, values))
    return found


def together(*parts):
    found = defaultdict(set)
    for part in parts:
        for person, facts in part.items():
            found[person] |= facts
    return found


@pytest.mark.parametrize("known", [1, 2, 3])
def test_no_set_of_items_points_at_few(run, known):
    rows = list(receipts())
    assert few(held(rows, "item"), 3, known)
    done = run(declared(fact("item"), known=known), {"data.csv": csv(rows)})
    assert done.status == 0, done.err
    left = done.rows()
    assert len(left) == len(rows)
    assert held(left, "item") and not few(held(left, "item"), 3, known)


def test_columns_known_together_share_a_tree(run):
    rows = list(receipts())
    columns = {"month": MONTHS}
    done = run(declared(fact("item"), fact("item", "month"), columns=columns), {"data.csv": csv(rows)})
    assert done.status == 0, done.err
    left = done.rows()
    facts = together(held(left, "item"), held(left, "item", "month"))
    assert facts and not few(facts, 3, 2)
    assert {r["month"] for r in left} - {r["month"] for r in rows}  # coarser months stand there


def test_facts_of_kept_columns_are_blanked(run):
    rows = list(receipts())
    done = run(declared(fact("item"), fact("shop", "month")), {"data.csv": csv(rows)})
    assert done.status == 0, done.err
    left = done.rows()
    assert not few(together(held(left, "item"), held(left, "shop", "month")), 3, 2)
    assert sum(r["amount"] for r in left) == sum(r["amount"] for r in rows)


def test_class_and_facts_of_another_table(run):
    rows, people = list(receipts()), list(members())
    policy = declared(fact("item"), {"table": "members", "quasi_identifiers": True})
    add_members(policy, {"age": AGE, "ill": KEEP})
    done = run(policy, {"data.csv": csv(rows), "members.csv": csv(people)})
    assert done.status == 0, done.err
    facts = together(held(done.rows("t"), "item"), held(done.rows("members"), "age"))
    assert len({f for of in facts.values() for f in of}) > 3 and not few(facts, 3, 2)


def test_sensitive_values_are_held_by_no_more_than_a_share(run):
    rows = [
        r | {"ill": "甲乙"[int(r["item"][:1] == "C")] if i % 7 else "丙"} for i, r in enumerate(receipts())
    ]
    policy = declared(
        fact("item"),
        columns={"ill": KEEP | {"sensitive": True}},
        at_most={"share": 0.8, "table": "t", "column": "ill"},
        known=1,
    )
    policy["file"]["sensitive"] = False
    done = run(policy, {"data.csv": csv(rows)})
    assert done.status == 0, done.err
    left = done.rows()
    facts, ill = held(left, "item"), held(left, "ill")
    for item in {f for of in facts.values() for f in of}:
        who = [p for p, of in facts.items() if item in of]
        for value in {f for of in ill.values() for f in of}:
            assert sum(value in ill[p] for p in who) <= 0.8 * len(who)


def test_copies_of_everybody_pass_untouched(run):
    rows = [r | {"id": f"{r['id']}-{copy}"} for copy in range(3) for r in receipts(20)]
    done = run(declared(fact("item"), fact("shop", "month")), {"data.csv": csv(rows)})
    assert done.status == 0, done.err

    def values(rows):
        return sorted((r["item"] or "", r["month"] or "", r["shop"] or "", r["amount"]) for r in rows)

    assert values(done.rows()) == values(rows)


def test_what_may_be_lost_stops_the_run(run):
    policy = declared(fact("item", "amount", "month"), lost_at_most={"occurrences": 0.01})
    done = run(policy, {"data.csv": csv(receipts())})
    assert done.status == 4, done.err
    assert "requirement.histories" in done.err and "lost_at_most" in done.err
    assert not (done.root / "releases").exists() or not list((done.root / "releases").glob("*/manifest.json"))


def test_recount_stops_what_was_not_treated(run, monkeypatch):
    """Were the treatment wrong, the recount of what was written would find it."""
    from tokumei.transforms.decisions import history

    monkeypatch.setattr(
        history.HistoryTreatment,
        "apply",
        lambda self, columns, treated, classes, persons, keep: (treated, {}),
    )
    done = run(declared(fact("item")), {"data.csv": csv(receipts())})
    assert done.status == 4 and "verification.failed" in done.err and "histories[0]" in done.err


def test_facts_hold_within_the_period_of_pseudonyms(run):
    """A person is another unit in each quarter; sets are counted by quarter, which the month tells."""
    pseudonym = {**PSEUDONYM, "per": "quarter", "time": "day"}
    rows = [r | {"day": f"{r['month']}-15"} for r in receipts()]
    day = {"type": "date", "drop": True, "because": "試験"}
    columns = {"id": {"treat": [pseudonym]}, "day": day}
    done = run(declared(fact("item"), columns=columns), {"data.csv": csv(rows)})
    assert done.status == 0, done.err
    facts = defaultdict(set)
    for row in done.rows():
        if row["item"]:
            quarter = (int(row["month"][5:]) - 1) // 3
            facts[row["id"]].add((quarter, row["item"]))
    assert len(facts) > 60 and not few(facts, 3, 2)
    assert (
        f"of {len({(r['id'], (int(r['month'][5:]) - 1) // 3) for r in rows if r['item']})} pseudonyms"
        in done.out
    )
    (report,) = done.root.glob("releases/*/report.json")
    headline = json.loads(report.read_text())["histories"][0]["headline"]
    assert "仮IDは四半期ごとに替わる。" in headline and "加工前は、期間ごとに数えた延べ" in headline


def test_a_protected_column_is_no_fact(run):
    """Blanks of facts come after the classes, and would break its model: the policy says one or the other."""
    ill = KEEP | {"sensitive": True, "protect": [{"model": "l_diversity", "kind": "distinct", "l": 2}]}
    policy = declared(fact("item"), fact("ill"), columns={"ill": ill, "amount": AGE})
    done = run(policy, {})
    assert done.status == 2 and "fact.protected" in done.err


def lines_whose_label_goes(run, **lost_at_most):
    """People with an illness and a shop; two bear 乙, whose label promises three people."""
    rows = [{"id": f"p{i}", "ill": "乙" if i < 2 else "甲", "shop": "X"} for i in range(20)]
    ill = {"treat": [{"criterion": 4, "method": "top_code", "at": 5, "label": "5以上", "people": 3}]}
    rows = [r | {"ill": 9 if r["ill"] == "乙" else 1} for r in rows] + [
        {"id": f"q{i}", "ill": "", "shop": "X"} for i in range(5)
    ]
    policy = declared(fact("ill", "shop"), k=2, known=1, lost_at_most=lost_at_most)
    columns = IDS | {"ill": ill | {"type": "integer"}, "shop": KEEP}
    policy["tables"]["t"]["columns"] = columns
    return run(policy, {"data.csv": csv(rows)})


def test_people_whose_facts_go_with_a_rare_label_are_counted(run):
    done = lines_whose_label_goes(run, people=0.2)
    assert done.status == 0, done.err
    (told,) = done.report["histories"]
    people = len(held(done.rows(), "ill", "shop"))
    assert [told["people_before"], told["people_after"], told["people_lost"]] == [20, people, 20 - people]
    assert people == 18


def test_people_whose_facts_go_with_a_rare_label_count_as_lost(run):
    done = lines_whose_label_goes(run, people=0.05)
    assert done.status == 4 and "requirement.histories" in done.err and "10.0%" in done.err


def test_who_keeps_a_cell_but_no_fact_is_lost(run):
    """The day of a fact [shop, day] stands where the shop is blanked; nobody can be told by the fact."""
    rows = [{"id": f"p{i}", "shop": f"S{i}", "day": "2024-01-01"} for i in range(5)]
    rows += [{"id": f"q{i}", "shop": "X", "day": "2024-01-01"} for i in range(15)]
    policy = declared(fact("shop", "day"), lost_at_most={"people": 0.1})
    columns = IDS | {"shop": KEEP, "day": KEEP | {"type": "date"}}
    policy["tables"]["t"]["columns"] = columns
    done = run(policy, {"data.csv": csv(rows)})
    assert done.status == 4 and "25.0%" in done.err


def test_the_sensitive_column_stands_in_a_table_without_facts(run):
    rows, people = list(receipts()), list(members())
    policy = declared(fact("item"), known=1, at_most={"share": 0.6, "table": "members", "column": "ill"})
    add_members(policy, {"age": AGE, "ill": KEEP | {"sensitive": True}})
    policy["file"]["sensitive"] = True
    done = run(policy, {"data.csv": csv(rows), "members.csv": csv(people)})
    assert done.status == 0, done.err
    ill = {row["id"]: row["ill"] for row in done.rows("members")}
    items = held(done.rows(), "item")
    for item in {f for of in items.values() for f in of}:
        who = [p for p, of in items.items() if item in of]
        assert max(sum(ill.get(p) == value for p in who) for value in "甲乙丙丁") <= 0.6 * len(who)
    assert done.report["histories"][0]["at_most"]["reached"] <= 0.6


def watched(share=0.5, **columns):
    """A sensitive column whose values no more than a share may hold."""
    at_most = {"share": share, "table": "t", "column": "ill"}
    return {"columns": {"ill": KEEP | {"sensitive": True}, **columns}, "at_most": at_most, "known": 1}


def test_a_watched_column_is_no_fact_and_no_fact_stands_there_twice(run):
    """All who have a fact that names the watched column hold its value: every cell of it would be blanked."""
    rows = {"data.csv": csv(r | {"ill": "甲"} for r in receipts())}
    for policy, code in (
        (declared(fact("item"), fact("shop", "ill"), **watched()), "history.at_most_known"),
        (declared(fact("item"), fact("item")), "fact.twice"),
        (declared(fact("item"), people="nobody"), "histories[0].people"),
        (declared(fact("itme")), "did you mean item? name a released column"),
        (declared({"table": "u", "columns": ["item"]}), "no table has this name"),
    ):
        policy["file"]["sensitive"] = False
        done = run(policy, rows, job="check")
        assert done.status == 2 and code in done.err, done.err
    policy = declared(fact("item"), fact("ill"), **watched(share=1))
    policy["file"]["sensitive"] = False
    assert run(policy, rows, job="check").status == 0


def test_classes_that_hold_one_sensitive_value_are_told_as_that(run):
    """k people are in every class, and all are ill: no count of people is what fails."""
    rows = {"data.csv": csv(r | {"age": 30, "ill": "甲"} for r in receipts())}
    facts = fact("item"), {"table": "t", "quasi_identifiers": True}
    policy = declared(*facts, **watched(age=AGE))
    policy["file"]["sensitive"] = False
    done = run(policy, rows)
    assert done.status == 4, done.err
    assert "or more than 50.0% of these hold one value of t.ill" in done.err
    assert "t (class): more than all, as nothing in it may be blanked" in done.err
    assert "raise at_most.share" in done.err and "inf" not in done.err.replace("information", "")


def test_a_column_of_blanks_tells_nothing(run):
    rows = [r | {"item": ""} for r in receipts(12)]
    done = run(declared(fact("item"), fact("shop")), {"data.csv": csv(rows)})
    assert done.status == 0, done.err
    assert not few(held(done.rows(), "shop"), 3, 2)


def test_periods_far_from_today_are_told_apart(run):
    """9999-12-31 and the like stand for no date in many files; their months are periods as others are."""
    days = ["0001-01-01", "0001-05-01", "9998-01-01", "9999-12-31", "2024-01-01"]
    rows = [r | {"day": days[i % 5]} for i, r in enumerate(receipts(20))]
    pseudonym = {"id": {"treat": [{**PSEUDONYM, "per": "month", "time": "day"}]}}
    done = run(
        declared(fact("item"), columns={**pseudonym, "day": KEEP | {"type": "date"}}), {"data.csv": csv(rows)}
    )
    assert done.status == 0, done.err
    months = defaultdict(set)
    for row in done.rows():
        if row["item"]:
            months[row["id"]].add((row["day"], row["item"]))
    assert not few(months, 3, 2)


def test_what_no_blank_meets_has_no_price_in_per_cent(run):
    """Everybody holds one value: no class can be of several, and the message blames no number of people alone."""
    policy = policy_of(
        IDS | {"age": AGE, "ill": KEEP | {"sensitive": True}},
        person="id",
    )
    watched = {"share": 0.3, "table": "t", "column": "ill"}
    known = {"table": "t", "quasi_identifiers": True}
    policy["histories"] = [{"known": 1, "because": "試験", "facts": [known], "at_most": watched}]
    people = [{"id": f"p{i}", "age": 30, "ill": "甲"} for i in range(10)]
    done = run(policy, {"data.csv": csv(people)})
    assert done.status == 4 and "requirement.histories" in done.err
    assert "30.0%" in done.err and "at_most.share" in done.err and "inf" not in done.err


def test_a_share_is_recounted_within_the_period_in_a_table_without_facts(run):
    """The sensitive value stands in another table: its people are other units in each month too."""
    pseudonym = {**PSEUDONYM, "per": "month", "time": "day"}
    by_month = {"id": {"treat": [pseudonym]}, "day": KEEP | {"type": "date"}}
    rows = [r | {"day": "2024-01-15"} for r in receipts(20)]
    policy = declared(
        fact("item"), columns=by_month, known=1, at_most={"share": 1, "table": "members", "column": "ill"}
    )
    add_members(policy, by_month | {"age": AGE, "ill": KEEP | {"sensitive": True}})
    policy["tables"]["members"] |= {"joined": False, "because": "試験"}
    policy["file"]["sensitive"] = True
    people = [r | {"day": "2024-01-31", "ill": "甲"} for r in members(20)]
    done = run(policy, {"data.csv": csv(rows), "members.csv": csv(people)})
    assert done.status == 0, done.err
    assert done.report["histories"][0]["at_most"]["reached"] == 1


def test_the_report_says_what_was_blanked_after_it_counted(run):
    """One of five bearers is left out with a rare age; the label goes, after facts singled out were counted."""
    items = ["茶"] * 5 + [""] * 10 + ["米"] * 45
    rows = [{"id": f"p{i}", "item": item, "age": 30 if i else 79} for i, item in enumerate(items)]
    rare = {"treat": [{"criterion": 4, "method": "rare_categories", "action": "cell", "people": 5}]}
    policy = policy_of({"id": {"treat": [PSEUDONYM]}, "item": rare, "age": AGE}, person="id", rows="several")
    policy["requirements"] = {"k": 3, "because": "試験", "suppression_limit": 0.1}
    policy["histories"] = [
        {"facts": [fact("item")], "known": 1, "because": "試験", "lost_at_most": {"people": 0.2}}
    ]
    done = run(policy, {"data.csv": csv(rows)})
    assert done.status == 0, done.err
    assert [r["item"] for r in done.rows()].count(None) == 14
    assert done.report["histories"][0]["blanked_later"] == 4
    assert (
        "その後、公開するデータで人数の下限に満たない区分の4件" in (done.release / "report.html").read_text()
    )
