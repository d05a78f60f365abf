"""Lines deleted for facts, end to end: the record is not released, and nobody is left out of one joined table."""

import random
from collections import Counter, defaultdict

import pytest
from support import known_facts
from support.known_facts import IDS, KEEP, PSEUDONYM, add_members, csv, few, years

ITEMS = {"treat": [{"criterion": 4, "method": "coarsen", "hierarchy": {"kind": "prefix", "keep": [2, 1]}}]}
COLUMNS = {
    **IDS,
    "item": ITEMS,
    "shop": KEEP,
    "day": KEEP | {"type": "date"},
    "amount": KEEP | {"type": "integer"},
}
AGE = years(20, 40)
ITEM = {"table": "t", "columns": ["item"], "action": "record"}
SHOP_DAY = {"table": "t", "columns": ["shop", "day"], "action": "record"}


def receipts(people=60, seed=1):
    """Lines of people who buy common items and rare ones, some of them again and again; some cells are empty."""
    draw = random.Random(seed)
    for i in range(people):
        for _ in range(draw.randint(1, 6)):
            row = {
                "id": f"p{i:03}",
                "item": draw.choice("AAABBC") + f"{min(int(draw.expovariate(0.9)), 9)}{draw.choice('001')}",
                "shop": draw.choice("XXXYZ"),
                "day": f"2024-0{draw.randint(1, 3)}-0{draw.randint(1, 2)}",
                "amount": draw.randint(1, 5) * 100,
            }
            row["item"] = draw.choice([row["item"]] * 9 + [""])
            yield from [row] * draw.choice([1, 1, 1, 3])


def declared(*facts, columns=COLUMNS, known=2, **history):
    return known_facts.declared(columns, facts, known=known, **history)


def facts_of(rows, *facts):
    found = defaultdict(set)
    for row in rows:
        for columns in facts:
            values = tuple(str(row[c] or "") for c in columns)
            if "" not in values:
                found[row["id"]].add((columns, values))
    return found


@pytest.mark.parametrize(("known", "output"), [(1, "csv"), (3, "parquet")])
def test_no_line_is_left_that_points_at_few(run, known, output):
    rows = list(receipts())
    assert few(facts_of(rows, ("item",)), 3, known)
    policy = declared(ITEM, known=known) | {"output": {"format": output}}
    done = run(policy, {"data.csv": csv(rows)})
    assert done.status == 0, done.err
    left = done.rows()
    assert facts_of(left, ("item",)) and not few(facts_of(left, ("item",)), 3, known)
    assert 0 < len(left) < len(rows)
    # Nothing is blanked: what had an item has one, and equal lines of a person go or stay together.
    assert sum(not r["item"] for r in left) == sum(not r["item"] for r in rows)
    (told,) = done.report["histories"][0]["deleted_lines"]
    assert (told["lines"], told["of_lines"]) == (len(rows) - len(left), len(rows))
    assert told["people"] == len({r["id"] for r in rows}) - len({r["id"] for r in left})
    assert done.report["tables"][0]["records_suppressed"] == told["lines"]
    assert done.report["histories"][0]["cells_blanked"] == 0
    assert f"{told['lines']:,} of {told['of_lines']:,} lines deleted" in done.out
    (step,) = next(c["steps"] for c in done.report["tables"][0]["columns"] if c["name"] == "item")
    assert "件は行ごと削除した。" in step["sentence"] and "一部の行は削除した。" in step["public_sentence"]
    assert "空欄にした" not in step["sentence"] + step["public_sentence"]


def test_cells_and_lines_go_in_one_table(run):
    """A fact whose cell goes stands beside one whose line goes; what stays whole is as it was."""
    rows = list(receipts())
    facts = SHOP_DAY, {"table": "t", "columns": ["item"]}
    done = run(declared(*facts, columns=COLUMNS | {"item": KEEP}), {"data.csv": csv(rows)})
    assert done.status == 0, done.err
    left = done.rows()
    both = ("item",), ("shop", "day")
    assert facts_of(left, *both) and not few(facts_of(left, *both), 3, 2)
    assert len(left) < len(rows) and all(r["shop"] and r["day"] for r in left)
    assert sum(r["item"] is None for r in left) > sum(not r["item"] for r in rows) / 2
    whole = Counter((r["shop"], str(r["day"]), r["amount"]) for r in left)
    assert whole <= Counter((r["shop"], r["day"], r["amount"]) for r in rows)
    item = next(g for g in done.report["histories"][0]["groups"] if g["columns"] == ["item"])
    assert item["deleted"] and item["with_lines"]
    assert "deleted with lines" in done.out


