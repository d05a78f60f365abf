"""Bounds on what a person's lines come to, end to end: counted again from the released files alone."""

import datetime as dt
import json
import random
from collections import Counter, defaultdict

import pytest
from support.helpers import KEEP_ALL, SUPPRESS, policy_of

from tokumei.transforms.planning import reading
from tokumei.transforms.stages import totals
from tokumei.transforms.totals import bound
from tokumei.transforms.values.text import number_text

FIRST = dt.date(2024, 1, 1)
PEOPLE = 60


def lines(seed=3):
    """Receipts of 60 people; p00 buys much in one month, p01 always, p02 in one receipt; some are returned."""
    draw = random.Random(seed)
    rows = []
    for person in range(PEOPLE):
        for receipt in range(draw.randrange(3, 12) + 40 * (person == 1)):
            day = FIRST + dt.timedelta(draw.randrange(180))
            for _ in range(draw.randrange(1, 5) + 50 * (person == 2 and receipt == 0)):
                amount = draw.randrange(-300, 3000)
                rows.append(
                    {
                        "no": f"{len(rows)}",
                        "who": f"p{person:02d}",
                        "receipt": f"r{receipt}" if draw.random() > 0.05 else "",
                        "item": f"i{draw.randrange(30)}",
                        "day": day,
                        "amount": amount * (40 if person == 0 and day.month == 2 else 1),
                    }
                )
    rows.append({**rows[0], "no": f"{len(rows)}", "amount": "", "item": ""})
    draw.shuffle(rows)
    return rows


ROWS = lines()
PERSON = {"treat": [{"criterion": 3, "method": "pseudonym", "link": "m"}]}


def policy_and_files(*totals, files=3, k=3, **columns):
    columns = {
        "no": KEEP_ALL,
        "who": PERSON,
        "receipt": {"treat": [{"criterion": 3, "method": "delete"}]},
        "item": KEEP_ALL | {"title": "品目"},
        "day": {"type": "date", **KEEP_ALL},
        "amount": {"type": "integer", "title": "金額", **KEEP_ALL},
    } | columns
    policy = policy_of(columns, path="in/*.csv", person="who", rows="several", k=k)
    policy["tables"]["t"]["totals"] = [{"criterion": 4, "because": "目立つ", **total} for total in totals]
    texts = {}
    for i in range(files):
        texts[f"in/{i}.csv"] = "\n".join(
            [",".join(ROWS[0]), *(",".join(map(str, row.values())) for row in ROWS[i::files])]
        )
    return policy, texts


SUM = {"measure": "sum", "column": "amount", "per": "month", "time": "day"}
RECEIPTS = {"measure": "receipts", "receipt": "receipt"}
BASKET = {"measure": "largest_basket", "receipt": "receipt"}
MEASURES = {
    "sum": lambda rows: sum(abs(r["amount"] or 0) for r in rows),
    "lines": len,
    "receipts": lambda rows: len({r["receipt"] for r in rows} - {""}),
    "distinct": lambda rows: len({r["item"] for r in rows} - {""}),
    "largest": lambda rows: max(abs(r["amount"] or 0) for r in rows),
    "largest_basket": lambda rows: max(
        Counter(r["receipt"] for r in rows if r["receipt"]).values(), default=0
    ),
}


def people_reach(total, rows):
    """The highest window of each person, by the definition."""
    windows = defaultdict(list)
    for row in rows:
        windows[row["who"], row["day"].month if total.get("per") else 0].append(row)
    highest = Counter()
    for (who, _), held in windows.items():
        highest[who] = max(highest[who], MEASURES[total["measure"]](held))
    return highest


def bound_of(total, rows=ROWS):
    if "at" in total:
        return total["at"]
    return sorted(people_reach(total, rows).values(), reverse=True)[total["people"] - 1]


def released(done):
    known = {row["no"]: row for row in ROWS}
    return [known[f"{row['no']}"] for row in done.rows()]


