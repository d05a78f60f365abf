"""Measures as facts, end to end: what a reader can add up of a person's lines points at nobody alone."""

import bisect
import datetime
import random
from collections import defaultdict

import numpy as np
import pytest
from support import known_facts
from support.known_facts import IDS, KEEP, add_members, csv, few, years

COLUMNS = {
    **IDS,
    "day": KEEP | {"type": "date"},
    "item": KEEP,
    "receipt": KEEP,
    "amount": KEEP | {"type": "number"},
}
AGE = years(20, 40)


def lines(people=50, seed=1):
    """Purchases with returns, of people who come in few months; some cells are empty."""
    draw = random.Random(seed)
    for i in range(people):
        for _ in range(draw.choice([1, 2, 2, 3, 4, 9])):
            day = datetime.date(2024, draw.choice([1, 1, 1, 2, 2, 3]), draw.randint(1, 28))
            yield {
                "id": f"p{i:03}",
                "day": draw.choice([day.isoformat()] * 19 + [""]),
                "item": draw.choice("AAAABBC"),
                "receipt": f"r{draw.randint(1, 3)}",
                "amount": draw.choice([10.5, 20.25, 99.99, -10.5, 300, ""]),
            }


def measure(what, edges=(), per="month", time="day", **keys):
    return {"table": "t", "measure": what, "per": per, "time": time, **keys} | (
        {"edges": list(edges)} if edges else {}
    )


SUM = measure("sum", [0, 20.25, 100], column="amount")
LINES = measure("lines", [2, 4])
DISTINCT = measure("distinct", [2], column="item")
RECEIPTS = measure("receipts", [2], receipt="receipt")
LARGEST = measure("largest", [0, 99.99], column="amount")
FIRST, LAST = measure("first"), measure("last")
ITEM = {"table": "t", "columns": ["item"]}


def declared(*facts, columns=COLUMNS, known=1, **history):
    return known_facts.declared(columns, facts, known=known, **history)


def band(value, edges):
    return bisect.bisect_right(edges, value)


def facts_of(rows, facts):
    """The definition: the facts of each person, worked out from rows."""
    found, windows = defaultdict(set), defaultdict(list)
    for row in rows:
        windows[row["id"], str(row["day"] or "")[:7]].append(row)
    for j, fact in enumerate(facts):
        if "columns" in fact:
            for row in rows:
                values = tuple(str(row[c] or "") for c in fact["columns"])
                if "" not in values:
                    found[row["id"]].add((j, values))
            continue
        what = fact["measure"]
        if what in {"first", "last"}:
            for who in {who for who, _ in windows}:
                if timed := sorted(month for person, month in windows if person == who and month):
                    found[who].add((j, timed[0 if what == "first" else -1]))
            continue
        for (who, month), held in windows.items():
            cells = [r[fact.get("column") or fact.get("receipt") or "id"] for r in held]
            cells = [c for c in cells if c not in (None, "")]
            if what == "largest" and not cells:
                continue
            value = {
                "sum": lambda c: round(sum(float(x) for x in c), 2),
                "largest": lambda c: max(float(x) for x in c),
                "distinct": lambda c: len(set(c)),
                "receipts": lambda c: len(set(c)),
                "lines": len,
            }[what](cells)
            found[who].add((j, month, band(value, fact["edges"])))
    return found


@pytest.mark.parametrize(
    ("known", "facts"),
    [
        (1, [SUM, LINES, DISTINCT, RECEIPTS, LARGEST]),
        (2, [LINES, FIRST, LAST, ITEM]),
    ],
    ids=["each", "pairs"],
)
def test_no_measures_point_at_few(run, known, facts):
    rows = list(lines())
    assert few(facts_of(rows, facts), 3, known)
    done = run(declared(*facts, known=known), {"data.csv": csv(rows)})
    assert done.status == 0, done.err
    left = done.rows()
    found = facts_of(left, facts)
    assert found and not few(found, 3, known)
    assert len(rows) // 4 < len(left) < len(rows)
    # Whole windows go, never some lines of one: no window is left that nobody had.
    before = sorted(len([*of]) for of in _windows(rows))
    after = sorted(len([*of]) for of in _windows(left))
    for size in set(after):
        assert after.count(size) <= before.count(size)


def _windows(rows):
    held = defaultdict(list)
    for row in rows:
        held[row["id"], str(row["day"] or "")[:7]].append(row)
    return held.values()


def test_a_class_is_known_beside_measures(run):
    draw = random.Random(3)
    people = [{"id": f"p{i:03}", "age": draw.choice([25, 25, 25, 45, 65])} for i in range(50)]
    facts = [LINES, {"table": "members", "quasi_identifiers": True}]
    policy = declared(*facts, known=2)
    policy["tables"]["t"] |= {"joined": False, "because": "試験"}
    add_members(policy, {"age": AGE})
    done = run(policy, {"data.csv": csv(lines()), "members.csv": csv(people)})
    assert done.status == 0, done.err
    found = facts_of(done.rows("t"), [LINES])
    for row in done.rows("members"):
        found[row["id"]].add((9, row["age"]))
    assert not few(found, 3, 2)