def test_nobody_is_left_out_of_one_joined_table(run):
    """Who would lose all lines keeps one without its facts: classes over both tables stay what they were."""
    rows = [*receipts(), {"id": "p999", "item": "Z99", "shop": "Q", "day": "2024-12-24", "amount": 700}]
    people = [{"id": f"p{i:03}", "age": 30} for i in [*range(60), 999]]
    policy = declared(ITEM, SHOP_DAY, {"table": "members", "quasi_identifiers": True})
    add_members(policy, {"age": AGE})
    done = run(policy, {"data.csv": csv(rows), "members.csv": csv(people)})
    assert done.status == 0, done.err
    left = done.rows("t")
    assert {r["id"] for r in left} == {r["id"] for r in done.rows("members")}
    assert len({r["id"] for r in left}) == len(people)
    (alone,) = [r for r in left if r["amount"] == 700]
    assert (alone["item"], alone["shop"], alone["day"]) == (None, None, None)
    facts = facts_of(left, ("item",), ("shop", "day"))
    for row in done.rows("members"):
        facts[row["id"]].add((("age",), (row["age"],)))
    assert not few(facts, 3, 2)
    (told,) = done.report["histories"][0]["deleted_lines"]
    assert told["people"] == 0 and told["lines"] == len(rows) - len(left) > 0
    kept = defaultdict(set)
    for row in left:
        kept[row["id"]] |= {bool(row["item"] or row["shop"] or row["day"])}
    assert told["stayed"] == sum(of == {False} for of in kept.values()) > 0
    page = (done.release / "report.html").read_text()
    assert f"{told['of_lines']}行のうち{told['lines']}行" in page
    assert f"{told['stayed']}人については、明細1件" in page


def test_people_without_a_line_are_lost(run):
    """Apart from the other table, who has no line left is gone, and that is bounded."""
    rows = [*receipts(), {"id": "p999", "item": "Z99", "shop": "Q", "day": "2024-12-24", "amount": 700}]
    people = [{"id": f"p{i:03}", "age": 30} for i in [*range(60), 999]]
    policy = declared(ITEM, {"table": "members", "quasi_identifiers": True})
    policy["tables"]["t"] |= {"joined": False, "because": "試験"}
    add_members(policy, {"age": AGE})
    files = {"data.csv": csv(rows), "members.csv": csv(people)}
    done = run(policy, files)
    assert done.status == 0, done.err
    gone = done.report["histories"][0]["deleted_lines"][0]["people"]
    assert gone == len(people) - len({r["id"] for r in done.rows("t")}) >= 1
    policy["histories"][0]["lost_at_most"] = {"people": 0.5 / len(people)}
    policy["requirements"]["because"] = "別の仕事"
    done = run(policy, files)
    assert done.status == 4 and "lost_at_most.people" in done.err, done.err


def test_lines_that_may_be_lost_stop_the_run(run):
    """Each line that tells a fact counts, however often a person has it."""
    rows, columns = list(receipts()), COLUMNS | {"item": KEEP}
    done = run(declared(ITEM, known=1, columns=columns), {"data.csv": csv(rows)})
    assert done.status == 0, done.err
    lost = (len(rows) - len(done.rows())) / sum(bool(row["item"]) for row in rows)
    assert lost > 0
    bound = {"lines": lost - 1e-9, "people": 1.0}
    done = run(declared(ITEM, known=1, columns=columns, lost_at_most=bound), {"data.csv": csv(rows)})
    assert done.status == 4 and "lost_at_most.lines" in done.err, done.err


def test_labels_keep_their_people_without_the_lines(run):
    """Three people were in shop W, one of them for what is deleted: the label is counted again, and goes too."""
    rare = {"treat": [{"criterion": 4, "method": "rare_categories", "action": "cell"}]}
    rows = list(receipts())
    (common, _), *_ = Counter(r["item"] for r in rows if r["item"]).most_common()
    rows += [
        rows[0] | {"id": f"p{i}", "shop": "W", "item": item} for i, item in enumerate((common, common, "Q1"))
    ]
    columns = COLUMNS | {"item": KEEP, "shop": rare}
    done = run(declared(ITEM, columns=columns, known=1), {"data.csv": csv(rows)})
    assert done.status == 0, done.err
    left = done.rows()
    assert "Q1" not in {r["item"] for r in left}
    bearers = defaultdict(set)
    for row in left:
        bearers[row["shop"]].add(row["id"])
    assert {*bearers} == {"X", "Y", "Z", None}
    assert min(len(who) for shop, who in bearers.items() if shop) >= 3