@pytest.mark.parametrize(
    "total",
    [
        {**SUM, "people": 5, "above": "drop_window"},
        {**SUM, "at": 60_000, "above": "drop_person"},
        {**RECEIPTS, "people": 4, "above": "thin"},
        {**BASKET, "people": 3, "above": "thin"},
        {"measure": "distinct", "column": "item", "people": 6, "receipt": "receipt", "above": "thin"},
        {"measure": "largest", "column": "amount", "people": 8, "receipt": "receipt", "above": "thin"},
    ],
    ids=lambda t: f"{t['measure']} {t['above']}",
)
def test_nobody_is_above_and_nothing_else_goes(run, monkeypatch, total):
    monkeypatch.setattr(reading, "MAX_ROWS", 300)
    done = run(*policy_and_files(total))
    assert done.status == 0, done.err
    left, most = released(done), bound_of(total)
    assert max(people_reach(total, left).values()) <= most
    before = people_reach(total, ROWS)
    above = {who for who, value in before.items() if value > most}
    gone = [row for row in ROWS if row["no"] not in {r["no"] for r in left}]
    assert gone and {row["who"] for row in gone} == above
    if total["above"] == "drop_person":
        assert {row["who"] for row in left} == {row["who"] for row in ROWS} - above
    if total["above"] == "drop_window":
        months = {(row["who"], row["day"].month) for row in gone}
        assert not months & {(row["who"], row["day"].month) for row in left}
    if total["above"] == "thin":
        receipts = {(row["who"], row["receipt"]) for row in gone}
        assert not receipts & {(row["who"], row["receipt"]) for row in left}
        assert above <= {row["who"] for row in left}
    (told,) = done.report["tables"][0]["totals"]
    counts = told["step"]["counts"]
    assert counts["people_bounded"] == len(above) and counts["records_dropped"] == len(gone)
    assert done.report["tables"][0]["records_dropped"] == len(gone)
    if total["measure"] == "sum":
        assert counts["amount_dropped"] == sum(abs(r["amount"] or 0) for r in gone)
    assert sum(bar["records"] for bar in told["before"]["bars"]) == PEOPLE
    assert sum(bar["records"] for bar in told["after"]["bars"]) == len({row["who"] for row in left})
    assert min(bar["records"] for bar in told["before"]["bars"]) >= 3
    page = (done.release / "report.html").read_text()
    assert told["step"]["sentence"] in page and told["title"] in page and "本人ごとの合計" in page
    public = json.loads((done.release / "public-report.json").read_text())["tables"][0]["totals"][0]
    assert public["after"] == told["after"] and public["title"] == told["title"]
    assert public["sentence"] in (done.release / "public-report.html").read_text()
    secret = [
        "目立つ",
        *([number_text(most)] if "people" in total else []),
    ]  # why, and whose lines may be gone
    assert not [text for text in secret if text in public["sentence"].replace(",", "")]


def test_bounds_hold_together_and_a_receipt_goes_whole(run):
    totals = [
        {**SUM, "people": 5, "above": "drop_window"},
        {**RECEIPTS, "people": 6, "above": "thin", "criterion": 5},
        {**BASKET, "people": 6, "above": "thin", "per": "month", "time": "day"},
    ]
    done = run(*policy_and_files(*totals))
    assert done.status == 0, done.err
    left = released(done)
    for total in totals:
        assert max(people_reach(total, left).values()) <= bound_of(total)
    table = done.report["tables"][0]
    gone = len(ROWS) - len(left)
    by_criterion = {4: table["records_dropped"], 5: table["records_suppressed"]}
    assert sum(by_criterion.values()) == gone and all(by_criterion.values())
    told = [total["step"] for total in table["totals"]]
    for number, records in by_criterion.items():
        assert records == sum(s["counts"]["records_dropped"] for s in told if s["criterion"] == number)


def test_with_combinations_quasi_identifiers_and_fixed_numbers(run):
    """What other criteria drop is not counted; classes and promises are counted over what is left."""
    policy, files = policy_and_files(
        {"measure": "lines", "people": 5, "above": "drop_person"},
        {**SUM, "at": 70_000.5, "above": "drop_person"},
        item={"treat": [{"criterion": 4, "method": "rare_values", "values": ["i7"], "action": "record"}]},
        day={"type": "date", "treat": [{"criterion": 1, "method": "year_month"}, SUPPRESS]},
        amount={"type": "integer", "treat": [{"criterion": 5, "method": "round", "to": 100}]},
    )
    policy["tables"]["t"]["combinations"] = [
        {
            "criterion": 4,
            "columns": ["item", "day"],
            "size": 2,
            "people": 6,
            "action": "record",
            "because": "x",
        }
    ]
    done = run(policy, files)
    assert done.status == 0, done.err
    left = released(done)
    assert all(row["item"] != "i7" for row in left) and len({row["who"] for row in left}) < PEOPLE
    assert {row["amount"] % 100 for row in done.rows() if row["amount"] is not None} == {0}
    assert max(people_reach(SUM, left).values()) <= 70_000


def test_check_reads_what_a_run_reads(run):
    policy, files = policy_and_files({**SUM, "people": 5, "above": "drop_window"}, files=1)
    assert run(policy, files, job="check").status == 0
    spoilt = {name: text.replace(",i1,", ",i1,x", 1) for name, text in files.items()}
    assert run(policy, spoilt, job="check").status == 3


def test_who_has_exactly_the_bound_is_not_above_it(run):
    """A number of the policy is the decimal that stands there: 100 × 1.15 is below 115 in binary."""
    rows = [{"who": f"p{i}", "price": "1.15" if i else "1.16"} for i in range(9)]
    policy = policy_of(
        {"who": PERSON, "price": {"type": "number", **KEEP_ALL}}, person="who", rows="several", k=3
    )
    bound = {"criterion": 4, "measure": "sum", "column": "price", "at": 1.15, "above": "drop_person"}
    policy["tables"]["t"]["totals"] = [bound | {"because": "目立つ"}]
    text = "who,price\n" + "".join(f"{r['who']},{r['price']}\n" for r in rows)
    done = run(policy, {"data.csv": text})
    assert done.status == 0, done.err
    assert [r["price"] for r in done.rows()] == [1.15] * 8