@pytest.mark.parametrize(("treat", "status"), [(KEEP, 3), ({"method": "round", "to": 0.01}, 0)])
def test_a_reader_adds_up_all_decimals(run, treat, status):
    """Half a yen a hundred times is fifty; counted in hundredths, line by line, it would be nothing."""
    amount = treat if treat == KEEP else {"treat": [{"criterion": 5, **treat}]}
    rows = [r | {"amount": "0.004"} for r in lines()]
    columns = COLUMNS | {"amount": {"type": "number", **amount}}
    done = run(declared(SUM, columns=columns), {"data.csv": csv(rows)})
    assert done.status == status, done.err
    assert ("input.decimals" in done.err) == (status == 3) and "0.004" not in done.err


def test_copies_of_everybody_pass_untouched(run):
    rows = [r | {"id": f"{r['id']}-{copy}"} for copy in range(3) for r in lines(15)]
    facts = [SUM, FIRST, {"table": "t", "columns": ["item", "day"]}]
    done = run(declared(*facts, known=2), {"data.csv": csv(rows)})
    assert done.status == 0, done.err
    assert len(done.rows()) == len(rows)
    assert sorted(str(r["item"]) for r in done.rows()) == sorted(r["item"] for r in rows)


def test_what_may_be_lost_stops_the_run(run):
    done = run(declared(SUM, lost_at_most={"lines": 0.01, "people": 1.0}), {"data.csv": csv(lines())})
    assert done.status == 4 and "lost_at_most.lines" in done.err, done.err


def test_recount_stops_what_was_not_treated(run, monkeypatch):
    """Were measures not seen before, the recount of what was written would find them."""
    from tokumei.transforms.histories import windows

    def blind(self, measures):
        return [np.full(len(self.units), -1)] * len(measures)

    monkeypatch.setattr(windows.Windows, "codes", blind)
    done = run(declared(LINES, SUM, FIRST), {"data.csv": csv(lines())})
    assert done.status == 4 and "verification.failed" in done.err and "histories[0]" in done.err, done.err


def test_report_tells_what_was_left_out(run):
    rows = list(lines())
    done = run(declared(LINES), {"data.csv": csv(rows)})
    assert done.status == 0, done.err
    (told,) = done.report["histories"][0]["windows"]
    assert told["of_lines"] == len(rows) and told["lines"] == len(rows) - len(done.rows())
    assert told["of_windows"] == len(_windows(rows))
    assert told["windows"] == len(_windows(rows)) - len(_windows(done.rows()))
    assert done.report["tables"][0]["records_suppressed"] == told["lines"]


def test_nobody_is_left_out_of_one_joined_table(run):
    """Who has no line left would still stand in the other table, and classes over both would be others."""
    rows = [*lines(), next(lines(1)) | {"id": "p999", "day": "2024-12-24"}]  # the only one in this month
    people = [{"id": f"p{i:03}", "age": 30} for i in [*range(50), 999]]
    policy = declared(LINES)
    add_members(policy, {"age": AGE})
    done = run(policy, {"data.csv": csv(rows), "members.csv": csv(people)})
    assert done.status == 4 and "drop_person" in done.err, done.err


REFUSED = {
    "without window": ({"table": "t", "measure": "lines", "edges": [2]}, {}, "fact.missing"),
    "without edges": (measure("lines"), {}, "fact.missing"),
    "edges without use": (measure("first", [2]), {}, "fact.ignored"),
    "descending edges": (measure("lines", [4, 2]), {}, "fact.edges"),
    "beside columns": (LINES | {"columns": ["item"]}, {}, "fact.measure_alone"),
    "sum of texts": (measure("sum", [2], column="item"), {}, "fact.no_number"),
    "week of a month": (
        measure("lines", [2], per="week"),
        {"day": {"type": "date", "treat": [{"criterion": 5, "method": "year_month"}]}},
        "fact.window",
    ),
    "time deleted": (LINES, {"day": {"type": "date", "drop": True, "because": "試験"}}, "fact.window"),
    "noise": (
        SUM,
        {"amount": {"type": "number", "treat": [{"criterion": 5, "method": "microaggregate"}]}},
        "fact.measured_moves",
    ),
    "own classes": (LINES, {"age": AGE}, "fact.measured_classes"),
    "a fact of it alone": ({"table": "t", "columns": ["day"]}, {}, "fact.measured"),
    "another window": (measure("lines", [2], per="year"), {}, "fact.windows"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_nobody_can_measure_is_refused(run, name):
    fact, columns, code = REFUSED[name]
    facts = [fact] if fact == LINES else [fact, LINES]
    done = run(declared(*facts, columns=COLUMNS | columns), {"data.csv": csv(lines(2))})
    assert done.status == 2 and f"[{code}]" in done.err, done.err


def test_measures_tell_no_sensitive_value(run):
    """The share of a sensitive value is kept among those who have a measure too."""
    rows = [r | {"item": "甲甲甲乙丙"[int(r["id"][1:]) % 5]} for r in lines()]
    policy = declared(
        LINES,
        columns=COLUMNS | {"item": KEEP | {"sensitive": True}},
        at_most={"share": 0.7, "table": "t", "column": "item"},
    )
    policy["file"]["sensitive"] = False
    done = run(policy, {"data.csv": csv(rows)})
    assert done.status == 0, done.err
    left = done.rows()
    assert len(left) > len(rows) // 2
    held, ill = facts_of(left, [LINES]), facts_of(left, [ITEM])
    for fact in set().union(*held.values()):
        who = [person for person, of in held.items() if fact in of]
        assert len(who) >= 3
        for value in set().union(*ill.values()):
            assert sum(value in ill[person] for person in who) <= 0.7 * len(who)