def test_sensitive_values_of_people_whose_lines_go(run):
    """Facts are shared, and tell no sensitive value; a line that goes takes its value along."""
    rows = [r | {"ill": "甲甲乙"[int(r["id"][1:]) % 3] if i % 7 else "丙"} for i, r in enumerate(receipts())]
    policy = declared(
        ITEM,
        columns=COLUMNS | {"ill": KEEP | {"sensitive": True}},
        at_most={"share": 0.7, "table": "t", "column": "ill"},
        known=1,
    )
    policy["file"]["sensitive"] = False
    done = run(policy, {"data.csv": csv(rows)})
    assert done.status == 0, done.err
    left = done.rows()
    facts, ill = facts_of(left, ("item",)), facts_of(left, ("ill",))
    assert len(left) < len(rows)
    for fact in set().union(*facts.values()):
        who = [person for person, of in facts.items() if fact in of]
        assert len(who) >= 3
        for value in set().union(*ill.values()):
            assert sum(value in ill[person] for person in who) <= 0.7 * len(who)


def test_lines_go_within_the_period_of_pseudonyms(run):
    pseudonym = {**PSEUDONYM, "per": "month", "time": "day"}
    rows = list(receipts())
    done = run(declared(ITEM, columns=COLUMNS | {"id": {"treat": [pseudonym]}}), {"data.csv": csv(rows)})
    assert done.status == 0, done.err
    facts = defaultdict(set)
    for row in done.rows():
        if row["item"]:
            facts[row["id"]].add((str(row["day"])[:7], row["item"]))
    assert facts and not few(facts, 3, 2)
    (told,) = done.report["histories"][0]["deleted_lines"]
    assert told["lines"] == len(rows) - len(done.rows()) > 0


PAIRS = {"criterion": 4, "columns": ["shop", "amount"], "size": 2, "action": "cell", "because": "試験"}
REFUSED = {
    "of a measure": ({"measure": "lines", "per": "month", "time": "day", "edges": [2]}, {}, "fact.ignored"),
    "of a class": ({"quasi_identifiers": True}, {"age": AGE}, "fact.ignored"),
    "of one row a person": ({"columns": ["item"]}, {"rows_per_person": "one"}, "fact.only_record"),
    "beside classes": ({"columns": ["item"]}, {"age": AGE}, "fact.record_classes"),
    "beside combinations": (
        {"columns": ["item"]},
        {"combinations": [PAIRS]},
        "fact.record_classes",
    ),
    "beside measures": ({"columns": ["item"]}, {"measured": True}, "fact.record_measures"),
    "twice": ({"columns": ["item"]}, {"twice": True}, "fact.twice"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_where_lines_cannot_go_is_refused(run, name):
    fact, more, code = REFUSED[name]
    facts = [{"table": "t", "action": "record", **fact}, {"table": "t", "columns": ["item", "day"]}]
    if "measured" in more:
        facts.append({"table": "t", "measure": "lines", "per": "month", "time": "day", "edges": [2]})
    if "twice" in more:
        facts.append({"table": "t", "columns": ["item"]})
    policy = declared(*facts, columns=COLUMNS | {n: c for n, c in more.items() if n == "age"})
    table = policy["tables"]["t"]
    table |= {key: more[key] for key in ("rows_per_person", "combinations") if key in more}
    done = run(policy, {"data.csv": csv(receipts(2))})
    assert done.status == 2 and f"[{code}]" in done.err, done.err


def test_copies_of_everybody_pass_untouched(run):
    rows = [r | {"id": f"{r['id']}-{copy}"} for copy in range(3) for r in receipts(10)]
    done = run(declared(ITEM, SHOP_DAY), {"data.csv": csv(rows)})
    assert done.status == 0, done.err
    (told,) = done.report["histories"][0]["deleted_lines"]
    assert (told["lines"], told["of_lines"], len(done.rows())) == (0, len(rows), len(rows))


def test_recount_stops_lines_that_were_not_deleted(run, monkeypatch):
    from tokumei.transforms.histories import removal

    monkeypatch.setattr(
        removal.LineRemoval,
        "apply",
        lambda self, plan, chunk, treated: (dict(treated), removal.Taken((), (0, self.lost.lines))),
    )
    done = run(declared(ITEM, known=1, columns=COLUMNS | {"item": KEEP}), {"data.csv": csv(receipts())})
    assert done.status == 4 and "verification.failed" in done.err, done.err


def test_check_says_what_becomes_of_the_line(run):
    done = run(declared(ITEM, SHOP_DAY), {"data.csv": csv(receipts(3))}, job="check")
    assert done.status == 0, done.err
    assert (
        "1. that a person has a line of t with this item; one that would point at too few is not released"
        in done.out
    )