def test_what_is_finer_than_hundredths_counts_up(run):
    """500 lines of 0.004 come to 2, as a reader adds them up, and not to 0."""
    rows = [(f"p{i}", "0.004") for i in range(9) for _ in range(3 if i else 500)]
    policy = policy_of(
        {"who": PERSON, "price": {"type": "number", **KEEP_ALL}}, person="who", rows="several", k=3
    )
    bound = {"criterion": 4, "measure": "sum", "column": "price", "at": 1, "above": "drop_person"}
    policy["tables"]["t"]["totals"] = [bound | {"because": "目立つ"}]
    done = run(policy, {"data.csv": "who,price\n" + "".join(f"{who},{p}\n" for who, p in rows)})
    assert done.status == 0, done.err
    assert len(done.rows()) == 24


def test_a_bound_that_too_few_reach_stops_the_run(run):
    done = run(*policy_and_files({**RECEIPTS, "people": PEOPLE + 1, "above": "thin"}))
    assert done.status == 4 and "requirement.totals" in done.err and "tables.t.totals[0]" in done.err
    assert not done.releases


def test_more_lines_than_a_worker_holds_are_refused(run, monkeypatch):
    monkeypatch.setattr(bound, "MAX_LINES", 2)
    done = run(*policy_and_files({**RECEIPTS, "people": 4, "above": "thin"}))
    assert done.status == 4 and "requirement.totals" in done.err


@pytest.mark.parametrize("measure", ["receipts", "sum"])
def test_a_bound_that_does_not_hold_in_the_written_data_stops_the_run(run, monkeypatch, measure):
    """A removal that takes nothing, and says so: only the recount of what was written can tell."""

    def nothing(parts):
        found = merge(parts)
        return {
            name: tuple(type(a)(keys=a.keys[:0], people=0, lines=0, amount=0) for a in above)
            for name, above in found.items()
        }

    merge = totals.merge_above
    monkeypatch.setattr(totals, "merge_above", nothing)
    total = {"receipts": RECEIPTS, "sum": SUM}[measure]
    done = run(*policy_and_files({**total, "people": 4, "above": "drop_person"}))
    assert done.status == 4 and "totals[0]" in done.err
    assert not done.releases


GOOD = {**SUM, "people": 5, "above": "drop_window"}


@pytest.mark.parametrize(
    ("total", "code"),
    [
        ({k: v for k, v in GOOD.items() if k != "people"}, "total.bound"),
        ({**GOOD, "at": 5}, "total.bound"),
        ({k: v for k, v in GOOD.items() if k != "time"}, "total.missing"),
        ({k: v for k, v in GOOD.items() if k != "column"}, "total.missing"),
        ({k: v for k, v in GOOD.items() if k not in {"per", "time"}}, "total.window"),
        ({k: v for k, v in GOOD.items() if k != "per"}, "total.ignored"),
        ({**GOOD, "receipt": "receipt"}, "total.ignored"),
        ({**GOOD, "above": "thin"}, "total.missing"),
        ({**GOOD, "column": "item"}, "total.type"),
        ({**GOOD, "column": "nought"}, "total.unknown_column"),
        ({**GOOD, "time": "item"}, "total.type"),
        ({**GOOD, "measure": "lines"}, "total.ignored"),
        ({**GOOD, "above": "cut"}, "policy.value"),
    ],
)
def test_what_cannot_be_meant_is_refused(run, total, code):
    done = run(*policy_and_files(total))
    assert done.status == 2 and code in done.err and "totals[0]" in done.err, done.err


def test_one_row_a_person_has_no_totals(run):
    policy, files = policy_and_files(GOOD)
    policy["tables"]["t"]["rows_per_person"] = "one"
    done = run(policy, files)
    assert done.status == 2 and "table.totals" in done.err


def test_a_day_that_is_blanked_for_facts_keeps_its_window(run):
    """Six months with one day each that nobody shares: blanked, they are no window of their own to the recount."""
    policy, _ = policy_and_files(
        {"measure": "lines", "per": "month", "time": "day", "at": 1, "above": "drop_window"}
    )
    policy["histories"] = [
        {
            "known": 1,
            "because": "試験",
            "facts": [{"table": "t", "columns": ["day"]}, {"table": "t", "columns": ["item"]}],
        }
    ]
    rows = [
        {**ROWS[0], "no": f"{i}-{month}", "who": f"p{i}", "item": "i0", "day": dt.date(2024, month, 1 + i)}
        for i in range(8)
        for month in range(1, 7)
    ]
    text = "\n".join([",".join(ROWS[0]), *(",".join(map(str, row.values())) for row in rows)])
    done = run(policy, {"in/0.csv": text})
    assert done.status == 0, done.err
    assert {row["day"] for row in done.rows()} == {None} and len(done.rows()) == len(rows)
